"""--invokeasync-record: every invocation of the run, a line of JSON each."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from calls import CALL

PREAMBLE = f"""\
import boto3, pytest
from pytest_invokeasync import InvokeAsyncMock
session = boto3.Session("AKIDREAL", "secret-key", "session-token")
client = session.client("lambda")
{CALL}"""
FORMAT = Path(__file__).parents[3] / "docs" / "reference" / "record.md"
OF_A_LINE = {
    "version", "test", "test_outcome", "recording", "number", "api", "invocation_type", "function",
    "qualifier", "region", "account", "arn", "caller", "client_context", "trace_id", "headers",
    "payload", "accepted", "attempts", "events",
}  # fmt: skip
OF_AN_ATTEMPT = {"number", "status", "error", "fault", "request_id", "backoff"}
OF_AN_EVENT = {"request_id", "outcome", "runs", "destination_records", "dead_letter"}

OF_A_RUN = {"number", "at", "outcome", "error", "result", "payload", "log"}


def told(pytester, file="record.jsonl"):
    """The lines of the record, decoded as strictly as JSON is defined."""
    text = (pytester.path / file).read_text("ascii")
    return [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]


@pytest.fixture
def record(run_pytest, pytester):
    """Runs tests, and gives the lines of the record; ``record.result`` is the run's."""

    def record(source, *arguments):
        record.result = run_pytest(source, "--invokeasync-record=record.jsonl", *arguments)
        return told(pytester)

    return record


# What a line says.


def test_a_line_says_what_was_sent_and_what_came_of_it(record):
    [line] = record(
        """
def test_one(invokeasync):
    invokeasync.add_error("ServiceException", attempts=1)
    call("invoices:live", b'{"id": 42}')
"""
    )

    assert line.keys() == OF_A_LINE
    assert line["version"] == 1
    assert (line["test"], line["test_outcome"]) == ("test_it.py::test_one", "passed")
    assert (line["recording"], line["number"]) == (1, 1)
    assert (line["api"], line["invocation_type"]) == ("InvokeAsync", "Event")
    assert (line["function"], line["qualifier"]) == ("invoices", "live")
    assert (line["region"], line["account"]) == ("us-east-1", "123456789012")
    assert line["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:invoices:live"
    assert line["caller"] == "test_it.py:6"
    assert line["payload"] == {"id": 42}
    assert line["accepted"] is True
    first, second = line["attempts"]
    assert first.keys() == second.keys() == OF_AN_ATTEMPT
    assert (first["status"], first["error"], first["fault"]) == (500, "ServiceException", None)
    assert (second["status"], second["error"], second["backoff"] > 0) == (202, None, True)
    [event] = line["events"]
    assert event.keys() == OF_AN_EVENT
    assert event["request_id"] == second["request_id"]


def test_a_fault_stands_with_its_name(record):
    [line] = record(
        """
def test_one(invokeasync):
    invokeasync.add_fault("LostAnswer")
    call()
"""
    )

    assert [(one["status"], one["fault"]) for one in line["attempts"]] == [
        (None, "LostAnswer"),
        (202, None),
    ]
    assert len(line["events"]) == 2


def test_invoke_stands_with_its_api_type_context_and_trace(record):
    [line] = record(
        """
def test_one(invokeasync, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2-3")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "producer")
    client.invoke(FunctionName="orders", InvocationType="DryRun", ClientContext="e30=")
"""
    )

    assert (line["api"], line["invocation_type"]) == ("Invoke", "DryRun")
    assert line["client_context"] == "e30="
    assert line["trace_id"] == "Root=1-2-3"
    assert (line["payload"], line["accepted"], line["events"]) == ({}, True, [])


def test_no_credential_is_in_it(record, pytester):
    [line] = record("def test_one(invokeasync): call()\n")

    text = (pytester.path / "record.jsonl").read_text("ascii")
    assert "amz-sdk-invocation-id" in line["headers"]
    assert line["headers"]["Authorization"] == "<hidden>"
    assert not re.search("AKID|secret-key|session-token|Signature=", text)


def test_with_credentials_kept_the_session_token_is_hidden_too(record, pytester):
    [line] = record(
        """
@pytest.mark.invokeasync(credentials="keep")
def test_one(invokeasync): call()
"""
    )

    assert line["headers"]["X-Amz-Security-Token"] == "<hidden>"
    assert "session-token" not in (pytester.path / "record.jsonl").read_text("ascii")


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b'"\\u001b[31m </script>"', "\x1b[31m </script>"),
        (b'"\\ud800"', "\ud800"),
        ('"\u202e\u2028"'.encode(), "\u202e\u2028"),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"null", None),
    ],
)
def test_a_payload_stands_as_it_was_sent(record, body, payload):
    [line] = record(f"def test_one(invokeasync): call(args={body!r})\n")

    assert line["payload"] == payload
    assert "payload_text" not in line


