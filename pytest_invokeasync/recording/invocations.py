"""Snapshots of what was recorded: invocations, their attempts, and the events they queued."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..api import json_text
from ..api.messages import Headers
from ..api.operations import ApiName, InvocationType
from ..api.route import Route
from ..sdk import model as sdk_model
from ..showing import show
from .life import DeadLetter, DestinationRecord, Life, Run


class _Unparsed:
    """The type of ``UNPARSED``, the payload of a body that is not JSON. It equals only itself."""


UNPARSED: Any = _Unparsed()
_LARGE = 1024 * 1024


# Not frozen, as each invocation makes one and freezing costs; nobody changes it.
@dataclass(slots=True, eq=False)
class Details:
    """What all attempts of an invocation share."""

    number: int
    route: Route
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
        """The region of the ARN, which need not be the region that was called."""
        return self.stated_region or self.region

    @property
    def arn(self) -> str:
        """The function's ARN, with the qualifier if one was given."""
        place = f"{self.partition}:lambda:{self.function_region}:{self.account}"
        arn = f"arn:{place}:function:{self.function}"
        return arn if self.qualifier is None else f"{arn}:{self.qualifier}"

    @property
    def event_body(self) -> bytes:
        """The event: the body, or what an empty body stands for."""
        return self.body or self.route.operation.empty_event or b""

    @property
    def api(self) -> ApiName:
        return self.route.operation.name

    @property
    def invocation_type(self) -> InvocationType:
        return self.route.invocation_type

    def decoded(self) -> Any:
        try:
            return json_text.decode(self.event_body)
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
    """The ``x-amzn-requestid`` of the answer; ``None`` if the service gave it none."""
    headers: Headers = field(compare=False, repr=False)
    """The request's headers, as they were sent."""
    backoff: float | None
    """Seconds that the SDK asked to wait before this attempt; ``None`` if it did not wait."""


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
        """The attempt with this result; without a result, as it is in flight."""
        return Attempt(self.number, status, error, fault, request_id, self.headers, self.backoff)


class Queued:
    """An event as the log keeps it."""

    __slots__ = ("details", "life", "request_id")

    def __init__(self, request_id: str, details: Details, life: Life | None = None) -> None:
        self.request_id = request_id
        self.details = details
        """The details of the accepted attempt, whose body may differ from the first one's."""
        self.life = life
        """What becomes of it; ``None`` in a test that runs no function."""


