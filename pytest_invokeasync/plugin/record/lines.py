"""The format of a line of the record. ``docs/reference/record.md`` describes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...api.messages import HiddenStr
from ...caller import place
from ...recording.invocations import UNPARSED, Event, Invocation, details_of
from ...recording.life import Run
from ...showing import cut, show

VERSION = 1
"""The version of the format. It grows if a member is removed or changed, not if one is added."""
LONGEST_VALUE = 65_536
"""The most bytes of a payload, as JSON, that are recorded whole."""
START_OF_VALUE = 2_000
"""Characters of a longer payload that are recorded."""
LONGEST_LOG = 16_384
"""Characters of what a run printed; of a longer text, its start and its end."""
LONGEST_HEADER = 4_096
"""Characters of a header's value that are recorded."""


def line(invocation: Invocation, recording: int, top: Path) -> str:
    """An invocation as JSON on one line, in ASCII.

    ``recording``: a number for each log of a test. ``top``: files below it are relative to it.
    """
    told = {
        "recording": recording,
        "number": details_of(invocation).number,
        **_address(invocation),
        "invocation_type": invocation.invocation_type,
        "caller": invocation.caller and place(invocation.caller, top),
        "client_context": invocation.client_context,
        "trace_id": invocation.trace_id,
        "headers": {name: _header(value) for name, value in invocation.headers.items()},
        **_body(invocation.body, details_of(invocation).decoded),
        "accepted": invocation.accepted,
        "attempts": [
            {
                "number": attempt.number,
                "status": attempt.status,
                "error": attempt.error,
                "fault": attempt.fault,
                "request_id": attempt.request_id,
                "backoff": attempt.backoff,
            }
            for attempt in invocation.attempts
        ],
        "events": [_event(event, invocation) for event in invocation.events],
    }
    return json.dumps(told, allow_nan=False)


def line_of_event(event: Event, recording: int) -> str:
    """An event that a destination queued, not an invocation: ``number`` is null."""
    told = {
        "recording": recording,
        "number": None,
        **_address(event),
        "invocation_type": "Event",
        "caller": None,
        "client_context": None,
        "trace_id": None,
        "headers": {},
        **_json("payload", event.payload),
        "accepted": True,
        "attempts": [],
        "events": [_event(event, None)],
    }
    return json.dumps(told, allow_nan=False)


def _header(value: str) -> str:
    return "<hidden>" if isinstance(value, HiddenStr) else cut(value, LONGEST_HEADER)


def _address(item: Invocation | Event) -> dict[str, Any]:
    names = ("api", "function", "qualifier", "region", "account", "arn")
    return {name: getattr(item, name) for name in names}


def _event(event: Event, invocation: Invocation | None) -> dict[str, Any]:
    told: dict[str, Any] = {"request_id": event.request_id, "outcome": event.outcome}
    if invocation is not None and details_of(event) is not details_of(invocation):
        # A handler of botocore's may change the body between two attempts.
        told.update(_json("payload", event.payload))
    if event.origin is not None:
        before = event.origin.event
        told["origin"] = {"request_id": before.request_id, "function": before.function}
    told["runs"] = [_run(run) for run in event.runs]
    told["destination_records"] = [
        {"destination": record.destination, **_json("payload", record.payload)}
        for record in event.destination_records
    ]
    letter = event.dead_letter
    told["dead_letter"] = letter and {
        "queue": letter.queue,
        "attributes": dict(letter.attributes),
        **_json("payload", letter.payload),
    }
    return told


def _run(run: Run) -> dict[str, Any]:
    return {
        "number": run.number,
        "at": run.at.isoformat(),
        "outcome": run.outcome,
        "error": None if run.error is None else show(run.error, START_OF_VALUE),
        **_json("result", run.result),
        **_json("payload", run.payload),
        "log": cut(run.log, LONGEST_LOG),
    }


def _body(body: bytes, decode: Callable[[], Any]) -> dict[str, Any]:
    """A payload as it was sent. A long one is not decoded, and what is not JSON is text."""
    if len(body) <= LONGEST_VALUE and (payload := decode()) is not UNPARSED:
        return _json("payload", payload)
    start = body[: 4 * START_OF_VALUE].decode("utf-8", "backslashreplace")
    return _text("payload", start, len(body))


def _json(name: str, value: object) -> dict[str, Any]:
    """A member with the value; or null if that is too long, then with its start and its size."""
    try:
        written = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):  # NaN, an int too long, nested too deeply
        return _text(name, show(value, START_OF_VALUE), None)
    if len(written) <= LONGEST_VALUE:
        return {name: value}
    return _text(name, written, len(written))


def _text(name: str, text: str, size: int | None) -> dict[str, Any]:
    return {name: None, f"{name}_text": text[:START_OF_VALUE], f"{name}_bytes": size}
