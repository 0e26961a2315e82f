"""A pytest plugin that stands in for AWS Lambda's InvokeAsync API."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import real as real  # before any test fakes what it takes

if TYPE_CHECKING:
    from . import errors, faults, runs
    from .api.messages import Headers
    from .errors import ErrorSpec
    from .exceptions import FunctionFailed, UnmockedCall, UnmockedLambdaCall
    from .faults import Fault
    from .mock import InvokeAsyncMock
    from .plugin import error_params
    from .plugin.sharing import mock_fixture
    from .recording.invocations import Attempt, Event, Invocation
    from .recording.life import DeadLetter, DestinationRecord, Run
    from .scripting.rules import Rule
    from .scripting.selection import Outcome
    from .scripting.sweeping import Injection
    from .server.address import InvokeAsyncServer
    from .service.functions import Function

__all__ = [
    "Attempt",
    "DeadLetter",
    "DestinationRecord",
    "ErrorSpec",
    "Event",
    "Fault",
    "Function",
    "FunctionFailed",
    "Headers",
    "Injection",
    "Invocation",
    "InvokeAsyncMock",
    "InvokeAsyncServer",
    "Outcome",
    "Rule",
    "Run",
    "UnmockedCall",
    "UnmockedLambdaCall",
    "error_params",
    "errors",
    "faults",
    "mock_fixture",
    "runs",
]

# Imported when they are asked for: pytest imports this package in each run, used or not.
_HOMES = {
    "Attempt": "recording.invocations",
    "DeadLetter": "recording.life",
    "DestinationRecord": "recording.life",
    "ErrorSpec": "errors",
    "Event": "recording.invocations",
    "Fault": "faults",
    "Function": "service.functions",
    "FunctionFailed": "exceptions",
    "Headers": "api.messages",
    "Injection": "scripting.sweeping",
    "Invocation": "recording.invocations",
    "InvokeAsyncMock": "mock",
    "InvokeAsyncServer": "server.address",
    "Outcome": "scripting.selection",
    "Rule": "scripting.rules",
    "Run": "recording.life",
    "UnmockedCall": "exceptions",
    "UnmockedLambdaCall": "exceptions",
    "error_params": "plugin",
    "mock_fixture": "plugin.sharing",
}
_MODULES = ("errors", "faults", "runs")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        home = importlib.import_module(f"{__name__}.{_HOMES[name]}")
        return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
