"""A call that is cancelled, wherever it stands, leaves a mock that goes on."""

from __future__ import annotations

import asyncio

import pytest

from pytest_invokeasync import InvokeAsyncMock

pytest.importorskip("aiobotocore")
anyio = pytest.importorskip("anyio")

pytestmark = pytest.mark.anyio
STANDARD = {"retries": {"mode": "standard"}}
LEGACY = {"retries": {"mode": "legacy"}}
real_waits = pytest.mark.invokeasync(backoff="real")


def invoke(client, name="orders"):
    return client.invoke_async(FunctionName=name, InvokeArgs=b"{}")


@pytest.fixture
def cancelled(library):
    """The name of the exception."""
    return "Cancelled" if library == "httpx-trio" else "CancelledError"


@pytest.fixture
def waits(monkeypatch):
    """A function that says how long the legacy mode waits: it throws dice."""
    return lambda seconds: monkeypatch.setattr("random.random", lambda: seconds)


def ends(invocation):
    return [attempt.fault or attempt.error or attempt.status for attempt in invocation.attempts]


async def begun(mock):
    """When there is an attempt."""
    with anyio.fail_after(10):
        while not mock.invocations:
            await anyio.sleep(0)


async def assert_sound(invokeasync, client):
    """The next call meets what it would have met anyway."""
    invokeasync.add_error("ServiceException", attempts=1, function="next")

    await invoke(client, "next")

    assert ends(invokeasync.get_invocation(function="next")) == ["ServiceException", 202]
    invokeasync.assert_queued_once("next")


async def test_in_the_middle_of_an_attempt(invokeasync, make_client, cancelled):
    scope = anyio.CancelScope()
    rule = invokeasync.add_callback(lambda invocation: scope.cancel(), times=1)

    async with make_client() as client:
        with scope:
            await invoke(client)

        [invocation] = invokeasync.invocations
        assert (ends(invocation), invocation.status) == ([cancelled], None)
        assert rule.used == 1
        invokeasync.assert_not_queued()
        await assert_sound(invokeasync, client)


async def test_before_the_next_attempt(invokeasync, make_client, cancelled):
    scope = anyio.CancelScope()
    outcomes = iter(["ServiceException", "ServiceException", None])

    def decide(invocation):
        outcome = next(outcomes)
        if outcome is None:
            scope.cancel()
        return outcome

    invokeasync.add_callback(decide, times=1)

    async with make_client(config=STANDARD) as client:
        with scope:
            await invoke(client)

        [invocation] = invokeasync.invocations
        assert ends(invocation) == ["ServiceException", "ServiceException", cancelled]
        await assert_sound(invokeasync, client)


@real_waits
async def test_in_the_middle_of_a_wait(invokeasync, make_client, waits):
    waits(1.0)
    invokeasync.add_error("ServiceException", function="orders")

    async with make_client(config=LEGACY) as client:
        with anyio.move_on_after(0.1) as scope:
            await invoke(client)

        assert scope.cancel_called
        assert ends(invokeasync.get_invocation()) == ["ServiceException"]
        waits(0.0)
        await assert_sound(invokeasync, client)


@real_waits
async def test_by_a_timeout_of_asyncio(invokeasync, make_client, waits, anyio_backend):
    if anyio_backend == "trio":
        pytest.skip("asyncio alone has wait_for")
    waits(1.0)
    invokeasync.add_error("ServiceException", function="orders")

    async with make_client(config=LEGACY) as client:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(invoke(client), 0.1)

        assert ends(invokeasync.get_invocation()) == ["ServiceException"]
        waits(0.0)
        await assert_sound(invokeasync, client)


async def test_by_cancelling_a_task_of_asyncio(invokeasync, make_client, anyio_backend):
    if anyio_backend == "trio":
        pytest.skip("asyncio alone has tasks of this kind")
    async with make_client() as client:
        task = asyncio.create_task(invoke(client))
        await begun(invokeasync)
        assert ends(invokeasync.get_invocation()) == [None]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert ends(invokeasync.get_invocation()) == ["CancelledError"]
        await assert_sound(invokeasync, client)


async def test_of_many_calls_each_is_answered_or_cancelled(invokeasync, make_client, cancelled):
    async def call(client, number):
        with anyio.CancelScope() as scope:
            if number % 3 == 0:
                invokeasync.add_callback(
                    lambda invocation: scope.cancel(), times=1, function=f"f{number}"
                )
            await invoke(client, f"f{number}")

    async with make_client() as client:
        async with anyio.create_task_group() as tasks:
            for number in range(30):
                tasks.start_soon(call, client, number)

        for number in range(30):
            [end] = ends(invokeasync.get_invocation(function=f"f{number}"))
            assert end == (202 if number % 3 else cancelled)
        await assert_sound(invokeasync, client)


async def test_a_call_that_outlives_its_mock_still_gets_its_answer(make_client):
    answers = []

    async def call(client):
        answers.append((await invoke(client))["Status"])

    async with make_client() as client, anyio.create_task_group() as tasks:
        with InvokeAsyncMock() as mock:
            tasks.start_soon(call, client)
            await begun(mock)

    assert answers == [202]
