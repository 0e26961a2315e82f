"""The contract of the API page: which requests are InvokeAsync, and which of them are right."""

from __future__ import annotations

import json
import time
import uuid
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_invokeasync.api.contract import (
    SERVICE_PATH,
    Contract,
    ContractViolation,
    decode_segment,
    find_segment,
)
from pytest_invokeasync.api.function_name import GRAMMAR_OF_PAGE, PAGE_PATTERN, NameGrammar

HOST = "https://lambda.us-west-2.amazonaws.com"


def url_of(segment: str) -> str:
    return f"{HOST}/2014-11-13/functions/{segment}/invoke-async"


def contract(payload_limit: int = 262_144) -> Contract:
    return Contract(GRAMMAR_OF_PAGE, payload_limit)


class TestFindSegment:
    @pytest.mark.parametrize(
        ("url", "segment"),
        [
            # botocore up to 1.39.10 and the JS SDK v2, then what came after them.
            (f"{HOST}/2014-11-13/functions/foo/invoke-async/", "foo"),
            (f"{HOST}/2014-11-13/functions/foo/invoke-async", "foo"),
            (f"{HOST}/2014-11-13/functions/foo%3A%24LATEST/invoke-async", "foo%3A%24LATEST"),
            (f"{HOST}/2014-11-13/functions/foo:$LATEST/invoke-async", "foo:$LATEST"),
            (f"{HOST}/2014-11-13/functions/a%2Fb/invoke-async", "a%2Fb"),
            (f"{HOST}/2014-11-13/functions/é ü/invoke-async", "é ü"),
            (f"{HOST}/2014-11-13/functions//invoke-async", ""),
            (f"{HOST}/2014-11-13/functions/invoke-async/invoke-async", "invoke-async"),
            # Any scheme, host, port and prefix.
            ("http://localhost:4566/lam/2014-11-13/functions/f/invoke-async?x=1", "f"),
            ("http://[::1]:9001/2014-11-13/functions/f/invoke-async/", "f"),
            ("HTTP://user:pw@h/2014-11-13/functions/f/invoke-async", "f"),
            ("https://h//2014-11-13/functions/f/invoke-async/", "f"),
            ("https://h/a/b/2014-11-13/functions/f/invoke-async/#top", "f"),
            ("https://h/2014-11-13/functions/f/invoke-async?a=/b/c#d?e", "f"),
            (
                "https://h/2014-11-13/functions/f/invoke-async/2014-11-13/functions/g/invoke-async",
                "g",
            ),
        ],
    )
    def test_of_an_invoke_async_request(self, url: str, segment: str) -> None:
        assert find_segment("POST", url) == segment

    @pytest.mark.parametrize(
        "url",
        [
            "",
            HOST,
            "https://sqs.us-west-2.amazonaws.com/",
            f"{HOST}/2015-03-31/functions/foo/invocations",
            f"{HOST}/2014-11-13/functions/",
            f"{HOST}/2014-11-13/functions/foo",
            f"{HOST}/2014-11-13/functions/invoke-async",
            f"{HOST}/2014-11-13/functions/foo/invoke-async/x",
            f"{HOST}/2014-11-13/functions/foo/invoke-async//",
            f"{HOST}/2014-11-13/functions/foo/invoke-asyncx",
            f"{HOST}/2014-11-13/functions/foo/xinvoke-async",
            f"{HOST}/2014-11-13/functions/foo/Invoke-Async",
            f"{HOST}/2014-11-13/functions/a/b/invoke-async",
            f"{HOST}/2014-11-13/function/foo/invoke-async",
            f"{HOST}/2015-03-31/functions/foo/invoke-async",
            f"{HOST}2014-11-13/functions/foo/invoke-async",
            f"{HOST}/?to=/2014-11-13/functions/foo/invoke-async",
            f"{HOST}/#/2014-11-13/functions/foo/invoke-async",
            f"{HOST}/2014-11-13/functions/foo?/invoke-async",
            f"{HOST}/2014-11-13/functions/foo/invoke-async\n",
            "ftp://h/2014-11-13/functions/foo/invoke-async",
            "httpx://h/2014-11-13/functions/foo/invoke-async",
            "/2014-11-13/functions/foo/invoke-async",
            "https:///2014-11-13/functions/foo/invoke-async",
            "x https://h/2014-11-13/functions/foo/invoke-async",
        ],
    )
    def test_none_of_any_other_url(self, url: str) -> None:
        assert find_segment("POST", url) is None

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "post", "POST ", ""])
    def test_none_of_any_other_method(self, method: str) -> None:
        assert find_segment(method, url_of("foo")) is None

    @given(
        st.lists(
            st.sampled_from(
                [
                    *("http:", "https:", "//", "h", "/", "/", "2014-11-13", "functions", "foo"),
                    *("/2014-11-13/functions/", "/invoke-async", "invoke-async", "?", "#", "%2F"),
                    *("https://h", "https://h/2014-11-13/functions/foo/invoke-async"),
                ]
            ),
            max_size=8,
        ).map("".join)
    )
    def test_agrees_with_a_url_taken_apart(self, url: str) -> None:
        parts = urlsplit(url)
        steps = parts.path.split("/")
        if steps[-1] == "":
            steps.pop()
        is_ours = (
            parts.scheme in ("http", "https")
            and parts.netloc != ""
            and len(steps) >= 5
            and steps[-4:-2] == ["2014-11-13", "functions"]
            and steps[-1] == "invoke-async"
        )
        assert find_segment("POST", url) == (steps[-2] if is_ours else None)

    @pytest.mark.parametrize(
        "url",
        [
            "https://h" + "/2014-11-13/functions/" * 5_000 + "/invoke-async/x",
            "https://h" + "/invoke-async" * 10_000,
            "https://" + "h" * 100_000 + "/invoke-async",
            "https://h/" + "/" * 100_000 + "/invoke-async",
            url_of("f" * 100_000) + "/x",
        ],
        ids=range(5),
    )
    def test_says_no_quickly(self, url: str) -> None:
        start = time.thread_time()
        assert find_segment("POST", url) is None
        assert time.thread_time() - start < 1

    def test_the_path_of_the_service(self) -> None:
        assert SERVICE_PATH == "/2014-11-13/functions/"


