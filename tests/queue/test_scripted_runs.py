"""``add_run``: what a test scripts for runs, and what comes of it."""

from __future__ import annotations

import sys

import pytest
from consumers import QUEUE, Calls, invoke, outcomes, seconds

from pytest_invokeasync import FunctionFailed, runs


@pytest.fixture
def handler(invokeasync):
    handler = Calls("done", "done again", "and again")
    invokeasync.register_function("orders", handler=handler, timeout=5)
    return handler


class TestTimedOut:
    def test_the_handler_runs_to_its_end_and_its_result_is_lost(self, invokeasync, handler):
        invokeasync.add_run(runs.TimedOut)
        request_id = invoke()

        (event,) = invokeasync.run_until_idle()

        first, second = event.runs
        assert (first.outcome, first.result, first.error) == ("timed out", None, None)
        assert first.payload == {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {request_id} Error: Task timed out after 5.00 seconds",
        }
        assert (second.outcome, second.result) == ("succeeded", "done again")
        assert len(handler) == 2

    def test_before_it_never_began(self, invokeasync, handler):
        invokeasync.add_run(runs.TimedOut(before=True))
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["timed out", "succeeded"]
        assert len(handler) == 1

    def test_an_error_of_the_handler_is_lost_too(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(ValueError))
        invokeasync.add_run(runs.TimedOut)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["timed out", "succeeded"]

    def test_what_it_printed_is_kept(self, invokeasync):
        invokeasync.register_function("orders", handler=lambda *_: sys.stdout.write("shipping\n"))
        invokeasync.add_run(runs.TimedOut)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert [run.log for run in event.runs] == ["shipping\n", "shipping\n"]


class TestKilled:
    @pytest.mark.parametrize(("before", "calls"), [(False, 2), (True, 1)])
    def test_the_process_died(self, invokeasync, handler, before, calls):
        invokeasync.add_run(runs.Killed(before=before))
        request_id = invoke()

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["killed", "succeeded"]
        assert event.runs[0].payload == {
            "errorType": "Runtime.ExitError",
            "errorMessage": (
                f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
            ),
        }
        assert len(handler) == calls
        assert seconds(invokeasync, event) == [0, 60]


class TestFailed:
    def test_the_handler_is_not_called(self, invokeasync, handler):
        error = KeyError("id")
        invokeasync.add_run(runs.Failed(error))
        request_id = invoke()

        (event,) = invokeasync.run_until_idle()

        assert event.runs[0].error is error
        assert event.runs[0].payload == {
            "errorMessage": "'id'",
            "errorType": "KeyError",
            "requestId": request_id,
            "stackTrace": [],
        }
        assert len(handler) == 1


class TestThrottled:
    def test_it_is_no_run_and_uses_up_no_retry(self, invokeasync):
        handler = Calls(ValueError, ValueError)
        invokeasync.register_function("orders", handler=handler)
        invokeasync.add_run(runs.Throttled(tries=3))
        start = invokeasync.now
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["failed", "failed", "succeeded"]
        assert [(run.at - start).total_seconds() for run in event.runs] == [7, 67, 187]

    def test_others_go_on_meanwhile(self, invokeasync, handler):
        invokeasync.add_run(runs.Throttled)
        invoke(1)
        invoke(2)

        invokeasync.run_until_idle()

        assert handler == [2, 1]

    def test_standing_it_ends_with_the_age(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler, maximum_event_age=60)
        invokeasync.add_run(runs.Throttled, times=None)
        start = invokeasync.now
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert (event.outcome, event.runs, handler) == ("EventAgeExceeded", (), [])
        # 1 + 2 + 4 + 8 + 16: the next would come after 63 seconds.
        assert (invokeasync.now - start).total_seconds() == 31
        assert "+0 s throttled and 5 times more: EventAgeExceeded" in invokeasync.describe()

    def test_after_a_run_the_waits_begin_anew(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(ValueError))
        invokeasync.add_run(runs.Throttled(tries=2), run=1)
        invokeasync.add_run(runs.Throttled(tries=2), run=2)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert seconds(invokeasync, event) == [0, 63]


