"""The same operations through every client: what is recorded may not depend on the way taken."""

from __future__ import annotations

import contextlib
import io
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import ANY, patch
from urllib.parse import quote

import boto3
import botocore.endpoint
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_invokeasync import (
    ErrorSpec,
    Fault,
    Invocation,
    InvokeAsyncMock,
    InvokeAsyncServer,
    Rule,
    faults,
)

ARN = "arn:aws:lambda:us-east-1:210987654321:function:orders"
REGIONS = ("us-east-1", "eu-west-1")
KEY = Credentials("AKID", "secret")


# --- What is done --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One call of the code under test."""

    name: str
    body: bytes
    region: str
    headers: dict[str, str]
    kind: Callable[[bytes], Any] = bytes
    """What the body is given as."""
    ending: str = ""
    """What the URL ends with."""

    def run(self, mock: InvokeAsyncMock, send: Callable[[Call], Any], _: list[Any]) -> Seen:
        seen = send(self)
        return Seen(seen, any(attempt.fault for attempt in mock.invocations[-1].attempts))


@dataclass(frozen=True)
class Seen:
    """What the code under test saw of one call."""

    what: object
    of_fault: bool


@dataclass(frozen=True)
class Script:
    """One call of the test's author: what a rule has become is told at the end."""

    method: str
    given: tuple[Any, ...]
    keywords: dict[str, Any]

    def run(self, mock: InvokeAsyncMock, send: Callable[[Call], Any], _: list[Any]) -> Any:
        return getattr(mock, self.method)(*self.given, **self.keywords)


@dataclass(frozen=True)
class Removal:
    """One of the rules, if there are some, is removed."""

    which: int

    def run(self, mock: InvokeAsyncMock, send: Callable[[Call], Any], before: list[Any]) -> None:
        if rules := [one for one in before if isinstance(one, Rule)]:
            rules[self.which % len(rules)].remove()


@dataclass(frozen=True)
class Question:
    """What the test's author asks: how many there are, or that there are none such."""

    method: str
    keywords: dict[str, Any]

    def run(self, mock: InvokeAsyncMock, send: Callable[[Call], Any], _: list[Any]) -> str:
        try:
            found = getattr(mock, self.method)(**self.keywords)
        except AssertionError:
            return "not so"
        return f"{len(found)} found" if isinstance(found, list) else "so it is"


Operation = Call | Script | Removal | Question


def refuse_ones(invocation: Invocation) -> str | None:
    return "ServiceException" if invocation.payload == 1 else None


def cut_off_nulls(invocation: Invocation) -> Fault | ErrorSpec:
    return faults.ConnectionClosed if invocation.payload is None else ErrorSpec("Teapot", 418)


def has_body(one: Any) -> bool:
    return one.payload not in ({}, None)


def text(body: bytes) -> str | bytes:
    """In ASCII: what else becomes of a str depends on the release of requests."""
    return body.decode() if body.isascii() else body


