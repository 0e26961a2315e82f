"""mocket stands below the clients, in place of sockets: all but events comes to it."""

from __future__ import annotations

import gc
import json
import socket
import urllib.request
import warnings

import boto3
import httpx
import pytest
import requests
import urllib3

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

pytest.importorskip("mocket")

from mocket import Mocketizer
from mocket.mocks.mockhttp import Entry

HOST = "https://lambda.us-east-1.amazonaws.com"
OURS = f"{HOST}/2014-11-13/functions/orders/invoke-async/"
OTHER = f"{HOST}/2015-03-31/functions/orders/invocations"
SHOP = "https://shop.example/orders"
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
client = boto3.client("lambda", aws_access_key_id="AKID", aws_secret_access_key="secret")


@pytest.fixture(scope="module", autouse=True)
def _its_sockets_are_gone():
    """It closes none of those that it made: no later test may hear of it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(params=["theirs first", "ours first"])
def beside(request):
    """A mock of ours beside theirs, started in either order."""
    theirs, ours = Mocketizer(), InvokeAsyncMock()
    first, second = (theirs, ours) if request.param == "theirs first" else (ours, theirs)
    with first, second:
        yield ours
        ours.unmocked_calls.clear()


def by_boto3(url):
    if url == OURS:
        return client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")["Status"]
    return json.loads(client.invoke(FunctionName="orders", Payload=b"{}")["Payload"].read())


def by_requests(url):
    answer = requests.post(url, data=b"{}", timeout=5)
    return answer.status_code if url == OURS else answer.json()


def by_urllib3(url):
    answer = urllib3.PoolManager().request("POST", url, body=b"{}", retries=False)
    return answer.status if url == OURS else json.loads(answer.data)


def by_httpx(url):
    answer = httpx.post(url, content=b"{}")
    return answer.status_code if url == OURS else answer.json()


def by_urllib_request(url):
    # Not by urlopen(), whose TLS context may be older than the mocket of this test.
    with urllib.request.build_opener().open(url, data=b"{}") as answer:
        return json.loads(answer.read())


ANSWERED = [by_boto3, by_requests, by_urllib3, by_httpx]


@pytest.mark.parametrize("call", [*ANSWERED, by_urllib_request])
def test_another_lambda_call_is_theirs(beside, call):
    Entry.single_register(Entry.POST, OTHER, body='{"ok": 1}')

    assert call(OTHER) == {"ok": 1}
    assert beside.unmocked_calls == []


@pytest.mark.parametrize("call", ANSWERED)
def test_an_event_is_ours_whatever_they_have(beside, call):
    Entry.single_register(Entry.POST, OURS, status=418)

    assert call(OURS) == 202
    beside.assert_queued_once("orders", payload={})


@pytest.mark.parametrize("call", [*ANSWERED, by_urllib_request])
def test_another_lambda_call_that_they_would_let_out_is_refused(beside, call):
    with pytest.raises(UnmockedLambdaCall):
        call(OTHER)

    assert len(beside.unmocked_calls) == 1


def test_everything_else_is_theirs(beside):
    Entry.single_register(Entry.POST, SHOP, body="[42]")

    assert by_requests(SHOP) == [42]
    assert beside.invocations == []


@pytest.mark.parametrize("first_to_stop", ["theirs", "ours"])
def test_in_whatever_order_they_stop_nothing_stays(first_to_stop):
    before = socket.socket, socket.getaddrinfo, socket.gethostbyname
    theirs, ours = Mocketizer(), InvokeAsyncMock()
    theirs.enter()
    ours.start()
    for each in (theirs.exit, ours.stop) if first_to_stop == "theirs" else (ours.stop, theirs.exit):
        each()

    assert (socket.socket, socket.getaddrinfo, socket.gethostbyname) == before


# Names of theirs that the package relies on.


def test_they_look_up_what_they_have_no_answer_for_by_a_name_of_theirs(monkeypatch):
    hosts = []

    def look_up(host):
        hosts.append(host)
        raise OSError(host)

    monkeypatch.setattr("mocket.socket.true_gethostbyname", look_up)
    with Mocketizer():
        assert socket.socket.__module__.startswith("mocket.")
        with pytest.raises(requests.ConnectionError):
            by_requests(SHOP)

    assert set(hosts) == {"shop.example"}
