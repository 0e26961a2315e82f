"""botocore, and so boto3: the seam at its HTTP session, below retries, signing and parsing.

``URLLib3Session.send`` is looked up on the class at each call, so that clients made long before
are met too. An event handler would not do: a client copies its handlers when it is made.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import URLLib3Session

from ...api.messages import Answer
from ...exceptions import UnmockedLambdaCall
from ...faults import Failure
from ...seams import stack
from ...seams.patching import Seam
from .. import neighbours
from ..wire import build_request


class _Raw(io.BytesIO):
    """The little that botocore wants of urllib3's response: to read it, or to stream it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _wrap_send(before: Any) -> Any:
    def send(session: Any, request: Any) -> Any:
        __tracebackhide__ = True
        mock = stack.current()
        route = mock and mock.route(request.method, request.url, request.headers)
        if mock and route:
            sent = build_request(route, request.url, request.headers, request.body)
            return _response(request, mock.service.open(sent).conclude())
        try:
            return neighbours.pass_on(before, session, request)
        except HTTPClientError as error:
            if (refused := refused_in(error)) is not None:
                raise refused from None
            raise

    return send


def refused_in(error: HTTPClientError) -> UnmockedLambdaCall | None:
    """The refusal of a call, as a session tells of anything that is raised below it."""
    cause = error.kwargs.get("error")
    return cause if isinstance(cause, UnmockedLambdaCall) else None


def _response(request: Any, reply: Answer | Failure) -> AWSResponse:
    __tracebackhide__ = True
    if isinstance(reply, Failure):
        raise exception(EXCEPTIONS, reply, request)
    response = AWSResponse(request.url, reply.status, reply.headers, _Raw(reply.body))
    if not request.stream_output:
        response.content  # noqa: B018 - as the real session does, so that nothing is left to read
    return response


EXCEPTIONS: dict[Failure, type[HTTPClientError]] = {
    Failure.CONNECT_TIMEOUT: ConnectTimeoutError,
    Failure.READ_TIMEOUT: ReadTimeoutError,
    Failure.CLOSED: ConnectionClosedError,
    Failure.REFUSED: EndpointConnectionError,
    Failure.NAME_RESOLUTION: EndpointConnectionError,
    Failure.TLS: SSLError,
}


def exception(
    kinds: Mapping[Failure, type[HTTPClientError]], failure: Failure, request: Any
) -> Exception:
    """What a session makes of a failure: made anew, the endpoint in its message."""
    told = {"endpoint_url": request.url, "error": failure.value, "request": request}
    made: Exception = kinds[failure](**told)
    return made


SEAM = Seam(URLLib3Session, "send", _wrap_send)