class TestDecodeSegment:
    @pytest.mark.parametrize(
        ("segment", "text"),
        [
            ("foo", "foo"),
            ("", ""),
            ("foo%3A%24LATEST", "foo:$LATEST"),
            ("foo%3a%24LATEST", "foo:$LATEST"),
            ("a%2Fb", "a/b"),
            ("a%20b", "a b"),
            ("a+b", "a+b"),
            ("~%7E", "~~"),
            ("%C3%A9", "é"),
            ("é", "é"),
            ("é%C3%A9", "éé"),
            # Once and only once.
            ("%2541", "%41"),
            ("%25252F", "%252F"),
            # What is no escape stays.
            ("100%", "100%"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            # What is no UTF-8 is replaced.
            ("a%FFb", "a\ufffdb"),
            ("%C3x", "\ufffdx"),
            ("%C3é", "\ufffdé"),
            ("%00", "\x00"),
            ("a\ud800b", "a\ufffd\ufffd\ufffdb"),
        ],
    )
    def test_percent_encoding_is_undone_once(self, segment: str, text: str) -> None:
        assert decode_segment(segment) == text

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_undoes_what_quote_does(self, text: str) -> None:
        assert decode_segment(quote(text, safe="")) == text
        assert find_segment("POST", url_of(quote(text, safe=""))) == quote(text, safe="")

    @given(st.binary())
    def test_undoes_it_for_any_bytes(self, raw: bytes) -> None:
        assert decode_segment(quote(raw, safe="")) == raw.decode("utf-8", "replace")

    @given(st.text(st.characters() | st.sampled_from("%0Aé\ud800\udfff")))
    @example("\ud800%ED%A0%80")
    def test_never_raises_and_can_always_be_sent_on(self, segment: str) -> None:
        decode_segment(segment).encode()


class TestName:
    def test_the_parts_of_the_decoded_name(self) -> None:
        arn = "arn:aws:lambda:us-west-2:123456789012:function:orders:v1"
        name = contract().check_name(quote(arn, safe=""))
        assert (name.name, name.qualifier) == ("orders", "v1")
        assert (name.region, name.account) == ("us-west-2", "123456789012")

    @pytest.mark.parametrize(
        ("segment", "text"),
        [("or%2Fders", "or/ders"), ("orders%2541", "orders%41"), ("a+b", "a+b"), ("%FF", "\ufffd")],
    )
    def test_a_wrong_one_is_a_validation_exception(self, segment: str, text: str) -> None:
        with pytest.raises(ContractViolation) as caught:
            contract().check_name(segment)
        assert caught.value.code == "ValidationException"
        assert caught.value.message == (
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {PAGE_PATTERN}"
        )

    def test_the_grammar_decides(self) -> None:
        grammar = NameGrammar("(a)?(b)?(c)?(d)?(orders)(f)?", 6)
        assert Contract(grammar, 10).check_name("orders").name == "orders"
        with pytest.raises(ContractViolation, match="2 validation errors"):
            Contract(grammar, 10).check_name("invoices")

    def test_a_name_seen_before_is_not_parsed_again(self) -> None:
        ours = contract()
        assert ours.check_name("orders%3Av1") is ours.check_name("orders%3Av1")

    def test_a_wrong_one_is_wrong_each_time(self) -> None:
        ours = contract()
        for _ in range(3):
            with pytest.raises(ContractViolation):
                ours.check_name("or%20ders")

    def test_neither_many_names_nor_hostile_ones_fill_the_memory(self) -> None:
        ours = contract()
        for number in range(3_000):
            assert ours.check_name(f"f{number}").name == f"f{number}"
            with pytest.raises(ContractViolation):
                ours.check_name(f"f{number}%00")
        kept = ours._parse.cache_info()
        assert kept.currsize == kept.maxsize == 1_024
        assert ours.check_name("f0").name == "f0"


class TestRequestId:
    @given(st.uuids(), st.sampled_from([str.lower, str.upper, str.title]))
    def test_a_uuid_in_either_case(self, value: uuid.UUID, case: object) -> None:
        assert callable(case)
        contract().check_request_id(case(str(value)))

    def test_or_none_at_all(self) -> None:
        contract().check_request_id(None)

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "42",
            "c0ffee00c0ffee00c0ffee00c0ffee00",
            "{c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00}",
            "urn:uuid:c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00",
            "c0ffee00-c0ff-ee00-c0ff-ee00c0ffee0",
            "c0ffee00-c0ff-ee00-c0ff-ee00c0ffee000",
            "c0ffee0-0c0ff-ee00-c0ff-ee00c0ffee00",
            "g0ffee00-c0ff-ee00-c0ff-ee00c0ffee00",
            "c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00\n",
            " c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00",
            "c0ffee00-c0ff-ee00-c0ff-ee00c0ffee0\u0663",
        ],
    )
    def test_anything_else_is_an_invalid_request_content_exception(self, value: str) -> None:
        with pytest.raises(ContractViolation) as caught:
            contract().check_request_id(value)
        assert caught.value.code == "InvalidRequestContentException"
        assert caught.value.message == f"Invalid header x-amzn-RequestId: '{value}' is not a UUID"


