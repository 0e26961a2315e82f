"""requests: a ``responses.RequestsMock`` that holds our ``BaseResponse``.

The same ``BaseResponse`` answers botocore, see ``botocore_``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests
import requests.adapters
import responses
from responses import BaseResponse, RequestsMock

from ..api import contract
from ..api.messages import Answer
from ..faults import Failure, Fault
from ..seams import stack
from ..seams.interception import without_secrets
from ..seams.patching import Seam
from . import neighbours
from .wire import build_request, read_body

if TYPE_CHECKING:
    from ..service.service import Service


class InvokeAsyncResponse(BaseResponse):
    """Matches the invoke-async URL and asks the service for the answer."""

    def __init__(self, service: Service) -> None:
        super().__init__("POST", contract.URL)
        self._service = service

    def find_outcome(self, request: Any, headers: Mapping[str, Any]) -> Answer | Fault | None:
        """What the service makes of a request of requests or of botocore.

        ``None`` for one that does not match.
        """
        segment = contract.find_segment(request.method, request.url)
        if segment is None:
            return None
        return self._service.handle(build_request(segment, request.url, headers, request.body))

    def get_response(self, request: requests.PreparedRequest) -> Any:
        """The answer, as ``responses`` wants it."""
        __tracebackhide__ = True
        # A PreparedRequest may be sent again with other headers: record a copy of these.
        outcome = self.find_outcome(request, dict(request.headers))
        assert outcome is not None  # Asked for what matches alone.
        if isinstance(outcome, Fault):
            if outcome.answer is None:
                raise _exception(outcome.failure, request)
            outcome = outcome.answer
        headers = dict(outcome.headers)
        return responses.Response(
            "POST",
            str(request.url),
            outcome.body,
            status=outcome.status,
            content_type=headers.pop("content-type"),
            headers=headers,
        ).get_response(request)


class InvokeAsyncRequestsMock(RequestsMock):
    """The mock's ``RequestsMock``. It is never started: the seam below hands requests to it."""

    def __init__(self, service: Service) -> None:
        super().__init__(assert_all_requests_are_fired=False)
        self._service = service
        self.invoke_async = self.new_response()
        self.add(self.invoke_async)
        self._send = self.unbound_on_send()

    def new_response(self) -> InvokeAsyncResponse:
        """One more of the same, to lend to another RequestsMock: it will keep its calls in it."""
        return InvokeAsyncResponse(self._service)

    def send(self, adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers one request."""
        __tracebackhide__ = True
        body = request.body
        if hasattr(body, "read"):
            # Once, and our way: for an adapter's retry urllib3 rewinds it, `responses` does not.
            request.body = read_body(body)
        try:
            return self._send(adapter, request, *args, **kwargs)
        finally:
            request.body = body
            # About 10 KB a call, Authorization among them, that nobody asks for: we record.
            self.calls.reset()
            # Older releases have no calls there.
            getattr(self.invoke_async, "calls", self.calls).reset()


def _wrap_send(before: Any) -> Any:
    def send(adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        mock = stack.current()
        is_ours = mock and contract.find_segment(request.method, request.url) is not None
        # A RequestsMock of the user's own, started before ours, is asked first; see neighbours.
        if mock and is_ours and neighbours.requests_mock_of(before) is None:
            return mock.requests_mock.send(adapter, request, *args, **kwargs)
        return neighbours.pass_on(before, adapter, request, *args, **kwargs)

    return send


def _exception(failure: Failure | None, request: Any) -> requests.RequestException:
    """What requests makes of a failure: made anew, the endpoint in its message."""
    assert failure is not None
    message = f"{without_secrets(request.url)}: {failure.value}"
    kinds = {
        Failure.CONNECT_TIMEOUT: requests.ConnectTimeout,
        Failure.READ_TIMEOUT: requests.ReadTimeout,
        Failure.TLS: requests.exceptions.SSLError,
    }
    return kinds.get(failure, requests.ConnectionError)(message, request=request)


SEAM = Seam(requests.adapters.HTTPAdapter, "send", _wrap_send, neighbours.change_saved)
