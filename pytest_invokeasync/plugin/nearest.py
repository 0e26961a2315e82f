"""Finds which of several markers of one name is nearest to a test. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest


def markers(item: pytest.Item, name: str) -> list[pytest.Mark]:
    """The markers of this name that a test has, the nearest first.

    The order: those added with ``add_marker``, those of its parameters, its decorators, those of
    its class, those of the class's bases, those of its module.
    """
    return [
        mark
        for node in reversed(item.listchain())
        for mark in _nearest_first(node)
        if mark.name == name
    ]


def decorators(node: Any) -> list[pytest.Mark]:
    """The markers in the source of a test, of a class with its bases, or of a module."""
    obj = getattr(node, "obj", None)
    # pytest lists those of a base before those of the class, and others in order of application.
    owners = obj.__mro__ if isinstance(obj, type) else [obj]
    return [mark for owner in owners for mark in _written(owner)]


def _nearest_first(node: Any) -> Iterator[pytest.Mark]:
    written = decorators(node)
    of_parameters = getattr(getattr(node, "callspec", None), "marks", ())
    own = node.own_markers
    # add_marker() puts the new one behind these, or with append=False before them.
    stood = [place for place, mark in enumerate(own) if _is_in(mark, [*written, *of_parameters])]
    first = stood[0] if stood else 0
    yield from own[:first]
    yield from (mark for mark in reversed(own[first:]) if not _is_in(mark, written))
    yield from (mark for mark in written if _is_in(mark, own))


def _is_in(mark: pytest.Mark, marks: Iterable[pytest.Mark]) -> bool:
    # Not by ==, since equal markers may be at several places.
    return any(mark is one for one in marks)


def _written(owner: object) -> list[pytest.Mark]:
    of_class = isinstance(owner, type)
    stated: Any = vars(owner).get("pytestmark") if of_class else getattr(owner, "pytestmark", None)
    listed: Any = stated if isinstance(stated, list | tuple) else [stated] if stated else []
    return [getattr(mark, "mark", mark) for mark in listed]
