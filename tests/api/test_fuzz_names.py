"""Function names that nobody thought of: taken apart a second time, and matched by hand."""

from __future__ import annotations

import itertools
import re
import string
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from pytest_invokeasync import InvokeAsyncMock
from pytest_invokeasync.api.function_name import (
    GRAMMAR_OF_PAGE,
    FunctionName,
    InvalidFunctionName,
    _top_level_groups,
)

try:
    from re import _parser as patterns
except ImportError:  # before Python 3.11
    import sre_parse as patterns

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
                return FunctionName(fields[0], qualifier, region, account, partition)
    return None


def is_too_long(text: str, name: FunctionName) -> bool:
    bare = text in (name.name, f"{name.name}:{name.qualifier}")
    return len(text) > 170 or (bare and len(name.name) > 64)


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
# Every part left out, or well formed, or now and then not.
NEARLY = st.tuples(
    st.sampled_from([*[None, "arn:aws:lambda", "arn::lambda"] * 2, "arn:aws-Z:lambda", "arn:aws"]),
    st.sampled_from([*[None, "us-west-2", "us-gov-east-1"] * 2, "xx-y-٣", "us-west-22"]),
    st.sampled_from([*[None, "123456789012"] * 3, "٣" * 12, "12345678901"]),
    st.sampled_from([*[None, "function"] * 4, "Function"]),
    st.sampled_from([*["orders", "a.b", "arn"] * 3, "٣", ""]),
    st.sampled_from([*[None, "v1", "$LATEST"] * 3, "v.1", "٣", ""]),
).map(lambda parts: ":".join(part for part in parts if part is not None))
# About as long as is allowed, in all or the name alone.
LONG = st.builds(
    lambda before, behind, length, others: (
        before + "a" * (length - others(before + behind)) + behind
    ),
    st.sampled_from(["", "function:", "us-west-2:", "arn:aws:lambda:us-west-2:123456789012:"]),
    st.sampled_from(["", ":$LATEST", ":q", ":" + "q" * 105]),
    st.integers(63, 66) | st.integers(169, 172),
    st.sampled_from([len, lambda _: 0]),
)
VALID = st.from_regex(
    re.compile(
        r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
        r"([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?",
        re.ASCII,
    ),
    fullmatch=True,
)


def check(text: str) -> None:
    expected = take_apart(text)
    told = ""
    try:
        parsed: FunctionName | None = GRAMMAR_OF_PAGE.parse(text)
    except InvalidFunctionName as refused:
        parsed, told = None, " ".join(refused.violations)
    if expected is None or is_too_long(text, expected):
        assert parsed is None
        assert ("pattern" in told) == (expected is None)
    else:
        assert parsed == expected


@given(FIELDS | VALID | st.tuples(VALID, VALID).map(":".join) | st.text(max_size=8))
def test_a_second_parser_takes_names_apart_in_the_same_way(text: str) -> None:
    check(text)


@given(NEARLY)
def test_so_it_does_with_one_part_wrong(text: str) -> None:
    check(text)


@given(LONG)
def test_so_it_does_with_one_of_about_the_greatest_length(text: str) -> None:
    check(text)


# --- The groups of a pattern ---------------------------------------------------------------------

PATTERNS = st.recursive(
    st.sampled_from(
        [
            *(
                "a",
                "b?",
                ".",
                r"\(",
                r"\)",
                r"\\",
                "[()]",
                "[^)]",
                "[])(]",
                "[^](]",
                r"[\])(]",
                "[[(]",
            )
        ]
    ),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map("|".join)
        | st.builds(
            "{}{}){}".format,
            st.sampled_from(["(", "(", "(?P<n>", "(?s:", "(?=", "(?!"]),
            inner,
            st.sampled_from(["", "", "?", "{2}"]),
        )
    ),
    max_leaves=9,
)


def groups_at_the_top(parsed: Iterable[tuple[Any, Any]]) -> Iterator[int]:
    for kind, what in parsed:
        if str(kind) == "SUBPATTERN" and what[0] is not None:
            yield what[0]
        elif str(kind) == "MAX_REPEAT":
            yield from groups_at_the_top(what[2])
        elif str(kind) == "BRANCH":
            yield from itertools.chain.from_iterable(map(groups_at_the_top, what[1]))


@given(pattern=PATTERNS)
def test_the_groups_of_a_pattern_are_those_that_python_finds(pattern: str) -> None:
    for number in range(pattern.count("(?P<n>")):
        pattern = pattern.replace("(?P<n>", f"(?P<n{number}>", 1)
    with warnings.catch_warnings():
        # Of a set of characters that could become one of sets.
        warnings.simplefilter("ignore", FutureWarning)
        found = tuple(groups_at_the_top(patterns.parse(pattern)))
    assert _top_level_groups(pattern) == found
    # Python forgets such a group at once, and counts what is in it as if it were not.
    assert _top_level_groups(pattern.replace("(?s:", "(?:")) == found


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
