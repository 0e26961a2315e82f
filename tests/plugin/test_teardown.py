"""What is wrong at the end of a test, and what it says; and what is nobody's business."""

from __future__ import annotations

import boto3
import pytest
from calls import CALL

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

client = boto3.client("lambda")
RULE_IS_RIGHT = (
    "  (if that is intended: optional=True for an error or a fault, or "
    "@pytest.mark.invokeasync(assert_all_used=False) for the test)"
)
VIOLATION_IS_RIGHT = (
    '  (if that is intended: @pytest.mark.invokeasync(schema_violations="respond"))'
)
CALL_IS_RIGHT = (
    "  (refused with UnmockedLambdaCall, over HTTP with 404. Answer it with a mock of "
    "its own; or let such "
    'calls pass: @pytest.mark.invokeasync(other_lambda_calls="pass"); or, if the test '
    "expects the refusal, unmocked_calls.clear())"
)
LIST_URL = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions"
PREAMBLE = f"""\
import boto3, pytest
from pytest_invokeasync import InvokeAsyncMock
client = boto3.client("lambda")
{CALL}"""


# What a test that passed is told.


def error_at_teardown(result):
    result.assert_outcomes(passed=1, errors=1)
    [report] = result.reprec.getfailures()
    assert report.when == "teardown"
    return report.longreprtext.splitlines()


def test_a_rule_went_unanswered(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    invokeasync.add_error("ServiceException", function="orders")
    call("invoices", b'{"id": 42}')
"""
    )

    assert error_at_teardown(result) == [
        "unanswered rule: add_error('ServiceException', function='orders') (test_it.py:8) "
        "was to answer 1 invocation, and answered none",
        RULE_IS_RIGHT,
        "recorded: 1 invocation, 1 event",
        "  1. invoices {'id': 42} -> 202 accepted (test_it.py:5)",
    ]


def test_a_rule_answered_less_often_than_it_says(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    invokeasync.add_error("ResourceNotFoundException", times=3)
    for name in "orders", "invoices":
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            call(name)
"""
    )

    assert error_at_teardown(result) == [
        "unanswered rule: add_error('ResourceNotFoundException', times=3) (test_it.py:8) "
        "was to answer 3 invocations, and answered 2",
        RULE_IS_RIGHT,
        "recorded: 2 invocations, no event",
        "  1. orders {} -> 404 ResourceNotFoundException (test_it.py:5)",
        "  2. invoices {} -> 404 ResourceNotFoundException (test_it.py:5)",
    ]


def test_a_standing_rule_never_answered(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    invokeasync.add_error("ServiceException", times=None)
"""
    )

    assert error_at_teardown(result) == [
        "unanswered rule: add_error('ServiceException', times=None) (test_it.py:8) "
        "was to answer at least 1 invocation, and answered none",
        RULE_IS_RIGHT,
        "recorded: no invocation at all",
    ]


def test_a_position_was_never_reached(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    invokeasync.add_error("ServiceException", at=2)
    call()
"""
    )

    assert error_at_teardown(result) == [
        "unanswered rule: add_error('ServiceException', at=2) (test_it.py:8) was to answer "
        "invocation 2; 1 invocation matched, so position 2 was never reached",
        RULE_IS_RIGHT,
        "recorded: 1 invocation, 1 event",
        "  1. orders {} -> 202 accepted (test_it.py:5)",
    ]


def test_a_schema_was_violated_and_the_code_under_test_swallowed_it(run_pytest):
    result = run_pytest(
        """
SCHEMA = {"properties": {"items": {"items": {"type": "integer"}}}}
def test_one(invokeasync):
    invokeasync.register_function("orders", schema=SCHEMA)
    try:
        call(args=b'{"items": [1, "two"]}')
    except Exception:
        pass
"""
    )

    assert error_at_teardown(result) == [
        "schema violated: invocation 1 of 'orders' broke its schema "
        "at $.items[1]: 'two' is not of type 'integer'",
        VIOLATION_IS_RIGHT,
        "recorded: 1 invocation, no event",
        "  1. orders {'items': [1, 'two']} -> 400 InvalidRequestContentException (test_it.py:5)",
    ]