@pytest.mark.parametrize("body", [b"[1e999]", b"[" * 900 + b"]" * 900])
def test_a_payload_that_json_writers_choke_on_breaks_nothing(record, body):
    [line] = record(f"def test_one(invokeasync): call(args={body!r})\n")

    assert line["payload"] is None or line["payload"] == json.loads(body)


def test_a_body_that_is_no_json_stands_as_text(record):
    [line] = record(
        """
def test_one(invokeasync):
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        call(args=b"{'id': \\xff}")
"""
    )

    assert (line["payload"], line["payload_text"]) == (None, "{'id': \\xff}")
    assert line["payload_bytes"] == 9


def test_of_a_long_payload_the_start_and_the_size_are_kept(record):
    short, long = record(
        """
def test_one(invokeasync):
    call(args=b'"' + b"x" * 65_534 + b'"')
    call(args=b'"' + b"x" * 65_535 + b'"')
"""
    )

    assert short["payload"] == "x" * 65_534
    assert (long["payload"], long["payload_bytes"]) == (None, 65_537)
    assert long["payload_text"] == '"' + "x" * 1_999


def test_of_a_payload_that_escapes_make_long_too(record):
    [line] = record("def test_one(invokeasync): call(args='\"é\"'.replace('é', 'é' * 20_000))\n")

    assert (line["payload"], line["payload_bytes"]) == (None, 120_002)
    assert line["payload_text"].startswith('"\\u00e9')


def test_a_long_header_is_cut(record):
    [line] = record(
        """
def test_one(invokeasync):
    client.invoke(FunctionName="orders", InvocationType="Event", ClientContext="x" * 9_000)
"""
    )

    assert len(line["headers"]["X-Amz-Client-Context"]) <= 4_096


QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead"
NEXT = "arn:aws:lambda:us-east-1:123456789012:function:next"


def test_a_line_says_what_became_of_the_event(record):
    [line] = record(
        f"""
def handler(event, context):
    print("shipping", event)
    raise ValueError("no stock")
def test_one(invokeasync):
    invokeasync.register_function(
        "orders", handler=handler, maximum_retry_attempts=1, dead_letter={QUEUE!r}
    )
    call(args=b'{{"id": 42}}')
    invokeasync.run_until_idle()
"""
    )

    [event] = line["events"]
    assert event["outcome"] == "RetriesExhausted"
    first, second = event["runs"]
    assert first.keys() == OF_A_RUN
    assert (first["number"], first["outcome"]) == (1, "failed")
    assert (first["error"], first["result"]) == ("ValueError('no stock')", None)
    assert first["payload"]["errorType"] == "ValueError"
    assert first["log"] == "shipping {'id': 42}\n"
    waited = datetime.fromisoformat(second["at"]) - datetime.fromisoformat(first["at"])
    assert waited == timedelta(minutes=1)
    letter = event["dead_letter"]
    assert (letter["queue"], letter["payload"]) == (QUEUE, {"id": 42})
    assert letter["attributes"]["ErrorMessage"] == "no stock"


