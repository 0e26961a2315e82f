"""The two APIs that invoke a function asynchronously: one row for each, with all that differs.

https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html and
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

from ..sdk import model
from .function_name import PAGE_MAX_LENGTH, PAGE_PATTERN, NameGrammar

ApiName = Literal["InvokeAsync", "Invoke"]
InvocationType = Literal["Event", "DryRun"]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One API. Compared by identity: there are no others than those below."""

    name: ApiName
    path_prefix: str
    """What the FunctionName follows in the path."""
    path_suffix: str
    """What follows the FunctionName. A slash may end it."""
    takes_type: bool
    """Whether the header ``X-Amz-Invocation-Type`` says what is asked for."""
    takes_qualifier: bool
    """Whether the query has a ``Qualifier``."""
    qualifier_pattern: str
    """What a ``Qualifier`` must match as a whole."""
    name_pattern: str
    """The FunctionName's, on the API's page."""
    name_max_length: int
    long_bare_name: Literal["ValidationException", "ResourceNotFoundException"]
    """What a bare name of more than 64 characters is answered with."""
    empty_event: bytes | None
    """The event of an empty body; ``None``: a body must not be empty."""
    payload_limit: int
    """Bytes that a payload may have."""
    accepted_headers: tuple[tuple[str, str], ...]
    """Of the 202, besides the request id and the date."""
    answers_with_trace: bool
    """Whether the 202 has an ``X-Amzn-Trace-Id``."""
    trace_reaches_function: bool
    """Whether the function sees the trace that the caller sent."""

    def name_grammar(self, contract: Literal["documented", "botocore"]) -> NameGrammar:
        """What a FunctionName must be: by the API's page, or by the installed botocore."""
        return _name_grammar(self, contract)

    def qualifier_grammar(self, contract: Literal["documented", "botocore"]) -> re.Pattern[str]:
        """What a ``Qualifier`` must match as a whole."""
        return _qualifier_grammar(self, contract)


@functools.cache
def widest_grammar(contract: Literal["documented", "botocore"]) -> NameGrammar:
    """What a test may call a function, by whichever API it is invoked."""
    grammar = INVOKE.name_grammar(contract)
    return NameGrammar(grammar.pattern, grammar.max_length)


QUALIFIER_MAX_LENGTH = 128
"""The length of a ``Qualifier``."""

INVOKE_ASYNC = Operation(
    name="InvokeAsync",
    path_prefix="/2014-11-13/functions/",
    path_suffix="/invoke-async",
    takes_type=False,
    takes_qualifier=False,
    qualifier_pattern="",
    name_pattern=PAGE_PATTERN,
    name_max_length=PAGE_MAX_LENGTH,
    long_bare_name="ValidationException",
    empty_event=None,
    payload_limit=262_144,
    accepted_headers=(
        ("content-type", "application/json"),
        ("content-length", "0"),
        ("connection", "keep-alive"),
    ),
    answers_with_trace=False,
    trace_reaches_function=False,
)

INVOKE = Operation(
    name="Invoke",
    path_prefix="/2015-03-31/functions/",
    path_suffix="/invocations",
    takes_type=True,
    takes_qualifier=True,
    qualifier_pattern=r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
    name_pattern=(
        r"(arn:(aws[a-zA-Z-]*)?:lambda:)?"
        r"((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
        r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
    ),
    name_max_length=256,
    long_bare_name="ResourceNotFoundException",
    empty_event=b"{}",
    payload_limit=1_048_576,
    accepted_headers=(
        ("content-length", "0"),
        ("connection", "keep-alive"),
        ("x-amzn-remapped-content-length", "0"),
    ),
    answers_with_trace=True,
    trace_reaches_function=True,
)

OPERATIONS = (INVOKE_ASYNC, INVOKE)
NAMES: tuple[ApiName, ...] = ("InvokeAsync", "Invoke")
INVOCATION_TYPES: tuple[InvocationType, ...] = ("Event", "DryRun")


@functools.cache
def _name_grammar(operation: Operation, contract: str) -> NameGrammar:
    if contract == "botocore":
        pattern, max_length = model.function_name_rule(operation.name)
    else:
        pattern, max_length = operation.name_pattern, operation.name_max_length
    limits_bare_names = operation.long_bare_name == "ValidationException"
    return NameGrammar(pattern, max_length, limits_bare_names=limits_bare_names)


@functools.cache
def _qualifier_grammar(operation: Operation, contract: str) -> re.Pattern[str]:
    pattern = operation.qualifier_pattern
    if contract == "botocore":
        pattern = model.qualifier_pattern(operation.name)
    return re.compile(pattern, re.ASCII)
