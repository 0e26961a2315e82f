"""invokeasync_guard: for a whole run, calls to AWS Lambda outside of any mock are refused."""

from __future__ import annotations

import moto  # noqa: F401 - or each run in this process would import it anew
import pytest
import requests
from botocore.httpsession import URLLib3Session
from requests.adapters import HTTPAdapter

HOST = "lambda.us-east-1.amazonaws.com"
URL = f"https://{HOST}/2014-11-13/functions/orders/invoke-async/"
INVOKE_URL = f"https://{HOST}/2015-03-31/functions/orders/invocations"
GUARDED = "calls to AWS Lambda while no mock was active, refused since invokeasync_guard is on:"
WHY = (
    "this would have left for AWS Lambda while no invokeasync mock was active (is the fixture "
    "missing, or did a thread outlive its test?), and the ini option invokeasync_guard is on."
)
PREAMBLE = f"""\
import contextlib, threading, boto3, pytest, requests
from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall
client = boto3.client("lambda", aws_access_key_id="AKID", aws_secret_access_key="secret")
def post():
    requests.post({URL!r}, data=b"1", timeout=5)
def swallow():
    with contextlib.suppress(Exception):
        post()
"""
SWALLOWING = "def test_one():\n    swallow()\n"
PASSING = "def test_one():\n    pass\n"


@pytest.fixture
def write(pytester):
    """Writes test_it.py, conftest.py and the ini file of a run with the guard."""

    def write(test_it, *, conftest="", ini="invokeasync_guard = true"):
        pytester.makeini(f"[pytest]\n{ini}")
        for name, source in ("test_it.py", test_it), ("conftest.py", conftest):
            if source:
                pytester.path.joinpath(name).write_text(PREAMBLE + source)

    return write


@pytest.fixture
def run_pytest(pytester, monkeypatch, left, write):
    """Runs pytest in this process on test_it.py, with the guard, this plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(test_it, *arguments, **files):
        write(test_it, **files)
        return pytester.runpytest_inprocess("-p", "invokeasync", *arguments)

    return run


def assert_guarded(text, *, calls=1, file="test_it.py"):
    """It is the guard's report of so many calls, made by post() in a file."""
    head, *lines = text.splitlines()
    assert head == GUARDED
    assert len(lines) == calls
    for line in lines:
        assert line.startswith(f"  POST {URL}, called from ")
        assert line.endswith(f"{file}:5")


# What is refused.


def test_a_test_without_the_fixture_fails_at_its_call(run_pytest, left):
    result = run_pytest("def test_one():\n    post()\n")

    result.assert_outcomes(failed=1)
    assert left == []
    [report] = result.reprec.getfailures()
    [message] = [line for line in report.longreprtext.splitlines() if line.startswith("E  ")]
    assert message.startswith(
        f"E       pytest_invokeasync.exceptions.UnmockedLambdaCall: POST {URL}, called from "
    )
    assert message.endswith(f"test_it.py:5: {WHY}")
    assert "interception.py" not in report.longreprtext


@pytest.mark.parametrize(
    "call",
    [
        "client.invoke_async(FunctionName='orders', InvokeArgs=b'1')",
        "boto3.client('lambda').invoke_async(FunctionName='orders', InvokeArgs=b'1')",
        "client.list_functions()",
        "boto3.client('lambda').list_functions()",
        f"requests.get('https://{HOST}/2015-03-31/functions', timeout=5)",
    ],
)
def test_it_refuses_with_or_without_credentials(run_pytest, left, call):
    result = run_pytest(
        f"def test_one():\n    with pytest.raises(UnmockedLambdaCall):\n        {call}\n"
    )

    result.assert_outcomes(passed=1, errors=1)
    assert left == []