def test_a_record_and_the_event_that_it_queued_are_told(record):
    line, queued = record(
        f"""
def test_one(invokeasync):
    invokeasync.register_function("orders", handler=lambda *_: {{"id": 1}}, on_success={NEXT!r})
    invokeasync.register_function("next", handler=lambda *_: None)
    call()
    invokeasync.run_until_idle()
"""
    )

    [event] = line["events"]
    assert (event["outcome"], event["runs"][0]["result"]) == ("Success", {"id": 1})
    [sent] = event["destination_records"]
    assert (sent["destination"], sent["payload"]["responsePayload"]) == (NEXT, {"id": 1})
    assert queued.keys() == OF_A_LINE
    assert (queued["number"], queued["function"], queued["attempts"]) == (None, "next", [])
    [second] = queued["events"]
    assert second["origin"] == {"request_id": event["request_id"], "function": "orders"}
    assert second["outcome"] == "Success"


def test_what_a_handler_prints_is_cut(record):
    [line] = record(
        """
def test_one(invokeasync):
    invokeasync.register_function("orders", handler=lambda *_: print("x" * 20_000))
    call()
    invokeasync.run_until_idle()
"""
    )

    assert len(line["events"][0]["runs"][0]["log"]) <= 16_384


def test_a_body_that_a_retry_changed_is_told_with_the_event(record):
    [line] = record(
        """
def test_one(invokeasync):
    client = boto3.client("lambda")
    bodies = iter([b'"first"', b'"second"'])
    def change(request, **_):
        request.data = next(bodies)
    client.meta.events.register("before-sign", change)
    invokeasync.add_error("ServiceException", attempts=1)
    client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
"""
    )

    assert line["payload"] == "first"
    assert line["events"][0]["payload"] == "second"


def documented(heading):
    """The members that the reference lists under a heading."""
    section = FORMAT.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def test_the_reference_tells_each_member():
    assert documented("A line") == OF_A_LINE
    assert documented("An attempt") == OF_AN_ATTEMPT
    assert documented("An event") == OF_AN_EVENT | {"payload", "origin"}
    assert documented("A run") == OF_A_RUN


# Whose lines, and in which order.


def test_mocks_of_one_s_own_are_recorded_too(record):
    lines = record(
        """
def test_one(invokeasync):
    call("outer")
    with InvokeAsyncMock():
        call("inner")
    call("outer again")
""".replace("outer again", "outer-again")
    )

    assert [(one["function"], one["recording"], one["number"]) for one in lines] == [
        ("outer", 1, 1),
        ("outer-again", 1, 2),
        ("inner", 2, 1),
    ]


def test_what_reset_and_a_sweep_forget_is_recorded(record):
    lines = record(
        """
def test_one(invokeasync):
    call("first")
    invokeasync.reset()
    for injection in invokeasync.sweep("ServiceException"):
        try:
            call("swept")
        except client.exceptions.ServiceException:
            pass
"""
    )

    assert [one["function"] for one in lines] == ["first", "swept", "swept"]
    assert len({one["recording"] for one in lines}) == 3


def test_a_mock_of_a_wider_scope_is_told_test_by_test(record):
    lines = record(
        """
@pytest.fixture(scope="module")
def mock():
    with InvokeAsyncMock() as mock:
        call("setup")
        yield mock
        call("teardown")
def test_one(mock): call()
def test_two(mock): call()
"""
    )

    assert [(one["test"][-3:], one["function"], one["number"]) for one in lines] == [
        ("one", "setup", 1),
        ("one", "orders", 2),
        ("two", "orders", 3),
        ("two", "teardown", 4),
    ]


