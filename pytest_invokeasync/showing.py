"""Shows a value in a message: on one line, printable, shortened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

_Text = TypeVar("_Text", str, bytes)

SHOWN = 160  # characters of a value or a path


def show(value: object, limit: int = SHOWN) -> str:
    """The repr of `value` on one printable line, shortened in the middle to `limit` characters.

    Never raises. The least `limit` is 40, since the count of what was left out needs that many.
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
    """A repr for what repr() fails at: deep nesting, a huge int, an object whose repr raises."""
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
        # Python refuses to convert long ints to decimal text, since that is slow.
        return hex(value) if type(value) is int else f"<unprintable {type(value).__name__} object>"


def _ends(text: _Text, limit: int) -> tuple[_Text, int]:
    """The ends of a long text that `cut` may need, and how many characters are left out."""
    left_out = max(len(text) - 2 * limit, 0)
    return (text[:limit] + text[-limit:] if left_out else text), left_out


def cut(text: str, limit: int, left_out: int = 0) -> str:
    """Shortens `text` in the middle, where `left_out` characters are missing already."""
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


def told(error: BaseException) -> str:
    """``ZeroDivisionError: division by zero``, on one printable line, shortened."""
    try:
        text = str(error)
    except Exception:
        text = "<unprintable>"
    return shortened(f"{type(error).__name__}: {text}")


def shortened(text: str, limit: int = 600) -> str:
    """``text`` on one printable line, shortened in the middle."""
    ends, dropped = _ends(text, limit)
    return cut(printable(ends), limit, dropped)


def path_of(steps: Iterable[object]) -> str:
    """A place in a JSON document, as Python would write it: ``$.items[3]['unit price']``."""
    return "$" + "".join(map(step_of, steps))


def step_of(step: object) -> str:
    """One step of such a path."""
    plain = isinstance(step, str) and len(step) <= 100 and step.isidentifier()
    return f".{step}" if plain else f"[{show(step)}]"
