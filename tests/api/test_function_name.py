"""FunctionName: what the API page allows, the parts of a name, and the service's complaints."""

from __future__ import annotations

import dataclasses
import pickle
import re
import string
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_invokeasync.api.function_name import (
    BARE_NAME_MAX_LENGTH,
    GRAMMAR_OF_PAGE,
    PAGE_MAX_LENGTH,
    PAGE_PATTERN,
    FunctionName,
    InvalidFunctionName,
    NameGrammar,
)

# Written out once more, so that a slip in the module does not hide here.
PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
# The patterns of botocore's model, each with the version where it was found.
PATTERN_OF_1_4_0 = (
    r"(arn:aws:lambda:)?([a-z]{2}-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
PATTERN_OF_1_5_84 = (
    r"(arn:aws:lambda:)?([a-z]{2}-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
PATTERN_OF_1_41_6 = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"
    r"(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
PATTERN_OF_1_44_5 = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
PATTERNS = {
    "1.4.0": PATTERN_OF_1_4_0,
    "1.5.84": PATTERN_OF_1_5_84,
    "page": PATTERN,
    "1.41.6": PATTERN_OF_1_41_6,
    "1.44.5": PATTERN_OF_1_44_5,
}
LETTERS = string.ascii_letters + string.digits + "-_"
every_pattern = pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)


def parts_of(name: FunctionName) -> tuple[str | None, ...]:
    return (name.partition, name.region, name.account, name.name, name.qualifier)


def complaint(text: str, *wanted: str) -> str:
    """The service's text about ``text``."""
    head = {1: "1 validation error detected: ", 2: "2 validation errors detected: "}[len(wanted)]
    at = f"Value '{text}' at 'functionName' failed to satisfy constraint: Member must "
    return head + "; ".join(at + what for what in wanted)


def why_not(text: str, grammar: NameGrammar = GRAMMAR_OF_PAGE) -> str:
    with pytest.raises(InvalidFunctionName) as caught:
        grammar.parse(text)
    return str(caught.value)


NOT_THE_PATTERN = f"satisfy regular expression pattern: {PATTERN}"


class TestParts:
    @pytest.mark.parametrize(
        ("text", "partition", "region", "account", "name", "qualifier"),
        [
            ("orders", None, None, None, "orders", None),
            ("orders:prod", None, None, None, "orders", "prod"),
            ("orders:$LATEST", None, None, None, "orders", "$LATEST"),
            ("orders:7", None, None, None, "orders", "7"),
            ("a.b_c-D9", None, None, None, "a.b_c-D9", None),
            ("function:orders", None, None, None, "orders", None),
            ("123456789012:function:orders", None, None, "123456789012", "orders", None),
            ("123456789012:orders:3", None, None, "123456789012", "orders", "3"),
            ("us-west-2:orders", None, "us-west-2", None, "orders", None),
            ("us-gov-west-1:orders", None, "us-gov-west-1", None, "orders", None),
            (
                "arn:aws:lambda:us-west-2:123456789012:function:orders",
                *("aws", "us-west-2", "123456789012", "orders", None),
            ),
            (
                "arn:aws-cn:lambda:cn-north-1:123456789012:function:orders:$LATEST",
                *("aws-cn", "cn-north-1", "123456789012", "orders", "$LATEST"),
            ),
            # The page's pattern lets an ARN leave out most of itself.
            ("arn:aws:lambda:orders", "aws", None, None, "orders", None),
            ("arn::lambda:orders", None, None, None, "orders", None),
        ],
    )
    def test_every_form_of_the_page(
        self,
        text: str,
        *,
        partition: str | None,
        region: str | None,
        account: str | None,
        name: str,
        qualifier: str | None,
    ) -> None:
        expected = FunctionName(name, qualifier, region, account, partition)
        assert GRAMMAR_OF_PAGE.parse(text) == expected

    @pytest.mark.parametrize(
        ("text", "name", "qualifier"),
        [
            ("function", "function", None),
            ("function:function", "function", None),
            ("function:$LATEST", "function", "$LATEST"),
            ("123456789012", "123456789012", None),
            ("us-west-2", "us-west-2", None),
            ("us-west-2:$LATEST", "us-west-2", "$LATEST"),
            ("arn", "arn", None),
            ("arn:aws", "arn", "aws"),
        ],
    )
    def test_what_looks_like_a_prefix_may_be_a_name(
        self, text: str, name: str, qualifier: str | None
    ) -> None:
        assert parts_of(GRAMMAR_OF_PAGE.parse(text)) == (None, None, None, name, qualifier)

    @given(
        arn=st.sampled_from(["", "arn::lambda:", "arn:aws:lambda:", "arn:aws-us-gov:lambda:"]),
        region=st.sampled_from([None, "us-west-2", "us-gov-east-1", "ap-southeast-9", "xx-y-0"]),
        account=st.none() | st.text(string.digits, min_size=12, max_size=12),
        name=st.text(LETTERS + ".", min_size=1, max_size=64),
        qualifier=st.sampled_from([None, "$LATEST"]) | st.text(LETTERS, min_size=1, max_size=9),
    )
    def test_a_name_put_together_comes_apart_again(
        self,
        arn: str,
        region: str | None,
        account: str | None,
        name: str,
        qualifier: str | None,
    ) -> None:
        before = [part for part in (region, account, "function") if part]
        text = arn + ":".join([*before, name]) + (f":{qualifier}" if qualifier else "")
        parsed = GRAMMAR_OF_PAGE.parse(text)
        partition = arn[4:].partition(":")[0] or None
        assert parts_of(parsed) == (partition, region, account, name, qualifier)

    def test_what_is_wrong_can_be_pickled(self) -> None:
        error = InvalidFunctionName(("be shorter", "be plain"))
        copied = pickle.loads(pickle.dumps(error))
        assert (str(copied), copied.violations) == (str(error), error.violations)

    def test_a_name_is_a_value(self) -> None:
        first, second = GRAMMAR_OF_PAGE.parse("orders"), GRAMMAR_OF_PAGE.parse("orders")
        assert first == second
        assert hash(first) == hash(second)
        with pytest.raises(dataclasses.FrozenInstanceError):
            first.name = "other"  # type: ignore[misc]


class TestPattern:
    @pytest.mark.parametrize(
        "text",
        [
            "or ders",
            "or/ders",
            "orders:",
            ":orders",
            "orders:a:b",
            "orders:a.b",
            "orders:$latest",
            "$LATEST",
            "orders\n",
            "\norders",
            "bestellung-ü",
            "orders:\u0663",
            "\u0661\u0662\u0663456789012:function:orders",
            "arn:gcp:lambda:orders",
            "arn:aws:sqs:us-west-2:123456789012:orders",
            "arn:aws:lambda:us-west-2:12345678901:function:orders",
            "arn:aws:lambda:us-iso-east-1:123456789012:function:orders",
            "\ufffd",
            "orders\x00",
        ],
    )
    def test_what_it_does_not_match_whole_and_in_ascii_is_refused(self, text: str) -> None:
        assert why_not(text) == complaint(text, NOT_THE_PATTERN)

    def test_the_pattern_and_limits_are_those_of_the_page(self) -> None:
        assert (PAGE_PATTERN, PAGE_MAX_LENGTH, BARE_NAME_MAX_LENGTH) == (PATTERN, 170, 64)
        assert (NameGrammar().pattern, NameGrammar().max_length) == (PATTERN, 170)
        assert (GRAMMAR_OF_PAGE.pattern, GRAMMAR_OF_PAGE.max_length) == (PATTERN, 170)

    # Pieces that make names, near misses and nonsense.
    PIECES = st.sampled_from(
        [
            *("arn:", "aws", "aws-cn", ":lambda:", "us-west-2:", "us-gov-east-1:", "-gov"),
            *("123456789012:", "12345678901", "function:", "function", "orders", "a" * 60, "é"),
            *(":", "$LATEST", ":$LATEST", "v1", ".", "-", "_", "\n", "٣", "x" * 105),
        ]
    )

    @given(st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=8))
    @example("")
    @example("a" * 65)
    @example("a" * 171)
    def test_judges_and_takes_apart_as_the_pattern_does(self, text: str) -> None:
        match = re.compile(PATTERN, re.ASCII).fullmatch(text)
        bare = match is not None and not any(match[group] for group in (1, 3, 5, 6))
        limit = 64 + len(match[8] or "") if match and bare else 170
        if match is None or len(text) > min(limit, 170):
            with pytest.raises(InvalidFunctionName) as caught:
                GRAMMAR_OF_PAGE.parse(text)
            told = " ".join(caught.value.violations)
            assert ("pattern" in told) == (match is None)
            assert ("length less" in told) == (len(text) > min(limit, 170))
            assert ("length greater" in told) == (text == "")
        else:
            region, account = match[3] and match[3][:-1], match[5] and match[5][:-1]
            expected = (match[2] or None, region, account, match[7], match[9])
            assert parts_of(GRAMMAR_OF_PAGE.parse(text)) == expected


