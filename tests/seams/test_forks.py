"""A child that was forked while other threads were in calls: it never hangs, and is answered."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import warnings

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall, locks
from pytest_invokeasync.clients import activation
from pytest_invokeasync.options import build
from pytest_invokeasync.seams.interception import Guard

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system knows no fork")
client = boto3.client("lambda")


def invoke():
    return client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")["Status"]


def in_child(work):
    """Whether the work is done in a forked child, in good time."""
    with warnings.catch_warnings():
        # That of newer Pythons, which is what this is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(3)
    for _ in range(1000):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


@pytest.fixture
def held():
    """A function that has a lock held by another thread until the test is over."""
    release = threading.Event()
    threads = []

    def hold(lock):
        taken = threading.Event()

        def run():
            with lock:
                taken.set()
                release.wait(30)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        assert taken.wait(10)

    yield hold
    release.set()
    for thread in threads:
        thread.join()


def check_all(mock):
    mock.add_error("ServiceException", attempts=1)
    assert invoke() == 202
    assert len(mock.assert_queued("orders")[0].invocation.attempts) == 2
    mock.reset()
    with InvokeAsyncMock() as inner:
        assert invoke() == 202
    assert len(inner.events) == 1


@pytest.mark.parametrize(
    "lock_of",
    [
        lambda mock: mock._service.state.recording._lock,
        lambda mock: mock._service.state.rules._lock,
        lambda mock: activation._lock,
    ],
    ids=["recording", "rules", "activation"],
)
def test_a_lock_that_another_thread_holds_is_free_in_the_child(mock, held, lock_of):
    held(lock_of(mock))

    assert in_child(lambda: check_all(mock))


def test_a_child_forked_from_within_a_callback_is_answered(mock):
    done = []
    mock.add_callback(lambda _: done.append(in_child(invoke_another)) if not done else None)

    def invoke_another():
        done.append(True)
        assert invoke() == 202

    assert invoke() == 202
    assert done == [True]


def test_the_parent_goes_on_as_before(mock, held):
    assert in_child(lambda: check_all(mock))

    assert invoke() == 202
    assert len(mock.invocations) == 1


def test_a_child_forked_in_the_middle_of_a_sweep_goes_on_with_its_mock(mock):
    def invoke_and_see_that_it_fails():
        with pytest.raises(ConnectionClosedError):
            invoke()
        assert len(mock.get_invocation().attempts) > 1

    done = []
    for _ in mock.sweep("ConnectionClosed"):
        if not done:
            done.append(in_child(invoke_and_see_that_it_fails))
        with contextlib.suppress(ConnectionClosedError):
            invoke()

    assert done == [True]


def test_one_forked_by_a_function_that_runs_is_answered(mock):
    done = []
    mock.register_function(
        "orders",
        handler=lambda event, context: done.append(in_child(lambda: invoke() == 202 or 1 / 0)),
    )
    invoke()
    mock.run_until_idle()

    assert done == [True]


def test_one_forked_while_the_guard_is_on_is_refused():
    guard = Guard(build({}))
    activation.set_guard(guard)

    def refused():
        with pytest.raises(UnmockedLambdaCall):
            invoke()
        with InvokeAsyncMock():
            assert invoke() == 202

    try:
        assert in_child(refused)
    finally:
        activation.set_guard(None)
    assert guard.unmocked_calls == []


def test_a_lock_is_free_after_the_fork():
    """What a child does, in this process."""
    lock = locks.new_lock()
    lock.acquire()

    locks._renew()

    taken = []
    thread = threading.Thread(target=lambda: taken.append(lock.acquire(blocking=False)))
    thread.start()
    thread.join()
    assert taken == [True]
