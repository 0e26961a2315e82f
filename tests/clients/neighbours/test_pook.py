"""pook stands above most clients, and is asked first: what it does not match is ours."""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request

import aiohttp
import httpx
import pytest
import requests
import urllib3
from both_calls import OTHER, OURS, by_boto3, by_httpx, by_requests, by_urllib3

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

pook = pytest.importorskip("pook")

SHOP = "https://shop.example/orders"


@pytest.fixture(autouse=True)
def _nothing_leaves(left):
    """A request that would is stopped."""


@pytest.fixture(params=["theirs first", "ours first"])
def beside(request):
    """Runs a function, given our mock, with an engine of theirs; they start in either order."""

    def run(body, **how):
        theirs, ours = pook.use(**how), InvokeAsyncMock()
        first, second = (theirs, ours) if request.param == "theirs first" else (ours, theirs)
        with first, second:
            # An exception would leave their engine active for ever.
            try:
                body(ours)
            except BaseException as error:
                failure = error
            else:
                return
            finally:
                ours.unmocked_calls.clear()
        raise failure

    return run


def by_async_httpx(url):
    async def main():
        async with httpx.AsyncClient() as session:
            answer = await session.post(url, content=b"{}")
            return answer.status_code if url == OURS else answer.json()

    return asyncio.run(main())


def by_aiohttp(url):
    async def main():
        async with aiohttp.ClientSession() as session, session.post(url, data=b"{}") as answer:
            return answer.status if url == OURS else await answer.json()

    return asyncio.run(main())


def by_urllib_request(url):
    with urllib.request.urlopen(url, data=b"{}") as answer:
        return json.loads(answer.read())


ANSWERED = [by_boto3, by_requests, by_urllib3, by_httpx, by_async_httpx, by_aiohttp]
# pook's own answers to aiohttp are broken with newer releases of it.
THEIRS = [by_boto3, by_requests, by_urllib3, by_httpx, by_async_httpx, by_urllib_request]


@pytest.mark.parametrize("call", THEIRS)
def test_another_lambda_call_is_theirs(beside, call):
    def body(ours):
        pook.post(OTHER, reply=200, response_json={"ok": 1})
        assert call(OTHER) == {"ok": 1}
        assert ours.unmocked_calls == []

    beside(body)


@pytest.mark.parametrize("network", [False, True])
@pytest.mark.parametrize("call", ANSWERED)
def test_what_they_do_not_match_is_ours(beside, call, network):
    def body(ours):
        pook.post(OTHER, reply=200, response_json={"ok": 1})
        assert call(OURS) == 202
        ours.assert_queued_once("orders", payload={})
        assert not pook.isdone()

    beside(body, network=network)


@pytest.mark.parametrize("call", [by_requests, by_urllib3, by_httpx])
def test_an_event_is_theirs_where_they_match_it(beside, call):
    def body(ours):
        pook.post(OURS, reply=418)
        assert call(OURS) == 418
        assert ours.invocations == []

    beside(body)


def test_that_of_boto3_is_ours_whatever_they_match(beside):
    def body(ours):
        pook.post(OURS, reply=418)
        assert by_boto3(OURS) == 202
        ours.assert_queued_once("orders")

    beside(body)


@pytest.mark.parametrize("call", [by_requests, by_urllib3])
def test_a_fault_of_ours_comes_through(beside, call):
    def body(ours):
        ours.add_fault("ReadTimeout")
        with pytest.raises((requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)):
            call(OURS)

    beside(body)


@pytest.mark.parametrize("call", [*ANSWERED, by_urllib_request])
def test_another_lambda_call_that_they_would_let_out_is_refused(beside, left, call):
    def body(ours):
        with pytest.raises(UnmockedLambdaCall):
            call(OTHER)
        assert left == []
        assert len(ours.unmocked_calls) == 1

    beside(body, network=True)


def test_one_that_they_refuse_is_refused_by_them(beside):
    def body(ours):
        with pytest.raises(pook.exceptions.PookNoMatches):
            by_requests(OTHER)
        assert ours.unmocked_calls == []

    beside(body)


def test_everything_else_is_theirs(beside, left):
    def body(ours):
        pook.post(SHOP, reply=200, response_json=[42])
        assert by_requests(SHOP) == [42]
        with pytest.raises(left.Error):
            by_requests("https://elsewhere.example/")
        assert ours.invocations == []

    beside(body, network=True)


@pytest.mark.parametrize("first_to_stop", ["theirs", "ours"])
def test_in_whatever_order_they_stop_nothing_stays(first_to_stop):
    before = vars(urllib3.HTTPConnectionPool)["urlopen"]
    theirs, ours = pook.use(), InvokeAsyncMock()
    theirs.__enter__()
    ours.start()
    if first_to_stop == "theirs":
        theirs.__exit__(None, None, None)
        ours.stop()
    else:
        ours.stop()
        theirs.__exit__(None, None, None)

    assert vars(urllib3.HTTPConnectionPool)["urlopen"] is before


# Names of theirs that the package relies on.


def test_each_of_their_clients_asks_their_engine_for_a_match(monkeypatch):
    asked = []

    def match(engine, request):
        asked.append((request.method, request.rawurl))
        raise pook.exceptions.PookNoMatches("no")

    module = sys.modules["pook.engine"]
    assert module.PookNoMatches is pook.exceptions.PookNoMatches
    with pook.use():
        monkeypatch.setattr(module.Engine, "match", match)
        for call in by_requests, by_httpx, by_urllib_request:
            with pytest.raises(pook.exceptions.PookNoMatches):
                call(SHOP)

    url = SHOP.replace("shop.example", "shop.example:443")
    assert asked == [("POST", url), ("POST", SHOP), ("POST", url)]
