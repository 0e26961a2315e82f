"""Many threads at once: every call is answered, recorded once, and meets its rules."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.endpoint import Endpoint
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from calls import in_slow_motion, in_threads, outcome_of
from requests.adapters import HTTPAdapter

from pytest_invokeasync import InvokeAsyncMock

pytestmark = pytest.mark.once

THREADS, CALLS = 16, 20
HOST = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions"
ATTEMPTS = 3
client = boto3.client(
    "lambda", config=Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS})
)


@pytest.fixture(autouse=True)
def _threads_take_turns_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def invoke(function, payload):
    """The status and the request id of the answer, by boto3."""
    told = {"FunctionName": function, "InvokeArgs": json.dumps(payload)}
    try:
        answer = client.invoke_async(**told)
    except ClientError as error:
        answer = error.response
    about = answer["ResponseMetadata"]
    return about["HTTPStatusCode"], about["RequestId"]


def post(function, payload):
    """The same by requests, which has no retries."""
    answer = requests.post(f"{HOST}/{function}/invoke-async/", json.dumps(payload), timeout=5)
    return answer.status_code, answer.headers["x-amzn-requestid"]


KINDS = [
    (invoke, "orders"),
    (invoke, "flaky"),
    (invoke, "limited"),
    (invoke, "flaky-and-limited"),
    (invoke, "late"),
    (post, "orders"),
    (post, "limited"),
]
"""Who calls, and what function."""


def check_calls_of_all_kinds(mock, threads, calls, *, timeout=60):
    """So many calls in each of so many threads, another thread waiting for them."""
    flaky = mock.add_error("ServiceException", function="flaky", times=None, attempts=1)
    limited = mock.add_error("ResourceConflictException", function="limited", times=threads)
    both = mock.add_error(
        "TooManyRequestsException", function="flaky-and-limited", times=threads, attempts=2
    )
    late = mock.add_error("InvalidRuntimeException", function="late", at=range(2, threads + 2))
    kinds = [KINDS[number % len(KINDS)] for number in range(calls)]

    def work(thread):
        return [send(function, [thread, n]) for n, (send, function) in enumerate(kinds)]

    with ThreadPoolExecutor(1) as pool:
        # Of each thread the first call, which is plain, and more.
        waiting = pool.submit(mock.wait_until_queued, "orders", count=2 * threads, timeout=timeout)
        answers = in_threads(threads, work, timeout=timeout)
        waited = waiting.result(timeout)
    assert len(waited) >= 2 * threads

    # Recorded once, in the order of each thread, with the answer that the caller got.
    invocations = mock.invocations
    assert [len(invocations), len(mock.events)] == [threads * calls, len(accepted(answers))]
    for thread in range(threads):
        own = [each for each in invocations if each.payload[0] == thread]
        assert [each.payload[1] for each in own] == list(range(calls))
        assert [each.function for each in own] == [function for _, function in kinds]
        assert [(each.status, each.request_id) for each in own] == answers[thread]

    # No id is given twice.
    attempts = [attempt for each in invocations for attempt in each.attempts]
    assert len({attempt.request_id for attempt in attempts}) == len(attempts)
    assert {event.request_id for event in mock.events} == accepted(answers)

    # The attempts of one call are one invocation, of boto3's own id.
    sdk_ids = []
    for each in invocations:
        [sdk_id] = {attempt.headers.get("amz-sdk-invocation-id") for attempt in each.attempts}
        sdk_ids += [sdk_id] if sdk_id else []
        assert [attempt.number for attempt in each.attempts] == [*range(1, len(each.attempts) + 1)]
    assert len(set(sdk_ids)) == len(sdk_ids) == threads * len([s for s, _ in kinds if s is invoke])

    # Every rule has answered as often as it says, and no other call.
    seen = Counter((each.function, statuses(each)) for each in invocations)
    by_function = Counter(each.function for each in invocations)
    wide = by_function["flaky"]
    assert seen == +Counter(
        {
            ("orders", (202,)): by_function["orders"],
            ("flaky", (500, 202)): wide,
            ("limited", (409,)): threads,
            ("limited", (202,)): by_function["limited"] - threads,
            ("flaky-and-limited", (429, 429, 202)): threads,
            ("flaky-and-limited", (202,)): by_function["flaky-and-limited"] - threads,
            ("late", (502,) * ATTEMPTS): threads,
            ("late", (202,)): by_function["late"] - threads,
        }
    )
    assert [rule.used for rule in (flaky, limited, both, late)] == [wide, *[threads] * 3]
    assert [rule.remaining for rule in (flaky, limited, both, late)] == [None, 0, 0, 0]


def accepted(answers):
    """The request ids of those that were accepted."""
    return {request_id for each in answers for status, request_id in each if status == 202}


def statuses(invocation):
    return tuple(attempt.status for attempt in invocation.attempts)


def test_calls_of_all_kinds_at_once(invokeasync):
    check_calls_of_all_kinds(invokeasync, THREADS, CALLS)


@pytest.mark.load
@pytest.mark.timeout(600)
def test_64_threads_with_500_calls_each(invokeasync):
    check_calls_of_all_kinds(invokeasync, 64, 500, timeout=300)


def test_several_finite_rules_are_used_up_in_their_order(invokeasync):
    first = invokeasync.add_error("ServiceException", times=100)
    accepted = invokeasync.add_accepted(times=50)
    second = invokeasync.add_error("ResourceConflictException", times=70)

    outcomes = in_threads(THREADS, lambda _: [outcome_of(client) for _ in range(CALLS)])

    assert Counter(outcome for each in outcomes for outcome in each) == {
        "ServiceException": 100,
        202: 50 + THREADS * CALLS - 220,
        "ResourceConflictException": 70,
    }
    assert [first.used, accepted.used, second.used] == [100, 50, 70]


def in_turns(invokeasync, rule, call):
    """Of three turns in which 8 threads call at once, in how many calls the rule was met."""
    in_threads(8, lambda _: [call(turn) for turn in range(3)])

    turns = Counter(each.payload for each in invokeasync.invocations if 500 in statuses(each))
    assert turns == Counter(each.payload for each in rule.invocations)
    assert rule.used == turns.total()
    return [turns[turn] for turn in range(3)]


@pytest.fixture
def at_once():
    """A ``where=`` that lets 8 threads go on together."""
    everyone = threading.Barrier(8, timeout=60)
    return lambda _: everyone.wait() is not None


class Pondered(int):
    """A number that takes its time when another is compared with it."""

    def __gt__(self, other):
        time.sleep(0.01)
        return super().__gt__(other)


@pytest.mark.parametrize("attempts", [None, 1])
def test_a_rule_is_used_no_more_often_than_it_says(invokeasync, at_once, attempts):
    rule = invokeasync.add_error(
        "ServiceException", times=Pondered(12), attempts=attempts, where=at_once
    )

    assert in_turns(invokeasync, rule, lambda turn: invoke("orders", turn)) == [8, 4, 0]


def test_threads_are_counted_one_by_one(invokeasync, at_once):
    rule = invokeasync.add_error("ServiceException", at=range(5, 17), where=at_once)

    slowly = in_slow_motion(lambda turn: invoke("orders", turn))

    assert in_turns(invokeasync, rule, slowly) == [4, 8, 0]


def test_a_callback_is_asked_once_for_each_attempt(invokeasync):
    asked = []
    invokeasync.add_callback(lambda invocation: asked.append(invocation.payload))

    in_threads(THREADS, lambda thread: [invoke("orders", [thread, n]) for n in range(CALLS)])

    assert Counter(map(tuple, asked)) == {
        (thread, n): 1 for thread in range(THREADS) for n in range(CALLS)
    }


def test_many_threads_may_wait_for_the_calls_of_others(invokeasync):
    def work(thread):
        if thread % 2:
            return [invoke(f"orders-{thread}", n) for n in range(CALLS)]
        awaited = f"orders-{thread + 1}"
        return invokeasync.wait_until_queued(awaited, count=CALLS, timeout=300)

    # They go on as soon as it is there, and do not wait for the time to be up.
    for events in in_threads(THREADS, work, timeout=60)[::2]:
        assert [event.payload for event in events] == list(range(CALLS))


def test_what_threads_are_doing_may_be_asked_for_at_any_time(invokeasync):
    rule = invokeasync.add_error("ServiceException", times=None, attempts=1)
    callers, calls = 4, 3
    calling = set(range(callers))

    def call(thread):
        try:
            for n in range(calls):
                invoke("orders", [thread, n])
        finally:
            calling.remove(thread)

    def ask(what):
        while calling:
            for each in what():
                # In flight at its first attempt, failed, in flight again, or accepted.
                assert statuses(each) in [(None,), (500,), (500, None), (500, 202)]
                assert len(each.events) == (each.status == 202)
            invokeasync.describe()

    work = [
        *[in_slow_motion(call)] * callers,
        lambda _: ask(lambda: invokeasync.invocations),
        lambda _: ask(lambda: rule.invocations),
        lambda _: ask(lambda: [event.invocation for event in invokeasync.events]),
    ]
    in_threads(len(work), lambda thread: work[thread](thread))

    assert len(invokeasync.assert_queued("orders")) == rule.used == callers * calls


def test_reset_while_threads_call_loses_no_answer(mock):
    mock.add_error("ServiceException", attempts=1, times=None)

    def work(thread):
        if thread:
            return [invoke("orders", [thread, n]) for n in range(CALLS)]
        for _ in range(10):
            mock.reset()
            mock.add_error("ServiceException", attempts=1, times=None, optional=True)
        return []

    answers = in_threads(THREADS, work)

    # A retry that comes after a reset is an invocation of its own there, and meets the new rule.
    assert {status for each in answers for status, _ in each} <= {202, 500}
    before = len(mock.invocations)
    invoke("orders", "afterwards")
    assert len(mock.invocations) == before + 1
    # No attempt stays in flight.
    assert None not in {status for each in mock.invocations for status in statuses(each)}


def test_mocks_that_come_and_go_in_other_threads_lose_no_call(mock):
    mocks = []

    def work(thread):
        if thread >= 2:
            return [send("orders", [thread, n]) for n in range(CALLS) for send in (invoke, post)]
        for _ in range(CALLS):
            inner = InvokeAsyncMock()
            mocks.append(inner)
            with inner:
                invoke("from-inside", None)
        return []

    answers = in_threads(THREADS, work)

    everyone = [mock, *mocks]
    recorded = [one for each in everyone for one in each.get_invocations(function="orders")]
    sent = [answer for each in answers for answer in each]
    assert Counter((one.status, one.request_id) for one in recorded) == Counter(sent)
    assert {status for status, _ in sent} == {202}
    inside = [one for each in everyone for one in each.get_invocations(function="from-inside")]
    assert len(inside) == 2 * CALLS


def test_mocks_of_many_threads_come_and_go_and_all_is_given_back():
    def standing():
        owners = [Endpoint, URLLib3Session, HTTPAdapter]
        return {(name, id(value)) for owner in owners for name, value in vars(owner).items()}

    before = standing()

    def come_and_go(_):
        for _ in range(2):
            with InvokeAsyncMock() as own:
                assert standing() != before
                own.reset()

    in_threads(4, in_slow_motion(come_and_go, pause=1e-4))

    assert standing() == before
