"""What was seen: attempts, merged into invocations, and the events that were queued."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import io
import json
import logging
import queue
import re
import threading
import types
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from calls import make_client

from pytest_invokeasync import Headers, InvokeAsyncMock, faults
from pytest_invokeasync.recording.log import Recording

client = make_client()
session = URLLib3Session()
retrying = make_client(3)
in_every_mode = pytest.mark.parametrize(
    "via",
    [
        pytest.param(make_client(4, mode=mode), id=mode)
        for mode in ("legacy", "standard", "adaptive")
    ],
)
LONG = b'"' + b"x" * 262_144 + b'"'
HOST = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions"


def invoke(function="orders", payload=None, *, via=client):
    return via.invoke_async(FunctionName=function, InvokeArgs=json.dumps(payload))


def invoke_in_vain(function="orders", payload=None, *, via=client):
    with pytest.raises((ClientError, ReadTimeoutError)):
        invoke(function, payload, via=via)


def post(function="orders", payload=None, *, headers=None, body=None):
    data = json.dumps(payload) if body is None else body
    return requests.post(f"{HOST}/{function}/invoke-async/", data=data, headers=headers, timeout=5)


def send_by_botocore(function, payload):
    url = f"{HOST}/{function}/invoke-async"
    session.send(AWSRequest("POST", url, data=json.dumps(payload)).prepare())


send_both_ways = pytest.mark.parametrize("send", [invoke, post], ids=["boto3", "requests"])


class TestInvocation:
    """One call of the code under test."""

    @send_both_ways
    def test_it_tells_what_was_called(self, invokeasync, send):
        send("111122223333:function:orders:live", {"id": 42})

        invocation = invokeasync.get_invocation()

        assert invocation.function == "orders"
        assert invocation.qualifier == "live"
        assert invocation.region == "us-east-1"
        assert invocation.account == "111122223333"
        assert invocation.arn == "arn:aws:lambda:us-east-1:111122223333:function:orders:live"
        assert invocation.payload == {"id": 42}
        assert invocation.body == b'{"id": 42}'

    @send_both_ways
    def test_what_the_call_left_out_is_filled_in(self, invokeasync, send):
        send("orders")

        invocation = invokeasync.get_invocation()

        assert invocation.qualifier is None
        assert invocation.account == "123456789012"
        assert invocation.arn == "arn:aws:lambda:us-east-1:123456789012:function:orders"

    @send_both_ways
    def test_accepted(self, invokeasync, send):
        send()

        invocation = invokeasync.get_invocation()

        assert (invocation.accepted, invocation.status, invocation.error) == (True, 202, None)
        assert str(uuid.UUID(invocation.request_id)) == invocation.request_id
        assert len(invocation.attempts) == len(invocation.events) == 1

    def test_answered_with_an_error(self, invokeasync):
        invokeasync.add_error("ResourceConflictException")
        with pytest.raises(ClientError) as info:
            invoke()

        invocation = invokeasync.get_invocation()

        assert (invocation.accepted, invocation.status) == (False, 409)
        assert invocation.error == "ResourceConflictException"
        metadata = info.value.response["ResponseMetadata"]
        assert invocation.request_id == metadata["RequestId"]
        assert invocation.events == ()

    def test_not_answered_at_all(self, invokeasync):
        invokeasync.add_fault(faults.ReadTimeout)
        invoke_in_vain()

        invocation = invokeasync.get_invocation()

        assert (invocation.accepted, invocation.status, invocation.error) == (False, None, None)
        assert invocation.request_id is None
        assert invocation.attempts[0].fault == "ReadTimeout"

    def test_still_in_flight(self, invokeasync):
        seen = []
        invokeasync.add_callback(lambda given: seen.append((given, invokeasync.get_invocation())))

        invoke()

        for invocation in seen[0]:
            assert (invocation.accepted, invocation.status) == (False, None)
            assert (invocation.error, invocation.request_id) == (None, None)
            assert (len(invocation.attempts), invocation.events) == (1, ())
        assert invokeasync.get_invocation().status == 202

    @pytest.mark.parametrize(
        ("function", "body", "code", "parsed"),
        [
            ("orders", b'{"id":', "InvalidRequestContentException", ("orders", None)),
            ("orders", b"", "InvalidRequestContentException", ("orders", None)),
            ("or%20ders", b'{"id": 42}', "ValidationException", ("or ders", {"id": 42})),
            ("%FF%00", b"1", "ValidationException", ("\ufffd\x00", 1)),
            ("orders:$bad", b"1", "ValidationException", ("orders:$bad", 1)),
            ("orders", LONG, "RequestEntityTooLargeException", ("orders", "x" * 262_144)),
        ],
        ids=["not JSON", "empty", "name", "no UTF-8", "qualifier", "size"],
    )
    def test_one_that_breaks_the_contract_is_recorded_with_what_could_be_parsed(
        self, invokeasync, function, body, code, parsed
    ):
        post(function, body=body)

        invocation = invokeasync.get_invocation(error=code)

        assert (invocation.function, invocation.payload) == parsed
        assert invocation.body == body
        assert (invocation.accepted, invocation.events) == (False, ())

    def test_what_was_sent_in_another_region_is_recorded_there(self, invokeasync):
        arn = "arn:aws:lambda:eu-central-1:123456789012:function:orders"
        invoke_in_vain(arn)

        invocation = invokeasync.get_invocation(error="ResourceNotFoundException")

        assert invocation.region == "us-east-1"


class TestOrder:
    """Invocations by their first attempt, events as they were queued."""

    def test_one_after_the_other(self, invokeasync):
        for number in range(5):
            (invoke if number % 2 else post)("orders", number)

        assert [each.payload for each in invokeasync.invocations] == [0, 1, 2, 3, 4]
        assert [each.payload for each in invokeasync.events] == [0, 1, 2, 3, 4]

    def test_a_failed_one_keeps_its_place_and_queues_nothing(self, invokeasync):
        invokeasync.add_error("ServiceException", at=2)
        invoke("a")
        invoke_in_vain("b")
        invoke("c")

        assert [each.function for each in invokeasync.invocations] == ["a", "b", "c"]
        assert [each.function for each in invokeasync.events] == ["a", "c"]

    def test_one_that_overtakes_another_is_queued_before_it(self, invokeasync):
        def overtake(invocation):
            if invocation.function == "slow":
                invoke("quick")

        invokeasync.add_callback(overtake)

        invoke("slow")

        assert [each.function for each in invokeasync.invocations] == ["slow", "quick"]
        assert [each.function for each in invokeasync.events] == ["quick", "slow"]


class TestRetries:
    """The attempts of one call, by the SDK's ``amz-sdk-invocation-id``."""

    @in_every_mode
    def test_they_are_merged_into_one_invocation(self, invokeasync, via):
        invokeasync.add_error("ServiceException", attempts=2)
        invokeasync.add_fault(faults.ReadTimeout, attempts=1)

        invoke(via=via)

        (invocation,) = invokeasync.invocations
        told = [(each.number, each.status, each.error, each.fault) for each in invocation.attempts]
        assert told == [
            (1, 500, "ServiceException", None),
            (2, 500, "ServiceException", None),
            (3, None, None, "ReadTimeout"),
            (4, 202, None, None),
        ]
        assert (invocation.accepted, invocation.status, invocation.error) == (True, 202, None)
        assert len(invocation.events) == len(invokeasync.events) == 1

    def test_what_came_last_is_what_came_of_the_invocation(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=1)
        invokeasync.add_error("ResourceNotFoundException")

        invoke_in_vain(via=retrying)

        invocation = invokeasync.get_invocation()
        assert (invocation.status, invocation.error) == (404, "ResourceNotFoundException")
        assert invocation.request_id == invocation.attempts[-1].request_id

    def test_each_attempt_has_a_request_id_of_its_own(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=2)
        answer = invoke(via=retrying)

        ids = [attempt.request_id for attempt in invokeasync.get_invocation().attempts]

        assert len(set(ids)) == 3
        assert ids[-1] == answer["ResponseMetadata"]["RequestId"]
        assert invokeasync.events[0].request_id == ids[-1]

    def test_each_attempt_keeps_the_headers_that_it_was_sent_with(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=2)
        invoke(via=retrying)

        attempts = invokeasync.get_invocation().attempts

        told = [attempt.headers["amz-sdk-request"] for attempt in attempts]
        assert [re.search(r"attempt=(\d)", text)[1] for text in told] == ["1", "2", "3"]
        assert len({attempt.headers["amz-sdk-invocation-id"] for attempt in attempts}) == 1

    @pytest.mark.parametrize("kind", [io.BytesIO, bytearray, bytes, bytes.decode])
    def test_whatever_the_body_was_made_of(self, invokeasync, kind):
        invokeasync.add_error("ServiceException", attempts=2)

        retrying.invoke_async(FunctionName="orders", InvokeArgs=kind(b'{"id": 42}'))

        (invocation,) = invokeasync.invocations
        assert (len(invocation.attempts), invocation.payload) == (3, {"id": 42})

    def test_two_calls_of_one_client_are_two_invocations(self, invokeasync):
        invokeasync.add_error("ServiceException", times=2, attempts=1)

        invoke(payload=42, via=retrying)
        invoke(payload=42, via=retrying)

        assert [len(each.attempts) for each in invokeasync.invocations] == [2, 2]

    @in_every_mode
    def test_so_are_two_alike_where_the_test_has_fixed_uuid4(self, invokeasync, via, monkeypatch):
        """The SDK makes its ids by it; and our request ids must differ all the same."""
        fixed = uuid.uuid4()
        monkeypatch.setattr(uuid, "uuid4", lambda: fixed)
        invokeasync.add_error("ServiceException", times=2, attempts=1)

        invoke(payload=42, via=via)
        invoke(payload=42, via=via)

        assert [len(each.attempts) for each in invokeasync.invocations] == [2, 2]
        answered = [each.request_id for one in invokeasync.invocations for each in one.attempts]
        assert len(set(answered)) == 4

    @pytest.mark.parametrize(
        ("told", "attempts"),
        [
            ("attempt=1", [1, 1]),
            ("attempt=1; max=3", [1, 1]),
            ("ttl=20261122T120000Z; attempt=1; max=5", [1, 1]),
            ("max=5;attempt=1", [1, 1]),
            ("attempt=2; max=1", [2]),
            ("attempt=10", [2]),
            ("reattempt=1", [2]),
            ("", [2]),
        ],
    )
    def test_what_calls_itself_the_first_attempt_is_one(self, invokeasync, told, attempts):
        headers = {"amz-sdk-invocation-id": "same", "amz-sdk-request": told}

        post("orders", 42, headers=headers)
        post("orders", 42, headers=headers)

        assert [len(each.attempts) for each in invokeasync.invocations] == attempts

    def test_of_several_with_one_id_a_retry_from_elsewhere_goes_on_with_its_body(self, invokeasync):
        for number, payload in [(1, 42), (1, 43), (2, 42)]:
            headers = {"amz-sdk-invocation-id": "same", "amz-sdk-request": f"attempt={number}"}
            # Each in a thread of its own.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(post, "orders", payload, headers=headers).result()

        attempts = [(one.payload, len(one.attempts)) for one in invokeasync.invocations]
        assert attempts == [(42, 2), (43, 1)]

    def test_headers_of_a_retry_copied_to_another_call_make_no_retry_of_it(self, invokeasync):
        headers = {"amz-sdk-invocation-id": "same", "amz-sdk-request": "attempt=2"}

        post("orders", 42, headers=headers)
        post("orders", 43, headers=headers)

        assert [each.payload for each in invokeasync.invocations] == [42, 43]

    def test_a_post_without_the_header_is_an_invocation_of_its_own(self, invokeasync):
        post("orders", 42)
        post("orders", 42)

        assert [len(each.attempts) for each in invokeasync.invocations] == [1, 1]

    def test_a_post_that_retries_by_hand_as_the_sdk_does_is_merged(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=1)

        for _ in range(2):
            post("orders", 42, headers={"Amz-Sdk-Invocation-Id": "mine"})

        [invocation] = invokeasync.invocations
        told = [(each.number, each.backoff) for each in invocation.attempts]
        assert told == [(1, None), (2, None)]

    def test_attempts_at_once_are_counted_as_they_begin(self, invokeasync):
        headers = {"amz-sdk-invocation-id": "mine"}

        def overtake(invocation):
            if len(invocation.attempts) == 1:
                post("orders", 42, headers=headers)

        invokeasync.add_callback(overtake)
        post("orders", 42, headers=headers)

        assert [each.number for each in invokeasync.get_invocation().attempts] == [2, 1]

    @pytest.mark.parametrize(
        ("function", "payload"),
        [("orders", 43), ("mail", 42), ("orders:live", 42)],
        ids=["body", "function", "qualifier"],
    )
    def test_headers_copied_to_another_call_make_no_retry_of_it(
        self, invokeasync, function, payload
    ):
        headers = {"amz-sdk-invocation-id": "copied"}

        post("orders", 42, headers=headers)
        post(function, payload, headers=headers)

        assert [len(each.attempts) for each in invokeasync.invocations] == [1, 1]
        assert [event.payload for event in invokeasync.events] == [42, payload]


