"""A pytest plugin that mocks asynchronous invocation of AWS Lambda. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import importlib
import os
import time
from typing import Any

# Taken now, before any test fakes them: ``real`` hands them on.
_urandom, _monotonic, _time = os.urandom, time.monotonic, time.time

# Imported when they are asked for: pytest imports this package in each run, used or not. Type
# checkers read ``__init__.pyi``.
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
    "error_params": "plugin.cases",
    "mock_fixture": "plugin.sharing",
}
_MODULES = ("errors", "faults", "runs")
__all__ = [*_HOMES, *_MODULES]  # noqa: PLE0604 - they are strings


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        home = importlib.import_module(f"{__name__}.{_HOMES[name]}")
        return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
