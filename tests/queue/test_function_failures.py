"""Failures of functions: which are loud, how they are told, and what is not the function's."""

from __future__ import annotations

import gc
import inspect
import traceback
import weakref

import pytest
from consumers import QUEUE, TOPIC, Calls, invoke, outcomes

from pytest_invokeasync import FunctionFailed, InvokeAsyncMock, runs
from pytest_invokeasync.caller import place

PREAMBLE = """
import json, boto3, pytest
from pytest_invokeasync import FunctionFailed, runs
client = boto3.client("lambda", region_name="us-east-1")

def invoke(function="orders"):
    client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"id": 42}))

def fails(event, context):
    raise ValueError("no such order")

"""


class TestLoud:
    def test_the_message(self, mock):
        mock.register_function(
            "orders", handler=Calls(ValueError("no"), KeyError("id"), SystemExit(2))
        )
        invoke({"id": 42})

        with pytest.raises(FunctionFailed) as raised:
            mock.run_until_idle()

        (event,) = mock.events
        assert str(raised.value).splitlines() == [
            "run_until_idle(): 1 event ended in failure",
            f"orders {{'id': 42}} ({_place_of_invoke()}): RetriesExhausted",
            "  +0 s failed: ValueError: no",
            "  +60 s failed: KeyError: 'id'",
            f"  +180 s exited: Runtime.ExitError: RequestId: {event.request_id} Error: Runtime "
            "exited with error: exit status 2",
            "  (if that is intended: script the runs with add_run(), give the function an "
            "on_failure= or a dead_letter=, or "
            '@pytest.mark.invokeasync(function_failures="record"))',
        ]
        assert raised.value.events == (event,)

    def test_it_is_an_assertion_error_whose_cause_is_what_the_function_raised(self, mock):
        error = ValueError("no")
        mock.register_function("orders", handler=Calls(error, error, error))
        invoke()

        with pytest.raises(AssertionError) as raised:
            mock.run_until_idle()

        assert raised.value.__cause__ is error
        frames = traceback.extract_tb(error.__traceback__)
        assert frames[-1].name == "__call__"
        assert frames[-1].filename.endswith("consumers.py")

    def test_the_drain_goes_on_to_its_end_first(self, mock):
        handler = Calls(*[ValueError] * 3)
        mock.register_function("orders", handler=handler, maximum_retry_attempts=0)
        for number in range(4):
            invoke(number)

        with pytest.raises(FunctionFailed, match="3 events ended in failure"):
            mock.run_until_idle()

        assert handler == [0, 1, 2, 3]

    def test_of_many_the_first_ten_are_told(self, mock):
        mock.register_function(
            "orders", handler=Calls(*[ValueError] * 12), maximum_retry_attempts=0
        )
        for _ in range(12):
            invoke()

        with pytest.raises(FunctionFailed, match=r"12 events(?s:.*)and 2 more") as raised:
            mock.run_until_idle()

        assert len(raised.value.events) == 12

    def test_a_failure_is_told_once(self, mock):
        mock.register_function("orders", handler=Calls(*[ValueError] * 3))
        invoke()
        with pytest.raises(FunctionFailed):
            mock.run_until_idle()

        assert mock.run_until_idle() == []
        assert mock.find_problems() == []

    def test_a_failure_that_a_retry_healed_is_none(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(ValueError))
        invoke()

        invokeasync.run_until_idle()

    def test_a_function_that_cannot_be_imported(self, mock):
        mock.register_function("orders", handler="no_such_module.handler")
        invoke()

        with pytest.raises(FunctionFailed) as raised:
            mock.run_until_idle()

        assert (
            "+0 s failed: Runtime.ImportModuleError: Unable to import module 'no_such_module': "
            "No module named 'no_such_module'"
        ) in str(raised.value)

    def test_pytest_shows_the_handlers_line_and_no_frame_of_the_plugin(self, run_pytest):
        result = run_pytest(
            """
def test_it(invokeasync):
    invokeasync.register_function("orders", handler=fails)
    invoke()
    invokeasync.run_until_idle()
"""
        )

        result.stdout.fnmatch_lines(
            [
                '>       raise ValueError("no such order")',
                "E       ValueError: no such order",
                "The above exception was the direct cause of the following exception:",
                ">       invokeasync.run_until_idle()",
                "E       *FunctionFailed: run_until_idle(): 1 event ended in failure",
            ]
        )
        assert not [line for line in result.outlines if "pytest_invokeasync/" in line]


def _place_of_invoke():
    lines, first = inspect.getsourcelines(invoke)
    line = first + next(n for n, text in enumerate(lines) if "client.invoke(" in text)
    return place(f"{inspect.getsourcefile(invoke)}:{line}")