def test_a_call_was_refused_and_the_code_under_test_swallowed_it(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    try:
        client.list_functions()
    except Exception:
        pass
"""
    )

    *start, call, right, recorded = error_at_teardown(result)
    assert start == []
    assert call.startswith(f"unmocked call to AWS Lambda: GET {LIST_URL}")
    assert call.endswith("test_it.py:9")
    assert right == CALL_IS_RIGHT
    assert recorded == "recorded: no invocation at all"


def test_everything_that_is_wrong_is_told_at_once(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    invokeasync.add_error("ServiceException", function="invoices")
    invokeasync.register_function("orders", schema=False)
    for swallow in client.list_functions, call:
        with pytest.raises(Exception):
            swallow()
"""
    )

    lines = error_at_teardown(result)
    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == [
        "unanswered rule",
        "schema violated",
        "unmocked call to AWS Lambda",
        "recorded",
    ]


def test_a_callback_that_returned_nonsense_is_told_though_it_was_swallowed(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    invokeasync.add_callback(lambda invocation: 500, function="orders")
    with pytest.raises(TypeError):
        call()
"""
    )

    [trouble, *_] = error_at_teardown(result)
    assert trouble.startswith("mistake in the test's own code: the callback of add_callback(")
    assert trouble.endswith(
        "raised TypeError: a callback returns None for 202, an error (a code or an ErrorSpec) "
        "or a fault, not 500"
    )


def test_only_the_guilty_test_is_told(run_pytest):
    result = run_pytest(
        """
def test_before(invokeasync):
    call()
def test_guilty(invokeasync):
    invokeasync.add_error("ServiceException")
def test_after(invokeasync):
    call()
"""
    )

    result.assert_outcomes(passed=3, errors=1)
    [report] = result.reprec.getfailures()
    assert report.nodeid == "test_it.py::test_guilty"


# Who is not told: a test that has said already what there is to say.

LEFT_BEHIND = """
    invokeasync.add_error("ServiceException", function="invoices")
    invokeasync.register_function("orders", schema=False)
    for swallow in client.list_functions, call:
        with pytest.raises(Exception):
            swallow()
"""


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param("    assert 1 == 2\n", {"failed": 1}, id="failed"),
        pytest.param("    raise RuntimeError\n", {"failed": 1}, id="raised"),
        pytest.param("    pytest.fail('so')\n", {"failed": 1}, id="pytest.fail"),
        pytest.param("    pytest.skip('so')\n", {"skipped": 1}, id="skipped"),
        pytest.param("    pytest.xfail('so')\n", {"xfailed": 1}, id="xfailed"),
    ],
)
def test_a_test_that_did_not_pass_gets_no_second_error(run_pytest, source, outcome):
    result = run_pytest(f"def test_one(invokeasync):{LEFT_BEHIND}{source}")

    result.assert_outcomes(**outcome)


@pytest.mark.parametrize(
    ("source", "outcome"),
    [("assert 1 == 2", {"xfailed": 1}), ("assert 1 == 1", {"failed": 1})],
)
def test_a_test_that_was_expected_to_fail_gets_no_second_error(run_pytest, source, outcome):
    result = run_pytest(
        f"@pytest.mark.xfail(strict=True)\ndef test_one(invokeasync):{LEFT_BEHIND}    {source}\n"
    )

    result.assert_outcomes(**outcome)


def test_a_test_whose_setup_failed_gets_no_second_error(run_pytest):
    result = run_pytest(
        f"""
@pytest.fixture
def shop(invokeasync):{LEFT_BEHIND}    raise RuntimeError("no shop")
def test_one(shop):
    pass
"""
    )

    result.assert_outcomes(errors=1)
    [report] = result.reprec.getfailures()
    assert report.when == "setup"


def test_a_method_of_a_testcase_that_failed_gets_no_second_error(run_pytest):
    result = run_pytest(
        """
import unittest
class TestShop(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def script(self, invokeasync):
        invokeasync.add_error("ServiceException")
    def test_one(self):
        self.fail()
    def test_two(self):
        self.skipTest("so")
"""
    )

    result.assert_outcomes(failed=1, skipped=1)


def test_a_test_that_failed_and_is_run_again_is_told(pytester, run_pytest):
    """As flaky does, and others: the first run is reported as a failure of the test."""
    pytester.makeconftest(
        """
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            runtestprotocol(item, nextitem=None)
            item._initrequest()
            runtestprotocol(item, nextitem=nextitem)
            return True
        """
    )

    result = run_pytest(
        """
runs = []
def test_one(invokeasync):
    runs.append(1)
    assert len(runs) == 2
    invokeasync.add_error("ServiceException")
"""
    )

    result.assert_outcomes(failed=1, passed=1, errors=1)
    result.stdout.fnmatch_lines(["unanswered rule: add_error('ServiceException')*"])


# Where it is right.


@pytest.mark.invokeasync(assert_all_used=False)
def test_rules_may_go_unanswered_with_assert_all_used_off(invokeasync):
    invokeasync.add_error("ServiceException")
    invokeasync.add_error("ServiceException", times=None)
    invokeasync.add_accepted(function="orders")


def test_an_optional_rule_may_go_unanswered(invokeasync):
    invokeasync.add_error("ServiceException", optional=True)
    invokeasync.add_error("ServiceException", times=3, optional=True)


def test_a_removed_rule_may_go_unanswered(invokeasync):
    rule = invokeasync.add_error("ServiceException")

    rule.remove()


def test_an_optional_rule_does_not_excuse_another():
    mock = InvokeAsyncMock()
    mock.add_error("ServiceException", optional=True, function="orders")
    mock.add_error("ServiceException", function="invoices")

    with pytest.raises(AssertionError, match="invoices") as failure:
        mock.verify()

    assert "orders" not in str(failure.value)


def test_assert_all_used_off_does_not_excuse_a_refused_call():
    with InvokeAsyncMock(assert_all_used=False) as mock:
        with pytest.raises(UnmockedLambdaCall):
            client.list_functions()

        [problem, _] = mock.find_problems()
        mock.unmocked_calls.clear()

    assert problem.startswith("unmocked call to AWS Lambda: ")


@pytest.mark.invokeasync(schema_violations="respond")
def test_a_violated_schema_may_be_what_the_test_is_about(invokeasync):
    invokeasync.register_function("orders", schema={"type": "array"})

    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")


def test_a_refused_call_may_be_what_the_test_is_about(invokeasync):
    with pytest.raises(UnmockedLambdaCall):
        client.list_functions()

    assert [call.url.rstrip("/") for call in invokeasync.unmocked_calls] == [LIST_URL]
    invokeasync.unmocked_calls.clear()


# The context manager says the same, as an AssertionError.


def test_leaving_the_context_manager_says_what_is_wrong():
    with pytest.raises(AssertionError) as failure, InvokeAsyncMock() as mock:
        mock.add_error("ServiceException", function="orders")

    assert str(failure.value).startswith("unanswered rule: add_error('ServiceException', ")


def test_leaving_the_context_manager_says_nothing_where_all_is_well():
    with InvokeAsyncMock() as mock:
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    mock.assert_queued_once("orders")


def test_leaving_the_context_manager_does_not_mask_an_exception_in_flight():
    with pytest.raises(KeyError, match="the user's own"), InvokeAsyncMock() as mock:  # noqa: PT012
        mock.add_error("ServiceException")
        raise KeyError("the user's own")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_leaving_the_context_manager_does_not_mask_an_interruption(interruption):
    with pytest.raises(interruption), InvokeAsyncMock() as mock:  # noqa: PT012
        mock.add_error("ServiceException")
        raise interruption


def test_it_is_told_at_the_users_with_statement(run_pytest):
    result = run_pytest(
        """
def test_one():
    with InvokeAsyncMock() as mock:
        mock.add_error("ServiceException", times=None)
"""
    )

    [report] = result.reprec.getfailures()
    # Python 3.13 underlines where in the line it was.
    lines = [line for line in report.longreprtext.splitlines() if line.strip(" ^")]
    assert lines == [
        "def test_one():",
        ">       with InvokeAsyncMock() as mock:",
        "E       AssertionError: unanswered rule: add_error('ServiceException', times=None) "
        "(test_it.py:9) was to answer at least 1 invocation, and answered none",
        "E         (if that is intended: optional=True for an error or a fault, or "
        "InvokeAsyncMock(assert_all_used=False))",
        "E       recorded: no invocation at all",
        "test_it.py:8: AssertionError",
    ]


def test_a_mock_can_be_verified_in_the_middle_of_a_test(invokeasync):
    rule = invokeasync.add_error("ResourceNotFoundException")
    with pytest.raises(AssertionError, match="unanswered rule: add_error"):
        invokeasync.verify()

    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    invokeasync.verify()
    assert rule.used == 1
