"""What became of an event: its runs, how it ended, what was sent of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


# Not frozen, as each run makes one and freezing costs; nobody changes it.
@dataclass(slots=True, eq=False, repr=False)
class Run:
    """One try of a function at an event."""

    number: int
    """Counted from 1, over all deliveries of the event."""
    at: datetime
    """Virtual time: an aware UTC ``datetime``."""
    outcome: str
    """``"succeeded"``, ``"failed"``, ``"timed out"``, ``"killed"``; ``"exited"``: it left with
    ``SystemExit``."""
    result: Any
    """What the handler returned; ``None`` when that was lost, or is no JSON."""
    error: BaseException | None
    """What the handler raised, or the runtime found. Of an event's errors the last one alone keeps
    its traceback."""
    log: str
    """What the handler wrote to stdout and stderr, in order."""
    _response: bytes = field(repr=False)
    _scripted: bool = field(repr=False)

    @property
    def payload(self) -> Any:
        """What Lambda would report: the result as decoded JSON, or the error's ``errorType``,
        ``errorMessage`` and so on. Decoded afresh each time."""
        return json.loads(self._response)

    def __repr__(self) -> str:
        return f"<Run {self.number} {self.outcome}>"


@dataclass(frozen=True, repr=False, eq=False)
class DestinationRecord:
    """What Lambda sends to a destination when an event has ended."""

    destination: str
    """The ARN that it goes to."""
    body: bytes
    """The record, byte for byte as it is sent."""
    event: Any
    """The ``Event`` that it tells of."""
    detail_type: str
    """For EventBridge: the ``DetailType`` of the entry; its ``Source`` is ``lambda``."""
    resources: tuple[str, ...]
    """For EventBridge: the ``Resources`` of the entry: the destination and the function."""
    key: str
    """For S3: the object's key."""

    @property
    def payload(self) -> Any:
        """The record, decoded afresh each time."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<DestinationRecord of {self.event!r} to {self.destination}>"


@dataclass(frozen=True, repr=False, eq=False)
class DeadLetter:
    """What Lambda sends to a dead-letter queue when an event has ended in failure."""

    queue: str
    """The ARN that it goes to, of SQS or SNS."""
    body: bytes
    """The event, byte for byte as it was sent."""
    attributes: Mapping[str, str]
    """``RequestID``, ``ErrorCode`` and ``ErrorMessage``, as text."""
    event: Any
    """The ``Event`` that it is."""

    @property
    def payload(self) -> Any:
        """The event, decoded afresh each time."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<DeadLetter of {self.event!r} to {self.queue}>"


class Life:
    """What became of one event, as it goes on. Only the queue adds to it."""

    __slots__ = ("dead_letters", "destination_records", "moments", "origin", "outcome", "runs")

    def __init__(self, origin: DestinationRecord | None = None) -> None:
        self.origin = origin
        self.runs: tuple[Run, ...] = ()
        self.outcome: str | None = None
        self.moments: tuple[tuple[float, str], ...] = ()
        """What happened, after so many seconds in the queue."""
        self.destination_records: tuple[DestinationRecord, ...] = ()
        self.dead_letters: tuple[DeadLetter, ...] = ()
