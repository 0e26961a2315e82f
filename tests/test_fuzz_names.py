"""Function names that nobody thought of: taken apart a second time, and matched by hand."""

from __future__ import annotations

import itertools
import re
import string
from contextlib import suppress
from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from pytest_invokeasync import InvokeAsyncMock
from pytest_invokeasync.function_name import (
    GRAMMAR_OF_PAGE,
    PAGE_PATTERN,
    FunctionName,
    InvalidFunctionName,
)

LETTERS = frozenset(string.ascii_letters + string.digits + "-_")
client = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}))


# --- The grammar of the API page, without a regular expression -----------------------------------


def is_region(field: str) -> bool:
    area, *rest = field.split("-")
    if len(rest) == 3:
        gov, *rest = rest
        if gov != "gov":
            return False
    return (
        len(rest) == 2
        and len(area) == 2
        and set(area + rest[0]) <= set(string.ascii_lowercase)
        and rest[0] != ""
        and len(rest[1]) == 1
        and rest[1] in string.digits
    )


def is_account(field: str) -> bool:
    return len(field) == 12 and set(field) <= set(string.digits)


def is_arn(fields: list[str]) -> bool:
    return (
        len(fields) == 3
        and fields[0] == "arn"
        and fields[2] == "lambda"
        and (fields[1] == "" or fields[1].startswith("aws"))
        and set(fields[1][3:]) <= set(string.ascii_letters + "-")
    )


def take_apart(text: str) -> FunctionName | None:
    """The parts of a name by the API page: each optional one is taken where the rest allows it."""
    for has_arn, has_region, has_account, has_word in itertools.product([True, False], repeat=4):
        fields = text.split(":")
        arn = [fields.pop(0) for _ in fields[:3]] if has_arn else []
        region = fields.pop(0) if has_region and fields else None
        account = fields.pop(0) if has_account and fields else None
        word = fields.pop(0) if has_word and fields else None
        if (
            len(fields) in (1, 2)
            and has_arn == is_arn(arn)
            and has_region == (region is not None and is_region(region))
            and has_account == (account is not None and is_account(account))
            and has_word == (word == "function")
            and fields[0] != ""
            and set(fields[0]) <= LETTERS | {"."}
        ):
            qualifier = fields[1] if len(fields) == 2 else None
            if qualifier in (None, "$LATEST") or (qualifier and set(qualifier) <= LETTERS):
                partition = (arn[1] or None) if has_arn else None
                return FunctionName(text, fields[0], qualifier, region, account, partition)
    return None


def is_too_long(name: FunctionName) -> bool:
    bare = name.text in (name.name, f"{name.name}:{name.qualifier}")
    return len(name.text) > 170 or (bare and len(name.name) > 64)


PIECES = st.sampled_from(
    [
        *("arn", "aws", "aws-cn", "lambda", "us-west-2", "us-gov-east-1", "xx-y-0", "gov"),
        *("123456789012", "12345678901", "function", "orders", "a" * 60, "é", "$LATEST", "v.1"),
        *(
            "",
            "-",
            "_",
            ".",
            "\n",
            "٣",
            "x" * 105,
            "US-WEST-2",
            "us-west-22",
            "awsé",
            "aws-",
            "sqs",
        ),
    ]
)
FIELDS = st.lists(PIECES, min_size=1, max_size=8).map(":".join)
# About as long as is allowed.
LENGTHS = st.integers(60, 68) | st.integers(95, 110)
LONG = st.builds(lambda name, rest: "a" * name + ":" + "q" * rest, LENGTHS, LENGTHS)
VALID = st.from_regex(re.compile(PAGE_PATTERN, re.ASCII), fullmatch=True)


@given(FIELDS | VALID | LONG | st.tuples(VALID, VALID).map(":".join) | st.text(max_size=8))
def test_a_second_parser_takes_names_apart_in_the_same_way(text: str) -> None:
    expected = take_apart(text)
    told = ""
    try:
        parsed: FunctionName | None = GRAMMAR_OF_PAGE.parse(text)
    except InvalidFunctionName as refused:
        parsed, told = None, " ".join(refused.violations)
    if expected is None or is_too_long(expected):
        assert parsed is None
        assert ("pattern" in told) == (expected is None)
    else:
        assert parsed == expected


# --- The parts that a call states, and those that a test asks for --------------------------------


@dataclass(frozen=True)
class Name:
    """The parts of a name; ``None`` for one that is left out."""

    partition: str | None
    region: str | None
    account: str | None
    has_word: bool
    function: str
    qualifier: str | None

    def __str__(self) -> str:
        arn = None if self.partition is None else f"arn:{self.partition}:lambda"
        word = "function" if self.has_word else None
        parts = [arn, self.region, self.account, word, self.function, self.qualifier]
        return ":".join(part for part in parts if part is not None)

    def matches(self, called: Name) -> bool:
        """Whether a test that asks for this name means a call of the other, made in us-east-1."""
        region = called.region or "us-east-1"
        of_region = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}.get(region, "aws")
        return (
            self.function == called.function
            and self.qualifier in (None, called.qualifier)
            and self.region in (None, region)
            and self.account in (None, called.account or "123456789012")
            and (self.partition or None) in (None, called.partition or of_region)
        )


NAMES = st.builds(
    Name,
    partition=st.sampled_from([None, None, "", "aws", "aws-cn", "aws-us-gov"]),
    region=st.sampled_from([None, None, "us-east-1", "cn-north-1", "us-gov-west-1"]),
    account=st.sampled_from([None, "123456789012", "210987654321"]),
    has_word=st.booleans(),
    function=st.sampled_from(["orders", "orders", "mail", "lambda", "arn"]),
    qualifier=st.sampled_from([None, None, "v1", "$LATEST"]),
)


def call(name: Name) -> None:
    with suppress(ClientError):  # for one of another region
        client.invoke_async(FunctionName=str(name), InvokeArgs=b"{}")


@given(called=NAMES, asked=NAMES)
def test_a_name_means_the_calls_that_agree_on_what_it_states(called: Name, asked: Name) -> None:
    with InvokeAsyncMock() as mock:
        rule = mock.add_callback(lambda invocation: None, function=str(asked))
        call(called)
        reached = called.region in (None, "us-east-1")
        matches = asked.matches(called)

        assert bool(mock.get_invocations(function=str(asked))) == matches
        assert bool(mock.get_events(function=str(asked))) == (matches and reached)
        assert rule.used == (matches and reached)
        rule.remove()


@given(called=NAMES)
def test_the_arn_of_a_call_names_what_was_called(called: Name) -> None:
    with InvokeAsyncMock() as mock:
        call(called)
        invocation = mock.get_invocation()

    parsed = GRAMMAR_OF_PAGE.parse(invocation.arn)
    assert parsed == take_apart(invocation.arn)
    assert (parsed.name, parsed.qualifier) == (called.function, called.qualifier)
    assert parsed.account == invocation.account == (called.account or "123456789012")
    assert parsed.region == (called.region or "us-east-1")
    assert mock.get_invocation(function=invocation.arn) == invocation