class TestDuplicated:
    def test_the_event_is_delivered_once_more_after_it_has_ended(self, invokeasync, handler):
        invokeasync.add_run(runs.Duplicated)
        request_id = invoke({"id": 42})

        (event,) = invokeasync.run_until_idle()

        assert handler == [{"id": 42}] * 2
        assert [context.aws_request_id for context in handler.contexts] == [request_id] * 2
        assert outcomes(event) == ["succeeded", "succeeded"]
        assert [run.number for run in event.runs] == [1, 2]
        assert invokeasync.events == [event]
        invokeasync.assert_succeeded_once("orders")

    def test_with_retries_of_its_own(self, mock):
        handler = Calls(None, ValueError, ValueError, ValueError)
        mock.register_function("orders", handler=handler)
        mock.add_run(runs.Duplicated)
        invoke()

        with pytest.raises(FunctionFailed):
            mock.run_until_idle()

        assert outcomes(mock.events[0]) == ["succeeded", "failed", "failed", "failed"]
        assert mock.events[0].outcome == "RetriesExhausted"

    def test_with_all_of_them_though_the_first_had_none_left(self, invokeasync):
        handler = Calls(*[ValueError] * 6)
        invokeasync.register_function("orders", handler=handler, on_failure=QUEUE)
        invokeasync.add_run(runs.Duplicated)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["failed"] * 6
        told = [one.payload["requestContext"] for one in event.destination_records]
        assert [one["approximateInvokeCount"] for one in told] == [3, 3]

    def test_of_a_throttle_of_the_first_its_record_tells_nothing(self, invokeasync):
        handler = Calls(ValueError)
        invokeasync.register_function("orders", handler=handler, on_failure=QUEUE)
        invokeasync.add_run(runs.Duplicated)
        invokeasync.add_run(runs.Throttled(10_000), run=2)
        invokeasync.add_run(runs.Late(21_600), run=2)
        invoke()

        invokeasync.run_until_idle()

        first, second = (one.payload for one in invokeasync.destination_records)
        assert first["responseContext"] == {"statusCode": 429}
        assert "responseContext" not in second

    def test_at_most_once_per_event(self, invokeasync, handler):
        invokeasync.add_run(runs.Duplicated, times=None)
        invoke(1)
        invoke(2)

        invokeasync.run_until_idle()

        assert handler == [1, 2, 1, 2]

    def test_so_each_event_has_one_of_the_rule_s_times(self, invokeasync, handler):
        rule = invokeasync.add_run(runs.Duplicated, times=2)
        for payload in (1, 2):
            invoke(payload)
            invokeasync.run_until_idle()

        assert handler == [1, 1, 2, 2]
        assert [one.payload for one in rule.invocations] == [1, 2]

    def test_what_became_of_the_first_delivery_is_forgotten_by_the_second(self, invokeasync):
        handler = Calls(ValueError, "done")
        invokeasync.register_function("orders", handler=handler, dead_letter=QUEUE)
        invokeasync.add_run(runs.Duplicated)
        # Far longer than an event may wait.
        invokeasync.add_run(runs.Throttled(10_000), run=2)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["failed", "succeeded"]
        assert event.outcome == "Success"
        [letter] = invokeasync.dead_letters
        assert letter.attributes["ErrorMessage"] == "Rate Exceeded."

    def test_it_may_fail_first(self, invokeasync):
        handler = Calls(ValueError)
        invokeasync.register_function("orders", handler=handler)
        invokeasync.add_run(runs.Duplicated)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["failed", "succeeded", "succeeded"]
        assert seconds(invokeasync, event) == [0, 60, 60]


class TestLate:
    def test_it_is_overtaken_by_what_was_queued_after_it(self, invokeasync, handler):
        invokeasync.add_run(runs.Late(30))
        invoke(1)
        invoke(2)

        invokeasync.run_until_idle()

        assert handler == [2, 1]

    def test_at_most_once_per_event(self, invokeasync, handler):
        invokeasync.add_run(runs.Late(0.5), times=None)
        start = invokeasync.now
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert (event.runs[0].at - start).total_seconds() == 0.5
        assert "+0 s overtaken, +0.5 s succeeded" in invokeasync.describe()

    def test_too_late_it_is_too_old(self, invokeasync, handler):
        invokeasync.add_run(runs.Late(21_600))
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert (event.outcome, handler) == ("EventAgeExceeded", [])
        assert "+0 s overtaken, +21,600 s too old: EventAgeExceeded" in invokeasync.describe()


class TestLost:
    def test_it_is_never_run_and_no_record_tells(self, invokeasync, handler):
        invokeasync.register_function(
            "orders", on_failure="arn:aws:sqs:us-east-1:123456789012:failures"
        )
        invokeasync.add_run(runs.Lost)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert (event.outcome, event.runs, handler) == ("Lost", (), [])
        assert invokeasync.destination_records == []

    def test_after_a_failure_of_the_handler_it_is_loud(self, mock):
        mock.register_function("orders", handler=Calls(ValueError))
        mock.add_run(runs.Lost, run=2)
        invoke()

        with pytest.raises(FunctionFailed, match="Lost"):
            mock.run_until_idle()