def test_what_was_called_outside_of_the_tests_stands_by_itself(record, pytester):
    pytester.makeconftest(
        """
        import boto3
        from pytest_invokeasync import InvokeAsyncMock
        def pytest_sessionfinish():
            with InvokeAsyncMock():
                boto3.client("lambda").invoke_async(FunctionName="finish", InvokeArgs=b"{}")
        """
    )
    lines = record("with InvokeAsyncMock(): call('import')\ndef test_one(invokeasync): call()\n")

    assert [(one["test"], one["test_outcome"], one["function"]) for one in lines] == [
        (None, None, "import"),
        (None, None, "finish"),
        ("test_it.py::test_one", "passed", "orders"),
    ]


def test_each_outcome_of_a_test_is_told_as_pytest_calls_it(record):
    lines = record(
        """
def test_passes(invokeasync): call()
def test_fails(invokeasync):
    call()
    assert False
@pytest.fixture
def broken(invokeasync):
    call()
    raise RuntimeError
def test_cannot_start(broken): pass
def test_cannot_end(invokeasync):
    call()
    invokeasync.add_error("ServiceException")
def test_skips(invokeasync):
    call()
    pytest.skip()
@pytest.mark.xfail
def test_fails_as_known(invokeasync):
    call()
    assert False
@pytest.mark.xfail
def test_passes_unforeseen(invokeasync): call()
def test_fails_and_cannot_end(broken_end):
    call()
    assert False
@pytest.fixture
def broken_end(invokeasync):
    yield
    raise RuntimeError
"""
    )

    assert {one["test"].partition("::test_")[2]: one["test_outcome"] for one in lines} == {
        "passes": "passed",
        "fails": "failed",
        "cannot_start": "error",
        "cannot_end": "error",
        "skips": "skipped",
        "fails_as_known": "xfailed",
        "passes_unforeseen": "xpassed",
        "fails_and_cannot_end": "failed",
    }


TWELVE = """
@pytest.mark.parametrize("number", range(12))
def test_it(invokeasync, number):
    call(args=str(number).encode())
    assert number != 7
def test_other(invokeasync):
    call("other")
"""


@pytest.mark.once
def test_over_workers_the_order_is_that_of_one_process(run_pytest_with, pytester):
    for workers in (0, 2):
        file = f"--invokeasync-record={workers}.jsonl"
        result = run_pytest_with("xdist", TWELVE, "-n", str(workers), file)
        result.assert_outcomes(passed=12, failed=1)

    alone, spread = ([*map(stable, told(pytester, f"{workers}.jsonl"))] for workers in (0, 2))
    assert [line["payload"] for line in alone] == [*range(12), {}]
    assert alone == spread


def stable(line):
    """Without what differs in each run."""
    events = [{**event, "request_id": None} for event in line["events"]]
    attempts = [{**attempt, "request_id": None} for attempt in line["attempts"]]
    return {**line, "headers": None, "events": events, "attempts": attempts}


@pytest.mark.once
def test_what_a_worker_saw_before_it_crashed_is_not_lost(run_pytest_with, pytester):
    run_pytest_with(
        "xdist",
        """
def test_one(invokeasync): call("one")
def test_two(invokeasync):
    call("two")
    import os
    os._exit(1)
def test_three(invokeasync): call("three")
""",
        "-n1",
        "--invokeasync-record=record.jsonl",
    )

    lines = told(pytester)
    assert [(one["function"], one["test_outcome"]) for one in lines] == [
        ("one", "passed"),
        ("three", "passed"),
    ]


def test_what_a_worker_calls_when_its_session_ends_is_handed_over(run_pytest_with, pytester):
    pytester.makeconftest(
        """
        import boto3, pytest
        from pytest_invokeasync import InvokeAsyncMock
        def pytest_sessionfinish(session):
            if hasattr(session.config, "workerinput"):
                with InvokeAsyncMock():
                    boto3.client("lambda").invoke_async(FunctionName="end", InvokeArgs=b"{}")
        """
    )
    run_pytest_with("xdist", "def test_one(): pass\n", "-n1", "--invokeasync-record=record.jsonl")

    assert [(one["function"], one["test"]) for one in told(pytester)] == [("end", None)]


