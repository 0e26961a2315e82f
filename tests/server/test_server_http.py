"""The real endpoint speaks HTTP/1.1: framing, connections that stay open, and those that do not."""

from __future__ import annotations

import socket
import string
import time

import pytest

from pytest_invokeasync import ErrorSpec, Fault, faults
from pytest_invokeasync.api.messages import Answer
from pytest_invokeasync.server import connection as http_connection

PREAMBLE = """
import http.client
import pytest
from pytest_invokeasync import Fault
from pytest_invokeasync.api.messages import Answer
"""
PATH = "/2014-11-13/functions/orders/invoke-async"


class Wire:
    """A connection, byte by byte."""

    def __init__(self, server):
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        self.socket = socket.create_connection(address, timeout=20)
        self.reader = self.socket.makefile("rb")

    def send(self, *lines, body=b"", version="1.1", method="POST", path=PATH):
        head = [f"{method} {path} HTTP/{version}", "Host: 127.0.0.1", *lines, "", ""]
        self.socket.sendall("\r\n".join(head).encode() + body)

    def receive(self, *, head_only=False):
        """Status, headers and body of one answer."""
        status = int(self.reader.readline().split()[1])
        headers = {}
        while line := self.reader.readline().strip():
            name, _, value = line.decode().partition(": ")
            assert name.lower() not in headers
            headers[name.lower()] = value
        length = 0 if head_only else int(headers.get("content-length", 0))
        return status, headers, self.reader.read(length)

    def is_closed(self):
        """Whether the server has ended it in order; waits for that."""
        return self.reader.read(1) == b""

    def close(self):
        self.reader.close()
        self.socket.close()


@pytest.fixture
def wire(invokeasync_server):
    wire = Wire(invokeasync_server)
    yield wire
    wire.close()


# Connections.


def test_a_connection_stays_open(invokeasync, wire):
    for number in (1, 2, 3):
        wire.send("Content-Length: 1", body=b"%d" % number)
        status, headers, _ = wire.receive()
        assert (status, headers["connection"]) == (202, "keep-alive")

    assert [one.payload for one in invokeasync.invocations] == [1, 2, 3]


def test_requests_may_follow_each_other_without_waiting(invokeasync, wire):
    wire.send("Content-Length: 1", body=b"1")
    wire.send("Content-Length: 1", body=b"2")

    assert [wire.receive()[0], wire.receive()[0]] == [202, 202]
    assert [one.payload for one in invokeasync.invocations] == [1, 2]


@pytest.mark.parametrize("ends", [b"\r\n", b"\n", b"\r\n\r\n"])
def test_an_empty_line_before_a_request_is_passed_over(invokeasync, wire, ends):
    wire.socket.sendall(ends)
    for _ in range(2):
        # As old clients end a body.
        wire.send("Content-Length: 2", body=b"{}" + ends)
        assert wire.receive()[0] == 202
    wire.socket.sendall(ends)
    wire.send("Content-Length: 2", body=b"{}" + ends)
    wire.send("Content-Length: 2", body=b"{}")

    assert [wire.receive()[0], wire.receive()[0]] == [202, 202]
    assert len(invokeasync.invocations) == 4


@pytest.mark.parametrize(("start", "status"), [("X", 405), (" ", 400)])
def test_nothing_else_is_passed_over(wire, start, status):
    request = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}"

    wire.socket.sendall(f"{request}{start}{request}".encode())

    assert [wire.receive()[0], wire.receive()[0]] == [202, status]


def test_a_client_that_could_speak_http_2_is_answered_in_http_1(wire):
    for _ in range(2):
        wire.send(
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAEAAEAA",
            "Content-Length: 2",
            body=b"{}",
        )
        assert wire.receive()[0] == 202


def test_one_newer_than_1_1_is_answered_as_1_1(wire):
    wire.send("Content-Length: 2", body=b"{}", version="1.2")

    assert wire.receive()[0] == 202


@pytest.mark.parametrize("option", ["close", "Close", "foo, close"])
def test_a_client_may_ask_to_close(wire, option):
    wire.send("Content-Length: 2", f"Connection: {option}", body=b"{}")

    assert wire.receive()[1]["connection"] == "close"
    assert wire.is_closed()


