"""A pytest plugin that stands in for AWS Lambda's InvokeAsync API."""

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

__all__ = [
    "Attempt",
    "ErrorSpec",
    "Event",
    "Fault",
    "Function",
    "Headers",
    "Invocation",
    "InvokeAsyncMock",
    "Rule",
    "UnmockedCall",
    "UnmockedLambdaCall",
    "error_params",
    "errors",
    "faults",
]
