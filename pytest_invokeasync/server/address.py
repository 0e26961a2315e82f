"""``InvokeAsyncServer``, which gives a mock an address for other processes."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..sdk import model as sdk_model

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from ..mock import InvokeAsyncMock
    from .loopback import LoopbackServer

# pytest hides this module's frames, so that a wrong use shows the test's line.
__tracebackhide__ = True

_LONGEST_HANG = 3600
_OF_THE_EXTRA = re.compile(r"""extra\s*==\s*["']server["']""")


class CannotStart(RuntimeError):
    """The server cannot listen. The message says what to do."""


class InvokeAsyncServer:
    """A real HTTP endpoint on loopback for a mock, for clients in other processes.

    The fixture ``invokeasync_server`` yields a running one for the mock of ``invokeasync``. For
    wider scopes use ``InvokeAsyncServer(mock)`` as a context manager: it runs in its ``with``
    block, which it yields itself to. Start programs with its ``environ``.

    The mock answers and records requests as it does calls in this process. Needs the extra
    ``server``.
    """

    def __init__(self, mock: InvokeAsyncMock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """``host``: the address or name to listen at. ``port``: 0 for a free one.

        Warns, once in a process, if ``host`` is not loopback: whoever reaches this machine can then
        reach the mock. Raises ``ValueError`` or ``TypeError`` for an impossible host or port.
        """
        if not isinstance(host, str) or not host:
            raise TypeError(f"host= is an address or a name to listen at, not {host!r}")
        if isinstance(port, bool) or not isinstance(port, int):
            raise TypeError(f"port= is a number, not {port!r}")
        if not 0 <= port <= 65_535:
            raise ValueError(f"port= is 0 (a free one) to 65535, not {port}")
        self._host = host
        self._port = port
        self._mock = mock
        self._server: LoopbackServer | None = None
        self._hang_limit = 30.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts listening, by default on a free port of 127.0.0.1.

        Raises ``RuntimeError`` if it runs already, if the extra is not installed, and if the port
        cannot be bound.
        """
        if self._server is not None:
            raise RuntimeError("this InvokeAsyncServer is running already")
        # Imported here: a run without a server does not need the extra, and does not pay for it.
        try:
            from ..seams import stack
            from ..seams.interception import Interceptor
            from .endpoint import Endpoint
            from .loopback import LoopbackServer
        except ImportError as error:
            raise CannotStart(
                "the server for other processes needs pytest-httpserver and h11 "
                f"({error}): {_install_command()}"
            ) from None
        # Before it listens, since a warning may be raised as an error.
        if not _is_loopback(self._host):
            _warn_once(self._host)
        endpoint = Endpoint(Interceptor(self._mock._service, self._mock._options))
        server = LoopbackServer(endpoint, lambda: self._hang_limit, self._host, self._port)
        try:
            server.start()
        except Exception as error:  # pytest-socket and its like have exceptions of their own
            raise self._cannot_listen(error) from None
        if not _is_loopback(self._host):
            _warn_once(self._host)
        stack.own_ports.add(server.port)
        self._server = server

    def stop(self) -> None:
        """Stops listening. Answers in progress are finished, and hanging connections are closed.

        Does nothing if it does not run.
        """
        server, self._server = self._server, None
        if server is not None:
            from ..seams import stack

            stack.own_ports.discard(server.port)
            server.stop()

    @contextlib.contextmanager
    def refuse_connections(self) -> Iterator[None]:
        """Refuses connections in this ``with`` block; afterwards the same ``url`` works again.

        Open connections are closed when the block begins. Nothing is recorded in it, since nothing
        arrives. Raises ``RuntimeError`` if the server does not run, refuses already, or cannot
        listen on its port again.
        """
        server = self._running()
        if server.refuses:
            raise RuntimeError("this InvokeAsyncServer refuses connections already")
        try:
            server.refuse()
        except Exception as error:
            self._server = None
            raise self._cannot_listen(error) from None
        try:
            yield
        finally:
            server.accept()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``. Raises ``RuntimeError`` if the server does not run.

        If it listens at all addresses of the machine, this is the one of loopback.
        """
        port = self._running().port
        return f"http://{f'[{self._reached}]' if ':' in self._reached else self._reached}:{port}"

    @property
    def _reached(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)

    @property
    def hang_limit(self) -> float:
        """Seconds after which a connection is closed that a fault left without an answer."""
        return self._hang_limit

    @hang_limit.setter
    def hang_limit(self, seconds: float) -> None:
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not is_number or not 0 < seconds <= _LONGEST_HANG:
            raise ValueError(
                f"hang_limit is more than 0 seconds, and no more than {_LONGEST_HANG}, "
                f"not {seconds!r}"
            )
        self._hang_limit = seconds

    @property
    def environ(self) -> dict[str, str]:
        """Environment variables for a subprocess, in which every AWS SDK finds this server.

        A new dict: a copy of ``os.environ`` without AWS configuration and proxies, but with the
        endpoint for Lambda, a fake key, and the region of this process. Raises ``RuntimeError`` if
        the server does not run.
        """
        return {**_without_aws_and_proxies(os.environ), **self._configuration()}

    def _configuration(self) -> dict[str, str]:
        from ..api.signature import FAKE_KEY

        region = sdk_model.configured_region() or "us-east-1"
        no_proxy = f"{self._reached},localhost"
        return {
            "AWS_ENDPOINT_URL_LAMBDA": self.url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_ACCESS_KEY_ID": FAKE_KEY[0],
            "AWS_SECRET_ACCESS_KEY": FAKE_KEY[1],
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            # Nothing of this machine: not its files, and not the metadata service of its role.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }

    def _cannot_listen(self, error: Exception) -> CannotStart:
        where = self._host + (f":{self._port}" if self._port else "")
        hint = (
            f"allow sockets on loopback, with pytest-socket by --allow-hosts={self._reached}, the "
            "marker enable_socket or the fixture socket_enabled"
        )
        if self._port:
            hint = f"port 0 takes a free one, as workers of pytest-xdist need; or {hint}"
        return CannotStart(
            f"the server for other processes cannot listen on {where} "
            f"({type(error).__name__}: {error}): {hint}"
        )

    def _running(self) -> LoopbackServer:
        if self._server is None:
            raise RuntimeError(
                "this InvokeAsyncServer is not running: start() it, or use it in a with statement"
            )
        return self._server


def _install_command() -> str:
    """The command that installs the extra's packages, wherever this package came from."""
    from importlib import metadata

    # Such as: h11>=0.16; extra == "server"
    stated = [line.partition(";") for line in metadata.requires("pytest-invokeasync") or ()]
    wanted = [f'"{name.strip()}"' for name, _, marker in stated if _OF_THE_EXTRA.search(marker)]
    return f"python -m pip install {' '.join(wanted)}"


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


@functools.cache
def _warn_once(host: str) -> None:
    warnings.warn(
        f"the server for other processes listens at {host}: whoever reaches this machine can queue "
        "events in the tests and read the mock's answers, without credentials; "
        "127.0.0.1 keeps it to this machine",
        stacklevel=4,
    )


def _without_aws_and_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if not name.upper().startswith("AWS_") and not name.lower().endswith("_proxy")
    }
