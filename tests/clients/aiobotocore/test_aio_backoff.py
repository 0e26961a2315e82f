"""Retries are aiobotocore's own; the waits before them are skipped, for our requests alone."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from test_faults import listening, page

from pytest_invokeasync import InvokeAsyncMock, faults

pytest.importorskip("aiobotocore")
anyio = pytest.importorskip("anyio")

pytestmark = pytest.mark.anyio

in_every_mode = pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
# The SDK waits longest before it retries what was throttled: seconds in all, over ten attempts.
THROTTLED = "TooManyRequestsException"
SECONDS = 2


def retries(mode, attempts=10):
    return {"retries": {"mode": mode, "total_max_attempts": attempts}}


async def invoke(client):
    """Calls, and takes no notice of a failure."""
    with contextlib.suppress(ClientError, BotoCoreError):
        await client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")


@contextlib.contextmanager
def quicker_than(waits):
    """What runs in it takes less than these seconds, which are asked for at its end."""
    start = time.perf_counter()
    yield
    taken = time.perf_counter() - start
    assert taken < waits()


def skipped(mock):
    """Seconds that the SDK would have waited, in all."""
    attempts = [attempt for one in mock.invocations for attempt in one.attempts]
    return sum(attempt.backoff or 0 for attempt in attempts)


@pytest.fixture
def sleeps(monkeypatch):
    """What somebody asked to sleep; nobody does."""
    asked = []

    def without_sleep(sleep):
        async def short_sleep(seconds):
            if seconds:
                asked.append(seconds)
            await sleep(0)

        return short_sleep

    monkeypatch.setattr(anyio, "sleep", without_sleep(anyio.sleep))
    monkeypatch.setattr(asyncio, "sleep", without_sleep(asyncio.sleep))
    return asked


@in_every_mode
async def test_an_exhausted_retry_takes_no_time(invokeasync, make_client, mode):
    invokeasync.add_error(THROTTLED)

    async with make_client(config=retries(mode)) as client:
        with quicker_than(lambda: skipped(invokeasync)):
            await invoke(client)

    attempts = invokeasync.get_invocation().attempts
    assert len(attempts) == 10
    assert attempts[0].backoff is None
    assert skipped(invokeasync) > SECONDS


@in_every_mode
async def test_so_does_one_after_a_fault(invokeasync, make_client, sleeps, mode):
    invokeasync.add_fault(faults.ReadTimeout)

    async with make_client(config=retries(mode)) as client:
        await invoke(client)

    assert len(invokeasync.get_invocation().attempts) == 10
    assert sleeps == []


async def test_the_attempts_are_those_that_the_sdk_makes_by_default(invokeasync, make_client):
    invokeasync.add_error("ServiceException", times=None)
    for mode in ("legacy", "standard", "adaptive"):
        async with make_client(config={"retries": {"mode": mode}}) as client:
            await invoke(client)

    assert [len(each.attempts) for each in invokeasync.invocations] == [5, 3, 3]


@pytest.mark.invokeasync(backoff="real")
@in_every_mode
async def test_a_real_wait_is_as_long_as_it_says(invokeasync, make_client, sleeps, mode):
    invokeasync.add_error(THROTTLED)

    async with make_client(config=retries(mode)) as client:
        await invoke(client)

    attempts = invokeasync.get_invocation().attempts
    assert sleeps == [each.backoff for each in attempts[1:]]
    assert len(sleeps) == 9


async def test_a_wait_of_another_service_is_none_of_ours(invokeasync, make_client, sleeps):
    busy = page(faults.ServiceUnavailablePage)
    with listening(busy) as url:
        keys = {"aws_access_key_id": "fake", "aws_secret_access_key": "fake"}
        config = retries("standard", 3)
        async with make_client("s3", endpoint_url=url, config=config, **keys) as client:
            with pytest.raises(ClientError, match="503"):
                await client.list_buckets()

    assert len(sleeps) == 2


async def test_without_a_mock_nothing_is_skipped(make_client, sleeps):
    with InvokeAsyncMock() as mock:
        mock.add_callback(lambda invocation: (mock.stop(), THROTTLED)[1])
        async with make_client(
            config=retries("standard", 2), endpoint_url="http://127.0.0.1:9"
        ) as client:
            await invoke(client)

    assert len(sleeps) == 1


# What a client remembers of failures.


async def test_scripted_failures_do_not_use_up_the_retry_quota(invokeasync, make_client):
    invokeasync.add_error("ServiceException", times=None)

    async with make_client(config=retries("standard", 3)) as client:
        for _ in range(60):
            await invoke(client)

    assert {len(each.attempts) for each in invokeasync.invocations} == {3}


async def test_scripted_throttling_does_not_slow_an_adaptive_client_down(invokeasync, make_client):
    invokeasync.add_error(THROTTLED, times=20)

    async with make_client(config=retries("adaptive", 3)) as client:
        for _ in range(20):
            await invoke(client)
        with quicker_than(lambda: 3):
            for _ in range(5):
                await invoke(client)

    assert len(invokeasync.events) == 5


def test_the_retries_of_2026_take_no_time_either(pytester, monkeypatch):
    # botocore reads it when it is imported.
    monkeypatch.setenv("AWS_NEW_RETRIES_2026", "true")
    pytester.makepyfile(
        f"""
        import asyncio, time
        import pytest
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session

        @pytest.mark.parametrize("mode", ["standard", "adaptive"])
        def test_it(invokeasync, mode):
            async def invoke_20_times():
                config = AioConfig(retries={{"mode": mode, "total_max_attempts": 4}})
                async with get_session().create_client("lambda", config=config) as client:
                    start = time.perf_counter()
                    for _ in range(20):
                        with pytest.raises(client.exceptions.TooManyRequestsException):
                            await client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
                    return time.perf_counter() - start

            invokeasync.add_error("{THROTTLED}", times=20)

            taken = asyncio.run(invoke_20_times())

            skipped = 0
            for invocation in invokeasync.invocations:
                first, *others = [each.backoff for each in invocation.attempts]
                assert (first, len(others)) == (None, 3)
                skipped += sum(others)
            assert taken < skipped
        """
    )

    pytester.runpytest_subprocess(timeout=120).assert_outcomes(passed=2)
