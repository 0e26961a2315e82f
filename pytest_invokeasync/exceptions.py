"""The plugin's own exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .caller import place
from .showing import printable


@dataclass(frozen=True, slots=True)
class UnmockedCall:
    """A call that would have left for AWS Lambda and was refused."""

    method: str
    """HTTP method."""
    url: str
    """The URL without query and user information, which could hold a credential."""
    caller: str | None
    """``file:line`` of the code that made it."""

    def __str__(self) -> str:
        called = f", called from {place(self.caller)}" if self.caller else ""
        return printable(f"{self.method} {self.url}{called}")


class UnmockedLambdaCall(Exception):
    """A request that no mock answers would have left for AWS Lambda.

    It is not an exception of botocore or requests: code that retries or falls back must not take it
    for an answer of AWS.
    """

    def __init__(self, call: UnmockedCall, reason: str) -> None:
        super().__init__(f"{call}: {reason}")
        self.call = call
        """The call that was refused."""
        self._reason = reason

    def __reduce__(self) -> tuple[type[UnmockedLambdaCall], tuple[UnmockedCall, str]]:
        # By default only the message is pickled, and a process pool could not return the exception.
        return type(self), (self.call, self._reason)


class FunctionFailed(AssertionError):
    """Events ended in failure, and the test did not expect that.

    Raised by ``run_until_idle()``, ``run_due()`` and ``advance()`` when they are done. A failure is
    expected if all failed runs of the event were scripted, or if the function has ``on_failure=``
    or ``dead_letter=`` and the last error is not an ``AssertionError``. With the option
    ``function_failures="record"`` it is never raised. ``__cause__`` is the last exception that the
    function raised for the first of the events.
    """

    def __init__(self, message: str, events: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.events = tuple(events)
        """The events that failed, in order."""


def without_secrets(url: str) -> str:
    """The URL without query and user information, which may hold a signature or a password."""
    address = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
