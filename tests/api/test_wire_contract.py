"""What the service answers to requests that keep or break the contract, over both transports."""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from urllib.parse import quote

import boto3
import botocore
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_invokeasync import Invocation, InvokeAsyncMock

PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
ARN = "arn:aws:lambda:us-east-1:210987654321:function:"
MIB = 1_048_576


@dataclass(frozen=True)
class Answer:
    """What came back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Send = Callable[..., Answer]


class Boto3:
    """Sends with boto3; the FunctionName as a raw segment of the URL."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, bool], Any] = {}
        self._segment = ""
        self._headers: Mapping[str, str] = {}
        self._answers: list[Answer] = []

    def __call__(
        self,
        segment: str,
        body: bytes = b"{}",
        headers: Mapping[str, str] | None = None,
        region: str = "us-east-1",
        *,
        unsigned: bool = False,
    ) -> Answer:
        key = (region, unsigned)
        if key not in self._clients:
            self._clients[key] = self._make(region, unsigned)
        self._segment, self._headers = segment, headers or {}
        # The answer is looked at as it came; what botocore raises for it is told elsewhere.
        with contextlib.suppress(ClientError):
            self._clients[key].invoke_async(FunctionName="SEGMENT", InvokeArgs=body)
        return self._answers.pop()

    def _make(self, region: str, unsigned: bool) -> Any:
        config = Config(retries={"mode": "standard", "total_max_attempts": 1})
        if unsigned:
            config = config.merge(Config(signature_version=botocore.UNSIGNED))
        client = boto3.client("lambda", region_name=region, config=config)
        client.meta.events.register("before-sign.lambda.InvokeAsync", self._rewrite)
        client.meta.events.register("response-received.lambda.InvokeAsync", self._note)
        return client

    def _rewrite(self, request: Any, **kwargs: Any) -> None:
        request.url = request.url.replace("SEGMENT", self._segment)
        for name, value in self._headers.items():
            request.headers[name] = value

    def _note(self, response_dict: Any, **kwargs: Any) -> None:
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        self._answers.append(Answer(response_dict["status_code"], headers, response_dict["body"]))


def send_with_requests(
    segment: str,
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    region: str = "us-east-1",
    *,
    unsigned: bool = False,
) -> Answer:
    """Sends with requests, and with the URL and the headers just as they are given."""
    prepared = requests.Request("POST", "https://host.invalid", data=body).prepare()
    prepared.url = (
        f"https://lambda.{region}.amazonaws.com/2014-11-13/functions/{segment}/invoke-async/"
    )
    prepared.headers.update(headers or {})
    answer = requests.Session().send(prepared)
    return Answer(
        answer.status_code,
        {name.lower(): value for name, value in answer.headers.items()},
        answer.content,
    )


SENDERS = {"boto3": Boto3(), "requests": send_with_requests}


@pytest.fixture(params=SENDERS)
def send(request) -> Send:
    return SENDERS[request.param]


def pattern_message(name: str) -> str:
    return (
        f"Value '{name}' at 'functionName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {PATTERN}"
    )


def length_message(name: str, limit: int) -> str:
    return (
        f"Value '{name}' at 'functionName' failed to satisfy constraint: "
        f"Member must have length less than or equal to {limit}"
    )


def assert_refused_name(answer: Answer, *messages: str) -> None:
    count = "1 validation error" if len(messages) == 1 else f"{len(messages)} validation errors"
    assert answer.headers["x-amzn-errortype"] == "ValidationException"
    assert answer.status == 400
    assert json.loads(answer.body) == {"message": f"{count} detected: {'; '.join(messages)}"}


def only(mock: InvokeAsyncMock) -> Invocation:
    """The one invocation that was recorded, after a look at what is shown of it."""
    (invocation,) = mock.invocations
    shown = mock.describe()
    heading, line, *hint = shown.split("\n")
    assert "".join([heading, line, *hint]).isprintable()
    # What the contract is may be told below a name that breaks it.
    assert not hint or invocation.error == "ValidationException"
    assert len(hint) <= 1
    assert len(shown) < 1_000
    assert repr(invocation).isprintable()
    assert len(repr(invocation)) < 1_000
    assert mock.find_problems() == []
    return invocation


# Accepted


def test_a_request_that_keeps_the_contract_is_accepted(invokeasync, send):
    answer = send("orders", b'{"id": 42}')

    assert (answer.status, answer.body) == (202, b"")
    assert answer.headers["content-length"] == "0"
    assert answer.headers["content-type"] == "application/json"
    assert "x-amzn-errortype" not in answer.headers
    event = invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert event.request_id == answer.headers["x-amzn-requestid"]
    request_id = uuid.UUID(event.request_id)
    assert (str(request_id), request_id.version) == (event.request_id, 4)


def test_every_answer_has_a_request_id_of_its_own(invokeasync, send):
    answers = [send("orders"), send("orders"), send("orders", b"not JSON"), send("no%20name")]

    ids = [answer.headers["x-amzn-requestid"] for answer in answers]
    assert len({uuid.UUID(one) for one in ids}) == 4
    assert [invocation.request_id for invocation in invokeasync.invocations] == ids


# Each violation, byte for byte


@dataclass(frozen=True)
class Violation:
    """What is sent, and what comes back."""

    id: str
    segment: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    code: str
    answer: bytes


