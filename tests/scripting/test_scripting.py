"""Rules: what was scripted, whom it answers, and when it is used up."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import botocore.exceptions
import pytest
import requests
from botocore.exceptions import ClientError
from calls import make_client, outcome_of

from pytest_invokeasync import ErrorSpec, InvokeAsyncMock, Rule, errors, faults
from pytest_invokeasync.showing import show

client = make_client()
frankfurt = make_client(region_name="eu-central-1")
retrying = make_client(3)
ATTEMPTS = {"legacy": 5, "standard": 3, "adaptive": 4}
in_every_mode = pytest.mark.parametrize(
    "via",
    [pytest.param(make_client(number, mode=mode), id=mode) for mode, number in ATTEMPTS.items()],
)

URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"


def call(function="orders", payload=None, *, via=client):
    return outcome_of(via, function, payload)


def calls(*functions, via=client):
    return [call(function, via=via) for function in functions]


def attempt(of):
    """One of an SDK's attempts, of the invocation with this id."""
    return requests.post(URL, "{}", headers={"amz-sdk-invocation-id": of}, timeout=5)


def outcomes(invocation):
    """What came of each attempt."""
    return [attempt.error or attempt.fault or attempt.status for attempt in invocation.attempts]


@pytest.fixture
def mock():
    """An active mock that may be left with unanswered rules."""
    with InvokeAsyncMock(assert_all_used=False) as active:
        yield active


class TestErrors:
    """``add_error``"""

    def test_the_next_invocation_meets_the_error_and_the_one_after_it_does_not(self, invokeasync):
        invokeasync.add_error("TooManyRequestsException")

        assert calls("orders", "orders") == ["TooManyRequestsException", 202]

    def test_boto3_raises_the_clients_own_exception(self, invokeasync):
        invokeasync.add_error("ResourceConflictException")

        with pytest.raises(client.exceptions.ResourceConflictException) as info:
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert info.value.response["Error"]["Code"] == "ResourceConflictException"
        assert info.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
        assert info.value.response["Type"] == "User"

    def test_requests_gets_the_answer(self, invokeasync):
        invokeasync.add_error("ResourceConflictException")

        answer = requests.post(URL, data="{}", timeout=5)

        assert (answer.status_code, answer.json()["Type"]) == (409, "User")
        with pytest.raises(requests.HTTPError):
            answer.raise_for_status()

    @pytest.mark.parametrize(
        "error",
        [
            "ServiceException",
            errors.ServiceException,
            ErrorSpec(code="ServiceException", status=500, type="Service"),
        ],
        ids=["code", "errors.X", "ErrorSpec"],
    )
    def test_an_error_is_a_code_one_of_errors_or_a_spec(self, invokeasync, error):
        invokeasync.add_error(error)

        with pytest.raises(client.exceptions.ServiceException):
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    def test_what_was_refused_is_not_queued(self, invokeasync):
        invokeasync.add_error("ServiceException")

        call()

        assert invokeasync.events == []
        assert invokeasync.get_invocation().accepted is False

    @pytest.mark.parametrize("message", ["Out of order", "", "{arn} is 100% {broken}"])
    def test_message_replaces_the_default_one(self, invokeasync, message):
        invokeasync.add_error("ValidationException", message=message)

        with pytest.raises(ClientError) as info:
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        arn = "arn:aws:lambda:us-east-1:123456789012:function:orders"
        assert info.value.response["Error"]["Message"] == message.replace("{arn}", arn)

    def test_in_a_message_each_placeholder_is_filled_wherever_it_stands(self, invokeasync):
        message = "{arn} {arn} {qualified_arn} {account} {account} {partition} {region}"
        invokeasync.add_error("ValidationException", message=message)

        with pytest.raises(ClientError) as info:
            client.invoke_async(FunctionName="111122223333:function:orders", InvokeArgs=b"{}")

        arn = "arn:aws:lambda:us-east-1:111122223333:function:orders"
        assert info.value.response["Error"]["Message"] == (
            f"{arn} {arn} {arn}:$LATEST 111122223333 111122223333 aws {{region}}"
        )

    def test_who_is_denied_access_is_of_the_account_that_was_called(self, invokeasync):
        invokeasync.add_error("AccessDeniedException")
        arn = "arn:aws:lambda:us-east-1:111122223333:function:orders:live"

        with pytest.raises(ClientError) as info:
            client.invoke_async(FunctionName=arn, InvokeArgs=b"{}")

        assert info.value.response["Error"]["Message"] == (
            "User: arn:aws:iam::111122223333:user/test is not authorized to perform: "
            f"lambda:InvokeFunction on resource: {arn} because no identity-based policy allows the "
            "lambda:InvokeFunction action"
        )

    def test_headers_are_sent_besides_its_own(self, invokeasync):
        invokeasync.add_error("ServiceException", headers={"Retry-After": "120"})

        with pytest.raises(ClientError) as info:
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        headers = info.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert headers["retry-after"] == "120"
        assert headers["x-amzn-errortype"] == "ServiceException"

    def test_a_rule_leaves_the_error_of_the_catalogue_alone(self, invokeasync):
        invokeasync.add_error("ServiceException", message="mine", headers={"X-Mine": "1"})
        call()

        assert errors.ServiceException.message == (
            "An error occurred and the request cannot be processed."
        )
        assert errors.ServiceException.headers == {}


class TestTimes:
    """``times``: how many invocations a rule answers."""

    def test_once_if_it_does_not_say(self, invokeasync):
        invokeasync.add_error("ServiceException")

        assert calls("orders", "orders") == ["ServiceException", 202]

    def test_so_many(self, invokeasync):
        invokeasync.add_error("ServiceException", times=2)

        assert calls("a", "b", "c") == ["ServiceException", "ServiceException", 202]

    def test_none_is_all(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None)

        assert set(calls(*["orders"] * 20)) == {"ServiceException"}

    def test_only_matching_invocations_count(self, invokeasync):
        invokeasync.add_error("ServiceException", times=2, function="orders")

        assert calls("mail", "orders", "mail", "orders", "orders") == [
            202,
            "ServiceException",
            202,
            "ServiceException",
            202,
        ]


