"""respx stands below us, in httpcore: it answers other Lambda calls, and ours are answered here."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

respx = pytest.importorskip("respx")

HOST = "https://lambda.us-east-1.amazonaws.com"
OURS = f"{HOST}/2014-11-13/functions/orders/invoke-async/"
OTHER = f"{HOST}/2015-03-31/functions"


@pytest.fixture(autouse=True)
def left(left, monkeypatch):
    """A request that would leave is stopped, by what is taken for the real look-up."""

    def getaddrinfo(host, *args, **kwargs):
        left.add(host)

    getaddrinfo.__module__ = "socket"
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return left


@pytest.fixture(params=["theirs first", "ours first"])
def beside(request):
    ours, theirs = InvokeAsyncMock(), respx.mock(assert_all_called=False)
    first, second = (theirs, ours) if request.param == "theirs first" else (ours, theirs)
    with first, second:
        yield ours, theirs
        ours.unmocked_calls.clear()


def by_httpx(method, url):
    return httpx.request(method, url, content=b"{}").status_code


def by_async_httpx(method, url):
    async def main():
        async with httpx.AsyncClient() as session:
            return (await session.request(method, url, content=b"{}")).status_code

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("call", [by_httpx, by_async_httpx])


@BOTH
def test_invoke_async_is_ours_even_where_they_match_it(beside, call):
    ours, theirs = beside
    theirs.post(OURS).respond(418)

    assert call("POST", OURS) == 202

    ours.assert_queued_once("orders")
    assert not theirs.calls


@BOTH
def test_another_lambda_call_is_theirs(beside, call):
    ours, theirs = beside
    theirs.get(OTHER).respond(203)

    assert call("GET", OTHER) == 203

    assert ours.unmocked_calls == []


@BOTH
def test_one_that_they_do_not_match_is_refused_by_them(beside, call):
    ours, _ = beside

    with pytest.raises(AssertionError, match="not mocked"):
        call("GET", OTHER)

    assert ours.unmocked_calls == []


@BOTH
def test_one_that_they_would_let_out_is_refused(beside, left, call):
    ours, theirs = beside
    theirs.get(OTHER).pass_through()

    with pytest.raises(UnmockedLambdaCall):
        call("GET", OTHER)

    assert left == []
    assert len(ours.unmocked_calls) == 1


@BOTH
def test_without_a_route_of_theirs_it_is_refused_with_its_url(left, call):
    with InvokeAsyncMock() as ours:
        with pytest.raises(UnmockedLambdaCall, match=f"GET {OTHER}"):
            call("GET", OTHER)
        ours.unmocked_calls.clear()
    assert left == []
