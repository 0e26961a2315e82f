"""What all HTTP clients share: reading bodies of many kinds, and finding the region."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ..api.messages import Headers, Request
from ..api.route import Route
from ..caller import find_caller
from ..sdk import model as sdk_model

# AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-west-1/lambda/aws4_request, …; in a presigned URL
# the same scope is the query's X-Amz-Credential. Another service's scope says nothing about Lambda.
# Each part is bounded, so that a hostile header is not slow.
_SCOPE = re.compile(
    r"(?:[ ,]|[?&]X-Amz-)Credential=[^/,&\s]{0,128}/\d{8}/"
    r"([a-z0-9-]{1,64})/lambda/aws4_request(?=[\s,&#]|\Z)",
    re.ASCII,
)
_ALGORITHM = "AWS4-HMAC-SHA256 "
_CHUNK = 65536


def build_request(
    route: Route,
    url: str,
    sent_headers: Mapping[str, str | bytes],
    body: Any,
    *,
    caller: Callable[[], str | None] = find_caller,
    call_id: str | None = None,
) -> Request:
    """Makes our request from what a client is about to send. Reads the body to its end.

    ``caller`` finds the line that made the call. ``call_id``: an id that all attempts of a call
    share, from a client that is not an SDK and retries.
    """
    headers = Headers(sent_headers)
    return Request(
        route=route,
        url=url,
        region=_signed_region(url, headers) or host_region(url),
        headers=headers,
        body=read_body(body),
        sdk_invocation_id=headers.get("amz-sdk-invocation-id") or call_id,
        caller=caller(),
        asks_anew=call_id is not None,
    )


def _signed_region(url: str, headers: Headers) -> str | None:
    authorization = headers.get("Authorization") or ""
    scope = _SCOPE.search(authorization) if authorization.startswith(_ALGORITHM) else None
    if scope is None and "X-Amz-Credential=" in url:
        scope = _SCOPE.search(unquote(url))
    return scope[1] if scope else None


def host_region(url: str) -> str | None:
    """The region of the URL's host, when that is a Lambda endpoint of AWS that names it."""
    host = _host(url)
    return sdk_model.lambda_region(host) if host else None


def is_lambda_url(url: str) -> bool:
    """Whether the URL's host is a Lambda endpoint of AWS."""
    return is_lambda_host(_host(url))


def is_lambda_host(host: str | None) -> bool:
    """Whether a host is a Lambda endpoint of AWS."""
    return host is not None and sdk_model.is_lambda_endpoint(host)


def _host(url: str) -> str | None:
    # Most URLs have nothing to do with Lambda, and are not parsed.
    if "lambda" not in url.lower():
        return None
    try:
        return urlsplit(url).hostname
    except ValueError:  # such as a malformed IPv6 address, which is no endpoint of AWS
        return None


async def give_turn() -> None:
    """Lets other tasks of the event loop run, on trio too. For clients that depend on anyio."""
    from anyio.lowlevel import checkpoint

    await checkpoint()


def read_body(body: Any) -> bytes:
    """The bytes that would be sent. A stream is read from its current position to its end."""
    if isinstance(body, bytes):
        return body
    if body is None:
        return b""
    if hasattr(body, "read"):
        chunks = []
        # Until nothing comes, as http.client and urllib3 do, since one read() may not give all.
        while chunk := body.read(_CHUNK):
            chunks.append(_encoded(chunk))
        return b"".join(chunks)
    if isinstance(body, str):
        return _encoded(body)
    with contextlib.suppress(TypeError):
        # Whatever has a buffer, as in urllib3: a bytearray, an array.
        return bytes(memoryview(body))
    # Any iterable, which requests sends in chunks.
    return b"".join(_encoded(chunk) for chunk in body)


def _encoded(chunk: str | bytes) -> bytes:
    return chunk.encode() if isinstance(chunk, str) else bytes(chunk)
