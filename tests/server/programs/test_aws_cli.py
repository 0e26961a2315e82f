"""The AWS CLI against the real endpoint: its own copy of botocore is out of reach otherwise."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

from pytest_invokeasync import faults

AWS = Path(sysconfig.get_path("scripts")) / "aws"


@pytest.fixture
def aws(tmp_path, invokeasync_server):
    """Runs ``aws lambda invoke-async`` and gives what it said."""

    def aws(function, payload, *options, **environ):
        args = tmp_path / "payload.json"
        args.write_text(payload, encoding="utf-8")
        command = ["lambda", "invoke-async", "--function-name", function, "--invoke-args", args]
        return subprocess.run(
            [AWS, *command, *options],
            env={**invokeasync_server.environ, **environ},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return aws


def test_it_brings_its_own_botocore():
    files = importlib.metadata.files("awscli")

    assert any(str(file).startswith("awscli/botocore/") for file in files)


def test_a_call_is_recorded(aws, invokeasync):
    run = aws("orders", '{"id": 42}', "--region", "eu-west-1")

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {"Status": 202}
    event = invokeasync.assert_queued_once("orders", payload={"id": 42}, region="eu-west-1")
    assert "aws-cli" in event.invocation.headers["User-Agent"]


def test_an_error_is_that_error(aws, invokeasync):
    invokeasync.add_error("ResourceNotFoundException", function="orders")

    run = aws("orders", "{}")

    assert run.returncode != 0
    assert (
        "An error occurred (ResourceNotFoundException) when calling the InvokeAsync operation: "
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:orders:$LATEST"
    ) in run.stderr


def test_a_payload_that_is_no_json(aws, invokeasync):
    run = aws("orders", "{id: 42}")

    assert "(InvalidRequestContentException)" in run.stderr
    assert invokeasync.get_invocation().body == b"{id: 42}"


def test_its_retries_are_attempts_of_one_invocation(aws, invokeasync):
    invokeasync.add_error("TooManyRequestsException", attempts=1)

    run = aws("orders", "{}")

    assert run.returncode == 0, run.stderr
    assert [a.status for a in invokeasync.get_invocation().attempts] == [429, 202]


def test_a_lost_answer_queues_twice(aws, invokeasync):
    invokeasync.add_fault(faults.LostAnswer)

    run = aws("orders", "{}", "--cli-read-timeout", "1")

    assert run.returncode == 0, run.stderr
    invokeasync.assert_invoked_once("orders")
    invokeasync.assert_queued("orders", times=2)


def test_nobody_listens(aws, invokeasync, invokeasync_server):
    with invokeasync_server.refuse_connections():
        run = aws("orders", "{}", AWS_MAX_ATTEMPTS="1")

    assert "Could not connect to the endpoint URL" in run.stderr
    assert invokeasync.invocations == []


# Invoke.


@pytest.fixture
def aws_invoke(tmp_path, invokeasync_server):
    """Runs ``aws lambda invoke``; gives what it said, and the file it wrote."""

    def aws_invoke(invocation_type, *options):
        written = tmp_path / "answer"
        command = ["lambda", "invoke", "--function-name", "orders"]
        run = subprocess.run(
            [AWS, *command, "--invocation-type", invocation_type, *options, written],
            env=invokeasync_server.environ,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout), written.read_bytes()

    return aws_invoke


def test_an_event_by_invoke_is_recorded(aws_invoke, invokeasync):
    answered = aws_invoke("Event", "--payload", '{"id": 42}', "--qualifier", "live")

    assert answered == ({"StatusCode": 202}, b"")
    invokeasync.assert_queued_once("orders:live", payload={"id": 42}, api="Invoke")


def test_a_dry_run_by_invoke_queues_nothing(aws_invoke, invokeasync):
    assert aws_invoke("DryRun") == ({"StatusCode": 204}, b"")
    invokeasync.assert_not_queued()
