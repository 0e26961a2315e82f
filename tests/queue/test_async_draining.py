"""The async forms: functions run in a worker thread, and the loop goes on."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest
from consumers import Calls, invoke, outcomes

from pytest_invokeasync import FunctionFailed, runs


def test_functions_run_in_a_worker_thread(invokeasync):
    threads = []
    invokeasync.register_function(
        "orders", handler=lambda *_: threads.append(threading.current_thread())
    )
    invoke()

    (event,) = asyncio.run(invokeasync.run_until_idle_async())

    assert event.outcome == "Success"
    assert threads[0] is not threading.main_thread()


def test_the_loop_goes_on_meanwhile(invokeasync):
    begun, ended = threading.Event(), threading.Event()

    def handler(event, context):
        begun.set()
        assert ended.wait(30)

    async def test():
        drain = asyncio.create_task(invokeasync.run_until_idle_async())
        await asyncio.to_thread(begun.wait, 30)
        ended.set()
        return await drain

    invokeasync.register_function("orders", handler=handler)
    invoke()

    assert [event.outcome for event in asyncio.run(test())] == ["Success"]


def test_a_handler_may_run_a_loop_of_its_own(invokeasync):
    async def work(event):
        await asyncio.sleep(0)
        return event

    invokeasync.register_function("orders", handler=lambda event, _: asyncio.run(work(event)))
    invoke(42)

    (event,) = asyncio.run(invokeasync.run_until_idle_async())

    assert event.runs[0].result == 42


def test_due_and_advance(invokeasync):
    async def test():
        first = await invokeasync.run_due_async()
        second = await invokeasync.advance_async(59)
        third = await invokeasync.advance_async(1, minutes=1, hours=1)
        return first, second, third

    invokeasync.register_function("orders", handler=Calls(ValueError))
    invoke()
    before = invokeasync.now

    assert asyncio.run(test()) == ([], [], invokeasync.events)
    assert (invokeasync.now - before).total_seconds() == 59 + 1 + 60 + 3_600


def test_a_failure_is_loud(mock):
    mock.register_function("orders", handler=Calls(*[ValueError("no")] * 3))
    invoke()

    with pytest.raises(FunctionFailed, match=r"^run_until_idle_async\(\): 1 event") as raised:
        asyncio.run(mock.run_until_idle_async())

    assert isinstance(raised.value.__cause__, ValueError)


def test_what_is_not_the_functions_leaves_at_once(invokeasync):
    invokeasync.register_function("orders", handler=Calls(pytest.fail.Exception("stop")))
    invoke()

    with pytest.raises(pytest.fail.Exception, match="stop"):
        asyncio.run(invokeasync.run_until_idle_async())

    assert invokeasync.events[0].runs == ()


@pytest.mark.parametrize("drain", ["run_until_idle", "run_due", "advance"])
def test_the_plain_ones_on_a_running_loop_say_so(invokeasync, drain):
    async def test():
        getattr(invokeasync, drain)()

    with pytest.raises(RuntimeError) as raised:
        asyncio.run(test())

    assert str(raised.value) == (
        f"{drain}() was called on a running asyncio loop, which it would block: "
        f"await {drain}_async()"
    )


def test_without_a_library_of_loops_none_is_running(invokeasync, monkeypatch):
    monkeypatch.delitem(sys.modules, "asyncio")
    monkeypatch.delitem(sys.modules, "trio", raising=False)
    invokeasync.register_function("orders", handler=Calls())
    invoke()

    assert len(invokeasync.run_until_idle()) == 1


def test_a_drain_inside_of_a_drain_is_told(mock):
    def handler(event, context):
        with pytest.raises(RuntimeError, match="called by a function that runs"):
            mock.run_until_idle()

    mock.register_function("orders", handler=handler)
    invoke()

    asyncio.run(mock.run_until_idle_async())

    assert len(mock.find_problems()) == 1


def test_what_the_test_queues_meanwhile_belongs_to_no_chain(invokeasync):
    begun, queued = threading.Semaphore(0), threading.Semaphore(0)

    def handler(event, context):
        begun.release()
        assert queued.acquire(timeout=30)

    async def test():
        drain = asyncio.create_task(invokeasync.run_until_idle_async())
        for number in range(1, 21):
            await asyncio.to_thread(begun.acquire, timeout=30)
            if number < 20:
                invoke(number)
            queued.release()
        return await drain

    invokeasync.register_function("orders", handler=handler)
    invoke(0)

    # More than the 16 visits that a chain may make.
    assert len(asyncio.run(test())) == 20


def test_cancelled_it_waits_for_the_run_that_goes_on_and_ends_with_it(invokeasync):
    begun, go_on = threading.Event(), threading.Event()

    def handler(event, context):
        ran.append(event)
        begun.set()
        assert go_on.wait(30)

    async def test():
        drain = asyncio.create_task(invokeasync.advance_async(minutes=1))
        await asyncio.to_thread(begun.wait, 30)
        drain.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await drain

    ran = []
    invokeasync.register_function("orders", handler=handler)
    invoke(1)
    invoke(2)
    start = invokeasync.now

    asyncio.run(test())

    assert ran == [1]
    assert invokeasync.now == start
    assert outcomes(invokeasync.events[0]) == ["succeeded"]
    invokeasync.run_until_idle()
    assert ran == [1, 2]


def test_cancelled_a_failure_is_told_at_the_end_of_the_test(mock):
    begun, go_on = threading.Event(), threading.Event()

    def handler(event, context):
        begun.set()
        assert go_on.wait(30)
        raise ValueError

    async def test():
        drain = asyncio.create_task(mock.run_until_idle_async())
        await asyncio.to_thread(begun.wait, 30)
        drain.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await drain

    mock.register_function("orders", handler=handler, maximum_retry_attempts=0)
    invoke()

    asyncio.run(test())

    assert mock.find_problems()[0].startswith("a function failed: orders")


class TestWaiting:
    def test_for_what_other_threads_queue(self, invokeasync):
        async def test():
            timer = threading.Timer(0.01, invoke, [42])
            timer.start()
            events = await invokeasync.wait_until_queued_async("orders", timeout=30, payload=42)
            timer.join()
            return events

        assert asyncio.run(test()) == invokeasync.events

    def test_cancelled_it_ends_at_once(self, invokeasync):
        async def test():
            waits = asyncio.create_task(invokeasync.wait_until_queued_async(timeout=3_000))
            await asyncio.sleep(0)
            waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waits

        asyncio.run(test())

    def test_it_fails_as_the_plain_one_does(self, mock):
        with pytest.raises(AssertionError) as raised:
            asyncio.run(mock.wait_until_queued_async("orders", count=2, timeout=0))

        assert str(raised.value).startswith(
            "wait_until_queued_async('orders', count=2, timeout=0): found no event of 'orders'"
        )

    @pytest.mark.parametrize("how", [{"count": 0}, {"timeout": -1}])
    def test_wrong_values_are_told_at_once(self, mock, how):
        with pytest.raises(ValueError, match=r"is [01]"):
            asyncio.run(mock.wait_until_queued_async("orders", **how))


def test_rules_of_runs_hold_there_too(invokeasync):
    invokeasync.register_function("orders", handler=Calls())
    invokeasync.add_run(runs.TimedOut)
    invoke()

    (event,) = asyncio.run(invokeasync.run_until_idle_async())

    assert outcomes(event) == ["timed out", "succeeded"]
