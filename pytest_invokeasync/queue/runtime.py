"""One run: calls the handler as the Python runtime of Lambda does."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

from .. import real
from ..runs import Failed, Killed, RunOutcome, TimedOut
from . import failures, handlers
from .capture import captured
from .context import LambdaContext
from .failures import RuntimeFailure
from .marshalling import NotSerializable, marshal
from .policy import LONGEST_RESULT, Configured

# pytest hides this module's frames, so that an exception shows the handler's line.
__tracebackhide__ = True

TRACE_VARIABLE = "_X_AMZN_TRACE_ID"
Travel = Callable[[datetime], Any]
"""Returns a context manager to put around a run, or ``None``."""
LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Task:
    """What a run needs of its event."""

    request_id: str
    function: str
    arn: str
    """The function's ARN, with the qualifier if the caller stated one."""
    qualifier: str | None
    decode: Callable[[], Any]
    """Decodes the payload, anew for each run."""
    trace: str | None
    """The trace header that reaches the function."""

    @property
    def version(self) -> str:
        """The version that is run. The version behind an alias is not known."""
        return self.qualifier if self.qualifier and self.qualifier.isdecimal() else LATEST


@dataclass(slots=True)
class Ran:
    """The result of a run."""

    outcome: str
    response: bytes
    """The result, or the report of the error, as JSON."""
    result: Any = None
    error: BaseException | None = None
    log: str = ""


def run(
    task: Task,
    function: Configured,
    scripted: RunOutcome | None,
    moment: datetime,
    travel: Travel | None,
) -> Ran:
    """Runs the function once. Raises what is not the function's, such as ``KeyboardInterrupt``."""
    if isinstance(scripted, Failed):
        return _failed(task, scripted.error, None)
    if not isinstance(scripted, TimedOut | Killed):
        return _called(task, function, moment, travel)
    log = "" if scripted.before else _called(task, function, moment, travel).log
    if isinstance(scripted, TimedOut):
        report = failures.of_timeout(task.request_id, function.timeout)
        return Ran("timed out", failures.as_json(report), log=log)
    report = failures.of_exit(task.request_id, failures.KILLED)
    return Ran("killed", failures.as_json(report), log=log)


def _called(task: Task, function: Configured, moment: datetime, travel: Travel | None) -> Ran:
    handler = function.handler
    assert handler is not None
    with _at(moment, travel), captured() as printed, _trace(task.trace):
        context = LambdaContext(
            request_id=task.request_id,
            function_name=task.function,
            version=task.version,
            arn=task.arn,
            memory_size=function.memory_size,
            timeout=function.timeout,
            moment=moment,
            travels=travel is not None,
        )
        result, error = _call(handler, task.decode(), context)
        if error is None:
            ran = _succeeded(task, result)
        else:
            # Without the frame that called the handler.
            ran = _failed(task, error, error.__traceback__ and error.__traceback__.tb_next)
    ran.log = "".join(printed)
    return ran


def _call(
    handler: handlers.Handler | str, payload: Any, context: LambdaContext
) -> tuple[Any, BaseException | None]:
    # A function of its own, since a traceback keeps its frame alive, with all locals.
    try:
        if isinstance(handler, str):
            handler = handlers.find(handler)
        return handler(payload, context), None
    except (Exception, SystemExit) as error:
        _end_before(error.__traceback__)
        return None, error


def _end_before(traceback: TracebackType | None) -> None:
    """Cuts off the frames of an earlier run, if the same exception object is raised again."""
    while traceback is not None and traceback.tb_next is not None:
        if traceback.tb_next.tb_frame.f_code is _call.__code__:
            traceback.tb_next = None
        traceback = traceback.tb_next


def _succeeded(task: Task, result: Any) -> Ran:
    try:
        response = marshal(result)
    except NotSerializable as error:
        failure = RuntimeFailure("Runtime.MarshalError", f"Unable to marshal response: {error}")
        return _failed(task, failure, None)
    if len(response) > LONGEST_RESULT:
        failure = RuntimeFailure(
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size "
            f"({LONGEST_RESULT} bytes).",
        )
        return _failed(task, failure, None)
    return Ran("succeeded", _as_json(response) if isinstance(result, bytes) else response, result)


def _as_json(response: bytes) -> bytes:
    """Bytes that a handler returned are sent as they are. Here, what is not JSON becomes text."""
    try:
        json.loads(response)
    except ValueError:
        return marshal(response.decode(errors="replace"))
    return response


def _failed(task: Task, error: BaseException, traceback: TracebackType | None) -> Ran:
    if isinstance(error, SystemExit):
        report = failures.of_exit(task.request_id, error.code)
        return Ran("exited", failures.as_json(report), error=error)
    report = failures.of_exception(error, traceback, task.request_id)
    return Ran("failed", failures.as_json(report), error=error)


@contextlib.contextmanager
def _at(moment: datetime, travel: Travel | None) -> Iterator[None]:
    """Lets the clocks of the process show this moment, if the test has called ``travel_with()``."""
    if travel is None:
        yield
        return
    with real.time_held(), travel(moment) or contextlib.nullcontext():
        yield


@contextlib.contextmanager
def _trace(trace: str | None) -> Iterator[None]:
    """Puts the event's trace into the environment, or none if it has none."""
    before = os.environ.get(TRACE_VARIABLE)
    _set(trace)
    try:
        yield
    finally:
        _set(before)


def _set(trace: str | None) -> None:
    if trace is None:
        os.environ.pop(TRACE_VARIABLE, None)
    else:
        os.environ[TRACE_VARIABLE] = trace
