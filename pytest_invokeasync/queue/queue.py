"""The queue of one mock: which event is due next, its runs, and what is sent when it ends."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ..api.messages import Headers
from ..api.operations import INVOKE
from ..api.route import Route
from ..recording.invocations import Details, Event, Queued
from ..recording.life import DeadLetter, DestinationRecord, Life, Run
from ..recording.log import Record, Recording
from ..runs import Duplicated, Failed, Killed, Late, Lost, RunOutcome, Throttled, TimedOut
from ..scripting.rules import Rules
from . import destinations, policy, runtime
from .clock import Clock
from .deliveries import Delivery
from .lifecycle import Happening, State, Transition
from .policy import Configured

# pytest hides this module's frames, so that an exception shows the handler's line.
__tracebackhide__ = True

SentCallback = Callable[[DestinationRecord | DeadLetter], object]


class Functions(Protocol):
    """The registered functions."""

    @property
    def version(self) -> int:
        """Changes with each registration."""

    def find(self, details: Details) -> Configured | None:
        """The function that an event is for."""


class Surroundings:
    """``travel_with()`` and ``add_destination()``, which the rounds of a sweep share."""

    def __init__(self) -> None:
        self.travel: runtime.Travel | None = None
        self.callbacks: dict[str, tuple[SentCallback, ...]] = {}

    def copy(self) -> Surroundings:
        """A copy, which can be changed separately."""
        copied = Surroundings()
        copied.travel, copied.callbacks = self.travel, dict(self.callbacks)
        return copied


class Endless(RuntimeError):
    """Raised for a drain that would not end."""


class Queue:
    """The queue of the events of one recording. Nothing runs until it is drained."""

    def __init__(
        self,
        *,
        wall: float,
        recording: Recording,
        rules: Rules,
        functions: Functions,
        surroundings: Surroundings,
        new_request_id: Callable[[], str],
    ) -> None:
        self.clock = Clock(wall)
        self.destination_records: list[DestinationRecord] = []
        self.dead_letters: list[DeadLetter] = []
        self.failures: list[Delivery] = []
        """The events that failed unexpectedly, until they are taken."""
        self.loop_thread: int | None = None
        """The thread of the event loop, if the test goes on there during a drain."""
        self.is_abandoned = False
        """Whether ``reset()`` has replaced it by another queue."""
        self.is_stopping = False
        """Whether the drain is to end after the current run."""
        self._recording = recording
        self._rules = rules
        self._functions = functions
        self._surroundings = surroundings
        self._new_request_id = new_request_id
        self._order = itertools.count(1)
        self._due: list[Delivery] = []
        self._without_handler: list[Delivery] = []
        self._version = functions.version
        # Appended to by whichever thread invokes.
        self._arrived: deque[tuple[Record | None, Queued, Life, Delivery | None]] = deque()
        self._cause: Delivery | None = None
        recording.follow(self._arrive)

    def _arrive(self, record: Record | None, queued: Queued) -> None:
        life = queued.life = queued.life or Life()
        own = threading.get_ident() != self.loop_thread
        self._arrived.append((record, queued, life, self._cause if own else None))

    # Draining

    def drain(self, limit: datetime | None) -> list[Event]:
        """Runs what is or becomes due, up to a moment. Returns the events that ended, in order.

        Raises exceptions that are not the function's, such as ``KeyboardInterrupt``; then the event
        is in the queue again.
        """
        ended: dict[Delivery, None] = {}
        begun_by = self._last_order()
        more = 0
        self.is_stopping = False
        while not (self.is_abandoned or self.is_stopping) and (delivery := self._next(limit)):
            if delivery.order > begun_by:
                more += 1
                if more > policy.MOST_RUNS:
                    heapq.heappush(self._due, delivery)
                    raise Endless(
                        f"{policy.MOST_RUNS:,} runs of events that were queued meanwhile, and no "
                        f"end: {delivery.queued.details.function!r} keeps being invoked"
                    )
            if self._try(delivery):
                ended[delivery] = None
        if limit is not None and not (self.is_abandoned or self.is_stopping):
            self.clock.move_to(limit)
        return [delivery.event for delivery in ended]

    def take_failures(self) -> list[Delivery]:
        """Returns and forgets the events that failed unexpectedly."""
        failures, self.failures = self.failures, []
        return failures

    def stop(self) -> None:
        """Ends a drain after the current run."""
        self.is_stopping = True

    def waiting_failures(self) -> list[Delivery]:
        """The events that failed unexpectedly, and whose retry has not run yet."""
        return [
            delivery
            for delivery in sorted(self._due)
            if delivery.failed_runs
            and (function := self._handled(delivery)) is not None
            and not delivery.is_failure_expected(function)
        ]

    def _last_order(self) -> int:
        self._take_arrivals()
        return next(self._order)

    def _take_arrivals(self) -> None:
        while self._arrived:
            record, queued, life, cause = self._arrived.popleft()
            order, now = next(self._order), self.clock.now
            self._wait(Delivery(record, queued, life, order=order, moment=now, parent=cause))
        if self._version != self._functions.version:
            self._version = self._functions.version
            parked, self._without_handler = self._without_handler, []
            for delivery in parked:
                self._wait(delivery)

    def _wait(self, delivery: Delivery) -> None:
        if self._handled(delivery) is None:
            self._without_handler.append(delivery)
        else:
            heapq.heappush(self._due, delivery)

    def _handled(self, delivery: Delivery) -> Configured | None:
        function = self._functions.find(delivery.queued.details)
        return None if function is None or function.handler is None else function

    def _next(self, limit: datetime | None) -> Delivery | None:
        self._take_arrivals()
        if not self._due or (limit is not None and self._due[0].due > limit):
            return None
        delivery = heapq.heappop(self._due)
        self.clock.move_to(delivery.due)
        return delivery

    # One try

    def _try(self, delivery: Delivery) -> bool:
        """Tries an event. Returns whether it has ended."""
        function = self._handled(delivery)
        if function is None:  # its handler was removed while it waited
            self._without_handler.append(delivery)
            return False
        self._cause = delivery
        try:
            transition = self._carry_out(delivery, function)
            if transition is None or self.is_abandoned:
                return False
            if transition.state is State.WAITING:
                heapq.heappush(self._due, delivery)
                return False
            self._end(delivery, function, transition)
        finally:
            self._cause = None
        return True

    def _carry_out(self, delivery: Delivery, function: Configured) -> Transition | None:
        now = self.clock.now
        if policy.is_too_old(delivery.age_at(now), function):
            delivery.note(now, "too old")
            return delivery.move(Happening.EXPIRED)
        if delivery.visits() > policy.MOST_VISITS:
            delivery.note(now, "stopped")
            return delivery.move(Happening.STOPPED)
        if delivery.throttles_left:
            return self._throttle(delivery, function)
        try:
            outcome = self._scripted(delivery)
            if isinstance(outcome, Lost | Late | Throttled):
                return self._instead_of_run(delivery, function, outcome)
            return self._run(delivery, function, outcome)
        except BaseException:
            if delivery.state is State.RUNNING:
                delivery.move(Happening.INTERRUPTED)
            heapq.heappush(self._due, delivery)
            raise

    def _scripted(self, delivery: Delivery) -> RunOutcome | None:
        """The outcome that a rule scripts for this try, if any."""

        def may_happen(outcome: RunOutcome) -> bool:
            if isinstance(outcome, Late):
                return not delivery.is_overtaken
            return not (isinstance(outcome, Duplicated) and delivery.is_duplicated)

        return self._rules.outcome_of_run(
            delivery.record, delivery.queued.details, lambda: delivery.event, may_happen
        )

    def _instead_of_run(
        self, delivery: Delivery, function: Configured, outcome: Lost | Late | Throttled
    ) -> Transition:
        now = self.clock.now
        delivery.is_touched = True
        if isinstance(outcome, Lost):
            delivery.note(now, "lost")
            return delivery.move(Happening.LOST)
        if isinstance(outcome, Late):
            delivery.is_overtaken = True
            delivery.due = self.clock.after(outcome.seconds)
            delivery.note(now, "overtaken")
            return delivery.move(Happening.OVERTAKEN)
        delivery.throttles_left = outcome.tries
        return self._throttle(delivery, function)

    def _throttle(self, delivery: Delivery, function: Configured) -> Transition:
        now = self.clock.now
        delivery.throttles_left -= 1
        delivery.throttles += 1
        delivery.is_throttled = True
        delivery.note(now, "throttled")
        happening, delay = policy.after_throttle(delivery.throttles, delivery.age_at(now), function)
        if happening is Happening.THROTTLED:
            delivery.due = self.clock.after(delay)
        return delivery.move(happening)

    def _run(
        self, delivery: Delivery, function: Configured, outcome: RunOutcome | None
    ) -> Transition:
        if isinstance(outcome, Duplicated):
            delivery.is_duplicated = True
        now = self.clock.now
        delivery.move(Happening.BEGUN)
        ran = runtime.run(_task(delivery.queued), function, outcome, now, self._surroundings.travel)
        self._take_arrivals()
        life = delivery.life
        if ran.error is not None:
            for earlier in life.runs[-1:]:
                _forget_frames(earlier.error, ran.error)
        number, scripted = len(life.runs) + 1, isinstance(outcome, Failed | Killed | TimedOut)
        run = Run(number, now, ran.outcome, ran.result, ran.error, ran.log, ran.response, scripted)
        life.runs = (*life.runs, run)
        delivery.note(now, ran.outcome)
        delivery.throttles, delivery.is_throttled = 0, False
        if ran.outcome == "succeeded":
            return delivery.move(Happening.SUCCEEDED)
        spent = function.timeout if ran.outcome == "timed out" else 0
        happening, delay = policy.after_failure(
            len(delivery.failed_runs), delivery.age_at(now), spent, function
        )
        if happening is Happening.FAILED:
            delivery.due = self.clock.after(delay)
        return delivery.move(happening)

    # The end of an event

    def _end(self, delivery: Delivery, function: Configured, transition: Transition) -> None:
        delivery.life.outcome = transition.outcome
        if transition.outcome != "Success" and not delivery.is_failure_expected(function):
            self.failures.append(delivery)
        sent = self._sent(delivery, function, transition)
        if delivery.is_duplicated and not delivery.is_redelivered:
            delivery.begin_again(next(self._order), self.clock.now)
            heapq.heappush(self._due, delivery)
        for one in sent:
            if isinstance(one, DestinationRecord):
                self._queue_for_function(one)
            arn = one.destination if isinstance(one, DestinationRecord) else one.queue
            for callback in self._surroundings.callbacks.get(arn, ()):
                callback(one)

    def _sent(
        self, delivery: Delivery, function: Configured, transition: Transition
    ) -> list[DestinationRecord | DeadLetter]:
        """What is sent when an event has ended. It is recorded too."""
        life, sent = delivery.life, list[DestinationRecord | DeadLetter]()
        if transition.sends is None:
            return sent
        failed = transition.sends == "failure"
        destination = function.on_failure if failed else function.on_success
        if destination is not None:
            record = self._record(delivery, transition, destination)
            life.destination_records = (*life.destination_records, record)
            self.destination_records.append(record)
            sent.append(record)
        if failed and function.dead_letter is not None:
            letter = self._dead_letter(delivery, function.dead_letter)
            life.dead_letters = (*life.dead_letters, letter)
            self.dead_letters.append(letter)
            sent.append(letter)
        return sent

    def _record(
        self, delivery: Delivery, transition: Transition, destination: str
    ) -> DestinationRecord:
        details, runs, now = delivery.queued.details, delivery.runs, self.clock.now
        arn = details.arn if details.qualifier else f"{details.arn}:{runtime.LATEST}"
        context: dict[str, object] | None = None
        response = None
        if delivery.is_throttled:
            context = {"statusCode": 429}
        elif runs:
            context = {"statusCode": 200, "executedVersion": _task(delivery.queued).version}
            response = runs[-1]._response
            if runs[-1].outcome != "succeeded":
                context["functionError"] = "Unhandled"
        condition = str(transition.outcome)
        body = destinations.record(
            moment=now,
            request_id=delivery.queued.request_id,
            arn=arn,
            condition=condition,
            runs=len(runs),
            body=details.event_body,
            context=context,
            response=response,
            destination=destination,
        )
        return DestinationRecord(
            destination=destination,
            body=body,
            event=delivery.event,
            detail_type=destinations.detail_type(condition),
            resources=(destination, arn),
            key=destinations.object_key(details.function, now, delivery.queued.request_id),
        )

    def _dead_letter(self, delivery: Delivery, queue: str) -> DeadLetter:
        runs, queued = delivery.runs, delivery.queued
        if runs and not delivery.is_throttled:
            code, message = 200, runs[-1].payload["errorMessage"]
        else:
            code, message = 429, "Rate Exceeded."
        attributes = destinations.attributes(
            request_id=queued.request_id, code=code, message=message
        )
        return DeadLetter(queue, queued.details.event_body, attributes, delivery.event)

    def _queue_for_function(self, record: DestinationRecord) -> None:
        """Queues the record as an event, if its destination is a function."""
        if destinations.service_of(record.destination) != "lambda":
            return
        _, partition, _, region, account, _, name, *qualifier = record.destination.split(":")
        details = Details(
            number=0,
            route=Route(INVOKE, record.destination),
            function=name,
            qualifier=qualifier[0] if qualifier else None,
            region=region,
            account=account,
            stated_partition=partition,
            stated_region=region,
            body=record.body,
            headers=Headers({}),
            caller=None,
        )
        self._recording.queue(Queued(self._new_request_id(), details, Life(record)))


def _task(queued: Queued) -> runtime.Task:
    details = queued.details
    reaches = details.route.operation.trace_reaches_function
    return runtime.Task(
        request_id=queued.request_id,
        function=details.function,
        arn=details.arn,
        qualifier=details.qualifier,
        decode=details.decoded,
        trace=details.headers.get("X-Amzn-Trace-Id") if reaches else None,
    )


def _forget_frames(error: BaseException | None, but: BaseException) -> None:
    """Drops the traceback of an earlier error, which keeps frames and all their locals alive."""
    seen: set[int] = {id(but)}
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