VIOLATIONS = [
    Violation(
        "name",
        "my%20orders",
        {},
        b"{}",
        400,
        "ValidationException",
        rb"""{"message":"1 validation error detected: Value 'my orders' at 'functionName' failed """
        rb"""to satisfy constraint: Member must satisfy regular expression pattern: """
        rb"""(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?"""
        rb"""(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"}""",
    ),
    Violation(
        "length",
        "x" * 65,
        {},
        b"{}",
        400,
        "ValidationException",
        b"""{"message":"1 validation error detected: Value '"""
        + b"x" * 65
        + b"""' at 'functionName' failed to satisfy constraint: """
        b"""Member must have length less than or equal to 64"}""",
    ),
    Violation(
        "name and length",
        "%2F" + "x" * 170,
        {},
        b"{}",
        400,
        "ValidationException",
        b"""{"message":"2 validation errors detected: Value '/"""
        + b"x" * 170
        + rb"""' at 'functionName' failed to satisfy constraint: Member must satisfy regular """
        rb"""expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?"""
        rb"""(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?; Value '/"""
        + b"x"
        * 170
        + b"""' at 'functionName' failed to satisfy constraint: """
        b"""Member must have length less than or equal to 170"}""",
    ),
    Violation(
        "header",
        "orders",
        {"x-amzn-RequestId": "42"},
        b"{}",
        400,
        "InvalidRequestContentException",
        b"""{"Type":"User","message":"Invalid header x-amzn-RequestId: '42' is not a UUID"}""",
    ),
    Violation(
        "body",
        "orders",
        {},
        b"hello",
        400,
        "InvalidRequestContentException",
        b"""{"Type":"User","message":"Could not parse request body into json: Could not parse """
        b"""payload into json: Expecting value: line 1 column 1 (char 0)"}""",
    ),
    Violation(
        "empty body",
        "orders",
        {},
        b"",
        400,
        "InvalidRequestContentException",
        b"""{"Type":"User","message":"Could not parse request body into json: Could not parse """
        b"""payload into json: The body is empty"}""",
    ),
    Violation(
        "size",
        "orders",
        {},
        b'"' + b"x" * 262143 + b'"',
        413,
        "RequestEntityTooLargeException",
        b"""{"message":"262145 byte payload is too large for the Event invocation type """
        b"""(limit 262144 bytes)"}""",
    ),
    Violation(
        "region",
        "arn:aws:lambda:eu-central-1:123456789012:function:orders",
        {},
        b"{}",
        404,
        "ResourceNotFoundException",
        b"""{"Message":"Functions from 'eu-central-1' are not reachable in this region """
        b"""('us-east-1')","Type":"User"}""",
    ),
]
each_violation = pytest.mark.parametrize("violation", VIOLATIONS, ids=attrgetter("id"))


@each_violation
def test_a_violation_is_answered_as_the_service_does(invokeasync, send, violation):
    answer = send(violation.segment, violation.body, violation.headers)

    assert answer.body == violation.answer
    assert answer.status == violation.status
    assert answer.headers["x-amzn-errortype"] == violation.code
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(violation.answer))
    uuid.UUID(answer.headers["x-amzn-requestid"])
    assert answer.headers["date"].endswith(" GMT")


@each_violation
def test_a_violation_is_recorded_and_queues_nothing(invokeasync, send, violation):
    answer = send(violation.segment, violation.body, violation.headers)

    invocation = only(invokeasync)
    assert (invocation.status, invocation.error) == (violation.status, violation.code)
    assert invocation.request_id == answer.headers["x-amzn-requestid"]
    assert not invocation.accepted
    assert invocation.body == violation.body
    assert invokeasync.events == []
    invokeasync.assert_not_queued()


@pytest.mark.invokeasync(schema_violations="respond")
@pytest.mark.parametrize("told", ["{arn}", "{qualified_arn}"])
@pytest.mark.parametrize(
    "call",
    [
        lambda send, told: send(told),
        lambda send, told: send("orders", headers={"x-amzn-RequestId": told}),
        lambda send, told: send("mail", json.dumps(told).encode()),
    ],
    ids=["name", "header", "payload"],
)
def test_what_was_sent_is_told_as_it_is_braces_too(invokeasync, send, call, told):
    """Only in an error's own message do they stand for the ARN."""
    invokeasync.register_function("mail", schema={"enum": [1]})

    answer = call(send, told)

    assert f"'{told}'" in json.loads(answer.body)["message"]


@each_violation
def test_a_violation_uses_up_no_rule(invokeasync, send, violation):
    rule = invokeasync.add_error("ServiceException")

    send(violation.segment, violation.body, violation.headers)
    answer = send("orders")

    assert answer.status == 500
    assert [invocation.error for invocation in rule.invocations] == ["ServiceException"]


@pytest.mark.invokeasync(unknown_functions="reject")
@pytest.mark.parametrize(
    ("segment", "arn"),
    [
        ("orders", "arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST"),
        ("orders%3A7", "arn:aws:lambda:us-east-1:123456789012:function:orders:7"),
        ("orders%3A%24LATEST", "arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST"),
        (f"{ARN}orders%3Alive", f"{ARN}orders:live"),
    ],
)
def test_a_function_that_does_not_exist_is_named_as_it_was_called(invokeasync, send, segment, arn):
    answer = send(segment)

    assert answer.status == 404
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert answer.body == b'{"Message":"Function not found: %s","Type":"User"}' % arn.encode()


ELSEWHERE = "arn:aws:lambda:eu-west-1:210987654321:function:orders"
NO_UUID = {"x-amzn-RequestId": "42"}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (("no%20name", b"x" * 300_000, NO_UUID), "ValidationException"),
        ((ELSEWHERE, b"x" * 300_000, NO_UUID), "InvalidRequestContentException"),
        ((ELSEWHERE, b"x" * 300_000), "RequestEntityTooLargeException"),
        ((ELSEWHERE, b"not JSON"), "InvalidRequestContentException"),
        ((ELSEWHERE, b"{}"), "ResourceNotFoundException"),
    ],
    ids=["name", "header", "size", "body", "region"],
)
def test_of_several_violations_the_first_is_told(invokeasync, send, sent, code):
    answer = send(*sent)

    assert answer.headers["x-amzn-errortype"] == code