# No slots: with them Python answers an assignment to a property with a TypeError about super().
@dataclass(frozen=True, repr=False)
class Invocation:
    """One call of the code under test, with all attempts of its SDK. A snapshot."""

    _details: Details
    attempts: tuple[Attempt, ...]
    """In order; an SDK's retries are attempts of the same invocation."""
    _queued: tuple[Queued, ...]

    @property
    def api(self) -> ApiName:
        """The API that it came by: ``"InvokeAsync"`` or ``"Invoke"``."""
        return self._details.api

    @property
    def invocation_type(self) -> InvocationType:
        """``"Event"``; or ``"DryRun"``, by Invoke only, which checks and invokes nothing."""
        return self._details.invocation_type

    @property
    def client_context(self) -> str | None:
        """The header ``X-Amz-Client-Context`` as it was sent; Lambda drops it from an event."""
        return self._details.headers.get("X-Amz-Client-Context")

    @property
    def function(self) -> str:
        """The bare name; for an invalid FunctionName the text that was sent, percent-decoded."""
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
        """The body as decoded JSON, decoded anew each time; ``None`` if it is not JSON."""
        decoded = self._details.decoded()
        return None if decoded is UNPARSED else decoded

    @property
    def headers(self) -> Headers:
        """The headers of the first attempt, as they were sent."""
        return self._details.headers

    @property
    def trace_id(self) -> str | None:
        """The X-Ray header ``X-Amzn-Trace-Id`` that was sent.

        Lambda passes it on to the function for Invoke, not for InvokeAsync.
        """
        return self._details.headers.get("X-Amzn-Trace-Id")

    @property
    def caller(self) -> str | None:
        """``file:line`` in the code under test that made the call; ``None`` if not known."""
        return self._details.caller

    @property
    def status(self) -> int | None:
        """HTTP status of the last attempt; ``None`` if it got no answer, and while in flight."""
        return self.attempts[-1].status

    @property
    def error(self) -> str | None:
        """Code of the error that answered the last attempt; ``None`` if none did."""
        return self.attempts[-1].error

    @property
    def request_id(self) -> str | None:
        """The ``x-amzn-requestid`` of the last attempt; ``None`` if the service gave it none."""
        return self.attempts[-1].request_id

    @property
    def accepted(self) -> bool:
        """Whether the last attempt was answered with 202, or 204 for a dry run."""
        return self.attempts[-1].status in (202, 204)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events it queued: one for each accepted attempt."""
        return tuple(Event(self, queued) for queued in self._queued)

    def __repr__(self) -> str:
        outcome = self.error or (self.attempts[-1].fault or self.status)
        payload = show_payload(self._details)
        return f"<Invocation {show_name(self.function)} {payload} -> {outcome}>"


@dataclass(frozen=True, repr=False)
class Event:
    """What the service queued for one accepted attempt.

    A snapshot, except for ``runs``, ``outcome``, ``destination_records`` and ``dead_letter``: these
    always give the current state.
    """

    invocation: Invocation | None
    """The invocation that queued it; ``None`` if a Lambda destination did."""
    _queued: Queued

    @property
    def request_id(self) -> str:
        """The ``x-amzn-requestid`` of the 202; the function sees it as ``aws_request_id``."""
        return self._queued.request_id

    @property
    def _details(self) -> Details:
        return self._queued.details

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run of the function for it, in order; empty before ``run_until_idle()``."""
        return self._queued.life.runs if self._queued.life else ()

    @property
    def outcome(self) -> str | None:
        """How it ended: ``"Success"``, ``"RetriesExhausted"`` or ``"EventAgeExceeded"``, as AWS
        calls it; ``"Lost"`` or ``"RecursiveInvocation"``, the plugin's own words. ``None`` while it
        waits."""
        return self._queued.life.outcome if self._queued.life else None

    @property
    def destination_records(self) -> tuple[DestinationRecord, ...]:
        """The records that were sent to destinations when it ended."""
        return self._queued.life.destination_records if self._queued.life else ()

    @property
    def dead_letter(self) -> DeadLetter | None:
        """What was sent to the dead-letter queue when it ended; ``None`` if nothing was.

        Of an event that was delivered twice, the last."""
        letters = self._queued.life.dead_letters if self._queued.life else ()
        return letters[-1] if letters else None

    @property
    def origin(self) -> DestinationRecord | None:
        """The record that queued it; ``None`` unless a Lambda destination did."""
        return self._queued.life.origin if self._queued.life else None

    @property
    def api(self) -> ApiName:
        """The API that it came by: ``"InvokeAsync"`` or ``"Invoke"``."""
        return self._details.api

    @property
    def function(self) -> str:
        """The bare name."""
        return self._details.function

    @property
    def qualifier(self) -> str | None:
        """Version or alias, as stated; ``None`` when it was not."""
        return self._details.qualifier

    @property
    def region(self) -> str:
        """The region in which it was queued."""
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
    def payload(self) -> Any:
        """The body of the accepted attempt as decoded JSON, decoded anew each time."""
        return self._details.decoded()

    def __repr__(self) -> str:
        payload = show_payload(self._details)
        return f"<Event {self.function} {payload} request_id={self.request_id}>"


Item = Invocation | Event


def show_payload(details: Details) -> str:
    """The payload for a line of a message; of a large body only the size, which is fast."""
    if len(details.body) > _LARGE:
        return f"(a body of {len(details.body):,} bytes)"
    payload = details.decoded()
    return f"body {show(details.body)}, not JSON" if payload is UNPARSED else show(payload)


def show_name(name: str) -> str:
    """A function's name as it is; any other text in quotes."""
    return name if name.isprintable() and len(name) <= 256 else show(name)


def details_of(item: Item) -> Details:
    """What all attempts of an invocation share; of an event, with the body of its attempt."""
    return item._details
