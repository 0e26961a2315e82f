"""requests: a ``responses.RequestsMock`` that holds our ``BaseResponse``.

The same ``BaseResponse`` answers botocore, see ``botocore_``.
"""

from __future__ import annotations

from typing import Any

import requests
import requests.adapters
import responses
from responses import BaseResponse, RequestsMock

from ..api.route import URL
from ..exceptions import without_secrets
from ..faults import Failure
from ..seams import stack
from ..seams.interception import Interceptor
from ..seams.patching import Seam
from . import neighbours
from .wire import build_request, read_body


class InvokeAsyncResponse(BaseResponse):
    """Matches the URLs of a mock's APIs and asks its service for the answer."""

    def __init__(self, mock: Interceptor) -> None:
        super().__init__("POST", URL)
        self._mock = mock

    def get_response(self, request: requests.PreparedRequest) -> Any:
        """The answer, as ``responses`` wants it."""
        __tracebackhide__ = True
        url = str(request.url)
        route = self._mock.route("POST", url, request.headers)
        assert route is not None  # Asked for what matches alone.
        # A PreparedRequest may be sent again with other headers: record a copy of these.
        sent = build_request(route, url, dict(request.headers), request.body)
        reply = self._mock.service.open(sent).conclude()
        if isinstance(reply, Failure):
            raise _exception(reply, request)
        headers = dict(reply.headers)
        return responses.Response(
            "POST",
            url,
            reply.body,
            status=reply.status,
            content_type=headers.pop("content-type", None),
            headers=headers,
        ).get_response(request)


class InvokeAsyncRequestsMock(RequestsMock):
    """The mock's ``RequestsMock``. It is never started: the seam below hands requests to it."""

    def __init__(self, mock: Interceptor) -> None:
        super().__init__(assert_all_requests_are_fired=False)
        self._mock = mock
        self.invoke_async = self.new_response()
        self.add(self.invoke_async)
        self._send = self.unbound_on_send()

    def new_response(self) -> InvokeAsyncResponse:
        """One more of the same, to lend to another RequestsMock: it will keep its calls in it."""
        return InvokeAsyncResponse(self._mock)

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
        is_ours = mock and mock.route(request.method, request.url, request.headers) is not None
        # A RequestsMock of the user's own, started before ours, is asked first; see neighbours.
        if mock and is_ours and neighbours.requests_mock_of(before) is None:
            return mock.requests_mock.send(adapter, request, *args, **kwargs)
        return neighbours.pass_on(before, adapter, request, *args, **kwargs)

    return send


def _exception(failure: Failure, request: Any) -> requests.RequestException:
    """What requests makes of a failure: made anew, the endpoint in its message."""
    message = f"{without_secrets(request.url)}: {failure.value}"
    kinds = {
        Failure.CONNECT_TIMEOUT: requests.ConnectTimeout,
        Failure.READ_TIMEOUT: requests.ReadTimeout,
        Failure.TLS: requests.exceptions.SSLError,
    }
    return kinds.get(failure, requests.ConnectionError)(message, request=request)


SEAM = Seam(requests.adapters.HTTPAdapter, "send", _wrap_send, neighbours.change_saved)