# FunctionName


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("orders", ("orders", None, "123456789012", "123456789012:function:orders")),
        ("orders:7", ("orders", "7", "123456789012", "123456789012:function:orders:7")),
        (
            "orders:$LATEST",
            ("orders", "$LATEST", "123456789012", "123456789012:function:orders:$LATEST"),
        ),
        (
            "my_or.d-2:Liv-1_a",
            ("my_or.d-2", "Liv-1_a", "123456789012", "123456789012:function:my_or.d-2:Liv-1_a"),
        ),
        ("function:orders", ("orders", None, "123456789012", "123456789012:function:orders")),
        ("function:orders:7", ("orders", "7", "123456789012", "123456789012:function:orders:7")),
        ("function", ("function", None, "123456789012", "123456789012:function:function")),
        ("210987654321:orders", ("orders", None, "210987654321", "210987654321:function:orders")),
        (
            "210987654321:function:orders",
            ("orders", None, "210987654321", "210987654321:function:orders"),
        ),
        (
            "210987654321:function:orders:7",
            ("orders", "7", "210987654321", "210987654321:function:orders:7"),
        ),
        (
            "us-east-1:210987654321:function:orders",
            ("orders", None, "210987654321", "210987654321:function:orders"),
        ),
        (
            "us-east-1:210987654321:orders:7",
            ("orders", "7", "210987654321", "210987654321:function:orders:7"),
        ),
        (f"{ARN}orders", ("orders", None, "210987654321", "210987654321:function:orders")),
        (f"{ARN}orders:7", ("orders", "7", "210987654321", "210987654321:function:orders:7")),
        (
            "arn::lambda:us-east-1:210987654321:orders",
            ("orders", None, "210987654321", "210987654321:function:orders"),
        ),
    ],
)
@pytest.mark.parametrize("encode", [quote, lambda name: quote(name, safe="")], ids=["", "encoded"])
def test_a_function_may_be_named_in_every_form(invokeasync, send, encode, name, parts):
    function, qualifier, account, arn = parts

    send(encode(name))

    event = invokeasync.assert_queued_once()
    assert (event.function, event.qualifier, event.account) == (function, qualifier, account)
    assert event.region == "us-east-1"
    assert event.arn == f"arn:aws:lambda:us-east-1:{arn}"


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-3", "aws")],
)
def test_an_arn_of_another_partition_is_taken_in_its_region(invokeasync, send, region, partition):
    arn = f"arn:{partition}:lambda:{region}:210987654321:function:orders"

    send(f"{arn}:live", region=region)

    event = invokeasync.assert_queued_once("orders")
    assert event.arn == f"{arn}:live"
    assert (event.region, event.account, event.qualifier) == (region, "210987654321", "live")


@pytest.mark.parametrize(
    "name",
    [
        f"{ARN}orders",
        "us-east-1:210987654321:function:orders",
        "us-east-1:orders",
    ],
)
def test_a_function_of_another_region_is_not_reachable(invokeasync, send, name):
    answer = send(name, region="eu-central-1")

    assert answer.status == 404
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert json.loads(answer.body) == {
        "Message": "Functions from 'us-east-1' are not reachable in this region ('eu-central-1')",
        "Type": "User",
    }
    invocation = only(invokeasync)
    assert (invocation.function, invocation.region) == ("orders", "eu-central-1")


def test_the_region_that_counts_is_the_one_it_is_signed_for(invokeasync):
    url = f"https://lambda.eu-central-1.amazonaws.com/2014-11-13/functions/{ARN}orders/invoke-async"
    request = AWSRequest("POST", url, data=b"{}")
    SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "lambda", "us-east-1").add_auth(request)

    answer = requests.post(url, data=b"{}", headers=dict(request.headers), timeout=5)

    assert answer.status_code == 202
    assert invokeasync.assert_queued_once("orders").region == "us-east-1"


@pytest.mark.parametrize(
    "name",
    [
        "x" * 64,
        "x" * 64 + ":7",
        # 64 is for a name with nothing before it; 170 is for all of it.
        "x" * 64 + ":" + "q" * 105,
        "function:" + "x" * 161,
        "210987654321:" + "x" * 157,
        ARN + "x" * (170 - len(ARN)),
        ARN + "x" * (168 - len(ARN)) + ":7",
    ],
    ids=len,
)
def test_a_name_may_have_its_greatest_length(invokeasync, send, name):
    answer = send(name)

    assert answer.status == 202
    invokeasync.assert_queued_once(name)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("x" * 65, 64),
        ("x" * 65 + ":7", 64),
        ("x" * 170, 64),
        ("x" * 171, 170),
        ("x" * 64 + ":" + "q" * 106, 170),
        ("function:" + "x" * 162, 170),
        ("210987654321:" + "x" * 158, 170),
        (ARN + "x" * (171 - len(ARN)), 170),
    ],
    ids=lambda value: len(value) if isinstance(value, str) else value,
)
def test_a_name_that_is_one_longer_is_refused(invokeasync, send, name, limit):
    answer = send(name)

    assert_refused_name(answer, length_message(name, limit))
    assert only(invokeasync).function == name


