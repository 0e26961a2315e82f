"""What became of an event: its runs, its outcome, its records and its dead letter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


# Not frozen, as each run makes one and freezing costs; nobody changes it.
@dataclass(slots=True, eq=False, repr=False)
class Run:
    """One run of a function for an event."""

    number: int
    """Counted from 1, over all deliveries of the event."""
    at: datetime
    """The virtual time at its start, an aware UTC ``datetime``."""
    outcome: str
    """``"succeeded"``, ``"failed"``, ``"timed out"``, ``"killed"``; ``"exited"``: it left with
    ``SystemExit``."""
    result: Any
    """What the handler returned; ``None`` if the result was lost, or is not JSON."""
    error: BaseException | None
    """The exception that the handler raised, or the runtime's; ``None`` after a success. Only the
    last error of an event keeps its traceback."""
    log: str
    """The text that the handler wrote to stdout and stderr, in order."""
    _response: bytes = field(repr=False)
    _scripted: bool = field(repr=False)

    @property
    def payload(self) -> Any:
        """What Lambda would report: the result as decoded JSON, or a dict with ``errorType``,
        ``errorMessage`` and so on. Decoded anew each time."""
        return json.loads(self._response)

    def __repr__(self) -> str:
        return f"<Run {self.number} {self.outcome}>"


@dataclass(frozen=True, repr=False, eq=False)
class DestinationRecord:
    """What Lambda sends to a destination when an event has ended.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """

    destination: str
    """The ARN that it is sent to."""
    body: bytes
    """The record, byte for byte as it is sent."""
    event: Any
    """The ``Event`` that it is about."""
    detail_type: str
    """For EventBridge: the ``DetailType`` of the entry; its ``Source`` is ``lambda``."""
    resources: tuple[str, ...]
    """For EventBridge: the ``Resources`` of the entry: the destination and the function."""
    key: str
    """For S3: the object's key."""

    @property
    def payload(self) -> Any:
        """The record as decoded JSON, decoded anew each time."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<DestinationRecord of {self.event!r} to {self.destination}>"


@dataclass(frozen=True, repr=False, eq=False)
class DeadLetter:
    """What Lambda sends to a dead-letter queue when an event has ended in failure.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """

    queue: str
    """The ARN of the queue or topic that it is sent to."""
    body: bytes
    """The event, byte for byte as it was sent."""
    attributes: Mapping[str, str]
    """The message attributes ``RequestID``, ``ErrorCode`` and ``ErrorMessage``, as text."""
    event: Any
    """The ``Event`` that was sent."""

    @property
    def payload(self) -> Any:
        """The event as decoded JSON, decoded anew each time."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<DeadLetter of {self.event!r} to {self.queue}>"


class Life:
    """What became of one event so far. Only the queue adds to it."""

    __slots__ = ("dead_letters", "destination_records", "moments", "origin", "outcome", "runs")

    def __init__(self, origin: DestinationRecord | None = None) -> None:
        self.origin = origin
        self.runs: tuple[Run, ...] = ()
        self.outcome: str | None = None
        self.moments: tuple[tuple[float, str], ...] = ()
        """Pairs: the seconds in the queue, and what happened then."""
        self.destination_records: tuple[DestinationRecord, ...] = ()
        self.dead_letters: tuple[DeadLetter, ...] = ()
