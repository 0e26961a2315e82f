"""``sweep``: every outcome at every position, as SQLite does with failing allocations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ErrorSpec
from ..faults import Fault
from ..showing import counted
from .rules import Rule

# A sweep that proves nothing is told at the user's line: pytest leaves out this module's frames.
__tracebackhide__ = True


_MOST_POSITIONS = 1000


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
    """The runs of one loop over ``sweep()``, and what they tried.

    ``begin`` is called before the first run, and raises where a sweep may not begin. ``inject``
    starts a run with the outcome at the position. ``end`` is called after each run, and says
    whether no other sweep has begun since.
    """

    def __init__(
        self,
        outcomes: Sequence[ErrorSpec | Fault],
        begin: Callable[[Sweep], None],
        inject: Callable[[ErrorSpec | Fault, int], Rule],
        end: Callable[[Sweep], bool],
    ) -> None:
        self._outcomes = outcomes
        self._begin = begin
        self._inject = inject
        self._end = end
        self._runs: list[tuple[Injection, Rule]] = []
        self._finished = False

    def injections(self) -> Iterator[Injection]:
        """An injection for each run of the loop's body."""
        self._begin(self)
        for outcome in self._outcomes:
            for position in range(1, _MOST_POSITIONS + 1):
                rule = self._inject(outcome, position)
                self._runs.append((Injection(outcome, position), rule))
                try:
                    yield self._runs[-1][0]
                finally:
                    # Reached on break and on an exception too: the loop drops the generator.
                    rule.remove()
                    alone = self._end(self)
                if not alone:
                    raise ValueError("sweep(): another one ran in the loop; they cannot be nested")
                if not rule.used:
                    break
            else:
                raise AssertionError(
                    f"sweep(): a run with {outcome} at invocation {position} still reached it. "
                    "Does the loop's body start afresh each time, or call more and more?"
                )
            if position == 1:
                raise AssertionError(
                    f"sweep(): the loop's body made no invocation that {outcome} could answer: "
                    "none at all, or none that keeps to the contract"
                )
        self._finished = True

    def find_problem(self) -> str | None:
        """A sweep that injected nothing proves nothing."""
        if self._tried():
            return None
        return "sweep(): nothing was injected. Loop over it, with the calls in the loop's body"

    def describe(self) -> str:
        """How many outcomes and positions were tried, and in which run it stopped."""
        tried = self._tried()
        outcomes = {injection.outcome for injection in tried}
        text = (
            f"sweep: {counted(len(outcomes), 'outcome')} tried, "
            f"at {counted(len(tried), 'position')} in all"
            if tried
            else "sweep: nothing tried"
        )
        stopped = self._runs and not self._finished
        return f"{text}; it stopped with {self._runs[-1][0]}" if stopped else text

    def _tried(self) -> list[Injection]:
        return [injection for injection, rule in self._runs if rule.used]
