"""A handler's result as JSON. The Python runtime does not accept the same values as ``json``."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any

_WORDS = {None: "null", True: "true", False: "false"}


class NotSerializable(Exception):
    """The runtime cannot marshal a result. The text is the runtime's."""


def marshal(result: object) -> bytes:
    """The result as the runtime sends it. Raises ``NotSerializable`` if it is not JSON.

    The runtime uses simplejson, so ``Decimal`` stays a number, and NaN, ``bytes`` in UTF-8, named
    tuples (as objects) and keys that are numbers, booleans or ``None`` are accepted too.
    """
    if isinstance(result, bytes):
        return result
    try:
        return "".join(_parts(result, set())).encode()
    except Exception as error:
        # Whatever it is: a recursion, a repr that raises, bytes that are not UTF-8.
        raise NotSerializable(str(error)) from error


def _parts(value: Any, around: set[int]) -> Iterator[str]:
    scalar = _scalar(value)
    if scalar is not None:
        yield scalar
        return
    if id(value) in around:
        raise ValueError("Circular reference detected")
    around.add(id(value))
    if isinstance(value, tuple) and callable(fields := getattr(value, "_asdict", None)):
        yield from _members(fields(), around)
    elif isinstance(value, dict):
        yield from _members(value, around)
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            yield separator
            yield from _parts(item, around)
            separator = ", "
        yield "]" if value else "[]"
    else:
        if inspect.iscoroutine(value):
            value.close()  # else Python warns that it was never awaited
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    around.discard(id(value))


def _members(members: dict[Any, Any], around: set[int]) -> Iterator[str]:
    separator = "{"
    for key, value in members.items():
        yield f"{separator}{encode_basestring_ascii(_key(key))}: "
        yield from _parts(value, around)
        separator = ", "
    yield "}" if members else "{}"


def _scalar(value: Any) -> str | None:
    """A value without parts, as JSON; ``None`` if it has parts, or is not JSON."""
    text = value.decode() if isinstance(value, bytes) else value
    if isinstance(text, str):
        return encode_basestring_ascii(text)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return "NaN" if value.is_nan() else str(value)
    return None


def _number(value: float) -> str:
    if math.isfinite(value):
        return float.__repr__(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        return key.decode()
    if key is None or isinstance(key, int | float):
        return _scalar(key) or ""
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
