"""freezegun and time-machine: what is signed and answered is of the test's time, waiting is not."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import threading
import time

import boto3
import pytest
from botocore.config import Config

from pytest_invokeasync import InvokeAsyncMock

freezegun = pytest.importorskip("freezegun")
time_machine = pytest.importorskip("time_machine")

YEAR_2012 = dt.datetime(2012, 1, 14, 3, 21, 34, tzinfo=dt.timezone.utc)
YEAR_2099 = dt.datetime(2099, 12, 31, 23, 59, 59, tzinfo=dt.timezone.utc)
SCOPE = {YEAR_2012: "/20120114/", YEAR_2099: "/20991231/"}
STOPPED = {
    "freezegun": freezegun.freeze_time,
    "time-machine": lambda when: time_machine.travel(when, tick=False),
}
client = boto3.client("lambda")

at = pytest.mark.parametrize("when", SCOPE, ids=lambda when: when.year)
by = pytest.mark.parametrize("stop", STOPPED.values(), ids=STOPPED)


def invoke(function="orders", *, via=client):
    return via.invoke_async(FunctionName=function, InvokeArgs=b'{"id": 42}')


def date_of(answer):
    """The header ``date`` of an answer."""
    return email.utils.parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


@pytest.fixture(params=["time first", "ours first"])
def in_both_orders(request):
    """Starts a mock and stops the time, in either order."""

    @contextlib.contextmanager
    def start(stopped):
        ours = InvokeAsyncMock()
        first, second = (ours, stopped) if request.param == "ours first" else (stopped, ours)
        with first, second:
            yield ours

    return start


@by
@at
def test_signature_and_answer_are_of_the_same_time(in_both_orders, stop, when):
    with in_both_orders(stop(when)) as mock:
        answer = invoke()

    assert date_of(answer) == when
    sent = mock.get_invocation().headers
    assert sent["X-Amz-Date"] == when.strftime("%Y%m%dT%H%M%SZ")
    mock.assert_queued_once("orders", payload={"id": 42})


@at
def test_the_credential_scope_is_of_that_day(when):
    scopes = []
    signed = boto3.client("lambda", aws_access_key_id="AKID", aws_secret_access_key="secret")
    signed.meta.events.register(
        "before-send.lambda.InvokeAsync",
        lambda request, **_: scopes.append(request.headers["Authorization"].decode()),
    )

    with freezegun.freeze_time(when), InvokeAsyncMock():
        invoke(via=signed)

    [authorization] = scopes
    assert f"{SCOPE[when]}us-east-1/lambda/aws4_request" in authorization


def test_a_fixture_of_time_machine_goes_with_the_fixture(time_machine, invokeasync):
    time_machine.move_to(YEAR_2012, tick=False)

    assert date_of(invoke()) == YEAR_2012


@freezegun.freeze_time(YEAR_2012)
def test_a_decorator_of_freezegun_goes_with_the_fixture(invokeasync):
    assert date_of(invoke()) == YEAR_2012


def test_the_time_may_be_moved_between_two_calls(invokeasync):
    with freezegun.freeze_time(YEAR_2012) as frozen:
        before = date_of(invoke())
        frozen.move_to(YEAR_2099)
        after = date_of(invoke())

    assert (before, after) == (YEAR_2012, YEAR_2099)
    assert abs(date_of(invoke()).timestamp() - time.time()) < 60


@by
@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_retries_are_counted_and_not_waited_for(invokeasync, stop, mode):
    retrying = boto3.client("lambda", config=Config(retries={"mode": mode}))
    invokeasync.add_error("TooManyRequestsException", attempts=2)

    with stop(YEAR_2012):
        assert invoke(via=retrying)["Status"] == 202

    attempts = invokeasync.get_invocation().attempts
    assert [attempt.status for attempt in attempts] == [429, 429, 202]
    assert all(attempt.backoff >= 0 for attempt in attempts[1:])


# wait_until_queued waits in real time.


class Caller(threading.Thread):
    """Calls 500 times, or until it is stopped."""

    def __init__(self, function, pause):
        super().__init__()
        self._function, self._pause = function, pause
        self._stopped = threading.Event()

    def run(self):
        for _ in range(500):
            if self._stopped.wait(self._pause):
                return
            invoke(self._function)

    def __exit__(self, *_):
        self._stopped.set()
        self.join()

    def __enter__(self):
        self.start()


@by
def test_what_another_thread_queues_is_waited_for(invokeasync, stop):
    with stop(YEAR_2012), Caller("orders", 0.05):
        events = invokeasync.wait_until_queued("orders", count=3, timeout=30)

    assert len(events) >= 3


@by
def test_a_wait_in_vain_ends_although_time_stands_still(invokeasync, stop):
    with stop(YEAR_2012), Caller("mail", 0.01), pytest.raises(AssertionError, match="no event of"):
        invokeasync.wait_until_queued("orders", timeout=0.3)

    assert len(invokeasync.get_events(function="mail")) < 400


def test_a_wait_is_not_cut_short_when_time_flies(invokeasync):
    a_day = 24 * 3600

    with freezegun.freeze_time(YEAR_2012, auto_tick_seconds=a_day), Caller("orders", 0.2):
        invokeasync.wait_until_queued("orders", timeout=30)


@by
def test_time_that_is_moved_does_not_end_a_wait(invokeasync, stop):
    with Caller("orders", 0.3), stop(YEAR_2012) as clock:
        moving = threading.Timer(0.05, clock.move_to, [YEAR_2099])
        moving.start()
        invokeasync.wait_until_queued("orders", timeout=30)
        moving.join()
