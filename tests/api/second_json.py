"""A second judge of JSON, for tests: the grammar of RFC 8259, and nothing of Python's ``json``."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(
    r"""[ \t\n\r]*(?:
    (?P<s> " (?: [^"\\\x00-\x1f] | \\ (?: ["\\/bfnrt] | u[0-9a-fA-F]{4} ) )* " )
    | (?P<o> -? (?: 0 | [1-9][0-9]* ) (?: \.[0-9]+ )? (?: [eE][+-]?[0-9]+ )?
             | true | false | null )
    | (?P<mark> [][{}:,] )
    )""",
    re.VERBOSE,
)
# s: a string; o: any other value, what was an array or an object among them.
_COMPLETE = re.compile(r"\[(?:[so](?:,[so])*)?\]|\{(?:s:[so](?:,s:[so])*)?\}")


def depth_of(body: bytes) -> int | None:
    """How deep the arrays and objects of a JSON text are nested; ``None`` for what is no JSON."""
    try:
        text = body.decode("utf-8").rstrip(" \t\n\r")
    except UnicodeDecodeError:
        return None
    levels, deepest, at = [""], 0, 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at = token.end()
        kind = token["mark"] or str(token.lastgroup)
        if kind in ("[", "{"):
            levels.append(kind)
            deepest = max(deepest, len(levels) - 1)
        elif kind in ("]", "}"):
            if not _COMPLETE.fullmatch(levels.pop() + kind):
                return None
            levels[-1] += "o"
        else:
            levels[-1] += kind
    return deepest if levels in (["s"], ["o"]) else None


def values_of(body: bytes) -> list[Any]:
    """``[value]`` for a JSON text, else ``[]``."""
    if depth_of(body) is None:
        return []
    text = body.decode().rstrip(" \t\n\r")
    # What is open: the values of an array, or keys and values by turns.
    levels: list[list[Any]] = [[]]
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token is not None
        at = token.end()
        if token["mark"] in ("[", "{"):
            levels.append([])
        elif token["mark"] == "]":
            levels[-2].append(levels.pop())
        elif token["mark"] == "}":
            flat = levels.pop()
            levels[-1].append(dict(zip(flat[::2], flat[1::2], strict=True)))
        elif token["s"]:
            levels[-1].append(_unescaped(token["s"][1:-1]))
        elif token["o"]:
            levels[-1].append(_plain(token["o"]))
    return levels[0]


_CONSTANTS = {"true": True, "false": False, "null": None}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _plain(text: str) -> object:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if set(text) & set(".eE"):
        return float(text)
    digits, value = text.lstrip("-"), 0
    for at in range(0, len(digits), 9):
        piece = digits[at : at + 9]
        value = value * 10 ** len(piece) + int(piece)
    return -value if text.startswith("-") else value


def _unescaped(text: str) -> str:
    plain, *escaped = text.split("\\")
    escapes = iter(escaped)
    for piece in escapes:
        if not piece:  # of a backslash that is escaped
            plain += "\\" + next(escapes)
        elif piece[0] == "u":
            plain += chr(int(piece[1:5], 16)) + piece[5:]
        else:
            plain += _ESCAPES.get(piece[0], piece[0]) + piece[1:]
    return as_characters(plain)


def as_characters(text: str) -> str:
    """Two surrogates that make a pair are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def exactly(value: object) -> object:
    """What is equal for the same value alone: 1, 1.0 and true differ, and so does the sign of 0."""
    if isinstance(value, list):
        return [exactly(one) for one in value]
    if isinstance(value, dict):
        return [(name, exactly(one)) for name, one in value.items()]
    # Python refuses to write long ones in decimal.
    return (type(value), hex(value) if isinstance(value, int) else repr(value))