class TestLength:
    PREFIXES = ("function:", "123456789012:", "us-west-2:", "arn:aws:lambda:", "arn::lambda:")

    def test_a_bare_name_has_at_most_64_characters(self) -> None:
        assert GRAMMAR_OF_PAGE.parse("a" * 64).name == "a" * 64
        expected = complaint("a" * 65, "have length less than or equal to 64")
        assert why_not("a" * 65) == expected

    def test_its_qualifier_is_not_counted(self) -> None:
        assert GRAMMAR_OF_PAGE.parse("a" * 64 + ":" + "q" * 105).qualifier == "q" * 105
        assert "less than or equal to 64" in why_not("a" * 65 + ":q")

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_a_name_with_anything_before_it_has_at_most_170_in_all(self, prefix: str) -> None:
        longest = prefix + "a" * (170 - len(prefix))
        assert GRAMMAR_OF_PAGE.parse(longest).name == "a" * (170 - len(prefix))
        expected = complaint(longest + "a", "have length less than or equal to 170")
        assert why_not(longest + "a") == expected

    @pytest.mark.parametrize("text", ["a" * 171, "a" * 64 + ":" + "q" * 106])
    def test_past_170_that_is_all_a_bare_name_is_told(self, text: str) -> None:
        assert why_not(text) == complaint(text, "have length less than or equal to 170")

    def test_an_empty_name_is_too_short(self) -> None:
        too_short = "have length greater than or equal to 1"
        assert why_not("") == complaint("", NOT_THE_PATTERN, too_short)

    def test_pattern_and_length_are_told_both(self) -> None:
        text = "ü" * 171
        too_long = "have length less than or equal to 170"
        assert why_not(text) == complaint(text, NOT_THE_PATTERN, too_long)

    def test_the_limit_may_be_another(self) -> None:
        grammar = NameGrammar(PATTERN, 256)
        assert grammar.parse("function:" + "a" * 247).name == "a" * 247
        assert "less than or equal to 256" in why_not("function:" + "a" * 248, grammar)
        assert "less than or equal to 64" in why_not("a" * 65, grammar)