class TestLostAnswers:
    """One invocation, two events: the duplicate that a retry would make in production."""

    def test_the_event_is_queued_once_for_each_attempt_that_arrived(self, invokeasync):
        invokeasync.add_fault(faults.LostAnswer)

        answer = invoke(payload={"id": 42}, via=retrying)

        (invocation,) = invokeasync.invocations
        first, second = invokeasync.events
        assert invocation.events == (first, second)
        assert first.payload == second.payload == {"id": 42}
        assert first.request_id != second.request_id == answer["ResponseMetadata"]["RequestId"]

    def test_the_attempt_tells_the_fault_and_the_id_that_the_client_never_saw(self, invokeasync):
        invokeasync.add_fault(faults.LostAnswer)
        invoke(via=retrying)

        lost, _ = invokeasync.get_invocation().attempts

        assert (lost.status, lost.error, lost.fault) == (None, None, "LostAnswer")
        assert lost.request_id == invokeasync.events[0].request_id

    def test_a_fault_that_was_not_delivered_queues_once(self, invokeasync):
        invokeasync.add_fault(faults.ReadTimeout, attempts=1)
        invoke(via=retrying)

        assert len(invokeasync.events) == 1
        assert invokeasync.get_invocation().attempts[0].request_id is None


class TestEvent:
    """What the service queued."""

    @send_both_ways
    def test_it_tells_what_was_queued_and_where(self, invokeasync, send):
        send("111122223333:function:orders:live", {"id": 42})

        (event,) = invokeasync.events

        assert (event.function, event.qualifier) == ("orders", "live")
        assert (event.region, event.account) == ("us-east-1", "111122223333")
        assert event.arn == "arn:aws:lambda:us-east-1:111122223333:function:orders:live"
        assert event.payload == {"id": 42}

    def test_it_knows_its_invocation(self, invokeasync):
        invoke()

        (event,) = invokeasync.events

        assert event.invocation == invokeasync.get_invocation()
        assert event.request_id == event.invocation.request_id
        assert event.invocation.events == (event,)

    def test_it_has_no_trace_id_since_invoke_async_does_not_pass_it_on(self, invokeasync):
        post(headers={"X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793"})

        assert not hasattr(invokeasync.events[0], "trace_id")


