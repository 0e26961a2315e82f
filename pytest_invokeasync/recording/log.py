"""The log of one mock: attempts, merged into invocations, and the events that were queued."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from ..api.messages import Request
from .invocations import Attempt, Begun, Details, Event, Invocation

# amz-sdk-request, such as "ttl=20261122T120000Z; attempt=1; max=5", in any order.
_FIRST_ATTEMPT = re.compile(r"(?:\A|[;\s])attempt=1(?:[;\s]|\Z)")


class Record:
    """An invocation as it grows. Only ``Recording`` changes it, under its lock."""

    __slots__ = (
        "_lock",
        "attempts",
        "backoff",
        "details",
        "event_ids",
        "in_flight",
        "segment",
    )

    def __init__(self, lock: threading.RLock, segment: str, details: Details) -> None:
        self._lock = lock
        self.segment = segment
        self.details = details
        self.attempts: tuple[Attempt, ...] = ()
        self.in_flight: list[Begun] = []
        self.event_ids: tuple[str, ...] = ()
        self.backoff: float | None = None
        """Seconds the SDK asked to wait, until the next attempt takes note of them."""

    def snapshot(self) -> Invocation:
        """The invocation as it stands now."""
        with self._lock:
            in_flight = tuple(begun.attempt() for begun in self.in_flight)
            return Invocation(self.details, self.attempts + in_flight, self.event_ids)


class Recording:
    """The log of one mock. Every attempt is begun, and ended whatever comes of it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._records: list[Record] = []
        self._events: list[tuple[Record, str]] = []
        self._by_sdk_id: dict[str, Record] = {}

    def begin(self, request: Request, details: Callable[[int], Details]) -> tuple[Record, Begun]:
        """Notes an attempt; an SDK's further attempts join the invocation of its first."""
        with self._lock:
            record = self._known(request)
            if record is None:
                record = Record(self._lock, request.segment, details(len(self._records) + 1))
                self._records.append(record)
                if request.sdk_invocation_id is not None:
                    self._by_sdk_id[request.sdk_invocation_id] = record
            number = len(record.attempts) + len(record.in_flight) + 1
            begun = Begun(number, request.headers, record.backoff)
            record.backoff = None
            record.in_flight.append(begun)
        return record, begun

    def _known(self, request: Request) -> Record | None:
        if request.sdk_invocation_id is None:
            return None
        record = self._by_sdk_id.get(request.sdk_invocation_id)
        if record is None or record.segment != request.segment:
            return None
        # Headers copied by hand from one call to another do not make it a retry.
        if record.details.body != request.body:
            return None
        # Nor does a uuid4() that a test has made to give always the same: the SDK's id comes of it.
        is_first = _FIRST_ATTEMPT.search(request.headers.get("amz-sdk-request", ""))
        return None if is_first else record

    def end(self, record: Record, begun: Begun, ended: Attempt, event_id: str | None) -> None:
        """Notes what came of an attempt, and the event that the service queued for it."""
        with self._lock:
            record.in_flight.remove(begun)
            record.attempts = (*record.attempts, ended)
            if event_id is not None:
                record.event_ids = (*record.event_ids, event_id)
                self._events.append((record, event_id))
                self._changed.notify_all()

    def find(self, sdk_invocation_id: str) -> Record | None:
        """The invocation with this ``amz-sdk-invocation-id``."""
        return self._by_sdk_id.get(sdk_invocation_id)

    def invocations(self) -> list[Invocation]:
        """In order of the first attempt."""
        with self._lock:
            records = self._records[:]
        return [record.snapshot() for record in records]

    def events(self, start: int = 0) -> list[Event]:
        """In order of queueing; those from ``start`` on, counted from 0."""
        with self._lock:
            queued = self._events[start:]
        snapshots = {record: record.snapshot() for record, _ in queued}
        return [Event(snapshots[record], event_id) for record, event_id in queued]

    def wait_for_events(self, accepts: Callable[[Event], bool], count: int, timeout: float) -> None:
        """Returns as soon as ``count`` accepted events are queued, or when the time is up."""
        # Not by a clock: tests stop and turn them.
        up = threading.Event()
        timer = threading.Timer(min(timeout, threading.TIMEOUT_MAX), self._wake, [up])
        timer.start()
        try:
            seen = accepted = 0
            while True:
                events = self.events(seen)
                seen += len(events)
                # Asked outside of the lock: it may run the user's own code.
                accepted += sum(map(accepts, events))
                with self._lock:
                    if accepted >= count or up.is_set():
                        return
                    self._changed.wait_for(self._more_than(seen, up))
        finally:
            timer.cancel()
            timer.join()

    def _wake(self, up: threading.Event) -> None:
        with self._lock:
            up.set()
            self._changed.notify_all()

    def _more_than(self, seen: int, up: threading.Event) -> Callable[[], bool]:
        return lambda: up.is_set() or len(self._events) > seen