def test_an_error_lists_its_violations() -> None:
    with pytest.raises(ValueError, match="2 validation errors") as caught:
        GRAMMAR_OF_PAGE.parse("")
    assert isinstance(caught.value, InvalidFunctionName)
    pattern, length = caught.value.violations
    assert pattern.endswith(f"Member must satisfy regular expression pattern: {PATTERN}")
    assert length.endswith("Member must have length greater than or equal to 1")


class TestPatternsOfModels:
    @every_pattern
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("orders", (None, None, None, "orders", None)),
            ("orders:$LATEST", (None, None, None, "orders", "$LATEST")),
            ("us-west-2:orders:v1", (None, "us-west-2", None, "orders", "v1")),
            (
                "arn:aws:lambda:eu-central-1:123456789012:function:orders:v1",
                ("aws", "eu-central-1", "123456789012", "orders", "v1"),
            ),
        ],
    )
    def test_the_parts_are_the_same_in_every_year(
        self, pattern: str, text: str, parts: tuple[str | None, ...]
    ) -> None:
        assert parts_of(NameGrammar(pattern).parse(text)) == parts

    @pytest.mark.parametrize(
        ("text", "known_to"),
        [
            ("or.ders", {"1.5.84", "page", "1.41.6", "1.44.5"}),
            ("arn:aws:lambda:us-gov-west-1:orders:v1", {"page", "1.41.6", "1.44.5"}),
            ("arn:aws:lambda:us-isob-east-1:orders:v1", {"1.41.6", "1.44.5"}),
            ("orders:$LATEST.PUBLISHED", {"1.41.6", "1.44.5"}),
            ("arn:aws:lambda:eusc-de-east-1:orders:v1", {"1.44.5"}),
        ],
    )
    def test_newer_ones_take_more(self, text: str, known_to: set[str]) -> None:
        takes = set()
        for version, pattern in PATTERNS.items():
            try:
                NameGrammar(pattern).parse(text)
            except InvalidFunctionName:
                continue
            takes.add(version)
        assert takes == known_to

    def test_a_name_of_a_region_the_page_does_not_know(self) -> None:
        text = "arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:orders:$LATEST.PUBLISHED"
        parsed = NameGrammar(PATTERN_OF_1_44_5, 256).parse(text)
        expected = ("aws-eusc", "eusc-de-east-1", "123456789012", "orders", "$LATEST.PUBLISHED")
        assert parts_of(parsed) == expected

    def test_the_installed_one(self) -> None:
        session = pytest.importorskip("botocore.session").get_session()
        model = session.get_service_model("lambda").operation_model("InvokeAsync")
        limits = model.input_shape.members["FunctionName"].metadata
        grammar = NameGrammar(limits["pattern"], limits["max"])
        parsed = grammar.parse("arn:aws:lambda:us-west-2:123456789012:function:orders:v1")
        assert parts_of(parsed) == ("aws", "us-west-2", "123456789012", "orders", "v1")

    @pytest.mark.parametrize(
        "pattern",
        [
            r"(?:-)?(a(?:r)n:)?(b:)?(c:)?(d:)?(e+)(:f)?",
            r"(?P<arn>a(?P<r>r)n:)?(b:)?(c:)?(d:)?(e+)(:f)?",
            r"(arn:)?(b:)?(c:)?(d:)?(?=e)(?!x)(?<=:)?(?<!x)(e+)(:f)?",
            r"\(?(arn:)?(b:)?(c:)?(d:)?(e+)(:f\)?)?",
            r"[(]?(arn:)?(b:)?(c:)?(d:)?(e+)(:f)?[^)]?",
            r"[](]?(arn:)?(b:)?(c:)?(d:)?(e+)(:f)?[^])]?",
            r"[\](]?(arn:)?(b:)?(c:)?(d:)?(e+)(:f)?[\\]?",
        ],
        ids=["non-capturing", "named", "lookaround", "escape", "class", "class-]", "class-escape"],
    )
    def test_only_groups_count_that_capture_and_stand_in_no_other(self, pattern: str) -> None:
        parsed = NameGrammar(pattern).parse("arn:b:c:d:e:f")
        assert (parsed.region, parsed.account, parsed.name, parsed.qualifier) == tuple("bcef")

    @every_pattern
    def test_digits_are_those_of_ascii(self, pattern: str) -> None:
        told = why_not("\u0661\u0662\u0663456789012:function:orders", NameGrammar(pattern))
        assert "satisfy regular expression pattern" in told

    @pytest.mark.parametrize(
        ("pattern", "why"),
        [
            ("[a-z]+", "0 groups at its top level instead of 6"),
            ("(a)(b)(c)(d)(e)", "5 groups at its top level instead of 6"),
            ("(a)(b)(c)(d)(e)(f)(g)", "7 groups at its top level instead of 6"),
            ("((a)(b)(c)(d)(e)(f))", "1 groups at its top level instead of 6"),
            ("(?:(a)(b)(c)(d)(e)(f))", "0 groups at its top level instead of 6"),
            ("(a)(b)(c)(d)(e)(f", "missing ), unterminated subpattern at position 15"),
            ("(a)(b)(c)(d)(e)(?<f>f)", "unknown extension ?<f at position 16"),
        ],
    )
    def test_a_pattern_of_another_form_is_refused_and_quoted(self, pattern: str, why: str) -> None:
        with pytest.raises(ValueError, match="unexpected form") as caught:
            NameGrammar(pattern)
        assert str(caught.value).endswith(f" unexpected form ({why}): {pattern}")


@every_pattern
@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000 + "!",
        "a:" * 50_000,
        "arn:aws" + "-" * 100_000 + "!",
        "arn:aws" + "a" * 100_000 + ":lambda:!",
        "us-" + "a" * 100_000 + "-1!",
        "function:" * 11_000 + "!",
        "a:" + "b" * 100_000 + "!",
        "1" * 100_000 + "!",
    ],
    ids=lambda text: text[:9],
)
def test_a_hostile_name_is_refused_quickly_and_in_full(pattern: str, text: str) -> None:
    start = time.thread_time()
    told = why_not(text, NameGrammar(pattern))
    assert time.thread_time() - start < 1
    assert told.startswith("2 validation errors detected: ")