class TestBackoff:
    """What the SDK asked to wait before an attempt."""

    @in_every_mode
    def test_it_is_what_botocore_says_it_waits(self, invokeasync, caplog, via):
        invokeasync.add_error("TooManyRequestsException")
        caplog.set_level(logging.DEBUG, logger="botocore.endpoint")

        invoke_in_vain(via=via)

        said = [record.args[0] for record in caplog.records if "sleeping for" in record.msg]
        attempts = invokeasync.get_invocation().attempts
        assert [attempt.backoff for attempt in attempts] == [None, *said]
        assert len(said) == 3

    def test_there_is_none_before_a_first_attempt(self, invokeasync):
        invokeasync.add_error("ServiceException")
        invoke_in_vain(via=retrying)
        invoke(via=retrying)

        assert [each.attempts[0].backoff for each in invokeasync.invocations] == [None, None]


class TestHeaders:
    """As they were sent."""

    def test_look_ups_ignore_case_and_names_keep_it(self, invokeasync):
        post(headers={"X-Order-Id": "A1"})

        headers = invokeasync.get_invocation().headers

        assert headers["x-order-id"] == headers["X-ORDER-ID"] == headers["X-Order-Id"] == "A1"
        assert "x-oRDER-iD" in headers
        assert "X-Order-Id" in list(headers)

    def test_where_two_differ_by_case_alone_each_is_found_by_its_own_name(self):
        headers = Headers({"X-Order-Id": "A1", "x-order-id": "B2"})

        assert (headers["X-Order-Id"], headers["x-order-id"]) == ("A1", "B2")

    def test_one_that_was_not_sent_is_a_key_error(self, invokeasync):
        post()

        headers = invokeasync.get_invocation().headers

        assert headers.get("X-Order-Id") is None
        with pytest.raises(KeyError, match="X-Order-Id"):
            headers["X-Order-Id"]

    def test_they_are_a_mapping_that_cannot_be_changed(self, invokeasync):
        post(headers={"X-Order-Id": "A1"})

        headers = invokeasync.get_invocation().headers

        assert isinstance(headers, Headers)
        assert len(headers) == len(dict(headers)) >= 2
        with pytest.raises(TypeError):
            headers["X-Order-Id"] = "B2"

    def test_those_of_boto3_are_text_too(self, invokeasync):
        invoke()

        headers = invokeasync.get_invocation().headers

        assert all(isinstance(value, str) for value in headers.values())
        assert headers["host" if "host" in headers else "user-agent"]
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256 ")

    def test_those_of_an_invocation_are_those_of_its_first_attempt(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=1)
        invoke(via=retrying)

        invocation = invokeasync.get_invocation()

        assert dict(invocation.headers) == dict(invocation.attempts[0].headers)
        assert dict(invocation.headers) != dict(invocation.attempts[1].headers)

    def test_no_credential_shows_in_a_repr(self, invokeasync):
        secrets = {
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKIASECRET/20260101/us-east-1/lambda/"
            "aws4_request, SignedHeaders=host, Signature=secretsignature",
            "X-Amz-Security-Token": "secrettoken",
            "Cookie": "session=secretcookie",
        }
        post(headers=secrets)

        invocation = invokeasync.get_invocation()
        (event,) = invokeasync.events
        shown = [invocation, event, *invocation.attempts, invocation.headers, [invocation]]

        for text in [*map(repr, shown), *map(str, shown), invokeasync.describe()]:
            assert "secret" not in text.lower()
        assert "'Authorization': '<hidden>'" in repr(invocation.headers)
        assert invocation.headers["authorization"] == secrets["Authorization"]

    @pytest.mark.parametrize("name", ["X-Amzn-Trace-Id", "x-amzn-trace-id"])
    def test_trace_id_is_the_x_ray_header(self, invokeasync, name):
        post(headers={name: "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"})
        post()

        traced, untraced = invokeasync.invocations

        assert traced.trace_id == "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
        assert untraced.trace_id is None

    def test_trace_id_of_boto3_is_the_one_of_the_environment(self, invokeasync, monkeypatch):
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "caller")
        monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793")

        invoke()

        trace_id = invokeasync.get_invocation().trace_id
        assert trace_id == "Root=1-5759e988-bd862e3fe1be46a994272793"


