"""freezegun and time-machine as ``travel_with`` takes them: handlers see virtual time."""

from __future__ import annotations

import datetime as dt
import email.utils

import boto3
import pytest

from pytest_invokeasync import runs

freezegun = pytest.importorskip("freezegun")
time_machine = pytest.importorskip("time_machine")
client = boto3.client("lambda")


def stopped(when):
    return time_machine.travel(when, tick=False)


def invoke(function="orders"):
    return client.invoke(FunctionName=function, InvocationType="Event", Payload=b"1")


@pytest.mark.parametrize("factory", [time_machine.travel, stopped, freezegun.freeze_time])
def test_a_handler_sees_virtual_time_and_the_wire_does_not(invokeasync, factory):
    def handler(event, context):
        seen.append(dt.datetime.now(dt.timezone.utc))
        left.append(context.get_remaining_time_in_millis())
        headers = invoke("mail")["ResponseMetadata"]["HTTPHeaders"]
        dates.append(email.utils.parsedate_to_datetime(headers["date"]))

    seen, left, dates = [], [], []
    invokeasync.travel_with(factory)
    invokeasync.register_function("orders", handler=handler)
    invokeasync.add_run(runs.TimedOut, times=2)
    start = invokeasync.now
    invoke()

    (event,) = invokeasync.run_until_idle()

    second = dt.timedelta(seconds=1)
    for moment, run in zip(seen, event.runs, strict=True):
        assert run.at <= moment < run.at + second
    assert [round((run.at - start).total_seconds()) for run in event.runs] == [0, 63, 186]
    assert all(2_000 < one <= 3_000 for one in left)
    assert all(abs(date - dt.datetime.now(dt.timezone.utc)) < 60 * second for date in dates)


def test_a_frozen_clock_may_be_moved(invokeasync):
    seen = []
    invokeasync.register_function(
        "orders", handler=lambda *_: seen.append(dt.datetime.now(dt.timezone.utc))
    )
    invoke()
    with freezegun.freeze_time(invokeasync.now) as frozen:
        invokeasync.travel_with(frozen.move_to)
        invokeasync.add_run(runs.TimedOut)

        (event,) = invokeasync.run_until_idle()

    assert seen == [run.at for run in event.runs]
