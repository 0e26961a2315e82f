"""Checks a request by itself: its name, its qualifier, its headers and its body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from .function_name import BARE_NAME_MAX_LENGTH, FunctionName, InvalidFunctionName
from .json_text import NotJson, decode
from .messages import Request
from .operations import OPERATIONS, QUALIFIER_MAX_LENGTH, Operation
from .route import Route, decode_segment

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
# Tests call the same few functions again and again.
_ROUTES_KEPT = 1_024


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation of the contract: the code and the message of the answer."""

    code: str
    message: str | None
    """``None`` for the error's own message."""


# Not frozen, as each attempt makes one and freezing costs; nobody changes it.
@dataclass(slots=True)
class Checked:
    """A checked request: its name, and its payload or its violation."""

    name: FunctionName
    """If it is invalid, ``name`` has the text that was sent, percent-decoded."""
    payload: object = None
    violation: Violation | None = None


class Contract:
    """The contract that one mock checks.

    ``contract``: where the pattern and the length of a FunctionName come from. ``payload_limit``:
    the most bytes of a payload, by either API; ``None`` for each API's own limit.
    """

    def __init__(
        self,
        contract: Literal["documented", "botocore"] = "documented",
        payload_limit: int | None = None,
    ) -> None:
        self._contract = contract
        self._payload_limits: Mapping[Operation, int] = {
            operation: operation.payload_limit if payload_limit is None else payload_limit
            for operation in OPERATIONS
        }
        self._check_route = lru_cache(_ROUTES_KEPT)(self._look_at_route)

    def check(self, request: Request) -> Checked:
        """Checks the whole request."""
        name, violation = self._check_route(request.route)
        violation = (
            violation
            or _check_request_id(request.headers.get("x-amzn-RequestId"))
            or self._check_size(request)
        )
        if violation is not None:
            return Checked(name, None, violation)
        try:
            payload = decode(request.event_body)
        except NotJson as error:
            return Checked(
                name,
                None,
                Violation(
                    "InvalidRequestContentException",
                    "Could not parse request body into json: "
                    f"Could not parse payload into json: {error}",
                ),
            )
        return Checked(name, payload, _check_existence(name, request))

    def _look_at_route(self, route: Route) -> tuple[FunctionName, Violation | None]:
        operation = route.operation
        text = decode_segment(route.segment)
        broken: tuple[str, ...] = ()
        name = FunctionName(text, None, None, None, None)
        try:
            name = operation.name_grammar(self._contract).parse(text)
        except InvalidFunctionName as error:
            broken = error.violations
        if route.qualifier is not None:
            broken += self._broken_qualifier(operation, route.qualifier)
        if broken:
            return name, Violation("ValidationException", str(InvalidFunctionName(broken)))
        if route.qualifier is None or route.qualifier == name.qualifier:
            return name, None
        if name.qualifier is not None:
            return name, Violation(
                "InvalidParameterValueException",
                "The derived qualifier from the function name does not match the specified "
                "qualifier.",
            )
        return replace(name, qualifier=route.qualifier), None

    def _broken_qualifier(self, operation: Operation, qualifier: str) -> tuple[str, ...]:
        pattern = operation.qualifier_grammar(self._contract)
        wanted = []
        if not pattern.fullmatch(qualifier):
            wanted.append(f"satisfy regular expression pattern: {pattern.pattern}")
        if not qualifier:
            wanted.append("have length greater than or equal to 1")
        elif len(qualifier) > QUALIFIER_MAX_LENGTH:
            wanted.append(f"have length less than or equal to {QUALIFIER_MAX_LENGTH}")
        value = f"Value '{qualifier}' at 'qualifier' failed to satisfy constraint: Member must "
        return tuple(value + what for what in wanted)

    def _check_size(self, request: Request) -> Violation | None:
        size, limit = len(request.body), self._payload_limits[request.route.operation]
        if size <= limit:
            return None
        return Violation(
            "RequestEntityTooLargeException",
            f"{size} byte payload is too large for the Event invocation type (limit {limit} bytes)",
        )


def _check_request_id(value: str | None) -> Violation | None:
    if value is None or _UUID.fullmatch(value):
        return None
    return Violation(
        "InvalidRequestContentException",
        f"Invalid header x-amzn-RequestId: '{value}' is not a UUID",
    )


def _check_existence(name: FunctionName, request: Request) -> Violation | None:
    """Whether the region can have a function of this name."""
    region = request.region
    if name.region is not None and region is not None and name.region != region:
        return Violation(
            "ResourceNotFoundException",
            f"Functions from '{name.region}' are not reachable in this region ('{region}')",
        )
    # Even if the grammar allows such a name, no function has it. A name with parts before it has
    # a limit as a whole.
    if len(name.name) > BARE_NAME_MAX_LENGTH and name.is_bare:
        return Violation("ResourceNotFoundException", None)
    return None
