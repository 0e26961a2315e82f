"""Ways of running tests: TestCases, wider scopes, other plugins, other kinds of items."""

from __future__ import annotations

import asyncio
import io
import itertools
import unittest

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_invokeasync import InvokeAsyncMock

client = boto3.client("lambda")
PREAMBLE = """\
import unittest
import boto3, pytest
from pytest_invokeasync import InvokeAsyncMock

client = boto3.client("lambda")

def call(name="orders"):
    client.invoke_async(FunctionName=name, InvokeArgs=b"{}")
"""


# unittest.


class TestWithAFixtureOfItsOwn(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _queue(self, invokeasync):
        self.invokeasync = invokeasync

    def test_it_is_a_mock_of_each_method(self):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        self.invokeasync.assert_queued_once("orders")

    def test_another_method_has_another(self):
        assert self.invokeasync.invocations == []

    @pytest.mark.invokeasync(unknown_functions="reject")
    def test_a_method_may_have_a_marker(self):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")


@pytest.mark.usefixtures("invokeasync")
class TestWithUsefixtures(unittest.TestCase):
    def test_calls_are_answered(self):
        answer = client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        assert answer["Status"] == 202


class TestWithTheContextManager(unittest.TestCase):
    def setUp(self):
        mock = InvokeAsyncMock()
        self.invokeasync = mock.__enter__()
        self.addCleanup(mock.__exit__, None, None, None)

    def test_calls_are_answered(self):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        self.invokeasync.assert_queued_once("orders")


class TestWithASetUpOfTheClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.invokeasync = InvokeAsyncMock()
        cls.invokeasync.start()
        cls.addClassCleanup(cls.invokeasync.stop)

    def setUp(self):
        self.invokeasync.reset()

    def test_calls_are_answered(self):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

        self.invokeasync.assert_queued_once("orders")

    def test_reset_forgets_those_of_another_method(self):
        assert self.invokeasync.invocations == []


async def invoke_in_a_thread():
    told = {"FunctionName": "orders", "InvokeArgs": b"{}"}
    return await asyncio.to_thread(client.invoke_async, **told)


@pytest.mark.usefixtures("invokeasync")
class TestAsyncWithUsefixtures(unittest.IsolatedAsyncioTestCase):
    async def test_calls_are_answered(self):
        answers = await asyncio.gather(*(invoke_in_a_thread() for _ in range(4)))

        assert {answer["Status"] for answer in answers} == {202}


class TestAsyncWithTheContextManager(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        mock = InvokeAsyncMock()
        self.invokeasync = mock.__enter__()
        self.addCleanup(mock.__exit__, None, None, None)

    async def test_calls_are_answered(self):
        await invoke_in_a_thread()

        self.invokeasync.assert_queued_once("orders")


def test_a_testcase_errors_at_teardown_as_other_tests_do(run_pytest):
    result = run_pytest(
        """
class TestShop(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _queue(self, invokeasync):
        self.invokeasync = invokeasync
    def test_one(self):
        self.invokeasync.add_error("ServiceException")
    def test_two(self):
        call()
"""
    )

    result.assert_outcomes(passed=2, errors=1)


def test_unittest_alone_will_do():
    class TestShop(unittest.TestCase):
        def test_queued(self):
            with InvokeAsyncMock() as invokeasync:
                client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
                invokeasync.assert_queued_once("orders")

        def test_unanswered(self):
            with InvokeAsyncMock() as invokeasync:
                invokeasync.add_error("ServiceException")

    suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestShop)
    result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)

    assert (result.testsRun, len(result.failures), len(result.errors)) == (2, 1, 0)
    [(_, traceback)] = result.failures
    assert "AssertionError: unanswered rule: add_error('ServiceException')" in traceback


# hypothesis.


@given(number=st.integers())
def test_each_example_may_have_a_mock_of_its_own(number):
    with InvokeAsyncMock() as invokeasync:
        client.invoke_async(FunctionName="orders", InvokeArgs=str(number))

        invokeasync.assert_queued_once("orders", payload=number)


@given(number=st.integers())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_examples_may_share_the_fixture_and_reset_it(invokeasync, number):
    invokeasync.reset()
    invokeasync.add_error("ServiceException", attempts=1)

    client.invoke_async(FunctionName="orders", InvokeArgs=str(number))

    assert len(invokeasync.assert_queued_once("orders", payload=number).invocation.attempts) == 2


