"""Moving off InvokeAsync: which lines still call it, and the switch that keeps new ones out."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import boto3
import pytest
import requests

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer, UnmockedLambdaCall

URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async"
TITLE = "invokeasync: lines that call InvokeAsync, which is deprecated"
PREAMBLE = "import app, jobs\n"
APP = """
import boto3

client = boto3.client("lambda", "us-east-1")


def queue(function):
    client.invoke_async(FunctionName=function, InvokeArgs="{}")


def moved():
    client.invoke(FunctionName="orders", InvocationType="Event")
"""
JOBS = """
import app


def nightly():
    app.queue("invoices")
"""
TESTS = """
def test_orders(invokeasync):
    app.queue("orders")
    app.queue("orders")
    app.moved()

def test_jobs(invokeasync):
    jobs.nightly()
"""
LINE = "app.py:7 (called from jobs.py:5): invoices, orders, 3 calls"


@pytest.fixture(autouse=True)
def _an_application(pytester):
    pytester.makepyfile(app=APP, jobs=JOBS)


def section(result):
    """The lines of the summary's section."""
    lines = result.outlines
    [start] = [n for n, line in enumerate(lines) if TITLE in line]
    end = next(n for n in range(start + 1, len(lines)) if lines[n].startswith("="))
    return [line for line in lines[start + 1 : end] if line]


# Reported.


def test_by_default_nothing_is_told(run_pytest):
    result = run_pytest(TESTS)

    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line(f"*{TITLE}*")


def test_the_lines_are_told_at_the_end(run_pytest):
    result = run_pytest(TESTS, "-o", "invokeasync_deprecated_calls=report")

    result.assert_outcomes(passed=2)
    assert section(result) == [LINE]


def test_a_file_alone_means_report(run_pytest, pytester):
    result = run_pytest(TESTS, "--invokeasync-call-sites=sites.json")

    assert section(result) == [LINE]
    assert json.loads(pytester.path.joinpath("sites.json").read_text()) == [
        {
            "file": "app.py",
            "line": 7,
            "functions": ["invoices", "orders"],
            "calls": 3,
            "tests": ["test_it.py::test_jobs", "test_it.py::test_orders"],
            "called_from": ["jobs.py:5"],
        }
    ]


