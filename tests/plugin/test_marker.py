"""@pytest.mark.invokeasync: where it may stand, and what is said where it is wrong."""

from __future__ import annotations

import functools

import pytest

ALLOWED = (
    "assert_all_used, unknown_functions, contract, account, payload_limit, backoff, credentials, "
    "invoke_event, deprecated_calls, other_lambda_calls, schema_violations, function_failures, "
    "signatures"
)
MISTAKES = [
    pytest.param(
        'acount="210987654321"',
        f"unknown option 'acount'; did you mean 'account'? Allowed: {ALLOWED}.",
        id="option",
    ),
    pytest.param(
        'unknown_functions="rejct"',
        "unknown value of the option unknown_functions: 'rejct'; did you mean 'reject'? "
        "Allowed: accept, reject.",
        id="choice",
    ),
    pytest.param(
        "assert_all_used=1", "the option assert_all_used is True or False, not 1", id="type"
    ),
    pytest.param('"orders"', "takes options as keywords, not 'orders'", id="positional"),
]


@pytest.fixture
def run_pytest(pytester, monkeypatch):
    """Runs pytest in this process, with this plugin and no other."""
    return functools.partial(pytester.runpytest_inprocess, "-p", "invokeasync")


# Mistakes.


@pytest.mark.parametrize(("arguments", "mistake"), MISTAKES)
def test_a_mistake_fails_collection(pytester, run_pytest, arguments, mistake):
    pytester.makepyfile(
        test_it=f"""
        import pytest

        @pytest.mark.invokeasync({arguments})
        def test_one(invokeasync):
            pass
        """
    )

    result = run_pytest()

    [report] = result.reprec.getfailures()
    assert report.longreprtext == f"test_it.py::test_one: @pytest.mark.invokeasync: {mistake}"
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_a_mistake_in_a_module_names_a_test_that_it_is_about(pytester, run_pytest):
    pytester.makepyfile(
        test_it="""
        import pytest

        pytestmark = pytest.mark.invokeasync("orders")

        def test_one(invokeasync):
            pass
        """
    )

    [report] = run_pytest().reprec.getfailures()

    assert report.longreprtext == (
        "test_it.py::test_one: @pytest.mark.invokeasync: takes options as keywords, not 'orders'"
    )


def test_a_mistake_in_a_parameters_mark_fails_that_parameter(pytester, run_pytest):
    pytester.makepyfile(
        test_it="""
        import pytest

        wrong = pytest.param(2, marks=pytest.mark.invokeasync("orders"))

        @pytest.mark.parametrize("number", [1, wrong])
        def test_one(invokeasync, number):
            pass
        """
    )

    result = run_pytest()

    result.assert_outcomes(passed=1, errors=1)
    [report] = result.reprec.getfailures()
    assert report.longreprtext == (
        "test_it.py::test_one[2]: @pytest.mark.invokeasync: takes options as keywords, not 'orders'"
    )


@pytest.mark.parametrize(("arguments", "mistake"), MISTAKES)
def test_a_mistake_fails_a_method_of_a_testcase(pytester, run_pytest, arguments, mistake):
    pytester.makepyfile(
        test_it=f"""
        import unittest, pytest

        @pytest.mark.usefixtures("invokeasync")
        class TestShop(unittest.TestCase):
            @pytest.mark.invokeasync({arguments})
            def test_one(self):
                raise AssertionError("not to be reached")
        """
    )

    result = run_pytest()

    result.assert_outcomes(errors=1)
    [report] = result.reprec.getfailures()
    assert report.longreprtext == (
        f"test_it.py::TestShop::test_one: @pytest.mark.invokeasync: {mistake}"
    )


# A test that does not ask for the fixture.


