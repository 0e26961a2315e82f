"""What the report of a failed test says of the calls it made."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from calls import CALL

PREAMBLE = f"""\
import boto3, contextlib, pytest
session = boto3.Session("AKIDREAL", "secret-key", "session-token")
client = session.client("lambda")
{CALL}"""


def sections(result):
    """The plugin's section of each failed report, line by line."""
    return [
        text.splitlines()
        for report in result.reprec.getfailures()
        for title, text, _ in report.longrepr.sections
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
            "  (if that is intended: optional=True for an error or a fault, or "
            "@pytest.mark.invokeasync(assert_all_used=False) for the test)",
            "recorded: 1 invocation, 1 event",
            "  1. orders {} -> 202 accepted (test_it.py:5)",
        ]
    ]


@pytest.mark.parametrize("swept", [False, True], ids=["alone", "in a sweep"])
def test_what_a_failed_assertion_has_shown_is_not_shown_again(run_pytest, swept):
    loop = "for outcome in invokeasync.sweep('ServiceException'):" if swept else "if True:"
    result = run_pytest(
        f"""
def test_one(invokeasync):
    {loop}
        with contextlib.suppress(Exception):
            call()
        invokeasync.assert_queued("invoices")
"""
    )

    assert result.stdout.str().count("recorded: 1 invocation") == 1
    stopped = "it stopped with ServiceException at invocation 1"
    told = [[f"sweep: 1 outcome tried, at 1 position in all; {stopped}"]]
    assert sections(result) == (told if swept else [])


def test_what_is_recorded_after_a_failed_assertion_is_shown(run_pytest):
    result = run_pytest(
        """
def test_one(invokeasync):
    try:
        invokeasync.assert_queued("invoices")
    finally:
        call()
"""
    )

    [lines] = sections(result)
    assert lines[0] == "recorded: 1 invocation, 1 event"


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


@pytest.mark.once
def test_workers_of_xdist_report_the_same(run_pytest_with):
    result = run_pytest_with(
        "xdist",
        """
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
""",
        *("-n", "2"),
    )

    result.assert_outcomes(passed=1, failed=1, errors=2)
    for block in [
        "recorded: 1 invocation, 1 event\n  1. from-a-test {} -> 202 accepted (test_it.py:5)\n",
        "recorded: 1 invocation, 1 event\n  1. from-a-fixture {} -> 202 accepted (test_it.py:5)\n",
        "unanswered rule: add_error('ServiceException') (test_it.py:17) "
        "was to answer 1 invocation, and answered none\n",
    ]:
        assert result.stdout.str().count(block) == 1


# What else shows it.


def test_junitxml_shows_it(pytester, run_pytest):
    run_pytest(
        """
@pytest.fixture
def shop(invokeasync):
    call("from-a-fixture")
    raise RuntimeError("no shop")
def test_failed(invokeasync):
    call("from-a-test")
    assert False
def test_set_up(shop):
    pass
def test_passed(invokeasync):
    call("unseen")
""",
        "--junitxml=report.xml",
    )

    failed, error = junit_texts(pytester.path / "report.xml")
    assert failed.endswith(
        "recorded: 1 invocation, 1 event\n  1. from-a-test {} -> 202 accepted (test_it.py:5)"
    )
    assert error.endswith(
        "recorded: 1 invocation, 1 event\n  1. from-a-fixture {} -> 202 accepted (test_it.py:5)"
    )
    assert "unseen" not in (pytester.path / "report.xml").read_text()


def junit_texts(path):
    """What is told of each failure and error."""
    cases = ElementTree.parse(path).iter("testcase")
    return [problem.text.strip() for case in cases for problem in case]


@pytest.mark.parametrize("argument", ["--tb=long", "--tb=short", "--tb=native", "--capture=no"])
def test_the_terminal_shows_it_once_whatever_the_style(run_pytest, argument):
    result = run_pytest("def test_one(invokeasync):\n    call()\n    assert False\n", argument)

    result.stdout.fnmatch_lines(["*- invokeasync -*", "recorded: 1 invocation, 1 event"])
    assert result.stdout.str().count("recorded:") == 1


def test_the_terminal_shows_it_not_where_it_is_to_show_no_failure(run_pytest):
    result = run_pytest("def test_one(invokeasync):\n    call()\n    assert False\n", "--tb=no")

    assert "recorded:" not in result.stdout.str()


def test_a_failure_without_a_traceback_shows_it_too(run_pytest):
    result = run_pytest(
        """
@pytest.mark.xfail(strict=True)
def test_one(invokeasync):
    call()
"""
    )

    result.stdout.fnmatch_lines(["*- invokeasync -*", "recorded: 1 invocation, 1 event"])
