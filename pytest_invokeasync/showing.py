"""How a value is shown in a message: on one line, printable, shortened."""

from __future__ import annotations

from typing import TypeVar

_Text = TypeVar("_Text", str, bytes)

SHOWN = 160  # characters of a value or a path


def show(value: object, limit: int = SHOWN) -> str:
    """One printable line for `value`: its repr, shortened in the middle beyond `limit` characters.

    Never raises. A `limit` under 40 means 40: the count of what was left out takes that much.
    """
    limit, dropped = max(limit, 40), 0
    if type(value) is str:
        # Before repr(), which would take seconds for 100 MB.
        value, dropped = _ends(value, limit)
    elif type(value) is bytes:
        value, dropped = _ends(value, limit)
    try:
        text = repr(value)
    except Exception:
        text = _outline(value)
    text, dropped_too = _ends(text, limit)
    return cut(printable(text), limit, dropped + dropped_too)


def _outline(value: object, depth: int = 20) -> str:
    """A repr for where repr() gives up: too deep, a huge int, or an object that has none."""
    if type(value) is dict:
        if not depth:
            return "{…}"
        items = ((_outline(key), _outline(item, depth - 1)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in items) + "}"
    if type(value) is list:
        if not depth:
            return "[…]"
        return "[" + ", ".join(_outline(item, depth - 1) for item in value) + "]"
    try:
        return repr(value)
    except Exception:
        # Python refuses to write long ints in base ten, for the time it takes.
        return hex(value) if type(value) is int else f"<unprintable {type(value).__name__} object>"


def _ends(text: _Text, limit: int) -> tuple[_Text, int]:
    """All of a long text that `cut` may want of it, and how many characters that leaves out."""
    left_out = max(len(text) - 2 * limit, 0)
    return (text[:limit] + text[-limit:] if left_out else text), left_out


def cut(text: str, limit: int, left_out: int = 0) -> str:
    """Shorten `text` in the middle, where `left_out` characters are missing already."""
    if len(text) <= limit:
        return text
    keep = limit - 36  # for the words between, with any number
    left_out += len(text) - keep
    return f"{text[: keep - keep // 2]}…({left_out:,} characters left out)…{text[-(keep // 2) :]}"


def counted(number: int, word: str) -> str:
    """``1 event``, ``2 events``, ``no event``."""
    return f"{number or 'no'} {word}{'s' if number > 1 else ''}"


def printable(text: str) -> str:
    """`text` with its line ends, colours and lone surrogates escaped, as `repr` escapes them."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
