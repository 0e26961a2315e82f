"""HTTP requests that nobody thought of, written by Python's own client, cut and damaged."""

from __future__ import annotations

import http.client
import io
import string
from unittest.mock import Mock

from hypothesis import given
from hypothesis import strategies as st

from pytest_invokeasync.clients.http_connection import BadRequest, HttpConnection, HttpRequest
from pytest_invokeasync.messages import Answer

ACCEPTED = Answer(202, {"content-length": "0"}, b"")
Message = tuple[str, str, dict[str, str], bytes | list[bytes] | None]


class Wire:
    """In place of a socket: keeps what is sent."""

    def __init__(self) -> None:
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        self.sent += bytes(data)


def write(
    method: str, target: str, headers: dict[str, str], body: bytes | list[bytes] | None
) -> bytes:
    """The request as ``http.client`` sends it; a list in chunks."""
    connection = http.client.HTTPConnection("h", 80)
    wire = connection.sock = Wire()  # type: ignore[assignment]
    chunked = isinstance(body, list)
    if chunked:
        headers = {**headers, "Transfer-Encoding": "chunked"}
    connection.request(method, target, body, headers, encode_chunked=chunked)
    return wire.sent


def read_all(data: bytes) -> tuple[list[HttpRequest], int | None]:
    """The requests on one connection, and the status of the refusal that ended it."""
    connection = HttpConnection(Mock(recv=io.BytesIO(data).read))
    requests = []
    try:
        while (request := connection.read()) is not None:
            requests.append(request)
            if not connection.send(ACCEPTED, close=False):
                break
    except BadRequest as problem:
        return requests, problem.status
    return requests, None


METHODS = st.sampled_from(["POST", "GET", "PUT", "X-~"])
TARGETS = st.text(string.ascii_letters + string.digits + "/%?#:$=&.-_~+", max_size=30).map(
    "/".__add__
)
# Those of the framing are http.client's own.
NAMES = st.text(string.ascii_letters + "-_.!~", min_size=1, max_size=12).filter(
    lambda name: name.lower() not in ("host", "expect", "connection", "te")
)
VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"])
    | st.just("\t"),
    max_size=20,
)


@st.composite
def headers(draw: st.DrawFn) -> dict[str, str]:
    """Each name once, in any case."""
    sent = draw(st.dictionaries(NAMES, VALUES, max_size=4))
    return dict({name.lower(): (name, value) for name, value in sent.items()}.values())


BODIES = st.none() | st.binary(max_size=40) | st.lists(st.binary(min_size=1, max_size=9))
MESSAGES = st.tuples(METHODS, TARGETS, headers(), BODIES)


@given(st.lists(MESSAGES, min_size=1, max_size=3))
def test_what_python_writes_is_read_back_one_request_after_the_other(
    messages: list[Message],
) -> None:
    requests, refusal = read_all(b"".join(write(*message) for message in messages))

    assert (len(requests), refusal) == (len(messages), None)
    for request, (method, target, sent, body) in zip(requests, messages, strict=True):
        assert (request.method, request.target) == (method, target)
        assert request.body == (b"".join(body) if isinstance(body, list) else body or b"")
        assert request.host == "h"
        for name, value in sent.items():
            assert request.headers[name] == value.strip(" \t")


@given(MESSAGES, st.data())
def test_one_that_was_cut_short_is_refused(message: Message, data: st.DataObject) -> None:
    whole = write(*message)
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]

    assert read_all(cut) == ([], 400)


SCRAPS = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b"\x00",
            b"\xff",
            b"0",
            b"5",
            b"ffffffffff",
            b"-",
        ),
        *(
            b"Content-Length: 3\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Host: x\r\n",
            b",",
            b"HTTP/1.0",
        ),
        *(
            b"GET / HTTP/1.1\r\n",
            b"\r\n\r\n",
            b"Expect: 100-continue\r\n",
            b"Connection: close\r\n",
        ),
    ]
)


@given(MESSAGES, st.data())
def test_a_damaged_one_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    whole = write(*message)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(at, min(at + 4, len(whole))))
        whole = whole[:at] + data.draw(SCRAPS | st.binary(max_size=3)) + whole[end:]
    requests, refusal = read_all(whole)
    assert refusal in (None, 400, 413, 431, 501, 505)
    for request in requests:
        for text in (request.method, request.target, request.host):
            assert not set(text) & set(string.whitespace)
        for line in (*request.headers, *request.headers.values()):
            assert not set(line) & set("\r\n\0")