class TestAt:
    """``at``: only the n-th matching invocation, counted from 1."""

    @pytest.mark.parametrize(
        ("at", "failing"),
        [
            (1, {1}),
            (3, {3}),
            ((1, 3), {1, 3}),
            ([4, 2], {2, 4}),
            ({2}, {2}),
            (range(2, 5), {2, 3, 4}),
            pytest.param(iter([2, 2, 3]), {2, 3}, id="an iterator"),
        ],
        ids=repr,
    )
    def test_a_position_or_several(self, invokeasync, at, failing):
        invokeasync.add_error("ServiceException", at=at)

        outcome = dict(enumerate(calls(*["orders"] * 6), 1))

        assert {number for number, each in outcome.items() if each != 202} == failing

    def test_only_matching_invocations_count(self, invokeasync):
        invokeasync.add_error("ServiceException", at=2, function="orders", payload={"id": 42})

        assert call("orders", {"id": 42}) == 202
        assert call("mail", {"id": 42}) == 202
        assert call("orders", {"id": 43}) == 202
        assert call("orders", {"id": 42}) == "ServiceException"

    def test_they_count_from_when_the_rule_was_added(self, invokeasync):
        call()
        invokeasync.add_error("ServiceException", at=2)

        assert calls("orders", "orders") == [202, "ServiceException"]

    def test_one_that_another_rule_answered_counts_too(self, invokeasync):
        invokeasync.add_error("ServiceException")
        invokeasync.add_error("TooManyRequestsException", at=2)

        assert calls("orders", "orders") == ["ServiceException", "TooManyRequestsException"]

    def test_a_retry_is_no_further_invocation(self, invokeasync):
        invokeasync.add_error("ServiceException", at=2)

        assert calls("orders", "orders", "orders", via=retrying) == [202, "ServiceException", 202]

    def test_positions_of_several_rules_interleave(self, invokeasync):
        invokeasync.add_error("ServiceException", at=(1, 3))
        invokeasync.add_fault(faults.ReadTimeout, at=2)

        assert calls(*["orders"] * 4) == [
            "ServiceException",
            "ReadTimeoutError",
            "ServiceException",
            202,
        ]

    def test_it_may_repeat_how_many_there_are(self, invokeasync):
        rule = invokeasync.add_error("ServiceException", at=(1, 2), times=2)

        calls("orders", "orders")

        assert rule.remaining == 0

    def test_with_times_none_it_stands_behind_finite_rules(self, invokeasync):
        invokeasync.add_error("ServiceException", at=(1, 2), times=None, optional=True)
        invokeasync.add_error("TooManyRequestsException")

        assert calls(*["orders"] * 3) == ["TooManyRequestsException", "ServiceException", 202]


class TestAttempts:
    """``attempts``: only the first attempts of each invocation fail."""

    @in_every_mode
    @pytest.mark.parametrize("attempts", [1, 2])
    def test_the_sdks_retry_succeeds(self, invokeasync, via, attempts):
        invokeasync.add_error("ServiceException", attempts=attempts)

        assert call(via=via) == 202
        assert outcomes(invokeasync.get_invocation()) == [*["ServiceException"] * attempts, 202]

    def test_of_each_invocation(self, invokeasync):
        invokeasync.add_error("ServiceException", times=2, attempts=1)

        calls("orders", "orders", "orders", via=retrying)

        assert [outcomes(each) for each in invokeasync.invocations] == [
            ["ServiceException", 202],
            ["ServiceException", 202],
            [202],
        ]

    def test_later_ones_go_to_the_next_rule(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=1)
        invokeasync.add_fault(faults.ConnectionClosed, attempts=1)
        invokeasync.add_error("TooManyRequestsException")

        assert call(via=retrying) == "TooManyRequestsException"
        assert outcomes(invokeasync.get_invocation()) == [
            "ServiceException",
            "ConnectionClosed",
            "TooManyRequestsException",
        ]

    def test_a_standing_rule_is_the_next_rule_too(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None)
        invokeasync.add_error("TooManyRequestsException", attempts=2)

        call(via=retrying)

        assert outcomes(invokeasync.get_invocation()) == [
            "TooManyRequestsException",
            "TooManyRequestsException",
            "ServiceException",
        ]

    def test_an_explicit_acceptance_is_the_next_rule_too(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=1)
        invokeasync.add_accepted(request_id="mine")
        invokeasync.add_error("ServiceException")

        assert [call(via=retrying), call()] == [202, "ServiceException"]
        assert invokeasync.invocations[0].request_id == "mine"

    def test_more_than_the_sdk_makes_do_no_harm(self, invokeasync):
        rule = invokeasync.add_error("ServiceException", attempts=10)

        assert call(via=retrying) == "ServiceException"
        assert (rule.used, rule.remaining) == (1, 0)

    def test_requests_tries_once_and_each_call_is_an_invocation(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=1)

        statuses = [requests.post(URL, data="{}", timeout=5).status_code for _ in range(2)]

        assert statuses == [500, 202]
        assert len(invokeasync.invocations) == 2


class TestRetries:
    """A rule answers an invocation: every attempt that the SDK makes for it."""

    @in_every_mode
    def test_a_rule_outlasts_the_retries_of_every_mode(self, invokeasync, request, via):
        rule = invokeasync.add_error("ServiceException")

        assert calls("orders", "orders", via=via) == ["ServiceException", 202]

        mode = request.node.callspec.id
        assert [len(each.attempts) for each in invokeasync.invocations] == [ATTEMPTS[mode], 1]
        assert (rule.used, rule.remaining) == (1, 0)

    @in_every_mode
    def test_finite_rules_mean_the_same_in_every_mode(self, invokeasync, via):
        invokeasync.add_error("ServiceException", times=2)
        invokeasync.add_accepted()
        invokeasync.add_error("InvalidRuntimeException")

        assert calls(*["orders"] * 5, via=via) == [
            "ServiceException",
            "ServiceException",
            202,
            "InvalidRuntimeException",
            202,
        ]

    @in_every_mode
    def test_an_error_that_is_not_retried_is_met_once(self, invokeasync, via):
        invokeasync.add_error("ResourceNotFoundException")

        call(via=via)

        assert outcomes(invokeasync.get_invocation()) == ["ResourceNotFoundException"]

    def test_attempts_after_its_rules_are_all_accepted(self, mock):
        mock.add_error("ServiceException", attempts=1)

        assert [attempt("one").status_code for _ in range(4)] == [500, 202, 202, 202]

    def test_a_rule_added_after_the_first_attempt_is_for_the_next_invocation(self, mock):
        attempt("the first")
        mock.add_error("ServiceException")

        assert attempt("the first").status_code == 202
        assert attempt("the second").status_code == 500