def test_a_name_of_any_length_is_answered(invokeasync, send):
    name = "x" * 5_000

    answer = send(name)

    assert_refused_name(answer, length_message(name, 170))
    assert only(invokeasync).function == name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            "arn:aws:lambda:us-east-1:12345678901\N{ARABIC-INDIC DIGIT TWO}:function:orders",
            id="arabic account",
        ),
        pytest.param("\N{FULLWIDTH DIGIT ONE}" * 12 + ":function:orders", id="fullwidth account"),
        pytest.param(
            "arn:aws:lambda:us-east-\N{DEVANAGARI DIGIT ONE}:210987654321:function:orders",
            id="devanagari region",
        ),
        pytest.param("orders-²", id="superscript"),
        pytest.param("zoë", id="letter"),
        pytest.param("orders:\N{ARABIC-INDIC DIGIT SEVEN}", id="qualifier"),
    ],
)
def test_digits_and_letters_are_ascii(invokeasync, send, name):
    answer = send(quote(name, safe=""))

    assert_refused_name(answer, pattern_message(name))
    assert only(invokeasync).function == name


@pytest.mark.parametrize(
    "name",
    [
        "orders:",
        ":orders",
        "orders:a:b",
        "orders:$latest",
        "orders:$LATEST2",
        "arn:aws:lambda:us-east-1:210987654321:function:",
        "arn:aws:lambda:us-east-1:2109876543210:function:orders",
        "arn:aws:s3:us-east-1:210987654321:function:orders",
        "arn:gov:lambda:us-east-1:210987654321:function:orders",
        "ARN:aws:lambda:us-east-1:210987654321:function:orders",
        "arn:aws-iso:lambda:us-iso-east-1:210987654321:function:orders",
        "orders\n",
        "\torders",
    ],
)
def test_what_only_looks_like_a_name_is_refused(invokeasync, send, name):
    answer = send(quote(name, safe=""))

    assert_refused_name(answer, pattern_message(name))
    assert only(invokeasync).function == name


@pytest.mark.parametrize(
    ("segment", "function"),
    [("%6Frders", "orders"), ("%6frders", "orders"), ("%2E", "."), ("orders%2d2", "orders-2")],
)
def test_a_name_may_be_encoded_more_than_need_be(invokeasync, send, segment, function):
    send(segment)

    assert invokeasync.assert_queued_once().function == function


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        pytest.param("%2541", "%41", id="decoded once"),
        pytest.param("a+b", "a+b", id="plus is no blank"),
        pytest.param("%2B", "+", id="encoded plus"),
        pytest.param("%", "%", id="lone percent"),
        pytest.param("a%4", "a%4", id="half an escape"),
        pytest.param("a%zz", "a%zz", id="no hex digits"),
        pytest.param("%25", "%", id="encoded percent"),
        pytest.param("%2F", "/", id="encoded slash"),
        pytest.param("a%3Fb%23c", "a?b#c", id="encoded delimiters"),
        pytest.param("%00", "\0", id="NUL"),
        pytest.param("%0D%0AX-Evil:%201", "\r\nX-Evil: 1", id="line ends"),
        pytest.param("%1B%5B31m", "\x1b[31m", id="terminal escape"),
        pytest.param("%C3%A9", "é", id="UTF-8"),
        pytest.param("%F0%9F%90%98", "🐘", id="beyond the BMP"),
        pytest.param("%ff", "\N{REPLACEMENT CHARACTER}", id="no UTF-8"),
        pytest.param("%C3", "\N{REPLACEMENT CHARACTER}", id="half a character"),
        pytest.param("%ED%A0%80", "\N{REPLACEMENT CHARACTER}" * 3, id="lone surrogate"),
        pytest.param("%E2%80%AE", "\N{RIGHT-TO-LEFT OVERRIDE}", id="invisible"),
    ],
)
def test_the_name_is_decoded_once_and_told_as_it_was_understood(invokeasync, send, segment, name):
    answer = send(segment)

    assert_refused_name(answer, pattern_message(name))
    assert only(invokeasync).function == name


def test_an_empty_name_is_refused(invokeasync, send):
    answer = send("")

    assert_refused_name(
        answer,
        pattern_message(""),
        "Value '' at 'functionName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    )
    assert only(invokeasync).function == ""


def test_requests_sends_a_name_that_is_not_ascii_encoded(invokeasync):
    url = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/{}/invoke-async"

    answer = requests.post(url.format("zoë"), data=b"{}", timeout=5)

    assert answer.status_code == 400
    assert only(invokeasync).function == "zoë"


def test_a_refused_name_is_recorded_with_its_payload(invokeasync, send):
    send("my%20orders", b'{"id": 42}')

    invocation = only(invokeasync)
    assert (invocation.function, invocation.payload) == ("my orders", {"id": 42})
    assert (invocation.qualifier, invocation.account) == (None, "123456789012")
    assert invocation.region == "us-east-1"


def test_a_refused_body_is_recorded_with_its_function(invokeasync, send):
    send(f"{ARN}orders:live", b"{")

    invocation = only(invokeasync)
    assert invocation.arn == f"{ARN}orders:live"
    assert (invocation.body, invocation.payload) == (b"{", None)


# contract="botocore"


def installed_name_rule() -> tuple[str, int]:
    operation = boto3.client("lambda").meta.service_model.operation_model("InvokeAsync")
    metadata = operation.input_shape.members["FunctionName"].metadata
    return metadata["pattern"], metadata["max"]


@pytest.mark.invokeasync(contract="botocore")
@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-east-1", "aws"),
    ],
)
def test_arns_of_newer_regions_are_judged_by_the_installed_model(
    invokeasync, send, region, partition
):
    arn = f"arn:{partition}:lambda:{region}:210987654321:function:orders:live"
    pattern, _ = installed_name_rule()

    answer = send(arn, region=region)

    # Models older than these regions refuse them.
    if re.fullmatch(pattern, arn):
        assert answer.status == 202
        event = invokeasync.assert_queued_once("orders")
        assert (event.arn, event.region, event.qualifier) == (arn, region, "live")
    else:
        assert f"regular expression pattern: {pattern}" in json.loads(answer.body)["message"]