def here():
    """This file, and the number of the line that calls."""
    frame = inspect.currentframe().f_back
    return frame.f_code.co_filename, frame.f_lineno


def module_from(source, filename):
    """A module of the code under test, in a file of its own."""
    module = types.ModuleType(filename.removesuffix(".py"))
    exec(compile(source, filename, "exec"), module.__dict__)
    return module


class TestCaller:
    """File and line of the code under test that made the call."""

    def test_it_is_the_line_that_calls_boto3(self, invokeasync):
        file, line = here()
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert invokeasync.get_invocation().caller == f"{file}:{line + 1}"

    def test_it_is_the_line_that_calls_requests(self, invokeasync):
        file, line = here()
        requests.post(f"{HOST}/orders/invoke-async", data=b"{}", timeout=5)

        assert invokeasync.get_invocation().caller == f"{file}:{line + 1}"

    def test_so_it_is_through_a_session(self, invokeasync):
        with requests.Session() as own:
            file, line = here()
            own.request("POST", f"{HOST}/orders/invoke-async", data=b"{}")

        assert invokeasync.get_invocation().caller == f"{file}:{line + 1}"

    def test_a_helper_of_the_application_is_code_under_test(self, invokeasync):
        helper = module_from("def queue(client):\n    client.invoke_async(**ARGS)\n", "helper.py")
        helper.ARGS = {"FunctionName": "orders", "InvokeArgs": b"{}"}

        helper.queue(client)

        assert invokeasync.get_invocation().caller == "helper.py:2"

    def test_in_a_thread_it_is_the_line_that_ran_there(self, invokeasync):
        worker = module_from("def work(queue):\n    queue(**ARGS)\n", "worker.py")
        worker.ARGS = {"FunctionName": "orders", "InvokeArgs": b"{}"}

        thread = threading.Thread(target=worker.work, args=[client.invoke_async])
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(worker.work, client.invoke_async).result()

        assert [each.caller for each in invokeasync.invocations] == ["worker.py:2", "worker.py:2"]

    def test_where_no_code_of_the_user_called_it_is_not_known(self, invokeasync):
        thread = threading.Thread(
            target=client.invoke_async, kwargs={"FunctionName": "orders", "InvokeArgs": b"{}"}
        )
        thread.start()
        thread.join()

        assert invokeasync.get_invocation().caller is None

    def test_of_a_retried_call_it_is_one_line(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=2)
        file, line = here()
        retrying.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert invokeasync.get_invocation().caller == f"{file}:{line + 1}"