class TestOrder:
    """Finite rules as added, then standing ones, the newest first, then acceptance."""

    def test_finite_rules_answer_in_the_order_they_were_added(self, invokeasync):
        for code in ("ServiceException", "TooManyRequestsException", "InvalidRuntimeException"):
            invokeasync.add_error(code)

        assert calls(*["orders"] * 4) == [
            "ServiceException",
            "TooManyRequestsException",
            "InvalidRuntimeException",
            202,
        ]

    def test_of_standing_rules_the_newest_answers(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None).remove()
        invokeasync.add_error("TooManyRequestsException", times=None).remove()
        invokeasync.add_error("InvalidRuntimeException", times=None)

        assert calls("orders", "orders") == ["InvalidRuntimeException"] * 2

    def test_a_test_overrides_the_standing_rule_of_its_conftest(self, mock):
        mock.add_error("ServiceException", times=None)
        mock.add_accepted(times=None, function="orders")

        assert calls("orders", "mail") == [202, "ServiceException"]

    def test_finite_rules_come_before_standing_ones_whenever_added(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None)
        invokeasync.add_error("TooManyRequestsException")

        assert calls("orders", "orders") == ["TooManyRequestsException", "ServiceException"]

    def test_a_finite_rule_added_before_is_asked_first_too(self, invokeasync):
        invokeasync.add_error("TooManyRequestsException")
        invokeasync.add_error("ServiceException", times=None)

        assert calls("orders", "orders") == ["TooManyRequestsException", "ServiceException"]

    def test_a_rule_for_a_function_does_not_come_before_a_rule_for_all(self, invokeasync):
        invokeasync.add_error("ServiceException")
        invokeasync.add_error("TooManyRequestsException", function="orders")

        assert calls("orders", "orders") == ["ServiceException", "TooManyRequestsException"]

    def test_nor_the_other_way_round(self, invokeasync):
        invokeasync.add_error("TooManyRequestsException", function="orders")
        invokeasync.add_error("ServiceException")

        assert calls("orders", "orders") == ["TooManyRequestsException", "ServiceException"]

    def test_a_rule_that_is_used_up_makes_way_for_an_older_standing_one(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None)
        rule = invokeasync.add_error("TooManyRequestsException", times=None)

        before = call()
        rule.remove()

        assert [before, call()] == ["TooManyRequestsException", "ServiceException"]

    def test_errors_faults_and_successes_in_any_order(self, invokeasync):
        invokeasync.add_accepted(times=2)
        invokeasync.add_fault(faults.ConnectTimeout)
        invokeasync.add_error("ServiceException")
        invokeasync.add_accepted()
        invokeasync.add_fault(faults.ReadTimeout, times=2)

        assert calls(*["orders"] * 8) == [
            202,
            202,
            "ConnectTimeoutError",
            "ServiceException",
            202,
            "ReadTimeoutError",
            "ReadTimeoutError",
            202,
        ]

    def test_each_function_has_its_own_sequence(self, invokeasync):
        invokeasync.add_error("ServiceException", function="orders")
        invokeasync.add_error("TooManyRequestsException", function="mail", at=2)

        assert calls("mail", "orders", "mail", "orders") == [
            202,
            "ServiceException",
            "TooManyRequestsException",
            202,
        ]

    def test_so_has_each_payload_qualifier_region_and_account(self, invokeasync):
        invokeasync.add_error("ServiceException", payload={"id": 42})
        invokeasync.add_error("TooManyRequestsException", qualifier="live")
        invokeasync.add_error("InvalidRuntimeException", region="eu-central-1")
        invokeasync.add_error("ResourceConflictException", account="111122223333")

        assert calls("orders", "orders:live", "111122223333:orders") == [
            202,
            "TooManyRequestsException",
            "ResourceConflictException",
        ]
        assert call(via=frankfurt) == "InvalidRuntimeException"
        assert call(payload={"id": 42}) == "ServiceException"

    def test_a_thousand_rules_for_other_functions_do_not_matter(self, mock):
        for number in range(1000):
            mock.add_error("ServiceException", function=f"other-{number}")
        mock.add_error("TooManyRequestsException", function="orders")

        assert calls("orders", "other-999", "orders") == [
            "TooManyRequestsException",
            "ServiceException",
            202,
        ]


class TestAccepted:
    """``add_accepted``"""

    def test_it_stands_between_errors(self, invokeasync):
        invokeasync.add_error("ServiceException")
        invokeasync.add_accepted(times=2)
        invokeasync.add_error("ServiceException")

        assert calls(*["orders"] * 4) == ["ServiceException", 202, 202, "ServiceException"]

    def test_it_may_choose_the_request_id(self, invokeasync):
        invokeasync.add_accepted(request_id="11111111-2222-3333-4444-555555555555")

        answer = client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert answer["ResponseMetadata"]["RequestId"] == "11111111-2222-3333-4444-555555555555"
        assert invokeasync.events[0].request_id == "11111111-2222-3333-4444-555555555555"
        assert invokeasync.get_invocation().request_id == "11111111-2222-3333-4444-555555555555"

    def test_else_each_gets_another_one(self, invokeasync):
        invokeasync.add_accepted(times=3)

        calls("orders", "orders", "orders")

        assert len({event.request_id for event in invokeasync.events}) == 3


