"""botocore, and so boto3: the seam at its HTTP session, below retries, signing and parsing.

``URLLib3Session.send`` is looked up on the class at each call, so clients made earlier are answered
too. An event handler would not do, since a client copies its handlers when it is made.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ...api.messages import Answer
from ...exceptions import UnmockedLambdaCall
from ...faults import Failure
from ...seams import stack
from ...seams.patching import Namespace, Patch
from .. import refusing
from ..neighbours import below
from ..wire import build_request

EXCEPTIONS = {
    Failure.CONNECT_TIMEOUT: "ConnectTimeoutError",
    Failure.READ_TIMEOUT: "ReadTimeoutError",
    Failure.CLOSED: "ConnectionClosedError",
    Failure.REFUSED: "EndpointConnectionError",
    Failure.NAME_RESOLUTION: "EndpointConnectionError",
    Failure.TLS: "SSLError",
}
"""The names of botocore's exceptions."""


class _Raw(io.BytesIO):
    """The part of urllib3's response that botocore uses: to read it, or to stream it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _wrap_send(before: Any, namespace: Namespace) -> Any:
    response_class = namespace["botocore"].awsrequest.AWSResponse
    pool_class = below.pool_class_of(namespace)

    def send(session: Any, request: Any) -> Any:
        __tracebackhide__ = True
        mock = stack.current()
        route = mock and mock.route(request.method, request.url, request.headers)
        if mock and route:
            sent = build_request(route, request.url, request.headers, request.body)
            reply = mock.service.open(sent).conclude()
            return _response(response_class, namespace, request, reply)
        refuser = refusing.refuser_of(request.method, request.url, request.headers)
        if (
            refuser is not None
            and refusing.would_send(before, namespace)
            and not below.answers_pools(pool_class)
            and not below.answers_sockets()
        ):
            refuser.refuse(request.method, request.url)
        try:
            return refusing.bound(before, session)(request)
        except namespace["HTTPClientError"] as error:
            if (refused := refused_in(error)) is not None:
                raise refused from None
            raise

    return send


def refused_in(error: Any) -> UnmockedLambdaCall | None:
    """The refusal of a call inside the exception that a session has made of it."""
    cause = error.kwargs.get("error")
    return cause if isinstance(cause, UnmockedLambdaCall) else None


def _response(
    response_class: Any, namespace: Namespace, request: Any, reply: Answer | Failure
) -> Any:
    __tracebackhide__ = True
    if isinstance(reply, Failure):
        raise exception(namespace[EXCEPTIONS[reply]], reply, request)
    response = response_class(request.url, reply.status, reply.headers, _Raw(reply.body))
    if not request.stream_output:
        response.content  # noqa: B018 - as the real session does, so that nothing is left to read
    return response


def exception(kind: Any, failure: Failure, request: Any) -> Exception:
    """A new exception of the session's for a failure, with the endpoint in its message."""
    told = {"endpoint_url": request.url, "error": failure.value, "request": request}
    made: Exception = kind(**told)
    return made


SEND: Patch = Patch("send", _wrap_send)