@pytest.mark.invokeasync(contract="botocore")
def test_the_length_is_that_of_the_installed_model(invokeasync, send):
    _, longest = installed_name_rule()
    names = [ARN + "x" * (longest + more - len(ARN)) for more in (0, 1)]

    answers = [send(name) for name in names]

    assert [answer.status for answer in answers] == [202, 400]
    assert_refused_name(answers[1], length_message(names[1], longest))


@pytest.mark.invokeasync(contract="botocore")
def test_the_pattern_told_is_that_of_the_installed_model(invokeasync, send):
    pattern, _ = installed_name_rule()

    answer = send("no%20name")

    assert_refused_name(answer, pattern_message("no name").replace(PATTERN, pattern))


# x-amzn-RequestId


@pytest.mark.parametrize(
    "value",
    ["0f8fad5b-d9cb-469f-a165-70867728950e", "0F8FAD5B-D9CB-469F-A165-70867728950E"],
)
@pytest.mark.parametrize("name", ["x-amzn-RequestId", "X-AMZN-REQUESTID"])
def test_a_request_id_that_is_a_uuid_is_taken(invokeasync, send, name, value):
    answer = send("orders", headers={name: value})

    assert answer.status == 202
    assert invokeasync.get_invocation().headers["x-amzn-requestid"] == value
    # The id of the answer is the service's own.
    assert answer.headers["x-amzn-requestid"] != value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "42",
        "0f8fad5bd9cb469fa16570867728950e",
        "{0f8fad5b-d9cb-469f-a165-70867728950e}",
        "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e",
        "0f8fad5b-d9cb-469f-a165-70867728950",
        "0f8fad5b-d9cb-469f-a165-70867728950ef",
        "0f8fad5b-d9cb-469f-a165-70867728950g",
        "0f8fad5b-d9cb-469f-a165-70867728950e, 0f8fad5b-d9cb-469f-a165-70867728950e",
        '\x7f"\\',
    ],
)
def test_a_request_id_that_is_no_uuid_is_refused(invokeasync, send, value):
    answer = send("orders", headers={"x-amzn-requestid": value})

    assert answer.status == 400
    assert answer.headers["x-amzn-errortype"] == "InvalidRequestContentException"
    assert json.loads(answer.body) == {
        "Type": "User",
        "message": f"Invalid header x-amzn-RequestId: '{value}' is not a UUID",
    }
    assert only(invokeasync).headers["x-amzn-RequestId"] == value


@pytest.mark.parametrize("value", ["café", b"caf\xe9"])
def test_a_header_may_hold_any_character_of_latin_1(invokeasync, value):
    answer = send_with_requests("orders", headers={"x-amzn-RequestId": value})

    assert json.loads(answer.body)["message"] == (
        "Invalid header x-amzn-RequestId: 'café' is not a UUID"
    )


# The size of the body


def test_a_payload_may_have_its_greatest_size(invokeasync, send):
    body = b'"' + b"x" * 262_142 + b'"'

    answer = send("orders", body)

    assert answer.status == 202
    assert only(invokeasync).body == body


@pytest.mark.parametrize(
    "body",
    [b'"' + b"x" * 262_143 + b'"', ('"' + "é" * 131_071 + '"').encode() + b" ", b"[" * 262_145],
    ids=["text", "bytes count, not characters", "no JSON"],
)
def test_a_payload_that_is_one_byte_larger_is_refused(invokeasync, send, body):
    answer = send("orders", body)

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (
        413,
        "RequestEntityTooLargeException",
    )
    assert json.loads(answer.body)["message"] == (
        "262145 byte payload is too large for the Event invocation type (limit 262144 bytes)"
    )
    assert only(invokeasync).body == body


@pytest.mark.invokeasync(payload_limit=10)
def test_the_limit_is_an_option(invokeasync, send):
    answers = [send("orders", b'"12345678"'), send("orders", b'"123456789"')]

    assert [answer.status for answer in answers] == [202, 413]
    assert json.loads(answers[1].body)["message"] == (
        "11 byte payload is too large for the Event invocation type (limit 10 bytes)"
    )


@pytest.mark.invokeasync(payload_limit=2 * MIB)
def test_the_limit_may_be_higher_than_that_of_the_service(invokeasync, send):
    answer = send("orders", b'"' + b"x" * MIB + b'"')

    assert answer.status == 202
    assert len(invokeasync.assert_queued_once("orders").payload) == MIB


def test_a_body_of_100_mb_is_refused_without_a_copy_of_it(invokeasync, send):
    body = bytes(100_000_000)

    answer = send("orders", body)

    assert json.loads(answer.body)["message"] == (
        "100000000 byte payload is too large for the Event invocation type (limit 262144 bytes)"
    )
    assert invokeasync.get_invocation().body is body


# Bodies that are JSON, and only just

