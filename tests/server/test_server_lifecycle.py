"""The server's life: from the fixture to its teardown nothing is left, whatever is in progress."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import threading
import time

import pytest

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer
from pytest_invokeasync.server import loopback as http_server

PATH = "/2014-11-13/functions/orders/invoke-async"


def connect(server):
    return http.client.HTTPConnection(server.url.partition("//")[2], timeout=20)


def call(server):
    with contextlib.closing(connect(server)) as connection:
        connection.request("POST", PATH, b"{}")
        return connection.getresponse().status


def threads():
    return [one for one in threading.enumerate() if one.name.startswith("invokeasync_server")]


# Starting and stopping.


def test_it_is_a_context_manager_for_any_mock():
    with InvokeAsyncMock() as invokeasync, InvokeAsyncServer(invokeasync) as server:
        assert call(server) == 202
        invokeasync.assert_queued_once("orders")


def test_a_program_need_not_wait_for_its_threads(invokeasync_server):
    with contextlib.closing(connect(invokeasync_server)) as connection:
        connection.connect()
        connection.request("POST", PATH, b"{}")
        connection.getresponse().read()

        # One that serves, and one for the connection.
        assert [thread.daemon for thread in threads()] == [True, True]


def test_it_serves_a_mock_that_is_not_active():
    mock = InvokeAsyncMock()

    with InvokeAsyncServer(mock) as server:
        assert call(server) == 202

    mock.assert_queued_once("orders")


def test_it_can_be_started_once_only():
    with InvokeAsyncServer(InvokeAsyncMock()) as server:
        with pytest.raises(RuntimeError, match=r"^this InvokeAsyncServer is running already$"):
            server.start()
        assert call(server) == 202


def test_it_can_be_started_again():
    server = InvokeAsyncServer(InvokeAsyncMock())
    for _ in range(3):
        with server:
            assert call(server) == 202


def test_stopping_what_does_not_run_does_nothing():
    server = InvokeAsyncServer(InvokeAsyncMock())
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_nobody_listens_after_it_has_stopped():
    with InvokeAsyncServer(InvokeAsyncMock()) as server:
        connection = connect(server)

    with pytest.raises(ConnectionRefusedError):
        connection.connect()


def test_each_has_a_port_and_a_mock_of_its_own(invokeasync, invokeasync_server):
    other = InvokeAsyncMock()
    with InvokeAsyncServer(other) as server:
        call(server)
        call(server)
        call(invokeasync_server)

    assert (len(other.events), len(invokeasync.events)) == (2, 1)


# What is in progress when it stops.


def test_no_thread_is_left(invokeasync, invokeasync_server):
    connections = [connect(invokeasync_server) for _ in range(5)]
    for connection in connections:
        connection.connect()
    connections[0].request("POST", PATH, b"{}")
    connections[0].getresponse().read()
    connections[1].putrequest("POST", PATH)  # and never ends
    names = {one.name for one in threads()}
    assert names == {"invokeasync_server", "invokeasync_server connection"}

    invokeasync_server.stop()

    assert threads() == []
    for connection in connections:
        connection.close()


def test_an_answer_in_progress_is_finished():
    mock = InvokeAsyncMock()
    asked, go_on = threading.Event(), threading.Event()

    def wait(_):
        asked.set()
        assert go_on.wait(20)

    mock.add_callback(wait)
    server = InvokeAsyncServer(mock)
    server.start()
    with contextlib.closing(connect(server)) as connection:
        connection.request("POST", PATH, b"{}")
        assert asked.wait(20)
        timer = threading.Timer(0.05, go_on.set)
        timer.start()
        server.stop()
        timer.join()
        answer = connection.getresponse()

        assert (answer.status, answer.headers["connection"]) == (202, "close")
    assert threads() == []


def test_a_request_that_is_on_its_way_is_told_nothing(invokeasync):
    with InvokeAsyncServer(invokeasync) as server:
        connection = connect(server)
        connection.putrequest("POST", PATH)
        connection.putheader("Content-Length", "10")
        connection.endheaders(b"[1")
        assert call(server) == 202  # so that the first one is being read

    # Not that it was malformed, which no client repeats.
    with contextlib.closing(connection), pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()


def test_a_connection_for_which_there_is_no_thread_is_closed(monkeypatch):
    with InvokeAsyncServer(InvokeAsyncMock()) as server:
        start = threading.Thread.start

        def exhausted(thread):
            if thread.name == "invokeasync_server connection":
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", exhausted)
        monkeypatch.setattr(server._server.server, "handle_error", lambda *_: None)
        with pytest.raises(ConnectionError):
            call(server)
        monkeypatch.undo()

        assert call(server) == 202


def test_a_callback_without_end_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(http_server, "_GRACE", 0.05)
    mock = InvokeAsyncMock()
    asked, go_on = threading.Event(), threading.Event()

    def wait(_):
        asked.set()
        go_on.wait(20)

    mock.add_callback(wait)
    with InvokeAsyncServer(mock) as server:
        connection = connect(server)
        connection.request("POST", PATH, b"{}")
        assert asked.wait(20)

    [thread] = threads()
    go_on.set()
    thread.join(20)
    connection.close()
    assert not thread.is_alive()


def test_a_program_may_end_without_stopping_it():
    program = """
