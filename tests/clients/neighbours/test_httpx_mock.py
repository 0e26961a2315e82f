"""pytest-httpx replaces what the plugin wraps in httpx, so all calls by httpx are theirs."""

from __future__ import annotations

import boto3
import pytest
import requests

httpx = pytest.importorskip("httpx")
pytest.importorskip("pytest_httpx")

URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"
OTHER_URL = "https://shop.example/orders"
client = boto3.client("lambda")


@pytest.fixture(params=["theirs first", "ours first"])
def beside(request):
    """Our fixture and theirs, set up in either order."""
    names = ["httpx_mock", "invokeasync"]
    if request.param == "ours first":
        names.reverse()
    fixtures = {name: request.getfixturevalue(name) for name in names}
    return fixtures["invokeasync"], fixtures["httpx_mock"]


def test_each_answers_its_own(beside):
    invokeasync, httpx_mock = beside
    httpx_mock.add_response(url=OTHER_URL, json=[42])

    assert httpx.get(OTHER_URL).json() == [42]
    client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    requests.post(URL, data=b"2", timeout=5)

    assert [event.payload for event in invokeasync.events] == [1, 2]
    assert len(httpx_mock.get_requests()) == 1


def test_invoke_async_of_httpx_is_theirs_where_they_match_it(beside):
    invokeasync, httpx_mock = beside
    httpx_mock.add_response(method="POST", url=URL, status_code=418)

    assert httpx.post(URL, content=b"{}").status_code == 418
    assert invokeasync.invocations == []


@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
def test_invoke_async_of_httpx_is_refused_by_them_where_they_do_not(beside):
    invokeasync, _ = beside

    with pytest.raises(httpx.TimeoutException, match="No response can be found for POST request"):
        httpx.post(URL, content=b"{}")

    assert invokeasync.invocations == invokeasync.unmocked_calls == []
