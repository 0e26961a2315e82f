"""The part of an expected payload that can be looked up: its plain JSON, without matchers."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

_SCALARS = frozenset({str, int, float, bool, type(None)})
_DEEPEST = 50  # levels that are used


class Unlike(Exception):
    """Raised for a payload that differs from the shape, and so from all expected ones with it."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    name: str


@dataclass(frozen=True, slots=True)
class _List:
    items: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class _Dict:
    items: tuple[tuple[str, Shape], ...]


Shape = _Leaf | _List | _Dict
PLAIN: Final = _Leaf("plain")
"""Plain JSON data."""
OTHER: Final = _Leaf("other")
"""A matcher, or what is too deep."""


ANYTHING: Final = object()
"""The outline if no payload is expected."""


class Outline:
    """What an expected payload says without its matchers."""

    __slots__ = ("matchers", "plain", "shape")

    def __init__(self, expected: object) -> None:
        self.matchers: list[int] = []
        """The ids of the parts that are ``OTHER``."""
        self.shape = _shape(expected, self.matchers, _DEEPEST)
        self.plain = project(self.shape, expected)
        """The plain values, which a matching invocation has too."""


def _shape(expected: object, matchers: list[int], depth: int) -> Shape:
    if type(expected) in _SCALARS:
        return PLAIN
    if depth and type(expected) is list:
        inside = tuple([_shape(item, matchers, depth - 1) for item in expected])
        return PLAIN if all(shape is PLAIN for shape in inside) else _List(inside)
    if depth and type(expected) is dict and all(type(key) is str for key in expected):
        members = tuple(
            [(key, _shape(expected[key], matchers, depth - 1)) for key in sorted(expected)]
        )
        return PLAIN if all(shape is PLAIN for _, shape in members) else _Dict(members)
    matchers.append(id(expected))
    return OTHER


def project(shape: Shape, payload: Any) -> Hashable:
    """A hashable value that is the same for payloads with equal values in the plain parts.

    Raises ``Unlike`` for a payload with another structure.
    """
    if shape is PLAIN:
        return _hash(payload, _DEEPEST)
    if isinstance(shape, _List):
        if type(payload) is not list or len(payload) != len(shape.items):
            raise Unlike
        return tuple([project(one, item) for one, item in zip(shape.items, payload, strict=True)])
    if isinstance(shape, _Dict):
        if type(payload) is not dict or len(payload) != len(shape.items):
            raise Unlike
        try:
            return tuple([project(one, payload[key]) for key, one in shape.items])
        except KeyError:
            raise Unlike from None
    return None


def _hash(payload: Any, depth: int) -> int:
    """A hash that agrees with ``==``: the same for 1, 1.0 and True, and any order of keys."""
    if type(payload) is list and depth:
        return hash(tuple([_hash(item, depth - 1) for item in payload]))
    if type(payload) is dict and depth:
        return hash(frozenset([(key, _hash(item, depth - 1)) for key, item in payload.items()]))
    if type(payload) is list or type(payload) is dict:
        raise Unlike
    return hash(payload)
