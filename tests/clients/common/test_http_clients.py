"""Hand-made requests by urllib3, httpx and aiohttp: answered as those of requests are."""

from __future__ import annotations

import asyncio
import errno
import threading
from datetime import timedelta
from pathlib import Path

import aiohttp
import httpx
import httpx2
import pytest
import trio
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from calls import steps

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall
from pytest_invokeasync.clients.urllib3 import Call, answering
from pytest_invokeasync.seams import stack

HOST = "https://lambda.eu-west-1.amazonaws.com"
PATH = "/2014-11-13/functions/orders/invoke-async/"
INVOKE = "/2015-03-31/functions/orders/invocations?Qualifier=7"
LIST = "/2015-03-31/functions"
TIMEOUT = 5


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers.items()}


def by_urllib3(method, url, body=None, headers=None, **how):
    response = urllib3.PoolManager().request(
        method, url, body=body, headers=headers, retries=False, timeout=TIMEOUT, **how
    )
    return Answer(response.status, response.data, response.headers)


def by_a_pool_of_urllib3(method, url, body=None, headers=None):
    pool = urllib3.connection_from_url(url)
    path = urllib3.util.parse_url(url).request_uri
    response = pool.urlopen(method, path, body, headers, False)
    return Answer(response.status, response.data, response.headers)


def by_httpx(method, url, body=None, headers=None, *, of=httpx):
    response = of.request(method, url, content=body, headers=headers, timeout=TIMEOUT)
    return Answer(response.status_code, response.content, response.headers)


def by_httpx2(method, url, body=None, headers=None):
    return by_httpx(method, url, body, headers, of=httpx2)


async def call_httpx(method, url, body=None, headers=None):
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        response = await client.request(method, url, content=body, headers=headers)
        return Answer(response.status_code, response.content, response.headers)


async def call_aiohttp(method, url, body=None, headers=None):
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=body, headers=headers) as response,
    ):
        return Answer(response.status, await response.read(), response.headers)


def by_async_httpx(*args):
    return asyncio.run(call_httpx(*args))


def by_aiohttp(*args):
    return asyncio.run(call_aiohttp(*args))


CLIENTS = [
    by_urllib3,
    by_a_pool_of_urllib3,
    by_httpx,
    by_httpx2,
    by_async_httpx,
    by_aiohttp,
]
by_each = pytest.mark.parametrize("send", CLIENTS, ids=lambda send: send.__name__)


@by_each
def test_an_event_is_queued_and_answered(invokeasync, send):
    answer = send("POST", HOST + PATH, b'{"id": 42}')

    event = invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert (answer.status, answer.body) == (202, b"")
    assert answer.headers["x-amzn-requestid"] == event.request_id
    assert answer.headers["content-type"] == "application/json"
    assert event.region == "eu-west-1"


@by_each
def test_so_is_one_of_invoke(invokeasync, send):
    answer = send("POST", HOST + INVOKE, b"1", {"x-amz-invocation-type": "Event"})

    assert (answer.status, answer.body) == (202, b"")
    assert "content-type" not in answer.headers
    invokeasync.assert_queued_once("orders", payload=1, qualifier="7", api="Invoke")


@by_each
def test_a_dry_run_has_no_body_and_queues_nothing(invokeasync, send):
    answer = send("POST", HOST + INVOKE, b"1", {"X-Amz-Invocation-Type": "DryRun"})

    assert (answer.status, answer.body) == (204, b"")
    assert invokeasync.events == []


@by_each
def test_any_host_will_do(invokeasync, send):
    send("POST", f"http://127.0.0.1:9/prefix{PATH}", b"1")
    send("POST", f"http://[::1]:9{PATH}", b"2")

    assert [event.payload for event in invokeasync.events] == [1, 2]


@by_each
def test_an_error_is_an_answer(invokeasync, send):
    invokeasync.add_error("ResourceConflictException", message="Later.")

    answer = send("POST", HOST + PATH, b"{}")

    assert answer.status == 409
    assert answer.body == b'{"Type":"User","message":"Later."}'
    assert answer.headers["x-amzn-errortype"] == "ResourceConflictException"


@by_each
def test_the_line_that_called_is_known(invokeasync, send):
    send("POST", HOST + PATH, b"{}")

    file, _, line = invokeasync.get_invocation().caller.rpartition(":")
    assert Path(file) == Path(__file__)
    assert line.isdigit()


@by_each
def test_headers_are_recorded_as_they_were_sent(invokeasync, send):
    send("POST", HOST + PATH, b"{}", {"X-Amzn-Trace-Id": "Root=1"})

    assert invokeasync.get_invocation().headers["x-amzn-trace-id"] == "Root=1"


