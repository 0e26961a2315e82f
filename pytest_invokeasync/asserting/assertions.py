"""Assertions on recorded invocations and events, and their failure messages."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Generic, NoReturn, TypeVar

from ..recording.invocations import Event, Invocation, details_of
from ..scripting.matching import DECODED, Decode, Match, show_argument
from ..showing import counted, show
from .pairing import pairs
from .payloads import Payloads
from .report import differences_of, nearest, recorded

# pytest hides this module's frames, so that a failed assertion shows the test's line.
__tracebackhide__ = True

ItemT = TypeVar("ItemT", Invocation, Event)
_LONGEST = 80
_MOST_TOLD = 5


def call_text(name: str, positional: Sequence[object], keywords: Mapping[str, object]) -> str:
    """The call as the test wrote it, long values shortened."""
    words = [show_argument(value, _LONGEST) for value in positional]
    words += [f"{keyword}={show_argument(value, _LONGEST)}" for keyword, value in keywords.items()]
    return f"{name}({', '.join(words)})"


def text_of_call(call: str, given: Mapping[str, object], match: Mapping[str, object]) -> str:
    """The same for a call that takes the function first."""
    function = given.get("function")
    keywords = {name: value for name, value in given.items() if name != "function"}
    return call_text(call, [] if function is None else [function], {**keywords, **match})


def stated(**parameters: tuple[object, object]) -> dict[str, object]:
    """The parameters whose value is not the default."""
    return {name: value for name, (value, default) in parameters.items() if value != default}


def counted_times(times: int | None) -> int | None:
    """``times=``, checked. ``ValueError`` if it is neither ``None`` nor a non-negative int."""
    if times is None:
        return None
    if isinstance(times, bool) or not isinstance(times, int) or times < 0:
        raise ValueError(f"times= is a non-negative int, or None for at least one, not {times!r}")
    return times


@dataclass(frozen=True, slots=True)
class Log:
    """What a mock has recorded, at one moment."""

    invocations: list[Invocation]
    events: list[Event]
    decode: Decode = field(default_factory=Payloads)

    def fail(self, call: str, found: str, expected: str, near: Sequence[str] = ()) -> NoReturn:
        """Raises an ``AssertionError``: what was found, expected, nearest and recorded."""
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
    state: str = ""
    """If the items are not all items of the log, what they have in common: `` that succeeded``."""
    hints: Callable[[], Sequence[str]] = tuple
    """Lines that say what to do about events that are not among the items."""

    def holds(self, times: int | None, *, at_least: bool = False) -> list[ItemT]:
        """Asserts that at least one matches, or exactly ``times``, or at least that many."""
        found = self._found()
        enough = times is None or at_least
        if len(found) >= (1 if times is None else times) if enough else len(found) == times:
            self._refuse_text(found)
            return found
        wanted = counted(1 if times is None else times, self.kind)
        self._fail(
            f"{counted(len(found), self.kind)}{self._with()}",
            f"{'at least ' if enough else 'exactly ' if times else ''}{wanted}{self._with()}",
            nearest(self.match, self.items, self.log.decode) if len(found) < (times or 1) else [],
        )

    def holds_once(self) -> ItemT:
        """Asserts that exactly one is of the function, and that it matches. Returns it."""
        of_function = [item for item in self.items if self.match.accepts_function(item)]
        matching = [item for item in of_function if self.match.accepts_item(item, self.log.decode)]
        if len(of_function) == len(matching) == 1:
            return matching[0]
        expected = f"exactly 1 {self.kind}{self._of()}"
        if self.match.details():
            expected += f", and it matches {self.match.details()}"
        found = f"{counted(len(of_function), self.kind)}{self._of()}"
        if len(matching) < len(of_function):
            found += _how_many_match(len(matching), len(of_function))
        near = [] if matching else nearest(self.match, of_function or self.items, self.log.decode)
        self._fail(found, expected, near)

    def holds_never(self) -> None:
        """Asserts that none matches."""
        found = self._found()
        if found:
            self._fail(
                f"{counted(len(found), self.kind)}{self._with()}", f"no {self.kind}{self._with()}"
            )
        self._refuse_text(found)

    def only(self) -> ItemT:
        """Asserts that exactly one matches. Returns it."""
        found = self._found()
        if len(found) != 1:
            near = [] if found else nearest(self.match, self.items, self.log.decode)
            self._fail(
                f"{counted(len(found), self.kind)}{self._with()}",
                f"exactly 1 {self.kind}{self._with()}",
                near,
            )
        return found[0]

    def _refuse_text(self, found: Sequence[ItemT]) -> None:
        """Fails if none matches only because the expected payload was given as JSON text."""
        meant = None if found else self.match.decoded()
        decode = self.log.decode
        if meant is not None and any(meant.accepts_item(item, decode) for item in self.items):
            self._fail(
                f"no {self.kind}{self._with()}, but one with what this text stands for",
                f"no {self.kind}{self._with()}",
                [DECODED.format("payload")],
            )

    def _found(self) -> list[ItemT]:
        decode = self.log.decode
        return [item for item in self.items if self.match.accepts_item(item, decode)]

    def _with(self) -> str:
        return self._of() + _and(self.match.details())

    def _of(self) -> str:
        return _of(self.match) + self.state

    def _fail(self, found: str, expected: str, near: Sequence[str] = ()) -> NoReturn:
        near = [*near, *self.hints()]
        self.log.fail(self.call, found + self._similar_name(), expected, near)

    def _similar_name(self) -> str:
        """A hint at a similar name that was called."""
        wanted = self.match.function
        called = {details_of(item).function for item in self.items or self.log.events}
        if wanted is None or wanted in called:
            return ""
        near = difflib.get_close_matches(wanted, called)
        return f" ({near[0]!r} was called)" if near else ""


def _how_many_match(matching: int, of_how_many: int) -> str:
    if of_how_many == 1:
        return ", which does not match"
    return f", {matching or 'none'} of which match{'es' if matching < 2 else ''}"


def _of(match: Match) -> str:
    return f" of {match.stated('function')!r}" if match.function else ""


def in_sequence(log: Log, call: str, expected: Sequence[Match], *, any_order: bool) -> None:
    """Asserts that the invocations are the expected ones, in their order or in any.

    The log must not have dry runs, which invoke nothing.
    """
    made = [one for one in log.invocations if one.invocation_type != "DryRun"]
    told = (_unpaired if any_order else _misplaced)(expected, made, log.decode)
    if told:
        order = "in any order" if any_order else "in this order"
        log.fail(
            call,
            counted(len(made), "invocation"),
            f"{counted(len(expected), 'invocation')} {order}",
            told,
        )


def _misplaced(
    expected: Sequence[Match], invocations: Sequence[Invocation], decode: Decode
) -> list[str]:
    """A line for each place with something other than expected; empty if there is none."""
    lines: list[str] = []
    wrong = 0
    for number, (match, one) in enumerate(zip_longest(expected, invocations), 1):
        if match is not None and one is not None and match.accepts_item(one, decode):
            continue
        wrong += 1
        if wrong <= _MOST_TOLD:
            lines += _misplaced_one(number, match, one, decode)
    if wrong > _MOST_TOLD:
        lines.append(f"… and {wrong - _MOST_TOLD} more")
    alike = len(expected) == len(invocations)
    if lines and alike and len(pairs(expected, invocations, decode)) == len(expected):
        lines.append("all of them were made, but in another order; any_order=True allows that")
    return lines


def _misplaced_one(
    number: int, match: Match | None, one: Invocation | None, decode: Decode
) -> list[str]:
    if match is None:
        assert one is not None
        return [f"number {number}: {show(one.function)} was not expected"]
    expected = f"number {number}: expected {_wanted(match)}"
    if one is None:
        return [f"{expected}, but there is none"]
    if match.function != one.function:
        return [f"{expected}, was {show(one.function)}"]
    return [expected, *differences_of(match, one, decode)]


def _unpaired(
    expected: Sequence[Match], invocations: Sequence[Invocation], decode: Decode
) -> list[str]:
    """Lines for what is missing and what was not expected; empty if nothing is."""
    places = pairs(expected, invocations, decode)
    paired = set(places.values())
    missing = [match for n, match in enumerate(expected) if n not in places]
    surplus = [one for n, one in enumerate(invocations) if n not in paired]
    lines: list[str] = []
    for match in missing[:_MOST_TOLD]:
        lines += [f"missing: {_wanted(match)}", *nearest(match, surplus, decode)]
    if len(missing) > _MOST_TOLD:
        lines.append(f"… and {len(missing) - _MOST_TOLD} more")
    if surplus:
        numbers = ", ".join(str(details_of(one).number) for one in surplus[:10])
        more = ", …" if len(surplus) > 10 else ""
        lines.append(f"not expected: invocation{'s' * (len(surplus) > 1)} {numbers}{more}")
    return lines


def _wanted(match: Match) -> str:
    return f"{match.stated('function')!r}{_and(match.details(whole=True))}"


def _and(details: str) -> str:
    return f" with {details}" if details else ""
