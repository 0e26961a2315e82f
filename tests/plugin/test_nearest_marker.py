"""Several markers on the way to a test: the nearest wins, as the documentation says."""

from __future__ import annotations

import functools
import re

import pytest


@pytest.fixture
def accounts(pytester, monkeypatch):
    """Runs a module, and says which account each test's mock had.

    In it ``account(n)`` is a marker, and the fixture ``seen`` writes the account down.
    """
    run = functools.partial(pytester.runpytest_inprocess, "-p", "invokeasync", "-s")

    def accounts(source, conftest=""):
        pytester.makeconftest("import pytest\n" + PREAMBLE + conftest)
        pytester.path.joinpath("test_it.py").write_text(
            "import pytest\nfrom conftest import account\n" + source
        )
        result = run()
        result.assert_outcomes(passed=result.parseoutcomes()["passed"])
        return [int(account) for account in re.findall(r"account: (\d+)", result.stdout.str())]

    return accounts


PREAMBLE = """
import boto3

def account(number):
    return pytest.mark.invokeasync(account=f"{number:012}")

@pytest.fixture
def seen(invokeasync):
    client = boto3.client("lambda", "us-east-1")
    client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    print("account:", invokeasync.get_invocation().account)
"""


def test_a_class_comes_before_its_base_and_that_before_the_base_s_base(accounts):
    source = """
@account(1)
class Oldest:
    def test_it(self, seen): pass

@account(2)
class Older(Oldest): pass

class TestNone(Oldest): pass
class TestOlder(Older): pass
@account(3)
class TestOwn(Older): pass
class TestAttribute(Older):
    pytestmark = [account(4)]
"""
    assert accounts(source) == [1, 2, 3, 4]


def test_a_decorator_comes_before_its_class_and_the_lowest_before_those_above(accounts):
    source = """
pytestmark = account(1)
@account(2)
class TestIt:
    @account(4)
    @account(3)
    def test_two(self, seen): pass
    def test_none(self, seen): pass
def test_module(seen): pass
"""
    assert accounts(source) == [3, 2, 1]


def test_the_mark_of_a_parameter_comes_before_a_decorator(accounts):
    source = """
@account(1)
@pytest.mark.parametrize("n", [1, pytest.param(2, marks=account(2))])
def test_it(seen, n): pass
"""
    assert accounts(source) == [1, 2]


@pytest.mark.parametrize("append", [True, False])
def test_what_a_hook_adds_comes_before_all_else_and_the_last_before_the_first(accounts, append):
    source = """
@account(1)
@pytest.mark.parametrize("n", [1, pytest.param(2, marks=account(2))])
def test_it(seen, n): pass
@pytest.mark.parametrize("n", [pytest.param(2, marks=account(2))])
def test_parameter(seen, n): pass
"""
    conftest = f"""
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(account(5), append={append})
        item.add_marker(account(6), append={append})
"""
    assert accounts(source, conftest) == [6, 6, 6]


def test_the_errors_of_a_class_come_before_those_of_its_base(pytester):
    pytester.makepyfile(
        """
        import pytest
        errors = pytest.mark.invokeasync_errors

        @errors("ResourceNotFoundException", optional=True)
        class Base:
            def test_it(self, invokeasync_error): pass

        @errors("ServiceException", optional=True)
        class TestDerived(Base): pass
        class TestBase(Base): pass
        """
    )

    result = pytester.runpytest_inprocess("-p", "no:randomly", "-v")

    result.stdout.fnmatch_lines(
        ["*TestDerived::test_it?ServiceException?*", "*TestBase::test_it?ResourceNotFoundExc*"]
    )
    result.assert_outcomes(passed=2)
