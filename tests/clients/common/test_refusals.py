"""No client library is a way out: what would leave for AWS Lambda never gets as far as its name.

Those of boto3 and of requests are in test_unmocked_calls.py.
"""

from __future__ import annotations

import _socket
import asyncio
import http.client
import socket
import urllib.request
from pathlib import Path

import aiohttp
import httpx
import pytest
import trio
import urllib3

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall
from pytest_invokeasync.clients import activation
from pytest_invokeasync.clients.neighbours import below
from pytest_invokeasync.options import build
from pytest_invokeasync.seams.interception import Guard

HOST = "lambda.us-east-1.amazonaws.com"
WITHOUT_REGION = "lambda.amazonaws.com"
PATH = "/2015-03-31/functions"
NOBODY = ("127.0.0.1", 9)
FREE = [
    "lambda.internal.example",
    "abcdefg.lambda-url.us-east-1.on.aws",
    "lambda.s3.amazonaws.com",
    "localhost",
]


@pytest.fixture(params=["mock", "guard"])
def refuser(request):
    """An active mock, or the guard of a whole run: ``unmocked_calls`` is what it refused."""
    if request.param == "mock":
        with InvokeAsyncMock() as mock:
            yield mock
            mock.unmocked_calls.clear()
        return
    guard = Guard(build({}))
    activation.set_guard(guard)
    yield guard
    activation.set_guard(None)


class LookedUp(OSError):
    """In place of a name's addresses."""


@pytest.fixture(autouse=True)
def looked_up(monkeypatch):
    """The names that Python's own functions have asked the system for."""
    names = []

    def look_up(host, *_):
        names.append(host.decode() if isinstance(host, bytes) else host)
        raise LookedUp(host)

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(_socket, "getaddrinfo", look_up)
    return names


# Those that send a request.


def by_urllib3(host):
    urllib3.PoolManager().request("GET", f"https://{host}{PATH}", retries=False)


def by_httpx(host):
    httpx.get(f"https://{host}{PATH}")


def by_async_httpx(host):
    async def main():
        async with httpx.AsyncClient() as client:
            await client.get(f"https://{host}{PATH}")

    asyncio.run(main())


def by_aiohttp(host):
    async def main():
        async with aiohttp.ClientSession() as session, session.get(f"https://{host}{PATH}"):
            pass

    asyncio.run(main())


def by_http_client(host):
    http.client.HTTPSConnection(host).request("GET", PATH)


def by_urllib_request(host):
    urllib.request.urlopen(f"https://{host}{PATH}")


# Those that connect.


def by_getaddrinfo(host):
    socket.getaddrinfo(host, 443)


def by_named_arguments(host):
    socket.getaddrinfo(host=host.encode(), port=b"443")


def by_create_connection(host):
    socket.create_connection((host, 443))


def by_an_open_connection(host):
    http.client.HTTPSConnection(host).connect()


def by_a_loop(host):
    async def main():
        await asyncio.get_running_loop().getaddrinfo(host, 443)

    asyncio.run(main())


def by_asyncio_streams(host):
    async def main():
        await asyncio.open_connection(host, 443)

    asyncio.run(main())


def by_trio(host):
    async def main():
        await trio.open_tcp_stream(host, 443)

    trio.run(main)


SENDING = [
    by_urllib3,
    by_httpx,
    by_async_httpx,
    by_aiohttp,
    by_http_client,
    by_urllib_request,
]
CONNECTING = [
    by_getaddrinfo,
    by_named_arguments,
    by_create_connection,
    by_an_open_connection,
    by_a_loop,
    by_asyncio_streams,
    by_trio,
]
by_each = pytest.mark.parametrize("send", SENDING + CONNECTING, ids=lambda send: send.__name__)


@by_each
def test_no_name_of_lambda_is_looked_up(refuser, looked_up, send):
    for host in HOST, WITHOUT_REGION:
        with pytest.raises(UnmockedLambdaCall):
            send(host)

    assert looked_up == []
    expected = (
        [("GET", f"https://{HOST}{PATH}"), ("GET", f"https://{WITHOUT_REGION}{PATH}")]
        if send in SENDING
        else [("CONNECT", f"{HOST}:443"), ("CONNECT", f"{WITHOUT_REGION}:443")]
    )
    assert [(call.method, call.url) for call in refuser.unmocked_calls] == expected