class TestSnapshots:
    """A test cannot change what was recorded, and what it holds does not change."""

    def test_a_list_does_not_grow(self, invokeasync):
        invocations, events = invokeasync.invocations, invokeasync.events

        invoke()

        assert (invocations, events) == ([], [])
        assert len(invokeasync.invocations) == len(invokeasync.events) == 1

    def test_to_change_a_list_changes_no_recording(self, invokeasync):
        invoke()

        invokeasync.invocations.clear()
        invokeasync.events.clear()
        invokeasync.get_invocations().clear()
        invokeasync.get_events().clear()

        assert len(invokeasync.invocations) == len(invokeasync.events) == 1

    def test_an_invocation_taken_in_flight_stays_in_flight(self, invokeasync):
        taken = []
        invokeasync.add_callback(lambda invocation: taken.append(invocation) or "ServiceException")

        invoke_in_vain(via=retrying)

        assert [len(each.attempts) for each in taken] == [1, 2, 3]
        assert [each.status for each in taken] == [None, None, None]
        assert [each.attempts[0].status for each in taken] == [None, 500, 500]

    def test_a_payload_is_decoded_afresh(self, invokeasync):
        invoke(payload={"lines": [1]})
        invocation, event = invokeasync.get_invocation(), invokeasync.events[0]

        for item in (invocation, event):
            item.payload["lines"].append(2)
            item.payload.clear()

        assert invocation.payload == event.payload == {"lines": [1]}
        invokeasync.assert_queued_once("orders", payload={"lines": [1]})

    def test_a_matcher_that_changes_the_payload_changes_no_recording(self, invokeasync):
        invokeasync.add_error("ServiceException", where=lambda one: one.payload.clear())
        invoke(payload={"id": 42})
        invokeasync.reset()
        invoke(payload={"id": 42})

        invokeasync.assert_not_queued(where=lambda event: event.payload.clear())
        invokeasync.assert_queued_once(payload={"id": 42})

    def test_nothing_can_be_assigned(self, invokeasync):
        invoke()
        invocation, event = invokeasync.get_invocation(), invokeasync.events[0]

        for item, names in (
            (invocation, ("function", "payload", "attempts", "status", "error", "events")),
            (event, ("function", "payload", "request_id", "invocation")),
            (invocation.attempts[0], ("status", "error", "request_id", "backoff")),
        ):
            for name in names:
                with pytest.raises((AttributeError, dataclasses.FrozenInstanceError)):
                    setattr(item, name, None)

    def test_two_of_the_same_are_equal(self, invokeasync):
        invoke()
        invoke()

        one, other = invokeasync.invocations
        assert invokeasync.invocations == invokeasync.invocations
        assert invokeasync.events == invokeasync.events
        assert one != other

    def test_what_was_recorded_stays_after_the_mock(self):
        with InvokeAsyncMock() as mock:
            invoke()

        mock.assert_queued_once("orders")
        assert mock.get_invocation().accepted

    def test_a_repr_is_one_readable_line(self, invokeasync):
        invokeasync.add_error("ServiceException", function="mail")
        invokeasync.add_fault(faults.ReadTimeout, function="stock")
        invoke("orders", {"id": 42})
        invoke_in_vain("mail", {"id": 42})
        invoke_in_vain("stock", {"id": 42})
        post("orders", body=b'{"id":')

        queued, refused, lost, broken = map(repr, invokeasync.invocations)
        request_id = invokeasync.events[0].request_id

        assert queued == "<Invocation orders {'id': 42} -> 202>"
        assert refused == "<Invocation mail {'id': 42} -> ServiceException>"
        assert lost == "<Invocation stock {'id': 42} -> ReadTimeout>"
        assert (
            broken
            == "<Invocation orders body b'{\"id\":', not JSON -> InvalidRequestContentException>"
        )
        assert repr(invokeasync.events[0]) == (
            f"<Event orders {{'id': 42}} request_id={request_id}>"
        )