BIG = 10**9_999  # 10,000 digits


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        pytest.param(b"null", None, id="null"),
        pytest.param(b"0", 0, id="number"),
        pytest.param(b'""', "", id="empty text"),
        pytest.param(b" \t\r\n{} \n", {}, id="blanks around"),
        pytest.param(b'{"a":1,"a":2}', {"a": 2}, id="duplicate keys"),
        pytest.param(b'{"":{"":0}}', {"": {"": 0}}, id="empty keys"),
        pytest.param(b"1" + b"0" * 9_999, BIG, id="10,000 digits"),
        pytest.param(b'{"n":[-1' + b"0" * 9_999 + b"]}", {"n": [-BIG]}, id="10,000 digits inside"),
        pytest.param(b"0." + b"0" * 9_998 + b"1", 0.0, id="10,000 decimals"),
        pytest.param(b"-1e400", float("-inf"), id="beyond a float"),
        pytest.param(rb'"\ud800"', "\ud800", id="escaped lone surrogate"),
        pytest.param(rb'{"\udfff":"\ud83d"}', {"\udfff": "\ud83d"}, id="lone surrogate as a key"),
        pytest.param(rb'"\ud83d\udc18"', "🐘", id="escaped pair"),
        pytest.param(rb'"\u0000\u001b[31m\u202e"', "\0\x1b[31m\u202e", id="escaped controls"),
        pytest.param(
            '"\x7f\u2028\ufeff\U0010ffff"'.encode(), "\x7f\u2028\ufeff\U0010ffff", id="odd"
        ),
        pytest.param(b'"' + b"[" * 100_000 + b'"', "[" * 100_000, id="100,000 brackets in a text"),
        pytest.param(
            b"[" + b"[]," * 50_000 + b"[]]", [[]] * 50_001, id="100,000 brackets in a row"
        ),
    ],
)
def test_unusual_json_is_accepted(invokeasync, send, body, payload):
    answer = send("orders", body)

    assert answer.status == 202
    event = invokeasync.assert_queued_once("orders")
    equal = event.payload == payload  # apart: nobody can read the difference of these two
    assert equal
    assert only(invokeasync).body == body


def test_1000_levels_are_accepted(invokeasync, send):
    answer = send("orders", b"[" * 1_000 + b"]" * 1_000)

    assert answer.status == 202
    inner, levels = invokeasync.assert_queued_once("orders").payload, 1
    while inner:  # Python's own == gives up at such a depth, in some releases
        (inner,) = inner
        levels += 1
    assert levels == 1_000
    assert only(invokeasync).accepted


# Bodies that are no JSON

HOSTILE = [
    pytest.param(b" ", "Expecting value: line 1 column 2 (char 1)", id="blank"),
    pytest.param(b"\0", "Expecting value: line 1 column 1 (char 0)", id="NUL"),
    pytest.param(b"\0" * 1_000, "Expecting value: line 1 column 1 (char 0)", id="NULs"),
    pytest.param(
        b'{"a":"\0"}', "Invalid control character at: line 1 column 7 (char 6)", id="NUL in a text"
    ),
    pytest.param(
        b'"a\nb"', "Invalid control character at: line 1 column 3 (char 2)", id="line end"
    ),
    pytest.param(b"{}\0", "Extra data: line 1 column 3 (char 2)", id="NUL at the end"),
    pytest.param(b"{} {}", "Extra data: line 1 column 4 (char 3)", id="two texts"),
    pytest.param(b"hello", "Expecting value: line 1 column 1 (char 0)", id="plain text"),
    pytest.param(b"{", None, id="cut short"),
    pytest.param(b'{"a":', None, id="cut before a value"),
    pytest.param(b'"abc', None, id="cut in a text"),
    pytest.param(rb'"\u12', None, id="cut in an escape"),
    pytest.param(b'{"a":1,}', None, id="comma at the end"),
    pytest.param(b"{a:1}", None, id="bare key"),
    pytest.param(b"{1:1}", None, id="number as a key"),
    pytest.param(b"// no\n{}", None, id="comment"),
    pytest.param(b"01", None, id="leading zero"),
    pytest.param(b"+1", None, id="plus sign"),
    pytest.param(b".5", None, id="no digit before the point"),
    pytest.param(b"1.", None, id="no digit after the point"),
    pytest.param(b"0x1F", None, id="hexadecimal"),
    pytest.param(b"1_000", None, id="underscore"),
    pytest.param(b"True", None, id="Python's True"),
    pytest.param("\N{FULLWIDTH DIGIT ONE}".encode(), None, id="fullwidth digit"),
    pytest.param("1\N{ARABIC-INDIC DIGIT ONE}".encode(), None, id="arabic digit"),
    pytest.param("\u00a0{}".encode(), None, id="blank of another kind"),
    pytest.param(b"\v{}", None, id="vertical tab"),
    pytest.param(rb'"\x41"', None, id="escape of Python"),
    pytest.param(rb'"\u0_41"', None, id="escape with an underscore"),
    pytest.param(rb'"\u+041"', None, id="escape with a sign"),
    pytest.param(b"NaN", "NaN is not JSON: line 1 column 1 (char 0)", id="NaN"),
    pytest.param(b'{"NaN":NaN}', "NaN is not JSON: line 1 column 8 (char 7)", id="NaN inside"),
    pytest.param(b"Infinity", "Infinity is not JSON: line 1 column 1 (char 0)", id="Infinity"),
    pytest.param(b"[-Infinity]", "-Infinity is not JSON: line 1 column 2 (char 1)", id="-Infinity"),
    pytest.param(b'"\xff"', "Invalid UTF-8: invalid start byte at byte 1", id="no UTF-8"),
    pytest.param(
        b'"\xc3"', "Invalid UTF-8: invalid continuation byte at byte 1", id="half a character"
    ),
    pytest.param(b'"\xc0\x80"', "Invalid UTF-8: invalid start byte at byte 1", id="overlong NUL"),
    pytest.param(
        b'"\xed\xa0\x80"',
        "Invalid UTF-8: invalid continuation byte at byte 1",
        id="raw lone surrogate",
    ),
    pytest.param(
        b'"\xf4\x90\x80\x80"',
        "Invalid UTF-8: invalid continuation byte at byte 1",
        id="beyond Unicode",
    ),
    pytest.param("{}".encode("utf-8-sig"), "Unexpected byte order mark (BOM) at byte 0", id="BOM"),
    pytest.param(b"\xef\xbb\xbf", "Unexpected byte order mark (BOM) at byte 0", id="BOM alone"),
    pytest.param("{}".encode("utf-16"), "Invalid UTF-8: invalid start byte at byte 0", id="UTF-16"),
    pytest.param("{}".encode("utf-16-le"), None, id="UTF-16 without a BOM"),
    pytest.param("{}".encode("utf-16-be"), None, id="UTF-16 with the high byte first"),
    pytest.param("{}".encode("utf-32-le"), None, id="UTF-32"),
    pytest.param(
        b"[" * 1_001 + b"]" * 1_001,
        "More than 1000 levels of nesting: line 1 column 1001 (char 1000)",
        id="1,001 levels",
    ),
    pytest.param(
        b"[" * 100_000,
        "More than 1000 levels of nesting: line 1 column 1001 (char 1000)",
        id="100,000 levels, open",
    ),
    pytest.param(
        b"[" * 100_000 + b"]" * 100_000,
        "More than 1000 levels of nesting: line 1 column 1001 (char 1000)",
        id="100,000 levels, closed",
    ),
    pytest.param(
        b'{"a":' * 40_000 + b"0" + b"}" * 40_000,
        "More than 1000 levels of nesting: line 1 column 5001 (char 5000)",
        id="40,000 objects, closed",
    ),
    pytest.param(
        b'[{"a":' * 30_000,
        "More than 1000 levels of nesting: line 1 column 3001 (char 3000)",
        id="30,000 of both, open",
    ),
    pytest.param(b"]" * 100_000, "Expecting value: line 1 column 1 (char 0)", id="only closed"),
    pytest.param(b'"' * 100_001, "Extra data: line 1 column 3 (char 2)", id="quotes"),
    pytest.param(b"\\" * 100_000, "Expecting value: line 1 column 1 (char 0)", id="backslashes"),
]


