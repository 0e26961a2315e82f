"""HTTP requests that nobody thought of, written by Python's own client, cut and damaged."""

from __future__ import annotations

import contextlib
import http.client
import io
import string
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_invokeasync.api.messages import Answer
from pytest_invokeasync.errors import ErrorSpec
from pytest_invokeasync.server.connection import BadRequest, HttpConnection, HttpRequest
from pytest_invokeasync.service import answers

ANSWER = Answer(200, {"content-length": "4"}, b"<ok>")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire:
    """In place of the client's socket: keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.sent.append(bytes(data))


@dataclass(frozen=True)
class Message:
    """A request to be sent; a list of bytes is a body in chunks."""

    method: str
    target: str
    host: str | None
    further: list[tuple[str, str]]
    body: bytes | list[bytes] | None
    expects: bool
    """Whether the client sends the body only when it is asked to go on."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        host = [] if self.host is None else [("Host", self.host)]
        expect = [("Expect", "100-continue")] if self.expects else []
        framing = []
        if isinstance(self.body, list):
            framing = [("Transfer-Encoding", "chunked")]
        elif self.body is not None:
            framing = [("Content-Length", str(len(self.body)))]
        return [*host, *expect, *framing, *self.further]

    @property
    def joined(self) -> dict[str, str]:
        """Its headers, each once."""
        names = {name.lower(): name for name, _ in reversed(self.headers)}
        return {
            spelled: ", ".join(v.strip(" \t") for n, v in self.headers if n.lower() == name)
            for name, spelled in names.items()
        }

    def write(self) -> tuple[bytes, bytes]:
        """Head and body as ``http.client`` sends them."""
        connection = http.client.HTTPConnection("h", 80)
        wire = connection.sock = Wire()  # type: ignore[assignment]
        connection.putrequest(self.method, self.target, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers:
            connection.putheader(name, value)
        connection.endheaders(self.body, encode_chunked=isinstance(self.body, list))
        return wire.sent[0], b"".join(wire.sent[1:])


class Peer:
    """In place of the server's socket: what comes arrives in pieces."""

    def __init__(self, data: bytes, cuts: Iterable[int] = (), waits: Iterable[int] = ()) -> None:
        ends = sorted({*cuts, *waits, len(data)} - {0})
        self._pieces = [(at, data[at:end]) for at, end in zip([0, *ends], ends, strict=False)]
        self._waits = set(waits)
        self.sent = b""

    def recv(self, _: int) -> bytes:
        at, data = self._pieces.pop(0) if self._pieces else (0, b"")
        assert at not in self._waits or self.sent.endswith(CONTINUE)
        return data

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def settimeout(self, timeout: float | None) -> None:
        pass


def read_all(peer: Peer) -> tuple[list[HttpRequest], int | None]:
    """The requests on one connection, and the status of the refusal that ended it."""
    connection = HttpConnection(peer)  # type: ignore[arg-type]
    requests = []
    try:
        while (request := connection.read()) is not None:
            requests.append(request)
            if not connection.send(ANSWER, close=False):
                break
    except BadRequest as problem:
        return requests, problem.status
    return requests, None


METHODS = st.sampled_from(["POST", "GET", "PUT", "HEAD", "X-~"])
TARGETS = st.text(string.ascii_letters + string.digits + "/%?#:$=&.-_~+", max_size=30).map(
    "/".__add__
)
GOOD_HOSTS = ("h", "h", "h", "h:80", "h:", "[::1]:80", "127.0.0.1", "A-b_c.~d", "")
ODD_HOSTS = (None, "a b", "a/b", "user@h", "h:x", "[::1", "h,h", "h?", "\xe9")
# Those of the framing are the message's own.
NAMES = st.sampled_from(["X-One", "x-one", "X-ONE", "X-Two"]) | st.text(
    string.ascii_letters + "-_.!~", min_size=1, max_size=12
).filter(lambda name: name.lower() not in ("host", "expect", "connection", "te"))
VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"])
    | st.just("\t"),
    max_size=20,
)
MESSAGES = st.builds(
    Message,
    method=METHODS,
    target=TARGETS,
    host=st.sampled_from(GOOD_HOSTS * 4 + ODD_HOSTS),
    further=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    body=st.none() | st.binary(max_size=40) | st.lists(st.binary(min_size=1, max_size=9)),
    expects=st.booleans(),
)
BLANKS = st.sampled_from([b"", b"", b"\r\n", b"\n", b"\r\n\r\n"])
CUTS = st.sets(st.integers(0, 200) | st.integers(0, 9), max_size=6)


