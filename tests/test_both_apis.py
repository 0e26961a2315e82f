"""InvokeAsync, and Invoke of the types Event and DryRun: the same tests, whichever is called."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall, errors, faults, runs

client = boto3.client("lambda", config=Config(retries={"mode": "standard", "max_attempts": 2}))
HOST = "https://lambda.us-east-1.amazonaws.com"
INVOKE_URL = f"{HOST}/2015-03-31/functions/orders/invocations"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:ended"
EVENT = {"X-Amz-Invocation-Type": "Event"}
Invoke = Callable[..., Any]


def by_invoke_async(function: str = "orders", payload: bytes = b'{"id": 42}') -> Any:
    return client.invoke_async(FunctionName=function, InvokeArgs=payload)


def by_invoke(function: str = "orders", payload: bytes = b'{"id": 42}', **how: Any) -> Any:
    how.setdefault("InvocationType", "Event")
    return client.invoke(FunctionName=function, Payload=payload, **how)


BOTH = {"InvokeAsync": by_invoke_async, "Invoke": by_invoke}


@pytest.fixture(params=BOTH)
def api(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def invoke(api: str) -> Invoke:
    return BOTH[api]


# The answers.


def test_an_event_is_answered_as_recorded(invokeasync):
    answer = by_invoke()

    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    assert answer.keys() == {"ResponseMetadata", "StatusCode", "Payload"}
    assert headers.keys() == {
        "date",
        "content-length",
        "connection",
        "x-amzn-requestid",
        "x-amzn-remapped-content-length",
        "x-amzn-trace-id",
    }
    assert (headers["content-length"], headers["x-amzn-remapped-content-length"]) == ("0", "0")
    [event] = invokeasync.events
    assert headers["x-amzn-requestid"] == event.request_id


def test_its_trace_is_one_that_is_not_sampled(invokeasync):
    traces = [
        requests.post(INVOKE_URL, headers=EVENT, timeout=5).headers["x-amzn-trace-id"]
        for _ in range(2)
    ]

    for trace in traces:
        root, parent, sampled = trace.split(";")
        _, seconds, random_part = root.removeprefix("root=").split("-")
        assert (len(seconds), len(random_part), len(parent)) == (8, 24, len("parent=") + 16)
        assert sampled == "sampled=0"
    assert traces[0] != traces[1]


def test_a_dry_run_is_answered_as_recorded(invokeasync):
    answer = by_invoke(InvocationType="DryRun")

    assert (answer["StatusCode"], answer["Payload"].read()) == (204, b"")
    assert answer["ResponseMetadata"]["HTTPHeaders"].keys() == {
        "date",
        "connection",
        "x-amzn-requestid",
        "x-amzn-remapped-content-length",
    }


def test_the_answer_is_the_same_to_requests(invokeasync):
    answer = requests.post(INVOKE_URL, data=b"{}", headers=EVENT, timeout=5)

    assert (answer.status_code, answer.content) == (202, b"")
    assert "content-type" not in answer.headers


@pytest.mark.parametrize(
    ("invoke", "limit"), [(by_invoke_async, 262_144), (by_invoke, 1_048_576)], ids=BOTH
)
def test_the_largest_payload(invokeasync, invoke, limit):
    invoke(payload=b"1" + b" " * (limit - 1))
    with pytest.raises(client.exceptions.ClientError) as refused:
        invoke(payload=b"1" + b" " * limit)

    answer = refused.value.response
    text = (
        f"{limit + 1} byte payload is too large for the Event invocation type (limit {limit} bytes)"
    )
    assert answer["Error"] == {"Code": "RequestEntityTooLargeException", "Message": text}
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert int(headers["content-length"]) == len(json.dumps({"message": text})) - 1


def test_a_payload_limit_of_the_test_s_own_counts_for_both(api):
    with (
        InvokeAsyncMock(payload_limit=5),
        pytest.raises(client.exceptions.ClientError, match="limit 5 bytes"),
    ):
        BOTH[api](payload=b"123456")


def test_an_empty_payload_is_an_empty_event(invokeasync):
    client.invoke(FunctionName="orders", InvocationType="Event")

    event = invokeasync.assert_queued_once("orders", payload={})
    assert (event.payload, event.invocation.body) == ({}, b"")


@pytest.mark.parametrize(
    ("function", "qualifier", "queued"),
    [
        ("orders", "blue", "orders:blue"),
        ("orders:blue", "blue", "orders:blue"),
        ("orders", "$LATEST", "orders:$LATEST"),
    ],
)
def test_a_qualifier_beside_the_name(invokeasync, function, qualifier, queued):
    by_invoke(function, Qualifier=qualifier)

    event = invokeasync.assert_queued_once(queued)
    assert event.qualifier == qualifier
    assert event.arn.endswith(f":function:{queued}")


def test_a_qualifier_against_that_of_the_name(invokeasync):
    with pytest.raises(client.exceptions.InvalidParameterValueException) as refused:
        by_invoke("orders:green", Qualifier="blue")

    assert refused.value.response["message"] == (
        "The derived qualifier from the function name does not match the specified qualifier."
    )


def test_a_name_of_65_characters_is_not_found(invokeasync):
    with pytest.raises(client.exceptions.ResourceNotFoundException) as refused:
        by_invoke("a" * 65)

    assert refused.value.response["Message"] == (
        f"Function not found: arn:aws:lambda:us-east-1:123456789012:function:{'a' * 65}:$LATEST"
    )


@pytest.mark.parametrize("context", ["bm90IEpTT04=", "not-base64"])
def test_a_client_context_is_told_as_it_was_sent(invokeasync, context):
    by_invoke(ClientContext=context)

    assert invokeasync.get_invocation().client_context == context


def test_an_invocation_without_one(invokeasync, invoke):
    invoke()

    assert invokeasync.get_invocation().client_context is None


@pytest.mark.parametrize("told", [{}, EVENT | {"X-Amz-Invocation-Type": "RequestResponse"}])
def test_another_type_is_another_call(invokeasync, told):
    with pytest.raises(UnmockedLambdaCall, match='and Invoke with InvocationType="Event" or'):
        requests.post(INVOKE_URL, data=b"{}", headers=told, timeout=5)

    [call] = invokeasync.unmocked_calls
    assert call.url == INVOKE_URL
    invokeasync.unmocked_calls.clear()


# What a test sees is the same.


def test_what_was_invoked_tells_its_api(invokeasync, api, invoke):
    invoke()

    event = invokeasync.assert_queued_once("orders", payload={"id": 42}, api=api)
    assert (event.api, event.invocation.api) == (api, api)
    assert event.invocation.invocation_type == "Event"


def test_an_api_that_is_left_out_matches_both(invokeasync):
    by_invoke_async()
    by_invoke()

    assert len(invokeasync.assert_queued("orders")) == 2
    assert [each.api for each in invokeasync.get_invocations(api="Invoke")] == ["Invoke"]
    invokeasync.assert_sequence(["orders", "orders"])


def test_the_log_names_invoke(invokeasync):
    by_invoke_async()
    by_invoke()
    by_invoke(InvocationType="DryRun")

    lines = [line.partition(" (")[0] for line in invokeasync.describe().splitlines()]
    assert lines == [
        "recorded: 3 invocations, 2 events",
        "  1. orders {'id': 42} -> 202 accepted",
        "  2. orders {'id': 42} by Invoke -> 202 accepted",
        "  3. orders {'id': 42} by Invoke, a dry run -> 204 accepted",
    ]


def test_a_failure_tells_an_api_that_differs(invokeasync):
    by_invoke_async()

    with pytest.raises(AssertionError, match="expected api 'Invoke', was 'InvokeAsync'"):
        invokeasync.assert_queued("orders", api="Invoke")


def test_a_rule_answers_both_or_one(invokeasync):
    invokeasync.add_error("ServiceException", times=2, api="Invoke", attempts=1)

    for each in (by_invoke_async, by_invoke, by_invoke):
        each()

    assert [len(one.attempts) for one in invokeasync.invocations] == [1, 2, 2]


@pytest.mark.parametrize(
    "fault", [each for each in faults.every() if each is not faults.LostAnswer]
)
def test_every_fault_is_raised(invokeasync, invoke, fault):
    invokeasync.add_fault(fault)

    with pytest.raises(Exception) as raised:  # noqa: PT011 - each its own
        invoke()

    assert not isinstance(raised.value, AssertionError)
    assert invokeasync.events == []


def test_a_lost_answer_queues_twice(invokeasync, api, invoke):
    invokeasync.add_fault(faults.LostAnswer)

    invoke()

    assert [event.api for event in invokeasync.assert_queued("orders", times=2)] == [api, api]
    assert len(invokeasync.get_invocation().attempts) == 2


def test_waits_are_skipped_and_told(invokeasync, invoke, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))
    invokeasync.add_error("ServiceException", attempts=1)

    invoke()

    first, second = invokeasync.get_invocation().attempts
    assert first.backoff is None
    assert second.backoff is not None


def test_a_failure_takes_nothing_from_the_client_s_retry_quota(invokeasync, invoke):
    invokeasync.add_error("ServiceException", times=None)

    for _ in range(60):
        with pytest.raises(client.exceptions.ServiceException):
            invoke()

    assert {len(one.attempts) for one in invokeasync.invocations} == {3}


def test_a_sweep_tries_each_invocation(invokeasync, invoke):
    for outcome in invokeasync.sweep("ServiceException", faults.LostAnswer):
        for number in (1, 2):
            try:
                invoke(payload=json.dumps(number).encode())
            except client.exceptions.ServiceException:
                continue
        assert len(invokeasync.invocations) == 2, outcome


def test_a_schema_is_for_both(api):
    with InvokeAsyncMock(schema_violations="respond") as mock:
        mock.register_function("orders", schema={"required": ["id"]})
        with pytest.raises(client.exceptions.InvalidRequestContentException):
            BOTH[api](payload=b"{}")


def test_an_unknown_function_is_rejected(api):
    with (
        InvokeAsyncMock(unknown_functions="reject"),
        pytest.raises(client.exceptions.ResourceNotFoundException),
    ):
        BOTH[api]()


def test_neither_needs_credentials(invokeasync, invoke):
    invoke()

    assert "Credential=FAKEINVOKEASYNC/" in invokeasync.get_invocation().headers["Authorization"]


def test_a_handler_that_changes_the_body_of_each_attempt(invokeasync, api):
    stamped = boto3.client("lambda")
    numbers = iter(range(9))

    def stamp(request: Any, **_: Any) -> None:
        request.data = json.dumps({"try": next(numbers)})

    stamped.meta.events.register_first(f"request-created.lambda.{api}", stamp)
    invokeasync.add_error("ServiceException", attempts=1)

    if api == "Invoke":
        stamped.invoke(FunctionName="orders", InvocationType="Event", Payload=b"{}")
    else:
        stamped.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    [invocation] = invokeasync.invocations
    assert len(invocation.attempts) == 2
    [event] = invokeasync.events
    assert (invocation.payload, event.payload) == ({"try": 0}, {"try": 1})


# Errors.


def test_the_set_of_invoke_is_what_the_model_lists():
    modeled = client.meta.service_model.operation_model("Invoke").error_shapes

    assert {spec.code for spec in errors.invoke()} == {shape.error_code for shape in modeled}


@pytest.mark.parametrize("spec", errors.invoke(), ids=str)
def test_each_of_them_is_raised_as_its_class(invokeasync, spec):
    invokeasync.add_error(spec)

    with pytest.raises(getattr(client.exceptions, spec.code)):
        by_invoke()


# Dry runs.


def test_a_dry_run_asks_and_queues_nothing(invokeasync):
    by_invoke(InvocationType="DryRun")

    [invocation] = invokeasync.invocations
    assert (invocation.invocation_type, invocation.accepted) == ("DryRun", True)
    assert invokeasync.events == []


def test_assertions_are_about_dry_runs_where_they_are_named(invokeasync):
    by_invoke(InvocationType="DryRun")

    invokeasync.assert_not_invoked()
    invokeasync.assert_sequence([])
    invokeasync.assert_invoked_once("orders", invocation_type="DryRun")
    with pytest.raises(AssertionError):
        invokeasync.get_invocation()


def test_rules_are_about_dry_runs_where_they_are_named(invokeasync):
    invokeasync.add_error("ServiceException", attempts=1)
    invokeasync.add_error("AccessDeniedException", invocation_type="DryRun")

    with pytest.raises(client.exceptions.ClientError, match="AccessDeniedException"):
        by_invoke(InvocationType="DryRun")
    by_invoke()

    assert [len(one.attempts) for one in invokeasync.invocations] == [1, 2]


def test_a_sweep_passes_dry_runs_over(invokeasync):
    for outcome in invokeasync.sweep("AccessDeniedException"):
        by_invoke(InvocationType="DryRun")
        with contextlib.suppress(client.exceptions.ClientError):
            by_invoke()

        assert [one.error for one in invokeasync.invocations] == (
            [None, "AccessDeniedException"] if outcome.position == 1 else [None, None]
        )


def test_a_delivered_fault_on_a_dry_run_queues_nothing(invokeasync):
    invokeasync.add_fault(faults.LostAnswer, invocation_type="DryRun")

    by_invoke(InvocationType="DryRun")

    assert invokeasync.events == []
    assert len(invokeasync.invocations[0].attempts) == 2
    assert "event queued" not in invokeasync.describe()


@pytest.mark.parametrize(
    ("function", "payload", "code"),
    [
        ("or ders", b"{}", "ValidationException"),
        ("orders", b"{", "InvalidRequestContentException"),
    ],
)
def test_the_contract_is_for_dry_runs_too(invokeasync, function, payload, code):
    with pytest.raises(client.exceptions.ClientError) as refused:
        by_invoke(function, payload, InvocationType="DryRun")

    assert refused.value.response["Error"]["Code"] == code


# Bad input.


@pytest.mark.parametrize(
    ("keywords", "why"),
    [
        ({"api": "invoke"}, "unknown value of api=: 'invoke'; did you mean 'Invoke'"),
        ({"api": None}, "unknown value of api=: None"),
        ({"invocation_type": "Dry"}, "unknown value of invocation_type=: 'Dry'"),
        ({"invocation_type": "RequestResponse"}, "Allowed: Event, DryRun."),
    ],
)
def test_a_value_that_does_not_exist(invokeasync, keywords, why):
    with pytest.raises(ValueError, match="add_error") as refused:
        invokeasync.add_error("ServiceException", **keywords)

    assert why in str(refused.value)


def test_an_event_has_no_invocation_type_to_match(invokeasync):
    with pytest.raises(TypeError, match="unknown keyword 'invocation_type'"):
        invokeasync.assert_queued("orders", invocation_type="Event")


# Beside others.


def test_a_stubber_comes_first(invokeasync):
    stubbed = boto3.client("lambda")
    with Stubber(stubbed) as stubber:
        stubber.add_response("invoke", {"StatusCode": 202})
        stubbed.invoke(FunctionName="orders", InvocationType="Event")

    assert invokeasync.invocations == []


def test_events_may_be_left_to_others():
    with InvokeAsyncMock(invoke_event="leave", assert_all_used=False) as mock:
        with pytest.raises(UnmockedLambdaCall):
            requests.post(INVOKE_URL, headers=EVENT, timeout=5)
        by_invoke_async()

        assert [one.api for one in mock.invocations] == ["InvokeAsync"]
        mock.unmocked_calls.clear()


def test_what_is_left_to_others_may_pass(left):
    with (
        InvokeAsyncMock(invoke_event="leave", other_lambda_calls="pass") as mock,
        pytest.raises(left.Error),
    ):
        requests.post(INVOKE_URL, headers=EVENT, timeout=5)

    assert mock.invocations == []


# The same operations by both APIs leave the same log, but for what the table says.

FUNCTIONS = st.sampled_from(["orders", "orders", "orders:blue", "123456789012:invoices"])
RULE = st.sampled_from([{}, {"at": 2}, {"function": "orders"}, {"payload": {"id": 42}}])
SCRIPTS = st.one_of(
    st.tuples(
        st.just("add_error"),
        st.sampled_from(["ServiceException", "ResourceNotFoundException"]),
        RULE | st.just({"attempts": 1}),
    ),
    st.tuples(
        st.just("add_fault"),
        st.sampled_from(["LostAnswer", "LostAnswer", "ReadTimeout", "BadGatewayPage"]),
        RULE | st.just({"attempts": 1}),
    ),
    st.tuples(
        st.just("add_run"),
        st.sampled_from(
            [runs.TimedOut, runs.Killed, runs.Throttled, runs.Duplicated, runs.Late(30)]
        ),
        RULE | st.just({"run": 1}),
    ),
    st.tuples(
        st.just("register_function"),
        FUNCTIONS,
        st.sampled_from(
            [
                {"schema": {"required": ["id"]}},
                {"handler": lambda event, _: event, "on_success": QUEUE},
                {"maximum_retry_attempts": 0, "dead_letter": QUEUE},
            ]
        ),
    ),
)
INVOCATIONS = st.tuples(
    FUNCTIONS | st.sampled_from(["or ders", "b" * 65]),
    st.sampled_from([b'{"id": 42}', b"{}"])
    | st.sampled_from([b'{"id": 42}', b"{", b"", b"[1]" + b" " * 262_144]),
)
# By Invoke alone: an empty event, a larger one, and another answer to a long name.
DIFFERS = {"b" * 65, b"", b"[1]" + b" " * 262_144}


def log_of(mock: InvokeAsyncMock) -> list[object]:
    """What a test can see of a mock, but for what is random and the API."""
    return [
        [
            (
                one.function,
                one.qualifier,
                one.body,
                [(a.status, a.error, a.fault, a.backoff is None) for a in one.attempts],
                [
                    (
                        [(run.outcome, run.result, str(run.error)) for run in event.runs],
                        event.outcome,
                        [record.payload["requestPayload"] for record in event.destination_records],
                        event.dead_letter and event.dead_letter.body,
                    )
                    for event in one.events
                ],
            )
            for one in mock.invocations
        ],
        [(record.destination, record.event.payload) for record in mock.destination_records],
        [letter.queue for letter in mock.dead_letters],
    ]


@given(
    st.lists(
        st.tuples(st.lists(SCRIPTS, max_size=3), st.lists(INVOCATIONS, min_size=1, max_size=3)),
        min_size=1,
        max_size=2,
    )
)
def test_random_operations_leave_the_same_log(rounds):
    logs = []
    for invoke in (by_invoke_async, by_invoke):
        with InvokeAsyncMock(function_failures="record", schema_violations="respond") as mock:
            mock.register_function(
                "orders", handler=lambda event, _: event["id"], dead_letter=QUEUE, on_success=QUEUE
            )
            mock.register_function("invoices", schema={"required": ["id"]})
            for scripts, invocations in rounds:
                for name, what, how in scripts:
                    optional = {} if name == "register_function" else {"optional": True}
                    getattr(mock, name)(what, **optional, **how)
                for invocation in invocations:
                    if DIFFERS.isdisjoint(invocation):
                        with contextlib.suppress(Exception):  # what it was is in the log
                            invoke(*invocation)
                mock.run_until_idle()
            logs.append(log_of(mock))

    assert logs[0] == logs[1]