class TestWhichRuns:
    def test_times_counts_over_all_events(self, invokeasync, handler):
        rule = invokeasync.add_run(runs.TimedOut, times=3)
        invoke(1)
        invoke(2)
        invoke(3)
        invoke(4)

        invokeasync.run_until_idle()

        assert handler == [1, 2, 3, 4, 1, 2, 3]
        assert (rule.used, rule.remaining) == (3, 0)
        assert [one.payload for one in rule.invocations] == [1, 2, 3]

    def test_at_counts_the_tries_in_the_order_in_which_they_are_run(self, invokeasync, handler):
        invokeasync.add_run(runs.TimedOut, at=[2, 4])
        invoke(1)
        invoke(2)
        invoke(3)

        invokeasync.run_until_idle()

        assert handler == [1, 2, 3, 2, 2]

    def test_a_run_by_its_number(self, invokeasync, handler):
        invokeasync.add_run(runs.Failed(ValueError), run=1, times=2)
        invoke(1)
        invoke(2)

        ended = invokeasync.run_until_idle()

        assert [outcomes(event) for event in ended] == [["failed", "succeeded"]] * 2

    def test_by_the_keywords_of_an_event(self, invokeasync, handler):
        invokeasync.add_run(runs.TimedOut, function="orders", payload=2, api="Invoke")
        invokeasync.add_run(runs.Killed, where=lambda event: event.payload == 3)
        for number in (1, 2, 3):
            invoke(number)

        invokeasync.run_until_idle()

        assert [outcomes(event)[0] for event in invokeasync.events] == [
            "succeeded",
            "timed out",
            "killed",
        ]

    def test_finite_rules_come_before_standing_ones_and_newer_standing_ones_first(
        self, invokeasync, handler
    ):
        invokeasync.add_run(runs.Killed, times=None, run=1, optional=True)
        invokeasync.add_run(runs.Failed(ValueError), times=None, run=1)
        invokeasync.add_run(runs.TimedOut)
        invoke(1)
        invoke(2)

        invokeasync.run_until_idle()

        firsts = [outcomes(event)[0] for event in invokeasync.events]
        assert firsts == ["timed out", "failed"]

    def test_a_rule_may_be_removed(self, invokeasync, handler):
        invokeasync.add_run(runs.TimedOut).remove()
        invoke()

        assert outcomes(invokeasync.run_until_idle()[0]) == ["succeeded"]

    def test_rules_of_invocations_are_other_rules(self, invokeasync, handler):
        invokeasync.add_error("ServiceException", attempts=1)
        invokeasync.add_run(runs.TimedOut)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert len(event.invocation.attempts) == 2
        assert outcomes(event) == ["timed out", "succeeded"]

    def test_what_where_raises_leaves_the_drain_and_the_event_waits(self, invokeasync, handler):
        rule = invokeasync.add_run(runs.TimedOut, where=lambda event: 1 / 0)
        invoke()
        with pytest.raises(ZeroDivisionError):
            invokeasync.run_until_idle()
        rule.remove()

        assert outcomes(invokeasync.run_until_idle()[0]) == ["succeeded"]

    @pytest.mark.parametrize(
        ("how", "error", "words"),
        [
            ({"run": 0}, ValueError, "counts the runs of an event from 1, and cannot be 0"),
            ({"run": "1"}, TypeError, "add_run(): run= is an int, not '1'"),
            ({"run": True}, TypeError, "add_run(): run= is an int, not True"),
            ({"times": 0}, ValueError, "times= is 1 or more"),
            ({"error": None}, TypeError, "unknown keyword 'error'"),
            ({"runs": 1}, TypeError, "unknown keyword 'runs'; did you mean 'run'?"),
        ],
    )
    def test_a_wrong_keyword_is_told_at_once(self, invokeasync, how, error, words):
        with pytest.raises(error) as raised:
            invokeasync.add_run(runs.TimedOut, **how)

        assert words in str(raised.value)

    def test_run_is_about_runs_alone(self, invokeasync):
        with pytest.raises(TypeError, match=r"unknown keyword 'run'.*Only add_run\(\) is about"):
            invokeasync.add_error("ServiceException", run=1)


