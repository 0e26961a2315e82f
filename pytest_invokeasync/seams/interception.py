"""One active mock, and the guard, as the seams see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..api.operations import INVOKE_ASYNC
from ..api.route import Route, route
from ..caller import find_caller
from ..exceptions import UnmockedCall, UnmockedLambdaCall, without_secrets
from ..options import Options
from ..service.service import Service

_OTHER_CALL = (
    "this would have left for AWS Lambda, and no mock answers it: only InvokeAsync is "
    'mocked here, and Invoke with InvocationType="Event" or "DryRun". Answer it with a '
    "mock of its own (moto, botocore's Stubber), or let it "
    'pass with the option other_lambda_calls="pass".'
)
_OTHER_CLIENT = (
    "this would have left for AWS Lambda by a client that is not answered here, such as "
    "http.client or urllib.request. Calls of boto3, aiobotocore, requests, urllib3, httpx and "
    "aiohttp are. Use one of these, or the url of an InvokeAsyncServer."
)


@dataclass(slots=True, eq=False)
class Interceptor:
    """One active mock, as the clients see it."""

    service: Service
    options: Options

    def route(self, method: str, url: str, headers: Any) -> Route | None:
        """The route of a request that this mock answers; ``None`` for any other."""
        found = route(method, url, headers)
        if found is None or found.operation is INVOKE_ASYNC:
            return found
        return found if self.options.invoke_event == "answer" else None

    def refuse(self, method: str, url: str) -> NoReturn:
        """Raises ``UnmockedLambdaCall``, and remembers that it did."""
        __tracebackhide__ = True
        # What is answered here has come to this by a client that is not, or it is not known.
        is_of_client = method == "CONNECT" or route(method, url, {}) is not None
        reason = _OTHER_CLIENT if is_of_client else _OTHER_CALL
        _refuse(self.service.findings.unmocked_calls, method, url, reason)


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses calls to AWS Lambda while no mock is active."""

    options: Options
    unmocked_calls: list[UnmockedCall] = field(default_factory=list)

    def take(self) -> list[UnmockedCall]:
        """The calls that were refused since the last time."""
        taken = self.unmocked_calls[:]
        # Other threads may be adding to it.
        del self.unmocked_calls[: len(taken)]
        return taken

    def refuse(self, method: str, url: str) -> NoReturn:
        """Raises ``UnmockedLambdaCall``, and remembers that it did."""
        __tracebackhide__ = True
        _refuse(
            self.unmocked_calls,
            method,
            url,
            "this would have left for AWS Lambda while no invokeasync mock was active (is the "
            "fixture missing, or did a thread outlive its test?), and the ini option "
            "invokeasync_guard is on.",
        )


def _refuse(calls: list[UnmockedCall], method: str, url: str, reason: str) -> NoReturn:
    __tracebackhide__ = True
    call = UnmockedCall(method, without_secrets(url), find_caller())
    calls.append(call)
    raise UnmockedLambdaCall(call, reason)
