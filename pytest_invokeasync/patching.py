"""Attributes of other libraries, replaced while a mock is active and given back afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Seam:
    """One attribute of a class or module that is replaced by a wrapper of it.

    ``wrap`` takes what was there before and returns what shall stand in its place.
    ``splice``, for an attribute that others replace too: called with what stands there now, our
    wrapper and what was before it; takes ours out of the middle and says whether it could.
    """

    def __init__(
        self,
        owner: Any,
        name: str,
        wrap: Callable[[Any], Any],
        splice: Callable[[Any, Any, Any], bool] | None = None,
    ) -> None:
        self._owner = owner
        self._name = name
        self._wrap = wrap
        self._splice = splice
        self._installed: list[tuple[Any, Any]] = []

    def install(self) -> None:
        """Puts the wrapper in place."""
        self.settle()
        before = self._owner.__dict__[self._name]
        wrapper = self._wrap(before)
        setattr(self._owner, self._name, wrapper)
        self._installed.append((wrapper, before))

    def settle(self) -> None:
        """Gives back what can be given back by now.

        Only what is still ours is restored: a patch that others put on top would come off with
        it. Theirs, once it goes, brings back our wrapper, which passes through; then it is ours
        to take away.
        """
        while self._installed:
            wrapper, before = self._installed[-1]
            now = self._owner.__dict__[self._name]
            if now is wrapper:
                setattr(self._owner, self._name, before)
            elif self._splice is None or not self._splice(now, wrapper, before):
                return
            self._installed.pop()