class TestThreads:
    """Every call of every thread is recorded once."""

    # The first is boto3's own way out, without the time that it takes to sign.
    @pytest.mark.parametrize(
        ("send", "calls"),
        [(send_by_botocore, 30), (invoke, 5), (post, 5)],
        ids=["botocore", "boto3", "requests"],
    )
    def test_64_threads_with_some_calls_each(self, invokeasync, send, calls):
        started = threading.Barrier(64)

        def work(thread):
            started.wait()
            for number in range(calls):
                send("orders", [thread, number])

        with ThreadPoolExecutor(64) as pool:
            list(pool.map(work, range(64)))

        expected = {(thread, number) for thread in range(64) for number in range(calls)}
        invocations = [tuple(each.payload) for each in invokeasync.invocations]
        events = [tuple(each.payload) for each in invokeasync.events]
        assert len(invocations) == len(events) == len(expected)
        assert set(invocations) == set(events) == expected
        for thread in range(64):
            of_thread = [number for one, number in invocations if one == thread]
            assert of_thread == sorted(of_thread)
        assert len({each.request_id for each in invokeasync.events}) == len(expected)

    def test_retries_of_many_threads_are_not_mixed_up(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None, attempts=2)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda number: invoke("orders", number, via=retrying), range(64)))

        assert sorted(each.payload for each in invokeasync.invocations) == list(range(64))
        assert {len(each.attempts) for each in invokeasync.invocations} == {3}
        assert {len(each.events) for each in invokeasync.invocations} == {1}


