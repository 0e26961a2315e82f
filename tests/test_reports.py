"""What the report of a failed test says of the calls it made."""

from __future__ import annotations

import pytest

PREAMBLE = """\
import boto3, pytest
session = boto3.Session("AKIDREAL", "secret-key", "session-token")
client = session.client("lambda")
def call(name="orders", args=b"{}"):
    client.invoke_async(FunctionName=name, InvokeArgs=args)
"""


@pytest.fixture
def run_pytest(pytester, monkeypatch):
    """Runs pytest in this process on test_it.py, with this plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source):
        pytester.path.joinpath("test_it.py").write_text(PREAMBLE + source)
        return pytester.runpytest_inprocess("-p", "invokeasync")

    return run


def sections(result):
    """The plugin's section of each failed report, line by line."""
    return [
        text.splitlines()
        for report in result.reprec.getfailures()
        for title, text in report.sections
        if title == "invokeasync"
    ]


def test_a_failed_test_shows_what_was_recorded(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    call(args=b'{"id": 42}')
    invokeasync.add_error("ServiceException", attempts=1)
    call("invoices:live", b"[1, 2]")
    assert False
"""
    )

    result.assert_outcomes(failed=1)
    assert sections(result) == [
        [
            "recorded: 2 invocations, 2 events",
            "  1. orders {'id': 42} -> 202 accepted (test_it.py:5)",
            "  2. invoices:live [1, 2] -> 500 ServiceException, then 202 accepted (test_it.py:5)",
        ]
    ]


def test_it_is_printed_below_the_failure(run_pytest):
    result = run_pytest("def test_one(invokeasync):\n    call()\n    assert False\n")

    result.stdout.fnmatch_lines(
        [
            "*= FAILURES =*",
            "*- invokeasync -*",
            "recorded: 1 invocation, 1 event",
            "  1. orders {} -> 202 accepted (test_it.py:5)",
        ]
    )


def test_a_failed_test_shows_that_nothing_was_recorded(run_pytest):
    result = run_pytest("def test_one(invokeasync): assert False")

    assert sections(result) == [["recorded: no invocation at all"]]


def test_a_failed_test_shows_what_is_wrong_besides(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    invokeasync.add_error("ServiceException", function="invoices")
    call()
    assert False
"""
    )

    assert sections(result) == [
        [
            "unanswered rule: add_error('ServiceException', function='invoices') (test_it.py:8) "
            "was to answer 1 invocation, and answered none",
            "  (where this is right: optional=True for the rule, or "
            "@pytest.mark.invokeasync(assert_all_used=False) for the test)",
            "recorded: 1 invocation, 1 event",
            "  1. orders {} -> 202 accepted (test_it.py:5)",
        ]
    ]


def test_a_long_log_shows_its_end(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    for number in range(1, 31):
        call(args=str(number).encode())
    assert False
"""
    )

    [lines] = sections(result)
    assert lines == [
        "recorded: 30 invocations, 30 events",
        "  … 10 earlier invocations",
        *(f"  {n}. orders {n} -> 202 accepted (test_it.py:5)" for n in range(11, 31)),
    ]


def test_a_test_whose_fixture_failed_after_ours_shows_it(run_pytest):
    result = run_pytest(
        """
@pytest.fixture
def shop(invokeasync):
    call()
    raise RuntimeError("no shop")
def test_one(shop):
    pass
"""
    )

    result.assert_outcomes(errors=1)
    assert sections(result) == [
        ["recorded: 1 invocation, 1 event", "  1. orders {} -> 202 accepted (test_it.py:5)"]
    ]


def test_a_test_whose_fixture_failed_before_ours_has_nothing_to_show(run_pytest):
    result = run_pytest(
        """
@pytest.fixture
def shop():
    raise RuntimeError("no shop")
def test_one(shop, invokeasync):
    pass
"""
    )

    result.assert_outcomes(errors=1)
    assert sections(result) == []


def test_a_failed_method_of_a_testcase_shows_it(run_pytest):
    result = run_pytest(
        """
import unittest
@pytest.mark.usefixtures("invokeasync")
class TestShop(unittest.TestCase):
    def test_one(self):
        call()
        self.fail()
"""
    )

    assert sections(result) == [
        ["recorded: 1 invocation, 1 event", "  1. orders {} -> 202 accepted (test_it.py:5)"]
    ]


def test_a_test_without_the_fixture_shows_nothing(run_pytest):
    result = run_pytest(
        """
def test_with(invokeasync):
    call()
def test_without():
    assert False
"""
    )

    result.assert_outcomes(passed=1, failed=1)
    assert sections(result) == []


def test_no_credential_shows(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    call()
    print(invokeasync.invocations, invokeasync.get_invocation().headers, invokeasync.events)
    [one] = invokeasync.invocations
    assert one.headers == one.attempts[0].headers == 3
"""
    )

    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "Headers({" in text
    for secret in "AKIDREAL", "secret-key", "session-token", "Signature=":
        assert secret not in text


def test_what_a_finished_test_recorded_is_forgotten(pytester, run_pytest):
    pytester.makeconftest(
        """
        import gc, pytest, weakref

        mocks = weakref.WeakSet()

        @pytest.fixture
        def invokeasync(invokeasync):
            mocks.add(invokeasync)
            return invokeasync

        def pytest_sessionfinish():
            gc.collect()
            print("mocks alive:", len(mocks))
        """
    )

    result = run_pytest(
        """
def test_one(invokeasync):
    call()
def test_two(invokeasync):
    call()
"""
    )

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*mocks alive: 0"])


def test_workers_of_xdist_report_the_same(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.path.joinpath("test_it.py").write_text(
        PREAMBLE
        + """
@pytest.fixture
def shop(invokeasync):
    call("from-a-fixture")
    raise RuntimeError("no shop")
def test_failed(invokeasync):
    call("from-a-test")
    assert False
def test_set_up(shop):
    pass
def test_torn_down(invokeasync):
    invokeasync.add_error("ServiceException")
"""
    )

    result = pytester.runpytest_subprocess("-p", "xdist", "-p", "invokeasync", "-n", "2")

    result.assert_outcomes(passed=1, failed=1, errors=2)
    for block in [
        "recorded: 1 invocation, 1 event\n  1. from-a-test {} -> 202 accepted (test_it.py:5)\n",
        "recorded: 1 invocation, 1 event\n  1. from-a-fixture {} -> 202 accepted (test_it.py:5)\n",
        "unanswered rule: add_error('ServiceException') (test_it.py:17) "
        "was to answer 1 invocation, and answered none\n",
    ]:
        assert block in result.stdout.str()
