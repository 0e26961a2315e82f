"""requests-mock stands above the place where we meet requests, and takes its calls first."""

from __future__ import annotations

import re

import boto3
import pytest
import requests
from requests.adapters import HTTPAdapter

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

requests_mock_module = pytest.importorskip("requests_mock")

HOST = "https://lambda.us-east-1.amazonaws.com"
URL = f"{HOST}/2014-11-13/functions/orders/invoke-async/"
OTHER_URL = "https://shop.example/orders"
INVOKE_ASYNC = re.compile(r"/2014-11-13/functions/.+/invoke-async/?$")
client = boto3.client("lambda")


@pytest.fixture(autouse=True)
def _nothing_leaves(left):
    """A request that would is stopped."""


@pytest.fixture(params=["theirs first", "ours first"])
def beside(request):
    """A mock of ours and a Mocker of theirs, started in either order."""
    mocker, ours = requests_mock_module.Mocker(), InvokeAsyncMock()
    first, second = (mocker, ours) if request.param == "theirs first" else (ours, mocker)
    with first, second:
        yield ours, mocker


def post():
    return requests.post(URL, data=b'{"id": 42}', timeout=5)


def test_it_answers_its_own(beside):
    ours, mocker = beside
    mocker.get(OTHER_URL, json=[42])

    assert requests.get(OTHER_URL, timeout=5).json() == [42]
    assert ours.invocations == []


def test_invoke_async_of_boto3_is_ours_whatever_it_matches(beside):
    ours, mocker = beside
    mocker.post(requests_mock_module.ANY, status_code=418)

    assert client.invoke_async(FunctionName="orders", InvokeArgs=b'{"id": 42}')["Status"] == 202
    ours.assert_queued_once("orders", payload={"id": 42})


def test_invoke_async_of_requests_is_theirs_where_they_match_it(beside):
    ours, mocker = beside
    mocker.post(URL, status_code=418)

    assert post().status_code == 418
    assert ours.invocations == []


def test_invoke_async_of_requests_is_refused_by_them_where_they_do_not(beside):
    ours, _ = beside

    with pytest.raises(requests_mock_module.NoMockAddress, match=f"No mock address: POST {URL}"):
        post()

    assert ours.invocations == []


def test_real_http_for_its_address_hands_invoke_async_to_us(beside):
    ours, mocker = beside
    mocker.post(INVOKE_ASYNC, real_http=True)

    assert post().status_code == 202
    ours.assert_queued_once("orders", payload={"id": 42})
    with pytest.raises(requests_mock_module.NoMockAddress):
        requests.get(OTHER_URL, timeout=5)


def test_real_http_for_everything_hands_invoke_async_to_us(left):
    with InvokeAsyncMock() as ours, requests_mock_module.Mocker(real_http=True):
        ours.add_error("ServiceException")

        assert post().status_code == 500
        with pytest.raises(left.Error):
            requests.get(OTHER_URL, timeout=5)

    assert left == ["shop.example"]


def test_real_http_does_not_let_other_lambda_calls_out(left):
    with InvokeAsyncMock() as ours, requests_mock_module.Mocker(real_http=True):
        with pytest.raises(UnmockedLambdaCall):
            requests.get(f"{HOST}/2015-03-31/functions", timeout=5)
        ours.unmocked_calls.clear()

    assert left == []


def test_other_lambda_calls_are_theirs(beside):
    ours, mocker = beside
    mocker.get(f"{HOST}/2015-03-31/functions", json={"Functions": []})

    assert requests.get(f"{HOST}/2015-03-31/functions", timeout=5).json() == {"Functions": []}
    assert ours.unmocked_calls == []


def test_an_adapter_of_theirs_on_a_session_takes_the_calls_of_that_session_alone(invokeasync):
    session = requests.Session()
    adapter = requests_mock_module.Adapter()
    session.mount("https://", adapter)
    adapter.register_uri("POST", URL, status_code=418)

    assert session.post(URL, data=b"{}", timeout=5).status_code == 418
    assert post().status_code == 202
    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_their_fixture_goes_with_ours(invokeasync, requests_mock):
    requests_mock.get(OTHER_URL, json=[42])
    requests_mock.post(INVOKE_ASYNC, real_http=True)

    assert requests.get(OTHER_URL, timeout=5).json() == [42]
    post()

    invokeasync.assert_queued_once("orders")


def test_our_fixture_goes_with_theirs(requests_mock, invokeasync):
    requests_mock.post(INVOKE_ASYNC, real_http=True)

    post()

    invokeasync.assert_queued_once("orders")


@pytest.mark.parametrize("first_to_stop", ["ours", "theirs"])
def test_in_whatever_order_they_stop_everything_is_what_it_was(beside, first_to_stop):
    before = HTTPAdapter.send, requests.Session.send, requests.Session.get_adapter
    ours, mocker = InvokeAsyncMock(), requests_mock_module.Mocker()
    mocker.start()
    ours.start()

    for each in (ours, mocker) if first_to_stop == "ours" else (mocker, ours):
        each.stop()

    assert before == (HTTPAdapter.send, requests.Session.send, requests.Session.get_adapter)
