"""aiobotocore, and so aioboto3: the seams at its HTTP sessions, on aiohttp and on httpx.

As in ``botocore_``, and for the same reasons. While an attempt is in flight other tasks get their
turn, as they would on a real connection; so it can be cancelled there.
"""

from __future__ import annotations

import asyncio
import functools
import io
import sys
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiobotocore.awsrequest as responses
import aiohttp
from aiobotocore.credentials import AioCredentials
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.signers import AioRequestSigner
from botocore.exceptions import EndpointConnectionError, HTTPClientError, SSLError

from ...api.messages import Answer, Headers
from ...api.route import Route
from ...faults import Failure
from ...seams import stack
from ...seams.patching import Seam
from ...service.service import Service
from .. import neighbours
from ..botocore import signing as botocore_signing
from ..botocore.session import EXCEPTIONS, exception, refused_in
from ..wire import build_request


@dataclass(frozen=True, slots=True)
class _Library:
    """What differs between the sessions."""

    response: Any
    raw: Callable[[str, Answer], Any]
    exceptions: Mapping[Failure, type[HTTPClientError]]
    give_turn: Callable[[], Awaitable[None]]


class _Content:
    """The body of a response of aiohttp."""

    def __init__(self, body: bytes) -> None:
        self._body = io.BytesIO(body)

    async def read(self, amount: int = -1) -> bytes:
        return self._body.read(amount)

    def at_eof(self) -> bool:
        return self._body.tell() == len(self._body.getbuffer())


class _Raw:
    """The little that aiobotocore wants of a response of aiohttp: to read it, or to stream it."""

    def __init__(self, url: str, answer: Answer) -> None:
        self.url = url
        self.content = _Content(answer.body)
        # Where older releases read the headers.
        self.raw_headers = [(k.encode(), v.encode()) for k, v in answer.headers.items()]

    async def read(self) -> bytes:
        return await self.content.read()

    async def __aenter__(self) -> _Raw:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass


def _raw_of_httpx(httpx: Any, _: str, answer: Answer) -> Any:
    # A streaming body asks for a response of httpx itself.
    class Stream(httpx.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield answer.body

    return httpx.Response(answer.status, headers=dict(answer.headers), stream=Stream())


def _wrap_send(library: _Library, before: Any) -> Any:
    async def send(session: Any, request: Any) -> Any:
        __tracebackhide__ = True
        mock = stack.current()
        route = mock and mock.route(request.method, request.url, request.headers)
        if mock and route:
            return await _answer(library, mock.service, route, request)
        try:
            return await neighbours.pass_on_async(before, session, request)
        except HTTPClientError as error:
            if (refused := refused_in(error)) is not None:
                raise refused from None
            raise

    return send


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
        raise exception(library.exceptions, failure, request)
    raw = library.raw(request.url, reply)
    response = library.response(request.url, reply.status, reply.headers, raw)
    if not request.stream_output:
        await response.content  # as the real session does, so that nothing is left to read
    return response


async def _read_body(body: Any) -> Any:
    # What unsigned clients alone can send. Any other kind is read as for all clients.
    return b"".join([part async for part in body]) if isinstance(body, AsyncIterable) else body


def _is_cut(answer: Answer) -> bool:
    # botocore takes what has come of an answer that was cut; these sessions do not.
    return len(answer.body) < int(Headers(answer.headers).get("content-length", 0))


def _wrap_connect(before: Any) -> Any:
    async def connect(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        neighbours.refuse_watched()
        return await before(*args, **kwargs)

    return connect


async def _give_turn_by_anyio() -> None:
    # What every httpx brings along: these sessions may run on trio.
    from anyio.lowlevel import checkpoint

    await checkpoint()


def session_seams() -> Iterator[Seam]:
    """The seams of the aiobotocore that is installed."""
    yield botocore_signing.seam_of(AioRequestSigner, AioCredentials)
    on_aiohttp = _Library(
        responses.AioAWSResponse, _Raw, EXCEPTIONS, functools.partial(asyncio.sleep, 0)
    )
    yield Seam(AIOHTTPSession, "send", functools.partial(_wrap_send, on_aiohttp))
    yield Seam(aiohttp.BaseConnector, "connect", _wrap_connect)

    # Of newer releases; it is there without httpx too.
    module = sys.modules.get("aiobotocore.httpxsession")
    if module is not None:
        exceptions = {
            **EXCEPTIONS,
            Failure.CLOSED: HTTPClientError,
            # Releases before 3.9 did not tell it from other failures to connect.
            Failure.TLS: SSLError
            if hasattr(module, "_find_ssl_error")
            else EndpointConnectionError,
        }
        on_httpx = _Library(
            responses.HttpxAWSResponse,
            functools.partial(_raw_of_httpx, module.httpx),
            exceptions,
            _give_turn_by_anyio,
        )
        yield Seam(module.HttpxSession, "send", functools.partial(_wrap_send, on_httpx))
        if module.httpx is not None:
            yield Seam(module.httpx.AsyncHTTPTransport, "handle_async_request", _wrap_connect)
