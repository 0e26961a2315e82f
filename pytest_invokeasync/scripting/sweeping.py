"""``sweep``: every outcome at every position, as SQLite does with failing allocations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ErrorSpec
from ..faults import Fault
from ..runs import RunOutcome
from ..showing import counted
from .rules import Rule, Rules

# pytest hides this module's frames, so that a sweep that proves nothing shows the test's line.
__tracebackhide__ = True


Outcome = ErrorSpec | Fault | RunOutcome
_MOST_POSITIONS = 1000


@dataclass(frozen=True, slots=True, repr=False)
class Injection:
    """One round of a sweep: its outcome and position. Has the outcome's attributes too."""

    outcome: Outcome
    position: int
    """The number, from 1, of the invocation or the run of a function that has the outcome."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outcome, name)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f"{self.outcome} at {_counted(self.outcome)} {self.position}"


def _counted(outcome: Outcome) -> str:
    """What the positions of an outcome count: ``run`` or ``invocation``."""
    return "run" if isinstance(outcome, RunOutcome) else "invocation"


def _missed(outcome: Outcome) -> str:
    if isinstance(outcome, RunOutcome):
        return (
            f"sweep(): the loop's body ran no function that {outcome} could happen to: "
            "it needs register_function(handler=...) and run_until_idle()"
        )
    return (
        f"sweep(): the loop's body made no invocation that {outcome} could answer: "
        "none at all, or none that keeps the contract"
    )


class Sweep:
    """One ``sweep()``, which yields an injection for each round of the loop.

    An iterable, not an iterator: when ``break`` leaves a ``for`` statement, the iterator of the
    statement is dropped, and that ends the sweep even if the sweep itself is kept in a variable.
    """

    def __init__(self, sweeps: Sweeps, outcomes: Sequence[Outcome]) -> None:
        self._sweeps = sweeps
        self._outcomes = outcomes
        self._runs: list[tuple[Injection, Rule]] = []
        self._finished = False

    def __iter__(self) -> Iterator[Injection]:
        self._sweeps.begin(self)
        for outcome in self._outcomes:
            for position in range(1, _MOST_POSITIONS + 1):
                rule = self._sweeps.start_run(outcome, position)
                self._runs.append((Injection(outcome, position), rule))
                try:
                    yield self._runs[-1][0]
                finally:
                    # Also on break and on an exception, since the loop drops the generator.
                    rule.remove()
                    alone = self._sweeps.end_run(self)
                if not alone:
                    raise ValueError("sweep(): another one ran in the loop; they cannot be nested")
                if not rule.used:
                    break
            else:
                raise AssertionError(
                    f"sweep(): {self._runs[-1][0]} was still reached, and the sweep would not end. "
                    "Does the loop's body make more calls each time?"
                )
            if position == 1:
                raise AssertionError(_missed(outcome))
        self._finished = True

    def find_problem(self) -> str | None:
        """What is wrong with a sweep that injected nothing; ``None`` if it injected something."""
        if self._tried():
            return None
        return (
            "sweep(): nothing was injected. Loop over it, with the calls in the loop's body; for "
            "outcomes of runs, with run_until_idle() too"
        )

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


class Sweeps:
    """The sweeps of one mock, one after the other.

    ``rules``: gives the current rules. ``start_run``: starts afresh, and scripts an outcome.
    """

    def __init__(
        self,
        rules: Callable[[], Rules],
        start_run: Callable[[Outcome, int], Rule],
    ) -> None:
        self._rules = rules
        self._start_run = start_run
        self._all: list[Sweep] = []
        self._current: Sweep | None = None
        # The rules of the last round, and how many it had at its end; None while it goes on.
        self._rules_of_run: Rules | None = None
        self._own: int | None = 0

    def new(self, outcomes: Sequence[Outcome]) -> Sweep:
        """A sweep over these outcomes. ``ValueError`` if rules would be lost."""
        self._refuse_to_lose_rules()
        self._all.append(Sweep(self, outcomes))
        return self._all[-1]

    def begin(self, sweep: Sweep) -> None:
        """Called when a loop over a sweep begins."""
        self._refuse_to_lose_rules()
        self._current = sweep

    def start_run(self, outcome: Outcome, position: int) -> Rule:
        """Called before each round of the loop's body."""
        rule = self._start_run(outcome, position)
        self._rules_of_run, self._own = self._rules(), None
        return rule

    def end_run(self, sweep: Sweep) -> bool:
        """Called after each round. Returns whether no other sweep has begun since."""
        if self._current is not sweep:
            return False
        self._rules_of_run = self._rules()
        self._own = self._rules_of_run.count()
        return True

    def find_problems(self) -> list[str]:
        """A line for each sweep that proves nothing."""
        return [problem for sweep in self._all if (problem := sweep.find_problem())]

    def describe(self) -> list[str]:
        """What each sweep tried, a line for each."""
        return [sweep.describe() for sweep in self._all]

    def _refuse_to_lose_rules(self) -> None:
        rules = self._rules()
        own = self._own if rules is self._rules_of_run else 0
        if own is not None and rules.count() > own:
            raise ValueError(
                "sweep() starts each run afresh and would lose the rules that were added before: "
                "add them inside of the loop"
            )
