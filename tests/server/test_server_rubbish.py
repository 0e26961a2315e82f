"""What is no HTTP gets an HTTP answer where there can be one, and never stops the server."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer
from pytest_invokeasync.server import connection as http_connection
from pytest_invokeasync.server import loopback as http_server

PATH = "/2014-11-13/functions/orders/invoke-async"
POST = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()


def connect(server):
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=20)


def read_all(connection):
    """What the server says until it closes the connection in order."""
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def exchange(server, sent, *, half_close=False):
    with connect(server) as connection:
        # Who refuses a request does not have to read the rest of it.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        return read_all(connection)


CODES = {408: "RequestTimeoutException", 413: "RequestEntityTooLargeException"}


def status_of(received):
    version, status = received.split(b" ", 2)[:2]
    assert version == b"HTTP/1.1"
    assert b"\r\nconnection: close\r\n" in received.lower()
    code = CODES.get(int(status), "MalformedHttpRequestException")
    assert f"\r\nx-amzn-errortype: {code}\r\n".encode() in received
    return int(status)


def still_serves(server):
    sent = POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    return exchange(server, sent).startswith(b"HTTP/1.1 202 ")


@pytest.fixture
def server(capfd):
    with InvokeAsyncServer(InvokeAsyncMock()) as server:
        yield server
        assert still_serves(server)
    assert capfd.readouterr() == ("", "")


# A request that has to be refused.

LONG = b"x" * 140_000
MALFORMED = {
    "a TLS handshake": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "a zero": (400, b"\x00\r\n\r\n"),
    "a space before it": (400, b" GET / HTTP/1.1\r\n\r\n"),
    "no request line": (400, b"hello\r\n\r\n"),
    "HTTP/0.9": (400, b"GET /\r\n\r\n"),
    "a space too many": (400, b"POST  / HTTP/1.1\r\n\r\n"),
    "a control character in the path": (400, b"POST /\x01 HTTP/1.1\r\n\r\n"),
    "a path that is not encoded": (400, "POST /é HTTP/1.1\r\n\r\n".encode()),
    "a wrong method": (400, b"PO(T / HTTP/1.1\r\n\r\n"),
    "another version, and the head alone": (505, b"HEAD / HTTP/2.0\r\nHost: x\r\n\r\n"),
    "another version": (505, b"PRI * HTTP/2.0\r\n\r\n"),
    "no version": (400, b"POST / HTTP/x\r\n\r\n"),
    "another protocol": (400, b"OPTIONS sip:a@b SIP/2.0\r\n\r\n"),
    "a long path": (431, b"GET /" + LONG + b" HTTP/1.1\r\n\r\n"),
    "a long header": (431, POST + b"X: " + LONG + b"\r\n\r\n"),
    "many headers": (431, POST + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n"),
    "no colon": (400, POST + b"Content-Length\r\n\r\n"),
    "a space before the colon": (400, POST + b"Content-Length : 2\r\n\r\n{}"),
    "a header without a name": (400, POST + b": 2\r\n\r\n"),
    "a zero in a header": (400, POST + b"X: a\x00b\r\n\r\n"),
    "a return in a header": (400, POST + b"X: a\rY: b\r\n\r\n"),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": (400, POST + b"Host: b\r\n\r\n"),
    "no name of a host": (400, b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    "a length that is none": (400, POST + b"Content-Length: two\r\n\r\n{}"),
    "a negative length": (400, POST + b"Content-Length: -2\r\n\r\n{}"),
    "a signed length": (400, POST + b"Content-Length: +2\r\n\r\n{}"),
    "two lengths": (400, POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "an endless length": (400, POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n{}"),
    "a length beyond all bounds": (413, POST + b"Content-Length: %d\r\n\r\n{}" % (2**30 + 1)),
    "an unknown coding": (501, POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n"),
}
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MALFORMED |= {
    "a chunk without a size": (400, CHUNKED + b"{}\r\n"),
    "a negative chunk": (400, CHUNKED + b"-2\r\n{}\r\n"),
    "a chunk size of too many digits": (400, CHUNKED + b"0" * 70 + b"\r\n"),
    "an endless chunk size": (431, CHUNKED + b"0" * 140_000),
    "a trailer that is none": (400, CHUNKED + b"2\r\n{}\r\n0\r\nrubbish\r\n\r\n"),
}


@pytest.mark.parametrize(("status", "sent"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_refused(server, status, sent):
    received = exchange(server, sent)

    assert status_of(received) == status
    assert sent.startswith(b"HEAD") or b'{"message":"' in received


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("only HTTP/1.0 and HTTP/1.1 are spoken here", b"PRI * HTTP/2.0\r\n\r\n"),
        ("the header Host is not the name of a host", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        ("a body may have at most 1,000 bytes here", POST + b"Content-Length: 1001\r\n\r\n"),
        ("the rest of the request did not come", POST),
        ("Missing mandatory Host: header", b"GET / HTTP/1.1\r\n\r\n"),
    ],
)
def test_it_is_told_what_is_wrong(server, message, sent, monkeypatch):
    monkeypatch.setattr(http_connection, "REQUEST_TIMEOUT", 0.05)
    monkeypatch.setattr(http_connection, "BODY_LIMIT", 1_000)

    assert f'{{"message":"{message}"}}'.encode() in exchange(server, sent)


def test_so_is_one_after_a_request_for_the_head_alone(server):
    received = exchange(server, f"HEAD {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + b"\0")

    first, _, second = received.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 405 ")
    assert status_of(second) == 400
    assert b'{"message":"' in second


# One that ends in the middle.

CUT = {
    "in the request line": b"POST /2014",
    "in the head": POST + b"Content-Le",
    "before the body": POST + b"Content-Length: 2\r\n\r\n",
    "in the body": POST + b"Content-Length: 2\r\n\r\n{",
    "in the size of a chunk": CHUNKED + b"2",
    "in a chunk": CHUNKED + b"2\r\n{",
    "after a chunk": CHUNKED + b"2\r\n{}",
    "before the last chunk": CHUNKED + b"2\r\n{}\r\n",
    "in the trailers": CHUNKED + b"2\r\n{}\r\n0\r\n",
}


@pytest.mark.parametrize("sent", CUT.values(), ids=CUT)
def test_a_request_that_ends_in_the_middle_is_refused(server, sent):
    received = exchange(server, sent, half_close=True)

    assert status_of(received) == 400
    assert server._mock.invocations == []


@pytest.mark.parametrize("sent", CUT.values(), ids=CUT)
def test_a_request_that_does_not_go_on_times_out(server, sent, monkeypatch):
    monkeypatch.setattr(http_connection, "REQUEST_TIMEOUT", 0.05)

    assert status_of(exchange(server, sent)) == 408


@pytest.mark.parametrize("sent", CUT.values(), ids=CUT)
def test_a_client_may_vanish(server, sent):
    with connect(server) as connection:
        connection.sendall(sent)
        # Closed like this it is reset.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
def test_a_client_that_says_nothing_is_told_nothing(server, sent):
    assert exchange(server, sent, half_close=True) == b""


def test_a_whole_request_is_answered_though_the_client_says_no_more(server):
    sent = POST + b"Content-Length: 2\r\n\r\n{}"

    assert exchange(server, sent, half_close=True).startswith(b"HTTP/1.1 202 ")


def test_a_client_may_vanish_before_its_answer(server):
    server._mock.add_callback(lambda _: connection.close(), times=1)

    connection = connect(server)
    connection.sendall(POST + b"Content-Length: 2\r\n\r\n{}")

    assert server._mock.wait_until_queued("orders")


def test_a_client_that_does_not_read_its_answer_is_given_up(server, monkeypatch):
    monkeypatch.setattr(http_connection, "REQUEST_TIMEOUT", 0.05)
    server._mock.add_error("ServiceException", message="x" * 30_000_000)

    with connect(server) as connection:
        connection.sendall(POST + b"Content-Length: 2\r\n\r\n{}")
        assert b"500" in connection.recv(100)
        deadline = time.monotonic() + 20
        while "invokeasync_server connection" in [one.name for one in threading.enumerate()]:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.parametrize("size", [60_000, 5_000_000])
def test_a_client_may_go_on_sending_after_it_was_refused(server, monkeypatch, size):
    monkeypatch.setattr(http_connection, "BODY_LIMIT", 1_000)

    with connect(server) as connection:
        connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
        assert status_of(read_all(connection)) == 413


def test_what_keeps_to_the_limit_is_not_refused(server, monkeypatch):
    monkeypatch.setattr(http_connection, "BODY_LIMIT", 1_000)
    body = b'"' + b"x" * 998 + b'"'

    received = exchange(server, POST + b"Connection: close\r\nContent-Length: 1000\r\n\r\n" + body)

    assert received.startswith(b"HTTP/1.1 202 ")


def test_so_may_one_that_does_not_say_how_much_it_sends(server, monkeypatch):
    monkeypatch.setattr(http_connection, "BODY_LIMIT", 1_000)

    received = exchange(server, CHUNKED + 20 * (b"64\r\n" + b"x" * 100 + b"\r\n"))

    assert status_of(received) == 413


def test_a_refusal_does_not_repeat_what_was_sent(server):
    received = exchange(server, POST + b"Authorization secret\r\n\r\n")

    assert status_of(received) == 400
    assert b"illegal header line" in received
    assert b"secret" not in received


def test_what_has_no_end_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr(http_server, "_LINGER", 0.5)
    monkeypatch.setattr(http_server, "_DRAINED", 1)

    # Closed with something unread is reset: more than the sockets hold cannot be sent.
    with connect(server) as connection, pytest.raises(OSError, match=r"reset|pipe"):
        connection.sendall(b"\x00" + b"more" * 10_000_000)


# Anything at all.


@pytest.fixture(scope="module")
def patient_server():
    with InvokeAsyncServer(InvokeAsyncMock()) as server:
        yield server


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                POST,
                b"Content-Length: 2\r\n",
                b"Expect: 100-continue\r\n",
                b"\r\n",
                b"{}",
                CHUNKED,
                b"2\r\n{}\r\n",
                b"0\r\n\r\n",
                b"GET / HTTP/1.0\r\n\r\n",
                b"HEAD / HTTP/2.0\r\nHost: x\r\n\r\n",
            ]
        ),
    ),
    max_size=6,
).map(b"".join)


@given(sent=PIECES)
@settings(max_examples=settings.default.max_examples * 3 // 2)
def test_any_bytes_get_an_answer_or_an_orderly_end(patient_server, sent):
    received = exchange(patient_server, sent, half_close=True)

    assert received == b"" or received.startswith(b"HTTP/1.1 ")
    assert still_serves(patient_server)
