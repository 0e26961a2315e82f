"""The life of an event in a test that is a coroutine, with aiobotocore's clients."""

from __future__ import annotations

import asyncio

import pytest

from pytest_invokeasync import runs

pytestmark = pytest.mark.anyio


async def test_what_an_async_client_queues_is_run(invokeasync, make_client):
    async def work(event):
        await asyncio.sleep(0)
        return event["id"]

    invokeasync.register_function("orders", handler=lambda event, _: asyncio.run(work(event)))
    invokeasync.add_run(runs.TimedOut)
    async with make_client() as client:
        await client.invoke(FunctionName="orders", InvocationType="Event", Payload=b'{"id": 42}')
        await client.invoke_async(FunctionName="orders", InvokeArgs=b'{"id": 43}')

    assert await invokeasync.run_due_async() == [invokeasync.events[1]]
    assert await invokeasync.advance_async(minutes=2) == [invokeasync.events[0]]
    assert await invokeasync.run_until_idle_async() == []

    results = [event.runs[-1].result for event in invokeasync.assert_succeeded("orders", times=2)]
    assert results == [42, 43]
    assert len(await invokeasync.wait_until_queued_async("orders", count=2)) == 2


async def test_the_plain_forms_say_what_to_await(invokeasync, make_client, library):
    loop = "trio" if library == "httpx-trio" else "asyncio"

    with pytest.raises(RuntimeError, match=f"running {loop} loop.*await run_due_async"):
        invokeasync.run_due()


def test_where_no_loop_runs_the_plain_forms_do(invokeasync, library):
    pytest.importorskip("trio")

    assert invokeasync.run_until_idle() == []
