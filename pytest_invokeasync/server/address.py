"""``InvokeAsyncServer``: a mock's address for other processes."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..sdk import model as sdk_model

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from ..mock import InvokeAsyncMock
    from .loopback import LoopbackServer

# A wrong use is told at the user's line: pytest leaves out this module's frames.
__tracebackhide__ = True

_LONGEST_HANG = 3600
_OF_THE_EXTRA = re.compile(r"""extra\s*==\s*["']server["']""")


class CannotStart(RuntimeError):
    """The server has no way to listen. The message names the fix."""


class InvokeAsyncServer:
    """A real HTTP endpoint on loopback for a mock, for clients in other processes.

    The fixture ``invokeasync_server`` yields one that runs, for the mock of ``invokeasync``. For
    wider scopes ``InvokeAsyncServer(mock)`` is a context manager, which yields itself and runs in
    its ``with`` block; a program is started with its ``environ``.

    What comes in is answered and recorded by the mock, as calls in this process are. Needs the
    extra ``server``.
    """

    def __init__(self, mock: InvokeAsyncMock) -> None:
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
        """Listens on a free port of 127.0.0.1.

        ``RuntimeError`` when it runs already, when the extra is not installed, and when no port
        can be bound.
        """
        if self._server is not None:
            raise RuntimeError("this InvokeAsyncServer is running already")
        # Imported here: a run without a server need not have the extra, nor pay for it.
        try:
            from ..seams.interception import Interceptor
            from .endpoint import Endpoint
            from .loopback import LoopbackServer
        except ImportError as error:
            raise CannotStart(
                "the server for other processes needs pytest-httpserver and h11 "
                f"({error}): {_install_command()}"
            ) from None
        endpoint = Endpoint(Interceptor(self._mock._service, self._mock._options))
        server = LoopbackServer(endpoint, lambda: self._hang_limit)
        try:
            server.start()
        except Exception as error:  # a guard of sockets has exceptions of its own
            raise _cannot_listen(error) from None
        self._server = server

    def stop(self) -> None:
        """Listens no longer: requests in progress are finished, hanging ones end at once."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @contextlib.contextmanager
    def refuse_connections(self) -> Iterator[None]:
        """Connections are refused in this ``with`` block; afterwards the same ``url`` works again.

        Open connections are closed at its beginning. Nothing is recorded meanwhile, since nothing
        arrives. ``RuntimeError`` when the server does not run, refuses already, or cannot listen on
        its port again.
        """
        server = self._running()
        if server.refuses:
            raise RuntimeError("this InvokeAsyncServer refuses connections already")
        try:
            server.refuse()
        except Exception as error:
            self._server = None
            raise _cannot_listen(error) from None
        try:
            yield
        finally:
            server.accept()

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``. ``RuntimeError`` when the server does not run."""
        server = self._running()
        return f"http://{server.host}:{server.port}"

    @property
    def hang_limit(self) -> float:
        """Seconds after which a connection that a fault left without an answer is closed."""
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
        """An environment for a subprocess, in which every AWS SDK finds this server. A new dict.

        A copy of ``os.environ`` without AWS configuration and proxies; besides the endpoint for
        Lambda with a fake key and the region of this process.
        """
        return {**_without_aws_and_proxies(os.environ), **self._configuration()}

    def _configuration(self) -> dict[str, str]:
        from ..api.signature import FAKE_KEY
        from .loopback import HOST

        region = sdk_model.configured_region() or "us-east-1"
        no_proxy = f"{HOST},localhost"
        return {
            "AWS_ENDPOINT_URL_LAMBDA": self.url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_ACCESS_KEY_ID": FAKE_KEY[0],
            "AWS_SECRET_ACCESS_KEY": FAKE_KEY[1],
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            # Nothing of the machine: neither its files nor the service that knows its role.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }

    def _running(self) -> LoopbackServer:
        if self._server is None:
            raise RuntimeError(
                "this InvokeAsyncServer is not running: start() it, or use it in a with statement"
            )
        return self._server


def _install_command() -> str:
    """Installs what the extra names. By its own names, wherever this package came from."""
    from importlib import metadata

    # Such as: h11>=0.16; extra == "server"
    stated = [line.partition(";") for line in metadata.requires("pytest-invokeasync") or ()]
    wanted = [f'"{name.strip()}"' for name, _, marker in stated if _OF_THE_EXTRA.search(marker)]
    return f"python -m pip install {' '.join(wanted)}"


def _cannot_listen(error: Exception) -> CannotStart:
    from .loopback import HOST

    return CannotStart(
        f"the server for other processes cannot listen on {HOST} "
        f"({type(error).__name__}: {error}): allow sockets on loopback, with pytest-socket "
        f"by --allow-hosts={HOST}, the marker enable_socket or the fixture socket_enabled"
    )


def _without_aws_and_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if not name.upper().startswith("AWS_") and not name.lower().endswith("_proxy")
    }
