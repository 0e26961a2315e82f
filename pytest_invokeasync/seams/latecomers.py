"""Libraries that may be imported after a mock has started, or never: met when they are there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from types import ModuleType

from . import stack
from .patching import Seam


class Latecomer:
    """The seams of a library that is never imported for their sake.

    ``module``: that whose presence says that the library is in use. ``seams`` makes them, of that
    module; none means that it is not complete yet, since another thread is importing it.
    """

    def __init__(self, module: str, seams: Callable[[ModuleType], Sequence[Seam]]) -> None:
        self._name = module
        self._make_seams = seams
        self._lock = threading.Lock()
        # Kept when they are given back, for others may bring a wrapper back later; see Seam.
        self._module: ModuleType | None = None
        self._seams: Sequence[Seam] = ()
        self._met = False

    def install(self) -> None:
        """Puts the seams in place, or on top of what others have put there since."""
        with self._lock:
            self._install()

    def meet(self) -> None:
        """Puts the seams in place if the library has come since the mock started."""
        if self._met:
            return
        with self._lock:
            # Not any more, when the mock was stopped by another thread meanwhile.
            if stack.current() is not None or stack.guard() is not None:
                self._install()

    def _install(self) -> None:
        module = sys.modules.get(self._name)
        if module is None:
            return
        if module is not self._module:
            # A run within a run may forget a module and import it anew.
            self._seams = self._make_seams(module)
            self._module = module if self._seams else None
        for seam in self._seams:
            seam.install()
        self._met = bool(self._seams)

    def leave(self) -> None:
        """Gives back what can be given back by now."""
        with self._lock:
            self._met = False
            for seam in self._seams:
                seam.settle()
