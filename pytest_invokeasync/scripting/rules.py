"""The rules of a mock: which one answers an invocation, and what is used up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from ..errors import ErrorSpec, find
from ..faults import Fault
from ..locks import new_lock
from ..recording.invocations import Details, Invocation
from ..recording.log import Record
from ..runs import RunOutcome
from ..showing import show
from .matching import Match, Seen

# pytest hides this module's frames, so that a wrong value shows the test's line.
__tracebackhide__ = True


@dataclass(frozen=True, slots=True)
class Accepted:
    """An explicit 202."""

    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback of the test's own, which decides on each attempt."""

    function: Callable[[Invocation], ErrorSpec | Fault | str | None]

    def ask(self, invocation: Invocation) -> ErrorSpec | Fault | Accepted:
        """The callback's decision on one attempt. ``TypeError`` if it is not an outcome."""
        decision = self.function(invocation)
        if decision is None:
            return Accepted()
        if isinstance(decision, str):
            try:
                return find(decision)
            except ValueError as error:
                # Not a ValueError, which a callback may raise on purpose.
                raise TypeError(f"a callback returned an {error}") from None
        if isinstance(decision, ErrorSpec | Fault):
            return decision
        raise TypeError(
            "a callback returns None for 202, an error (a code or an ErrorSpec) or a fault, "
            f"not {decision!r}"
        )


Outcome = ErrorSpec | Fault | Accepted | Callback | RunOutcome


class _Once(int):
    """The default 1 of ``times=``, which differs from a 1 that the test states."""


ONCE: int = _Once(1)


class Rule:
    """A scripted outcome, as the ``add_…`` methods of ``InvokeAsyncMock`` return it."""

    def __init__(
        self,
        description: str,
        outcome: Outcome,
        match: Match,
        *,
        times: int | None,
        attempts: int | None = None,
        at: int | Iterable[int] | None = None,
        optional: bool = False,
    ) -> None:
        self.outcome = outcome
        self._description = description
        self._match = match
        self._at = _positions(at)
        self._standing = times is None
        self._times = _count("times", times)
        if self._at is not None:
            if times is not ONCE and times not in (None, len(self._at)):
                raise ValueError(
                    f"at= names {len(self._at)} invocations, and times={times} says another "
                    "number: leave times= out"
                )
            self._times = len(self._at)
        self._attempts = _count("attempts", attempts)
        if not isinstance(optional, bool):
            raise TypeError(f"optional= is True or False, not {optional!r}")
        self._optional = optional
        self._seen = 0
        self._records: list[Record | None] = []
        self._answered: set[int] = set()
        self._removed = False
        self._order: int  # of Rules.add()
        self.required = False

    @property
    def used(self) -> int:
        """How many invocations it has answered; of a rule of ``add_run``, how many runs."""
        return len(self._records)

    @property
    def remaining(self) -> int | None:
        """How many more it will answer; ``None`` for a standing rule, 0 for a removed one."""
        if self._removed:
            return 0
        return None if self._times is None else self._times - len(self._records)

    @property
    def invocations(self) -> list[Invocation]:
        """The invocations it has answered, in order; of runs, those that queued the events."""
        answered = dict.fromkeys(self._records)
        return [record.snapshot() for record in answered if record is not None]

    @property
    def is_of_runs(self) -> bool:
        """Whether it is a rule of ``add_run``, not about invocations."""
        return isinstance(self.outcome, RunOutcome)

    def remove(self) -> None:
        """Removes the rule: it answers no more, and is no error at teardown if it never did.

        Does nothing if it was removed before.
        """
        self._removed = True

    def renew(self) -> None:
        """Makes it unused, and optional, for the next test that shares it."""
        self._seen, self._records, self._answered = 0, [], set()
        self._removed, self._optional = False, True

    def require(self, description: str) -> None:
        """Makes it an error at teardown if it never answers, whatever ``assert_all_used`` says."""
        self.required = not self._optional
        self._description = description

    def __repr__(self) -> str:
        return f"<Rule {self}: used {self.used}>"

    def __str__(self) -> str:
        return self._description

    def unanswered(self) -> str | None:
        """The words for what it should still have answered; ``None`` if nothing is missing."""
        if self._optional or self._removed or self._satisfied():
            return None
        return f"{self} {self._missing()}"

    def _missing(self) -> str:
        noun = "run" if self.is_of_runs else "invocation"
        matched = f"{_counted(self._seen, noun)} matched"
        if self._at is not None:
            wanted = f"was to answer {noun}{_listed(self._at)}"
            if unreached := [position for position in self._at if position > self._seen]:
                were = "were" if len(unreached) > 1 else "was"
                return f"{wanted}; {matched}, so position{_listed(unreached)} {were} never reached"
            taken = _listed(self._at - self._answered)
            return f"{wanted}; {matched}, but other rules answered position{taken}"
        wanted = f"at least 1 {noun}" if self._times is None else _counted(self._times, noun)
        answered = f"was to answer {wanted}, and answered {self.used or 'none'}"
        if self._seen > self.used:
            answered += f"; {matched}, but other rules came first"
        return answered

    def _satisfied(self) -> bool:
        return self.used >= (1 if self._times is None else self._times)

    def _open(self, position: int) -> bool:
        """Whether it answers its n-th matching invocation. Called under the lock."""
        if self._removed or (self._at is not None and position not in self._at):
            return False
        return self._times is None or len(self._records) < self._times


