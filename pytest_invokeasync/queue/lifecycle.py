"""The life of an event: its states, and every transition between them, in one table."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


class State(enum.Enum):
    """Where an event stands."""

    WAITING = enum.auto()
    """In the queue: for its first run, or for the next."""
    RUNNING = enum.auto()
    ENDED = enum.auto()


class Happening(enum.Enum):
    """What may happen to an event."""

    BEGUN = enum.auto()
    """A run begins."""
    SUCCEEDED = enum.auto()
    FAILED = enum.auto()
    """A run failed, and a retry will come."""
    FAILED_LAST = enum.auto()
    """The run failed after which no retry comes."""
    FAILED_LATE = enum.auto()
    """A run failed, and its retry would come when the event is too old."""
    INTERRUPTED = enum.auto()
    """The test itself ended a run: it counts for nothing."""
    THROTTLED = enum.auto()
    THROTTLED_LATE = enum.auto()
    """It was throttled, and its next try would come when it is too old."""
    OVERTAKEN = enum.auto()
    """It has to wait longer than what was queued after it."""
    EXPIRED = enum.auto()
    """It is its turn, and it is too old."""
    LOST = enum.auto()
    STOPPED = enum.auto()
    """Its function was visited too often on the way to it."""
    DUPLICATED = enum.auto()
    """It has ended, and is delivered once more."""


Record = Literal["success", "failure"]


@dataclass(frozen=True, slots=True)
class Transition:
    """What a happening makes of an event."""

    state: State
    outcome: str | None = None
    """Why it ended: AWS's ``condition``. ``Lost`` and ``RecursiveInvocation`` are our words."""
    sends: Record | None = None
    """The destinations that are told of it."""


_WAITING, _RUNNING, _ENDED = State.WAITING, State.RUNNING, State.ENDED

TRANSITIONS: Mapping[tuple[State, Happening], Transition] = {
    (_WAITING, Happening.BEGUN): Transition(_RUNNING),
    (_WAITING, Happening.THROTTLED): Transition(_WAITING),
    (_WAITING, Happening.THROTTLED_LATE): Transition(_ENDED, "EventAgeExceeded", "failure"),
    (_WAITING, Happening.OVERTAKEN): Transition(_WAITING),
    (_WAITING, Happening.EXPIRED): Transition(_ENDED, "EventAgeExceeded", "failure"),
    (_WAITING, Happening.LOST): Transition(_ENDED, "Lost"),
    (_WAITING, Happening.STOPPED): Transition(_ENDED, "RecursiveInvocation"),
    (_RUNNING, Happening.SUCCEEDED): Transition(_ENDED, "Success", "success"),
    (_RUNNING, Happening.FAILED): Transition(_WAITING),
    (_RUNNING, Happening.FAILED_LAST): Transition(_ENDED, "RetriesExhausted", "failure"),
    (_RUNNING, Happening.FAILED_LATE): Transition(_ENDED, "EventAgeExceeded", "failure"),
    (_RUNNING, Happening.INTERRUPTED): Transition(_WAITING),
    (_ENDED, Happening.DUPLICATED): Transition(_WAITING),
}
"""Every transition there is. What is not in it cannot happen."""

OUTCOMES = tuple(
    dict.fromkeys(row.outcome for row in TRANSITIONS.values() if row.outcome is not None)
)
"""Every outcome an event may have."""


def move(state: State, happening: Happening) -> Transition:
    """What a happening makes of an event in this state. ``RuntimeError`` where it cannot be."""
    try:
        return TRANSITIONS[state, happening]
    except KeyError:
        raise RuntimeError(
            f"{happening.name} cannot happen to an event that is {state.name}"
        ) from None
