"""Other calls of aiobotocore to AWS Lambda: refused, unless they stay on the machine."""

from __future__ import annotations

import functools
import sys

import pytest
from botocore import UNSIGNED
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)
from test_faults import close, listening, nobody

pytest.importorskip("aiobotocore")
pytest.importorskip("anyio")

from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import AioSession

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall, options
from pytest_invokeasync.clients.activation import set_guard
from pytest_invokeasync.seams.interception import Guard

pytestmark = pytest.mark.anyio

LIST_FUNCTIONS = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions"
KEYS = {"aws_access_key_id": "AKIDREAL", "aws_secret_access_key": "secret"}
in_every_mode = pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])


class Left(Exception):
    """What would have left for the network."""


@pytest.fixture
def session_class(library):
    """The class of the HTTP sessions."""
    if library == "aiohttp":
        return AIOHTTPSession
    return sys.modules["aiobotocore.httpxsession"].HttpxSession


@pytest.fixture
def left(monkeypatch, session_class):
    """What left, not counting what a mock or the guard kept here. Ask for it before them."""
    urls = []

    async def send(session, request):
        urls.append(request.url.split("?")[0])
        raise Left

    monkeypatch.setattr(session_class, "send", send)
    return urls


def list_functions_line():
    return f"{__file__}:{list_functions.__code__.co_firstlineno + 1}"


async def list_functions(client):
    return await client.list_functions()


@in_every_mode
async def test_another_call_is_refused_at_once_whatever_is_retried(invokeasync, make_client, mode):
    async with make_client(config={"retries": {"mode": mode}}, **KEYS) as client:
        with pytest.raises(UnmockedLambdaCall, match="only InvokeAsync is mocked here") as refusal:
            await list_functions(client)

    [call] = invokeasync.unmocked_calls
    assert refusal.value.call == call
    assert (call.method, call.url.rstrip("/")) == ("GET", LIST_FUNCTIONS)
    assert call.caller == list_functions_line()
    assert not isinstance(refusal.value, ClientError | BotoCoreError)
    invokeasync.unmocked_calls.clear()


async def test_a_client_without_credentials_meets_the_refusal_too(invokeasync, make_client):
    async with make_client(session=AioSession()) as client:
        with pytest.raises(UnmockedLambdaCall):
            await list_functions(client)

    invokeasync.unmocked_calls.clear()


def assert_no_line_of_ours_is_in(raised):
    shown = [str(entry.path) for entry in raised.traceback.filter(raised)]
    assert [path for path in shown if "pytest_invokeasync" in path] == []
    assert len(shown) > 1


async def test_tracebacks_show_no_line_of_ours(invokeasync, make_client):
    invokeasync.add_fault("ReadTimeout")
    async with make_client(**KEYS) as client:
        with pytest.raises(UnmockedLambdaCall) as refusal:
            await list_functions(client)
        with pytest.raises(ReadTimeoutError) as failure:
            await client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    for raised in (refusal, failure):
        assert_no_line_of_ours_is_in(raised)
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize("endpoint", ["fips", "vpc"])
async def test_it_is_refused_at_every_endpoint_of_aws(invokeasync, make_client, endpoint):
    url = {
        "fips": "https://lambda-fips.us-west-2.amazonaws.com",
        "vpc": "https://vpce-1a2b.lambda.us-east-1.vpce.amazonaws.com",
    }[endpoint]
    async with make_client(endpoint_url=url, **KEYS) as client:
        with pytest.raises(UnmockedLambdaCall):
            await list_functions(client)

    invokeasync.unmocked_calls.clear()


async def test_a_call_to_this_machine_passes(invokeasync, make_client):
    def no_functions(connection):
        connection.sendall(
            b'HTTP/1.1 200 OK\r\ncontent-length: 16\r\nconnection: close\r\n\r\n{"Functions":[]}'
        )

    with listening(no_functions) as url:
        async with make_client(endpoint_url=url, **KEYS) as client:
            assert (await list_functions(client))["Functions"] == []

    assert invokeasync.unmocked_calls == []


async def test_other_services_pass(left, invokeasync, make_client):
    async with make_client("s3", **KEYS) as client:
        with pytest.raises(Left):
            await client.list_buckets()

    assert [url.rstrip("/") for url in left] == ["https://s3.amazonaws.com"]