@pytest.mark.once
def test_reset_between_examples_loses_no_finding(run_pytest_with):
    result = run_pytest_with(
        "hypothesispytest",
        """
import contextlib
from hypothesis import HealthCheck, given, settings, strategies as st

@given(st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
def test_one(invokeasync, forbidden):
    invokeasync.reset()
    if forbidden:
        with contextlib.suppress(Exception):
            client.list_functions()
""",
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["unmocked call to AWS Lambda: GET *"])


@pytest.mark.once
def test_an_example_that_fails_is_shown_with_what_it_recorded(run_pytest_with):
    result = run_pytest_with(
        "hypothesispytest",
        """
from hypothesis import HealthCheck, given, settings, strategies as st

@given(st.integers(min_value=0))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
def test_one(invokeasync, number):
    invokeasync.reset()
    call(f"orders-{number}")
    assert number < 1000
""",
    )

    result.assert_outcomes(failed=1)
    # hypothesis runs the smallest one last.
    result.stdout.fnmatch_lines(
        ["recorded: 1 invocation, 1 event", "  1. orders-1000 {} -> 202 accepted (test_it.py:8)"]
    )


# Wider scopes.


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
def test_a_fixture_of_a_wider_scope_can_be_made_of_the_context_manager(run_pytest, scope):
    result = run_pytest(
        f"""
@pytest.fixture(scope="{scope}")
def queue():
    with InvokeAsyncMock() as mock:
        yield mock
        mock.assert_queued("orders", times=2)
class TestShop:
    def test_one(self, queue):
        call()
        assert len(queue.events) == 1
    def test_two(self, queue):
        call()
        assert len(queue.events) == 2
"""
    )

    result.assert_outcomes(passed=2)


def test_what_is_wrong_with_a_wider_one_is_told_when_it_ends(run_pytest):
    result = run_pytest(
        """
@pytest.fixture(scope="module")
def queue():
    with InvokeAsyncMock() as mock:
        yield mock
def test_one(queue):
    queue.add_error("ServiceException")
def test_two(queue):
    pass
"""
    )

    result.assert_outcomes(passed=2, errors=1)
    [report] = result.reprec.getfailures()
    assert (report.nodeid, report.when) == ("test_it.py::test_two", "teardown")


def test_the_fixture_within_a_wider_one_answers(run_pytest):
    result = run_pytest(
        """
@pytest.fixture(scope="session", autouse=True)
def queue():
    with InvokeAsyncMock() as mock:
        yield mock
        mock.assert_sequence(["before", "after"])
def test_before(queue):
    call("before")
def test_within(queue, invokeasync):
    call("within")
    invokeasync.assert_queued_once("within")
    assert len(queue.events) == 1
def test_after(queue):
    call("after")
"""
    )

    result.assert_outcomes(passed=3)


def test_a_fixture_of_the_session_made_late_outlives_the_one_it_was_made_in(run_pytest):
    result = run_pytest(
        """
@pytest.fixture(scope="session")
def queue():
    with InvokeAsyncMock() as mock:
        yield mock
def test_one(invokeasync, request):
    call("before")
    late = request.getfixturevalue("queue")
    call("late")
    late.assert_sequence(["late"])
    invokeasync.assert_sequence(["before"])
def test_two(queue):
    call("alone")
    queue.assert_sequence(["late", "alone"])
def test_three(queue, invokeasync):
    call("within")
    invokeasync.assert_sequence(["within"])
    assert len(queue.events) == 2
"""
    )

    result.assert_outcomes(passed=3)


