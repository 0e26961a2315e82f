"""What the plugin raises by itself."""

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

    It is no ``ClientError``, no botocore and no requests error, so that code which retries or
    falls back does not take it for an answer of AWS.
    """

    def __init__(self, call: UnmockedCall, reason: str) -> None:
        super().__init__(f"{call}: {reason}")
        self.call = call
        """The call that was refused."""
        self._reason = reason

    def __reduce__(self) -> tuple[type[UnmockedLambdaCall], tuple[UnmockedCall, str]]:
        # The default passes the message alone: a process pool could not hand it back.
        return type(self), (self.call, self._reason)


class FunctionFailed(AssertionError):
    """Events ended in failure, and no test said that it reckons with that.

    Raised when a drain is over, by ``run_until_idle()`` and the like. Its ``__cause__`` is what the
    function raised last at the first of the events.
    """

    def __init__(self, message: str, events: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.events = tuple(events)
        """Those that ended so, in order."""


def without_secrets(url: str) -> str:
    """The URL without query and user information: a presigned one holds a signature there."""
    address = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
