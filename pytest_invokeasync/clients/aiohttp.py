"""aiohttp: the seam where a session gets its connection. All above it is aiohttp's own.

On the connection that it gets, a request is answered when all of it was written.
"""

from __future__ import annotations

import errno
import http
import socket
from collections.abc import Iterable
from typing import Any

from ..api.messages import Answer
from ..api.route import Route
from ..caller import find_caller
from ..faults import Failure
from ..seams import stack
from ..seams.interception import Interceptor
from ..seams.patching import Namespace, Patch, namespace_of
from ..service.service import Exchange
from . import refusing
from .neighbours import below
from .wire import build_request
from .written import WrittenRequest


def _wrap_connect(before: Any, namespace: Namespace) -> Any:
    async def connect(connector: Any, req: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        method, url = req.method, str(req.url)
        mock = stack.current()
        route = mock and mock.route(method, url, req.headers)
        if mock and route:
            return _connection(connector, req, namespace, _Call(mock, route, req, namespace))
        refuser = refusing.refuser_of(method, url, req.headers)
        if (
            refuser is not None
            and refusing.would_send(before, namespace)
            and not below.answers_sockets()
        ):
            refuser.refuse(method, url)
        return await refusing.bound(before, connector)(req, *args, **kwargs)

    return connect


def _connection(connector: Any, req: Any, namespace: Namespace, call: _Call) -> Any:
    protocol = namespace["ResponseHandler"](loop=connector._loop)
    protocol.connection_made(_Transport(protocol, call))
    # It must not be kept for a later request, which may be somebody else's.
    protocol.force_close()
    connector._acquired.add(protocol)
    return namespace["Connection"](connector, req.connection_key, protocol, connector._loop)


class _Call:
    """One request, which is answered when all of it was written."""

    def __init__(self, mock: Interceptor, route: Route, req: Any, namespace: Namespace) -> None:
        self._mock = mock
        self._route = route
        self._req = req
        self._namespace = namespace
        # Found now: while it is written, the user's frames may be gone.
        self._caller = find_caller()

    def open(self, body: bytes) -> Exchange:
        """Decides on it."""
        request = build_request(
            self._route,
            str(self._req.url),
            self._req.headers,
            body,
            caller=lambda: self._caller,
        )
        return self._mock.service.open(request)

    def exception(self, failure: Failure) -> BaseException:
        """A new exception of the session's for a failure."""
        import ssl

        errors = namespace_of(self._namespace["ClientConnectorError"], _ERRORS) or {}
        key = self._req.connection_key
        if failure is Failure.CLOSED:
            return _made(errors["ServerDisconnectedError"])
        if failure is Failure.READ_TIMEOUT:
            # Releases before 3.10 have no exception of its own for it.
            kind = errors.get("SocketTimeoutError", errors["ServerTimeoutError"])
            return _made(kind, "Timeout on reading data from socket")
        if failure is Failure.CONNECT_TIMEOUT:
            kind = errors.get("ConnectionTimeoutError", errors["ServerTimeoutError"])
            return _made(kind, f"Connection timeout to host {self._req.url}")
        if failure is Failure.TLS:
            kind = errors["ClientConnectorCertificateError"]
            return _made(kind, key, ssl.SSLCertVerificationError(1, failure.value))
        if failure is Failure.NAME_RESOLUTION:
            kind = errors.get("ClientConnectorDNSError", errors["ClientConnectorError"])
            return _made(kind, key, socket.gaierror(socket.EAI_NONAME, failure.value))
        refused = ConnectionRefusedError(errno.ECONNREFUSED, failure.value)
        return _made(errors["ClientConnectorError"], key, refused)


_ERRORS = "aiohttp.client_exceptions"


def _made(kind: Any, *args: Any) -> BaseException:
    made: BaseException = kind(*args)
    return made


class _Transport:
    """Replaces an ``asyncio.Transport``: gets one request, gives its answer to the protocol."""

    def __init__(self, protocol: Any, call: _Call) -> None:
        self._protocol = protocol
        self._call = call
        self._request = WrittenRequest()
        self._exchange: Exchange | None = None
        self._is_open = True
        self._was_told_to_continue = False

    def write(self, data: Any) -> None:
        import asyncio

        if self._request.body is not None or not self._is_open:
            return
        body = self._request.add(data)
        if body is None:
            self._tell_to_continue()
            return
        loop = asyncio.get_running_loop()
        try:
            self._exchange = self._call.open(body)
        except BaseException as error:  # of the user's own callback
            loop.call_soon(self._protocol.set_exception, error)
        else:
            # As with a real connection, other tasks run first, and may cancel it.
            loop.call_soon(loop.call_soon, self._conclude)

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.write(b"".join(list_of_data))

    def _tell_to_continue(self) -> None:
        if self._request.is_waiting and not self._was_told_to_continue:
            self._was_told_to_continue = True
            self._protocol.data_received(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _conclude(self) -> None:
        if self._exchange is None or not self._is_open:
            return
        exchange, self._exchange = self._exchange, None
        reply = exchange.conclude()
        if isinstance(reply, Failure):
            self._protocol.set_exception(self._call.exception(reply))
            return
        self._protocol.data_received(_on_the_wire(reply))
        if len(reply.body) < int(reply.headers.get("content-length", 0)):
            self._protocol.connection_lost(None)

    def close(self) -> None:
        import asyncio

        self._is_open = False
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.abandon(asyncio.CancelledError())

    abort = close

    def is_closing(self) -> bool:
        return not self._is_open

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ARG002
        return default

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


def _on_the_wire(answer: Answer) -> bytes:
    reason = http.HTTPStatus(answer.status).phrase if answer.status in _STATUSES else ""
    lines = [f"HTTP/1.1 {answer.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body


_STATUSES = frozenset(int(status) for status in http.HTTPStatus)
CONNECT: Patch = Patch("connect", _wrap_connect)
