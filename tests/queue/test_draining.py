"""The queue runs when it is told to: which events, in which order, at which virtual time."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from consumers import Calls, invoke, outcomes, seconds

from pytest_invokeasync import FunctionFailed, InvokeAsyncMock


def test_nothing_runs_before_the_test_says_so(invokeasync):
    handler = Calls()
    invokeasync.register_function("orders", handler=handler)

    invoke({"id": 42})

    assert handler == []
    assert invokeasync.events[0].runs == ()
    assert invokeasync.events[0].outcome is None


def test_run_until_idle_runs_what_was_queued_and_gives_the_events_that_ended(invokeasync):
    handler = Calls("first", "second")
    invokeasync.register_function("orders", handler=handler)
    invoke({"id": 1})
    invoke({"id": 2})

    ended = invokeasync.run_until_idle()

    assert handler == [{"id": 1}, {"id": 2}]
    assert ended == invokeasync.events
    assert [event.outcome for event in ended] == ["Success", "Success"]
    assert [event.runs[0].result for event in ended] == ["first", "second"]


def test_an_event_that_was_taken_before_knows_what_came_of_it(invokeasync):
    invokeasync.register_function("orders", handler=Calls({"ok": True}))
    invoke()
    event = invokeasync.assert_queued_once("orders")

    invokeasync.run_until_idle()

    (run,) = event.runs
    assert (run.number, run.outcome, run.result, run.error) == (1, "succeeded", {"ok": True}, None)
    assert repr(run) == "<Run 1 succeeded>"
    assert run.payload == {"ok": True}
    assert event.outcome == "Success"


def test_events_queued_before_the_function_was_registered_are_run_too(invokeasync):
    invoke(1)
    handler = Calls()
    invokeasync.register_function("orders", handler=handler)

    invokeasync.run_until_idle()

    assert handler == [1]


def test_an_event_without_a_handler_waits(invokeasync):
    invokeasync.register_function("orders", handler=Calls())
    invoke(1, "mail")
    invoke(2)

    assert [event.function for event in invokeasync.run_until_idle()] == ["orders"]

    handler = Calls()
    invokeasync.register_function("mail", handler=handler)
    assert [event.function for event in invokeasync.run_until_idle()] == ["mail"]
    assert handler == [1]


def test_a_handler_that_is_taken_away_lets_what_is_due_later_wait(invokeasync):
    handler = Calls(ValueError)
    invokeasync.register_function("orders", handler=handler)
    invoke(1)
    invokeasync.run_due()
    invokeasync.register_function("orders", handler=None)

    assert invokeasync.run_until_idle() == []
    invokeasync.register_function("orders", handler=handler)
    assert len(invokeasync.run_until_idle()) == 1


def test_what_a_handler_queues_is_run_in_the_same_drain(invokeasync):
    mail = Calls()
    invokeasync.register_function("orders", handler=Calls(lambda *_: invoke("sent", "mail")))
    invokeasync.register_function("mail", handler=mail)
    invoke()

    invokeasync.run_until_idle()

    assert mail == ["sent"]


def test_each_run_decodes_the_payload_afresh(invokeasync):
    def spoils(event, context):
        seen.append(dict(event))
        event.clear()
        if len(seen) < 3:
            raise ValueError

    seen = []
    invokeasync.register_function("orders", handler=spoils)
    invoke({"id": 42})

    invokeasync.run_until_idle()

    assert seen == [{"id": 42}] * 3


class TestVirtualTime:
    def test_it_starts_at_the_moment_of_the_wall(self, invokeasync):
        wall = datetime.now(timezone.utc)

        assert abs(wall - invokeasync.now) < timedelta(minutes=1)
        assert invokeasync.now.utcoffset() == timedelta(0)

    def test_it_stands_still_unless_it_is_told_to_move(self, invokeasync):
        before = invokeasync.now
        invokeasync.register_function("orders", handler=Calls())
        invoke()
        invokeasync.run_until_idle()

        assert invokeasync.now == before

    def test_retries_come_after_one_minute_and_then_two(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(ValueError, KeyError))
        invoke()
        before = invokeasync.now

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["failed", "failed", "succeeded"]
        assert seconds(invokeasync, event) == [0, 60, 180]
        assert [run.number for run in event.runs] == [1, 2, 3]
        assert invokeasync.now - before == timedelta(seconds=180)

    def test_run_due_runs_what_is_due_now_alone(self, invokeasync):
        handler = Calls(ValueError)
        invokeasync.register_function("orders", handler=handler)
        invoke()
        before = invokeasync.now

        assert invokeasync.run_due() == []
        assert invokeasync.run_due() == []
        assert (len(handler), invokeasync.now) == (1, before)

        invokeasync.run_until_idle()

    def test_advance_runs_what_gets_due_on_the_way_each_at_its_moment(self, invokeasync):
        handler = Calls(ValueError, ValueError)
        invokeasync.register_function("orders", handler=handler)
        invoke()
        event, before = invokeasync.events[0], invokeasync.now

        assert invokeasync.advance(59) == []
        assert len(handler) == 1
        assert invokeasync.advance(1) == []
        assert len(handler) == 2
        assert invokeasync.advance(minutes=5, hours=1) == [event]
        assert seconds(invokeasync, event) == [0, 60, 180]
        assert invokeasync.now - before == timedelta(seconds=60 + 300 + 3_600)

    def test_an_event_queued_later_starts_from_then(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(ValueError))
        invokeasync.advance(hours=7)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert seconds(invokeasync, event) == [0, 60]

    @pytest.mark.parametrize(
        ("time", "error", "words"),
        [
            ({"seconds": -1}, ValueError, "advance(): seconds is 0 or more, not -1"),
            ({"minutes": float("inf")}, ValueError, "minutes is 0 or more, not inf"),
            ({"hours": float("nan")}, ValueError, "hours is 0 or more, not nan"),
            ({"seconds": "1"}, TypeError, "seconds is a number, not '1'"),
            ({"hours": True}, TypeError, "hours is a number, not True"),
            ({"hours": 10**9}, ValueError, "3,600,000,000,000 seconds from"),
        ],
    )
    def test_a_time_that_is_none_is_refused(self, invokeasync, time, error, words):
        with pytest.raises(error) as raised:
            invokeasync.advance(**time)

        assert words in str(raised.value)

    def test_no_time_of_the_wall_passes(self, invokeasync, monkeypatch):
        invokeasync.register_function("orders", handler=Calls(ValueError, ValueError))
        invoke()
        monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept {seconds}"))

        invokeasync.run_until_idle()


class TestOrder:
    def test_of_those_due_at_one_moment_the_first_queued_comes_first(self, invokeasync):
        handler = Calls(*[ValueError] * 3)
        invokeasync.register_function("orders", handler=handler)
        for number in (1, 2, 3):
            invoke(number)

        invokeasync.run_until_idle()

        assert handler == [1, 2, 3, 1, 2, 3]

    def test_what_is_due_earlier_comes_first(self, invokeasync):
        handler = Calls(ValueError)
        invokeasync.register_function("orders", handler=handler)
        invoke("retried")
        invokeasync.advance(30)
        invoke("queued later")

        invokeasync.run_until_idle()

        assert handler == ["retried", "queued later", "retried"]

    def test_a_timed_out_run_counts_from_when_its_time_was_out(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(), timeout=7)
        invokeasync.add_run("TimedOut")
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert seconds(invokeasync, event) == [0, 67]


class TestAge:
    @pytest.mark.parametrize(("age", "runs"), [(60, 1), (90, 2), (21_600, 3)])
    def test_an_event_ends_early_when_its_retry_would_come_too_late(self, invokeasync, age, runs):
        invokeasync.register_function(
            "orders", handler=Calls(*[ValueError] * 3), maximum_event_age=age
        )
        invoke()

        with pytest.raises(FunctionFailed):
            invokeasync.run_until_idle()

        (event,) = invokeasync.events
        assert len(event.runs) == runs
        assert event.outcome == ("RetriesExhausted" if runs == 3 else "EventAgeExceeded")

    def test_an_event_that_is_too_old_when_its_turn_comes_is_not_run(self, invokeasync):
        handler = Calls()
        invoke()
        invokeasync.advance(hours=6)
        invokeasync.register_function("orders", handler=handler)

        with pytest.raises(FunctionFailed):
            invokeasync.run_until_idle()

        assert handler == []
        assert invokeasync.events[0].outcome == "EventAgeExceeded"


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_maximum_retry_attempts(mock, retries):
    handler = Calls(*[ValueError] * 3)
    mock.register_function("orders", handler=handler, maximum_retry_attempts=retries)
    invoke()

    with pytest.raises(FunctionFailed):
        mock.run_until_idle()

    assert len(handler) == retries + 1


class TestRecursion:
    def test_a_chain_that_comes_by_a_function_for_the_17th_time_is_stopped(self, invokeasync):
        handler = Calls(*[lambda *_: invoke()] * 100)
        invokeasync.register_function("orders", handler=handler)
        invoke()

        with pytest.raises(FunctionFailed, match=r"orders None .*: RecursiveInvocation"):
            invokeasync.run_until_idle()

        assert len(handler) == 16
        assert invokeasync.events[-1].outcome == "RecursiveInvocation"
        assert invokeasync.events[-1].runs == ()

    def test_retries_are_no_visits(self, invokeasync):
        handler = Calls(*[ValueError, lambda *_: invoke()] * 15, ValueError)
        invokeasync.register_function("orders", handler=handler)
        invoke()

        invokeasync.run_until_idle()

        assert len(invokeasync.events) == 16

    def test_other_functions_on_the_way_do_not_hide_it(self, invokeasync):
        orders = Calls(*[lambda *_: invoke(function="mail")] * 100)
        invokeasync.register_function("orders", handler=orders)
        invokeasync.register_function("mail", handler=lambda *_: invoke())
        invoke()

        with pytest.raises(FunctionFailed, match="RecursiveInvocation"):
            invokeasync.run_until_idle()

        assert len(orders) == 16

    def test_many_events_of_one_caller_are_no_chain(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler)
        for _ in range(40):
            invoke()
            invokeasync.run_until_idle()

        assert len(handler) == 40


def test_a_queue_that_does_not_end_by_itself_says_who_keeps_it_going(mock, monkeypatch):
    # The real number takes seconds.
    monkeypatch.setattr("pytest_invokeasync.queue.policy.MOST_RUNS", 50)

    def multiplies(event, context):
        invoke()
        invoke()

    mock.register_function("orders", handler=multiplies)
    invoke()

    with pytest.raises(RuntimeError, match=r"50 runs of events .* 'orders' keeps being invoked"):
        mock.run_until_idle()
    mock.register_function("orders", handler=Calls())
    mock.run_until_idle()

    # Those that were left have waited.
    assert {event.outcome for event in mock.events} == {"Success"}


def test_a_long_queue_may_be_run_to_its_end(mock, monkeypatch):
    monkeypatch.setattr("pytest_invokeasync.queue.policy.MOST_RUNS", 50)
    mock.register_function("orders", handler=Calls())
    for _ in range(60):
        invoke()

    assert len(mock.run_until_idle()) == 60


DRAINS = ["run_until_idle", "run_due", "advance"]


class TestWhereADrainMayNotBe:
    @pytest.mark.parametrize("drain", DRAINS)
    def test_inside_of_a_drain(self, mock, drain):
        def drains(event, context):
            try:
                getattr(mock, drain)()
            except RuntimeError as error:
                errors.append(str(error))

        errors = []
        mock.register_function("orders", handler=drains)
        invoke()

        mock.run_until_idle()

        assert errors == [
            f"{drain}() was called by a function that runs: that drain also runs what is "
            "queued meanwhile"
        ]
        # The handler has swallowed it: the end of the test tells.
        assert mock.find_problems() == [f"mistake in the test's own code: {errors[0]}"]

    def test_in_a_second_thread(self, mock):
        def waits(event, context):
            thread = threading.Thread(target=drain)
            thread.start()
            thread.join()

        def drain():
            try:
                mock.run_due()
            except RuntimeError as error:
                errors.append(str(error))

        errors = []
        mock.register_function("orders", handler=waits)
        invoke()

        mock.run_until_idle()

        assert errors == [
            "run_due() was called while another thread runs the queue: that drain also runs what "
            "is queued meanwhile"
        ]
        assert len(mock.find_problems()) == 1

    @pytest.mark.parametrize("drain", DRAINS)
    def test_of_a_mock_that_is_not_active(self, drain):
        mock = InvokeAsyncMock()
        mock.register_function("orders", handler=Calls())

        with pytest.raises(RuntimeError, match=rf"^{drain}\(\): this mock is not active"):
            getattr(mock, drain)()

    def test_after_an_exception_another_one_may_follow(self, invokeasync):
        handler = Calls(KeyboardInterrupt)
        invokeasync.register_function("orders", handler=handler)
        invoke()
        with pytest.raises(KeyboardInterrupt):
            invokeasync.run_until_idle()

        invokeasync.run_until_idle()

        assert outcomes(invokeasync.events[0]) == ["succeeded"]


class TestReset:
    def test_it_forgets_the_queue_the_clock_and_the_functions(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler)
        invoke(1)
        invokeasync.advance(hours=1)
        later = invokeasync.now
        invoke(2)

        invokeasync.reset()
        invokeasync.run_until_idle()

        assert handler == [1]
        assert invokeasync.now < later
        assert invokeasync.destination_records == invokeasync.dead_letters == []

    def test_called_by_a_handler_it_ends_the_drain(self, invokeasync):
        handler = Calls(lambda *_: invokeasync.reset())
        invokeasync.register_function("orders", handler=handler)
        invoke(1)
        invoke(2)

        assert invokeasync.run_until_idle() == []
        assert handler == [1]
        assert invokeasync.events == []


def test_a_test_that_runs_no_function_imports_no_queue(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_it(invokeasync):
            invokeasync.register_function("orders", timeout=3)
            assert "pytest_invokeasync.queue.queue" not in sys.modules
            invokeasync.now
            assert "pytest_invokeasync.queue.queue" in sys.modules
        """
    )

    result = pytester.runpytest_subprocess("-p", "no:randomly")

    result.assert_outcomes(passed=1)
