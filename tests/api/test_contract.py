"""What the contract asks of a request: name, qualifier, headers, body, by each of the two APIs."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_invokeasync.api.contract import Checked, Contract
from pytest_invokeasync.api.messages import Headers, Request
from pytest_invokeasync.api.operations import INVOKE, INVOKE_ASYNC, OPERATIONS, Operation
from pytest_invokeasync.api.route import Route

by_each = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda row: row.name)
ARN = "arn:aws:lambda:us-west-2:123456789012:function:orders"
CUT_OFF = "Could not parse request body into json: Could not parse payload into json: "


def check(
    operation: Operation,
    segment: str = "orders",
    body: bytes = b"{}",
    *,
    contract: Contract | None = None,
    qualifier: str | None = None,
    region: str | None = "us-west-2",
    headers: dict[str, str | bytes] | None = None,
) -> Checked:
    route = Route(operation, segment, qualifier)
    request = Request(route, "", region, Headers(headers or {}), body)
    return (contract or Contract()).check(request)


def code_and_message(checked: Checked) -> tuple[str, str | None]:
    assert checked.violation is not None
    return checked.violation.code, checked.violation.message


@by_each
class TestName:
    def test_the_parts_of_the_decoded_name(self, operation: Operation) -> None:
        checked = check(operation, quote(f"{ARN}:v1", safe=""))

        assert checked.violation is None
        name = checked.name
        assert (name.name, name.qualifier) == ("orders", "v1")
        assert (name.region, name.account) == ("us-west-2", "123456789012")

    @pytest.mark.parametrize(
        ("segment", "text"),
        [("or%2Fders", "or/ders"), ("orders%2541", "orders%41"), ("a+b", "a+b"), ("%FF", "\ufffd")],
    )
    def test_a_wrong_one_is_a_validation_exception(
        self, operation: Operation, segment: str, text: str
    ) -> None:
        checked = check(operation, segment)

        assert checked.name.name == text
        assert code_and_message(checked) == (
            "ValidationException",
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            f"{operation.name_pattern}",
        )

    def test_the_page_s_limit_of_its_length(self, operation: Operation) -> None:
        prefix = "123456789012:"
        longest = prefix + "a" * (operation.name_max_length - len(prefix))

        assert check(operation, longest).violation is None
        code, message = code_and_message(check(operation, longest + "a"))
        assert code == "ValidationException"
        assert message is not None
        assert message.endswith(f"have length less than or equal to {operation.name_max_length}")

    def test_of_two_faults_both_are_told(self, operation: Operation) -> None:
        code, message = code_and_message(check(operation, "!" * 300))

        assert code == "ValidationException"
        assert message is not None
        assert message.startswith("2 validation errors detected: ")

    @pytest.mark.parametrize("segment", ["orders%3Av1", "or%20ders"])
    def test_a_name_seen_before_is_not_parsed_again(
        self, operation: Operation, segment: str
    ) -> None:
        contract = Contract()

        first, second = (check(operation, segment, contract=contract) for _ in range(2))

        assert first.name is second.name

    def test_many_names_do_not_fill_the_memory(self, operation: Operation) -> None:
        contract = Contract()

        for number in range(3_000):
            assert check(operation, f"f{number}", contract=contract).name.name == f"f{number}"

        kept = contract._check_route.cache_info()
        assert kept.currsize == kept.maxsize == 1_024

    def test_a_function_of_another_region_is_not_found(self, operation: Operation) -> None:
        assert code_and_message(check(operation, ARN, region="eu-west-1")) == (
            "ResourceNotFoundException",
            "Functions from 'us-west-2' are not reachable in this region ('eu-west-1')",
        )
        assert check(operation, ARN, region=None).violation is None


class TestLongBareName:
    LONGEST = "a" * 64

    @by_each
    def test_64_characters_are_allowed(self, operation: Operation) -> None:
        assert check(operation, self.LONGEST).violation is None
        assert check(operation, f"{self.LONGEST}:{'q' * 100}").violation is None

    def test_65_break_the_contract_of_invoke_async(self) -> None:
        code, message = code_and_message(check(INVOKE_ASYNC, self.LONGEST + "a"))

        assert code == "ValidationException"
        assert message is not None
        assert message.endswith("Member must have length less than or equal to 64")

    def test_and_are_the_name_of_no_function_to_invoke(self) -> None:
        checked = check(INVOKE, self.LONGEST + "a")

        assert code_and_message(checked) == ("ResourceNotFoundException", None)

    def test_what_stands_before_a_name_lifts_that_limit(self) -> None:
        assert check(INVOKE, f"123456789012:{self.LONGEST}a").violation is None

    def test_a_body_that_is_no_json_is_told_first(self) -> None:
        code, _ = code_and_message(check(INVOKE, self.LONGEST + "a", b"{"))

        assert code == "InvalidRequestContentException"


class TestNewerNames:
    @pytest.mark.parametrize(
        ("name", "region"),
        [
            (
                "arn:aws-iso-f:lambda:us-isof-south-1:123456789012:function:orders",
                "us-isof-south-1",
            ),
            ("arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:orders", "eusc-de-east-1"),
        ],
    )
    def test_regions_that_the_page_of_invoke_alone_knows(self, name: str, region: str) -> None:
        assert check(INVOKE, name, region=region).name.region == region
        assert code_and_message(check(INVOKE_ASYNC, name))[0] == "ValidationException"

    def test_a_published_version_that_is_the_latest(self) -> None:
        checked = check(INVOKE, "orders:$LATEST.PUBLISHED")

        assert (checked.name.qualifier, checked.violation) == ("$LATEST.PUBLISHED", None)


class TestQualifier:
    """Of the query, which Invoke alone has."""

    @pytest.mark.parametrize(
        ("name", "qualifier"), [("orders", "blue"), ("orders:blue", "blue"), ("orders", "$LATEST")]
    )
    def test_it_says_which_version(self, name: str, qualifier: str) -> None:
        checked = check(INVOKE, name, qualifier=qualifier)

        assert (checked.name.qualifier, checked.violation) == (qualifier, None)

    def test_against_another_one_in_the_name(self) -> None:
        assert code_and_message(check(INVOKE, "orders:green", qualifier="blue")) == (
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )

    @pytest.mark.parametrize(
        ("qualifier", "why"),
        [
            ("a b", "satisfy regular expression pattern: " + INVOKE.qualifier_pattern),
            ("q" * 129, "have length less than or equal to 128"),
        ],
    )
    def test_a_wrong_one(self, qualifier: str, why: str) -> None:
        assert code_and_message(check(INVOKE, qualifier=qualifier)) == (
            "ValidationException",
            f"1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy "
            f"constraint: Member must {why}",
        )

    def test_an_empty_one_is_wrong_in_two_ways(self) -> None:
        _, message = code_and_message(check(INVOKE, qualifier=""))

        assert message is not None
        assert message.startswith("2 validation errors detected: ")
        assert message.endswith("Member must have length greater than or equal to 1")

    def test_a_wrong_name_is_told_with_it(self) -> None:
        _, message = code_and_message(check(INVOKE, "a!", qualifier="b!"))

        assert message is not None
        assert message.startswith("2 validation errors detected: Value 'a!' at 'functionName'")
        assert "; Value 'b!' at 'qualifier'" in message


@by_each
class TestRequestId:
    @given(value=st.uuids(), case=st.sampled_from([str.lower, str.upper, str.title]))
    def test_a_uuid_in_either_case(self, operation: Operation, value: uuid.UUID, case: Any) -> None:
        checked = check(operation, headers={"x-amzn-RequestId": case(str(value))})

        assert checked.violation is None

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
    def test_anything_else_is_an_invalid_request_content_exception(
        self, operation: Operation, value: str
    ) -> None:
        assert code_and_message(check(operation, headers={"x-amzn-RequestId": value})) == (
            "InvalidRequestContentException",
            f"Invalid header x-amzn-RequestId: '{value}' is not a UUID",
        )


@by_each
class TestBody:
    @given(payload=st.dictionaries(st.text(), st.integers() | st.none() | st.text()))
    def test_is_the_payload_as_json(self, operation: Operation, payload: dict[str, object]) -> None:
        assert check(operation, body=json.dumps(payload).encode()).payload == payload

    def test_is_decoded_afresh_each_time(self, operation: Operation) -> None:
        contract = Contract()

        first, second = (check(operation, body=b"[]", contract=contract) for _ in range(2))

        assert first.payload is not second.payload

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"{'a': 1}", "Expecting property name enclosed in double quotes: line 1 column 2"),
            (b"NaN", "NaN is not JSON: line 1 column 1 (char 0)"),
            (b"[" * 2_000, "More than 1000 levels of nesting: line 1 column 1001 (char 1000)"),
            (b"\xff", "Invalid UTF-8: invalid start byte at byte 0"),
        ],
    )
    def test_what_is_no_json_is_an_invalid_request_content_exception(
        self, operation: Operation, body: bytes, why: str
    ) -> None:
        code, message = code_and_message(check(operation, body=body))

        assert code == "InvalidRequestContentException"
        assert message is not None
        assert message.startswith(CUT_OFF + why)

    def test_may_be_as_large_as_the_limit_and_no_larger(self, operation: Operation) -> None:
        limit = operation.payload_limit

        assert check(operation, body=b"1" + b" " * (limit - 1)).payload == 1
        assert code_and_message(check(operation, body=b"1" + b" " * limit)) == (
            "RequestEntityTooLargeException",
            f"{limit + 1} byte payload is too large for the Event invocation type "
            f"(limit {limit} bytes)",
        )

    def test_one_limit_may_count_for_both(self, operation: Operation) -> None:
        contract = Contract(payload_limit=6)

        assert check(operation, body='"éé"'.encode(), contract=contract).payload == "éé"
        code, message = code_and_message(check(operation, body=b'"12345"', contract=contract))
        assert code == "RequestEntityTooLargeException"
        assert message is not None
        assert message.startswith("7 byte payload")

    def test_its_size_is_looked_at_before_its_content(self, operation: Operation) -> None:
        checked = check(operation, body=b"not JSON at all", contract=Contract(payload_limit=10))

        assert code_and_message(checked)[0] == "RequestEntityTooLargeException"


class TestEmptyBody:
    def test_is_an_empty_event_to_invoke(self) -> None:
        checked = check(INVOKE, body=b"")

        assert (checked.payload, checked.violation) == ({}, None)

    def test_is_no_json_to_invoke_async(self) -> None:
        _, message = code_and_message(check(INVOKE_ASYNC, body=b""))

        assert message == f"{CUT_OFF}The body is empty"


class TestOfBotocore:
    @by_each
    def test_the_installed_model_says_what_a_name_is(self, operation: Operation) -> None:
        grammar = operation.name_grammar("botocore")
        contract = Contract("botocore")
        prefix = "123456789012:"
        longest = prefix + "a" * (grammar.max_length - len(prefix))

        assert check(operation, longest, contract=contract).violation is None
        assert check(operation, longest + "a", contract=contract).violation is not None

    def test_and_what_a_qualifier_is(self) -> None:
        _, message = code_and_message(check(INVOKE, qualifier="a b", contract=Contract("botocore")))

        assert message is not None
        assert message.endswith(INVOKE.qualifier_grammar("botocore").pattern)