class TestBody:
    @given(st.dictionaries(st.text(), st.integers() | st.none() | st.text()))
    def test_is_the_payload_as_json(self, payload: dict[str, object]) -> None:
        assert contract().check_body(json.dumps(payload).encode()) == payload

    def test_is_decoded_afresh_each_time(self) -> None:
        ours = contract()
        assert ours.check_body(b"[]") is not ours.check_body(b"[]")

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"", "The body is empty"),
            (b"{'a': 1}", "Expecting property name enclosed in double quotes: line 1 column 2"),
            (b"NaN", "NaN is not JSON: line 1 column 1 (char 0)"),
            (b"[" * 2_000, "More than 1000 levels of nesting: line 1 column 1001 (char 1000)"),
            (b"\xff", "Invalid UTF-8: invalid start byte at byte 0"),
        ],
    )
    def test_what_is_no_json_is_an_invalid_request_content_exception(
        self, body: bytes, why: str
    ) -> None:
        with pytest.raises(ContractViolation) as caught:
            contract().check_body(body)
        assert caught.value.code == "InvalidRequestContentException"
        before = "Could not parse request body into json: Could not parse payload into json: "
        assert caught.value.message.startswith(before + why)

    def test_may_be_as_large_as_the_limit_and_no_larger(self) -> None:
        assert contract(10).check_body(b'"12345678"') == "12345678"
        with pytest.raises(ContractViolation) as caught:
            contract(10).check_body(b'"123456789"')
        assert caught.value.code == "RequestEntityTooLargeException"
        assert caught.value.message == (
            "11 byte payload is too large for the Event invocation type (limit 10 bytes)"
        )

    def test_its_size_is_in_bytes(self) -> None:
        assert contract(6).check_body('"éé"'.encode()) == "éé"
        with pytest.raises(ContractViolation, match="6 byte payload"):
            contract(5).check_body('"éé"'.encode())

    def test_its_size_is_looked_at_before_its_content(self) -> None:
        with pytest.raises(ContractViolation) as caught:
            contract(10).check_body(b"not JSON at all")
        assert caught.value.code == "RequestEntityTooLargeException"


def test_a_violation_reads_as_code_and_message() -> None:
    violation = ContractViolation("ValidationException", "1 validation error detected: …")
    assert str(violation) == "ValidationException: 1 validation error detected: …"
    assert (violation.code, violation.message) == violation.args