@pytest.mark.parametrize("how", ["", "mock.add_passthru('https://')"])
def test_it_refuses_what_a_requestsmock_would_refuse_or_let_out(run_pytest, left, how):
    result = run_pytest(
        f"""
import responses
def test_one():
    with responses.RequestsMock() as mock, pytest.raises(UnmockedLambdaCall):
        {how}
        post()
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    assert left == []


def test_with_other_calls_let_pass_it_refuses_asynchronous_invocations_alone(run_pytest, left):
    result = run_pytest(
        f"""
def test_other():
    with pytest.raises(Exception, match="^{HOST}$"):
        requests.get("https://{HOST}/2015-03-31/functions", timeout=5)
def test_synchronous():
    with pytest.raises(Exception, match="^{HOST}$"):
        requests.post({INVOKE_URL!r}, timeout=5)
def test_invoke_async():
    with pytest.raises(UnmockedLambdaCall):
        post()
@pytest.mark.parametrize("invocation_type", ["Event", "DryRun"])
def test_invoke(invocation_type):
    with pytest.raises(UnmockedLambdaCall):
        client.invoke(FunctionName="orders", InvocationType=invocation_type)
""",
        ini="invokeasync_guard = true\ninvokeasync_other_lambda_calls = pass",
    )

    result.assert_outcomes(passed=5, errors=3)
    assert left == [HOST, HOST]


# Whom it tells.


def test_a_test_that_swallowed_the_refusal_errors(run_pytest, left):
    result = run_pytest("def test_one():\n    swallow()\n    swallow()\n")

    result.assert_outcomes(passed=1, errors=1)
    [report] = result.reprec.getfailures()
    assert report.when == "teardown"
    assert_guarded(report.longreprtext, calls=2)
    assert left == []


@pytest.mark.parametrize("invocation_type", ["Event", "DryRun"])
def test_a_swallowed_call_of_invoke_is_told_too(run_pytest, left, invocation_type):
    result = run_pytest(
        f"""
def test_one():
    with contextlib.suppress(Exception):
        client.invoke(FunctionName="orders", InvocationType="{invocation_type}", Payload=b"1")
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    [report] = result.reprec.getfailures()
    head, line = report.longreprtext.splitlines()
    assert head == GUARDED
    assert line.startswith(f"  POST {INVOKE_URL}, called from ")
    assert line.endswith("test_it.py:12")
    assert left == []


def test_the_next_test_does_not_hear_of_it(run_pytest):
    result = run_pytest(SWALLOWING + "def test_two():\n    pass\n")

    result.assert_outcomes(passed=2, errors=1)
    [report] = result.reprec.getfailures()
    assert report.nodeid == "test_it.py::test_one"


@pytest.mark.parametrize(
    ("mark", "outcome"), [("", {"failed": 1}), ("@pytest.mark.xfail\n", {"xfailed": 1})]
)
def test_a_test_that_failed_gets_no_second_error(run_pytest, mark, outcome):
    result = run_pytest(f"{mark}{SWALLOWING}    assert False\n")

    result.assert_outcomes(**outcome)


def test_a_failed_test_shows_what_was_refused(run_pytest):
    result = run_pytest(f"{SWALLOWING}    assert False\n")

    [report] = result.reprec.getfailures()
    [(title, text, _)] = report.longrepr.sections
    assert title == "invokeasync"
    assert_guarded(text)


def test_a_test_that_fakes_files_is_guarded_too(run_pytest, left):
    result = run_pytest(
        """
from unittest import mock
def test_one():
    with mock.patch("botocore.loaders.Loader.load_data", side_effect=OSError):
        swallow()
""",
        conftest="""
from pytest_invokeasync.sdk import model
model.partitions.cache_clear()
model._lambda_host.cache_clear()
model._lambda_match.cache_clear()
""",
    )

    result.assert_outcomes(passed=1, errors=1)
    [report] = result.reprec.getfailures()
    assert_guarded(report.longreprtext)


def test_a_thread_that_outlives_its_test_is_refused_in_the_next(run_pytest, left):
    result = run_pytest(
        """
go, done = threading.Event(), threading.Event()
def late():
    go.wait(10)
    swallow()
    done.set()
def test_one(invokeasync):
    threading.Thread(target=late).start()
def test_two():
    go.set()
    assert done.wait(10)
"""
    )

    result.assert_outcomes(passed=2, errors=1)
    [report] = result.reprec.getfailures()
    assert report.nodeid == "test_it.py::test_two"
    assert_guarded(report.longreprtext)
    assert left == []


def test_a_fixture_of_the_session_is_told_by_the_test_that_it_was_made_or_left_for(
    run_pytest, left
):
    result = run_pytest(
        """
@pytest.fixture(scope="session")
def warm():
    swallow()
    yield
    swallow()
def test_one(warm):
    pass
def test_two():
    pass
def test_three():
    pass
"""
    )

    result.assert_outcomes(passed=3, errors=2)
    first, last = result.reprec.getfailures()
    assert (first.nodeid, last.nodeid) == ("test_it.py::test_one", "test_it.py::test_three")
    assert_guarded(first.longreprtext)
    assert_guarded(last.longreprtext)
    assert left == []


def test_a_module_that_swallowed_the_refusal_is_an_error_of_collection(run_pytest, left):
    result = run_pytest("swallow()\n" + PASSING)

    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    [report] = result.reprec.getfailures()
    assert report.nodeid == "test_it.py"
    assert_guarded(report.longreprtext)
    assert left == []


def test_a_module_that_did_not_swallow_it_is_an_error_of_collection(run_pytest, left):
    result = run_pytest("post()\n" + PASSING)

    result.assert_outcomes(errors=1)
    [report] = result.reprec.getfailures()
    assert "UnmockedLambdaCall" in report.longreprtext
    assert left == []


def test_a_conftest_that_swallowed_it_ends_the_run(run_pytest, left):
    result = run_pytest(PASSING, conftest="swallow()\n")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    [report] = result.reprec.getfailures()
    assert_guarded(report.longreprtext, file="conftest.py")
    assert left == []


@pytest.mark.parametrize(
    ("test_it", "status"),
    [
        pytest.param(PASSING, pytest.ExitCode.TESTS_FAILED, id="passed"),
        pytest.param("", pytest.ExitCode.TESTS_FAILED, id="no test"),
        pytest.param("1 / 0", pytest.ExitCode.INTERRUPTED, id="not collected"),
    ],
)
def test_a_call_after_the_last_test_fails_the_run(run_pytest, left, test_it, status):
    result = run_pytest(test_it, conftest="def pytest_sessionfinish():\n    swallow()\n")

    assert result.ret == status
    text = result.stdout.str()
    heading = next(line for line in result.outlines if "invokeasync guard" in line)
    report = text.partition(heading + "\n")[2].splitlines()
    assert_guarded("\n".join(report[:2]), file="conftest.py")
    assert left == []


def test_with_xdist_a_call_after_the_last_test_fails_the_run(pytester, monkeypatch, write):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    write(
        PASSING,
        conftest="""
def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        swallow()
""",
    )

    result = pytester.runpytest_subprocess("-p", "xdist", "-p", "invokeasync", "-n", "1")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*= invokeasync guard =*", GUARDED, f"  POST {URL}, called *"])


# What it leaves alone.


def test_within_the_fixture_nothing_changes(run_pytest, left):
    result = run_pytest(
        """
def test_fixture(invokeasync):
    post()
    client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    invokeasync.assert_queued("orders", payload=1, times=2)
def test_context_manager():
    with InvokeAsyncMock() as mock:
        post()
    mock.assert_queued_once("orders", payload=1)
@pytest.mark.invokeasync(other_lambda_calls="refuse")
def test_refusal(invokeasync):
    with pytest.raises(UnmockedLambdaCall, match="only InvokeAsync is mocked here"):
        client.list_functions()
    invokeasync.unmocked_calls.clear()
"""
    )

    result.assert_outcomes(passed=3)
    assert left == []


def test_what_another_mock_answers_passes(run_pytest, left):
    result = run_pytest(
        f"""
import responses
from botocore.stub import Stubber
def test_requests():
    with responses.RequestsMock() as mock:
        mock.post({URL!r}, status=202)
        assert requests.post({URL!r}, data=b"1", timeout=5).status_code == 202
def test_stubber():
    with Stubber(client) as stubber:
        stubber.add_response("list_functions", {{}})
        assert client.list_functions() == {{}}
"""
    )

    result.assert_outcomes(passed=2)
    assert left == []


def test_what_moto_answers_passes(run_pytest, left):
    result = run_pytest(
        """
import moto
@moto.mock_aws
def test_moto():
    assert boto3.client("lambda").list_functions()["Functions"] == []
"""
    )

    result.assert_outcomes(passed=1)
    assert left == []


@pytest.mark.parametrize("host", ["localhost.localstack.cloud", "sqs.us-east-1.amazonaws.com"])
def test_other_hosts_are_none_of_its_business(run_pytest, left, host):
    result = run_pytest(
        f"""
def test_one():
    with pytest.raises(Exception, match="^{host}$"):
        requests.post("https://{host}/2014-11-13/functions/orders/invoke-async/", timeout=5)
"""
    )

    result.assert_outcomes(passed=1)
    assert left == [host]


@pytest.mark.parametrize("ini", ["", "invokeasync_guard = false"])
def test_off_it_leaves_everything_alone(run_pytest, left, ini):
    result = run_pytest(
        f"""
from botocore.httpsession import URLLib3Session
from requests.adapters import HTTPAdapter
def test_one():
    assert HTTPAdapter.send.__module__ == "requests.adapters"
    assert URLLib3Session.send.__module__ == "botocore.httpsession"
    with pytest.raises(Exception, match="^{HOST}$"):
        post()
""",
        ini=ini,
    )

    result.assert_outcomes(passed=1)
    assert left == [HOST]


# Its end.


@pytest.mark.parametrize(
    ("test_it", "conftest"),
    [
        pytest.param(PASSING, "", id="passed"),
        pytest.param(SWALLOWING, "", id="refused"),
        pytest.param(PASSING, "1 / 0", id="conftest failed"),
        pytest.param("import os, signal\ndef test_one():\n    raise SystemExit", "", id="exit"),
    ],
)
def test_it_ends_with_the_run(run_pytest, left, test_it, conftest):
    before = HTTPAdapter.__dict__["send"], URLLib3Session.__dict__["send"]

    run_pytest(test_it, conftest=conftest)

    assert (HTTPAdapter.__dict__["send"], URLLib3Session.__dict__["send"]) == before
    with pytest.raises(left.Error):
        requests.post(URL, data=b"1", timeout=5)
    assert left == [HOST]


def test_a_run_inside_a_guarded_run_leaves_its_guard_on(run_pytest, left):
    result = run_pytest(
        """
def test_one(pytester):
    pytester.makeini("[pytest]\\ninvokeasync_guard = true")
    pytester.makepyfile("def test_one(): pass")
    assert pytester.runpytest_inprocess("-p", "invokeasync").ret == 0
    with pytest.raises(UnmockedLambdaCall):
        post()
""",
        "-p",
        "pytester",
    )

    result.assert_outcomes(passed=1, errors=1)
    assert left == []


def test_what_a_conftest_has_patched_first_of_all_is_guarded_too(run_pytest):
    """As gevent does, whose functions stand in place of ours then."""
    result = run_pytest(
        """
import socket
def test_one():
    with pytest.raises(UnmockedLambdaCall):
        socket.getaddrinfo("lambda.us-east-1.amazonaws.com", 443)
""",
        conftest="""
import socket
real = socket.getaddrinfo
def getaddrinfo(*args, **kwargs):
    raise AssertionError("a name was looked up")
getaddrinfo.__module__ = "gevent._socketcommon"
socket.getaddrinfo = getaddrinfo
def pytest_unconfigure():
    socket.getaddrinfo = real
""",
    )

    result.assert_outcomes(passed=1, errors=1)
