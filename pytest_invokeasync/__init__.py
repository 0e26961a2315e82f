"""A pytest plugin that stands in for AWS Lambda's InvokeAsync API."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors, faults
    from .errors import ErrorSpec
    from .exceptions import UnmockedCall, UnmockedLambdaCall
    from .faults import Fault
    from .messages import Headers
    from .mock import InvokeAsyncMock
    from .plugin import error_params
    from .recording import Attempt, Event, Invocation
    from .rules import Rule
    from .schema import Function
    from .server import InvokeAsyncServer

__all__ = [
    "Attempt",
    "ErrorSpec",
    "Event",
    "Fault",
    "Function",
    "Headers",
    "Invocation",
    "InvokeAsyncMock",
    "InvokeAsyncServer",
    "Rule",
    "UnmockedCall",
    "UnmockedLambdaCall",
    "error_params",
    "errors",
    "faults",
]

# Imported when they are asked for: pytest imports this package in each run, used or not.
_MODULES = ("errors", "faults")
_HOMES = {
    "Attempt": "recording",
    "ErrorSpec": "errors",
    "Event": "recording",
    "Fault": "faults",
    "Function": "schema",
    "Headers": "messages",
    "Invocation": "recording",
    "InvokeAsyncMock": "mock",
    "InvokeAsyncServer": "server",
    "Rule": "rules",
    "UnmockedCall": "exceptions",
    "UnmockedLambdaCall": "exceptions",
    "error_params": "plugin",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
