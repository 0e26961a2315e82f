"""The public names, as type checkers and editors see them. ``__init__.py`` imports them late."""

from . import errors as errors
from . import faults as faults
from . import runs as runs
from .api.messages import Headers as Headers
from .errors import ErrorSpec as ErrorSpec
from .exceptions import FunctionFailed as FunctionFailed
from .exceptions import UnmockedCall as UnmockedCall
from .exceptions import UnmockedLambdaCall as UnmockedLambdaCall
from .faults import Fault as Fault
from .mock import InvokeAsyncMock as InvokeAsyncMock
from .plugin.cases import error_params as error_params
from .plugin.sharing import mock_fixture as mock_fixture
from .recording.invocations import Attempt as Attempt
from .recording.invocations import Event as Event
from .recording.invocations import Invocation as Invocation
from .recording.life import DeadLetter as DeadLetter
from .recording.life import DestinationRecord as DestinationRecord
from .recording.life import Run as Run
from .scripting.rules import Rule as Rule
from .scripting.selection import Outcome as Outcome
from .scripting.sweeping import Injection as Injection
from .server.address import InvokeAsyncServer as InvokeAsyncServer
from .service.functions import Function as Function

# For ``real`` alone.
def _monotonic() -> float: ...
def _time() -> float: ...
def _urandom(size: int, /) -> bytes: ...

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
