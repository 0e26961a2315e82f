"""mock_fixture: a mock of a wider scope, which each test that uses it has for itself."""

from __future__ import annotations

import re

import pytest

from pytest_invokeasync import InvokeAsyncMock, mock_fixture

PREAMBLE = """
import boto3, pytest
from pytest_invokeasync import InvokeAsyncMock, mock_fixture

client = boto3.client(
    "lambda", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
)

def call(function="orders", args=b"{}"):
    client.invoke_async(FunctionName=function, InvokeArgs=args)
"""
SCOPES = ["class", "module", "package", "session"]
queue = mock_fixture("module", account="210987654321")


def test_it_gives_an_active_mock_with_its_options(queue):
    assert isinstance(queue, InvokeAsyncMock)
    assert queue.events == []


@pytest.mark.parametrize("scope", ["function", *SCOPES])
def test_what_a_test_scripted_and_recorded_is_gone_for_the_next(run_pytest, scope):
    result = run_pytest(f"""
queue = mock_fixture("{scope}")

class TestIt:
    @pytest.mark.parametrize("number", [1, 2])
    def test_one(self, queue, number):
        queue.register_function("orders", schema={{"type": "object"}})
        queue.add_error("ServiceException", function="orders", attempts=1)
        call()
        assert len(queue.get_invocation().attempts) == 2
        assert queue.assert_queued_once("orders").payload == {{}}

    def test_two(self, queue):
        call(args=b"[]")
        assert queue.get_invocation().accepted
""")

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("scope", SCOPES)
def test_one_mock_serves_its_whole_scope(run_pytest, scope):
    result = run_pytest(f"""
queue = mock_fixture("{scope}")
seen = []
class TestIt:
    def test_one(self, queue): seen.append(queue)
    def test_two(self, queue): assert seen == [queue]
""")

    result.assert_outcomes(passed=2)


def test_an_unanswered_rule_is_the_error_of_the_test_that_made_it(run_pytest):
    result = run_pytest("""
queue = mock_fixture("session")
def test_before(queue): pass
def test_guilty(queue): queue.add_error("ServiceException")
def test_after(queue): pass
""")

    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_guilty*",
            "unanswered rule: add_error('ServiceException') (test_it.py:*",
            "*mock_fixture(assert_all_used=False)*",
            "recorded: no invocation at all",
        ]
    )
    result.stdout.no_fnmatch_line("*traceback*")


def test_a_refused_call_is_the_error_of_the_test_that_made_it(run_pytest):
    result = run_pytest("""
queue = mock_fixture("session")
def test_guilty(queue):
    try:
        client.list_functions()
    except BaseException:
        pass
def test_after(queue): pass
""")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_guilty*"])


def test_a_failed_test_gets_no_second_error_and_shows_what_it_recorded(run_pytest):
    result = run_pytest("""
queue = mock_fixture("session")
def test_before(queue):
    call("letters")
def test_failed(queue):
    queue.add_error("ServiceException", function="letters")
    call("orders")
    assert False
""")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*- queue -*", "*recorded: 1 invocation, 1 event*"])


def test_what_a_fixture_of_a_wider_scope_scripted_each_test_has_anew(run_pytest):
    result = run_pytest(
        """
queue = mock_fixture("session")

@pytest.fixture(scope="session")
def shop(queue):
    queue.register_function("orders", schema={"type": "object"})
    rule = queue.add_error("ServiceException", function="orders", attempts=1)
    queue.add_error("ServiceException", function="never")
    call("warm-up")
    return rule

@pytest.mark.parametrize("number", [1, 2, 3])
def test_it(shop, queue, number):
    assert shop.used == 0
    assert queue.invocations == []
    call()
    assert shop.used == 1
    assert len(queue.get_invocation().attempts) == 2
    if number == 1:
        shop.remove()
    if number == 2:
        queue.reset()
    call(args=b"{}")
    if number == 3:
        with pytest.raises(client.exceptions.InvalidRequestContentException):
            call(args=b"[]")
""",
        "-o",
        "invokeasync_schema_violations=respond",
    )

    result.assert_outcomes(passed=3)


def test_a_destination_of_a_test_is_gone_for_the_next(run_pytest):
    result = run_pytest("""
QUEUE = "arn:aws:sqs:us-east-1:123456789012:done"
queue = mock_fixture("session")
sent, sent_in_all = [], []

@pytest.fixture(scope="session")
def shop(queue):
    queue.register_function("orders", handler=lambda event, _: event, on_success=QUEUE)
    queue.add_destination(QUEUE, sent_in_all.append)

def test_one(shop, queue):
    queue.add_destination(QUEUE, sent.append)
    call()
    queue.run_until_idle()
    assert len(sent) == 1

def test_two(shop, queue):
    call()
    queue.run_until_idle()
    assert (len(sent), len(sent_in_all)) == (1, 2)
""")

    result.assert_outcomes(passed=2)


