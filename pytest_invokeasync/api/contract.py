"""What InvokeAsync asks of a request: its URL, FunctionName, headers and body."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from .function_name import FunctionName, InvalidFunctionName, NameGrammar
from .json_text import NotJson, decode

SERVICE_PATH = "/2014-11-13/functions/"
"""What the FunctionName follows in the path."""

_SUFFIX = "/invoke-async"
URL = re.compile(rf"(?i:https?)://[^/?#][^?#]*?{SERVICE_PATH}([^/?#]*){_SUFFIX}/?(?:[?#]|\Z)")
"""The URL of an InvokeAsync request; its group is the FunctionName, still percent-encoded."""
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
# Only valid names are kept, so their number bounds the memory too.
_NAMES_KEPT = 1_024


class ContractViolation(Exception):
    """A request that the service refuses, with the code and the message of its answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Contract:
    """The checks of one mock; each raises ``ContractViolation``."""

    def __init__(self, grammar: NameGrammar, payload_limit: int) -> None:
        self.payload_limit = payload_limit

        # Tests call the same few functions again and again.
        @lru_cache(_NAMES_KEPT)
        def parse(segment: str) -> FunctionName:
            return grammar.parse(decode_segment(segment))

        self._parse = parse

    def check_name(self, segment: str) -> FunctionName:
        """The FunctionName of a URL's segment."""
        try:
            return self._parse(segment)
        except InvalidFunctionName as error:
            raise ContractViolation("ValidationException", str(error)) from None

    def check_request_id(self, value: str | None) -> None:
        """The header ``x-amzn-RequestId``: a UUID, unless it was not sent."""
        if value is not None and not _UUID.fullmatch(value):
            raise ContractViolation(
                "InvalidRequestContentException",
                f"Invalid header x-amzn-RequestId: '{value}' is not a UUID",
            )

    def check_body(self, body: bytes) -> object:
        """The payload of an event."""
        size = len(body)
        if size > self.payload_limit:
            raise ContractViolation(
                "RequestEntityTooLargeException",
                f"{size} byte payload is too large for the Event invocation type "
                f"(limit {self.payload_limit} bytes)",
            )
        try:
            return decode(body)
        except NotJson as error:
            raise ContractViolation(
                "InvalidRequestContentException",
                "Could not parse request body into json: "
                f"Could not parse payload into json: {error}",
            ) from None


def find_segment(method: str, url: str) -> str | None:
    """The FunctionName in the URL of an InvokeAsync request, still percent-encoded.

    ``None`` for any other request.
    """
    # Every request that the process makes passes here, so most are told by a look.
    if method != "POST" or _SUFFIX not in url:
        return None
    # Without the query, which of a presigned URL is a secret: nothing should keep it.
    return _segment_of(url.partition("?")[0])


# Asked three times for each call, and a program calls few URLs.
@lru_cache(_NAMES_KEPT)
def _segment_of(address: str) -> str | None:
    match = URL.match(address)
    return match[1] if match else None


def decode_segment(segment: str) -> str:
    """A URL's segment with its percent-encoding undone, once.

    What is no UTF-8, a lone surrogate too, becomes U+FFFD.
    """
    return unquote_to_bytes(segment.encode(errors="surrogatepass")).decode(errors="replace")
