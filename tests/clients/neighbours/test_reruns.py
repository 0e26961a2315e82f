"""pytest-rerunfailures: a rerun begins afresh, and the report of the last run stands."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("pytest_rerunfailures")

PREAMBLE = """\
import boto3, pytest, requests
from botocore.httpsession import URLLib3Session
client = boto3.client("lambda")
send = URLLib3Session.send
runs = []
def call(name="orders"):
    client.invoke_async(FunctionName=name, InvokeArgs=b"{}")
"""


@pytest.fixture
def rerun(run_pytest_with):
    """Runs pytest on test_it.py, each failed test up to three times."""

    def rerun(source, *arguments):
        return run_pytest_with("rerunfailures", source, "--reruns", "2", *arguments)

    return rerun


def outcomes(result):
    return {name: count for name, count in result.parseoutcomes().items() if name != "warnings"}


def test_a_rerun_begins_with_a_fresh_mock(rerun):
    result = rerun(
        """
def test_flaky(invokeasync):
    runs.append(invokeasync)
    assert invokeasync.invocations == invokeasync.unmocked_calls == []
    invokeasync.add_error("ServiceException", function="never")
    invokeasync.register_function("orders", schema={"type": "object"})
    call(f"run-{len(runs)}")
    assert len(runs) == 3
    invokeasync.reset()

def test_after_it():
    assert len(set(map(id, runs))) == 3
    assert URLLib3Session.send is send
""",
    )

    assert outcomes(result) == {"passed": 2, "rerun": 2}


def test_a_test_that_fails_each_time_reports_its_last_run(rerun):
    result = rerun(
        """
def test_broken(invokeasync):
    runs.append(1)
    call(f"run-{len(runs)}")
    assert False
"""
    )

    assert outcomes(result) == {"failed": 1, "rerun": 2}
    result.stdout.fnmatch_lines(
        ["recorded: 1 invocation, 1 event", "  1. run-3 {} -> 202 accepted (test_it.py:7)"]
    )
    assert result.stdout.str().count("recorded:") == 1


def test_an_error_at_teardown_is_run_again(rerun):
    result = rerun(
        """
def test_flaky(invokeasync):
    runs.append(1)
    if len(runs) == 1:
        invokeasync.add_error("ServiceException")
"""
    )

    # The call phase of the first run has passed by itself.
    assert outcomes(result) == {"passed": 2, "rerun": 1}


def test_a_rerun_that_leaves_a_rule_unanswered_is_still_an_error(rerun):
    result = rerun(
        """
def test_flaky(invokeasync):
    runs.append(1)
    assert len(runs) > 1
    invokeasync.add_error("ServiceException", function=f"run-{len(runs)}")
"""
    )

    assert result.parseoutcomes()["errors"] == 1
    result.stdout.fnmatch_lines(["unanswered rule: add_error(*function='run-3')*"])


def test_a_failed_run_leaves_no_error_to_the_one_that_passes(rerun):
    result = rerun(
        """
import contextlib

def test_flaky(invokeasync):
    runs.append(1)
    if len(runs) == 1:
        invokeasync.add_error("ServiceException")
        with contextlib.suppress(Exception):
            client.list_functions()
        assert False
    call()
    invokeasync.assert_queued_once("orders")
"""
    )

    assert outcomes(result) == {"passed": 1, "rerun": 1}


def test_a_mock_of_a_wider_scope_remembers_the_failed_run(rerun):
    result = rerun(
        """
from pytest_invokeasync import InvokeAsyncMock

@pytest.fixture(scope="module")
def queue():
    with InvokeAsyncMock() as mock:
        yield mock

def test_flaky(queue):
    call()
    assert len(queue.events) == 2
"""
    )

    assert outcomes(result) == {"passed": 1, "rerun": 1}


def test_an_error_that_is_met_in_a_rerun_is_scripted_there_too(rerun):
    result = rerun(
        """
@pytest.mark.invokeasync_errors("ServiceException")
def test_flaky(invokeasync_error):
    runs.append(1)
    with pytest.raises(client.exceptions.ServiceException):
        call()
    assert len(runs) == 2
"""
    )

    assert outcomes(result) == {"passed": 1, "rerun": 1}


def test_in_workers_of_xdist_it_is_the_same(run_pytest_with):
    pytest.importorskip("xdist")

    result = run_pytest_with(
        "rerunfailures xdist",
        """
def test_broken(invokeasync):
    runs.append(1)
    call(f"run-{len(runs)}")
    assert False
""",
        *("--reruns", "1", "-n", "2"),
    )

    assert outcomes(result) == {"failed": 1, "rerun": 1}
    result.stdout.fnmatch_lines(["  1. run-2 {} -> 202 accepted (test_it.py:7)"])
    assert result.stdout.str().count("recorded:") == 1


def test_the_record_has_every_run_of_a_test(rerun, pytester):
    rerun(
        """
def test_flaky(invokeasync):
    runs.append(1)
    call(f"run-{len(runs)}")
    assert len(runs) == 3

def test_steady(invokeasync):
    call("steady")
""",
        "--invokeasync-record=record.jsonl",
        "--invokeasync-html=page.html",
    )

    text = (pytester.path / "record.jsonl").read_text("ascii")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(one["function"], one["recording"], one["test_outcome"]) for one in lines] == [
        ("run-1", 1, "passed"),
        ("run-2", 2, "passed"),
        ("run-3", 3, "passed"),
        ("steady", 1, "passed"),
    ]