def test_what_such_a_fixture_removed_again_no_test_has(run_pytest):
    result = run_pytest("""
queue = mock_fixture("session")

@pytest.fixture(scope="session")
def shop(queue):
    queue.add_error("ServiceException").remove()

def test_it(shop, queue):
    call()
    assert queue.get_invocation().accepted
""")

    result.assert_outcomes(passed=1)


def test_keys_of_a_test_are_gone_for_the_next_and_those_of_a_wider_fixture_stay(run_pytest):
    result = run_pytest("""
queue = mock_fixture("session", signatures="verify", credentials="keep")

@pytest.fixture(scope="session")
def shop(queue):
    queue.register_key("a", "b")

@pytest.mark.parametrize("secret", ["c", "d"])
def test_it(shop, queue, secret):
    queue.register_key("another", secret)
    call()
""")

    result.assert_outcomes(passed=2)


def test_a_standing_rule_of_such_a_fixture_answers_in_each_test(run_pytest):
    result = run_pytest("""
queue = mock_fixture("module")

@pytest.fixture(scope="class")
def orders_fail(queue):
    queue.add_error("ServiceException", times=None)

class TestIt:
    def test_one(self, orders_fail, queue):
        with pytest.raises(client.exceptions.ServiceException):
            call()
    def test_two(self, orders_fail, queue):
        with pytest.raises(client.exceptions.ServiceException):
            call()
""")

    result.assert_outcomes(passed=2)


def test_a_test_that_does_not_use_it_is_not_served_by_it(run_pytest, left):
    result = run_pytest(
        """
queue = mock_fixture("session")
def test_one(queue): call()
def test_forgotten(): call()
def test_two(queue): call()
def test_swallowed():
    try:
        call()
    except BaseException:
        pass
""",
        "-o",
        "invokeasync_guard=true",
    )

    result.assert_outcomes(passed=3, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_swallowed*", "*UnmockedLambdaCall*"])
    assert left == []


def test_a_fixture_of_its_scope_may_call_when_it_is_made_and_when_it_ends(run_pytest, left):
    result = run_pytest("""
queue = mock_fixture("session")

@pytest.fixture(scope="session")
def shop(queue):
    call("opened")
    yield
    call("closed")

def test_one(shop): call()
def test_two(): pass
""")

    result.assert_outcomes(passed=2)
    assert left == []


def test_what_goes_wrong_when_such_a_fixture_ends_is_an_error(run_pytest):
    result = run_pytest("""
queue = mock_fixture("session")

@pytest.fixture(scope="session")
def shop(queue):
    queue.register_function("orders", schema={"type": "object"})
    yield
    with pytest.raises(Exception):
        call(args=b"[]")

def test_one(shop): pass
""")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*'orders' broke its schema*"])


def test_beside_invokeasync_the_inner_one_answers_and_both_are_verified(run_pytest):
    result = run_pytest("""
queue = mock_fixture("session")
def test_both(queue, invokeasync):
    call()
    assert (len(invokeasync.events), len(queue.events)) == (1, 0)
    queue.add_error("ServiceException")
def test_failed(queue, invokeasync):
    call()
    assert False
""")

    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*- queue -*",
            "recorded: no invocation at all",
            "*- invokeasync -*",
            "recorded: 1 invocation*",
        ]
    )


def test_a_test_may_ask_for_it_late(run_pytest):
    result = run_pytest("""
queue = mock_fixture("session")
@pytest.mark.parametrize("number", [1, 2])
def test_it(request, number):
    queue = request.getfixturevalue("queue")
    call()
    queue.assert_queued_once("orders")
    assert request.getfixturevalue("queue") is queue
    assert len(queue.events) == 1
def test_unused(): pass
""")

    result.assert_outcomes(passed=3)


def test_a_testcase_uses_it_by_a_fixture(run_pytest):
    result = run_pytest("""
import unittest
queue = mock_fixture("session")

class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _queue(self, queue):
        self.queue = queue
    def test_one(self):
        call()
        assert len(self.queue.events) == 1
    def test_two(self):
        self.queue.add_error("ServiceException")
""")

    result.assert_outcomes(passed=2, errors=1)