def test_on_a_function_that_does_not_ask_it_is_a_mistake(pytester, run_pytest):
    pytester.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.invokeasync(unknown_functions="reject")
        def test_one():
            pass
        """
    )

    result = run_pytest()

    [report] = result.reprec.getfailures()
    assert report.longreprtext == (
        "test_it.py::test_one: @pytest.mark.invokeasync: has no effect: "
        "the test does not use invokeasync"
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_where_a_fixture_might_have_asked_it_is_a_mistake_once_none_did(pytester, run_pytest):
    pytester.makepyfile(
        test_it="""
        import pytest

        @pytest.fixture(autouse=True)
        def might_ask(request):
            pass

        @pytest.mark.invokeasync(unknown_functions="reject")
        def test_one():
            pass
        """
    )

    result = run_pytest()

    result.assert_outcomes(failed=1)
    [report] = result.reprec.getfailures()
    assert report.longreprtext == (
        "test_it.py::test_one: @pytest.mark.invokeasync: has no effect: "
        "the test does not use invokeasync"
    )


def test_on_a_method_of_a_testcase_that_does_not_ask_it_is_a_mistake(pytester, run_pytest):
    pytester.makepyfile(
        test_it="""
        import unittest, pytest

        class TestShop(unittest.TestCase):
            @pytest.mark.invokeasync(unknown_functions="reject")
            def test_one(self):
                pass
        """
    )

    result = run_pytest()

    result.assert_outcomes(failed=1)
    [report] = result.reprec.getfailures()
    assert report.longreprtext == (
        "test_it.py::TestShop::test_one: @pytest.mark.invokeasync: has no effect: "
        "the test does not use invokeasync"
    )


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("pytestmark = MARK\n", id="module"),
        pytest.param("@MARK\nclass TestShop:\n    def test_three(self): pass\n", id="class"),
        pytest.param(
            "@MARK\nclass TestShop(unittest.TestCase):\n    def test_three(self): pass\n",
            id="TestCase",
        ),
    ],
)
def test_on_a_group_it_may_be_meant_for_some_of_the_tests(pytester, run_pytest, source):
    pytester.makepyfile(
        "import unittest, pytest\n"
        "MARK = pytest.mark.invokeasync(unknown_functions='reject')\n"
        f"{source}\n"
        "def test_one(invokeasync): pass\n"
        "def test_two(): pass\n"
    )

    result = run_pytest()

    assert result.ret == pytest.ExitCode.OK


# Ways of asking.

INDIRECTLY = {
    "a fixture": """
        @pytest.fixture
        def queue(invokeasync):
            return invokeasync

        @MARK
        def test_one(queue):
            assert account_of_a_call() == "210987654321"
        """,
    "an autouse fixture": """
        @pytest.fixture(autouse=True)
        def queue(invokeasync):
            pass

        @MARK
        def test_one():
            assert account_of_a_call() == "210987654321"
        """,
    "usefixtures": """
        @MARK
        @pytest.mark.usefixtures("invokeasync")
        def test_one():
            assert account_of_a_call() == "210987654321"
        """,
    "getfixturevalue": """
        @MARK
        def test_one(request):
            request.getfixturevalue("invokeasync")
            assert account_of_a_call() == "210987654321"
        """,
    "a fixture that looks for the marker": """
        @pytest.fixture(autouse=True)
        def activate(request):
            if request.node.get_closest_marker("invokeasync"):
                request.getfixturevalue("invokeasync")

        @MARK
        def test_one():
            assert account_of_a_call() == "210987654321"
        """,
    "a fixture of the same name": """
        @pytest.fixture
        def invokeasync(invokeasync):
            return invokeasync

        @MARK
        def test_one(invokeasync):
            assert account_of_a_call() == "210987654321"
        """,
    "a TestCase with usefixtures": """
        @pytest.mark.usefixtures("invokeasync")
        class TestShop(unittest.TestCase):
            @MARK
            def test_one(self):
                assert account_of_a_call() == "210987654321"
        """,
    "a TestCase with an autouse fixture": """
        class TestShop(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def queue(self, invokeasync):
                self.queue = invokeasync

            @MARK
            def test_one(self):
                assert account_of_a_call() == "210987654321"
                assert self.queue.invocations[0].account == "210987654321"
        """,
    "a TestCase that is marked": """
        @MARK
        @pytest.mark.usefixtures("invokeasync")
        class TestShop(unittest.TestCase):
            def test_one(self):
                assert account_of_a_call() == "210987654321"
        """,
}


@pytest.mark.parametrize("source", INDIRECTLY.values(), ids=INDIRECTLY)
def test_it_reaches_the_fixture_through(pytester, run_pytest, source):
    preamble = """
        import unittest, boto3, pytest

        MARK = pytest.mark.invokeasync(account="210987654321", unknown_functions="reject")

        def account_of_a_call():
            client = boto3.client("lambda")
            try:
                client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
            except client.exceptions.ResourceNotFoundException as error:
                return error.response["Message"].split(":")[5]
        """
    pytester.makepyfile(preamble + source)

    result = run_pytest()

    result.assert_outcomes(passed=1)


# Being known to pytest.


def test_strict_markers_know_it(pytester, run_pytest):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.invokeasync(assert_all_used=False)
        def test_one(invokeasync):
            pass
        """
    )

    result = run_pytest("--strict-markers")

    result.assert_outcomes(passed=1)


def test_pytest_markers_lists_them(run_pytest):
    result = run_pytest("--markers")

    assert {
        "@pytest.mark.invokeasync(**options): how the invokeasync fixture behaves in this test; "
        f"options: {ALLOWED}",
        "@pytest.mark.invokeasync_errors(*which, **how): the errors that invokeasync_error runs "
        "over, and keywords of add_error (for faults, of add_fault) for each",
    } <= set(result.outlines)
