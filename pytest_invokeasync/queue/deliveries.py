"""One event on its way through the queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..recording.invocations import Event, Queued
from ..recording.life import Life, Run
from ..recording.log import Record
from .lifecycle import Happening, State, Transition, move
from .policy import Configured


class Delivery:
    """An event in the queue: its state, and when it is due. The same one for a second delivery."""

    __slots__ = (
        "_record",
        "begun_at_run",
        "due",
        "is_duplicated",
        "is_overtaken",
        "is_redelivered",
        "is_throttled",
        "is_touched",
        "life",
        "order",
        "parent",
        "queued",
        "queued_at",
        "state",
        "throttles",
        "throttles_left",
    )

    def __init__(
        self,
        record: Record | None,
        queued: Queued,
        life: Life,
        *,
        order: int,
        moment: datetime,
        parent: Delivery | None,
    ) -> None:
        self._record = record
        self.queued = queued
        self.life = life
        self.order = order
        """Of two that are due at the same moment, the one with the lower number comes first."""
        self.queued_at = self.due = moment
        self.parent = parent
        """The event whose run queued this one."""
        self.state = State.WAITING
        self.begun_at_run = 0
        """How many runs earlier deliveries had."""
        self.throttles = 0
        """In a row."""
        self.throttles_left = 0
        self.is_throttled = False
        """Whether its last try was throttled."""
        self.is_touched = False
        """Whether a rule did something else to it than failing a run."""
        self.is_overtaken = False
        self.is_duplicated = False
        """Whether it is to be delivered a second time."""
        self.is_redelivered = False

    def __lt__(self, other: Delivery) -> bool:
        return (self.due, self.order) < (other.due, other.order)

    @property
    def event(self) -> Event:
        """The event, as the test sees it."""
        return Event(None if self._record is None else self._record.snapshot(), self.queued)

    @property
    def record(self) -> Record | None:
        """The invocation that queued it."""
        return self._record

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of this delivery."""
        return self.life.runs[self.begun_at_run :]

    @property
    def failed_runs(self) -> tuple[Run, ...]:
        """The failed runs of this delivery."""
        return tuple(run for run in self.runs if run.outcome != "succeeded")

    def is_failure_expected(self, function: Configured) -> bool:
        """Whether the test expects this failure. See ``FunctionFailed``."""
        failed = self.failed_runs
        if self.life.outcome == "RecursiveInvocation":
            return False
        if all(run._scripted for run in failed) and (failed or self.is_touched):
            return True
        is_sent = function.on_failure is not None or function.dead_letter is not None
        return is_sent and not (failed and isinstance(failed[-1].error, AssertionError))

    def age_at(self, moment: datetime) -> timedelta:
        """How long it has been in the queue at this moment."""
        return moment - self.queued_at

    def move(self, happening: Happening) -> Transition:
        """Changes its state, as the table of transitions says."""
        transition = move(self.state, happening)
        self.state = transition.state
        return transition

    def note(self, moment: datetime, what: str) -> None:
        """Notes what happened, for descriptions."""
        seconds = self.age_at(moment).total_seconds()
        self.life.moments = (*self.life.moments, (seconds, what))

    def visits(self) -> int:
        """How often its function is in the chain of events that led to it, itself included."""
        function = self.queued.details.function
        count = 0
        one: Delivery | None = self
        while one is not None:
            count += one.queued.details.function == function
            one = one.parent
        return count

    def begin_again(self, order: int, moment: datetime) -> None:
        """Starts its second delivery, after it has ended."""
        self.move(Happening.DUPLICATED)
        self.is_redelivered = True
        self.order, self.queued_at, self.due = order, moment, moment
        self.begun_at_run = len(self.life.runs)
        self.throttles = self.throttles_left = 0
        self.is_throttled = False
