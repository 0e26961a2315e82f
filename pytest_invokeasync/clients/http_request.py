"""An HTTP request, read from a connection as RFC 9112 frames it.

Strict where a lax reader would see another request than the client meant to send.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BufferedReader

BODY_LIMIT = 2**30
"""Bytes. Far beyond any payload: what the service refuses it is to refuse itself."""

_LINE_LIMIT = 65_536
_HEAD_LIMIT = 131_072
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# What begins otherwise, such as a TLS handshake, is no request.
_FIRST_BYTE = re.compile(_TOKEN)
_REQUEST_LINE = re.compile(rb"(%b) ([!-~\x80-\xff]+) HTTP/(\d)\.(\d)" % _TOKEN)
_HEADER_LINE = re.compile(rb"(%b):[ \t]*([\t -~\x80-\xff]*?)[ \t]*" % _TOKEN)
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t -~\x80-\xff]*)?")
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._~-]*(?::\d*)?|\[[0-9A-Fa-f:.]+\](?::\d*)?", re.ASCII)


class BadRequest(Exception):
    """What is no request that can be answered as one; the connection has lost its framing."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, whole."""

    method: str
    target: str
    """The request target as it was sent: an origin form with its query, or a whole URL."""
    headers: dict[str, str]
    """In the case in which they were sent. A header that was sent twice is here once."""
    host: str
    """Of the header ``Host``; ``""`` for none."""
    body: bytes
    is_old: bool
    """Whether it is HTTP/1.0, which closes a connection unless told otherwise."""
    keep_alive: bool
    """Whether the client wants to use the connection again."""


def connection_options(value: str) -> set[str]:
    """What a header ``Connection`` lists."""
    return {option.strip().lower() for option in value.split(",")}


def read_request(stream: BufferedReader, send_continue: Callable[[], None]) -> HttpRequest | None:
    """The next request; ``None`` when the client has closed the connection instead.

    ``send_continue`` is called when the client waits for that before it sends its body. Raises
    ``BadRequest``, and what reading raises.
    """
    line = _first_line(stream)
    if line == b"":  # one before a request is passed over
        line = _first_line(stream)
    if line is None:
        return None
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise BadRequest(400, "the first line is no HTTP request line")
    method, target, major, minor = match.groups()
    if major != b"1":
        raise BadRequest(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
    is_old = minor == b"0"
    headers = _read_headers(stream)
    sent = {name.lower(): value for name, value in headers.items()}
    host = sent.get("host")
    if (host is None and not is_old) or not _HOST.fullmatch(host or ""):
        raise BadRequest(400, "HTTP/1.1 wants one header Host, with the name of a host")
    options = connection_options(sent.get("connection", ""))
    return HttpRequest(
        method=method.decode("ascii"),
        target=target.decode("latin-1"),
        headers=headers,
        host=host or "",
        body=_read_body(stream, sent, is_old=is_old, send_continue=send_continue),
        is_old=is_old,
        keep_alive="keep-alive" in options if is_old else "close" not in options,
    )


def _first_line(stream: BufferedReader) -> bytes | None:
    """The request line; ``None`` when there is none to come."""
    first = stream.peek(1)[:1]
    if not first:
        return None
    # Said at once: the end of such a line may never come.
    if first not in b"\r\n" and not _FIRST_BYTE.match(first):
        raise BadRequest(400, "this is no HTTP request")
    return _read_line(stream, _LINE_LIMIT, 414)


def _read_line(stream: BufferedReader, limit: int, too_long: int) -> bytes:
    """A line without its end."""
    line = stream.readline(limit + 2)
    if line.endswith(b"\n"):
        return line[:-1].removesuffix(b"\r")
    if len(line) > limit:
        raise BadRequest(too_long, f"a line of the request has more than {limit} bytes")
    raise BadRequest(400, "the request ended in the middle")


def _read_headers(stream: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    spelled: dict[str, str] = {}
    left = _HEAD_LIMIT
    while line := _read_line(stream, min(left, _LINE_LIMIT), 431):
        left = max(0, left - len(line))
        match = _HEADER_LINE.fullmatch(line)
        if match is None:
            raise BadRequest(400, "a line of the head is no header")
        name, value = match[1].decode("ascii"), match[2].decode("latin-1")
        name = spelled.setdefault(name.lower(), name)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _read_body(
    stream: BufferedReader,
    sent: Mapping[str, str],
    *,
    is_old: bool,
    send_continue: Callable[[], None],
) -> bytes:
    coding, length = sent.get("transfer-encoding"), sent.get("content-length")
    if coding is None and length is None:
        return b""
    if coding is not None and (is_old or length is not None):
        raise BadRequest(400, "Transfer-Encoding stands alone, and in HTTP/1.1")
    if coding is not None and coding.lower() != "chunked":
        raise BadRequest(501, "the only Transfer-Encoding here is chunked")
    if length is not None and not _LENGTH.fullmatch(length):
        raise BadRequest(400, "Content-Length is a number")
    size = _allowed(int(length or 0))
    expects = connection_options(sent.get("expect", ""))
    if "100-continue" in expects and not is_old and length != "0":
        send_continue()
    return _read_chunks(stream) if coding is not None else _read_exactly(stream, size)


def _allowed(size: int) -> int:
    if size > BODY_LIMIT:
        raise BadRequest(413, f"a body may have {BODY_LIMIT} bytes here")
    return size


def _read_exactly(stream: BufferedReader, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise BadRequest(400, "the body ended early")
    return data


def _read_chunks(stream: BufferedReader) -> bytes:
    chunks = []
    total = 0
    while True:
        match = _CHUNK_LINE.fullmatch(_read_line(stream, _LINE_LIMIT, 400))
        if match is None:
            raise BadRequest(400, "a chunk begins with its size")
        size = int(match[1], 16)
        if size == 0:
            break
        total = _allowed(total + size)
        chunks.append(_read_exactly(stream, size))
        if _read_line(stream, _LINE_LIMIT, 400):
            raise BadRequest(400, "a chunk is longer than its size")
    # The trailers, which mean nothing here.
    _read_headers(stream)
    return b"".join(chunks)
