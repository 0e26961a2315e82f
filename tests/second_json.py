"""A second judge of JSON, for tests: the grammar of RFC 8259, and nothing of Python's ``json``."""

from __future__ import annotations

import json
import re

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


def values_of(body: bytes) -> list[object]:
    """``[value]`` for a JSON text, else ``[]``. For short ones, which ``json`` can read."""
    return [] if depth_of(body) is None else [json.loads(body.decode())]
