"""``sweep``: every outcome at every position, as SQLite does with failing allocations."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ErrorSpec
from .faults import Fault
from .report import counted
from .rules import Rule


@dataclass(frozen=True, slots=True, repr=False)
class Injection:
    """One run of a sweep: which outcome stands at which position. Has the outcome's attributes."""

    outcome: ErrorSpec | Fault
    position: int
    """The invocation that meets it, counted from 1."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outcome, name)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f"{self.outcome} at invocation {self.position}"


class Sweep:
    """The runs of one loop over ``sweep()``, and what they tried."""

    def __init__(
        self,
        outcomes: Sequence[ErrorSpec | Fault],
        inject: Callable[[ErrorSpec | Fault, int], Rule],
    ) -> None:
        self._outcomes = outcomes
        self._inject = inject
        self._tried: list[Injection] = []
        self._last: Injection | None = None
        self._finished = False

    def injections(self) -> Iterator[Injection]:
        """An injection for each run of the loop's body."""
        for outcome in self._outcomes:
            for position in itertools.count(1):
                self._last = injection = Injection(outcome, position)
                rule = self._inject(outcome, position)
                try:
                    yield injection
                finally:
                    # Reached on break and on an exception too: the loop drops the generator.
                    rule.remove()
                    if rule.used:
                        self._tried.append(injection)
                if not rule.used:
                    if position == 1:
                        raise AssertionError(
                            "sweep(): the loop's body made no invocation, so there was nothing to "
                            f"inject {outcome} into"
                        )
                    break
        self._finished = True

    def find_problem(self) -> str | None:
        """A sweep that injected nothing proves nothing."""
        if self._tried:
            return None
        return "sweep(): nothing was injected. Loop over it, with the calls in the loop's body"

    def describe(self) -> str:
        """How many outcomes and positions were tried, and in which run it stopped."""
        outcomes = len({str(injection.outcome) for injection in self._tried})
        tried = (
            f"sweep: {counted(outcomes, 'outcome')} tried, "
            f"at {counted(len(self._tried), 'position')} in all"
        )
        return tried if self._finished else f"{tried}; it stopped with {self._last}"