async def test_with_pass_it_goes_where_it_went_before(left, make_client):
    with InvokeAsyncMock(other_lambda_calls="pass"):
        async with make_client(**KEYS) as client:
            with pytest.raises(Left):
                await list_functions(client)

    assert [url.rstrip("/") for url in left] == [LIST_FUNCTIONS]


# Somebody else's send below ours.


async def test_what_another_mock_answers_is_not_refused(monkeypatch, session_class, make_client):
    answered = "an answer of their own"

    async def send(session, request):
        raise LookupError(answered)

    monkeypatch.setattr(session_class, "send", send)

    with InvokeAsyncMock() as mock:
        async with make_client(**KEYS) as client:
            with pytest.raises(LookupError, match=answered):
                await list_functions(client)

    assert mock.unmocked_calls == []


async def test_what_another_mock_passes_on_is_refused_at_its_connection(
    monkeypatch, session_class, make_client
):
    real_send = session_class.send

    async def send(session, request):
        return await real_send(session, request)

    monkeypatch.setattr(session_class, "send", send)

    with InvokeAsyncMock() as mock:
        async with make_client(**KEYS) as client:
            with pytest.raises(UnmockedLambdaCall) as refusal:
                await list_functions(client)
        assert len(mock.unmocked_calls) == 1
        mock.unmocked_calls.clear()

    assert_no_line_of_ours_is_in(refusal)


async def test_what_a_tracer_wraps_is_refused_at_once(monkeypatch, session_class, make_client):
    real_send, traced = session_class.send, []

    @functools.wraps(real_send)
    async def send(session, request):
        traced.append(request.url)
        return await real_send(session, request)

    monkeypatch.setattr(session_class, "send", send)

    with InvokeAsyncMock() as mock:
        async with make_client(**KEYS) as client:
            with pytest.raises(UnmockedLambdaCall):
                await list_functions(client)
        mock.unmocked_calls.clear()

    assert traced == []


# The guard.


@pytest.fixture
def guard():
    guard = Guard(options.build({}))
    set_guard(guard)
    yield guard
    set_guard(None)


async def test_the_guard_refuses_any_lambda_call_without_a_mock(guard, make_client):
    async with make_client(**KEYS) as client:
        with pytest.raises(UnmockedLambdaCall, match="while no invokeasync mock was active"):
            await client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
        with pytest.raises(UnmockedLambdaCall, match="while no invokeasync mock was active"):
            await list_functions(client)

    assert len(guard.take()) == 2


def test_the_guard_meets_an_aiobotocore_that_is_imported_later(pytester):
    pytester.makeini("[pytest]\ninvokeasync_guard = true")
    pytester.makepyfile(
        """
        import asyncio, sys
        import pytest
        from pytest_invokeasync import UnmockedLambdaCall

        def test_one():
            assert "aiobotocore" not in sys.modules
            from aiobotocore.session import get_session

            async def main():
                async with get_session().create_client("lambda", "us-east-1") as client:
                    await client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

            with pytest.raises(UnmockedLambdaCall):
                asyncio.run(main())
        """
    )

    result = pytester.runpytest_subprocess("-p", "no:anyio", timeout=60)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*refused since invokeasync_guard is on:", "  POST *, called from *"]
    )


async def test_an_unsigned_client_is_refused_too(invokeasync, make_client):
    async with make_client(config={"signature_version": UNSIGNED}) as client:
        with pytest.raises(UnmockedLambdaCall):
            await list_functions(client)

    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize(
    ("peer", "exceptions"),
    [
        (nobody, EndpointConnectionError),
        # httpx does not tell a closed connection from other failures.
        (lambda: listening(close), HTTPClientError),
    ],
    ids=["nobody", "one-that-hangs-up"],
)
async def test_a_failure_of_another_service_is_told_as_ever(
    invokeasync, make_client, peer, exceptions
):
    once = {"retries": {"total_max_attempts": 1}}
    with peer() as url:
        async with make_client("s3", endpoint_url=url, config=once, **KEYS) as client:
            with pytest.raises(exceptions):
                await client.list_buckets()
