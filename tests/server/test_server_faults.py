"""Faults are real at the real endpoint: what a client meets there is what the network does."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
import time

import pytest

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer, faults

PATH = "/2014-11-13/functions/orders/invoke-async"


def connect(server, timeout=20):
    return http.client.HTTPConnection(server.url.partition("//")[2], timeout=timeout)


def call(server, timeout=20, body=b"{}"):
    """The status and body of an answer to a call of its own connection."""
    with contextlib.closing(connect(server, timeout)) as connection:
        connection.request("POST", PATH, body)
        answer = connection.getresponse()
        return answer.status, answer.read()


def faults_recorded(mock):
    return [attempt.fault for one in mock.invocations for attempt in one.attempts]


def connections():
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name == "invokeasync_server connection"]


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# Faults by rule.


@pytest.mark.parametrize(
    "fault", [faults.ConnectionRefused, faults.NameResolution, faults.TLSFailure]
)
def test_a_connection_that_could_not_be_made_is_reset(invokeasync, invokeasync_server, fault):
    invokeasync.add_fault(fault)

    with pytest.raises(ConnectionResetError) as met:
        call(invokeasync_server)

    # Not http.client.RemoteDisconnected, which is one of its kind.
    assert met.type is ConnectionResetError
    assert faults_recorded(invokeasync) == [fault.name]
    assert call(invokeasync_server)[0] == 202


def test_a_closed_connection_is_closed_in_order(invokeasync, invokeasync_server):
    invokeasync.add_fault(faults.ConnectionClosed)

    # A reset would be a ConnectionResetError.
    with pytest.raises(http.client.RemoteDisconnected, match="closed connection without response"):
        call(invokeasync_server)

    assert faults_recorded(invokeasync) == ["ConnectionClosed"]
    assert call(invokeasync_server)[0] == 202


@pytest.mark.parametrize("fault", [faults.ReadTimeout, faults.ConnectTimeout, faults.LostAnswer])
def test_a_timeout_leaves_the_client_without_an_answer(invokeasync, invokeasync_server, fault):
    invokeasync.add_fault(fault)

    with pytest.raises(TimeoutError):
        call(invokeasync_server, timeout=0.05)

    wait_for(lambda: faults_recorded(invokeasync) == [fault.name])
    assert len(invokeasync.events) == int(fault.delivered)
    assert call(invokeasync_server)[0] == 202


def test_a_truncated_answer_says_how_long_it_would_have_been(invokeasync, invokeasync_server):
    invokeasync.add_fault(faults.TruncatedAnswer)

    with pytest.raises(http.client.IncompleteRead) as cut:
        call(invokeasync_server)

    assert cut.value.partial == faults.TruncatedAnswer.answer.body
    assert cut.value.expected == 97 - len(cut.value.partial)
    assert faults_recorded(invokeasync) == ["TruncatedAnswer"]


@pytest.mark.parametrize("fault", faults.every(), ids=str)
def test_every_fault_may_have_been_delivered(invokeasync, invokeasync_server, fault):
    invokeasync.add_fault(fault, delivered=True)

    with contextlib.suppress(OSError, http.client.HTTPException):
        call(invokeasync_server, timeout=0.05)

    invokeasync.wait_until_queued("orders")
    assert faults_recorded(invokeasync) == [fault.name]


def test_the_answer_that_was_lost_is_given_to_the_retry(invokeasync, invokeasync_server):
    invokeasync.add_fault(faults.LostAnswer)
    headers = {"amz-sdk-invocation-id": "one"}

    with contextlib.closing(connect(invokeasync_server, 0.05)) as connection:
        connection.request("POST", PATH, b"{}", headers)
        with pytest.raises(TimeoutError):
            connection.getresponse()
    invokeasync.wait_until_queued("orders")
    with contextlib.closing(connect(invokeasync_server)) as connection:
        connection.request("POST", PATH, b"{}", headers)
        assert connection.getresponse().status == 202

    assert len(invokeasync.get_invocation().attempts) == 2
    invokeasync.assert_queued("orders", times=2)


def test_a_callback_may_choose_a_fault(invokeasync, invokeasync_server):
    invokeasync.add_callback(lambda _: faults.ConnectionClosed, times=1)

    with pytest.raises(http.client.RemoteDisconnected):
        call(invokeasync_server)


# The limit of hanging.


def test_hanging_has_a_limit(invokeasync, invokeasync_server):
    invokeasync.add_fault(faults.ReadTimeout)
    invokeasync_server.hang_limit = 0.1
    begun = time.monotonic()

    with pytest.raises(http.client.RemoteDisconnected):
        call(invokeasync_server)

    assert time.monotonic() - begun > 0.09


def test_a_client_that_goes_on_sending_does_not_prolong_it(invokeasync, invokeasync_server):
    invokeasync.add_fault(faults.ReadTimeout)
    invokeasync_server.hang_limit = 0.1

    with contextlib.closing(connect(invokeasync_server)) as connection:
        connection.request("POST", PATH, b"{}")

        def is_closed():
            try:
                connection.sock.sendall(b"more")
            except ConnectionError:
                return True
            return False

        wait_for(is_closed)


def test_the_limit_is_half_a_minute_unless_it_is_set(invokeasync_server):
    assert invokeasync_server.hang_limit == 30


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), 3601, "30", None, True])
def test_the_limit_is_a_number_of_seconds(invokeasync_server, limit):
    with pytest.raises(ValueError, match=r"more than 0 seconds, and no more than 3600, not "):
        invokeasync_server.hang_limit = limit


def test_hanging_ends_when_the_client_gives_up(invokeasync, invokeasync_server):
    invokeasync.add_fault(faults.ReadTimeout)

    with pytest.raises(TimeoutError):
        call(invokeasync_server, timeout=0.05)

    wait_for(lambda: invokeasync.invocations and not connections())


def test_hanging_ends_when_the_server_stops():
    mock = InvokeAsyncMock()
    mock.add_fault(faults.ReadTimeout)
    server = InvokeAsyncServer(mock)
    server.start()
    with contextlib.closing(connect(server)) as connection:
        connection.request("POST", PATH, b"{}")
        wait_for(lambda: faults_recorded(mock) == ["ReadTimeout"])
        server.stop()

        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
        assert server.hang_limit == 30


# Connections that are refused, truly.


def test_connections_can_be_refused(invokeasync, invokeasync_server):
    url = invokeasync_server.url

    with invokeasync_server.refuse_connections():
        assert invokeasync_server.url == url
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                call(invokeasync_server)

    assert invokeasync_server.url == url
    assert call(invokeasync_server)[0] == 202
    assert len(invokeasync.invocations) == 1


def test_they_can_be_refused_again_and_again(invokeasync_server):
    for _ in range(5):
        assert call(invokeasync_server)[0] == 202
        with invokeasync_server.refuse_connections(), pytest.raises(ConnectionRefusedError):
            call(invokeasync_server)


def test_they_are_accepted_again_after_an_exception(invokeasync_server):
    with pytest.raises(LookupError), invokeasync_server.refuse_connections():
        raise LookupError

    assert call(invokeasync_server)[0] == 202


def test_open_connections_are_closed_before(invokeasync_server):
    with contextlib.closing(connect(invokeasync_server)) as connection:
        connection.request("POST", PATH, b"{}")
        connection.getresponse().read()

        with invokeasync_server.refuse_connections():
            assert connection.sock.recv(1) == b""
            connection.close()
            with pytest.raises(ConnectionRefusedError):
                connection.connect()


def test_the_port_is_nobody_elses_meanwhile(invokeasync_server):
    address = ("127.0.0.1", int(invokeasync_server.url.rpartition(":")[2]))

    with (
        invokeasync_server.refuse_connections(),
        socket.socket() as other,
        pytest.raises(OSError, match="in use"),
    ):
        other.bind(address)


def test_a_callback_may_have_all_that_follows_refused(invokeasync, invokeasync_server):
    with contextlib.ExitStack() as stack:

        def go_away(_):
            stack.enter_context(invokeasync_server.refuse_connections())

        invokeasync.add_callback(go_away, times=1)

        assert call(invokeasync_server)[0] == 202
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                call(invokeasync_server)

    assert call(invokeasync_server)[0] == 202
    assert len(invokeasync.events) == 2


def test_what_refuses_already_cannot_refuse_again(invokeasync_server):
    with (
        invokeasync_server.refuse_connections(),
        pytest.raises(RuntimeError, match="refuses connections already"),
        invokeasync_server.refuse_connections(),
    ):
        pass

    assert call(invokeasync_server)[0] == 202


def test_a_server_may_be_stopped_while_it_refuses():
    with InvokeAsyncServer(InvokeAsyncMock()) as server:
        port = int(server.url.rpartition(":")[2])
        with server.refuse_connections():
            server.stop()

        # The port is free, and nobody listens there.
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))


def test_only_a_running_server_can_refuse():
    server = InvokeAsyncServer(InvokeAsyncMock())

    message = "this InvokeAsyncServer is not running: start() it, or use it in a with statement"
    with pytest.raises(RuntimeError, match=f"^{re.escape(message)}$"), server.refuse_connections():
        pass
