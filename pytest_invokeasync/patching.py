"""Attributes of other libraries, replaced while a mock is active and given back afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary


class Seam:
    """One attribute of a class or module that is replaced by a wrapper of it.

    ``wrap`` takes what was there before and returns what shall stand in its place.
    ``splice``, for an attribute that others replace too: called with what stands there now and
    a function that takes ours off a value; takes ours out of the middle where it can.
    """

    def __init__(
        self,
        owner: Any,
        name: str,
        wrap: Callable[[Any], Any],
        splice: Callable[[Any, Callable[[Any], Any]], None] | None = None,
    ) -> None:
        self._owner = owner
        self._name = name
        self._wrap = wrap
        self._splice = splice
        # What each wrapper replaced, for as long as anybody holds the wrapper: who saved one of
        # ours brings it back when he is done, in whatever order.
        self._replaced: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def install(self) -> None:
        """Puts a wrapper on top, unless one stands there already."""
        before = self._owner.__dict__[self._name]
        if before not in self._replaced:
            wrapper = self._wrap(before)
            self._replaced[wrapper] = before
            setattr(self._owner, self._name, wrapper)

    def settle(self) -> None:
        """Gives back what can be given back by now.

        Only what is still ours is restored: a patch that others put on top would come off with
        it. Theirs, once it goes, brings back our wrapper, which passes through; then it is ours
        to take away.
        """
        now = self._owner.__dict__[self._name]
        before = self._without_ours(now)
        if before is not now:
            setattr(self._owner, self._name, before)
        if self._splice is not None:
            self._splice(before, self._without_ours)

    def _without_ours(self, value: Any) -> Any:
        while value in self._replaced:
            value = self._replaced[value]
        return value
