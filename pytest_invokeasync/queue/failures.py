"""The payloads of failed runs, as the Python runtime and the service report them."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from . import marshalling

KILLED = "signal: killed"
"""In place of an exit code: the process was killed."""
LONGEST_ERROR_MESSAGE = 1_024
"""Bytes of an error message that a dead letter shows (developer guide)."""


class RuntimeFailure(Exception):
    """An error of the runtime, not of the handler. ``code``: its ``errorType``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __str__(self) -> str:
        return f"{self.code}: {self.args[0]}"


def of_exception(
    error: BaseException, traceback_: TracebackType | None, request_id: str
) -> dict[str, Any]:
    """What the runtime reports of an exception. Of chained exceptions, only the last."""
    if isinstance(error, RuntimeFailure):
        return _report(error.code, error.args[0], request_id, ())
    return _report(type(error).__name__, _text(error), request_id, traceback.format_tb(traceback_))


def _report(error_type: str, message: str, request_id: str, stack: Sequence[str]) -> dict[str, Any]:
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": list(stack),
    }


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        # The runtime itself would fail here.
        return f"<unprintable {type(error).__name__} object>"


def of_timeout(request_id: str, timeout: float) -> dict[str, Any]:
    """What the service reports of a run that timed out."""
    return {
        "errorType": "Sandbox.Timedout",
        "errorMessage": (
            f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
        ),
    }


def of_exit(request_id: str, code: object) -> dict[str, Any]:
    """What the service reports of a process that exited.

    ``code``: the exit code, as ``SystemExit`` has it, or ``KILLED``.
    """
    if code is None or code == 0:
        how = "Runtime exited without providing a reason"
    elif code is KILLED:
        how = f"Runtime exited with error: {KILLED}"
    else:
        status = code & 0xFF if isinstance(code, int) else 1
        how = f"Runtime exited with error: exit status {status}"
    return {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: {how}",
    }


def as_json(report: object) -> bytes:
    """A report as JSON."""
    return marshalling.marshal(report)