class TestQueries:
    """``get_invocations``, ``get_invocation`` and ``get_events``."""

    def test_they_keep_the_order(self, invokeasync):
        for number in range(4):
            invoke("even" if number % 2 == 0 else "odd", number)

        assert [each.payload for each in invokeasync.get_invocations(function="odd")] == [1, 3]
        assert [each.payload for each in invokeasync.get_events(function="even")] == [0, 2]

    def test_none_is_an_empty_list(self, invokeasync):
        assert invokeasync.get_invocations(function="orders") == []
        assert invokeasync.get_events(function="orders") == []

    def test_invocations_can_be_asked_for_by_error(self, invokeasync):
        invokeasync.add_error("ServiceException", at=2)
        invoke("a")
        invoke_in_vain("b")

        assert invokeasync.get_invocation(error="ServiceException").function == "b"
        assert invokeasync.get_invocation(error=None).function == "a"

    def test_get_invocation_wants_exactly_one(self, invokeasync):
        with pytest.raises(AssertionError, match="found no invocation"):
            invokeasync.get_invocation()
        invoke()
        assert invokeasync.get_invocation() == invokeasync.invocations[0]
        invoke()
        with pytest.raises(AssertionError, match="found 2 invocations"):
            invokeasync.get_invocation()


class TestWaitUntilQueued:
    """For threads and other processes."""

    def test_it_returns_at_once_what_is_there(self, invokeasync):
        invoke("orders", 1)
        invoke("mail", 2)

        assert invokeasync.wait_until_queued() == invokeasync.events
        assert invokeasync.wait_until_queued("mail") == invokeasync.get_events(function="mail")

    @pytest.mark.parametrize("count", [1, 3])
    def test_it_waits_for_other_threads(self, invokeasync, count):
        go_on = threading.Event()

        def work():
            go_on.wait(10)
            for number in range(count):
                invoke("mail", number)
                invoke("orders", number)

        thread = threading.Thread(target=work)
        thread.start()
        threading.Timer(0.05, go_on.set).start()

        events = invokeasync.wait_until_queued("orders", count=count)

        assert [event.payload for event in events][:count] == list(range(count))
        thread.join()

    def test_it_does_not_end_with_events_of_another_kind(self, invokeasync):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: [invoke("mail", n) for n in range(20)] + [invoke("orders", 42)])

            (event,) = invokeasync.wait_until_queued("orders", payload=42)

        assert event.function == "orders"

    def test_it_may_find_more_than_it_waits_for(self, invokeasync):
        invoke()
        invoke()

        assert len(invokeasync.wait_until_queued(count=1)) == 2

    def test_events_that_come_one_by_one_count_once_each(self, invokeasync):
        looked_at = queue.SimpleQueue()
        asked = []

        def where(event):
            asked.append(event.payload)
            looked_at.put(event)
            return True

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                invokeasync.wait_until_queued, "orders", count=3, timeout=60, where=where
            )
            for number in range(3):
                assert not waiting.done()
                invoke("orders", number)
                looked_at.get(timeout=60)

            assert [event.payload for event in waiting.result()] == [0, 1, 2]
        assert asked == [0, 1, 2]

    def test_after_a_reset_it_waits_for_new_events(self, invokeasync):
        looked_at = queue.SimpleQueue()

        def where(event):
            looked_at.put(event.payload)
            return True

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(
                invokeasync.wait_until_queued, "orders", count=2, timeout=60, where=where
            )
            invoke("orders", 1)
            assert looked_at.get(timeout=60) == 1
            for number in (2, 3):
                invokeasync.reset()
                invoke("orders", number)
                assert looked_at.get(timeout=60) == number
            invoke("orders", 4)

            assert [event.payload for event in waiting.result(timeout=60)] == [3, 4]

    def test_the_time_is_up_after_a_reset_too(self, invokeasync):
        with ThreadPoolExecutor(1) as pool:
            asked = threading.Event()
            waiting = pool.submit(
                invokeasync.wait_until_queued,
                count=2,
                timeout=0.2,
                where=lambda event: asked.set() or True,
            )
            invoke()
            asked.wait(60)
            invokeasync.reset()

            with pytest.raises(AssertionError, match="found no event"):
                waiting.result(timeout=60)

    def test_where_may_ask_the_mock(self, invokeasync):
        invoke()

        invokeasync.wait_until_queued(where=lambda event: invokeasync.invocations)

    def test_after_the_timeout_it_fails(self, invokeasync):
        invoke("orders")

        with pytest.raises(AssertionError) as info:
            invokeasync.wait_until_queued("orders", count=2, timeout=0.02)

        assert str(info.value).startswith(
            "wait_until_queued('orders', count=2, timeout=0.02): found 1 event of 'orders'\n"
            "expected: at least 2 events of 'orders'\n"
        )

    def test_with_no_time_it_looks_once(self, invokeasync):
        with pytest.raises(AssertionError, match="found no event"):
            invokeasync.wait_until_queued(timeout=0)

        invoke()

        assert len(invokeasync.wait_until_queued(timeout=0)) == 1

    def test_an_event_in_the_last_moment_counts(self, invokeasync):
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(invokeasync.wait_until_queued, "orders", timeout=10)
            invoke()

            assert len(waiting.result(timeout=5)) == 1

    def test_it_waits_five_seconds_unless_it_is_told(self, invokeasync, monkeypatch):
        monkeypatch.setattr(Recording, "wait_for_events", lambda *_: None)

        with pytest.raises(AssertionError, match=r"timeout=5\.0"):
            invokeasync.wait_until_queued("orders")

    def test_on_a_running_loop_it_says_so_at_once(self, invokeasync):
        invoke("orders")

        async def wait():
            invokeasync.wait_until_queued("orders")

        with pytest.raises(RuntimeError) as info:
            asyncio.run(wait())
        assert str(info.value) == (
            "wait_until_queued() was called on a running asyncio loop, which it would block: "
            "await wait_until_queued_async()"
        )

    def test_beside_a_running_loop_a_coroutine_waits(self, invokeasync):
        async def place_later():
            await asyncio.sleep(0.05)
            invoke("mail")
            invoke("orders", 42)

        async def test():
            later = asyncio.ensure_future(place_later())
            events = await invokeasync.wait_until_queued_async("orders", timeout=60)
            await later
            return events

        assert [event.payload for event in asyncio.run(test())] == [42]

    def test_a_coroutine_that_waits_in_vain_fails_as_any_other(self, invokeasync):
        with pytest.raises(AssertionError) as info:
            asyncio.run(invokeasync.wait_until_queued_async("orders", count=2, timeout=0))

        assert str(info.value).startswith(
            "wait_until_queued_async('orders', count=2, timeout=0): found no event of 'orders'\n"
        )

    def test_a_coroutine_that_is_cancelled_leaves_no_thread_waiting(self, invokeasync):
        async def test():
            waiting = asyncio.ensure_future(
                invokeasync.wait_until_queued_async("orders", timeout=600)
            )
            await asyncio.sleep(0.05)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

        asyncio.run(test())

        assert not any(isinstance(thread, threading.Timer) for thread in threading.enumerate())

    @pytest.mark.parametrize("count", [0, -1, True, "1", 1.0, None])
    def test_count_is_a_number_from_1(self, invokeasync, count):
        with pytest.raises(ValueError, match=r"^count= is 1 or more, not ") as info:
            invokeasync.wait_until_queued(count=count)

        assert str(info.value) == f"count= is 1 or more, not {count!r}"

    @pytest.mark.parametrize("timeout", [-1, "1", None, True, float("nan")])
    def test_timeout_is_a_number_from_0(self, invokeasync, timeout):
        with pytest.raises(ValueError, match=r"^timeout= is 0 seconds or more, not ") as info:
            invokeasync.wait_until_queued(timeout=timeout)

        assert str(info.value) == f"timeout= is 0 seconds or more, not {timeout!r}"


def test_of_a_large_body_messages_tell_the_size(invokeasync):
    with pytest.raises(client.exceptions.ClientError):
        client.invoke_async(FunctionName="orders", InvokeArgs=b" " * 2_000_000)

    assert "orders (a body of 2,000,000 bytes) -> 413" in invokeasync.describe()


def test_a_region_that_the_sdk_does_not_know_is_of_the_partition_aws(invokeasync):
    url = "http://localhost/2014-11-13/functions/orders/invoke-async"
    scope = "AWS4-HMAC-SHA256 Credential=key/20261122/moon-sea-1/lambda/aws4_request, x"

    requests.post(url, data=b"1", headers={"Authorization": scope}, timeout=5)

    arn = "arn:aws:lambda:moon-sea-1:123456789012:function:orders"
    assert invokeasync.assert_queued_once("orders", region="moon-sea-1").arn == arn


def test_a_host_that_cannot_be_one_is_no_endpoint_of_aws(invokeasync):
    url = "https://[lambda/2014-11-13/functions/orders/invoke-async"

    URLLib3Session().send(AWSRequest("POST", url, data=b"1").prepare())

    assert invokeasync.get_invocation().region == "us-east-1"
