"""The log of one mock: attempts, joined to invocations, and the events that were queued."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace

from ..api.messages import Request
from ..locks import new_lock
from .invocations import Attempt, Begun, Details, Event, Invocation, Queued

# amz-sdk-request, such as "ttl=20261122T120000Z; attempt=2; max=5", in any order.
_ATTEMPT = re.compile(r"(?:\A|[;\s])attempt=(\d{1,9})(?:[;\s]|\Z)", re.ASCII)
_serials = itertools.count(1)
observers: list[Callable[[Recording], None]] = []
"""Each is called with every new log."""
# The last invocation of this thread or task. It tells concurrent calls apart if a test has given
# them the same id.
_begun_here: ContextVar[int] = ContextVar("pytest_invokeasync_begun_here", default=0)


class Record:
    """An invocation as it grows. Only ``Recording`` changes it, under its lock."""

    __slots__ = (
        "_lock",
        "attempts",
        "backoff",
        "details",
        "in_flight",
        "queued",
        "sdk_attempt",
        "serial",
    )

    def __init__(self, lock: threading.RLock, details: Details) -> None:
        self._lock = lock
        self.serial = next(_serials)
        self.details = details
        self.attempts: tuple[Attempt, ...] = ()
        self.in_flight: list[Begun] = []
        self.queued: tuple[Queued, ...] = ()
        self.sdk_attempt: int | None = None
        """The SDK's own number of its last attempt."""
        self.backoff: float | None = None
        """Seconds that the SDK asked to wait before the next attempt, which takes them."""

    def snapshot(self) -> Invocation:
        """The invocation as it is now."""
        with self._lock:
            in_flight = tuple(begun.attempt() for begun in self.in_flight)
            return Invocation(self.details, self.attempts + in_flight, self.queued)


Follower = Callable[[Record | None, Queued], object]