import socket
from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer

server = InvokeAsyncServer(InvokeAsyncMock())
server.start()
client = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=20)
client.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
assert client.recv(12) == b"HTTP/1.1 404"
"""

    subprocess.run([sys.executable, "-c", program], timeout=30, check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_does_not_keep_the_port_open():
    program = f"""
import os, socket
from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer

with InvokeAsyncServer(InvokeAsyncMock()) as server:
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    client = socket.create_connection(address, timeout=20)
    client.sendall(b"POST {PATH} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    assert client.recv(12) == b"HTTP/1.1 400"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)  # until the parent has ended, or lets go
        os._exit(0)
    with server.refuse_connections():
        while client.recv(65536):
            pass
        try:
            socket.create_connection(address, timeout=20)
        except ConnectionRefusedError:
            print("refused")
    socket.create_connection(address, timeout=20).close()
    client.close()
os.close(writer)
os.waitpid(child, 0)
"""
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (done.stdout, done.stderr) == ("refused\n", "")


# The fixture.


@pytest.fixture
def run_pytest(pytester, monkeypatch):
    """Runs pytest in this process on test_it.py, with this plugin and no other."""
    preamble = f"""\
import http.client
import time
import pytest
from pytest_invokeasync import faults

def call(server, timeout=20, method="POST", path="{PATH}"):
    connection = http.client.HTTPConnection(server.url.partition("//")[2], timeout=timeout)
    try:
        connection.request(method, path, b"{{}}")
        return connection.getresponse().status
    finally:
        connection.close()
"""

    def run(source, *arguments):
        pytester.path.joinpath("test_it.py").write_text(preamble + source)
        return pytester.runpytest_inprocess("-p", "invokeasync", *arguments)

    yield run
    assert threads() == []


def test_the_fixture_is_the_mock_of_invokeasync(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync_server, invokeasync):
    assert call(invokeasync_server) == 202
    invokeasync.assert_queued_once("orders")

@pytest.mark.invokeasync(unknown_functions="reject")
def test_two(invokeasync_server):
    assert call(invokeasync_server) == 404

@pytest.mark.usefixtures("invokeasync_server")
class TestThree:
    def test_three(self, invokeasync):
        assert invokeasync.invocations == []
"""
    )

    result.assert_outcomes(passed=3)


def test_a_test_errors_at_teardown_as_with_calls_of_its_own(run_pytest):
    result = run_pytest(
        """
def test_a_rule(invokeasync, invokeasync_server):
    invokeasync.add_error("ServiceException")

def test_another_call(invokeasync_server):
    call(invokeasync_server, method="GET", path="/2015-03-31/functions")

def test_a_callback(invokeasync, invokeasync_server):
    invokeasync.add_callback(lambda _: 1 / 0)
    call(invokeasync_server)
"""
    )

    result.assert_outcomes(passed=3, errors=3)
    result.stdout.fnmatch_lines_random(
        [
            "unanswered rule: add_error('ServiceException')*",
            "unmocked call to AWS Lambda: GET http://127.0.0.1:*/2015-03-31/functions",
            "*a callback that was asked for another process raised ZeroDivisionError: *",
        ]
    )


def test_the_server_of_a_failed_test_stops_and_its_recordings_show(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync_server):
    assert call(invokeasync_server) == 500
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1. orders {} -> 202 accepted"])


def test_the_server_stops_before_the_mock_is_verified(run_pytest):
    result = run_pytest(
        """
import threading

def test_one(invokeasync, invokeasync_server):
    asked = threading.Event()

    def answer(invocation):
        asked.set()
        time.sleep(0.1)
        raise AssertionError("too late")

    invokeasync.add_callback(answer)
    threading.Thread(target=call, args=[invokeasync_server], daemon=True).start()
    assert asked.wait(20)
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*raised AssertionError: too late"])


def test_a_hanging_request_does_not_hold_up_the_teardown(run_pytest):
    started = time.monotonic()

    result = run_pytest(
        """
def test_one(invokeasync, invokeasync_server):
    invokeasync.add_fault(faults.ReadTimeout)
    with pytest.raises(TimeoutError):
        call(invokeasync_server, timeout=0.05)
    deadline = time.monotonic() + 20
    while not invokeasync.invocations and time.monotonic() < deadline:
        time.sleep(0.01)
"""
    )

    result.assert_outcomes(passed=1)
    assert time.monotonic() - started < 15


@pytest.mark.once
def test_every_worker_has_a_server_of_its_own(pytester, monkeypatch):
    pytester.makepyfile(
        f"""
import urllib.request
import pytest

@pytest.mark.parametrize("number", range(6))
def test_one(invokeasync, invokeasync_server, number):
    urllib.request.urlopen(invokeasync_server.url + "{PATH}", b"%d" % number, timeout=20).close()
    assert [event.payload for event in invokeasync.events] == [number]
"""
    )

    result = pytester.runpytest_subprocess("-p", "invokeasync", "-p", "xdist", "-n2", timeout=120)

    result.assert_outcomes(passed=6)
