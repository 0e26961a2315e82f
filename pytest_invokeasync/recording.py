"""What was seen: attempts, merged into invocations, and the events that were queued."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import json_text, sdk_model
from .difference import show
from .messages import Headers, Request

if TYPE_CHECKING:
    from .rules import Plan


class _Unparsed:
    """In place of the payload of a body that is no JSON: it equals nothing but itself."""


UNPARSED: Any = _Unparsed()
_LARGE = 1024 * 1024
# amz-sdk-request, such as "ttl=20261122T120000Z; attempt=1; max=5", in any order.
_FIRST_ATTEMPT = re.compile(r"(?:\A|[;\s])attempt=1(?:[;\s]|\Z)")


# Not frozen, as each invocation makes one and freezing costs; nobody changes it.
@dataclass(slots=True, eq=False)
class Details:
    """What all attempts of an invocation share."""

    number: int
    function: str
    qualifier: str | None
    region: str
    account: str
    stated_partition: str | None
    stated_region: str | None
    body: bytes = field(repr=False)
    headers: Headers = field(repr=False)
    caller: str | None

    @property
    def partition(self) -> str:
        return self.stated_partition or sdk_model.partition_of(self.function_region)

    @property
    def function_region(self) -> str:
        """Where the function is: the ARN says it, which may be of another region."""
        return self.stated_region or self.region

    @property
    def arn(self) -> str:
        """The function's ARN, with the qualifier if one was given."""
        place = f"{self.partition}:lambda:{self.function_region}:{self.account}"
        arn = f"arn:{place}:function:{self.function}"
        return arn if self.qualifier is None else f"{arn}:{self.qualifier}"

    def decoded(self) -> Any:
        try:
            return json_text.decode(self.body)
        except json_text.NotJson:
            return UNPARSED


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP request of an invocation, and what came of it."""

    number: int
    """Counted from 1."""
    status: int | None
    """HTTP status of the answer; ``None`` when there was none, and while it is in flight."""
    error: str | None
    """Code of the error that was answered."""
    fault: str | None
    """Name of the fault, or of the exception that a callback raised."""
    request_id: str | None
    """The ``x-amzn-requestid`` that the service gave it."""
    headers: Headers = field(compare=False, repr=False)
    """As they were sent."""
    backoff: float | None
    """Seconds that the SDK asked to wait before it; ``None`` when it did not."""


# Not frozen, as each attempt makes one and freezing costs; nobody changes it.
@dataclass(slots=True, eq=False)
class Begun:
    """An attempt in flight."""

    number: int
    headers: Headers
    backoff: float | None

    def attempt(
        self,
        status: int | None = None,
        error: str | None = None,
        fault: str | None = None,
        request_id: str | None = None,
    ) -> Attempt:
        """What came of it; without any of these, how it stands."""
        return Attempt(self.number, status, error, fault, request_id, self.headers, self.backoff)


# No slots: with them Python answers an assignment to a property with a TypeError about super().
@dataclass(frozen=True, repr=False)
class Invocation:
    """One call the code under test made, however often the SDK tried. A snapshot."""

    _details: Details
    attempts: tuple[Attempt, ...]
    """In order; an SDK's retries are attempts of the same invocation."""
    _event_ids: tuple[str, ...]

    @property
    def function(self) -> str:
        """The bare name. What is no FunctionName stands here as it was sent, percent-decoded."""
        return self._details.function

    @property
    def qualifier(self) -> str | None:
        """Version or alias, as stated; ``None`` when it was not."""
        return self._details.qualifier

    @property
    def region(self) -> str:
        """The region it was signed for, else its host's, else the ARN's, else ``us-east-1``."""
        return self._details.region

    @property
    def account(self) -> str:
        """Account of the ARN, else the option ``account``."""
        return self._details.account

    @property
    def arn(self) -> str:
        """The function's ARN, with the qualifier if one was given."""
        return self._details.arn

    @property
    def body(self) -> bytes:
        """The request's body, byte for byte."""
        return self._details.body

    @property
    def payload(self) -> Any:
        """The body as decoded JSON, decoded afresh each time; ``None`` when it is no JSON."""
        decoded = self._details.decoded()
        return None if decoded is UNPARSED else decoded

    @property
    def headers(self) -> Headers:
        """Of the first attempt, as they were sent."""
        return self._details.headers

    @property
    def trace_id(self) -> str | None:
        """The X-Ray header ``X-Amzn-Trace-Id`` that was sent; the function will not see it."""
        return self._details.headers.get("X-Amzn-Trace-Id")

    @property
    def caller(self) -> str | None:
        """``file:line`` in the code under test; ``None`` where it is not known."""
        return self._details.caller

    @property
    def status(self) -> int | None:
        """HTTP status of the last attempt; ``None`` when it got no answer, and while in flight."""
        return self.attempts[-1].status

    @property
    def error(self) -> str | None:
        """Code of the error of the last attempt."""
        return self.attempts[-1].error

    @property
    def request_id(self) -> str | None:
        """The request id of the last attempt."""
        return self.attempts[-1].request_id

    @property
    def accepted(self) -> bool:
        """Whether the last attempt was answered with 202."""
        return self.attempts[-1].status == 202

    @property
    def events(self) -> tuple[Event, ...]:
        """What it queued: one for each accepted attempt."""
        return tuple(Event(self, request_id) for request_id in self._event_ids)

    def __repr__(self) -> str:
        outcome = self.error or (self.attempts[-1].fault or self.status)
        payload = show_payload(self._details)
        return f"<Invocation {show_name(self.function)} {payload} -> {outcome}>"


