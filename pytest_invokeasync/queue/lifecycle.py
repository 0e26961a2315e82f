"""The life of an event: its states, and every transition between them, in one table."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


class State(enum.Enum):
    """The state of an event."""

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
    """A run failed, and no retries are left."""
    FAILED_LATE = enum.auto()
    """A run failed, and at the time of its retry the event would be too old."""
    INTERRUPTED = enum.auto()
    """The test itself ended the run, which does not count."""
    THROTTLED = enum.auto()
    THROTTLED_LATE = enum.auto()
    """It was throttled, and at the time of its next try it would be too old."""
    OVERTAKEN = enum.auto()
    """It has to wait, so that events queued after it come first."""
    EXPIRED = enum.auto()
    """It is its turn, but it is too old."""
    LOST = enum.auto()
    STOPPED = enum.auto()
    """The chain of events that led to it came to its function too often."""
    DUPLICATED = enum.auto()
    """It has ended, and is delivered a second time."""


Record = Literal["success", "failure"]


@dataclass(frozen=True, slots=True)
class Transition:
    """The new state of an event, and what follows."""

    state: State
    outcome: str | None = None
    """How it ended: AWS's ``condition``. ``Lost`` and ``RecursiveInvocation`` are our words."""
    sends: Record | None = None
    """The kind of destination that gets a record."""


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
"""Every transition. What is not in it cannot happen."""

OUTCOMES = tuple(
    dict.fromkeys(row.outcome for row in TRANSITIONS.values() if row.outcome is not None)
)
"""Every outcome an event may have."""


def move(state: State, happening: Happening) -> Transition:
    """The transition of an event in this state. ``RuntimeError`` if there is none."""
    try:
        return TRANSITIONS[state, happening]
    except KeyError:
        raise RuntimeError(
            f"{happening.name} cannot happen to an event that is {state.name}"
        ) from None
