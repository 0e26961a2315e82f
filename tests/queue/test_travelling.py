"""``travel_with``: the clocks of the process show virtual time in a run, the wire does not."""

from __future__ import annotations

import contextlib
import email.utils
import time

import pytest
from consumers import Calls, client, invoke

from pytest_invokeasync import real, runs


@pytest.fixture
def travel(monkeypatch):
    """As freezegun does it, for ``time.time`` alone: in each module that has taken it."""

    @contextlib.contextmanager
    def travel(moment):
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", moment.timestamp)
            patch.setattr(real, "_time", moment.timestamp)
            yield

    return travel


def test_each_run_is_put_into_what_the_factory_gives_for_its_moment(invokeasync, travel):
    seen = []
    invokeasync.travel_with(travel)
    invokeasync.register_function("orders", handler=lambda *_: seen.append(time.time()))
    invokeasync.add_run(runs.TimedOut)
    start = invokeasync.now
    invoke()

    invokeasync.run_until_idle()

    assert seen == [start.timestamp(), start.timestamp() + 63]
    assert abs(time.time() - start.timestamp()) < 60


def test_the_remaining_time_is_that_of_the_run(invokeasync, travel):
    left = []
    invokeasync.travel_with(travel)
    invokeasync.register_function(
        "orders", handler=lambda _, context: left.append(context.get_remaining_time_in_millis())
    )
    invoke()
    invokeasync.advance(hours=5)

    assert left == [3_000]


def test_a_factory_may_just_move_a_clock(invokeasync):
    moments = []
    invokeasync.travel_with(moments.append)
    invokeasync.register_function("orders", handler=Calls())
    start = invokeasync.now
    invoke()

    invokeasync.run_until_idle()

    assert moments == [start]


def test_what_a_handler_queues_is_answered_with_the_date_of_the_wall(invokeasync, travel):
    def handler(event, context):
        answer = client.invoke(FunctionName="mail", InvocationType="Event", Payload=b"1")
        dates.append(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    dates = []
    invokeasync.travel_with(travel)
    invokeasync.register_function("orders", handler=handler)
    invokeasync.add_run(runs.Late(20_000))
    invoke()

    invokeasync.run_until_idle()

    answered = email.utils.parsedate_to_datetime(dates[0])
    assert abs(answered.timestamp() - time.time()) < 60


def test_what_the_factory_raises_leaves_the_drain_and_the_event_waits(invokeasync):
    handler = Calls()
    invokeasync.register_function("orders", handler=handler)
    invokeasync.travel_with(lambda moment: 1 / 0)
    invoke()
    with pytest.raises(ZeroDivisionError):
        invokeasync.run_until_idle()

    invokeasync.travel_with(lambda moment: None)
    invokeasync.run_until_idle()

    assert len(handler) == 1


def test_what_is_no_factory_is_refused(invokeasync):
    with pytest.raises(TypeError, match=r"travel_with\(\) takes a callable .* not None"):
        invokeasync.travel_with(None)