@pytest.mark.invokeasync(signatures="verify")
@by_each
def test_signatures_are_verified(invokeasync, send):
    invokeasync.register_key("AKIDEXAMPLE", "secret")
    request = AWSRequest("POST", HOST + INVOKE, {"X-Amz-Invocation-Type": "Event"}, b"{}")
    SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "lambda", "eu-west-1").add_auth(request)
    headers = dict(request.headers)

    assert send("POST", HOST + INVOKE, b"{}", headers).status == 202
    answer = send("POST", HOST + INVOKE, b"[]", headers)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert "signature refused: invocation 2 of orders" in "".join(invokeasync.find_problems())
    invokeasync._service.findings.refused_signatures.clear()


@by_each
def test_what_a_callback_raises_comes_through(invokeasync, send):
    class Own(Exception):
        pass

    def fail(_):
        raise Own("mine")

    invokeasync.add_callback(fail)

    with pytest.raises(Own, match="mine"):
        send("POST", HOST + PATH, b"{}")
    assert invokeasync.get_invocation().attempts[0].fault == "Own"


# Faults: each library's own exceptions.

FAULTS = {
    "ConnectTimeout": ("ConnectTimeoutError", "ConnectTimeout", "ServerTimeoutError"),
    "ReadTimeout": ("ReadTimeoutError", "ReadTimeout", "ServerTimeoutError"),
    "ConnectionClosed": ("ProtocolError", "RemoteProtocolError", "ServerDisconnectedError"),
    "ConnectionRefused": ("NewConnectionError", "ConnectError", "ClientConnectorError"),
    "NameResolution": ("NewConnectionError", "ConnectError", "ClientConnectorError"),
    "TLSFailure": ("SSLError", "ConnectError", "ClientConnectorCertificateError"),
    "TruncatedAnswer": ("ProtocolError", "RemoteProtocolError", "ClientPayloadError"),
}


def kind_of(send, names):
    if "urllib3" in send.__name__:
        return getattr(urllib3.exceptions, names[0])
    if "httpx" in send.__name__:
        return getattr(httpx2 if send is by_httpx2 else httpx, names[1])
    return getattr(aiohttp, names[2])


@by_each
@pytest.mark.parametrize(("fault", "names"), FAULTS.items(), ids=FAULTS)
def test_a_fault_is_the_library_s_own_exception(invokeasync, send, fault, names):
    invokeasync.add_fault(fault)
    kind = kind_of(send, names)

    with pytest.raises(kind):
        send("POST", HOST + PATH, b"{}")

    assert invokeasync.get_invocation().attempts[0].fault == fault


@by_each
@pytest.mark.parametrize("fault", ["BadGatewayPage", "GatewayTimeoutPage"])
def test_a_page_is_an_answer(invokeasync, send, fault):
    invokeasync.add_fault(fault)

    assert b"<html>" in send("POST", HOST + PATH, b"{}").body


@by_each
def test_an_answer_may_get_lost(invokeasync, send):
    invokeasync.add_fault("LostAnswer")

    with pytest.raises(kind_of(send, FAULTS["ReadTimeout"])):
        send("POST", HOST + PATH, b"{}")

    invokeasync.assert_queued_once("orders")


def test_a_refused_connection_says_so_to_aiohttp(invokeasync):
    invokeasync.add_fault("ConnectionRefused")

    with pytest.raises(aiohttp.ClientConnectorError) as raised:
        by_aiohttp("POST", HOST + PATH, b"{}")

    assert raised.value.errno == errno.ECONNREFUSED
    assert raised.value.host == "lambda.eu-west-1.amazonaws.com"


# What is not ours.


@by_each
def test_another_lambda_call_is_refused(invokeasync, send, left):
    with pytest.raises(UnmockedLambdaCall):
        send("GET", HOST + LIST)

    assert left == []
    [call] = invokeasync.unmocked_calls
    assert (call.method, call.url) == ("GET", HOST + LIST)
    assert Path(call.caller.rpartition(":")[0]) == Path(__file__)
    invokeasync.unmocked_calls.clear()


@by_each
def test_so_is_a_synchronous_invoke(invokeasync, send, left):
    with pytest.raises(UnmockedLambdaCall):
        send("POST", HOST + INVOKE, b"{}")

    assert left == []
    invokeasync.unmocked_calls.clear()


@by_each
@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_with_pass_other_calls_go_on_and_ours_are_answered(invokeasync, send, left):
    with pytest.raises(Exception, match=r"lambda\.eu-west-1"):
        send("GET", HOST + LIST)

    assert left[-1] in ("lambda.eu-west-1.amazonaws.com", b"lambda.eu-west-1.amazonaws.com")
    assert send("POST", HOST + PATH, b"{}").status == 202