def maybe(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Keywords, each given or left out."""
    return st.fixed_dictionaries({}, optional=strategies)


def weighted(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of several, the first number saying how often."""
    return st.sampled_from([one for times, one in choices for _ in range(times)]).flatmap(
        lambda one: one
    )


HEADERS = maybe(
    **{
        "X-Amzn-Trace-Id": st.just("Root=1-5759e988-bd862e3fe1be46a994272793"),
        "x-amzn-RequestId": st.sampled_from(["c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00", "42"]),
    }
)
GOOD_CALLS = st.builds(
    Call,
    name=st.sampled_from(["orders", "orders", "orders:7", "mail", ARN, f"{ARN}:7"]),
    body=st.sampled_from([b"{}", b"{}", b"1", b"null"]),
    region=st.just("us-east-1"),
    headers=st.just({}),
    kind=st.sampled_from([bytes, bytes, bytearray, text, io.BytesIO]),
    ending=st.sampled_from(["", "", "/", "?x=1", "/?x=/2015-03-31/"]),
)
ODD_CALLS = st.builds(
    Call,
    name=st.sampled_from(["orders", "eu-west-1:orders", "or ders", "é/ü", "x" * 65, ".", "%41"])
    | st.text(st.characters(codec="utf-8"), min_size=1, max_size=9),
    body=st.sampled_from([b"{}", b"", b"NaN", b'"\xff"', b'"' + b"x" * 60 + b'"'])
    | st.binary(max_size=9),
    region=st.sampled_from(REGIONS),
    headers=HEADERS,
) | st.builds(Call, st.just("orders"), st.just(b"{}"), st.sampled_from(REGIONS), HEADERS)
MATCH = {
    # Without a qualifier of its own, which must not contradict the other.
    "function": st.sampled_from(["orders", "eu-west-1:orders", "mail"]),
    "payload": st.sampled_from([{}, 1, None, ANY]),
    "region": st.sampled_from(REGIONS),
    # Not None, which contradicts "orders:7" and is refused.
    "qualifier": st.just("7"),
    "where": st.just(has_body),
}
HOW = weighted(
    (3, maybe(times=st.sampled_from([2, None]))),
    (1, maybe(**MATCH, times=st.sampled_from([2, None]), attempts=st.integers(1, 2))),
    (1, maybe(**MATCH, at=st.sampled_from([1, 2, (1, 3)]), optional=st.booleans())),
)
ERRORS = st.sampled_from(
    [
        *("ServiceException", "TooManyRequestsException", "ResourceConflictException"),
        *("ThrottlingException", "InvalidRuntimeException"),
        ErrorSpec("Teapot", 418, message="{arn} is a teapot é"),
    ]
)
FAULTS = st.sampled_from(faults.every())
SCRIPTS = st.one_of(
    st.builds(Script, st.just("add_error"), st.tuples(ERRORS), HOW),
    st.builds(
        Script,
        st.just("add_fault"),
        st.tuples(FAULTS),
        st.builds(dict.__or__, HOW, maybe(delivered=st.booleans())),
    ),
    st.builds(
        Script,
        st.just("add_accepted"),
        st.just(()),
        maybe(**MATCH, times=st.integers(1, 2), request_id=st.just("chosen")),
    ),
    st.builds(
        Script,
        st.just("add_callback"),
        st.tuples(st.sampled_from([refuse_ones, cut_off_nulls])),
        maybe(**MATCH),
    ),
    st.builds(
        Script,
        st.just("register_function"),
        st.tuples(st.sampled_from(["orders", "orders:7", "mail", ARN])),
        maybe(schema=st.sampled_from([True, False, {"type": "object"}])),
    ),
)
RESETS = st.just(Script("reset", (), {}))
QUESTIONS = st.builds(
    Question,
    st.sampled_from(
        [
            *("get_invocations", "get_invocation", "get_events", "assert_queued"),
            *("assert_queued_once", "assert_not_queued", "assert_invoked", "assert_invoked_once"),
        ]
    ),
    maybe(**MATCH),
)
RARE = weighted(
    (2, ODD_CALLS), (2, QUESTIONS), (1, RESETS), (1, st.builds(Removal, st.integers(0, 9)))
)
# Calls without a rule tell little, nor do rules without a call.
OPERATIONS = st.lists(weighted((3, SCRIPTS), (6, GOOD_CALLS), (3, RARE)), min_size=3, max_size=20)
OPTIONS = weighted(
    (4, st.just({"payload_limit": 60})),
    (1, st.just({"payload_limit": 60, "unknown_functions": "reject"})),
    (1, st.just({"payload_limit": 60, "schema_violations": "respond", "contract": "botocore"})),
)


# --- The ways ------------------------------------------------------------------------------------


@dataclass
class Boto3:
    """boto3, with the SDK's retries or without."""

    attempts: int = 1
    address: str = "https://lambda.example.com"
    _clients: dict[str, Any] = field(default_factory=dict)
    _call: Call | None = None

    def __call__(self, call: Call) -> object:
        self._call = call
        try:
            answer = self._client(call.region).invoke_async(
                FunctionName=call.name, InvokeArgs=call.kind(call.body)
            )
        except ClientError as error:
            told = error.response["Error"]
            return error.response["ResponseMetadata"]["HTTPStatusCode"], told["Message"]
        except BotoCoreError:
            return "no answer"
        return answer["Status"], ""

    def _client(self, region: str) -> Any:
        if region not in self._clients:
            # Of another mode the client would remember the failures of the endpoint.
            config = Config(retries={"mode": "legacy", "total_max_attempts": self.attempts})
            client = boto3.Session("AKID", "secret").client(
                "lambda", region, endpoint_url="https://lambda.example.com", config=config
            )
            client.meta.events.register("before-sign.lambda.InvokeAsync", self._rewrite)
            self._clients[region] = client
        return self._clients[region]

    def _rewrite(self, request: Any, **_: Any) -> None:
        assert self._call is not None
        request.url = request.url.replace("https://lambda.example.com", self.address).rstrip("/")
        request.url += self._call.ending
        for name, value in self._call.headers.items():
            request.headers[name] = value


class Requests:
    """requests, signing as boto3 does."""

    address = "https://lambda.example.com"

    def __call__(self, call: Call) -> object:
        name = quote(call.name, safe="")
        url = f"{self.address}/2014-11-13/functions/{name}/invoke-async{call.ending}"
        signed = AWSRequest("POST", url, data=call.body, headers=call.headers)
        SigV4Auth(KEY, "lambda", call.region).add_auth(signed)
        data = call.kind(call.body)
        prepared = requests.Request("POST", url, dict(signed.headers), data=data).prepare()
        # As it was written: requests would resolve a name such as "..".
        prepared.url = url
        try:
            answer = requests.Session().send(prepared, timeout=20)
        except requests.RequestException:
            return "no answer"
        message = ""
        with contextlib.suppress(ValueError):
            document = answer.json()
            message = document.get("message") or document["Message"]
        return answer.status_code, message


@contextlib.contextmanager
def in_process(client: Any, mock: InvokeAsyncMock) -> Iterator[Callable[[Call], object]]:
    client.address = "https://lambda.example.com"
    mock.start()
    try:
        yield client
    finally:
        mock.stop()


@contextlib.contextmanager
def through_the_endpoint(client: Any, mock: InvokeAsyncMock) -> Iterator[Callable[[Call], object]]:
    # No mock is active, so that the call leaves for the server as from another process. The SDK's
    # waits are real there.
    without_waits = types.SimpleNamespace(time=time.time, sleep=lambda seconds: None)
    server = InvokeAsyncServer(mock)
    server.hang_limit = 0.001
    with server, patch.object(botocore.endpoint, "time", without_waits):
        client.address = server.url
        yield client


def told(mock: InvokeAsyncMock) -> list[object]:
    """Everything that was recorded, but what differs each time: ids, headers, the caller."""
    invocations = mock.invocations
    return [
        *(
            [
                (one.function, one.qualifier, one.region, one.account, one.arn, one.trace_id),
                (one.body, one.payload, one.accepted, one.status, one.error),
                [(a.number, a.status, a.error, a.fault, bool(a.request_id)) for a in one.attempts],
                [event.request_id == one.request_id for event in one.events],
            ]
            for one in invocations
        ),
        [
            (invocations.index(event.invocation), event.payload, event.request_id == "chosen")
            for event in mock.events
        ],
        mock.find_problems(),
    ]


@dataclass(frozen=True)
class Outcome:
    """What came of the operations, done in one of the ways."""

    seen: list[Seen]
    """By the code under test."""
    told: list[str]
    """To the test's author."""
    recorded: list[object]
    rules: list[object]


def do(way: Any, options: dict[str, Any], operations: list[Operation]) -> Outcome:
    mock = InvokeAsyncMock(**options)
    results: list[Any] = []
    with way(mock) as send:
        for operation in operations:
            results.append(operation.run(mock, send, results))
    return Outcome(
        seen=[one for one in results if isinstance(one, Seen)],
        told=[one for one in results if isinstance(one, str)],
        recorded=told(mock),
        rules=[(one.used, one.remaining) for one in results if isinstance(one, Rule)],
    )


def ways_of(client: Any) -> list[Any]:
    return [partial(in_process, client), partial(through_the_endpoint, client)]


BOTO3 = ways_of(Boto3())
REQUESTS = ways_of(Requests())
RETRYING = ways_of(Boto3(attempts=3))

fewer = settings(max_examples=settings.default.max_examples // 4)


@given(operations=OPERATIONS, options=OPTIONS)
@fewer
def test_the_same_is_recorded(operations: list[Operation], options: dict[str, Any]) -> None:
    by_boto3 = [do(way, options, operations) for way in BOTO3]
    by_requests = [do(way, options, operations) for way in REQUESTS]
    for one in (*by_boto3, *by_requests):
        assert one.recorded == by_boto3[0].recorded
        assert one.told == by_boto3[0].told
        assert one.rules == by_boto3[0].rules
    for outcomes in (by_boto3, by_requests):
        for one in outcomes:
            assert one.seen == outcomes[0].seen
    # Of a fault each client makes its own.
    for one, other in zip(by_boto3[0].seen, by_requests[0].seen, strict=True):
        assert one.of_fault == other.of_fault
        assert one.of_fault or one == other


@given(operations=OPERATIONS, options=OPTIONS)
@fewer
def test_the_same_is_recorded_of_retries(
    operations: list[Operation], options: dict[str, Any]
) -> None:
    in_this_process, elsewhere = [do(way, options, operations) for way in RETRYING]
    assert elsewhere == in_this_process
