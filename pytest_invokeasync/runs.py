"""What may become of a run, for ``add_run`` and ``sweep``.

``TimedOut``, ``Killed``, ``Throttled``, ``Duplicated`` and ``Lost`` may be given as they are, or
be called for their keywords: ``runs.TimedOut``, ``runs.TimedOut(before=True)``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .showing import show
from .suggestions import unknown

# A wrong value is told at the user's line: pytest leaves out this module's frames.
__tracebackhide__ = True


@dataclass(frozen=True, repr=False)
class RunOutcome:
    """What was scripted for a run: one of those below."""

    def __str__(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"runs.{self}"


@dataclass(frozen=True, repr=False)
class _BeforeOrAfter(RunOutcome):
    before: bool = False
    """Whether it happens before the handler begins. Else the handler runs to its end first."""

    def __post_init__(self) -> None:
        if not isinstance(self.before, bool):
            raise TypeError(f"before= is True or False, not {show(self.before)}")

    def __str__(self) -> str:
        return f"{type(self).__name__}{'(before=True)' * self.before}"


@dataclass(frozen=True, repr=False)
class TimedOut(_BeforeOrAfter):
    """The function timed out: a function error, retried.

    The handler runs to its end, its effects stay and its result is lost; with ``before=True`` it
    never began.
    """


@dataclass(frozen=True, repr=False)
class Killed(_BeforeOrAfter):
    """The process died: ``Runtime.ExitError``, a function error, retried.

    The handler runs to its end, its effects stay and its result is lost; with ``before=True`` it
    never began. For a death in the middle let one of the handler's fakes raise ``SystemExit``.
    """


@dataclass(frozen=True, repr=False, eq=False)
class Failed(RunOutcome):
    """The handler is not called; this exception is what it raised.

    ``error``: an ``Exception`` or ``SystemExit``, or a class of such that takes no argument.
    ``TypeError`` for anything else.
    """

    error: BaseException

    def __post_init__(self) -> None:
        error: object = self.error
        if isinstance(error, type) and issubclass(error, Exception | SystemExit):
            error = error()
            object.__setattr__(self, "error", error)
        if not isinstance(error, Exception | SystemExit):
            raise TypeError(
                f"runs.Failed() takes an Exception or SystemExit, not {show(error)}: "
                "any other exception ends the test, not the run"
            )

    def __str__(self) -> str:
        return f"Failed({show(self.error, 80)})"


@dataclass(frozen=True, repr=False)
class Throttled(RunOutcome):
    """429, ``tries`` times in a row for that event: back into the queue, 1 s, 2 s, 4 s … later.

    It uses up no retry and is no run. An event that gets too old in this way has ended.
    """

    tries: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.tries, bool) or not isinstance(self.tries, int):
            raise TypeError(f"tries= is an int, not {show(self.tries)}")
        if self.tries < 1:
            raise ValueError(f"tries= is 1 or more, not {self.tries}")

    def __str__(self) -> str:
        return f"Throttled({self.tries})" if self.tries > 1 else "Throttled"


@dataclass(frozen=True, repr=False)
class Duplicated(RunOutcome):
    """The event is delivered once more after it has ended: the same one, with the same request id.

    With retries and records of its own, and at most once per event.
    """


@dataclass(frozen=True, repr=False)
class Late(RunOutcome):
    """The event is tried ``seconds`` later, overtaken by what was queued after it.

    At most once per event.
    """

    seconds: float

    def __post_init__(self) -> None:
        if isinstance(self.seconds, bool) or not isinstance(self.seconds, int | float):
            raise TypeError(f"runs.Late() takes a number of seconds, not {show(self.seconds)}")
        if not self.seconds > 0 or math.isinf(self.seconds):
            raise ValueError(f"runs.Late() takes more than 0 seconds, not {self.seconds}")

    def __str__(self) -> str:
        return f"Late({self.seconds:g})"


@dataclass(frozen=True, repr=False)
class Lost(RunOutcome):
    """The event is never run, and no record tells of it: Lambda promises no more."""


CLASSES: Mapping[str, type[RunOutcome]] = {
    one.__name__: one for one in (TimedOut, Killed, Failed, Throttled, Duplicated, Late, Lost)
}
"""Every outcome of a run, by name."""
SURVIVABLE: tuple[RunOutcome, ...] = (
    TimedOut(),
    TimedOut(before=True),
    Killed(),
    Killed(before=True),
    Throttled(),
    Duplicated(),
    Late(30),
)
"""The set ``"runs"``: what an idempotent function survives."""
_NEEDED = {"Failed": "an exception: runs.Failed(ValueError())", "Late": "seconds: runs.Late(30)"}


def find(outcome: object) -> RunOutcome:
    """What is meant by ``runs.TimedOut``, ``runs.TimedOut()`` or ``"TimedOut"``.

    ``ValueError`` for a name that does not exist, naming the nearest, and for an outcome that
    lacks its argument; ``TypeError`` for anything else.
    """
    if isinstance(outcome, RunOutcome):
        return outcome
    if isinstance(outcome, str):
        if outcome not in CLASSES:
            raise ValueError(unknown("outcome of a run", outcome, CLASSES))
        outcome = CLASSES[outcome]
    if not (isinstance(outcome, type) and outcome in CLASSES.values()):
        raise TypeError(f"an outcome of a run is one of runs, or its name, not {show(outcome)}")
    if outcome.__name__ in _NEEDED:
        raise ValueError(f"runs.{outcome.__name__} takes {_NEEDED[outcome.__name__]}")
    made: RunOutcome = outcome()
    return made


def is_meant_by(outcome: object) -> bool:
    """Whether this is an outcome of a run, rather than one of an invocation."""
    if isinstance(outcome, type):
        return issubclass(outcome, RunOutcome)
    return isinstance(outcome, RunOutcome) or (isinstance(outcome, str) and outcome in CLASSES)
