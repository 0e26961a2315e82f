"""What every test stands on: no AWS configuration of the machine, and no socket beyond loopback."""

from __future__ import annotations

import functools
import importlib.util
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NoReturn

import boto3
import botocore.loaders
import botocore.session
import pytest
from hypothesis import HealthCheck, settings

from pytest_invokeasync import InvokeAsyncMock

_REGION = "us-east-1"


# With these pytest prints more, also in the runs inside a test.
_OF_CI = ("CI", "BUILD_NUMBER")
_in_ci = any(name in os.environ for name in _OF_CI)


def _cleaned_of_machine(environ: dict[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("AWS_") and name not in _OF_CI
    }


# Before any test module is imported: several make a client at import time, as applications do.
_cleaned = _cleaned_of_machine(dict(os.environ))
os.environ.clear()
os.environ.update(
    _cleaned,
    AWS_DEFAULT_REGION=_REGION,
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    # Else botocore asks the network for credentials when a client is made.
    AWS_EC2_METADATA_DISABLED="true",
)

# A busy machine is no failure. In CI every run tries the same examples: no gate fails by chance.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=_in_ci)
settings.register_profile("patient", patient)
# Of `dev.py test`: a budget of seconds.
settings.register_profile("gate", patient, max_examples=30)
# Of `tox -e fuzz`: some minutes rather than seconds, and in CI too other examples each time.
settings.register_profile("fuzz", patient, max_examples=1_000, derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))


# What environments ask for with -m, and what the files of these tests have in them.
_FEW = {
    "hypothesis": ("hypothesis",),
    "others": ("mark.others",),
    "(hypothesis or once) and not load": ("hypothesis", "mark.once"),
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where few tests are asked for, files that have none of them are not even imported."""
    wanted = _FEW.get(config.option.markexpr)
    if wanted is None or collection_path.suffix != ".py":
        return None
    source = collection_path.read_text("utf-8")
    return not any(text in source for text in wanted) or None


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """In the environment of every package no module may skip because of a missing one."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and "EVERY_PACKAGE_IS_HERE" in os.environ:
        report.outcome = "failed"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what is marked ``others`` where its packages are missing, but not in ``others``."""
    for marker in item.iter_markers("others"):
        missing = [name for name in marker.args if importlib.util.find_spec(name) is None]
        if missing and "EVERY_PACKAGE_IS_HERE" not in os.environ:
            pytest.skip(f"not installed: {', '.join(missing)}")


# Each client of a new session would read the models of its service again, for tens of milliseconds.
botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)  # type: ignore[attr-defined]

# pytester forgets the modules that an inner run has imported, and a package that was imported
# before keeps the forgotten ones as its attributes. So what is heavy or late is imported here.
with InvokeAsyncMock() as _first:
    boto3.client("lambda")
    _first.run_until_idle()


@pytest.fixture(autouse=True)
def _credentials_of_one_test_are_not_the_next_ones() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    # The default session keeps what it has once found.
    if boto3.DEFAULT_SESSION and boto3.DEFAULT_SESSION.get_credentials():
        boto3.DEFAULT_SESSION = None


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            # Not an OSError: neither SDK nor code under test may take it for a network failure.
            raise AssertionError(f"a test tried to reach {address!r}")
        real_connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def mock() -> Iterator[InvokeAsyncMock]:
    """An active mock that is not verified."""
    active = InvokeAsyncMock()
    active.start()
    yield active
    active.stop()


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A run inside of a test has this plugin, and no other that is installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p invokeasync")
    return pytester


@pytest.fixture
def run_pytest(
    request: pytest.FixtureRequest, pytester: pytest.Pytester
) -> Callable[..., pytest.RunResult]:
    """Runs pytest in this process on test_it.py.

    The file begins with the ``PREAMBLE`` of the module that asks.
    """

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.path.joinpath("test_it.py").write_text(request.module.PREAMBLE + source)
        return pytester.runpytest_inprocess(*arguments)

    return run


@pytest.fixture
def run_pytest_with(
    request: pytest.FixtureRequest, pytester: pytest.Pytester
) -> Callable[..., pytest.RunResult]:
    """The same in a process of its own and with other plugins, named as for ``-p``."""

    def run(plugins: str, source: str, *arguments: str) -> pytest.RunResult:
        pytester.path.joinpath("test_it.py").write_text(request.module.PREAMBLE + source)
        loaded = [part for name in plugins.split() for part in ("-p", name)]
        return pytester.runpytest_subprocess(*loaded, *arguments, timeout=120)

    return run


class Hosts(list[str]):
    """The hosts that requests would have left for."""

    class Error(Exception):
        """Neither an OSError nor anything else that an HTTP client may take for a failure."""

    def add(self, host: str, *_: object, **__: object) -> NoReturn:
        self.append(host)
        raise self.Error(host)


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """The hosts that requests would have left for: there they end with ``left.Error``."""
    hosts = Hosts()
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(socket, "getaddrinfo", hosts.add)
    return hosts


class Loopback(HTTPServer):
    """A server on this machine that remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Loopback
    timeout = 10

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        text = body.decode(errors="backslashreplace")
        self.server.requests.append(f"{self.command} {self.path} {text}".rstrip())
        self.server.bodies.append(body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 - names of http.server

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server on this machine; ``requests`` holds what it was asked, ``url`` is its address."""
    with Loopback() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
