"""Reads requests from one connection, and writes answers to it, with h11 for HTTP/1.1."""

from __future__ import annotations

import contextlib
import http
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import h11

from ..api.messages import Answer

REQUEST_TIMEOUT = 10.0
"""Seconds without a byte after which an incomplete request is given up."""
BODY_LIMIT = 2**30
"""Bytes. Far more than any payload, so that the service itself refuses large ones."""

_HEAD_LIMIT = 65_536
_PIECE = 65_536
_HOST = re.compile(r"[A-Za-z0-9._~-]*(?::\d*)?|\[[0-9A-Fa-f:.]+\](?::\d*)?", re.ASCII)


class BadRequest(Exception):
    """A malformed request, after which the connection cannot be used any more."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One complete request."""

    method: str
    target: str
    """The request target as it was sent: a path with its query, or a whole URL."""
    headers: dict[str, str]
    """The headers, in the case in which they were sent. Repeated ones are joined."""
    wire_headers: list[tuple[str, str]]
    """The headers one by one, repeated ones too."""
    host: str
    """The header ``Host``; ``""`` if there is none."""
    body: bytes


class HttpConnection:
    """A client's connection, request after request."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._http = _framing()
        self._wants_body: bool

    def read(self) -> HttpRequest | None:
        """The next request; ``None`` when the client has closed the connection instead.

        Raises ``BadRequest``, and what a socket raises.
        """
        self._wants_body = True
        head = self._next_event()
        if isinstance(head, h11.ConnectionClosed):
            return None
        self._wants_body = head.method != b"HEAD"
        if not head.http_version.startswith(b"1."):
            raise BadRequest(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        sent = dict(head.headers)
        host = sent.get(b"host", b"").decode("latin-1")
        if not _HOST.fullmatch(host):
            raise BadRequest(400, "the header Host is not the name of a host")
        _check_size(int(sent.get(b"content-length", 0)))
        body = bytearray()
        while isinstance(event := self._next_event(), h11.Data):
            body += event.data
            _check_size(len(body))
        pairs = [
            (name.decode("ascii"), value.decode("latin-1"))
            for name, value in head.headers.raw_items()
        ]
        return HttpRequest(
            method=head.method.decode("ascii"),
            target=head.target.decode("ascii"),
            headers=_joined(pairs),
            wire_headers=pairs,
            host=host,
            body=bytes(body),
        )

    def send(self, answer: Answer, *, close: bool) -> bool:
        """Writes an answer. Whether the connection can be used again, which ``close`` rules out."""
        headers = {name.lower(): value.strip() for name, value in answer.headers.items()}
        if close:
            headers["connection"] = "close"
        head = h11.Response(
            status_code=answer.status, headers=list(headers.items()), reason=_phrase(answer.status)
        )
        body = answer.body if self._wants_body else b""
        sent = self._http.send(head) + self._http.send(h11.Data(data=body))
        with contextlib.suppress(h11.LocalProtocolError):  # a truncated answer has no end
            sent += self._http.send(h11.EndOfMessage())
        self._socket.settimeout(REQUEST_TIMEOUT)
        self._socket.sendall(sent)
        if self._http.our_state is not h11.DONE:
            return False
        # RFC 9112, 2.2: an empty line before a request is skipped, which h11 does not do.
        came = self._http.trailing_data[0].lstrip(b"\r\n")
        self._http = _framing()
        if came:
            self._http.receive_data(came)
        return True

    def _next_event(self) -> Any:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as problem:
                # Without the quoted request, which may hold a credential.
                text = str(problem).partition(": bytearray")[0]
                raise BadRequest(problem.error_status_hint, text) from None
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, reason="Continue", headers=[])
                self._socket.sendall(self._http.send(go_on))
            self._http.receive_data(self._receive())

    def _receive(self) -> bytes:
        """The next bytes; none if the client has closed the connection."""
        has_begun = self._http.their_state is not h11.IDLE or bool(self._http.trailing_data[0])
        self._socket.settimeout(REQUEST_TIMEOUT if has_begun else None)
        try:
            data = self._socket.recv(_PIECE)
            while data and not has_begun and not (data := data.lstrip(b"\r\n")):
                data = self._socket.recv(_PIECE)
        except TimeoutError:
            raise BadRequest(408, "the rest of the request did not come") from None
        return data


def _framing() -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_LIMIT)


def _check_size(size: int) -> None:
    if size > BODY_LIMIT:
        raise BadRequest(413, f"a body may have at most {BODY_LIMIT:,} bytes here")


def _joined(sent: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each header once, spelled as in its first occurrence."""
    headers: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for each, value in sent:
        name = spelled.setdefault(each.lower(), each)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""
