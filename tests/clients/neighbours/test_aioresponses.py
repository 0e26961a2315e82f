"""aioresponses stands above us: it answers what it matches, and refuses or passes on the rest."""

from __future__ import annotations

import asyncio

import aiohttp
import boto3
import pytest

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

aioresponses = pytest.importorskip("aioresponses")

HOST = "https://lambda.us-east-1.amazonaws.com"
OURS = f"{HOST}/2014-11-13/functions/orders/invoke-async/"
OTHER = f"{HOST}/2015-03-31/functions/orders/invocations"


@pytest.fixture(autouse=True)
def _nothing_leaves(left):
    """A request that would is stopped."""


@pytest.fixture(params=["theirs first", "ours first"])
def beside(request):
    """Our mock and theirs, started in either order. Theirs passes on what it does not match."""
    ours, theirs = InvokeAsyncMock(), aioresponses.aioresponses(passthrough_unmatched=True)
    first, second = (theirs, ours) if request.param == "theirs first" else (ours, theirs)
    with first, second:
        yield ours, theirs
        ours.unmocked_calls.clear()


def post(url):
    async def main():
        async with aiohttp.ClientSession() as session, session.post(url, data=b"{}") as answer:
            return answer.status

    return asyncio.run(main())


@pytest.mark.parametrize("url", [OURS, OTHER])
def test_what_they_match_is_theirs(beside, url):
    ours, theirs = beside
    # Its responses do not go with newer releases of aiohttp.
    theirs.post(url, exception=TimeoutError("theirs"))

    with pytest.raises(TimeoutError, match="theirs"):
        post(url)

    assert ours.invocations == ours.unmocked_calls == []


def test_what_they_refuse_is_refused_by_them(beside):
    ours, theirs = beside
    theirs.passthrough_unmatched = False

    with pytest.raises(aiohttp.ClientConnectionError, match="Connection refused: POST"):
        post(OURS)

    assert ours.invocations == []


def test_what_they_pass_on_is_answered_or_refused_here(beside, left):
    ours, _ = beside

    assert post(OURS) == 202
    with pytest.raises(UnmockedLambdaCall):
        post(OTHER)

    ours.assert_queued_once("orders")
    assert left == []


def test_boto3_is_ours(beside):
    ours, theirs = beside
    theirs.post(OURS, status=418)

    boto3.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    ours.assert_queued_once("orders")