@by_each
def test_everything_else_reaches_its_server(invokeasync, send, loopback):
    assert send("POST", f"{loopback.url}/orders", b"body").body == b"{}"
    assert send("GET", loopback.url + PATH).status == 200

    assert loopback.requests == ["POST /orders body", f"GET {PATH}"]
    assert invokeasync.invocations == []


@by_each
def test_without_a_mock_nothing_is_answered(send, loopback):
    with InvokeAsyncMock():
        pass

    assert send("POST", loopback.url + PATH, b"{}").status == 200


# The ways of sending a body.


@pytest.mark.parametrize(
    "make",
    [
        lambda: b'{"id": 42}',
        lambda: (part for part in [b'{"id"', b": 42}"]),
    ],
    ids=["whole", "in chunks"],
)
@pytest.mark.parametrize("send", [by_urllib3, by_httpx], ids=lambda send: send.__name__)
def test_a_body_may_come_in_chunks(invokeasync, send, make):
    send("POST", HOST + PATH, make())

    assert invokeasync.get_invocation().body == b'{"id": 42}'


async def chunks():
    yield b'{"id"'
    await asyncio.sleep(0)
    yield b": 42}"


@pytest.mark.parametrize("call", [call_httpx, call_aiohttp], ids=lambda call: call.__name__)
@pytest.mark.parametrize(
    "make",
    [chunks, lambda: b'{"id": 42}', lambda: b'{"id":' + b" " * 200_000 + b"42}"],
    ids=["chunks", "whole", "large"],
)
def test_of_an_async_client_too(invokeasync, call, make):
    async def main():
        return await call("POST", HOST + PATH, make())

    assert asyncio.run(main()).status == 202
    assert invokeasync.get_invocation().payload == {"id": 42}


def test_ten_times_the_chunks_of_aiohttp_are_ten_times_the_work(invokeasync):
    async def many(count):
        for _ in range(count):
            yield b" " * 100
        yield b"42"

    def taken(count):
        return steps(lambda: by_aiohttp("POST", HOST + PATH, many(count)))

    taken(1)  # What the first call alone needs.

    # A part of each call is the same for all.
    assert taken(400) < 10 * taken(40)
    assert [event.payload for event in invokeasync.events] == [42, 42, 42]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
def test_httpx_says_how_long_an_answer_took(invokeasync, library):
    async def main():
        async with library.AsyncClient() as client:
            response = await client.post(HOST + PATH, content=b"2")
            async with client.stream("POST", HOST + PATH, content=b"3") as streamed:
                assert await streamed.aread() == b""
        return response, streamed

    with library.Client() as client:
        response = client.post(HOST + PATH, content=b"1")

    for each in (response, *asyncio.run(main())):
        assert each.elapsed >= timedelta(0)
        assert each.is_closed
    assert [event.payload for event in invokeasync.events] == [1, 2, 3]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
def test_an_answer_of_httpx_may_be_streamed(invokeasync, library):
    invokeasync.add_error("ResourceConflictException", message="Later.")

    with library.stream("POST", HOST + PATH, content=b"{}") as response:
        assert not response.is_stream_consumed
        assert b"".join(response.iter_raw()) == b'{"Type":"User","message":"Later."}'


def test_aiohttp_may_wait_to_be_told_to_go_on(invokeasync):
    async def main():
        async with (
            aiohttp.ClientSession() as session,
            session.post(HOST + PATH, data=b"1", expect100=True) as response,
        ):
            return response.status

    assert asyncio.run(main()) == 202
    invokeasync.assert_queued_once("orders", payload=1)


def test_a_session_of_aiohttp_never_reuses_what_was_no_connection(invokeasync, loopback):
    async def main():
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
            for _ in range(3):
                async with session.post(loopback.url + PATH, data=b"1") as response:
                    assert response.status == 202
                async with session.get(loopback.url + "/other") as response:
                    assert response.status == 200

    asyncio.run(main())

    assert loopback.requests == ["GET /other"] * 3
    invokeasync.assert_queued("orders", times=3)


@pytest.fixture
def transports(monkeypatch):
    """Those that the protocols of aiohttp get."""
    found = []
    made = aiohttp.client_proto.ResponseHandler.connection_made

    def connection_made(protocol, transport):
        found.append(transport)
        made(protocol, transport)

    monkeypatch.setattr(aiohttp.client_proto.ResponseHandler, "connection_made", connection_made)
    return found


def test_what_aiohttp_writes_after_a_request_is_not_another_one(invokeasync, transports):
    async def main():
        task = asyncio.create_task(call_aiohttp("POST", HOST + PATH, b"{}"))
        while not (invokeasync.invocations or task.done()):
            await asyncio.sleep(0)
        for _ in ("before the answer", "after it"):
            # Not every release of aiohttp writes lines.
            transports[0].writelines([b"GET ", b"/ HTTP/1.1\r\n\r\n"])
            assert transports[0].get_write_buffer_size() == 0
            await task

    asyncio.run(main())

    assert len(transports) == len(invokeasync.invocations) == 1