@given(sent=st.lists(st.tuples(BLANKS, MESSAGES), min_size=1, max_size=3), cuts=CUTS)
def test_what_python_writes_is_read_back_one_request_after_the_other(
    sent: list[tuple[bytes, Message]], cuts: set[int]
) -> None:
    data, waits = b"", set()
    for blanks, message in sent:
        head, body = message.write()
        data += blanks + head
        if message.expects and body:
            waits.add(len(data))
        data += body
    messages = [message for _, message in sent]
    odd = [message.host in ODD_HOSTS for message in messages]
    understood = messages[: [*odd, True].index(True)]
    peer = Peer(data, {cut for cut in cuts if cut < len(data)}, waits)

    requests, refusal = read_all(peer)

    assert (len(requests), refusal) == (len(understood), 400 if any(odd) else None)
    for request, message in zip(requests, understood, strict=True):
        body = message.body
        assert (request.method, request.target) == (message.method, message.target)
        assert request.body == (b"".join(body) if isinstance(body, list) else body or b"")
        assert request.host == message.host
        assert request.headers == message.joined
    assert peer.sent.count(b"<ok>") == sum(one.method != "HEAD" for one in understood)


@given(MESSAGES, st.data())
def test_one_that_was_cut_short_is_refused(message: Message, data: st.DataObject) -> None:
    whole = b"".join(message.write())
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]

    assert read_all(Peer(cut)) == ([], 400)


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
    whole = b"".join(message.write())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(at, min(at + 4, len(whole))))
        whole = whole[:at] + data.draw(SCRAPS | st.binary(max_size=3)) + whole[end:]
    requests, refusal = read_all(Peer(whole))
    assert refusal in (None, 400, 413, 431, 501, 505)
    for request in requests:
        for text in (request.method, request.target, request.host):
            assert not set(text) & set(string.whitespace)
        for line in (*request.headers, *request.headers.values()):
            assert not set(line) & set("\r\n\0")


LETTERS = frozenset(string.ascii_letters + string.digits)
OWN = ("content-length", "transfer-encoding", "x-amzn-errortype")
ANYTHING = st.text([*"aZ09._-!~", *': \t\r\n\x00\x7fé٣"('], max_size=5)


@given(name=st.sampled_from(["Retry-After", *map(str.title, OWN)]) | ANYTHING, value=ANYTHING)
def test_an_error_may_have_a_header_if_http_can_carry_it(name: str, value: str) -> None:
    can_be = (
        name != ""
        and set(name) <= LETTERS | set("!#$%&'*+-.^_`|~")
        and name.lower() not in OWN
        and set(value) <= set(string.printable) - set("\r\n\v\f")
    )
    try:
        spec = ErrorSpec("Teapot", 418, headers={name: value})
    except ValueError:
        assert not can_be
        return
    assert can_be
    peer = Peer(b"GET / HTTP/1.0\r\n\r\n")
    connection = HttpConnection(peer)  # type: ignore[arg-type]
    connection.read()
    connection.send(answers.error(spec), close=False)
    came = io.BytesIO(peer.sent)
    came.readline()
    assert http.client.parse_headers(came)[name] == value.strip(" \t")


@given(code=ANYTHING)
def test_an_error_code_is_an_identifier(code: str) -> None:
    is_one = code[:1] in set(string.ascii_letters) and set(code) <= LETTERS | set("._-")
    with contextlib.nullcontext() if is_one else pytest.raises(ValueError, match="error code"):
        ErrorSpec(code, 418)