@pytest.mark.parametrize(("body", "reason"), HOSTILE)
def test_what_is_no_json_is_refused_and_recorded(invokeasync, send, body, reason):
    answer = send("orders", body)

    assert answer.status == 400
    assert answer.headers["x-amzn-errortype"] == "InvalidRequestContentException"
    document = json.loads(answer.body)
    told = document["message"].removeprefix(
        "Could not parse request body into json: Could not parse payload into json: "
    )
    assert document == {
        "Type": "User",
        "message": "Could not parse request body into json: "
        f"Could not parse payload into json: {told}",
    }
    # The words for plain mistakes of syntax are those of the running Python.
    assert told == (reason or told) != ""
    invocation = only(invokeasync)
    assert (invocation.function, invocation.payload) == ("orders", None)
    assert invocation.body == body
    assert invokeasync.events == []


# Anything at all

few = settings(max_examples=settings.default.max_examples // 2)


def is_json(body: bytes) -> bool:
    """Whether a short body is JSON, judged by Python's own parser and what it takes too much."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(body.decode("utf-8"), parse_constant=refuse)
    except ValueError:
        return False
    return True


BODIES = st.one_of(
    st.binary(max_size=60),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=30).map(str.encode),
    st.lists(
        st.sampled_from([b"[", b"]", b"{", b"}", b'"', b":", b",", b"1", b"-", b".", b"e", b"\\"]),
        max_size=12,
    ).map(b"".join),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
)


@pytest.mark.parametrize("client", SENDERS)
@given(body=BODIES)
@few
def test_any_body_is_answered_and_recorded_once(client, body):
    with InvokeAsyncMock() as mock:
        answer = SENDERS[client]("orders", body)

    invocation = only(mock)
    assert invocation.body == body
    if is_json(body):
        assert answer.status == 202
        assert mock.events[0].payload == json.loads(body)
    else:
        assert answer.status == 400
        assert answer.headers["x-amzn-errortype"] == "InvalidRequestContentException"


NAMES = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=200),
    st.from_regex(PATTERN, fullmatch=True),
    st.from_regex(PATTERN, fullmatch=True).map(lambda name: name[1:] + name[:1]),
    st.integers(60, 175).map("x".__mul__),
)


def expected_status(name: str) -> int:
    match = re.fullmatch(PATTERN, name, re.ASCII)
    if match is None or len(name) > 170 or (match.start(7) == 0 and len(match[7]) > 64):
        return 400
    return 202 if match[3] in (None, "us-east-1:") else 404


client_of_anything = boto3.client("lambda")


@given(name=NAMES)
@few
def test_any_function_name_is_answered_and_recorded_once(name):
    with InvokeAsyncMock() as mock:
        try:
            client_of_anything.invoke_async(FunctionName=name, InvokeArgs=b"{}")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            assert code in ("ValidationException", "ResourceNotFoundException")

    invocation = only(mock)
    assert invocation.status == expected_status(name)
    if invocation.status == 400:
        assert invocation.function == name


@pytest.mark.parametrize("client", SENDERS)
@given(
    segment=st.one_of(
        st.text(alphabet=st.characters(exclude_characters="/?#"), max_size=80),
        st.binary(max_size=40).map(lambda raw: quote(raw, safe="")),
        st.text(alphabet="%0123456789abcdefABCDEF:", max_size=30),
        NAMES.map(lambda name: quote(name, safe="")),
    )
)
@few
def test_any_segment_of_the_url_is_answered_and_recorded_once(client, segment):
    with InvokeAsyncMock() as mock:
        answer = SENDERS[client](segment)

    invocation = only(mock)
    assert invocation.status == answer.status
    assert answer.status in (202, 400, 404)
    if answer.status == 400:
        assert answer.headers["x-amzn-errortype"] == "ValidationException"
        assert f"Value '{invocation.function}' at" in json.loads(answer.body)["message"]


@pytest.mark.parametrize("client", SENDERS)
@given(value=st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60))
@few
def test_any_request_id_is_answered(client, value):
    with InvokeAsyncMock() as mock:
        answer = SENDERS[client]("orders", headers={"x-amzn-RequestId": value})

    assert answer.status == 400
    assert only(mock).error == "InvalidRequestContentException"


# The region of a request whose signature tells none


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=AKID",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1/lambda",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101//lambda/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/AP SOUTH/lambda/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AKID/today/ap-south-1/lambda/aws4_request",
        "AWS4-HMAC-SHA256 "
        "Credential=AKID/2026010\N{DEVANAGARI DIGIT ONE}/ap-south-1/lambda/aws4_request",
        "AWS4-HMAC-SHA256 NoCredential=AKID/20260101/ap-south-1/lambda/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1/lambda/aws4",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1/lambda/aws4_requestX",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1/lambda/aws4_request/x",
        # Of another service.
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1/execute-api/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1/lambda-x/aws4_request",
        "AWS4-HMAC-SHA512 Credential=AKID/20260101/ap-south-1/lambda/aws4_request",
        # A signature for several regions names none in its scope.
        "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260101/lambda/aws4_request",
        "AWS AKID:signature",
        "Basic dXNlcjpwYXNz",
        "Bearer ?X-Amz-Credential",
        "AWS4-HMAC-SHA256 " + "Credential=" * 1_000,
        "AWS4-HMAC-SHA256" + " " * 5_000,
    ],
)
def test_a_broken_signature_leaves_the_region_to_the_host(invokeasync, send, authorization):
    send("orders", headers={"Authorization": authorization}, region="eu-west-3", unsigned=True)

    assert only(invokeasync).region == "eu-west-3"


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1/lambda/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0123",
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-south-1/lambda/aws4_request,"
        "SignedHeaders=host,Signature=0123",
        "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0123, "
        "Credential=AKID/20260101/ap-south-1/lambda/aws4_request",
        "AWS4-HMAC-SHA256 SignedHeaders=host,Signature=0123,"
        "Credential=AKID/20260101/ap-south-1/lambda/aws4_request",
        "AWS4-HMAC-SHA256  Credential=AKID/20260101/ap-south-1/lambda/aws4_request",
        "AWS4-HMAC-SHA256 Credential=/20260101/ap-south-1/lambda/aws4_request",
    ],
    ids=[
        "as SDKs write it",
        "without blanks",
        "in another order",
        "in another order, without blanks",
        "with more blanks",
        "without a key",
    ],
)
def test_a_signature_tells_the_region(invokeasync, send, authorization):
    send("orders", headers={"Authorization": authorization}, region="eu-west-3", unsigned=True)

    assert invokeasync.assert_queued_once("orders").region == "ap-south-1"


@pytest.mark.parametrize(
    ("region", "query"),
    [
        ("ap-south-1", "X-Amz-Credential=AKID%2F20260101%2Fap-south-1%2Flambda%2Faws4_request"),
        ("ap-south-1", "X-Amz-Credential=AKID/20260101/ap-south-1/lambda/aws4_request&b=2"),
        ("ap-south-1", "a=1&X-Amz-Credential=AKID/20260101/ap-south-1/lambda/aws4_request#end"),
        # These do not.
        ("eu-west-3", "Credential=AKID/20260101/ap-south-1/lambda/aws4_request"),
        ("eu-west-3", "X-Amz-Credential=AKID%2F20260101%2Fap-south-1%2Fs3%2Faws4_request"),
        ("eu-west-3", "X-Amz-Credential=AKID/20260101/ap-south-1/lambda/aws4_request/x"),
        ("eu-west-3", "x=X-Amz-Credential=AKID/20260101/ap-south-1/lambda/aws4_request"),
        ("eu-west-3", "X-Amz-Credential=AKID&y=/20260101/ap-south-1/lambda/aws4_request"),
    ],
)
def test_a_presigned_url_tells_the_region(invokeasync, region, query):
    url = "https://lambda.eu-west-3.amazonaws.com/2014-11-13/functions/orders/invoke-async"
    requests.post(f"{url}?{query}", b"{}", timeout=5)

    assert only(invokeasync).region == region


@pytest.mark.parametrize("client", SENDERS)
@given(
    authorization=st.one_of(
        st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=80),
        st.lists(
            st.sampled_from(
                [
                    "AWS4-HMAC-SHA256 ",
                    " ",
                    "Credential=",
                    "AKID",
                    "/",
                    "20260101",
                    "EU-WEST-1",
                    "aws4_request",
                    ",",
                    "=",
                    "?X-Amz-Credential=",
                    "%2F",
                    "é",
                ]
            ),
            max_size=14,
        ).map("".join),
    )
)
@few
def test_any_authorization_is_answered_in_the_region_of_the_host(client, authorization):
    with InvokeAsyncMock() as mock:
        SENDERS[client](
            "orders",
            headers={"Authorization": authorization},
            region="eu-west-3",
            unsigned=True,
        )

    invocation = only(mock)
    assert (invocation.status, invocation.region) == (202, "eu-west-3")


def test_both_transports_are_answered_alike(invokeasync):
    for segment, headers, body in [
        ("orders", {}, b"{}"),
        ("no%20name", {}, b"{}"),
        ("orders", {}, b"{"),
        ("orders", {"x-amzn-RequestId": "42"}, b"{}"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:orders", {}, b"{}"),
    ]:
        by_boto3, by_requests = (
            SENDERS[client](segment, body, headers) for client in ("boto3", "requests")
        )

        assert by_boto3.status == by_requests.status
        assert by_boto3.body == by_requests.body
        assert set(by_boto3.headers) == set(by_requests.headers)