def test_aiohttp_may_read_an_answer_bit_by_bit(invokeasync):
    invokeasync.add_error("ResourceConflictException", message="Later. " * 10)

    async def main():
        async with (
            aiohttp.ClientSession(read_bufsize=1) as session,
            session.post(HOST + PATH, data=b"{}") as response,
        ):
            return (await response.json())["message"]

    assert asyncio.run(main()) == "Later. " * 10


@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
def test_another_mock_of_httpx_answers_instead(library, monkeypatch):
    async def handle_async_request(transport, request):
        return library.Response(418)

    async def main():
        async with library.AsyncClient() as client:
            return await client.post(HOST + PATH, content=b"{}")

    monkeypatch.setattr(
        library.HTTPTransport, "handle_request", lambda transport, request: library.Response(418)
    )
    monkeypatch.setattr(library.AsyncHTTPTransport, "handle_async_request", handle_async_request)

    with InvokeAsyncMock() as mock:
        assert library.post(HOST + PATH, content=b"{}").status_code == 418
        assert asyncio.run(main()).status_code == 418

    assert mock.invocations == mock.unmocked_calls == []


@pytest.mark.parametrize("call", [call_httpx, call_aiohttp], ids=lambda call: call.__name__)
def test_calls_of_many_tasks_go_on_at_once(invokeasync, call):
    async def main():
        await asyncio.gather(*(call("POST", HOST + PATH, b"%d" % n) for n in range(20)))

    asyncio.run(main())

    assert sorted(event.payload for event in invokeasync.events) == list(range(20))


@pytest.mark.parametrize("call", [call_httpx, call_aiohttp], ids=lambda call: call.__name__)
def test_a_call_that_is_cancelled_queues_nothing(invokeasync, call):
    async def main():
        task = asyncio.create_task(call("POST", HOST + PATH, b"{}"))
        while not (invokeasync.invocations or task.done()):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert invokeasync.events == []
    assert invokeasync.get_invocation().attempts[0].fault == "CancelledError"


def test_httpx_runs_on_trio_too(invokeasync):
    async def main():
        return (await call_httpx("POST", HOST + PATH, b"{}")).status

    assert trio.run(main) == 202


def test_a_pool_of_urllib3_may_be_used_by_many_threads(invokeasync):
    pool = urllib3.PoolManager()
    threads = [
        threading.Thread(target=pool.request, args=("POST", HOST + PATH), kwargs={"body": b"{}"})
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    invokeasync.assert_queued("orders", times=10)


def test_a_proxy_of_urllib3_is_not_connected_to(invokeasync):
    proxy = urllib3.ProxyManager("http://127.0.0.1:9", proxy_headers={"proxy-authorization": "x"})

    assert proxy.request("POST", HOST + PATH, body=b"{}").status == 202
    assert proxy.request("POST", f"http://shop.example{PATH}", body=b"{}").status == 202
    with pytest.raises(UnmockedLambdaCall):
        proxy.request("GET", HOST + LIST)
    invokeasync.unmocked_calls.clear()
    assert "proxy-authorization" not in invokeasync.invocations[0].headers


@pytest.mark.parametrize("text", ['{"a": "\xe9"}', '{"a": "\u65e5"}'], ids=["latin", "other"])
def test_urllib3_sends_text_as_its_release_does(loopback, text):
    """As Latin-1 before release 2, which refuses what that has not, and as UTF-8 since."""

    def outcome(url):
        try:
            by_urllib3("POST", url, text)
        except UnicodeEncodeError as error:
            return type(error)
        return None

    real = outcome(loopback.url + "/orders")
    with InvokeAsyncMock() as mock:
        mocked = outcome(HOST + PATH)

    assert real is mocked
    assert [each.body for each in mock.invocations] == loopback.bodies


def test_of_urllib3_1_26_the_pool_makes_the_response(invokeasync):
    """And text is sent as http.client encodes it."""
    names = vars(urllib3.connectionpool)
    url = HOST + PATH
    mock = stack.current()
    call = Call(mock, mock.route("POST", url, {}), url)
    pool = urllib3.connection_from_url(url)
    older = {name: names[name] for name in names if name != "BaseHTTPResponse"}

    with answering(pool, older, call) as answered:
        raw = answered._make_request(None, "POST", PATH, headers={}, body='{"a": "\xe9"}')

    assert (raw.status, raw.reason) == (400, "Bad Request")  # it is no UTF-8
    assert invokeasync.get_invocation().body == b'{"a": "\xe9"}'