def test_the_fixture_is_of_the_function_and_says_so(run_pytest):
    result = run_pytest(
        """
@pytest.fixture(scope="module")
def queue(invokeasync):
    pass
def test_one(queue):
    pass
"""
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ScopeMismatch: You tried to access the function scoped fixture*"])


# Ways of asking for the fixture.


def test_getfixturevalue_gives_the_mock(request):
    invokeasync = request.getfixturevalue("invokeasync")

    client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    assert isinstance(invokeasync, InvokeAsyncMock)
    invokeasync.assert_queued_once("orders")
    assert request.getfixturevalue("invokeasync") is invokeasync


def test_what_getfixturevalue_gave_is_checked_at_teardown(run_pytest):
    result = run_pytest(
        """
def test_one(request):
    request.getfixturevalue("invokeasync").add_error("ServiceException")
"""
    )

    result.assert_outcomes(passed=1, errors=1)


def test_a_fixture_may_call_while_it_is_torn_down(run_pytest):
    result = run_pytest(
        """
@pytest.fixture
def shop(invokeasync):
    yield
    call("goodbye")
    invokeasync.assert_queued_once("goodbye")
def test_one(shop, invokeasync):
    invokeasync.add_error("ServiceException", function="goodbye", attempts=1)
"""
    )

    result.assert_outcomes(passed=1)


# Other kinds of items.


def test_doctests_run_beside_it(pytester, run_pytest):
    pytester.path.joinpath("shop.py").write_text(
        '''"""
>>> 1 + 1
2
>>> getfixture("invokeasync").invocations
[]
"""'''
    )

    result = run_pytest("def test_one(invokeasync):\n    call()\n", "--doctest-modules")

    result.assert_outcomes(passed=2)


def test_a_failing_doctest_shows_what_was_recorded(pytester, run_pytest):
    pytester.path.joinpath("shop.py").write_text(
        '''"""
>>> mock = getfixture("invokeasync")
>>> 1 + 1
3
"""'''
    )

    result = run_pytest("", "--doctest-modules")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- invokeasync -*", "recorded: no invocation at all"])


@pytest.mark.parametrize("guard", ["true", "false"])
def test_items_that_are_no_functions_run_beside_it(pytester, run_pytest, guard):
    pytester.makeini(f"[pytest]\ninvokeasync_guard = {guard}")
    pytester.makeconftest(
        """
        import pytest

        class File(pytest.File):
            def collect(self):
                yield Item.from_parent(self, name="passes")
                yield Item.from_parent(self, name="fails")

        class Item(pytest.Item):
            def runtest(self):
                assert self.name == "passes"

        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".txt":
                return File.from_parent(parent, path=file_path)
        """
    )
    pytester.path.joinpath("orders.txt").write_text("")

    result = run_pytest("def test_one(invokeasync):\n    call()\n")

    result.assert_outcomes(passed=2, failed=1)


# Ways of starting pytest.


@pytest.mark.once
def test_in_workers_of_xdist_and_in_random_order_each_test_has_its_own(run_pytest_with):
    result = run_pytest_with(
        "xdist randomly",
        """
@pytest.mark.parametrize("number", range(20))
def test_one(invokeasync, number):
    call(f"orders-{number}")
    invokeasync.assert_sequence([f"orders-{number}"])
""",
        *("-n", "2"),
    )

    result.assert_outcomes(passed=20)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--strict-markers", "--strict-config"],
        ["-p", "no:terminal"],
        ["-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"],
        ["-p", "no:unittest", "-p", "no:doctest"],
        ["--assert=plain"],
        ["--import-mode=importlib"],
        ["--setup-show"],
        ["-W", "error"],
        ["-x", "--lf"],
    ],
    ids=" ".join,
)
def test_it_runs_with(run_pytest, arguments):
    result = run_pytest(
        """
@pytest.mark.invokeasync(account="210987654321")
def test_one(invokeasync):
    call()
    assert invokeasync.assert_queued_once("orders").account == "210987654321"
""",
        *arguments,
    )

    assert result.ret == pytest.ExitCode.OK


def test_collecting_alone_starts_no_mock(run_pytest):
    result = run_pytest("def test_one(invokeasync):\n    call()\n", "--collect-only", "-q")

    assert result.ret == pytest.ExitCode.OK
    assert "test_it.py::test_one" in result.outlines


def test_the_fixtures_are_listed_with_what_a_test_gets(run_pytest):
    result = run_pytest("", "--fixtures")

    told = {
        line.partition(" -- ")[0]: described.strip()
        for line, described in itertools.pairwise(result.outlines)
        if line.startswith("invokeasync")
    }
    assert told == {
        "invokeasync": "Answers, records and fails asynchronous invocations of Lambda: an "
        "``InvokeAsyncMock``.",
        "invokeasync_server": "A running ``InvokeAsyncServer``: the mock of ``invokeasync`` for "
        "other processes.",
        "invokeasync_error": "What every call fails with, an ``ErrorSpec`` or ``Fault``: the test "
        "runs once for each.",
    }


def test_switched_off_there_is_no_fixture(pytester, monkeypatch):
    # Installed, it is loaded with all others; and what is named there is loaded all the same.
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    monkeypatch.delenv("PYTEST_ADDOPTS")
    pytester.path.joinpath("test_it.py").write_text(
        "def test_one(invokeasync): pass\ndef test_two(): pass\n"
    )

    result = pytester.runpytest_inprocess("-p", "no:invokeasync", "-p", "no:randomly")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E*fixture 'invokeasync' not found"])