def test_options_are_its_own_then_the_ini_file_s(run_pytest):
    result = run_pytest(
        """
queue = mock_fixture("session", account="000000000001")
def test_it(queue):
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        call()
    assert queue.get_invocation().account == "000000000001"
""",
        "-o",
        "invokeasync_account=000000000002",
        "-o",
        "invokeasync_unknown_functions=reject",
    )

    result.assert_outcomes(passed=1)


def test_the_marker_of_the_other_fixture_is_told_to_be_without_effect(run_pytest):
    result = run_pytest("""
queue = mock_fixture("module")

@pytest.mark.invokeasync(unknown_functions="reject")
def test_one(queue):
    pass
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*does not use invokeasync; the options of queue are keywords of mock_fixture()"]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('"sesion"', "ValueError: unknown scope 'sesion'; did you mean 'session'? Allowed: *"),
        ('"session", acount="1"', "TypeError: unknown option 'acount'; did you mean 'account'?*"),
        ('"session", backoff="rael"', "ValueError: unknown value of the option backoff: 'rael'*"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(run_pytest, arguments, message):
    result = run_pytest(f"queue = mock_fixture({arguments})")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"E   {message}"])


@pytest.mark.once
def test_with_xdist_each_worker_has_its_own(run_pytest_with):
    result = run_pytest_with(
        "xdist",
        """
queue = mock_fixture("session")
@pytest.mark.parametrize("number", range(8))
def test_it(queue, number):
    call()
    queue.assert_queued_once("orders")
    if number == 3:
        queue.add_error("ServiceException")
""",
        "-n2",
    )

    result.assert_outcomes(passed=8, errors=1)
    assert re.search(r"ERROR at teardown of test_it\[3\]", result.stdout.str())


def test_pytest_lists_it_with_what_it_does(run_pytest):
    result = run_pytest('queue = mock_fixture("session")\ndef test_it(queue): pass', "--fixtures")

    result.stdout.fnmatch_lines(["queue [[]session scope]*", "*An active ``InvokeAsyncMock`` of *"])


def test_what_a_wider_fixture_says_of_runs_stays(run_pytest):
    result = run_pytest(
        """
queue = mock_fixture("session")
ARN = "arn:aws:sqs:us-east-1:123456789012:done"
handed_on = []

@pytest.fixture(scope="session")
def shop(queue):
    queue.register_function("orders", handler=lambda event, context: event, on_success=ARN)
    queue.add_destination(ARN, handed_on.append)

@pytest.mark.parametrize("number", [1, 2])
def test_it(shop, queue, number):
    call()
    queue.run_until_idle()
    assert len(handed_on) == number
"""
    )

    result.assert_outcomes(passed=2)


def test_a_wider_fixture_that_resets_begins_what_each_test_has(run_pytest):
    result = run_pytest(
        """
queue = mock_fixture("session")

@pytest.fixture(scope="session")
def before(queue):
    queue.add_error("ServiceException", times=None)

@pytest.fixture(scope="session")
def after(before, queue):
    queue.reset()

@pytest.mark.parametrize("number", [1, 2])
def test_it(after, queue, number):
    call()
    assert queue.get_invocation().accepted
"""
    )

    result.assert_outcomes(passed=2)


def test_a_wider_fixture_that_comes_late_takes_nothing_from_the_test(run_pytest):
    result = run_pytest(
        """
queue = mock_fixture("session")

@pytest.fixture(scope="session")
def late(queue):
    queue.add_error("ServiceException", optional=True)

def test_it(queue, request):
    call()
    request.getfixturevalue("late")
    assert len(queue.events) == 1
"""
    )

    result.assert_outcomes(passed=1)


def test_a_wider_fixture_may_end_in_a_test_that_has_the_mock(run_pytest):
    result = run_pytest(
        """
queue = mock_fixture("session")

@pytest.fixture(scope="module", params=[1, 2])
def each(request):
    yield request.param

def test_it(queue, each):
    call()
    assert len(queue.events) == 1
"""
    )

    result.assert_outcomes(passed=2)


@pytest.mark.skipif(pytest.version_tuple < (8,), reason="of older pytests no request can do that")
def test_executed_again_within_a_test_it_stays_as_it_is(run_pytest):
    result = run_pytest(
        """
queue = mock_fixture("session")

def test_it(queue, request):
    call()
    request._get_active_fixturedef("queue").execute(request=request)
    assert len(queue.events) == 1
"""
    )

    result.assert_outcomes(passed=1)
