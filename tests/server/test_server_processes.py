"""An application under test, started as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import botocore
import pytest

APP = """\
import json, os, sys
import boto3

# AWS_ENDPOINT_URL_LAMBDA is known to botocore from 1.31 on.
endpoint = {"endpoint_url": os.environ["AWS_ENDPOINT_URL_LAMBDA"]} if OLD else {}
client = boto3.client("lambda", **endpoint)
try:
    for order in sys.argv[1:]:
        client.invoke_async(FunctionName="orders", InvokeArgs=json.dumps({"id": int(order)}))
except client.exceptions.ServiceException as error:
    sys.exit(error.response["Error"]["Message"])
print("placed", *sys.argv[1:])
"""
OLD = tuple(map(int, botocore.__version__.split(".")[:2])) < (1, 31)


@pytest.fixture
def app(tmp_path):
    """The command of the application."""
    program = tmp_path / "app.py"
    program.write_text(APP.replace("OLD", str(OLD)))
    return [sys.executable, str(program)]


def run(command, environ):
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_application_needs_nothing_but_the_environment(
    app, invokeasync, invokeasync_server, monkeypatch
):
    # What it would trip over, had it been handed on.
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    done = run([*app, "1", "2"], invokeasync_server.environ)

    assert (done.stdout, done.stderr) == ("placed 1 2\n", "")
    invokeasync.assert_sequence([("orders", {"id": 1}), ("orders", {"id": 2})])
    [first, second] = invokeasync.invocations
    assert first.region == "us-east-1"
    assert "Credential=FAKEINVOKEASYNC/" in first.headers["Authorization"]
    assert "x-amz-security-token" not in first.headers
    assert first.request_id != second.request_id


def test_it_works_laid_over_the_environment_of_this_process_too(
    app, invokeasync, invokeasync_server, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDREAL")

    done = run([*app, "1"], {**os.environ, **invokeasync_server.environ})

    assert (done.stdout, done.stderr) == ("placed 1\n", "")
    assert "AKIDREAL" not in invokeasync.get_invocation().headers["Authorization"]


def test_its_errors_are_scripted_and_its_retries_are_attempts(app, invokeasync, invokeasync_server):
    # Its waits are its own, and real.
    environ = {**invokeasync_server.environ, "AWS_MAX_ATTEMPTS": "2"}
    invokeasync.add_error("ServiceException", payload={"id": 1}, attempts=1)
    invokeasync.add_error("ServiceException", payload={"id": 2}, message="The queue is full.")

    done = run([*app, "1", "2", "3"], environ)

    assert (done.returncode, done.stderr) == (1, "The queue is full.\n")
    statuses = [[each.status for each in one.attempts] for one in invokeasync.invocations]
    assert statuses == [[500, 202], [500, 500]]
    invokeasync.assert_queued_once("orders", payload={"id": 1})


def test_what_it_queues_can_be_waited_for(app, invokeasync, invokeasync_server):
    process = subprocess.Popen(
        [*app, "1", "2"], env=invokeasync_server.environ, stdout=subprocess.PIPE, text=True
    )

    events = invokeasync.wait_until_queued("orders", count=2, timeout=60)

    assert [event.payload["id"] for event in events] == [1, 2]
    # The last event is queued a moment before its answer arrives.
    assert process.communicate(timeout=60) == ("placed 1 2\n", None)
