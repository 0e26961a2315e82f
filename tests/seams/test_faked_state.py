"""A test may fake files, clocks, random numbers and the environment: the mock needs none."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import random
import time
import uuid
from unittest import mock

import boto3
import pytest
import urllib3

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall, faults, runs

# By urllib3, since requests and SDKs need some of it for themselves.
HOST = "https://lambda.us-east-1.amazonaws.com"
URL = f"{HOST}/2014-11-13/functions/orders/invoke-async/"
pool = urllib3.PoolManager()


def send(method="POST", url=URL, body=b'{"id": 1}'):
    return pool.request(method, url, body=body, retries=False).status


def used(*_, **__):
    pytest.fail("the mock has used it")


FAKES = {
    "open": (builtins, "open", used),
    "io.open": (io, "open", used),
    "an open() without files": (builtins, "open", mock.Mock(side_effect=FileNotFoundError)),
    "an open() of one text": (builtins, "open", mock.mock_open(read_data="text")),
    "os.path.isfile": (os.path, "isfile", used),
    "os.path.exists": (os.path, "exists", used),
    "os.stat": (os, "stat", used),
    "os.listdir": (os, "listdir", used),
    "time.time": (time, "time", used),
    "time.monotonic": (time, "monotonic", used),
    "time.perf_counter": (time, "perf_counter", used),
    "time.sleep": (time, "sleep", used),
    "os.urandom": (os, "urandom", used),
    "uuid4": (uuid, "uuid4", used),
    "a fixed uuid4": (uuid, "uuid4", lambda: uuid.UUID(int=7)),
    "uuid5": (uuid, "uuid5", used),
    "random": (random, "random", used),
    "getrandbits": (random, "getrandbits", used),
    "os.getenv": (os, "getenv", used),
    "os.environ": (os, "environ", {}),
}


def call(invokeasync):
    assert send() == 202
    assert invokeasync.assert_queued_once("orders").payload == {"id": 1}


def call_twice(invokeasync):
    send(), send()
    first, second = invokeasync.assert_queued("orders", times=2)
    assert first.request_id != second.request_id


def get_an_error(invokeasync):
    invokeasync.add_error("ResourceNotFoundException")
    assert send() == 404


def get_a_fault(invokeasync):
    invokeasync.add_fault("TLSFailure")
    with pytest.raises(urllib3.exceptions.SSLError):
        send()


def break_the_contract_of_botocore(_):
    with InvokeAsyncMock(contract="botocore") as inner:
        assert send(url=URL.replace("orders", "a%20b")) == 400
    assert inner.events == []


def violate_a_schema(_):
    with InvokeAsyncMock(schema_violations="respond") as inner:
        inner.register_function("orders", schema={"properties": {"id": {"type": "string"}}})
        assert send() == 400


def sweep(invokeasync):
    tried = 0
    for _ in invokeasync.sweep("documented", faults.LostAnswer):
        tried += 1
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            send()
    assert tried > 3


def run_the_queue(invokeasync):
    invokeasync.register_function(
        "orders",
        handler=lambda event, context: context.aws_request_id,
        on_success="arn:aws:sns:us-east-1:123456789012:orders",
        on_failure="arn:aws:s3:::failures",
    )
    invokeasync.add_run(runs.TimedOut, times=3)
    invokeasync.add_run(runs.Duplicated, optional=True)
    send(), send()
    invokeasync.run_until_idle()
    assert len(invokeasync.destination_records) >= 2


def wait(invokeasync):
    send()
    assert invokeasync.wait_until_queued("orders")


def fail_an_assertion(invokeasync):
    send()
    with pytest.raises(AssertionError, match=r"payload\.id|id"):
        invokeasync.assert_queued_once("orders", payload={"id": 2})


def make_another_call(invokeasync):
    with pytest.raises(UnmockedLambdaCall):
        send("GET", f"{HOST}/2015-03-31/functions", None)
    invokeasync.unmocked_calls.clear()


ACTIONS = [
    call,
    call_twice,
    get_an_error,
    get_a_fault,
    break_the_contract_of_botocore,
    violate_a_schema,
    sweep,
    run_the_queue,
    wait,
    fail_an_assertion,
    make_another_call,
]


@pytest.mark.parametrize("act", ACTIONS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("fake", FAKES.values(), ids=FAKES)
def test_it_may_be_faked(invokeasync, fake, act):
    # Not with the fixture: pytest itself needs some of it by the end of the test.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*fake)
        act(invokeasync)


@pytest.mark.parametrize("signatures", ["ignore", "verify"])
def test_a_clock_with_few_answers_has_them_all_left(signatures):
    client = boto3.client("lambda")
    with InvokeAsyncMock(signatures=signatures) as ours:
        ours.register_function("orders", handler=lambda event, context: None)
        with mock.patch("time.time", side_effect=[100.0, 103.5]):
            began = time.time()
            client.invoke_async(FunctionName="orders", InvokeArgs="{}")
            ours.run_until_idle()
            assert time.time() - began == 3.5


FIRST_OF_ALL = """
import os, sys, types, boto3, pytest, urllib3
from unittest import mock
from pytest_invokeasync import InvokeAsyncMock
client = boto3.client("lambda", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
URL = "https://lambda.eu-west-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"

@pytest.fixture
def no_files():
    with mock.patch("os.path.isfile", return_value=False):
        with mock.patch("os.listdir", side_effect=FileNotFoundError):
            yield

def check(mock):
    mock.add_error("ResourceNotFoundException")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke_async(FunctionName="orders", InvokeArgs="{}")
    assert urllib3.PoolManager().request("POST", URL, body=b"{}").status == 202
    assert mock.assert_queued_once("orders").region == "eu-west-1"

TEST
"""


@pytest.mark.parametrize(
    "test",
    [
        # Where that is installed, its plugin imports it.
        """
sys.modules.setdefault("pyfakefs", types.ModuleType("pyfakefs"))
def test_it(no_files, invokeasync):
    invokeasync.register_function("orders", schema={"type": "object"})
    check(invokeasync)
""",
        "def test_it(no_files):\n    with InvokeAsyncMock(contract='botocore') as own: check(own)",
    ],
    ids=["the fixture", "a mock of one's own"],
)
def test_the_first_test_of_a_run_may_do_so_too(pytester, monkeypatch, test):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.path.joinpath("test_it.py").write_text(FIRST_OF_ALL.replace("TEST", test))

    result = pytester.runpytest_subprocess("-p", "invokeasync", timeout=120)

    result.assert_outcomes(passed=1)