class TestFaults:
    """``add_fault``"""

    @pytest.mark.parametrize(
        ("fault", "exception"),
        [
            (faults.ConnectTimeout, botocore.exceptions.ConnectTimeoutError),
            (faults.ReadTimeout, botocore.exceptions.ReadTimeoutError),
            (faults.ConnectionClosed, botocore.exceptions.ConnectionClosedError),
            ("ConnectionRefused", botocore.exceptions.EndpointConnectionError),
        ],
        ids=str,
    )
    def test_boto3_raises_botocores_own_exception(self, invokeasync, fault, exception):
        invokeasync.add_fault(fault)

        with pytest.raises(exception) as info:
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert type(info.value) is exception
        assert "https://lambda.us-east-1.amazonaws.com/" in str(info.value)
        # Of some exceptions botocore keeps it so.
        request = info.value.kwargs.get("request", getattr(info.value, "request", None))
        assert request.url.rstrip("/") == URL.rstrip("/")

    @pytest.mark.parametrize(
        ("fault", "exception"),
        [
            (faults.ConnectTimeout, requests.ConnectTimeout),
            (faults.ReadTimeout, requests.ReadTimeout),
            (faults.ConnectionClosed, requests.ConnectionError),
            ("ConnectionRefused", requests.ConnectionError),
        ],
        ids=str,
    )
    def test_requests_raises_its_own(self, invokeasync, fault, exception):
        invokeasync.add_fault(fault)

        with pytest.raises(exception) as info:
            requests.post(URL, data="{}", timeout=5)

        assert type(info.value) is exception
        assert info.value.request.url == URL

    def test_each_attempt_raises_a_new_object(self, invokeasync):
        invokeasync.add_fault(faults.ReadTimeout, times=None)
        raised = []

        for _ in range(3):
            with pytest.raises(botocore.exceptions.ReadTimeoutError) as info:
                client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
            raised.append(info.value)

        assert len({id(error) for error in raised}) == 3

    def test_nothing_is_queued(self, invokeasync):
        invokeasync.add_fault(faults.ConnectionClosed)

        call()

        assert invokeasync.events == []

    def test_unless_it_was_delivered_and_only_the_answer_was_lost(self, invokeasync):
        invokeasync.add_fault(faults.ConnectionClosed, delivered=True)

        assert call() == "ConnectionClosedError"
        assert len(invokeasync.events) == 1
        assert invokeasync.get_invocation().accepted is False

    def test_what_is_delivered_is_queued_by_every_attempt(self, invokeasync):
        invokeasync.add_fault(faults.ReadTimeout, delivered=True)

        call(payload={"id": 42}, via=retrying)

        (invocation,) = invokeasync.invocations
        assert [event.payload for event in invocation.events] == [{"id": 42}] * 3

    def test_a_lost_answer_queues_the_event_twice(self, invokeasync):
        invokeasync.add_fault(faults.LostAnswer)

        assert call(via=retrying) == 202

        (invocation,) = invokeasync.invocations
        assert outcomes(invocation) == ["LostAnswer", 202]
        assert len(invokeasync.events) == len({each.request_id for each in invokeasync.events}) == 2

    def test_its_first_attempt_alone_is_lost_unless_the_rule_says_more(self, invokeasync):
        invokeasync.add_fault(faults.LostAnswer, attempts=2)

        call(via=retrying)

        assert outcomes(invokeasync.get_invocation()) == ["LostAnswer", "LostAnswer", 202]

    def test_times_attempts_at_and_match_are_those_of_add_error(self, invokeasync):
        invokeasync.add_fault(faults.ReadTimeout, at=(2, 3), attempts=1, function="orders")

        calls("orders", "mail", "orders", "orders", "orders", via=retrying)

        assert [outcomes(each) for each in invokeasync.get_invocations(function="orders")] == [
            [202],
            ["ReadTimeout", 202],
            ["ReadTimeout", 202],
            [202],
        ]


class TestCallbacks:
    """``add_callback``: the test's own decision, for each attempt."""

    @pytest.mark.parametrize(
        ("decision", "outcome"),
        [
            (None, 202),
            ("ServiceException", "ServiceException"),
            (errors.TooManyRequestsException, "TooManyRequestsException"),
            (ErrorSpec("TeapotException", 418), "TeapotException"),
            (faults.ReadTimeout, "ReadTimeoutError"),
        ],
        ids=str,
    )
    def test_it_returns_none_an_error_or_a_fault(self, invokeasync, decision, outcome):
        invokeasync.add_callback(lambda invocation: decision)

        assert call() == outcome

    def test_it_stands_unless_it_says_otherwise(self, invokeasync):
        invokeasync.add_callback(lambda invocation: "ServiceException")

        assert calls("orders", "orders", "mail") == ["ServiceException"] * 3

    def test_it_may_be_finite_and_for_some(self, invokeasync):
        invokeasync.add_callback(lambda invocation: "ServiceException", times=1, function="orders")

        assert calls("mail", "orders", "orders") == [202, "ServiceException", 202]

    def test_it_sees_the_invocation_in_flight(self, invokeasync):
        seen = []
        invokeasync.add_callback(seen.append)

        call("orders:live", {"id": 42})

        (invocation,) = seen
        assert (invocation.function, invocation.qualifier) == ("orders", "live")
        assert invocation.payload == {"id": 42}
        assert (invocation.status, invocation.error, invocation.request_id) == (None, None, None)
        assert (invocation.accepted, invocation.events) == (False, ())

    def test_it_decides_for_each_attempt(self, invokeasync):
        def recover(invocation):
            return "ServiceException" if len(invocation.attempts) < 3 else None

        rule = invokeasync.add_callback(recover)

        assert call(via=retrying) == 202
        assert outcomes(invokeasync.get_invocation()) == [
            "ServiceException",
            "ServiceException",
            202,
        ]
        assert rule.used == 1

    def test_it_may_answer_by_what_was_sent(self, invokeasync):
        def by_size(invocation):
            return "ServiceException" if len(invocation.body) > 10 else None

        invokeasync.add_callback(by_size)

        assert call(payload="x" * 100) == "ServiceException"
        assert call(payload="x") == 202

    def test_a_fault_that_was_delivered_queues_the_event(self, invokeasync):
        invokeasync.add_callback(lambda invocation: faults.LostAnswer, times=1)

        assert call() == "ReadTimeoutError"
        assert len(invokeasync.events) == 1

    def test_what_it_raises_goes_through_the_client(self, invokeasync):
        class OutOfPaper(Exception):
            pass

        def jam(invocation):
            raise OutOfPaper("tray 2")

        invokeasync.add_callback(jam)

        with pytest.raises(OutOfPaper, match="tray 2"):
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
        with pytest.raises(OutOfPaper, match="tray 2"):
            requests.post(URL, data="{}", timeout=5)
        assert [outcomes(each) for each in invokeasync.invocations] == [["OutOfPaper"]] * 2
        assert invokeasync.events == []

    @pytest.mark.parametrize(
        "answer", [True, 500, b"ServiceException", {"Status": 202}, ValueError]
    )
    def test_any_other_answer_is_a_mistake_of_the_test(self, answer):
        mock = InvokeAsyncMock()
        mock.add_callback(lambda invocation: answer)

        with pytest.raises(AssertionError) as info, mock:  # noqa: PT012
            with pytest.raises(TypeError, match="a callback returns None for 202, an error"):
                client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
            mock.assert_not_queued()

        problem = str(info.value).splitlines()[0]
        assert problem.startswith("mistake in the test's own code: the callback of add_callback(")
        assert problem.endswith(
            "raised TypeError: a callback returns None for 202, an error (a code or an ErrorSpec) "
            f"or a fault, not {answer!r}"
        )

    def test_so_is_an_unknown_code_even_where_its_exception_is_swallowed(self):
        mock = InvokeAsyncMock()
        mock.add_callback(lambda invocation: "ServiceExeption")

        with pytest.raises(AssertionError) as info, mock, pytest.raises(TypeError):
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert (
            "raised TypeError: a callback returned an unknown error code 'ServiceExeption'; did "
            "you mean 'ServiceException'" in str(info.value)
        )

    def test_so_is_an_assertion_that_failed_in_it(self):
        def check(invocation):
            assert invocation.payload == {"id": 42}, "not the order"

        mock = InvokeAsyncMock()
        mock.add_callback(check)

        with pytest.raises(AssertionError) as info, mock:  # noqa: SIM117
            with pytest.raises(AssertionError, match="not the order"):
                client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert "mistake in the test's own code" in str(info.value)
        assert "raised AssertionError: not the order" in str(info.value)

    def test_it_may_invoke_again(self, invokeasync):
        def audit(invocation):
            if invocation.function == "orders":
                assert call("audit", {"of": invocation.payload}) == 202

        invokeasync.add_callback(audit)

        in_a_thread(call, "orders", 42)

        # The inner one was queued while the outer one was in flight.
        assert [each.function for each in invokeasync.invocations] == ["orders", "audit"]
        assert [event.function for event in invokeasync.events] == ["audit", "orders"]

    def test_it_may_add_a_rule(self, invokeasync):
        def once_more(invocation):
            invokeasync.add_error("ServiceException", function="mail")

        invokeasync.add_callback(once_more, times=1)

        assert in_a_thread(calls, "orders", "mail", "mail") == [202, "ServiceException", 202]

    def test_a_rule_added_in_it_is_for_the_next_invocation(self, mock):
        def too_late(invocation):
            mock.add_error("ServiceException")

        mock.add_callback(too_late, times=1)

        assert calls("orders", "orders") == [202, "ServiceException"]

    def test_it_may_ask_the_mock(self, invokeasync):
        def every_second(invocation):
            return "ServiceException" if len(invokeasync.invocations) % 2 == 0 else None

        invokeasync.add_callback(every_second)

        assert in_a_thread(calls, "a", "b", "c", "d") == [
            202,
            "ServiceException",
            202,
            "ServiceException",
        ]

    def test_it_may_remove_its_own_rule(self, invokeasync):
        def only_now(invocation):
            rule.remove()
            return "ServiceException"

        rule = invokeasync.add_callback(only_now)

        assert calls("orders", "orders") == ["ServiceException", 202]


