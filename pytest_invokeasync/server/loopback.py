"""The real endpoint: pytest-httpserver's server, with our own handling of connections.

werkzeug's closes a connection after each answer, loses the case of header names, and cannot fail
on purpose.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from ..faults import Failure
from .connection import BadRequest, HttpConnection
from .endpoint import Endpoint

_BACKLOG = 128
# Seconds between two looks at whether to stop. Stopping takes no longer than this.
_POLL = 0.01
# Seconds that answers in progress get when the server stops.
_GRACE = 5.0
# Seconds for a client to read a refusal before the connection is closed.
_LINGER = 2.0
_DRAINED = 65_536
# Closing without lingering sends a reset. Windows has shorts here.
_AT_ONCE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_RESETS = {Failure.REFUSED, Failure.NAME_RESOLUTION, Failure.TLS}
_HANGS = {Failure.CONNECT_TIMEOUT, Failure.READ_TIMEOUT}


class LoopbackServer(HTTPServer):
    """Serves an endpoint at an address, by default on loopback, with a thread for each connection.

    Port 0 is a free one. Raises ``OSError`` if it cannot listen, or what pytest-socket raises.
    """

    server: _Server | None

    def __init__(
        self,
        endpoint: Endpoint,
        hang_limit: Callable[[], float],
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host, port)
        self._endpoint = endpoint
        self._hang_limit = hang_limit
        self._reserved: socket.socket | None = None

    def start(self) -> None:
        """Listens, and serves."""
        with _bind(self.host, self.port) as bound:
            self._serve(bound)

    def stop(self) -> None:
        """Finishes answers in progress, and ends everything that waits."""
        server = self.server
        if server is not None:
            super().stop()
            server.end_connections()
        if reserved := self._take_reserved():
            reserved.close()

    @property
    def refuses(self) -> bool:
        """Whether it keeps its port without listening on it."""
        return self._reserved is not None

    def refuse(self) -> None:
        """Keeps the port without listening on it, so that the system refuses connections."""
        self.stop()
        self._reserved = _bind(self.host, self.port)

    def accept(self) -> None:
        """Listens again, unless it was stopped meanwhile."""
        if reserved := self._take_reserved():
            with reserved:
                self._serve(reserved)

    def _take_reserved(self) -> socket.socket | None:
        reserved, self._reserved = self._reserved, None
        return reserved

    def thread_target(self) -> None:
        """Accepts connections until it is stopped."""
        assert self.server is not None
        self.server.serve_forever(_POLL)

    def _serve(self, bound: socket.socket) -> None:
        bound.listen(_BACKLOG)
        self.port = bound.getsockname()[1]
        # It duplicates the socket; the caller closes the original.
        self.server = _Server(self, self._endpoint, self._hang_limit, bound.fileno())
        self.server_thread = threading.Thread(
            target=self.thread_target, name="invokeasync_server", daemon=True
        )
        self.server_thread.start()


def _bind(host: str, port: int) -> socket.socket:
    # The address family, chosen as werkzeug does.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        # So that recently closed connections do not keep the port. On Windows they never do, and
        # this would let another server use the port too.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


class _Server(ThreadedWSGIServer):
    """Knows its connections, so that none is left when it has stopped."""

    def __init__(
        self, owner: HTTPServer, endpoint: Endpoint, hang_limit: Callable[[], float], fd: int
    ) -> None:
        # Without an application, since the connections ask the endpoint.
        super().__init__(owner.host, owner.port, None, _Connection, fd=fd)  # type: ignore[arg-type]
        self.address = f"{owner.host}:{owner.port}"
        self.endpoint = endpoint
        self.hang_limit = hang_limit
        self.stopping = False
        self._open: dict[threading.Thread, Any] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="invokeasync_server connection",
        )  # a daemon, like the thread that starts it
        self._open[thread] = request
        try:
            thread.start()
        except RuntimeError:  # no more threads can be started
            del self._open[thread]
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            del self._open[threading.current_thread()]

    def server_close(self) -> None:
        # Shut down, not only closed, since a forked child may hold the socket too.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def end_connections(self) -> None:
        """Ends each as soon as it has finished its answer; those that wait, at once."""
        self.stopping = True
        for connection in list(self._open.values()):
            with contextlib.suppress(OSError):  # closed meanwhile
                connection.shutdown(socket.SHUT_RD)
        deadline = time.monotonic() + _GRACE
        # If a callback stops the server, it must not wait for itself.
        for thread in self._open.keys() - {threading.current_thread()}:
            thread.join(max(0, deadline - time.monotonic()))


class _Connection(WSGIRequestHandler):
    """One connection, from its first request to its end."""

    server: _Server

    def handle(self) -> None:
        # A client that vanishes, or does not read its answer, is not our failure.
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            http = HttpConnection(self.connection)
            while self._handle_next(http):
                pass

    def _handle_next(self, http: HttpConnection) -> bool:
        """Whether the connection can be used again."""
        endpoint = self.server.endpoint
        try:
            request = http.read()
        except BadRequest as problem:
            if self.server.stopping:  # which is why the rest of the request is missing
                return False
            http.send(endpoint.refuse(problem), close=True)
            self._linger()
            return False
        if request is None:
            return False
        reply = endpoint.handle(request, self.server.address)
        if isinstance(reply, Failure):
            self._fail(reply)
            return False
        try:
            return http.send(reply, close=self.server.stopping)
        except OSError:
            raise
        except Exception as error:  # an answer of the test's own that HTTP cannot carry
            endpoint.note_unsent(error)
            return False

    def _fail(self, failure: Failure) -> None:
        if failure in _RESETS:
            self._reset()
        elif failure in _HANGS:
            self._wait_for_end(self.server.hang_limit())

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        # Here, before the server closes it in order.
        self.connection.close()

    def _linger(self) -> None:
        """Reads what is left before closing, which would otherwise send a reset without answer."""
        self.connection.shutdown(socket.SHUT_WR)
        self._wait_for_end(_LINGER)

    def _wait_for_end(self, timeout: float) -> None:
        """Waits until the client is gone, the server stops, or the time is up."""
        deadline = time.monotonic() + timeout
        # What a client sends meanwhile is lost.
        while (left := deadline - time.monotonic()) > 0:
            self.connection.settimeout(left)
            if not self.connection.recv(_DRAINED):
                return
