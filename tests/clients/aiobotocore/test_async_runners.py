"""Async tests under each runner of theirs: the fixtures are what they are in other tests."""

from __future__ import annotations

import pytest

# Here, since else each run below would import it anew.
pytest.importorskip("aiobotocore.session")

PREAMBLE = """
import contextlib
import pytest
from aiobotocore.session import get_session
from botocore.exceptions import ClientError
from pytest_invokeasync import InvokeAsyncMock, faults

session = get_session()

async def invoke(name="orders"):
    async with session.create_client("lambda", "us-east-1") as client:
        return await client.invoke_async(FunctionName=name, InvokeArgs=b'{"id": 42}')
"""

TESTS = """
{mark}
async def test_a_call(invokeasync):
    assert (await invoke())["Status"] == 202
    invokeasync.assert_queued_once("orders", payload={{"id": 42}})

{mark}
async def test_every_error(invokeasync, invokeasync_error):
    with pytest.raises(ClientError, match=invokeasync_error.code):
        await invoke()

{mark}
@pytest.mark.invokeasync_errors("ServiceException", faults.ReadTimeout, attempts=1)
async def test_every_error_once(invokeasync, invokeasync_error):
    await invoke()

{mark}
@pytest.mark.invokeasync(unknown_functions="reject")
async def test_an_option(invokeasync):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        await invoke()

{mark}
async def test_a_sweep(invokeasync):
    for outcome in invokeasync.sweep("ServiceException"):
        with contextlib.suppress(ClientError):
            await invoke()

{mark}
async def test_a_fixture_of_ones_own(queue):
    await invoke("module")
    queue.assert_queued("module")

{mark}
async def test_that_fails(invokeasync):
    await invoke()
    invokeasync.assert_not_queued()

{mark}
async def test_that_leaves_a_rule(invokeasync):
    invokeasync.add_error("ServiceException")
"""
EXPECTED = {"passed": 12, "failed": 1, "errors": 1}


@pytest.fixture
def run(pytester, monkeypatch):
    """A function that runs tests with this plugin and that of a runner, and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(tests, *arguments, run_pytest=pytester.runpytest_inprocess):
        pytester.makepyfile(PREAMBLE + tests)
        return run_pytest("-p", "invokeasync", *arguments)

    return run


def assert_as_expected(result):
    result.assert_outcomes(**EXPECTED)
    result.stdout.fnmatch_lines_random(
        [
            "E *AssertionError: assert_not_queued(): found 1 event",
            "unanswered rule: add_error('ServiceException') *",
            "E *  1. orders {'id': 42} -> 202 accepted (test_*.py:*)",
        ]
    )


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_asyncio(run, pytester, mode):
    pytest.importorskip("pytest_asyncio")
    fixture, mark = "pytest_asyncio.fixture", "@pytest.mark.asyncio"
    if mode == "auto":
        fixture, mark = "pytest.fixture", ""

    result = run(
        f"""
import pytest_asyncio

@{fixture}
async def queue():
    with InvokeAsyncMock() as mock:
        yield mock
"""
        + TESTS.format(mark=mark),
        *("-p", "asyncio", "--asyncio-mode", mode),
        # It is active in this process too, perhaps, and leaves event loops behind.
        run_pytest=pytester.runpytest_subprocess,
    )

    assert_as_expected(result)


def test_anyio(run):
    pytest.importorskip("anyio")
    result = run(
        """
@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"

@pytest.fixture(scope="module")
async def queue(anyio_backend):
    with InvokeAsyncMock() as mock:
        yield mock
"""
        + TESTS.format(mark="@pytest.mark.anyio"),
        *("-p", "anyio"),
    )

    assert_as_expected(result)


def test_unittest(run):
    result = run(
        """
import unittest

class Tests(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def use(self, invokeasync):
        self.queue = invokeasync

    async def test_a_fixture(self):
        await invoke()
        self.queue.assert_queued_once("orders")

    async def test_a_context_manager(self):
        with InvokeAsyncMock() as inner:
            await invoke()
        inner.assert_queued_once("orders")
        self.queue.assert_not_queued()
"""
    )

    result.assert_outcomes(passed=2)


def test_a_client_of_a_fixture_that_lives_longer(run):
    pytest.importorskip("anyio")
    result = run(
        """
@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"

@pytest.fixture(scope="module")
async def client(anyio_backend):
    async with session.create_client("lambda", "us-east-1") as client:
        yield client

@pytest.mark.anyio
@pytest.mark.parametrize("number", [1, 2])
async def test_it(client, invokeasync, number):
    await client.invoke_async(FunctionName="orders", InvokeArgs=str(number))
    invokeasync.assert_queued_once("orders", payload=number)
""",
        *("-p", "anyio"),
    )

    result.assert_outcomes(passed=2)
