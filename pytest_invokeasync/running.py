"""``Running``, the part of a mock about functions: their queue, and how its events end."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from . import runs
from .asserting import lives
from .asserting.assertions import Assertion, call_text, counted_times, stated, text_of_call
from .awaiting import in_thread, running_loop
from .caller import find_caller, place
from .exceptions import FunctionFailed
from .scripting.rules import ONCE, Rule
from .service.configuration import INHERITED, arn_service
from .showing import show
from .suggestions import unknown

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .asserting.assertions import Log
    from .names import RunName
    from .options import Options
    from .queue.queue import Queue
    from .recording.invocations import Event
    from .recording.life import DeadLetter, DestinationRecord
    from .runs import RunOutcome
    from .scripting.matching import (
        Match,
        MatchKeywords,
        RunMatchKeywords,
        Subject,
    )
    from .seams.interception import Interceptor
    from .service.functions import Function, Handler, Schema
    from .service.service import Service


# pytest hides this module's frames, so that failures and wrong values show the test's line.
__tracebackhide__ = True

Limit = Callable[["Queue"], "datetime | None"]


class Running:
    """The part of ``InvokeAsyncMock`` that is about runs."""

    _service: Service
    _options: Options
    _interceptor: Interceptor | None

    def __init__(self) -> None:
        self._draining = threading.Lock()
        self._draining_thread: int | None = None

    if TYPE_CHECKING:
        # Of the mock.
        def _match(self, call: str, keywords: Mapping[str, Any], *, of: Subject) -> Match: ...
        def _log(self) -> Log: ...

    # Functions

    def register_function(
        self,
        name: str,
        *,
        schema: Schema | str | os.PathLike[str] | None = INHERITED,
        handler: Handler | str | None = INHERITED,
        maximum_retry_attempts: int = INHERITED,
        maximum_event_age: int = INHERITED,
        timeout: int = INHERITED,
        memory_size: int = INHERITED,
        on_success: str | None = INHERITED,
        on_failure: str | None = INHERITED,
        dead_letter: str | None = INHERITED,
    ) -> Function:
        """Registers a function: that it exists, its configuration, and the handler of its events.

        ``name``: a bare name, a partial ARN or an ARN, which matches as ``function=`` does. A later
        registration of the same function changes only what it states.

        ``schema``: a JSON Schema that the payload must satisfy, or the path of a JSON file that
        holds it: a ``Path``, or a str that ends in ``.json``. The draft is the one that
        ``$schema`` names, by default 2020-12. ``handler``: a callable that takes
        ``(event, context)``, or its name as in Lambda, ``"package.module.function"``, imported at
        the first run. ``maximum_retry_attempts``: 0 to 2, by default 2. ``maximum_event_age``: 60
        to 21,600 seconds, by default 21,600. ``timeout``: 1 to 900 seconds, by default 3.
        ``memory_size``: 128 to 10,240 MB, by default 128. ``on_success`` and ``on_failure``: ARNs
        of destinations: SQS, SNS, EventBridge or Lambda, for failures also S3. ``dead_letter``: an
        ARN of SQS or SNS.

        Returns the function with all its settings. Raises ``ValueError`` or ``TypeError`` for a
        name that no function can have, an invalid schema, and a value that AWS does not allow.

        https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
        https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
        """
        if not isinstance(name, str):
            raise TypeError(f"register_function(): a function is named by a str, not {name!r}")
        match = self._match("register_function", {"function": name}, of="function")
        return self._service.state.functions.add(
            name,
            match,
            {
                "schema": schema,
                "handler": handler,
                "maximum_retry_attempts": maximum_retry_attempts,
                "maximum_event_age": maximum_event_age,
                "timeout": timeout,
                "memory_size": memory_size,
                "on_success": on_success,
                "on_failure": on_failure,
                "dead_letter": dead_letter,
            },
        )

    # Running the queue

    def run_until_idle(self) -> list[Event]:
        """Runs the queue until nothing is left to run, retries included.

        Virtual time moves on as far as that takes. Functions run in this thread, one run after
        another, ordered by when they are due and then by when they were queued. Events without a
        handler stay in the queue. Returns the events that ended, in order.

        Raises, at the end, ``FunctionFailed`` if an event failed and the test did not expect that.
        Raises ``RuntimeError`` if the queue is already being run, if the mock is not active, on a
        running event loop, and after 10,000 runs of events that were queued meanwhile.
        """
        return self._drain("run_until_idle", lambda _: None)

    def run_due(self) -> list[Event]:
        """Runs only what is due now; virtual time stands still.

        Returns and raises as ``run_until_idle()`` does.
        """
        return self._drain("run_due", lambda queue: queue.clock.now)

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> list[Event]:
        """Moves virtual time on, and runs each event that becomes due at its moment.

        The parameters add up; each is 0 or more. Returns and raises as ``run_until_idle()`` does;
        also raises ``ValueError`` for a negative time, or one later than a ``datetime`` can be, and
        ``TypeError`` for what is not a number.
        """
        total = _seconds(seconds=seconds, minutes=minutes, hours=hours)
        return self._drain("advance", lambda queue: queue.clock.after(total))

    @property
    def now(self) -> datetime:
        """Virtual time, an aware UTC ``datetime``.

        It begins when the mock starts, and moves only by ``run_until_idle()`` and ``advance()``.
        Headers such as ``Date`` do not show it.
        """
        return self._service.state.events().clock.now

    def travel_with(self, factory: Callable[[datetime], Any]) -> None:
        """Lets the clocks of the process show virtual time during each run.

        ``factory(moment)`` takes an aware UTC ``datetime``. It returns a context manager that is
        put around the run, or ``None``. ``time_machine.travel``, ``freezegun.freeze_time`` and a
        frozen clock's ``move_to`` can be passed as they are. Calls that a handler makes are still
        answered with the real ``Date``. Raises ``TypeError`` for what is not callable.
        """
        if not callable(factory):
            raise TypeError(
                "travel_with() takes a callable that returns a context manager for a moment, such "
                f"as time_machine.travel, not {show(factory)}"
            )
        self._service.state.surroundings.travel = factory

    async def run_until_idle_async(self) -> list[Event]:
        """``run_until_idle()`` for a test that is a coroutine.

        The functions run in a worker thread, and the event loop goes on. If it is cancelled, it
        waits for the current run to end, and starts no other.
        """
        return await self._drain_async("run_until_idle_async", lambda _: None)

    async def run_due_async(self) -> list[Event]:
        """``run_due()`` for a test that is a coroutine. See ``run_until_idle_async()``."""
        return await self._drain_async("run_due_async", lambda queue: queue.clock.now)

    async def advance_async(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0
    ) -> list[Event]:
        """``advance()`` for a test that is a coroutine. See ``run_until_idle_async()``."""
        total = _seconds(seconds=seconds, minutes=minutes, hours=hours)
        return await self._drain_async("advance_async", lambda queue: queue.clock.after(total))

    def _drain(self, call: str, limit: Limit) -> list[Event]:
        loop = running_loop()
        if loop is not None and threading.get_ident() != self._draining_thread:
            raise RuntimeError(
                f"{call}() was called on a running {loop} loop, which it would block: "
                f"await {call}_async()"
            )
        queue = self._begin_drain(call)
        try:
            ended = queue.drain(limit(queue))
        finally:
            self._end_drain()
        self._raise_failures(call, queue)
        return ended

    async def _drain_async(self, call: str, limit: Limit) -> list[Event]:
        queue = self._begin_drain(call)
        queue.loop_thread = threading.get_ident()
        moment = limit(queue)

        def work() -> list[Event]:
            self._draining_thread = threading.get_ident()
            return queue.drain(moment)

        try:
            ended = await in_thread(work, queue.stop)
        finally:
            queue.loop_thread = None
            self._end_drain()
        self._raise_failures(call, queue)
        return ended

    def _begin_drain(self, call: str) -> Queue:
        if self._interceptor is None:
            raise RuntimeError(
                f"{call}(): this mock is not active, and would not answer the functions' own "
                "calls: use it in a with statement, or start() it"
            )
        if not self._draining.acquire(blocking=False):
            inside = threading.get_ident() == self._draining_thread
            who = "by a function that runs" if inside else "while another thread runs the queue"
            trouble = f"{call}() was called {who}: that drain also runs what is queued meanwhile"
            # A function's own retry would hide it.
            self._service.findings.troubles.append(trouble)
            raise RuntimeError(trouble)
        self._draining_thread = threading.get_ident()
        return self._service.state.events()

    def _end_drain(self) -> None:
        self._draining_thread = None
        self._draining.release()

    def _raise_failures(self, call: str, queue: Queue) -> None:
        if queue.is_abandoned or not queue.failures:
            return
        failed = queue.take_failures()
        if self._options.function_failures == "record":
            return
        events = [delivery.event for delivery in failed]
        raise FunctionFailed(lives.failures(call, events), events) from _cause(events[0])

    # What is sent

    def add_destination(
        self, arn: str, callback: Callable[[DestinationRecord | DeadLetter], object]
    ) -> None:
        """Calls ``callback`` with each record and each dead letter sent to this ARN.

        It is called at the moment of sending, with a ``DestinationRecord`` or a ``DeadLetter``. An
        exception that it raises ends ``run_until_idle()`` at once, and reaches the test. Several
        callbacks for one ARN are called in the order in which they were added.

        Raises ``TypeError`` or ``ValueError`` if ``arn`` is not an ARN of SQS, SNS, EventBridge, S3
        or a function; ``TypeError`` if ``callback`` is not callable.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        """
        arn_service("add_destination(): arn", arn)
        if not callable(callback):
            raise TypeError(
                "add_destination() takes a callable for a DestinationRecord or a DeadLetter, not "
                f"{show(callback)}"
            )
        callbacks = self._service.state.surroundings.callbacks
        callbacks[arn] = (*callbacks.get(arn, ()), callback)

    @property
    def destination_records(self) -> list[DestinationRecord]:
        """Every record that was sent to a destination, in order. A new list."""
        queue = self._service.state.queue
        return [] if queue is None else list(queue.destination_records)

    @property
    def dead_letters(self) -> list[DeadLetter]:
        """Every event that was sent to a dead-letter queue, in order. A new list."""
        queue = self._service.state.queue
        return [] if queue is None else list(queue.dead_letters)

    # Scripting

    def add_run(
        self,
        outcome: RunName | str | RunOutcome | type[RunOutcome],
        *,
        times: int | None = ONCE,
        at: int | Iterable[int] | None = None,
        optional: bool = False,
        **match: Unpack[RunMatchKeywords],
    ) -> Rule:
        """Scripts how the next matching runs of functions end.

        Runs are counted over all events, in the order in which they run.

        ``outcome``: one of ``runs`` (``runs.TimedOut``), or its name (``"TimedOut"``). ``times``:
        for how many runs, by default 1; ``None`` for all of them (a standing rule). ``at``: only
        the n-th matching run, counted from 1, or a list of such numbers. ``optional``: the rule
        need not be used. The match keywords choose the events; ``run=1`` chooses the first run of
        each.

        Raises ``ValueError`` for an unknown outcome, and names the nearest; ``ValueError`` or
        ``TypeError`` for any other value that is not allowed.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
        """
        found = runs.find(outcome)
        how = stated(times=(times, 1), at=(at, None))
        caller = find_caller()
        where = f" ({place(caller)})" if caller else ""
        rule = Rule(
            f"{call_text('add_run', [found], {**how, **match})}{where}",
            found,
            self._match("add_run", match, of="run"),
            times=times,
            at=at,
            optional=optional,
        )
        return self._service.state.rules.add(rule)

    # Assertions

    def assert_succeeded(
        self,
        function: str | None = None,
        *,
        times: int | None = None,
        **match: Unpack[MatchKeywords],
    ) -> list[Event]:
        """Asserts that at least one matching event ended in success, or exactly ``times``.

        Returns them. Raises ``AssertionError`` if not, which tells of events that have not run yet.
        """
        given = {"function": function, **stated(times=(times, None))}
        return self._on_ended("assert_succeeded", given, match).holds(counted_times(times))

    def assert_succeeded_once(
        self, function: str | None = None, **match: Unpack[MatchKeywords]
    ) -> Event:
        """Asserts that exactly one event of the function ended in success, and that it matches.

        Without ``function``, of any function. Returns the event.
        """
        given = {"function": function}
        return self._on_ended("assert_succeeded_once", given, match).holds_once()

    def assert_failed(
        self,
        function: str | None = None,
        *,
        outcome: str | None = None,
        times: int | None = None,
        **match: Unpack[MatchKeywords],
    ) -> list[Event]:
        """Asserts that at least one matching event ended in failure, or exactly ``times``.

        ``outcome``: only with this outcome: ``"RetriesExhausted"``, ``"EventAgeExceeded"``,
        ``"Lost"`` or ``"RecursiveInvocation"``; by default with any of them. Returns the events.
        Raises ``ValueError`` for another outcome.
        """
        given = {
            "function": function,
            **stated(outcome=(outcome, None), times=(times, None)),
        }
        return self._on_ended("assert_failed", given, match).holds(counted_times(times))

    def assert_failed_once(
        self,
        function: str | None = None,
        *,
        outcome: str | None = None,
        **match: Unpack[MatchKeywords],
    ) -> Event:
        """Asserts that exactly one event of the function ended in failure, and that it matches.

        Without ``function``, of any function. ``outcome``: as for ``assert_failed``. Returns the
        event.
        """
        given = {"function": function, **stated(outcome=(outcome, None))}
        return self._on_ended("assert_failed_once", given, match).holds_once()

    def assert_dead_lettered(
        self,
        function: str | None = None,
        *,
        times: int | None = None,
        **match: Unpack[MatchKeywords],
    ) -> list[Event]:
        """Asserts that at least one matching event was dead-lettered, or exactly ``times``.

        Returns the events that were sent to a dead-letter queue and match.
        """
        given = {"function": function, **stated(times=(times, None))}
        return self._on_ended("assert_dead_lettered", given, match).holds(counted_times(times))

    def _on_ended(
        self, call: str, given: Mapping[str, Any], match: Mapping[str, Any]
    ) -> Assertion[Event]:
        log = self._log()
        wanted = self._match(call, {"function": given["function"], **match}, of="event")
        ended, state = _ended(call, given.get("outcome"))
        functions = self._service.state.functions

        def has_handler(event: Event) -> bool:
            function = functions.find(event._details)
            return function is not None and function.handler is not None

        of_function = [event for event in log.events if wanted.accepts_function(event)]
        return Assertion(
            text_of_call(call, given, match),
            "event",
            [event for event in log.events if ended(event)],
            wanted,
            log,
            state=state,
            hints=partial(lives.never_run, of_function, has_handler),
        )

    # The end of a test

    def _find_problems_of_runs(self, setting: str) -> list[str]:
        queue = self._service.state.queue
        if queue is None or self._options.function_failures == "record":
            return []
        untold = [delivery.event for delivery in queue.failures]
        return [
            *lives.untold_failures(untold, setting),
            *lives.waiting_failures(
                [delivery.event for delivery in queue.waiting_failures()], setting
            ),
        ]


def _ended(call: str, outcome: object) -> tuple[Callable[[Event], bool], str]:
    """Which events an assertion is about, and the words for them in its message."""
    from .queue.lifecycle import OUTCOMES

    if call == "assert_dead_lettered":
        return lambda event: event.dead_letter is not None, " that was dead-lettered"
    if call.startswith("assert_succeeded"):
        return lambda event: event.outcome == "Success", " that succeeded"
    if outcome is None:
        return lambda event: event.outcome not in (None, "Success"), " that failed"
    failures = [one for one in OUTCOMES if one != "Success"]
    if outcome not in failures:
        raise ValueError(f"{call}(): {unknown('outcome of a failure', outcome, failures)}")
    return lambda event: event.outcome == outcome, f" that ended with {outcome}"


def _seconds(**parts: float) -> float:
    """The sum in seconds. ``TypeError`` or ``ValueError`` for a time that cannot be added."""
    total = 0.0
    for (name, value), factor in zip(parts.items(), (1, 60, 3_600), strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"advance(): {name} is a number, not {show(value)}")
        if not 0 <= value < math.inf:
            raise ValueError(f"advance(): {name} is 0 or more, not {value}")
        total += value * factor
    return total


def _cause(event: Event) -> BaseException | None:
    """What the function raised last."""
    return next((run.error for run in reversed(event.runs) if run.error is not None), None)
