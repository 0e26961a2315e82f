"""The server needs an extra and a port: what is missing is said, and nobody else pays for it."""

from __future__ import annotations

import errno
import socket
import sys

import pytest

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer

# By their own names: the package itself may have come from a checkout.
INSTALL = 'python -m pip install "h11>=0.16" "pytest-httpserver>=1.0" "werkzeug>=2.0"'
OF_THE_EXTRA = ("h11", "pytest_httpserver", "werkzeug")


@pytest.fixture
def run_pytest(pytester, monkeypatch):
    """Runs pytest with this plugin and no other."""

    def run(source, *arguments, how=pytester.runpytest_inprocess):
        pytester.makepyfile(source)
        return how("-p", "invokeasync", *arguments)

    return run


# What is imported.


@pytest.mark.parametrize(
    ("fixture", "loaded"), [("invokeasync", []), ("invokeasync_server", [*OF_THE_EXTRA])]
)
def test_the_extra_is_imported_when_the_fixture_is_asked_for(run_pytest, pytester, fixture, loaded):
    result = run_pytest(
        f"""
        import sys
        import pytest_invokeasync.server.address
        from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer

        def test_one({fixture}):
            InvokeAsyncServer(InvokeAsyncMock())
            assert [name for name in {OF_THE_EXTRA} if name in sys.modules] == {loaded}
        """,
        how=pytester.runpytest_subprocess,
    )

    result.assert_outcomes(passed=1)


# Without the extra.


@pytest.fixture(params=["h11", "pytest_httpserver"])
def _no_extra(request, monkeypatch):
    monkeypatch.setitem(sys.modules, request.param, None)
    for name in ("connection", "endpoint", "loopback"):
        monkeypatch.delitem(sys.modules, f"pytest_invokeasync.server.{name}", raising=False)


@pytest.mark.usefixtures("_no_extra")
def test_without_the_extra_only_the_fixture_fails(run_pytest):
    result = run_pytest(
        """
        def test_with_a_server(invokeasync_server):
            raise AssertionError("unreached")

        def test_without(invokeasync):
            assert invokeasync.invocations == []
        """
    )

    result.assert_outcomes(passed=1, errors=1)
    told = [line for line in result.outlines if "pytest-httpserver" in line]
    assert told[0].startswith("the server for other processes needs pytest-httpserver and h11 (")
    assert told[0].endswith(f"): {INSTALL}")
    assert not [line for line in result.outlines if "Traceback" in line or line.startswith(">")]


@pytest.mark.usefixtures("_no_extra")
def test_without_the_extra_a_server_does_not_start():
    server = InvokeAsyncServer(InvokeAsyncMock())

    with pytest.raises(RuntimeError) as refused:
        server.start()

    assert str(refused.value).endswith(INSTALL)
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url


# Without a port.


def guarded(*args, **kwargs):
    """What a guard of sockets does."""
    raise RuntimeError("A test tried to use socket.socket.")


def exhausted(*args, **kwargs):
    raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")


@pytest.mark.parametrize(
    ("name", "stand_in", "reason"),
    [
        ("socket", guarded, "RuntimeError: A test tried to use socket.socket."),
        ("bind", exhausted, "Cannot assign requested address"),
    ],
)
def test_a_port_that_cannot_be_bound_is_told(monkeypatch, name, stand_in, reason):
    monkeypatch.setattr(socket if name == "socket" else socket.socket, name, stand_in)
    server = InvokeAsyncServer(InvokeAsyncMock())

    with pytest.raises(RuntimeError) as refused:
        server.start()

    message = str(refused.value)
    assert message.startswith("the server for other processes cannot listen on 127.0.0.1 (")
    assert reason in message
    assert "--allow-hosts=127.0.0.1" in message
    assert "\n" not in message


def test_the_fixture_tells_it_in_one_sentence(run_pytest, monkeypatch):
    monkeypatch.setattr(socket.socket, "bind", exhausted)

    result = run_pytest("def test_one(invokeasync_server): pass")

    result.assert_outcomes(errors=1)
    [_] = [line for line in result.outlines if line.startswith("the server for other processes")]
    assert not [line for line in result.outlines if line.startswith(">")]


def test_a_port_taken_meanwhile_ends_the_server(monkeypatch):
    with InvokeAsyncServer(InvokeAsyncMock()) as server:
        with monkeypatch.context() as patch:
            patch.setattr(socket.socket, "bind", exhausted)
            with (
                pytest.raises(RuntimeError, match=r"cannot listen on .*Cannot assign"),
                server.refuse_connections(),
            ):
                pass

        with pytest.raises(RuntimeError, match="not running"):
            _ = server.url
        server.start()
        assert server.url