@pytest.mark.parametrize("name", ["gethostbyname", "gethostbyname_ex"])
def test_nor_by_the_oldest_functions(refuser, name):
    with pytest.raises(UnmockedLambdaCall):
        getattr(socket, name)(HOST)

    [call] = refuser.unmocked_calls
    assert (call.method, call.url) == ("CONNECT", HOST)
    assert "127.0.0.1" in getattr(socket, name)("127.0.0.1")


def send_in_vain(send, host):
    try:
        send(host)
    except Exception as error:
        return error
    pytest.fail("it went through")


@by_each
def test_every_other_name_is(refuser, looked_up, send):
    for host in FREE:
        assert not isinstance(send_in_vain(send, host), UnmockedLambdaCall)

    assert list(dict.fromkeys(looked_up)) == FREE
    assert refuser.unmocked_calls == []


@pytest.mark.parametrize("send", [by_http_client, by_urllib_request, by_create_connection])
def test_the_line_that_called_is_known(refuser, send):
    with pytest.raises(UnmockedLambdaCall) as raised:
        send(HOST)

    assert Path(raised.value.call.caller.rpartition(":")[0]) == Path(__file__)


def test_an_event_by_urllib_request_is_refused_and_not_lost(refuser):
    url = f"https://{HOST}/2014-11-13/functions/orders/invoke-async/"

    with pytest.raises(UnmockedLambdaCall):
        urllib.request.urlopen(url, data=b"{}")

    assert [(call.method, call.url) for call in refuser.unmocked_calls] == [("POST", url)]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_of_urllib_request_is_not_connected_to(refuser, looked_up, monkeypatch, scheme):
    monkeypatch.delenv("NO_PROXY")
    proxy = urllib.request.ProxyHandler({scheme: f"http://{NOBODY[0]}:{NOBODY[1]}"})

    with pytest.raises(UnmockedLambdaCall):
        urllib.request.build_opener(proxy).open(f"{scheme}://{HOST}{PATH}")

    assert [call.url for call in refuser.unmocked_calls] == [f"{scheme}://{HOST}{PATH}"]
    assert looked_up == []


def test_nor_is_the_end_of_a_tunnel(refuser, looked_up):
    connection = http.client.HTTPSConnection(*NOBODY)
    connection.set_tunnel(HOST)

    with pytest.raises(UnmockedLambdaCall):
        connection.request("GET", PATH)

    assert looked_up == []


@pytest.mark.parametrize("send", [by_http_client, by_create_connection])
def test_where_other_calls_may_pass_they_do(looked_up, send):
    with InvokeAsyncMock(other_lambda_calls="pass") as mock, pytest.raises(LookedUp):
        send(HOST)

    assert looked_up == [HOST]
    assert mock.unmocked_calls == []


@by_each
def test_without_a_mock_nothing_is_refused(looked_up, send):
    with InvokeAsyncMock():
        pass

    assert not isinstance(send_in_vain(send, HOST), UnmockedLambdaCall)
    assert set(looked_up) == {HOST}


def test_what_a_test_has_put_in_place_of_a_lookup_is_asked(invokeasync, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: ["an address"])

    assert socket.getaddrinfo(HOST, 443) == ["an address"]


def test_of_a_client_that_is_not_answered_it_says_which_are(mock):
    url = f"https://{HOST}/2014-11-13/functions/orders/invoke-async/"

    with pytest.raises(UnmockedLambdaCall) as raised:
        urllib.request.urlopen(url, b"{}")

    assert (
        "this would have left for AWS Lambda by a client that is not answered here, such as "
        "http.client or urllib.request. Calls of boto3, aiobotocore, requests, urllib3, httpx and "
        "aiohttp are. Use one of these, or the url of an InvokeAsyncServer."
    ) in str(raised.value)
    with pytest.raises(UnmockedLambdaCall, match="a client that is not answered here"):
        socket.getaddrinfo(HOST, 443)


def test_what_mocket_looks_up_of_other_hosts_goes_on(mock):
    look_up = below.REAL_CONNECTION.make(lambda host: f"address of {host}", {})

    assert look_up("shop.example") == "address of shop.example"
    with pytest.raises(UnmockedLambdaCall):
        look_up(HOST)
