"""Attributes of other libraries, replaced while a mock is active and given back afterwards."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

Change = Callable[[Any], Any]


class Seam:
    """One attribute of a class or module that is replaced by a wrapper of it.

    ``wrap`` takes what was there before and returns what shall stand in its place.
    ``change_saved``, for an attribute that others replace too: called with what stands there now,
    a function that takes our wrappers off a value, and one that changes a value; applies that to
    what others will bring back when they are done, as far as it can be reached.
    """

    def __init__(
        self,
        owner: Any,
        name: str,
        wrap: Callable[[Any], Any],
        change_saved: Callable[[Any, Change, Change], None] = lambda *_: None,
    ) -> None:
        self._owner = owner
        self._name = name
        self._wrap = wrap
        self._change_saved = change_saved
        # Each wrapper and what it replaced, for as long as anybody holds the wrapper: who saved
        # one of ours brings it back when he is done, in whatever order. By id, since a proxy of
        # wrapt's equals what it wraps, and has its hash.
        self._replaced: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def check(self) -> None:
        """``AttributeError`` where the owner has no such attribute of its own."""
        if self._name not in vars(self._owner):
            raise AttributeError(f"no {self._name!r} in {self._owner!r}")

    def install(self) -> None:
        """Puts a wrapper on top, and where others will bring back what was below theirs."""
        if self._name not in vars(self._owner):
            return  # deleted by a test, which brings it back itself
        now = vars(self._owner)[self._name]
        wrapper = self._with_ours(now)
        if wrapper is not now:
            setattr(self._owner, self._name, wrapper)
        self._change_saved(self._without_ours(now), self._without_ours, self._with_ours)

    def settle(self) -> None:
        """Gives back what can be given back by now.

        Only what is still ours is restored: a patch that others put on top would come off with
        it. Theirs, once it goes, brings back our wrapper, which passes through; then it is ours
        to take away.
        """
        if self._name not in vars(self._owner):
            return
        now = vars(self._owner)[self._name]
        before = self._without_ours(now)
        if before is not now:
            setattr(self._owner, self._name, before)
        self._change_saved(before, self._without_ours, self._without_ours)

    def _with_ours(self, value: Any) -> Any:
        if self._is_ours(value):
            return value
        wrapper = self._wrap(value)
        if callable(wrapper):
            # Tracers bind the arguments of a call by the signature. Not updated: __dict__, for a
            # Mock's own attributes are nothing that a function should have.
            functools.update_wrapper(wrapper, value, updated=())
        number = id(wrapper)
        gone = functools.partial(self._replaced.pop, number, None)
        self._replaced[number] = weakref.ref(wrapper, lambda _: gone()), value
        return wrapper

    def _without_ours(self, value: Any) -> Any:
        return self._replaced[id(value)][1] if self._is_ours(value) else value

    def _is_ours(self, value: Any) -> bool:
        ours = self._replaced.get(id(value))
        return ours is not None and ours[0]() is value