class TestUnanswered:
    @pytest.mark.parametrize(
        ("how", "words"),
        [
            ({}, "was to answer 1 run, and answered none"),
            ({"times": 2}, "was to answer 2 runs, and answered none"),
            ({"times": None}, "was to answer at least 1 run, and answered none"),
            ({"at": 3}, "was to answer run 3; no run matched, so position 3 was never reached"),
        ],
    )
    def test_it_is_an_error_at_the_end(self, mock, how, words):
        mock.add_run(runs.TimedOut, **how)

        (problem, *_) = problems = mock.find_problems()

        assert problem.startswith("unanswered rule: add_run(runs.TimedOut")
        assert words in problem
        assert "optional=True for a run, an error or a fault" in "\n".join(problems)
        assert "events run when the test calls run_until_idle()" in "\n".join(problems)

    def test_it_names_the_runs_that_others_answered(self, mock):
        mock.register_function("orders", handler=Calls())
        mock.add_run(runs.Killed, at=1)
        mock.add_run(runs.TimedOut, at=(1, 2))
        invoke()
        mock.run_until_idle()

        (problem, *_) = mock.find_problems()

        assert problem.endswith(
            "was to answer runs 1 and 2; 3 runs matched, but other rules answered position 1"
        )

    def test_unless_it_is_optional(self, invokeasync):
        invokeasync.add_run(runs.TimedOut, optional=True)


class TestSweep:
    @pytest.fixture
    def shop(self, invokeasync):
        """A handler that ships each order, and remembers which."""
        shop = Shop()
        invokeasync.register_function("orders", handler=shop.ship)
        return shop

    def test_an_idempotent_function_survives(self, invokeasync, shop):
        shop.remembers = True
        tried = []

        for trouble in invokeasync.sweep("runs"):
            shop.shipped.clear()
            invoke({"id": 42})
            invokeasync.run_until_idle()

            invokeasync.assert_succeeded_once("orders")
            assert shop.shipped == [42], trouble
            tried.append(str(trouble))

        # At run 2 nothing is left that it could happen to: so a sweep finds the end.
        assert tried == [
            f"{outcome} at run {position}"
            for outcome in (
                "TimedOut",
                "TimedOut(before=True)",
                "Killed",
                "Killed(before=True)",
                "Throttled",
                "Duplicated",
                "Late(30)",
            )
            for position in (1, 2)
        ]

    def test_for_another_one_the_failure_names_outcome_and_run(self, mock):
        shop = Shop()
        mock.register_function("orders", handler=shop.ship)

        def test():
            for trouble in mock.sweep("runs"):
                shop.shipped.clear()
                invoke({"id": 42})
                mock.run_until_idle()
                assert shop.shipped == [42], trouble

        with pytest.raises(AssertionError, match="TimedOut at run 1"):
            test()
        assert mock.describe_sweeps() == [
            "sweep: 1 outcome tried, at 1 position in all; it stopped with TimedOut at run 1"
        ]

    def test_functions_destinations_and_travel_stay(self, invokeasync):
        queue = "arn:aws:sqs:us-east-1:123456789012:done"
        sent, moments = [], []
        invokeasync.register_function("orders", handler=Calls(), on_success=queue)
        invokeasync.add_destination(queue, sent.append)
        invokeasync.travel_with(moments.append)

        for _ in invokeasync.sweep(runs.Throttled):
            invoke()
            invokeasync.run_until_idle()

        assert len(sent) == len(moments) == 2

    def test_a_body_that_runs_no_function_proves_nothing(self, mock):
        with pytest.raises(AssertionError, match="ran no function that TimedOut could happen to"):
            list(mock.sweep(runs.TimedOut))

    def test_rules_of_runs_would_be_lost(self, mock):
        mock.add_run(runs.TimedOut, optional=True)

        with pytest.raises(ValueError, match="would lose the rules"):
            mock.sweep("runs")

    def test_errors_and_runs_may_be_swept_together(self, invokeasync, shop):
        tried = []
        for trouble in invokeasync.sweep("LostAnswer", "Throttled"):
            tried.append(str(trouble))
            invoke({"id": 42})
            invokeasync.run_until_idle()

        assert tried[0] == "LostAnswer at invocation 1"
        assert "Throttled at run 1" in tried

    def test_an_outcome_that_does_not_exist(self, mock):
        with pytest.raises(ValueError, match="'TimdOut'; did you mean 'TimedOut'"):
            mock.sweep("TimdOut")


class Shop:
    remembers = False

    def __init__(self):
        self.shipped = []

    def ship(self, event, context):
        if not (self.remembers and event["id"] in self.shipped):
            self.shipped.append(event["id"])
