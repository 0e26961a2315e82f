"""What is asserted of the recorded invocations and events, and the words it fails with."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

from .difference import show
from .matching import Match
from .recording import Event, Invocation, details_of
from .report import counted, nearest, recorded

ItemT = TypeVar("ItemT", Invocation, Event)


def call_text(name: str, positional: Sequence[object], keywords: Mapping[str, object]) -> str:
    """The call as the test wrote it, long values shortened."""
    words = [show(value) for value in positional]
    words += [f"{keyword}={show(value)}" for keyword, value in keywords.items()]
    return f"{name}({', '.join(words)})"


@dataclass(frozen=True, slots=True)
class Log:
    """What a mock has recorded, at one moment."""

    invocations: list[Invocation]
    events: list[Event]

    def fail(self, call: str, found: str, expected: str, near: Sequence[str] = ()) -> NoReturn:
        """Raises the ``AssertionError``: what was found, expected, came nearest, was recorded."""
        __tracebackhide__ = True
        lines = [f"{call}: found {found}", f"expected: {expected}", *near]
        raise AssertionError("\n".join(lines + recorded(self.invocations, self.events)))


@dataclass(frozen=True, slots=True)
class Assertion(Generic[ItemT]):
    """One assertion on the events, or on the invocations, of a log."""

    call: str
    kind: str
    """``event`` or ``invocation``."""
    items: list[ItemT]
    match: Match
    log: Log

    def holds(self, times: int | None, *, at_least: bool = False) -> list[ItemT]:
        """At least one matches, or exactly ``times``, or at least so many; returns them."""
        __tracebackhide__ = True
        found = self._found()
        enough = times is None or at_least
        if len(found) >= (1 if times is None else times) if enough else len(found) == times:
            return found
        wanted = counted(1 if times is None else times, self.kind)
        self._fail(
            f"{counted(len(found), self.kind)}{self._with()}",
            f"{'at least' if enough else 'exactly'} {wanted}{self._with()}",
            [] if found else nearest(self.match, self.items),
        )

    def holds_once(self) -> ItemT:
        """Exactly one is of the function, and it matches; returns it."""
        __tracebackhide__ = True
        of_function = [item for item in self.items if self.match.accepts_function(item)]
        matching = [item for item in of_function if self.match.accepts_item(item)]
        if len(of_function) == len(matching) == 1:
            return matching[0]
        expected = f"exactly 1 {self.kind}{_of(self.match)}"
        if self.match.details():
            expected += f", and it matches {self.match.details()}"
        found = f"{counted(len(of_function), self.kind)}{_of(self.match)}"
        if len(of_function) == 1:
            found += ", which does not match"
        self._fail(found, expected, nearest(self.match, of_function or self.items))

    def holds_never(self) -> None:
        """None matches."""
        __tracebackhide__ = True
        found = self._found()
        if found:
            self._fail(
                f"{counted(len(found), self.kind)}{self._with()}", f"no {self.kind}{self._with()}"
            )

    def only(self) -> ItemT:
        """The only one that matches."""
        __tracebackhide__ = True
        found = self._found()
        if len(found) != 1:
            near = [] if found else nearest(self.match, self.items)
            self._fail(
                f"{counted(len(found), self.kind)}{self._with()}",
                f"exactly 1 {self.kind}{self._with()}",
                near,
            )
        return found[0]

    def _found(self) -> list[ItemT]:
        return [item for item in self.items if self.match.accepts_item(item)]

    def _with(self) -> str:
        return _of(self.match) + _and(self.match.details())

    def _fail(self, found: str, expected: str, near: Sequence[str] = ()) -> NoReturn:
        __tracebackhide__ = True
        self.log.fail(self.call, found + self._similar_name(), expected, near)

    def _similar_name(self) -> str:
        """A hint at a name that was called instead."""
        wanted = self.match.function
        called = {details_of(item).function for item in self.items}
        if wanted is None or wanted in called:
            return ""
        near = difflib.get_close_matches(wanted, called, n=1)
        return f" ({near[0]!r} was called)" if near else ""


def _of(match: Match) -> str:
    return f" of {match.stated('function')!r}" if match.function else ""


def in_sequence(log: Log, call: str, expected: Sequence[Match], *, any_order: bool) -> None:
    """Every invocation is one of the expected, in their order or in any."""
    __tracebackhide__ = True
    recorded_ones = log.invocations
    if any_order:
        pairs = _pairs(expected, recorded_ones)
    else:
        both = zip(expected, recorded_ones, strict=False)
        pairs = {n: n for n, (match, one) in enumerate(both) if match.accepts_item(one)}
    missing = [n for n in range(len(expected)) if n not in pairs]
    surplus = [n for n in range(len(recorded_ones)) if n not in pairs.values()]
    if not missing and not surplus:
        return
    near = []
    if missing:
        match, number = expected[missing[0]], missing[0] + 1
        near.append(f"missing: number {number}, {match.function!r}{_and(match.details())}")
        near += nearest(match, [recorded_ones[n] for n in surplus])
    if surplus:
        numbers = ", ".join(str(n + 1) for n in surplus[:10])
        near.append(f"not expected: invocation {numbers}{', …' if len(surplus) > 10 else ''}")
    order = "in any order" if any_order else "in this order"
    log.fail(
        call,
        counted(len(recorded_ones), "invocation"),
        f"{counted(len(expected), 'invocation')} {order}",
        near,
    )


def _pairs(expected: Sequence[Match], invocations: Sequence[Invocation]) -> dict[int, int]:
    """Which expected one goes with which invocation, as many as can be (augmenting paths).

    Taking the first that matches would not do: ``ANY`` may take what another one needs.
    """
    partner: dict[int, int] = {}

    def find(n: int, tried: set[int]) -> bool:
        for candidate, invocation in enumerate(invocations):
            if candidate not in tried and expected[n].accepts_item(invocation):
                tried.add(candidate)
                if candidate not in partner or find(partner[candidate], tried):
                    partner[candidate] = n
                    return True
        return False

    for n in range(len(expected)):
        find(n, set())
    return {n: candidate for candidate, n in partner.items()}


def _and(details: str) -> str:
    return f" with {details}" if details else ""
