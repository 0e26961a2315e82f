"""httpx, and httpx2: the seam at their transports, below redirects, authentication and hooks.

If another mock of httpx has replaced the same methods, it answers, and ours does not: it does not
say what it matches.
"""

from __future__ import annotations

from typing import Any

from ..api.messages import Answer
from ..api.route import Route
from ..faults import Failure
from ..seams import stack
from ..seams.interception import Interceptor
from ..seams.patching import Namespace, Patch, namespace_of
from ..service.service import Exchange
from . import refusing
from .neighbours import below, vcr
from .wire import build_request, give_turn

_EXCEPTIONS = {
    Failure.CONNECT_TIMEOUT: "ConnectTimeout",
    Failure.READ_TIMEOUT: "ReadTimeout",
    Failure.CLOSED: "RemoteProtocolError",
    Failure.REFUSED: "ConnectError",
    Failure.NAME_RESOLUTION: "ConnectError",
    Failure.TLS: "ConnectError",
}


def _find(
    before: Any, namespace: Namespace, transport: Any, request: Any
) -> tuple[Interceptor, Route] | None:
    """The mock that answers a request. Raises ``UnmockedLambdaCall`` if it is refused."""
    __tracebackhide__ = True
    if not refusing.would_send(before, namespace):
        return None
    method, url = request.method, str(request.url)
    mock = stack.current()
    route = mock and mock.route(method, url, request.headers)
    if mock and route:
        return mock, route
    refuser = refusing.refuser_of(method, url, request.headers)
    if refuser is not None and not below.answers_httpx(transport):
        refuser.refuse(method, url)
    return None


def _open(mock: Interceptor, route: Route, request: Any, body: bytes) -> Exchange:
    __tracebackhide__ = True
    return mock.service.open(build_request(route, str(request.url), request.headers, body))


def _response(namespace: Namespace, request: Any, reply: Answer | Failure) -> Any:
    __tracebackhide__ = True
    if isinstance(reply, Failure):
        raise namespace[_EXCEPTIONS[reply]](reply.value, request=request)
    if _is_cut(reply):
        text = (
            "peer closed connection without sending complete message body "
            f"(received {len(reply.body)} bytes, expected {reply.headers['content-length']})"
        )
        raise namespace["RemoteProtocolError"](text, request=request)
    kind = namespace["Response"]
    library = namespace["__name__"].partition(".")[0]
    models = namespace_of(kind, f"{library}._models") or {}
    return kind(
        reply.status,
        headers=list(reply.headers.items()),
        # With ``content`` it would be closed already, and the client sets ``elapsed`` on closing.
        stream=models["ByteStream"](reply.body),
        extensions={"http_version": b"HTTP/1.1"},
    )


def _is_cut(answer: Answer) -> bool:
    return len(answer.body) < int(answer.headers.get("content-length", 0))


def _wrap_handle_request(before: Any, namespace: Namespace) -> Any:
    def handle_request(transport: Any, request: Any) -> Any:
        __tracebackhide__ = True
        found = _find(before, namespace, transport, request)
        if found is None:
            return refusing.bound(before, transport)(request)
        body = b"".join(request.stream)
        return _response(namespace, request, _open(*found, request, body).conclude())

    return handle_request


def _wrap_handle_async_request(before: Any, namespace: Namespace) -> Any:
    async def handle_async_request(transport: Any, request: Any) -> Any:
        __tracebackhide__ = True
        found = _find(before, namespace, transport, request)
        if found is None:
            return await refusing.bound(before, transport)(request)
        body = b"".join([part async for part in request.stream])
        exchange = _open(*found, request, body)
        try:
            # As on a real connection.
            await give_turn()
        except BaseException as error:
            exchange.abandon(error)
            raise
        return _response(namespace, request, exchange.conclude())

    return handle_async_request


HANDLE: Patch = Patch("handle_request", _wrap_handle_request, change_saved=vcr.change_saved)
HANDLE_ASYNC: Patch = Patch(
    "handle_async_request", _wrap_handle_async_request, change_saved=vcr.change_saved
)