class Recording:
    """The log of one mock. Every attempt that begins also ends, whatever happens."""

    def __init__(self) -> None:
        self._lock = new_lock()
        self._changed = threading.Condition(self._lock)
        self._successor: Recording | None = None
        self._records: list[Record] = []
        self._events: list[tuple[Record | None, Queued]] = []
        self._follower: Follower | None = None
        self._by_sdk_id: dict[str, tuple[Record, ...]] = {}
        for observer in observers:
            observer(self)

    def begin(self, request: Request, details: Callable[[int], Details]) -> tuple[Record, Begun]:
        """Records an attempt. An SDK's retries are added to the invocation of its first attempt."""
        sdk_id = request.sdk_invocation_id
        number = None if sdk_id is None else _sdk_attempt(request)
        with self._lock:
            record = None if sdk_id is None else self._known(sdk_id, number, request)
            if record is None:
                record = Record(self._lock, details(len(self._records) + 1))
                self._records.append(record)
                if sdk_id is not None:
                    self._by_sdk_id[sdk_id] = (*self._by_sdk_id.get(sdk_id, ()), record)
                    _begun_here.set(record.serial)
            record.sdk_attempt = number
            begun = Begun(
                len(record.attempts) + len(record.in_flight) + 1, request.headers, record.backoff
            )
            record.backoff = None
            record.in_flight.append(begun)
        return record, begun

    def _known(self, sdk_id: str, number: int | None, request: Request) -> Record | None:
        """The invocation that this attempt is a retry of, if any."""
        # The id comes from uuid4(), which a test may have replaced by a constant, so an attempt
        # with the number 1 is not a retry. A retry may have another body, since a handler of
        # botocore's may change it. Headers copied by hand to another call have the old number.
        if number == 1:
            return None
        candidates = [
            record
            for record in self._by_sdk_id.get(sdk_id, ())
            if record.details.route == request.route
            and (record.details.body == request.body or _is_later(number, record.sdk_attempt))
        ]
        if len(candidates) > 1:
            return _chosen(candidates, request.body)
        return candidates[0] if candidates else None

    def end(
        self, record: Record, begun: Begun, ended: Attempt, event: tuple[str, bytes] | None
    ) -> None:
        """Records the result of an attempt, and the event that the service queued for it.

        ``event``: its request id and its body, if there is one.
        """
        with self._lock:
            record.in_flight.remove(begun)
            record.attempts = (*record.attempts, ended)
            if event is not None:
                request_id, body = event
                details = record.details
                queued = Queued(
                    request_id, details if body == details.body else replace(details, body=body)
                )
                record.queued = (*record.queued, queued)
                self._queue(record, queued)

    def queue(self, queued: Queued) -> None:
        """Records an event that a destination has queued."""
        with self._lock:
            self._queue(None, queued)

    def _queue(self, record: Record | None, queued: Queued) -> None:
        self._events.append((record, queued))
        if self._follower is not None:
            self._follower(record, queued)
        self._changed.notify_all()

    def follow(self, follower: Follower) -> None:
        """Calls the follower for each event, past and future, in order, under the lock."""
        with self._lock:
            for record, queued in self._events:
                follower(record, queued)
            self._follower = follower

    def note_backoff(self, sdk_invocation_id: str, seconds: float) -> None:
        """Records the seconds that an SDK asked to wait before an invocation's next attempt."""
        with self._lock:
            record = self.find(sdk_invocation_id)
            if record is not None:
                record.backoff = seconds

    def find(self, sdk_invocation_id: str) -> Record | None:
        """The invocation with this ``amz-sdk-invocation-id``."""
        records = self._by_sdk_id.get(sdk_invocation_id)
        return _chosen(records) if records else None

    def invocations(self, start: int = 0) -> list[Invocation]:
        """The invocations in order of the first attempt, from index ``start`` on."""
        with self._lock:
            records = self._records[start:]
        return [record.snapshot() for record in records]

    def events(self, start: int = 0) -> list[Event]:
        """The events in the order in which they were queued, from index ``start`` on."""
        with self._lock:
            queued = self._events[start:]
        snapshots: dict[Record | None, Invocation | None] = {None: None}
        snapshots.update((record, record.snapshot()) for record, _ in queued if record)
        return [Event(snapshots[record], one) for record, one in queued]

    def replace_by(self, successor: Recording) -> None:
        """Lets another log take its place: whoever waits for events here now waits there."""
        with self._lock:
            self._successor = successor
            self._changed.notify_all()

    def wait_for_events(
        self,
        accepts: Callable[[Event], bool],
        count: int,
        timeout: float,
        up: threading.Event,
    ) -> list[Event]:
        """Waits until ``count`` events match, or the time is up. Returns the matching events.

        Each event is compared once. ``up`` ends the wait early.
        """
        # A timer, not a clock: tests stop clocks and change them.
        timer = threading.Timer(min(timeout, threading.TIMEOUT_MAX), self.wake, [up])
        timer.start()
        recording = self
        try:
            while True:
                found = recording._wait(accepts, count, up)
                if len(found) >= count or recording._successor is None:
                    return found
                recording = recording._successor
        finally:
            timer.cancel()
            timer.join()

    def _wait(
        self, accepts: Callable[[Event], bool], count: int, up: threading.Event
    ) -> list[Event]:
        seen = 0
        found: list[Event] = []
        while True:
            events = self.events(seen)
            seen += len(events)
            # Compared outside the lock, since that may run the user's own code.
            found += [event for event in events if accepts(event)]
            with self._lock:
                if len(found) >= count or self._is_over(up):
                    return found
                self._changed.wait_for(self._more_than(seen, up))

    def wake(self, up: threading.Event) -> None:
        """Ends a wait that began here."""
        up.set()
        recording: Recording | None = self
        while recording is not None:
            with recording._lock:
                recording._changed.notify_all()
            recording = recording._successor

    def _is_over(self, up: threading.Event) -> bool:
        return up.is_set() or self._successor is not None

    def _more_than(self, seen: int, up: threading.Event) -> Callable[[], bool]:
        return lambda: self._is_over(up) or len(self._events) > seen


def _sdk_attempt(request: Request) -> int | None:
    found = _ATTEMPT.search(request.headers.get("amz-sdk-request", ""))
    return int(found[1]) if found else None


def _is_later(number: int | None, last: int | None) -> bool:
    return number is not None and last is not None and number > last


def _chosen(records: Sequence[Record], body: bytes | None = None) -> Record:
    """Of several with one id: this thread's or task's, else one with this body, else the last."""
    here = _begun_here.get()
    return next(
        (record for record in records if record.serial == here),
        next((record for record in records if record.details.body == body), records[-1]),
    )