@dataclass(frozen=True, repr=False)
class Event:
    """What the service queued for one accepted attempt. A snapshot."""

    invocation: Invocation
    """The invocation that it came from."""
    request_id: str
    """Of the 202; the function sees it as ``aws_request_id``."""

    @property
    def function(self) -> str:
        """The bare name."""
        return self.invocation.function

    @property
    def qualifier(self) -> str | None:
        """Version or alias, as stated; ``None`` when it was not."""
        return self.invocation.qualifier

    @property
    def region(self) -> str:
        """Where it was queued."""
        return self.invocation.region

    @property
    def account(self) -> str:
        """Account of the ARN, else the option ``account``."""
        return self.invocation.account

    @property
    def arn(self) -> str:
        """The function's ARN, with the qualifier if one was given."""
        return self.invocation.arn

    @property
    def payload(self) -> Any:
        """The decoded JSON, decoded afresh each time."""
        return self.invocation.payload

    def __repr__(self) -> str:
        payload = show_payload(self.invocation._details)
        return f"<Event {self.function} {payload} request_id={self.request_id}>"


Item = Invocation | Event


def show_payload(details: Details) -> str:
    """The payload in a line of a message; of a large body its size, which takes no time."""
    if len(details.body) > _LARGE:
        return f"(a body of {len(details.body):,} bytes)"
    payload = details.decoded()
    return f"body {show(details.body)}, not JSON" if payload is UNPARSED else show(payload)


def show_name(name: str) -> str:
    """A function's name as it is; what is no name as a quoted text."""
    return name if name.isprintable() and len(name) <= 256 else show(name)


def details_of(item: Item) -> Details:
    """What all attempts of the item's invocation share."""
    return (item.invocation if isinstance(item, Event) else item)._details


class Record:
    """An invocation as it grows. Only ``Recording`` changes it, under its lock."""

    __slots__ = (
        "_lock",
        "attempts",
        "backoff",
        "details",
        "event_ids",
        "in_flight",
        "plan",
        "segment",
    )

    def __init__(self, lock: threading.RLock, segment: str, details: Details) -> None:
        self._lock = lock
        self.segment = segment
        self.details = details
        self.attempts: tuple[Attempt, ...] = ()
        self.in_flight: list[Begun] = []
        self.event_ids: tuple[str, ...] = ()
        self.plan: Plan | None = None
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
