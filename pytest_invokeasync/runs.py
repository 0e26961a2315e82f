"""The outcomes of a run, for ``add_run`` and ``sweep``.

``TimedOut``, ``Killed``, ``Throttled``, ``Duplicated`` and ``Lost`` may be passed as classes, or
with arguments: ``runs.TimedOut``, ``runs.TimedOut(before=True)``.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .showing import show
from .suggestions import unknown

# pytest hides this module's frames, so that a wrong value shows the test's line.
__tracebackhide__ = True


@dataclass(frozen=True, repr=False)
class RunOutcome:
    """An outcome that can be scripted for a run: one of the classes below."""

    def __str__(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"runs.{self}"


@dataclass(frozen=True, repr=False)
class _BeforeOrAfter(RunOutcome):
    before: bool = False
    """Whether it happens before the handler begins; by default after the handler's end."""

    def __post_init__(self) -> None:
        if not isinstance(self.before, bool):
            raise TypeError(f"before= is True or False, not {show(self.before)}")

    def __str__(self) -> str:
        return f"{type(self).__name__}{'(before=True)' * self.before}"


@dataclass(frozen=True, repr=False)
class TimedOut(_BeforeOrAfter):
    """The function timed out: a function error, which Lambda retries.

    The handler runs to its end. Its effects stay, and its result is lost. With ``before=True`` the
    handler is not called. Virtual time moves on by the function's ``timeout`` before the retry's
    delay begins.
    """


@dataclass(frozen=True, repr=False)
class Killed(_BeforeOrAfter):
    """The process died: ``Runtime.ExitError``, a function error, which Lambda retries.

    The handler runs to its end. Its effects stay, and its result is lost. With ``before=True`` the
    handler is not called. For a death in between, let one of the handler's fakes raise
    ``SystemExit``.
    """


@dataclass(frozen=True, repr=False, eq=False)
class Failed(RunOutcome):
    """The function failed with this exception; the handler is not called.

    ``error``: an ``Exception`` or ``SystemExit``, or such a class that needs no argument. Raises
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
    """The function is throttled (429), for that event ``tries`` times in a row, by default once.

    The event goes back into the queue and is tried again 1 s, 2 s, 4 s … later, at most 5 minutes.
    A throttle is not a run, and uses up no retry. An event that becomes too old by it ends with
    ``"EventAgeExceeded"``.
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
    """The event is delivered a second time after it has ended, with the same request id.

    The second delivery has its own retries and destination records. At most once per event.
    """


@dataclass(frozen=True, repr=False)
class Late(RunOutcome):
    """The event is tried ``seconds`` later, so that events queued after it come first.

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
    """The event is never run, and no record is sent. Lambda does not rule this out."""


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
"""The set ``"runs"``: the outcomes that an idempotent function survives."""
_NEEDED = {"Failed": "an exception: runs.Failed(ValueError())", "Late": "seconds: runs.Late(30)"}


def find(outcome: object) -> RunOutcome:
    """The outcome for ``runs.TimedOut``, ``runs.TimedOut()`` or ``"TimedOut"``.

    Raises ``ValueError`` for an unknown name, and names the nearest, and for an outcome without its
    argument; ``TypeError`` for anything else.
    """
    if isinstance(outcome, RunOutcome):
        return outcome
    if isinstance(outcome, str):
        if outcome not in CLASSES:
            raise ValueError(unknown("outcome of a run", outcome, CLASSES))
        outcome = CLASSES[outcome]
    if not (isinstance(outcome, type) and outcome in CLASSES.values()):
        raise TypeError(
            f"an outcome of a run is one of runs, or its name, not {show(outcome)}; "
            "errors go to add_error(), faults to add_fault()"
        )
    if outcome.__name__ in _NEEDED:
        raise ValueError(f"runs.{outcome.__name__} takes {_NEEDED[outcome.__name__]}")
    made: RunOutcome = outcome()
    return made


def is_meant_by(outcome: object) -> bool:
    """Whether this names an outcome of a run, not of an invocation."""
    if isinstance(outcome, type):
        return issubclass(outcome, RunOutcome)
    return isinstance(outcome, RunOutcome) or (isinstance(outcome, str) and outcome in CLASSES)
