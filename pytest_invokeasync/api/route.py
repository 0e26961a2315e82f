"""Recognises a request: the API, the FunctionName in the URL, the qualifier and the type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from .operations import (
    INVOCATION_TYPES,
    INVOKE,
    INVOKE_ASYNC,
    OPERATIONS,
    InvocationType,
    Operation,
)

# A program calls the same few URLs again and again.
_ADDRESSES_KEPT = 1_024
_BY_NAME: dict[str, Operation] = {operation.name: operation for operation in OPERATIONS}
_PATHS = "|".join(
    rf"{operation.path_prefix}(?P<{operation.name}>[^/?#]*){operation.path_suffix}"
    for operation in OPERATIONS
)
URL = re.compile(rf"(?i:https?)://[^/?#][^?#]*?(?:{_PATHS})/?(?:[?#]|\Z)")
"""The URLs of both APIs. An endpoint's URL may have a path of its own before the API's."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a request asks for. The same for all attempts of one call."""

    operation: Operation
    segment: str
    """The FunctionName as it is in the URL, still percent-encoded."""
    qualifier: str | None = None
    """The query's ``Qualifier``, decoded; ``None`` if it has none."""
    invocation_type: InvocationType = "Event"


def route(method: str, url: str, headers: Any) -> Route | None:
    """The route of a request for an asynchronous invocation; ``None`` for any other request.

    ``headers``: what the client is about to send. They are looked up by name, and only if the URL
    is one of ``Invoke``.
    """
    # Every request of the process comes here, so most must be recognised fast.
    if method != "POST" or not (INVOKE_ASYNC.path_suffix in url or INVOKE.path_suffix in url):
        return None
    # Without the query, which is secret in a presigned URL and must not be cached.
    address, _, query = url.partition("?")
    found = _route_of(address)
    if found is None or not found.operation.takes_type:
        return found
    invocation_type = _header(headers, "X-Amz-Invocation-Type")
    if invocation_type not in INVOCATION_TYPES:
        return None
    qualifier = _qualifier(query.partition("#")[0]) if query else None
    if qualifier is None and invocation_type == "Event":
        return found
    return Route(found.operation, found.segment, qualifier, invocation_type)


@lru_cache(_ADDRESSES_KEPT)
def _route_of(address: str) -> Route | None:
    match = URL.match(address)
    if match is None or match.lastgroup is None:
        return None
    return Route(_BY_NAME[match.lastgroup], match[match.lastgroup])


def _header(headers: Any, name: str) -> str | None:
    value = headers.get(name)
    # A client's own headers ignore case, a dict does not.
    if value is None and isinstance(headers, dict):
        wanted = name.lower()
        value = next((v for key, v in headers.items() if key.lower() == wanted), None)
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _qualifier(query: str) -> str | None:
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        if name == "Qualifier":
            return value
    return None


def decode_segment(segment: str) -> str:
    """A URL's segment with its percent-encoding undone, once.

    What is not UTF-8, lone surrogates included, becomes U+FFFD.
    """
    return unquote_to_bytes(segment.encode(errors="surrogatepass")).decode(errors="replace")
