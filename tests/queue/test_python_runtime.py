"""A run as the Python runtime of Lambda makes it: context, results, errors, output, environment."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import types

import pytest
from consumers import TOPIC, Calls, client, invoke, outcomes

from pytest_invokeasync import FunctionFailed

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"


def only_run(mock, handler, **how):
    """The first run of one event, whose handler may fail."""
    mock.register_function("orders", handler=handler, maximum_retry_attempts=0, **how)
    mock.register_function("orders", on_failure=TOPIC)
    invoke({"id": 42})
    (event,) = mock.run_until_idle()
    return event.runs[0]


class TestContext:
    def test_its_attributes(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler, memory_size=512, timeout=30)
        request_id = invoke()
        invokeasync.run_until_idle()

        (context,) = handler.contexts

        assert context.aws_request_id == request_id
        assert context.function_name == "orders"
        assert context.function_version == "$LATEST"
        assert context.invoked_function_arn == ARN
        assert context.memory_limit_in_mb == "512"
        assert context.log_group_name == "/aws/lambda/orders"
        day = f"{invokeasync.now:%Y/%m/%d}"
        assert re.fullmatch(rf"{day}/\[\$LATEST\][0-9a-f]{{32}}", context.log_stream_name)
        assert context.identity.cognito_identity_id is None
        assert context.identity.cognito_identity_pool_id is None
        assert context.client_context is None
        assert context.tenant_id is None
        assert type(context.get_remaining_time_in_millis()) is int
        assert 29_000 < context.get_remaining_time_in_millis() <= 30_000
        assert "aws_request_id=" + request_id in repr(context)
        assert "cognito_identity_id=None" in repr(context.identity)

    def test_the_arn_is_qualified_where_the_caller_did_that(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler)
        invoke(Qualifier="7")
        invoke(Qualifier="live")
        invokeasync.run_until_idle()

        version, alias = handler.contexts

        assert (version.invoked_function_arn, version.function_version) == (f"{ARN}:7", "7")
        assert (alias.invoked_function_arn, alias.function_version) == (f"{ARN}:live", "$LATEST")

    def test_a_client_context_does_not_reach_an_event(self, invokeasync):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler)
        invoke(ClientContext="e30=")
        invokeasync.run_until_idle()

        assert handler.contexts[0].client_context is None

    def test_the_remaining_time_is_counted_down_and_not_below_zero(self, invokeasync, monkeypatch):
        handler = Calls()
        invokeasync.register_function("orders", handler=handler, timeout=1)
        invoke()
        invokeasync.run_until_idle()
        (context,) = handler.contexts
        left = context.get_remaining_time_in_millis()

        import time

        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 0.5)
        assert 0 < context.get_remaining_time_in_millis() <= left - 499
        monkeypatch.setattr(time, "time", lambda: now + 5)
        assert context.get_remaining_time_in_millis() == 0

    @pytest.mark.parametrize("moment", [0.0, 1e11])
    def test_by_a_clock_of_the_test_s_own_it_is_counted_down_too(
        self, invokeasync, monkeypatch, moment
    ):
        def handler(event, context):
            for seconds in 0, 1, 9:
                monkeypatch.setattr("time.time", lambda now=moment + seconds: now)
                left.append(context.get_remaining_time_in_millis())

        left = []
        invokeasync.register_function("orders", handler=handler)
        invoke()
        monkeypatch.setattr("time.time", lambda: moment)
        invokeasync.run_until_idle()

        first, second, third = left
        assert 2_000 < first <= 3_000
        assert (second, third) == (first - 1_000, 0)

    def test_what_it_logs_is_in_the_log(self, invokeasync):
        run = only_run(invokeasync, lambda event, context: context.log("shipping\n"))

        assert run.log == "shipping\n"

    def test_it_is_the_same_in_each_run_of_a_test(self, invokeasync):
        handler = Calls(ValueError)
        invokeasync.register_function("orders", handler=handler)
        invoke()
        invokeasync.run_until_idle()

        first, second = handler.contexts

        assert first.log_stream_name == second.log_stream_name
        assert first.aws_request_id == second.aws_request_id


class TestResult:
    def test_what_is_no_json_is_a_function_error(self, invokeasync):
        run = only_run(invokeasync, lambda *_: {"ids": {1}})

        assert run.outcome == "failed"
        assert run.result is None
        assert run.payload["errorType"] == "Runtime.MarshalError"
        assert run.payload["errorMessage"] == (
            "Unable to marshal response: Object of type set is not JSON serializable"
        )
        assert str(run.error).startswith("Runtime.MarshalError: Unable to marshal response: ")

    def test_an_async_handler_fails_as_it_does_on_lambda(self, invokeasync):
        async def handler(event, context):
            return 1

        run = only_run(invokeasync, handler)

        assert run.payload["errorMessage"] == (
            "Unable to marshal response: Object of type coroutine is not JSON serializable"
        )

    @pytest.mark.parametrize(("size", "outcome"), [(6_291_554, "succeeded"), (6_291_555, "failed")])
    def test_a_result_may_have_six_megabytes(self, invokeasync, size, outcome):
        run = only_run(invokeasync, lambda *_: "x" * size)

        assert run.outcome == outcome
        if outcome == "failed":
            assert run.payload["errorType"] == "Function.ResponseSizeTooLarge"
            assert run.payload["errorMessage"] == (
                "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
            )


class TestError:
    def test_its_report(self, invokeasync):
        run = only_run(invokeasync, Calls(KeyError("id")))

        stack = run.payload.pop("stackTrace") if False else run.payload["stackTrace"]
        assert run.payload == {
            "errorMessage": "'id'",
            "errorType": "KeyError",
            "requestId": invokeasync.events[0].request_id,
            "stackTrace": stack,
        }
        assert list(json.loads(run._response)) == [
            "errorMessage",
            "errorType",
            "requestId",
            "stackTrace",
        ]
        assert len(stack) == 1
        assert stack[0].startswith('  File "')
        assert "raise done" in stack[0]

    def test_of_a_chain_the_outer_one_alone(self, invokeasync):
        def handler(event, context):
            try:
                {}["id"]
            except KeyError as error:
                raise ValueError("outer") from error

        run = only_run(invokeasync, handler)

        assert run.payload["errorMessage"] == "outer"
        assert len(run.payload["stackTrace"]) == 1

    def test_one_that_cannot_be_shown_is_told_all_the_same(self, invokeasync):
        class Odd(Exception):
            def __str__(self):
                raise TypeError

        run = only_run(invokeasync, Calls(Odd()))

        assert run.payload["errorMessage"] == "<unprintable Odd object>"

    def test_a_handler_that_takes_something_else(self, invokeasync):
        run = only_run(invokeasync, lambda event: None)

        assert run.payload["errorType"] == "TypeError"
        assert run.payload["stackTrace"] == []

    @pytest.mark.parametrize(
        ("code", "how"),
        [
            (None, "Runtime exited without providing a reason"),
            (0, "Runtime exited without providing a reason"),
            (2, "Runtime exited with error: exit status 2"),
            (-1, "Runtime exited with error: exit status 255"),
            ("no", "Runtime exited with error: exit status 1"),
        ],
    )
    def test_an_exit(self, invokeasync, code, how):
        run = only_run(invokeasync, Calls(SystemExit(code)))

        assert run.outcome == "exited"
        assert isinstance(run.error, SystemExit)
        assert run.payload == {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {invokeasync.events[0].request_id} Error: {how}",
        }

    def test_a_death_in_the_middle_leaves_what_was_done_before(self, invokeasync):
        def charge(amount):
            charged.append(amount)
            if len(charged) == 1:
                raise SystemExit

        charged, shipped = [], []

        def handler(event, context):
            charge(10)
            shipped.append(event["id"])

        invokeasync.register_function("orders", handler=handler)
        invoke({"id": 42})

        (event,) = invokeasync.run_until_idle()

        assert outcomes(event) == ["exited", "succeeded"]
        assert (charged, shipped) == ([10, 10], [42])


class TestNamedHandler:
    @pytest.fixture
    def package(self, tmp_path, monkeypatch):
        folder = tmp_path / "shop_of_test"
        folder.mkdir()
        folder.joinpath("__init__.py").touch()
        folder.joinpath("orders.py").write_text(
            "count = 0\n"
            "def handler(event, context):\n"
            "    global count\n"
            "    count += 1\n"
            "    return count\n"
        )
        folder.joinpath("broken.py").write_text("def handler(:\n")
        folder.joinpath("dying.py").write_text("1 / 0\n")
        monkeypatch.syspath_prepend(tmp_path)
        yield "shop_of_test"
        for name in [name for name in sys.modules if name.startswith("shop_of_test")]:
            del sys.modules[name]

    @pytest.mark.parametrize("separator", [".", "/"])
    def test_it_is_imported_at_the_first_run_and_its_globals_survive(
        self, invokeasync, package, separator
    ):
        name = f"{package}{separator}orders.handler"
        invokeasync.register_function("orders", handler=name)
        invoke()
        invoke()
        assert f"{package}.orders" not in sys.modules

        first, second = invokeasync.run_until_idle()

        assert (first.runs[0].result, second.runs[0].result) == (1, 2)

    @pytest.mark.parametrize(
        ("name", "error_type", "words"),
        [
            (
                "no_such_module.handler",
                "Runtime.ImportModuleError",
                "Unable to import module 'no_such_module': No module named 'no_such_module'",
            ),
            (
                "{}.orders.handlr",
                "Runtime.HandlerNotFound",
                "Handler 'handlr' missing on module '{}.orders'",
            ),
            (
                "{}.broken.handler",
                "Runtime.UserCodeSyntaxError",
                "Syntax error in module '{}.broken': ",
            ),
            ("{}.dying.handler", "ZeroDivisionError", "division by zero"),
        ],
    )
    def test_what_cannot_be_imported(self, invokeasync, package, name, error_type, words):
        run = only_run(invokeasync, name.format(package))

        assert run.payload["errorType"] == error_type
        assert run.payload["errorMessage"].startswith(words.format(package))


class TestOutput:
    def test_what_a_run_prints_is_in_its_log_and_goes_where_it_went(self, invokeasync, capsys):
        def handler(event, context):
            sys.stdout.write("out\n")
            sys.stderr.write("err\n")

        run = only_run(invokeasync, handler)

        assert run.log == "out\nerr\n"
        assert capsys.readouterr() == ("out\n", "err\n")

    def test_what_others_print_is_not(self, invokeasync, capsys):
        run = only_run(invokeasync, Calls())
        sys.stdout.write("after\n")

        assert run.log == ""
        assert capsys.readouterr().out == "after\n"

    def test_the_streams_are_what_they_were(self, invokeasync):
        before = sys.stdout, sys.stderr
        only_run(invokeasync, Calls(ValueError))

        assert (sys.stdout, sys.stderr) == before

    def test_a_stream_that_a_handler_keeps_writes_to_what_stands_there_later(
        self, invokeasync, capsys
    ):
        logger = logging.Logger("of the function")

        def handler(event, context):
            if not logger.handlers:
                logger.addHandler(logging.StreamHandler())
            logger.error("run")

        invokeasync.register_function("orders", handler=handler)
        invoke()
        invoke()

        events = invokeasync.run_until_idle()
        logger.error("after")

        assert [event.runs[0].log for event in events] == ["run\n", "run\n"]
        assert capsys.readouterr().err == "run\nrun\nafter\n"

    def test_a_stream_kept_and_put_in_place_again(self, invokeasync, capsys, monkeypatch):
        kept = []
        only_run(invokeasync, lambda *_: kept.append(sys.stdout))
        monkeypatch.setattr(sys, "stdout", kept[0])
        written = []
        monkeypatch.setattr(sys, "__stdout__", types.SimpleNamespace(write=written.append))

        sys.stdout.write("not for ever round")

        assert written == ["not for ever round"]

    def test_a_stream_that_the_handler_put_there_stays(self, invokeasync, monkeypatch):
        own = types.SimpleNamespace(write=len)
        monkeypatch.setattr(sys, "stdout", sys.stdout)

        only_run(invokeasync, lambda *_: monkeypatch.setattr(sys, "stdout", own))

        assert sys.stdout is own

    def test_it_is_a_stream_like_the_one_before(self, invokeasync, capfd):
        def handler(event, context):
            return [
                sys.stdout.fileno(),
                sys.stdout.encoding,
                sys.stdout.errors,
                sys.stdout.isatty(),
                sys.stdout.writable(),
                sys.stdout.flush(),
                sys.stdout.buffer.write(b"bytes"),
            ]

        before = [
            sys.stdout.fileno(),
            sys.stdout.encoding,
            sys.stdout.errors,
            sys.stdout.isatty(),
            True,
            None,
            5,
        ]

        assert only_run(invokeasync, handler).result == before

    def test_a_program_without_a_console(self, invokeasync, monkeypatch):
        def handler(event, context):
            sys.stdout.flush()
            return [sys.stdout.write("out"), sys.stdout.encoding, sys.stdout.isatty()]

        monkeypatch.setattr(sys, "stdout", None)

        run = only_run(invokeasync, handler)

        assert (run.log, run.result) == ("out", [3, "utf-8", False])


class TestTrace:
    @pytest.fixture
    def seen(self, invokeasync, monkeypatch):
        monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=of-the-test")
        seen = []
        invokeasync.register_function(
            "orders", handler=lambda *_: seen.append(os.environ.get("_X_AMZN_TRACE_ID"))
        )
        yield seen
        assert os.environ["_X_AMZN_TRACE_ID"] == "Root=of-the-test"

    @staticmethod
    def traced(call, **arguments):
        def add(request, **_):
            request.headers["X-Amzn-Trace-Id"] = "Root=1-2-3"

        client.meta.events.register("before-sign.lambda", add)
        try:
            call(FunctionName="orders", **arguments)
        finally:
            client.meta.events.unregister("before-sign.lambda", add)

    def test_that_of_an_invoke_reaches_the_function(self, invokeasync, seen):
        self.traced(client.invoke, InvocationType="Event", Payload=b"1")
        invokeasync.run_until_idle()

        assert seen == ["Root=1-2-3"]

    def test_that_of_an_invoke_async_does_not(self, invokeasync, seen):
        self.traced(client.invoke_async, InvokeArgs=b"1")
        invokeasync.run_until_idle()

        assert seen == [None]

    def test_without_one_the_function_sees_none(self, invokeasync, seen):
        invoke()
        invokeasync.run_until_idle()

        assert seen == [None]


def test_the_environment_is_as_it_was_after_a_run_that_left(mock, monkeypatch):
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    mock.register_function("orders", handler=Calls(KeyboardInterrupt))
    invoke()
    with pytest.raises(KeyboardInterrupt):
        mock.run_until_idle()

    assert "_X_AMZN_TRACE_ID" not in os.environ


def test_a_failing_marshalling_is_loud(mock):
    mock.register_function("orders", handler=lambda *_: object())
    invoke()

    with pytest.raises(FunctionFailed, match=r"Runtime\.MarshalError"):
        mock.run_until_idle()
