"""Each fault is what a session would raise if it really happened: both are tried, side by side."""

from __future__ import annotations

import contextlib
import sys
from asyncio.selector_events import BaseSelectorEventLoop

import pytest
from botocore import UNSIGNED
from botocore.exceptions import BotoCoreError, ClientError
from test_faults import really

from pytest_invokeasync import Fault, faults
from pytest_invokeasync.api.messages import Answer
from pytest_invokeasync.faults import Failure

pytest.importorskip("aiobotocore")
anyio = pytest.importorskip("anyio")

pytestmark = pytest.mark.anyio

NOBODY = "http://127.0.0.1:9"
PATH = "/2014-11-13/functions/orders/invoke-async"
# What aiobotocore on httpx tells no more of than what httpx said.
UNTOLD = (faults.ConnectionClosed, faults.TruncatedAnswer)


@contextlib.contextmanager
def no_route(monkeypatch):
    async def hang(*args, **kwargs):
        await anyio.sleep(30)

    with monkeypatch.context() as patch:
        patch.setattr(BaseSelectorEventLoop, "sock_connect", hang)
        if "trio" in sys.modules:
            patch.setattr("trio.open_tcp_stream", hang)
        yield NOBODY


def happening(fault, monkeypatch):
    """The fault itself, at an address."""
    # What blocks a thread does not stop an event loop.
    timeout = fault is faults.ConnectTimeout
    return no_route(monkeypatch) if timeout else really(fault, monkeypatch)


@pytest.fixture
def outcome_at(make_client):
    """A function that makes one call to an address, and returns what is raised."""

    async def outcome_at(url, **timeouts):
        once = {"signature_version": UNSIGNED, "retries": {"total_max_attempts": 1}}
        async with make_client(endpoint_url=url, config={**once, **timeouts}) as client:
            with anyio.fail_after(30), pytest.raises((ClientError, BotoCoreError)) as caught:
                await client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
        return caught.value

    return outcome_at


def short_timeout(fault):
    """What makes a client give up soon where nothing will come; else a busy machine has time."""
    timeouts = {Failure.CONNECT_TIMEOUT: "connect_timeout", Failure.READ_TIMEOUT: "read_timeout"}
    return {timeouts[fault.failure]: 0.2} if fault.failure in timeouts else {}


def seen(outcome):
    """What code can go by: the class, and for an answer what it says."""
    return type(outcome), str(outcome) if isinstance(outcome, ClientError) else None


@pytest.mark.parametrize("fault", faults.every(), ids=str)
async def test_it_is_raised_as_if_it_happened(request, monkeypatch, fault, outcome_at):
    scheme = "https" if fault is faults.TLSFailure else "http"
    with happening(fault, monkeypatch) as url:
        real = await outcome_at(url.replace("http", scheme, 1), **short_timeout(fault))

    invokeasync = request.getfixturevalue("invokeasync")
    invokeasync.add_fault(fault)
    scripted = await outcome_at(NOBODY)

    assert seen(scripted) == seen(real)


@pytest.mark.parametrize("fault", [f for f in faults.every() if f.failure or f in UNTOLD], ids=str)
async def test_the_message_names_the_endpoint(invokeasync, fault, outcome_at, library):
    if library != "aiohttp" and fault in UNTOLD:
        pytest.skip("aiobotocore does not name it here")
    invokeasync.add_fault(fault)

    assert NOBODY + PATH in str(await outcome_at(NOBODY))


@pytest.mark.parametrize("fault", faults.every(), ids=str)
async def test_what_was_delivered_is_queued_although_the_client_saw_a_failure(
    invokeasync, fault, outcome_at
):
    invokeasync.add_fault(fault, delivered=True)

    await outcome_at(NOBODY)

    event = invokeasync.assert_queued_once("orders")
    [attempt] = event.invocation.attempts
    assert (attempt.fault, attempt.request_id) == (fault.name, event.request_id)
    assert not event.invocation.accepted


async def test_each_time_it_is_another_object(invokeasync, outcome_at):
    invokeasync.add_fault(faults.ReadTimeout, times=2)

    assert await outcome_at(NOBODY) is not await outcome_at(NOBODY)


async def test_a_lost_answer_shows_the_duplicate_that_the_sdk_makes(invokeasync, make_client):
    invokeasync.add_fault(faults.LostAnswer)

    async with make_client(config={"retries": {"mode": "standard"}}) as client:
        await client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    assert len(invokeasync.get_invocation().attempts) == 2
    assert len({event.request_id for event in invokeasync.assert_queued("orders", times=2)}) == 2


async def test_an_answer_is_cut_however_its_length_is_spelled(invokeasync, outcome_at):
    raised = []
    for name in ("content-length", "Content-Length"):
        invokeasync.add_fault(Fault("Cut", answer=Answer(500, {name: "97"}, b"{")))
        raised.append(type(await outcome_at(NOBODY)))

    assert len(set(raised)) == 1
    assert not issubclass(raised[0], ClientError)