@pytest.mark.once
def test_other_plugins_see_nothing_of_the_handing_over(run_pytest_with, pytester):
    pytester.makeconftest(
        """
        def pytest_runtest_logreport(report):
            extra = [name for name in vars(report) if "invokeasync" in name]
            with open("seen.txt", "a") as file:
                print(report.when, *extra, file=file)
        """
    )
    run_pytest_with(
        "xdist", "def test_one(invokeasync): call()\n", "-n1", "--invokeasync-record=record.jsonl"
    )

    seen = (pytester.path / "seen.txt").read_text().splitlines()
    assert sorted(seen) == ["call", "call", "setup", "setup", "teardown", "teardown"]
    assert len(told(pytester)) == 1


# The file.


def test_it_says_where_the_record_is(record, pytester):
    record("def test_one(invokeasync): call()\n")

    file = pytester.path / "record.jsonl"
    record.result.stdout.fnmatch_lines([f"invokeasync: 1 invocation in {file}"])


def test_without_an_invocation_the_record_is_empty(record):
    assert record("def test_one(): pass\n") == []


def test_missing_folders_are_made(run_pytest, pytester):
    run_pytest(
        "def test_one(invokeasync): call()\n", "--invokeasync-record=new/folder/record.jsonl"
    )

    assert len(told(pytester, "new/folder/record.jsonl")) == 1


@pytest.mark.parametrize("option", ["record", "html"])
def test_a_file_that_cannot_be_written_is_told_before_the_tests_run(run_pytest, pytester, option):
    pytester.mkdir("folder")

    result = run_pytest("def test_one(invokeasync): call()\n", f"--invokeasync-{option}=folder")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    file = pytester.path / "folder"
    result.stderr.fnmatch_lines(
        [f"ERROR: --invokeasync-{option}: {file} cannot be written: Is a directory"]
    )


def test_a_file_that_cannot_be_written_any_more_fails_the_run(record, run_pytest, pytester):
    result = run_pytest(
        """
def test_one(invokeasync, request):
    call()
    import shutil
    shutil.rmtree(request.config.rootpath / "folder")
""",
        "--invokeasync-record=folder/record.jsonl",
    )

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["--invokeasync-record: *record.jsonl could not be written: No such file or directory"]
    )


def test_both_options_on_the_same_file_are_refused(run_pytest):
    result = run_pytest(
        "def test_one(): pass\n", "--invokeasync-record=here", "--invokeasync-html=here"
    )

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --invokeasync-record and --invokeasync-html name the same file: here"]
    )


def test_help_writes_no_file(run_pytest, pytester):
    run_pytest("def test_one(): pass\n", "--invokeasync-record=record.jsonl", "--help")

    assert not (pytester.path / "record.jsonl").exists()


def test_without_the_options_nothing_of_it_is_imported(run_pytest_with):
    result = run_pytest_with(
        "",
        """
import sys
def test_one(invokeasync):
    call()
    assert not [name for name in sys.modules if "plugin.record" in name]
""",
    )

    result.assert_outcomes(passed=1)


def test_after_the_run_no_log_is_noticed_any_more(record):
    from pytest_invokeasync.recording import log

    before = list(log.observers)
    record("def test_one(invokeasync): call()\n")

    assert log.observers == before


def test_a_module_that_cannot_be_collected_by_a_worker_does_no_harm(run_pytest_with, pytester):
    pytester.makepyfile(test_broken="raise RuntimeError")

    result = run_pytest_with(
        "xdist",
        "def test_one(invokeasync): call()\n",
        "-n1",
        "--invokeasync-record=record.jsonl",
        "--continue-on-collection-errors",
    )

    result.assert_outcomes(passed=1, errors=1)
    assert '"orders"' in pytester.path.joinpath("record.jsonl").read_text()