def test_http_1_0_closes(wire):
    wire.send("Content-Length: 2", body=b"{}", version="1.0")

    assert wire.receive()[1]["connection"] == "close"
    assert wire.is_closed()


def test_http_1_0_needs_no_host(wire):
    wire.socket.sendall(f"POST {PATH} HTTP/1.0\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    assert wire.receive()[0] == 202


def test_without_a_host_the_address_is_that_of_the_server(invokeasync, invokeasync_server, wire):
    wire.socket.sendall(b"GET /2015-03-31/functions HTTP/1.0\r\n\r\n")

    assert wire.receive()[0] == 404
    [call] = invokeasync.unmocked_calls
    assert call.url == f"{invokeasync_server.url}/2015-03-31/functions"
    invokeasync.unmocked_calls.clear()


NAME_OF_HOST = f"{string.ascii_letters}{string.digits}._~-"
ADDRESS = f"[{string.hexdigits}:.]"  # of version 6


@pytest.mark.parametrize(
    "host", ["", "h:", NAME_OF_HOST, f"{NAME_OF_HOST}:0123456789", ADDRESS, f"{ADDRESS}:80"]
)
def test_a_host_is_any_name_or_address(invokeasync, wire, host):
    wire.socket.sendall(f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())

    assert wire.receive()[0] == 400  # for the empty payload
    assert invokeasync.get_invocation().headers["Host"] == host


def test_a_connection_may_rest_between_two_requests(wire, monkeypatch):
    monkeypatch.setattr(http_connection, "REQUEST_TIMEOUT", 0.05)
    wire.send("Content-Length: 2", body=b"{}")
    assert wire.receive()[0] == 202

    time.sleep(0.2)

    wire.send("Content-Length: 2", body=b"{}")
    assert wire.receive()[0] == 202


def test_a_head_may_be_long(invokeasync, wire, monkeypatch):
    monkeypatch.setattr(http_connection, "_PIECE", 30_000)  # so that it comes in several

    wire.send(f"X-Long: {'x' * 50_000}", "Content-Length: 2", body=b"{}")

    assert wire.receive()[0] == 202
    assert invokeasync.get_invocation().headers["x-long"] == "x" * 50_000


def test_a_scripted_connection_header_is_true(invokeasync, wire):
    invokeasync.add_error("ServiceException", headers={"Connection": "close"})

    wire.send("Content-Length: 2", body=b"{}")

    assert wire.receive()[1]["connection"] == "close"
    assert wire.is_closed()


def test_another_method_does_not_cost_the_connection(wire):
    wire.send(method="HEAD")
    assert wire.receive(head_only=True)[0] == 405
    wire.send("Content-Length: 5", method="PUT", body=b"12345")
    assert wire.receive()[0] == 405
    wire.send(method="GET", path="/2014-11-13/other")
    assert wire.receive()[0] == 404
    wire.send("Content-Length: 2", body=b"{}")
    assert wire.receive()[0] == 202


@pytest.fixture(autouse=True)
def _refused_calls_are_expected(invokeasync):
    yield
    invokeasync.unmocked_calls.clear()


# Bodies.


def test_a_client_may_wait_for_100_continue(invokeasync, wire):
    wire.send("Content-Length: 2", "Expect: 100-continue")
    assert wire.reader.readline() + wire.reader.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert invokeasync.invocations == []

    wire.socket.sendall(b"{}")

    assert wire.receive()[0] == 202
    invokeasync.assert_queued_once("orders", payload={})


@pytest.mark.parametrize(
    ("lines", "version"),
    [(["Content-Length: 0"], "1.1"), ([], "1.1"), (["Content-Length: 1"], "1.0")],
)
def test_nobody_is_told_to_continue_who_does_not_wait(wire, lines, version):
    wire.send("Expect: 100-continue", *lines, version=version, body=b"1" if lines else b"")

    assert wire.receive()[0] in (202, 400)


CHUNKS = {
    "one": b"2\r\n{}\r\n0\r\n\r\n",
    "several": b'1\r\n{\r\n3\r\n"a"\r\n03\r\n: 1\r\n1\r\n}\r\n0\r\n\r\n',
    "with an extension": b'2;name="value"\r\n{}\r\n0;last\r\n\r\n',
    "with trailers": b"2\r\n{}\r\n0\r\nX-Check: 1\r\nX-More: 2\r\n\r\n",
}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
@pytest.mark.parametrize("coding", ["chunked", "Chunked"])
def test_a_body_may_come_in_chunks(invokeasync, wire, chunks, coding):
    wire.send(f"Transfer-Encoding: {coding}", body=chunks)
    assert wire.receive()[0] == 202
    wire.send("Content-Length: 1", body=b"1")
    assert wire.receive()[0] == 202

    assert [one.payload for one in invokeasync.invocations] in ([{}, 1], [{"a": 1}, 1])


def test_chunks_may_be_waited_for(invokeasync, wire):
    wire.send("Transfer-Encoding: chunked", "Expect: 100-continue")
    assert wire.reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    assert wire.reader.readline() == b"\r\n"

    wire.socket.sendall(CHUNKS["one"])

    assert wire.receive()[0] == 202


def test_a_body_without_a_length_is_none(invokeasync, wire):
    wire.send()

    assert wire.receive()[0] == 400
    assert invokeasync.get_invocation().body == b""


def test_lines_may_end_without_a_return(invokeasync, wire):
    wire.socket.sendall(f"POST {PATH} HTTP/1.1\nHost: x\nContent-Length: 2\n\n{{}}".encode())

    assert wire.receive()[0] == 202


# Answers.


def test_a_status_without_a_name_has_none(invokeasync, wire):
    invokeasync.add_error(ErrorSpec("EnhanceYourCalm", 420))

    wire.send("Content-Length: 2", body=b"{}")

    assert wire.reader.readline() == b"HTTP/1.1 420 \r\n"


CHUNKED_PAGE = b"b\r\nBad Gateway\r\n0\r\n\r\n"


@pytest.mark.parametrize("headers", [{}, {"Connection": "keep-alive"}])
def test_an_answer_without_a_length_says_where_it_ends(invokeasync, wire, headers):
    invokeasync.add_fault(Fault("Page", answer=Answer(502, headers, b"Bad Gateway")), times=2)

    wire.send("Content-Length: 2", body=b"{}")
    status, headers, _ = wire.receive()
    assert (status, headers["transfer-encoding"]) == (502, "chunked")
    assert wire.reader.read(len(CHUNKED_PAGE)) == CHUNKED_PAGE

    wire.send("Content-Length: 2", body=b"{}", version="1.0")
    status, headers, _ = wire.receive()
    assert (status, headers) == (502, {"connection": "close"})
    assert wire.reader.read() == b"Bad Gateway"


@pytest.mark.parametrize(
    "fault", [faults.BadGatewayPage, faults.ServiceUnavailablePage, faults.GatewayTimeoutPage]
)
def test_a_page_of_a_proxy_comes_as_it_is(invokeasync, wire, fault):
    invokeasync.add_fault(fault)

    wire.send("Content-Length: 2", body=b"{}")

    answer = fault.answer
    assert wire.receive() == (answer.status, dict(answer.headers), answer.body)
    wire.send("Content-Length: 2", body=b"{}")
    assert wire.receive()[0] == 202


def test_an_answer_that_http_cannot_carry_is_told_at_the_end(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync, invokeasync_server):
    invokeasync.add_fault(Fault("Odd", answer=Answer(204, {}, b"a body")))
    connection = http.client.HTTPConnection(invokeasync_server.url.partition("//")[2])
    connection.request("POST", "/2014-11-13/functions/orders/invoke-async", "{}")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*an answer could not be sent to another process: LocalProtocolError: Too much data*"]
    )


def test_an_answer_that_is_cut_does_not_say_so(invokeasync, wire):
    invokeasync.add_fault(faults.TruncatedAnswer)

    wire.send("Content-Length: 2", body=b"{}")

    answer = faults.TruncatedAnswer.answer
    assert wire.receive() == (500, dict(answer.headers), answer.body)
    assert wire.is_closed()