@dataclass(slots=True)
class Plan:
    """The rules that match one invocation, and which of them is its current one."""

    matched: tuple[tuple[Rule, int], ...]
    next: int = 0
    rule: Rule | None = None
    answered: int = 0


class Rules:
    """A mock's rules. Finite ones are asked first, as added; then standing ones, newest first."""

    def __init__(self) -> None:
        self._lock = new_lock()
        self._order = itertools.count(1)
        self._all: list[Rule] = []
        # By function, so that a thousand rules for other functions cost nothing here.
        self._by_function: dict[str | None, tuple[Rule, ...]] = {}
        self._of_runs: dict[str | None, tuple[Rule, ...]] = {}
        self._plans: dict[Record, Plan] = {}

    def add(self, rule: Rule) -> Rule:
        """Adds a rule at its place in the order."""
        with self._lock:
            order = next(self._order)
            rule._order = -order if rule._standing else order
            self._all.append(rule)
            key = rule._match.function
            place = self._of_runs if rule.is_of_runs else self._by_function
            place[key] = (*place.get(key, ()), rule)
        return rule

    def count(self) -> int:
        """How many rules were added."""
        return len(self._all)

    def since(self, count: int) -> tuple[Rule, ...]:
        """The rules that were added after the first ``count``, and not removed."""
        return tuple(rule for rule in self._all[count:] if not rule._removed)

    def unanswered(self, *, required: bool) -> list[str]:
        """The words for each rule that should have answered: required ones, or all others."""
        rules = [rule for rule in list(self._all) if rule.required is required]
        return [missing for rule in rules if (missing := rule.unanswered())]

    def plan(self, record: Record, payload: object) -> None:
        """Finds the rules for a new invocation. The test's matchers run here, outside the lock."""
        details = record.details
        seen = Seen(details, record.snapshot, lambda _: payload)
        candidates = self._by_function.get(details.function, ()) + self._by_function.get(None, ())
        matching = [
            rule
            for rule in sorted(candidates, key=lambda rule: (rule._standing, rule._order))
            if not rule._removed and rule._match.accepts(seen)
        ]
        if not matching:
            self._plans.pop(record, None)
            return
        with self._lock:
            for rule in matching:
                rule._seen += 1
            self._plans[record] = Plan(tuple((rule, rule._seen) for rule in matching))

    def goes_on(self, record: Record) -> bool:
        """Whether the rule that answered the last attempt has ``attempts`` left for the next."""
        plan = self._plans.get(record)
        if plan is None or plan.rule is None or plan.rule._attempts is None:
            return False
        return plan.answered < plan.rule._attempts

    def next_rule(self, record: Record) -> Rule | None:
        """The rule for the invocation's next attempt; ``None`` if the attempt is accepted."""
        plan = self._plans.get(record)
        if plan is None:
            return None
        with self._lock:
            rule = plan.rule
            if rule is not None and not rule._removed and plan.answered != rule._attempts:
                plan.answered += 1
                return rule
            plan.rule = None
            while plan.next < len(plan.matched):
                rule, position = plan.matched[plan.next]
                plan.next += 1
                if rule._open(position):
                    rule._records.append(record)
                    rule._answered.add(position)
                    plan.rule, plan.answered = rule, 1
                    return rule
        return None

    def outcome_of_run(
        self,
        record: Record | None,
        details: Details,
        event: Callable[[], object],
        may_happen: Callable[[RunOutcome], bool],
    ) -> RunOutcome | None:
        """The scripted outcome of an event's next run, and uses up its rule; ``None`` if none is.

        ``may_happen``: whether an outcome is possible for this event.
        """
        if not self._of_runs:
            return None
        candidates = self._of_runs.get(details.function, ()) + self._of_runs.get(None, ())
        seen = Seen(details, event)
        matching = [
            rule
            for rule in sorted(candidates, key=lambda rule: (rule._standing, rule._order))
            if not rule._removed and rule._match.accepts(seen)
        ]
        with self._lock:
            for rule in matching:
                rule._seen += 1
            for rule in matching:
                outcome = rule.outcome
                assert isinstance(outcome, RunOutcome)
                if rule._open(rule._seen) and may_happen(outcome):
                    rule._records.append(record)
                    rule._answered.add(rule._seen)
                    return outcome
        return None


def _count(name: str, value: int | None) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}= is an int or None, not {show(value)}")
    if value < 1:
        raise ValueError(f"{name}= is 1 or more, or None for all, not {value}")
    return value


def _positions(at: int | Iterable[int] | None) -> frozenset[int] | None:
    if at is None:
        return None
    if not isinstance(at, int | Iterable):
        raise TypeError(f"at= is an int or several, not {show(at)}")
    given = (at,) if isinstance(at, int) else tuple(at)
    for position in given:
        if isinstance(position, bool) or not isinstance(position, int):
            raise TypeError(f"at= is an int or several, not {show(at)}")
        if position < 1:
            raise ValueError(f"at= counts matching invocations from 1, and cannot be {position}")
    if not given:
        raise ValueError("at= is empty, and names no invocation")
    return frozenset(given)


def _listed(positions: Collection[int]) -> str:
    """`` 2`` or ``s 1, 2 and 5``, to be put after a noun."""
    *others, last = map(str, sorted(positions))
    return f"s {', '.join(others)} and {last}" if others else f" {last}"


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'s' if count > 1 else ''}"
