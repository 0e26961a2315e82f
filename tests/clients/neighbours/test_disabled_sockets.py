"""pytest-socket with sockets disabled: nothing here needs one."""

from __future__ import annotations

import boto3
import pytest
import requests

from pytest_invokeasync import UnmockedLambdaCall

pytest_socket = pytest.importorskip("pytest_socket")

PREAMBLE = ""
HOST = "https://lambda.us-east-1.amazonaws.com"
URL = f"{HOST}/2014-11-13/functions/orders/invoke-async/"


@pytest.fixture(params=["theirs first", "ours first"])
def disabled(request):
    """Our fixture, with sockets disabled before or after it."""
    names = ["socket_disabled", "invokeasync"]
    if request.param == "ours first":
        names.reverse()
    return {name: request.getfixturevalue(name) for name in names}["invokeasync"]


def test_calls_are_answered(disabled):
    client = boto3.client("lambda")
    disabled.add_error("ServiceException", attempts=1)

    client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    requests.post(URL, data=b"2", timeout=5)

    assert [event.payload for event in disabled.events] == [1, 2]


def test_faults_are_raised_without_a_socket(disabled):
    disabled.add_fault("ConnectTimeout")

    with pytest.raises(requests.ConnectTimeout):
        requests.post(URL, data=b"2", timeout=5)


def test_other_lambda_calls_are_refused_by_us(disabled):
    with pytest.raises(UnmockedLambdaCall):
        requests.get(f"{HOST}/2015-03-31/functions", timeout=5)

    disabled.unmocked_calls.clear()


def test_other_calls_are_refused_by_them(disabled):
    with pytest.raises(pytest_socket.SocketBlockedError), pytest.warns(match="socket"):
        requests.get("https://shop.example/orders", timeout=5)


def test_a_whole_run_may_be_without_sockets(run_pytest_with):
    result = run_pytest_with(
        "socket",
        """
import boto3

early = boto3.client("lambda")

def test_one(invokeasync):
    for client in early, boto3.client("lambda"):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    invokeasync.assert_queued("orders", times=2)
""",
        "--disable-socket",
    )

    result.assert_outcomes(passed=1)
