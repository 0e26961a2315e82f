"""mocket stands below the clients, in place of sockets: all but events comes to it."""

from __future__ import annotations

import gc
import json
import socket
import urllib.request
import warnings

import pytest
import requests
from both_calls import OTHER, OURS, by_boto3, by_httpx, by_requests, by_urllib3

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

pytest.importorskip("mocket")

from mocket import Mocketizer
from mocket.mocks.mockhttp import Entry

SHOP = "https://shop.example/orders"
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


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