class TestExpected:
    def test_every_failed_run_was_scripted(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls())
        invokeasync.add_run(runs.Failed(ValueError), times=3)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["failed"] * 3
        assert event.outcome == "RetriesExhausted"

    def test_not_so_when_the_handler_fails_in_a_retry(self, mock):
        mock.register_function("orders", handler=Calls(None, ValueError, ValueError))
        mock.add_run(runs.TimedOut)
        invoke()

        with pytest.raises(FunctionFailed) as raised:
            mock.run_until_idle()

        assert isinstance(raised.value.__cause__, ValueError)

    @pytest.mark.parametrize("where", [{"on_failure": TOPIC}, {"dead_letter": QUEUE}])
    def test_somebody_is_told_of_failures(self, invokeasync, where):
        invokeasync.register_function("orders", handler=Calls(*[ValueError] * 3), **where)
        invoke()

        (event,) = invokeasync.run_until_idle()

        assert event.outcome == "RetriesExhausted"

    def test_an_assertion_of_the_test_in_the_handler_is_loud_all_the_same(self, mock):
        mock.register_function(
            "orders", handler=Calls(*[AssertionError("wrong")] * 3), dead_letter=QUEUE
        )
        invoke()

        with pytest.raises(FunctionFailed, match="AssertionError: wrong"):
            mock.run_until_idle()

    def test_a_destination_for_successes_hears_of_no_failure(self, mock):
        mock.register_function("orders", handler=Calls(*[ValueError] * 3), on_success=TOPIC)
        invoke()

        with pytest.raises(FunctionFailed):
            mock.run_until_idle()

    @pytest.mark.invokeasync(function_failures="record")
    def test_the_option_says_so(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls(*[ValueError] * 3))
        invoke()

        (event,) = invokeasync.run_until_idle()

        invokeasync.assert_failed_once("orders", outcome="RetriesExhausted")
        assert event.outcome == "RetriesExhausted"


class TestNotTheFunctions:
    @pytest.mark.parametrize(
        "leaves", [KeyboardInterrupt, pytest.fail.Exception, pytest.skip.Exception, GeneratorExit]
    )
    def test_it_leaves_at_once_and_the_event_waits_again(self, invokeasync, leaves):
        handler = Calls(leaves)
        invokeasync.register_function("orders", handler=handler)
        invoke(1)
        invoke(2)

        with pytest.raises(leaves):
            invokeasync.run_until_idle()

        assert handler == [1]
        assert invokeasync.events[0].runs == ()
        invokeasync.run_until_idle()
        assert handler == [1, 1, 2]


class TestAtTheEndOfATest:
    def test_a_failure_that_waits_for_its_retry_is_an_error(self, run_pytest):
        result = run_pytest(
            """
def test_it(invokeasync):
    invokeasync.register_function("orders", handler=fails)
    invoke()
    invokeasync.run_due()
"""
        )

        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(
            [
                "a failure still waits for its retry: orders {'id': 42} (test_it.py:7): its retry "
                "has not run yet",
                "  +0 s failed: ValueError: no such order",
                "  (run_until_idle() runs the retry)",
            ]
        )

    def test_an_event_that_was_never_run_is_none(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls())
        invoke()

    def test_nor_is_a_scripted_failure_that_waits(self, invokeasync):
        invokeasync.register_function("orders", handler=Calls())
        invokeasync.add_run(runs.TimedOut)
        invoke()
        invokeasync.run_due()

    def test_a_failure_that_another_exception_came_before_is_told(self, mock):
        mock.register_function("orders", handler=Calls(ValueError), maximum_retry_attempts=0)
        mock.register_function("mail", handler=Calls(KeyboardInterrupt))
        invoke()
        invoke(function="mail")
        with pytest.raises(KeyboardInterrupt):
            mock.run_until_idle()

        first, second, *_ = mock.find_problems()

        assert first.startswith("a function failed: orders None (")
        assert second == "  +0 s failed: ValueError: "

    def test_a_mock_of_ones_own_raises(self):
        with InvokeAsyncMock() as mock:
            mock.register_function("orders", handler=Calls(ValueError))
            invoke()
            mock.run_due()
            with pytest.raises(AssertionError, match="a failure still waits for its retry"):
                mock.verify()
            mock.reset()

    @pytest.mark.parametrize("reset", [True, False])
    def test_reset_forgets_it(self, mock, reset):
        mock.register_function("orders", handler=Calls(ValueError))
        invoke()
        mock.run_due()
        if reset:
            mock.reset()

        assert bool(mock.find_problems()) != reset


class TestMemory:
    def test_the_last_error_alone_keeps_its_traceback(self, mock):
        mock.register_function("orders", handler=Calls(ValueError("a"), ValueError("b"), KeyError))
        invoke()
        with pytest.raises(FunctionFailed):
            mock.run_until_idle()

        tracebacks = [run.error.__traceback__ for run in mock.events[0].runs]

        assert [one is not None for one in tracebacks] == [False, False, True]

    def test_what_an_earlier_run_held_is_let_go(self, mock):
        class Big:
            pass

        def fails(event, context):
            big = Big()
            held.append(weakref.ref(big))
            try:
                {}["inner"]
            except KeyError:
                raise ValueError("outer") from None

        held = []
        mock.register_function("orders", handler=fails)
        invoke()
        with pytest.raises(FunctionFailed):
            mock.run_until_idle()
        gc.collect()

        assert [ref() is not None for ref in held] == [False, False, True]

    def test_an_exception_that_is_raised_again_and_again_does_not_grow(self, mock):
        error = ValueError("always the same")
        handler = Calls(*[error] * 30)
        mock.register_function("orders", handler=handler)
        for _ in range(10):
            invoke()
            with pytest.raises(FunctionFailed):
                mock.run_until_idle()

        stacks = [len(run.payload["stackTrace"]) for event in mock.events for run in event.runs]
        assert stacks == [1] * 30
        assert len(traceback.extract_tb(error.__traceback__)) == 2