def in_a_thread(function, *args):
    """Its result; fails, and does not hang, where it never comes."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args)), daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive(), "it hangs"
    return results[0]


class TestRule:
    """What a rule tells about itself."""

    def test_used_and_remaining_count_invocations(self, mock):
        rule = mock.add_error("ServiceException", times=3)
        counts = [(rule.used, rule.remaining)]

        for _ in range(4):
            call(via=retrying)
            counts.append((rule.used, rule.remaining))

        assert counts == [(0, 3), (1, 2), (2, 1), (3, 0), (3, 0)]

    def test_a_standing_rule_has_no_end(self, mock):
        rule = mock.add_error("ServiceException", times=None)

        calls("orders", "orders")

        assert (rule.used, rule.remaining) == (2, None)

    def test_with_positions_each_of_them_remains(self, mock):
        rule = mock.add_error("ServiceException", at=(2, 4))
        assert rule.remaining == 2

        calls("orders", "orders", "orders")

        assert (rule.used, rule.remaining) == (1, 1)

    def test_its_invocations_are_those_that_it_answered(self, mock):
        rule = mock.add_error("ServiceException", function="orders", times=2)

        call("orders", 1)
        call("mail", 2)
        call("orders", 3)
        call("orders", 4)

        assert [each.payload for each in rule.invocations] == [1, 3]
        assert rule.invocations == mock.get_invocations(error="ServiceException")

    def test_once_removed_it_answers_no_more(self, mock):
        rule = mock.add_error("ServiceException", times=3)
        before = call()

        rule.remove()
        rule.remove()

        assert [before, call()] == ["ServiceException", 202]
        assert rule.used == 1

    def test_once_removed_its_matcher_is_asked_no_more(self, mock):
        asked = []
        rule = mock.add_error("ServiceException", where=asked.append, times=None)
        call()
        rule.remove()

        call()

        assert len(asked) == 1

    def test_removed_between_two_attempts_it_leaves_the_second_alone(self, mock):
        seen = []

        def remove(invocation):
            if seen:
                rule.remove()
            seen.append(invocation)
            return "ServiceException"

        rule = mock.add_callback(remove)

        assert call(via=retrying) == 202
        assert outcomes(mock.get_invocation()) == ["ServiceException", "ServiceException", 202]

    def test_removed_while_another_rule_answers_it_does_not_come_after_that(self, mock):
        def remove(invocation):
            first.remove()
            second.remove()
            return "ServiceException"

        first = mock.add_callback(remove, times=1)
        second = mock.add_error("ServiceException")

        assert call(via=retrying) == 202
        assert outcomes(mock.get_invocation()) == ["ServiceException", 202]
        assert second.used == 0

    def test_its_text_is_the_call_and_its_place(self, mock):
        rule = mock.add_error("ServiceException", times=2, function="orders", payload={"id": 42})

        assert isinstance(rule, Rule)
        assert str(rule).startswith(
            "add_error('ServiceException', times=2, function='orders', payload={'id': 42}) ("
        )
        assert "test_scripting.py:" in str(rule)
        assert repr(rule) == f"<Rule {rule}: used 0>"

    @pytest.mark.parametrize(
        ("add", "text"),
        [
            (lambda mock: mock.add_error(errors.ServiceException), "add_error('ServiceException')"),
            (
                lambda mock: mock.add_error("ServiceException", at=(2, 3), attempts=1),
                "add_error('ServiceException', attempts=1, at=(2, 3))",
            ),
            (
                lambda mock: mock.add_error("ServiceException", times=None),
                "add_error('ServiceException', times=None)",
            ),
            (
                lambda mock: mock.add_fault(faults.ReadTimeout, delivered=True),
                "add_fault('ReadTimeout', delivered=True)",
            ),
            (
                lambda mock: mock.add_accepted(function="orders:live"),
                "add_accepted(function='orders:live')",
            ),
            (lambda mock: mock.add_callback(calls, times=2), "add_callback(calls, times=2)"),
            (
                lambda mock: mock.add_callback(print, where=lambda one: True),
                "add_callback(<built-in function print>, where=<lambda>)",
            ),
        ],
    )
    def test_it_tells_what_was_said(self, mock, add, text):
        assert str(add(mock)).startswith(f"{text} (")


def unanswered(mock):
    """What verify() says of rules, without the place of the call and the hint."""
    lines = [line for line in mock.find_problems() if line.startswith("unanswered rule: ")]
    return [line.partition(") was ")[2] for line in lines]


@pytest.fixture
def strict():
    """An active mock that is not verified."""
    active = InvokeAsyncMock()
    active.start()
    yield active
    active.stop()


class TestUnansweredRules:
    """Every rule must have answered by the end of the test."""

    @pytest.mark.parametrize(
        ("how", "functions", "told"),
        [
            ({}, [], "to answer 1 invocation, and answered none"),
            ({"times": 3}, ["orders"], "to answer 3 invocations, and answered 1"),
            ({"times": None}, [], "to answer at least 1 invocation, and answered none"),
            (
                {"function": "orders"},
                ["mail"],
                "to answer 1 invocation, and answered none",
            ),
            (
                {"at": 3},
                ["orders"] * 2,
                "to answer invocation 3; 2 invocations matched, so position 3 was never reached",
            ),
            (
                {"at": 1},
                [],
                "to answer invocation 1; no invocation matched, so position 1 was never reached",
            ),
            (
                {"at": range(1, 6)},
                ["orders"] * 3,
                "to answer invocations 1, 2, 3, 4 and 5; 3 invocations matched, so positions 4 and "
                "5 were never reached",
            ),
            (
                {"at": 2, "function": "orders"},
                ["mail", "orders", "mail"],
                "to answer invocation 2; 1 invocation matched, so position 2 was never reached",
            ),
        ],
    )
    def test_it_says_what_is_missing(self, strict, how, functions, told):
        strict.add_error("ServiceException", **how)

        calls(*functions)

        assert unanswered(strict) == [told]

    @pytest.mark.parametrize("how", [{"times": None}, {"times": 2}, {"at": (1, 2)}])
    def test_one_that_other_rules_stood_before_says_so(self, strict, how):
        strict.add_error("ServiceException", times=2)
        strict.add_error("TooManyRequestsException", **how)

        calls("orders", "orders")

        (told,) = unanswered(strict)
        assert "2 invocations matched, but other rules " in told

    def test_at_names_the_positions_that_others_answered(self, strict):
        strict.add_error("ServiceException")
        strict.add_error("TooManyRequestsException", at=(1, 2))

        calls("orders", "orders")

        assert unanswered(strict) == [
            "to answer invocations 1 and 2; 2 invocations matched, but other rules answered "
            "position 1"
        ]

    @pytest.mark.parametrize(
        "add",
        [
            lambda mock: mock.add_error("ServiceException"),
            lambda mock: mock.add_fault(faults.ReadTimeout, at=2),
            lambda mock: mock.add_accepted(times=2),
            lambda mock: mock.add_callback(print),
        ],
        ids=["add_error", "add_fault", "add_accepted", "add_callback"],
    )
    def test_a_rule_of_any_kind_must_answer(self, strict, add):
        add(strict)

        assert len(unanswered(strict)) == 1

    @pytest.mark.parametrize("how", [{}, {"times": 2}, {"times": None}, {"at": 7}])
    def test_unless_it_is_optional(self, strict, how):
        strict.add_error("ServiceException", optional=True, **how)
        strict.add_fault(faults.ReadTimeout, optional=True, **how)

        strict.verify()

    @pytest.mark.parametrize("how", [{}, {"times": 2}, {"times": None}, {"at": 7}])
    def test_or_was_removed(self, strict, how):
        rule = strict.add_error("ServiceException", **how)
        rule.remove()

        strict.verify()

    def test_or_forgotten_with_reset(self, strict):
        strict.add_error("ServiceException")
        strict.reset()

        strict.verify()

    def test_or_the_option_assert_all_used_is_off(self, mock):
        mock.add_error("ServiceException")

        mock.verify()

    @pytest.mark.parametrize("how", [{}, {"times": 1}, {"times": None}, {"at": 1}])
    def test_one_that_answered_is_done(self, strict, how):
        strict.add_error("ServiceException", **how)

        call()

        strict.verify()

    def test_with_attempts_the_invocation_is_what_counts(self, strict):
        strict.add_error("ServiceException", attempts=5)

        call(via=retrying)

        strict.verify()

    def test_all_of_them_are_told(self, strict):
        strict.add_error("ServiceException")
        strict.add_error("TooManyRequestsException", times=2)

        assert len(unanswered(strict)) == 2


class TestContract:
    """What breaks the contract is answered by it, and uses up no rule."""

    @pytest.mark.parametrize(
        ("function", "payload", "code"),
        [
            ("orders", b'{"id":', "InvalidRequestContentException"),
            ("orders", b"", "InvalidRequestContentException"),
            ("or ders", b"{}", "ValidationException"),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:orders",
                b"{}",
                "ResourceNotFoundException",
            ),
            ("orders", b'"' + b"x" * 262_144 + b'"', "RequestEntityTooLargeException"),
        ],
        ids=["not JSON", "empty", "name", "region", "size"],
    )
    @pytest.mark.parametrize("how", [{}, {"at": 1}, {"times": None}])
    def test_a_violation_uses_up_no_rule(self, invokeasync, function, payload, code, how):
        rule = invokeasync.add_error("ServiceException", **how)

        assert call(function, payload) == code
        assert rule.used == 0
        assert call() == "ServiceException"

    def test_nor_does_an_unknown_function(self):
        with InvokeAsyncMock(unknown_functions="reject") as mock:
            mock.register_function("orders")
            mock.add_error("ServiceException")

            assert calls("mail", "orders") == ["ResourceNotFoundException", "ServiceException"]

    def test_nor_a_payload_that_breaks_its_schema(self):
        with InvokeAsyncMock(schema_violations="respond") as mock:
            mock.register_function("orders", schema={"type": "object"})
            mock.add_error("ServiceException", at=1)

            assert call("orders", []) == "InvalidRequestContentException"
            assert call("orders", {}) == "ServiceException"

    def test_a_callback_is_not_asked(self, mock):
        asked = []
        mock.add_callback(asked.append)

        call("orders", b"")

        assert asked == []


class TestThreads:
    """Rules are shared by all threads of the code under test."""

    @pytest.fixture(autouse=True)
    def threads_switch_all_the_time(self):
        usual = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        yield
        sys.setswitchinterval(usual)

    @pytest.mark.parametrize("how", [{"times": 50}, {"at": range(30, 80)}])
    def test_exactly_so_many_are_answered(self, invokeasync, how):
        rule = invokeasync.add_error("TooManyRequestsException", **how)

        with ThreadPoolExecutor(32) as pool:
            results = list(pool.map(call, ["orders"] * 160))

        assert results.count("TooManyRequestsException") == 50
        assert results.count(202) == 110
        assert (rule.used, rule.remaining) == (50, 0)
        assert len(invokeasync.events) == 110

    def test_several_rules_are_used_up_exactly(self, invokeasync):
        rules = [
            invokeasync.add_error("ServiceException", times=20, attempts=1),
            invokeasync.add_fault(faults.ReadTimeout, times=20, function="orders"),
            invokeasync.add_accepted(times=20),
        ]

        with ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda _: call(via=retrying), range(96)))

        assert [rule.used for rule in rules] == [20, 20, 20]
        assert len(invokeasync.invocations) == 96

    def test_hundreds_of_rules_are_used_up_once_each(self, invokeasync):
        rules = [invokeasync.add_error("TooManyRequestsException") for _ in range(200)]

        with ThreadPoolExecutor(32) as pool:
            results = list(pool.map(call, ["orders"] * 320))

        assert {rule.used for rule in rules} == {1}
        assert results.count("TooManyRequestsException") == 200

    def test_rules_may_be_added_and_removed_meanwhile(self, mock):
        def churn(number):
            rule = mock.add_error("ServiceException", function=f"f{number}", times=1)
            result = calls(f"f{number}", f"f{number}")
            rule.remove()
            return result

        with ThreadPoolExecutor(32) as pool:
            results = list(pool.map(churn, range(64)))

        assert results == [["ServiceException", 202]] * 64


class TestNesting:
    """The innermost active mock answers, by its own rules."""

    def test_the_rules_of_the_outer_one_rest(self, invokeasync):
        rule = invokeasync.add_error("ServiceException")

        with InvokeAsyncMock() as inner:
            inner.add_error("TooManyRequestsException")
            assert calls("orders", "orders") == ["TooManyRequestsException", 202]

        assert rule.used == 0
        assert call() == "ServiceException"

    def test_each_records_what_it_answered(self, invokeasync):
        call("outer")
        with InvokeAsyncMock() as inner:
            call("inner")
        call("outer")

        inner.assert_sequence(["inner"])
        invokeasync.assert_sequence(["outer", "outer"])

    def test_what_the_inner_one_misses_is_told_by_the_inner_one(self, invokeasync):
        inner = InvokeAsyncMock()
        inner.add_error("ServiceException")

        with pytest.raises(AssertionError, match=r"^unanswered rule: "), inner:
            pass

        assert invokeasync.find_problems() == []

    def test_a_mock_that_is_active_cannot_be_started_again(self, invokeasync):
        with pytest.raises(RuntimeError, match="active already: make another one to nest"):
            invokeasync.start()


class TestReset:
    """``reset()`` forgets rules, functions and recordings."""

    def test_rules_and_recordings_are_gone(self, invokeasync):
        invokeasync.add_error("ServiceException", times=None)
        call()

        invokeasync.reset()

        assert (invokeasync.invocations, invokeasync.events) == ([], [])
        assert call() == 202
        invokeasync.assert_invoked_once()

    @pytest.mark.invokeasync(unknown_functions="reject")
    def test_functions_are_gone(self, invokeasync):
        invokeasync.register_function("orders", schema={"type": "object"})
        invokeasync.reset()

        assert call("orders", {}) == "ResourceNotFoundException"

    def test_positions_count_anew(self, invokeasync):
        call()
        invokeasync.reset()
        invokeasync.add_error("ServiceException", at=1)

        assert call() == "ServiceException"

    def test_what_is_in_flight_then_ends_unnoticed(self, invokeasync):
        invokeasync.add_callback(lambda invocation: invokeasync.reset())

        assert call("before") == 202
        assert (invokeasync.invocations, invokeasync.events) == ([], [])
        assert call("after") == 202
        invokeasync.assert_sequence(["after"])

    def test_a_retry_of_what_was_in_flight_is_a_new_invocation(self, invokeasync):
        def forget(invocation):
            invokeasync.reset()
            return "ServiceException"

        invokeasync.add_callback(forget)

        assert call(via=retrying) == 202
        assert outcomes(invokeasync.get_invocation()) == [202]

    def test_the_mock_stays_active(self, invokeasync):
        invokeasync.reset()
        invokeasync.reset()

        call()

        invokeasync.assert_queued_once("orders")


def refusal(exception, add, /, *args, **kwargs):
    with pytest.raises(exception) as info:
        add(*args, **kwargs)
    assert type(info.value) is exception
    return str(info.value)


COUNTS = [
    (0, ValueError, "{0}= is 1 or more, or None for all, not 0"),
    (-1, ValueError, "{0}= is 1 or more, or None for all, not -1"),
    (True, TypeError, "{0}= is an int or None, not True"),
    ("2", TypeError, "{0}= is an int or None, not '2'"),
    (1.0, TypeError, "{0}= is an int or None, not 1.0"),
]


class TestBadValues:
    """Refused at once, in words."""

    @pytest.mark.parametrize(("value", "exception", "told"), COUNTS)
    @pytest.mark.parametrize("name", ["times", "attempts"])
    def test_numbers_of_an_error_or_fault(self, invokeasync, name, value, exception, told):
        for add, what in (
            (invokeasync.add_error, "ServiceException"),
            (invokeasync.add_fault, faults.ReadTimeout),
        ):
            assert refusal(exception, add, what, **{name: value}) == told.format(name)

    @pytest.mark.parametrize(("value", "exception", "told"), COUNTS)
    def test_times_of_an_acceptance_or_callback(self, invokeasync, value, exception, told):
        told = told.format("times")

        assert refusal(exception, invokeasync.add_accepted, times=value) == told
        assert refusal(exception, invokeasync.add_callback, print, times=value) == told

    @pytest.mark.parametrize(
        ("value", "exception", "told"),
        [
            (0, ValueError, "at= counts matching invocations from 1, and cannot be 0"),
            (-2, ValueError, "at= counts matching invocations from 1, and cannot be -2"),
            (range(3), ValueError, "at= counts matching invocations from 1, and cannot be 0"),
            ((), ValueError, "at= is empty, and names no invocation"),
            (range(0), ValueError, "at= is empty, and names no invocation"),
            (True, TypeError, "at= is an int or several, not True"),
            ("2", TypeError, "at= is an int or several, not '2'"),
            (1.5, TypeError, "at= is an int or several, not 1.5"),
            ([1, "2"], TypeError, "at= is an int or several, not [1, '2']"),
            ([1, True], TypeError, "at= is an int or several, not [1, True]"),
        ],
        ids=repr,
    )
    def test_positions(self, invokeasync, value, exception, told):
        assert refusal(exception, invokeasync.add_error, "ServiceException", at=value) == told
        assert refusal(exception, invokeasync.add_fault, "ReadTimeout", at=value) == told

    def test_times_that_contradicts_at(self, invokeasync):
        told = refusal(ValueError, invokeasync.add_error, "ServiceException", at=(2, 3), times=3)

        assert told == (
            "at= names 2 invocations, and times=3 says another number: leave times= out"
        )

    @pytest.mark.parametrize("add", ["add_error", "add_fault"])
    def test_times_1_that_contradicts_at_though_it_is_the_default(self, invokeasync, add):
        outcome = {"add_error": "ServiceException", "add_fault": "ReadTimeout"}[add]

        told = refusal(ValueError, getattr(invokeasync, add), outcome, at=[1, 2, 3], times=1)

        assert told == (
            "at= names 3 invocations, and times=1 says another number: leave times= out"
        )
        assert getattr(invokeasync, add)(outcome, at=2, times=1, optional=True).remaining == 1
        assert getattr(invokeasync, add)(outcome, at=[1, 2], optional=True).remaining == 2

    @pytest.mark.parametrize("value", [None, 1, "no"])
    def test_optional(self, invokeasync, value):
        told = refusal(TypeError, invokeasync.add_error, "ServiceException", optional=value)

        assert told == f"optional= is True or False, not {value!r}"

    @pytest.mark.parametrize("value", [None, 1, "yes"])
    def test_delivered(self, invokeasync, value):
        told = refusal(TypeError, invokeasync.add_fault, "ReadTimeout", delivered=value)

        assert told == f"delivered= is True or False, not {value!r}"

    def test_message(self, invokeasync):
        told = refusal(TypeError, invokeasync.add_error, "ServiceException", message=b"no")

        assert told == "the message of ServiceException is a str or None, not b'no'"

    @pytest.mark.parametrize(
        ("value", "exception", "told"),
        [
            (
                "1\r\nSet-Cookie: a=b",
                ValueError,
                "'1\\r\\nSet-Cookie: a=b' cannot be the value of the HTTP header "
                "'x-amzn-requestid': it is printable ASCII on one line",
            ),
            (
                42,
                TypeError,
                "headers is a mapping of str to str, not 'x-amzn-requestid' to 42",
            ),
        ],
    )
    def test_request_id(self, invokeasync, value, exception, told):
        assert refusal(exception, invokeasync.add_accepted, request_id=value) == told

    def test_an_unknown_code(self, invokeasync):
        told = refusal(ValueError, invokeasync.add_error, "ServiceExeption")

        assert told.startswith(
            "unknown error code 'ServiceExeption'; did you mean 'ServiceException'"
        )
        assert told.endswith("For one of your own, give an ErrorSpec(code=..., status=...).")

    @pytest.mark.parametrize(
        "error", [None, 500, b"ServiceException", ClientError, faults.ReadTimeout]
    )
    def test_what_is_no_error(self, invokeasync, error):
        assert refusal(TypeError, invokeasync.add_error, error) == (
            f"an error is a code, one of errors, or an ErrorSpec, not {error!r}; "
            "faults go to add_fault()"
        )

    def test_an_unknown_fault(self, invokeasync):
        assert refusal(ValueError, invokeasync.add_fault, "ReadTimeOut") == (
            "unknown fault 'ReadTimeOut'; did you mean 'ReadTimeout' or 'ConnectTimeout'? Allowed: "
            "ConnectTimeout, ReadTimeout, ConnectionClosed, ConnectionRefused, NameResolution, "
            "TLSFailure, TruncatedAnswer, BadGatewayPage, ServiceUnavailablePage, "
            "GatewayTimeoutPage, LostAnswer."
        )

    @pytest.mark.parametrize("fault", [None, TimeoutError, errors.ServiceException])
    def test_what_is_no_fault(self, invokeasync, fault):
        assert refusal(TypeError, invokeasync.add_fault, fault) == (
            f"a fault is one of faults, or its name, not {show(fault)}; "
            "errors go to add_error(), outcomes of runs to add_run()"
        )

    @pytest.mark.parametrize("callback", [None, "ServiceException", errors.ServiceException])
    def test_what_is_no_callback(self, invokeasync, callback):
        told = refusal(TypeError, invokeasync.add_callback, callback)

        assert told == f"a callback is a callable that takes an Invocation, not {callback!r}"

    def test_a_refused_call_leaves_no_rule_behind(self, invokeasync):
        for wrong in ({"times": 0}, {"at": 0}, {"attempts": 0}, {"headers": {"a": "\n"}}):
            refusal(ValueError, invokeasync.add_error, "ServiceException", **wrong)

        assert call() == 202


def test_a_rule_that_was_removed_has_nothing_left_to_answer(invokeasync):
    rule = invokeasync.add_error("ServiceException", times=3)

    rule.remove()

    assert rule.remaining == 0
