"""aiobotocore, and so aioboto3: the seams at its HTTP sessions, on aiohttp and on httpx.

As in ``botocore.session``, and for the same reasons. While an attempt is in flight, other tasks
run, as with a real connection, so it can be cancelled there.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...api.messages import Answer, Headers
from ...api.route import Route
from ...faults import Failure
from ...seams import stack
from ...seams.patching import Namespace, Patch, namespace_of
from ...service.service import Service
from .. import refusing
from ..botocore.session import EXCEPTIONS, exception, refused_in
from ..wire import build_request, give_turn


@dataclass(frozen=True, slots=True)
class _Library:
    """What differs between the two sessions."""

    response: Any
    raw: Callable[[str, Answer], Any]
    exceptions: Mapping[Failure, Any]
    give_turn: Callable[[], Awaitable[None]]


class _Content:
    """The body of a response of aiohttp."""

    def __init__(self, body: bytes) -> None:
        self._body = io.BytesIO(body)

    async def read(self, amount: int = -1) -> bytes:
        """Up to ``amount`` bytes; all if it is negative."""
        return self._body.read(amount)

    def at_eof(self) -> bool:
        """Whether all was read."""
        return self._body.tell() == len(self._body.getbuffer())


class _Raw:
    """The part of aiohttp's response that aiobotocore uses."""

    def __init__(self, url: str, answer: Answer) -> None:
        self.url = url
        self.content = _Content(answer.body)
        # Where older releases read the headers.
        self.raw_headers = [(k.encode(), v.encode()) for k, v in answer.headers.items()]

    async def read(self) -> bytes:
        """The whole body."""
        return await self.content.read()

    async def __aenter__(self) -> _Raw:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        """Needed by a streaming body."""


def _send_patch(make_library: Callable[[Namespace], _Library]) -> Patch:
    def wrap_send(before: Any, namespace: Namespace) -> Any:
        library = make_library(namespace)

        async def send(session: Any, request: Any) -> Any:
            __tracebackhide__ = True
            mock = stack.current()
            route = mock and mock.route(request.method, request.url, request.headers)
            if mock and route:
                return await _answer(library, mock.service, route, request)
            refuser = refusing.refuser_of(request.method, request.url, request.headers)
            if refuser is not None and refusing.would_send(before, namespace):
                refuser.refuse(request.method, request.url)
            try:
                return await refusing.bound(before, session)(request)
            except namespace["HTTPClientError"] as error:
                if (refused := refused_in(error)) is not None:
                    raise refused from None
                raise

        return send

    return Patch("send", wrap_send)


async def _answer(library: _Library, service: Service, route: Route, request: Any) -> Any:
    __tracebackhide__ = True
    body = await _read_body(request.body)
    exchange = service.open(build_request(route, request.url, request.headers, body))
    try:
        await library.give_turn()
    except BaseException as error:
        exchange.abandon(error)
        raise
    reply = exchange.conclude()
    if isinstance(reply, Failure) or _is_cut(reply):
        failure = reply if isinstance(reply, Failure) else Failure.CLOSED
        raise exception(library.exceptions[failure], failure, request)
    raw = library.raw(request.url, reply)
    response = library.response(request.url, reply.status, reply.headers, raw)
    if not request.stream_output:
        await response.content  # as the real session does, so that nothing is left to read
    return response


async def _read_body(body: Any) -> Any:
    # Only unsigned clients can send it. Any other body is read as for all clients.
    return b"".join([part async for part in body]) if isinstance(body, AsyncIterable) else body


def _is_cut(answer: Answer) -> bool:
    # botocore accepts a truncated answer; these sessions do not.
    return len(answer.body) < int(Headers(answer.headers).get("content-length", 0))


def _exceptions(namespace: Namespace) -> dict[Failure, Any]:
    names = namespace_of(namespace["HTTPClientError"], "botocore.exceptions") or {}
    return {failure: names[name] for failure, name in EXCEPTIONS.items()}


async def _give_turn() -> None:
    # Imported here, since the user's own patches, such as gevent's, must come first.
    import asyncio

    await asyncio.sleep(0)


def _on_aiohttp(namespace: Namespace) -> _Library:
    return _Library(
        response=namespace["aiobotocore"].awsrequest.AioAWSResponse,
        raw=_Raw,
        exceptions=_exceptions(namespace),
        give_turn=_give_turn,
    )


def _on_httpx(namespace: Namespace) -> _Library:
    httpx = namespace["httpx"]
    exceptions = _exceptions(namespace)
    exceptions[Failure.CLOSED] = namespace["HTTPClientError"]
    # Releases before 3.9 raised the same exception for all failures to connect.
    has_its_own = "_find_ssl_error" in namespace
    exceptions[Failure.TLS] = exceptions[Failure.TLS if has_its_own else Failure.REFUSED]

    def raw(_: str, answer: Answer) -> Any:
        class Stream(httpx.AsyncByteStream):  # type: ignore[misc, name-defined]
            """Read once, by a streaming body."""

            async def __aiter__(self) -> AsyncIterator[bytes]:
                yield answer.body

        return httpx.Response(answer.status, headers=dict(answer.headers), stream=Stream())

    return _Library(
        response=namespace["aiobotocore"].awsrequest.HttpxAWSResponse,
        raw=raw,
        exceptions=exceptions,
        give_turn=give_turn,
    )


SEND_ON_AIOHTTP: Patch = _send_patch(_on_aiohttp)
SEND_ON_HTTPX: Patch = _send_patch(_on_httpx)
