"""One run: the handler is called as the Python runtime of Lambda calls it."""

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

# What a handler raises is told at the handler's line: pytest leaves out this module's frames.
__tracebackhide__ = True

TRACE_VARIABLE = "_X_AMZN_TRACE_ID"
Travel = Callable[[datetime], Any]
"""Gives a context manager that is put around a run, or ``None``."""
LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Task:
    """What a run is about."""

    request_id: str
    function: str
    arn: str
    """With a qualifier only where the caller stated one."""
    qualifier: str | None
    decode: Callable[[], Any]
    """Decodes the payload, afresh for each run."""
    trace: str | None
    """The trace header that reaches the function."""

    @property
    def version(self) -> str:
        """The version that is run: what an alias stands for is not known."""
        return self.qualifier if self.qualifier and self.qualifier.isdecimal() else LATEST


@dataclass(slots=True)
class Ran:
    """What came of a run."""

    outcome: str
    response: bytes
    """JSON: the result, or the report of the error."""
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
    """One run. Raises what is not the function's, such as ``KeyboardInterrupt``."""
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
        )
        result, error = _call(handler, task.decode(), context)
        if error is None:
            ran = _succeeded(task, result)
        else:
            # Told without the frame that called the handler.
            ran = _failed(task, error, error.__traceback__ and error.__traceback__.tb_next)
    ran.log = "".join(printed)
    return ran


def _call(
    handler: handlers.Handler | str, payload: Any, context: LambdaContext
) -> tuple[Any, BaseException | None]:
    # A frame of its own, with little in it: a traceback keeps it.
    try:
        if isinstance(handler, str):
            handler = handlers.find(handler)
        return handler(payload, context), None
    except (Exception, SystemExit) as error:
        _end_before(error.__traceback__)
        return None, error


def _end_before(traceback: TracebackType | None) -> None:
    """Cuts off what an exception brought along from an earlier run: some are raised again."""
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
    """Bytes that a handler returned are sent as they are; what is no JSON becomes a text here."""
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
    """The clocks of the process show this moment, if the test has said how."""
    if travel is None:
        yield
        return
    with real.time_held(), travel(moment) or contextlib.nullcontext():
        yield


@contextlib.contextmanager
def _trace(trace: str | None) -> Iterator[None]:
    """The function's trace stands in the environment, and no other one."""
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