def test_a_line_outside_of_the_project_has_its_whole_path(run_pytest, pytester, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    elsewhere.joinpath("library.py").write_text(APP)
    pytester.syspathinsert(elsewhere)

    result = run_pytest(
        """
import library

def test_it(invokeasync):
    library.queue("orders")
""",
        "-o",
        "invokeasync_deprecated_calls=report",
    )

    assert section(result) == [f"{elsewhere}/library.py:8: orders, 1 call"]


def test_where_no_call_is_left_that_is_told(run_pytest, pytester):
    result = run_pytest(
        "def test_moved(invokeasync): app.moved()", "--invokeasync-call-sites=sites.json"
    )

    assert section(result) == ["none was called"]
    assert json.loads(pytester.path.joinpath("sites.json").read_text()) == []


def test_a_marker_reports_for_its_test(run_pytest):
    result = run_pytest(
        """
import pytest

@pytest.mark.invokeasync(deprecated_calls="report")
def test_reported(invokeasync):
    app.queue("orders")

def test_not_reported(invokeasync):
    app.queue("invoices")
"""
    )

    assert section(result) == ["app.py:7: orders, 1 call"]


def test_a_marker_takes_its_test_out(run_pytest):
    result = run_pytest(
        """
import pytest

@pytest.mark.invokeasync(deprecated_calls="allow")
def test_of_the_old_api(invokeasync):
    app.queue("orders")
""",
        "-o",
        "invokeasync_deprecated_calls=report",
    )

    assert section(result) == ["none was called"]


def test_retries_are_one_call(run_pytest):
    result = run_pytest(
        """
def test_it(invokeasync):
    invokeasync.add_error("ServiceException", attempts=2)
    app.queue("orders")
""",
        "-o",
        "invokeasync_deprecated_calls=report",
    )

    assert section(result) == ["app.py:7: orders, 1 call"]


def test_mocks_of_one_s_own_count(run_pytest):
    result = run_pytest(
        """
from pytest_invokeasync import InvokeAsyncMock

def test_it():
    with InvokeAsyncMock():
        app.queue("orders")
""",
        "-o",
        "invokeasync_deprecated_calls=report",
    )

    assert section(result) == ["app.py:7: orders, 1 call"]


def test_calls_of_other_processes_stand_as_such(run_pytest, pytester):
    result = run_pytest(
        """
import urllib.request

def test_it(invokeasync_server):
    path = "/2014-11-13/functions/orders/invoke-async"
    urllib.request.urlopen(invokeasync_server.url + path, b"{}", timeout=5).close()
""",
        "--invokeasync-call-sites=sites.json",
    )

    assert section(result) == ["(another process): orders, 1 call"]
    [site] = json.loads(pytester.path.joinpath("sites.json").read_text())
    assert (site["file"], site["line"], site["calls"]) == (None, None, 1)


def test_calls_outside_of_any_test_count(run_pytest, pytester):
    result = run_pytest(
        """
import pytest
from pytest_invokeasync import InvokeAsyncMock

def pytest_sessionfinish():
    with InvokeAsyncMock():
        app.queue("late")

@pytest.fixture(scope="module", autouse=True)
def _plugin(request):
    import sys
    request.config.pluginmanager.register(sys.modules[__name__])

def test_it(): ...
""",
        "--invokeasync-call-sites=sites.json",
    )

    [line] = section(result)
    assert line.endswith("late, 1 call")
    [site] = json.loads(pytester.path.joinpath("sites.json").read_text())
    assert site["tests"] == []


@pytest.mark.parametrize("workers", ["-n1", pytest.param("-n2", marks=pytest.mark.once)])
def test_the_workers_of_xdist_are_counted_together(run_pytest_with, pytester, workers):
    result = run_pytest_with("xdist", TESTS, workers, "--invokeasync-call-sites=sites.json")

    assert section(result) == [LINE]
    [site] = json.loads(pytester.path.joinpath("sites.json").read_text())
    assert site["calls"] == 3


@pytest.mark.once
def test_what_a_crashed_worker_had_seen_is_not_lost(run_pytest_with):
    result = run_pytest_with(
        "xdist",
        """
import os

def test_a(invokeasync):
    app.queue("orders")

def test_b(invokeasync):
    os._exit(1)
""",
        "-n1",
        "-o",
        "invokeasync_deprecated_calls=report",
    )

    assert section(result) == ["app.py:7: orders, 1 call"]


def test_a_file_that_cannot_be_written_is_told_at_once(run_pytest):
    result = run_pytest(TESTS, "--invokeasync-call-sites=no/such/folder.json")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --invokeasync-call-sites: *no/such/folder.json*"])


# Refused.


def test_a_refused_call_raises_at_its_line():
    with InvokeAsyncMock(deprecated_calls="refuse") as mock:
        with pytest.raises(UnmockedLambdaCall, match='Call Invoke with InvocationType="Event"'):
            requests.post(URL, data=b"{}", timeout=5)

        [call] = mock.unmocked_calls
        assert (call.url, mock.invocations) == (URL, [])
        mock.unmocked_calls.clear()


def test_invoke_is_not_refused():
    with InvokeAsyncMock(deprecated_calls="refuse") as mock:
        boto3.client("lambda").invoke(FunctionName="orders", InvocationType="Event")

        mock.assert_queued_once("orders")


def test_the_test_fails_at_the_line_though_the_code_swallows_it(run_pytest):
    result = run_pytest(
        """
import contextlib

def test_it(invokeasync):
    with contextlib.suppress(Exception):
        app.queue("orders")
""",
        "-o",
        "invokeasync_deprecated_calls=refuse",
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["unmocked call to AWS Lambda: POST */invoke-async*, called from app.py:7"]
    )


def test_over_http_every_attempt_gets_the_answer_of_a_call_that_nobody_mocks():
    mock = InvokeAsyncMock(deprecated_calls="refuse")
    with InvokeAsyncServer(mock) as server:
        for _ in range(2):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(
                    f"{server.url}/2014-11-13/functions/orders/invoke-async", b"{}", timeout=5
                )
            with refused.value as answer:
                assert answer.code == 404
                assert "deprecated" in json.load(answer)["message"]

    assert len(mock.unmocked_calls) == 2
    assert mock.invocations == []


def test_a_wrong_value_is_told_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'refuse'"):
        InvokeAsyncMock(deprecated_calls="refused")
