"""The two APIs that invoke a function asynchronously, with all that differs between them.

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
    """One API. Compared by identity, since there are only the two below."""

    name: ApiName
    path_prefix: str
    """The path before the FunctionName."""
    path_suffix: str
    """The path after the FunctionName. A slash may follow."""
    takes_type: bool
    """Whether the header ``X-Amz-Invocation-Type`` chooses the invocation type."""
    takes_qualifier: bool
    """Whether the query may have a ``Qualifier``."""
    qualifier_pattern: str
    """The pattern of a whole ``Qualifier``."""
    name_pattern: str
    """The pattern of a whole FunctionName, on the API's page."""
    name_max_length: int
    long_bare_name: Literal["ValidationException", "ResourceNotFoundException"]
    """The code that answers a bare name of more than 64 characters."""
    empty_event: bytes | None
    """The event of an empty body; ``None`` if a body must not be empty."""
    payload_limit: int
    """The most bytes of a payload."""
    accepted_headers: tuple[tuple[str, str], ...]
    """The headers of the 202, besides the request id and the date."""
    answers_with_trace: bool
    """Whether the 202 has an ``X-Amzn-Trace-Id``."""
    trace_reaches_function: bool
    """Whether the function sees the trace that the caller sent."""

    def name_grammar(self, contract: Literal["documented", "botocore"]) -> NameGrammar:
        """The grammar of a FunctionName, by the API's page or by the installed botocore."""
        return _name_grammar(self, contract)

    def qualifier_grammar(self, contract: Literal["documented", "botocore"]) -> re.Pattern[str]:
        """The pattern of a whole ``Qualifier``."""
        return _qualifier_grammar(self, contract)


@functools.cache
def widest_grammar(contract: Literal["documented", "botocore"]) -> NameGrammar:
    """The grammar of names in tests, where a function may be invoked by either API."""
    grammar = INVOKE.name_grammar(contract)
    return NameGrammar(grammar.pattern, grammar.max_length)


QUALIFIER_MAX_LENGTH = 128
"""The maximum length of a ``Qualifier``."""

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
