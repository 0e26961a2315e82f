"""Decodes JSON as RFC 8259 defines it. Python's ``json`` accepts more."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import NoReturn

MAX_DEPTH = 1_000
"""How deep arrays and objects may be nested: the limit of Jackson, the service's parser."""

# The smallest limit of digits that Python can be set to, for an int made from a str.
_SAFE_DIGITS = 640
# Beyond this, int arithmetic takes seconds, and then hours. No body within the usual limit of a
# payload has such a number.
_MAX_INT_DIGITS = 2**18

_LONG_NUMBER = b"0" * (_SAFE_DIGITS + 1)
_DIGITS_TO_0 = bytes.maketrans(b"123456789", b"000000000")

_STEPS = {ord("["): 1, ord("]"): -1}
_BRACES_TO_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_MARKS = bytes(set(range(256)) - set(b'[]{}"'))


class NotJson(ValueError):
    """A body is not JSON. The message says what is wrong, and where."""


def decode(body: bytes) -> object:
    """The value of one JSON text in UTF-8 without a BOM. Raises ``NotJson`` for anything else.

    Of duplicate keys the last one counts. Escaped lone surrogates, and numbers of any length, are
    accepted. It needs few Python frames, however deep the text is nested.
    """
    if not body:
        raise NotJson("The body is empty")
    if body.startswith(b"\xef\xbb\xbf"):
        raise NotJson("Unexpected byte order mark (BOM) at byte 0")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise NotJson(f"Invalid UTF-8: {error.reason} at byte {error.start}") from None
    try:
        # The depth at which json fails depends on the version of Python and the caller's stack, so
        # it is checked here. Counting brackets is cheap, and enough for most bodies.
        if body.count(b"[") + body.count(b"{") <= MAX_DEPTH or not _may_be_too_deep(body):
            try:
                return (_CAREFUL if _may_have_long_number(body) else _QUICK).decode(text)
            except RecursionError:
                pass  # Too deep for json only.
        return _decode_without_recursion(text)
    except json.JSONDecodeError as error:
        raise NotJson(str(error)) from None
    except _ConstantFound as error:
        name = str(error)
        at = _find_outside_strings(name, text)
        raise NotJson(str(json.JSONDecodeError(f"{name} is not JSON", text, at))) from None


def _may_be_too_deep(body: bytes) -> bool:
    """Whether brackets outside of strings may be nested too deeply, up to the first error."""
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    marks = unescaped.translate(_BRACES_TO_BRACKETS, _NO_MARKS)
    # Strings without brackets are removed first, then the others, then the two innermost levels.
    # Little of most bodies is left to count.
    marks = b"".join(marks.replace(b'""', b"").split(b'"')[::2])
    marks = marks.replace(b"[]", b"").replace(b"[]", b"")
    depths = accumulate(map(_STEPS.__getitem__, marks))
    return any(map((MAX_DEPTH - 2).__lt__, depths))


def _may_have_long_number(body: bytes) -> bool:
    return len(body) > _SAFE_DIGITS and _LONG_NUMBER in body.translate(_DIGITS_TO_0)


class _ConstantFound(Exception):
    """``NaN``, ``Infinity`` or ``-Infinity`` where a value is expected."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantFound(name)


def _find_outside_strings(name: str, text: str) -> int:
    """Where ``name`` is first found outside of a string. Up to there the text is JSON."""
    quotes = end = 0
    while True:
        start, at = end, text.index(name, end)
        quotes += text[start:at].replace(r"\\", "").replace(r"\"", "").count('"')
        if quotes % 2 == 0:
            return at
        end = at + len(name)


def _make_number(digits: str) -> object:
    """An int of any length.

    ``int`` refuses long ones, by a limit of the whole process, which is not ours to lift. Without
    the limit it would take quadratic time.
    """
    count = len(digits)
    if count <= _SAFE_DIGITS:
        return int(digits)
    if count > _MAX_INT_DIGITS:
        from decimal import Decimal  # Rarely needed, and slow to import.

        return Decimal(digits)  # Equal to the int, and fast.
    sign, digits = (-1, digits[1:]) if digits[0] == "-" else (1, digits)
    base = 10**_SAFE_DIGITS
    # The lowest part comes first. Neighbours are joined until one part is left.
    parts = [
        int(digits[max(0, end - _SAFE_DIGITS) : end])
        for end in range(len(digits), 0, -_SAFE_DIGITS)
    ]
    while True:
        parts += [0] * (len(parts) % 2)
        parts = [low + high * base for low, high in zip(parts[::2], parts[1::2], strict=True)]
        if len(parts) == 1:
            return sign * parts[0]
        base *= base


_QUICK = json.JSONDecoder(parse_constant=_refuse_constant)
_CAREFUL = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_make_number)


class _Array:
    """An array that is being read."""

    __slots__ = ("value",)
    closing = "]"

    def __init__(self) -> None:
        self.value: list[object] = []

    def find_item(self, _text: str, at: int) -> int:
        """Where the value of the item begins."""
        return at

    def add(self, value: object) -> None:
        self.value.append(value)


class _Object:
    """An object that is being read; the key is that of the value to come."""

    __slots__ = ("key", "value")
    closing = "}"

    def __init__(self) -> None:
        self.value: dict[str, object] = {}

    def find_item(self, text: str, at: int) -> int:
        if not text.startswith('"', at):
            what = "Expecting property name enclosed in double quotes"
            raise json.JSONDecodeError(what, text, at)
        self.key, at = _CAREFUL.raw_decode(text, at)
        at = _skip_blanks(text, at)
        if not text.startswith(":", at):
            raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
        return _skip_blanks(text, at + 1)

    def add(self, value: object) -> None:
        self.value[self.key] = value


_LEVELS: dict[str, type[_Array | _Object]] = {"[": _Array, "{": _Object}


def _decode_without_recursion(text: str) -> object:
    """Does what ``_CAREFUL`` does, for text that is too deep for it. It is slower.

    ``json`` recurses for each level. On Python 3.10 and 3.11 its levels and the caller's frames
    share one limit, so 1,000 levels never fit; raising the limit would concern every thread. Later
    versions have a separate limit for C, which cannot be raised. A loop needs neither.
    """
    levels: list[_Array | _Object] = []
    at = _skip_blanks(text, 0)
    while True:
        # A value begins here.
        value: object
        opened = _LEVELS.get(text[at : at + 1])
        if opened is None:
            value, at = _CAREFUL.raw_decode(text, at)
        elif len(levels) == MAX_DEPTH:
            raise json.JSONDecodeError(f"More than {MAX_DEPTH} levels of nesting", text, at)
        else:
            level = opened()
            at = _skip_blanks(text, at + 1)
            if not text.startswith(level.closing, at):
                levels.append(level)
                at = level.find_item(text, at)
                continue
            value = level.value
            at += 1
        # The value has ended, and with it maybe the arrays and objects around it.
        while True:
            at = _skip_blanks(text, at)
            if not levels:
                if at < len(text):
                    raise json.JSONDecodeError("Extra data", text, at)
                return value
            level = levels[-1]
            level.add(value)
            if not text.startswith(level.closing, at):
                break
            value = levels.pop().value
            at += 1
        if not text.startswith(",", at):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = level.find_item(text, _skip_blanks(text, at + 1))


def _skip_blanks(text: str, at: int) -> int:
    while text.startswith((" ", "\n", "\r", "\t"), at):
        at += 1
    return at
