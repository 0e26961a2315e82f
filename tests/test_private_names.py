"""The private names of other libraries that the package relies on.

A test that fails here, with a new release of a library, says what has to be looked at.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
from unittest import mock

import aiohttp
import boto3
import botocore.endpoint
import httpx
import httpx2
import moto.core.botocore_stubber
import moto.core.models
import pytest
import requests
import responses
import urllib3
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.endpoint import Endpoint
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.retries import standard
from botocore.signers import RequestSigner
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

URL = "https://shop.example/orders"
CREDENTIALS = Credentials("AKID", "secret")


class Raw:
    """What AWSResponse asks of the response of urllib3."""

    def stream(self):
        yield b'{"Message":"no"}'


@pytest.fixture
def failing_client():
    """A function that makes a client of a retry mode, which gets nothing but 500 and no network."""

    def make(mode, status=500):
        session = boto3.Session("AKID", "secret")
        config = Config(retries={"mode": mode, "total_max_attempts": 3})
        client = session.client("lambda", config=config)
        client.meta.events.register(
            "before-send", lambda request, **_: AWSResponse(request.url, status, {}, Raw())
        )
        return client

    return make


def invoke(client):
    with pytest.raises(client.exceptions.ClientError):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")


# responses.


def test_requestsmock_finds_a_match_and_the_reasons_against_it():
    own = responses.RequestsMock()
    registered = own.get(URL)
    hit = requests.Request("GET", URL).prepare()
    miss = requests.Request("POST", URL).prepare()

    assert own._find_match(hit) == (registered, [])
    assert own._find_match(miss) == (None, ["Method does not match"])


def test_requestsmock_asks_find_match_for_each_request(monkeypatch):
    lent = responses.Response("GET", URL, json=[42])
    monkeypatch.setattr(responses.RequestsMock, "_find_match", lambda *_: (lent, []))

    with responses.RequestsMock():
        assert requests.get(URL, timeout=5).json() == [42]


def test_requestsmock_holds_its_patcher_while_it_is_started():
    own = responses.RequestsMock()
    assert own._patcher is None

    own.start()
    try:
        assert own._patcher is not None
    finally:
        own.stop()

    assert own._patcher is None


def test_the_patcher_holds_what_it_will_bring_back():
    before = HTTPAdapter.__dict__["send"]
    other = lambda *_: None  # noqa: E731
    own = responses.RequestsMock()

    own.start()
    try:
        assert own._patcher.temp_original is before
        own._patcher.temp_original = other
    finally:
        own.stop()
        now = HTTPAdapter.__dict__["send"]
        HTTPAdapter.send = before

    assert now is other


def test_the_send_of_a_requestsmock_is_a_closure_over_it():
    own = responses.RequestsMock()

    held = [cell.cell_contents for cell in own.unbound_on_send().__closure__]

    assert held == [own]


def test_a_started_requestsmock_stands_as_that_closure():
    with responses.RequestsMock() as own:
        send = HTTPAdapter.__dict__["send"]

    assert [cell.cell_contents for cell in send.__closure__] == [own]


def test_a_response_says_whether_it_passes_through():
    assert responses.PassthroughResponse("GET", URL).passthrough is True
    assert responses.Response("GET", URL).passthrough is False


# requests and botocore: where requests leave.


@pytest.mark.parametrize(
    ("owner", "module"),
    [(HTTPAdapter, "requests.adapters"), (URLLib3Session, "botocore.httpsession")],
)
def test_a_real_send_is_a_function_of_its_library(owner, module):
    assert inspect.unwrap(owner.__dict__["send"]).__module__ == module


def test_botocore_looks_its_send_up_at_each_call(monkeypatch):
    session = boto3.Session("AKID", "secret")
    client = session.client("lambda", config=Config(retries={"total_max_attempts": 1}))
    sent = []

    def send(_, request):
        sent.append(request.url)
        return AWSResponse(request.url, 500, {}, Raw())

    monkeypatch.setattr(URLLib3Session, "send", send)
    invoke(client)

    assert len(sent) == 1


class Stop(Exception):
    """Ends a request at its connection."""


def test_requests_comes_to_a_connection_by_urlopen(monkeypatch):
    monkeypatch.setattr(HTTPConnectionPool, "urlopen", mock.Mock(side_effect=Stop))

    with pytest.raises(Stop):
        requests.get(URL, timeout=5)


def test_botocore_comes_to_a_connection_by_urlopen_and_wraps_what_that_raises(monkeypatch):
    stop = Stop()
    monkeypatch.setattr(HTTPConnectionPool, "urlopen", mock.Mock(side_effect=stop))

    with pytest.raises(HTTPClientError) as wrapped:
        URLLib3Session().send(AWSRequest("GET", URL).prepare())

    assert wrapped.value.kwargs["error"] is stop


# botocore: signing.


def test_the_signer_holds_its_credentials():
    events = boto3.Session().events

    signer = RequestSigner("lambda", "us-east-1", "lambda", "v4", CREDENTIALS, events)

    assert vars(signer)["_credentials"] is CREDENTIALS


def test_a_client_without_credentials_has_a_signer_without():
    client = boto3.Session().client("lambda")

    assert client._request_signer._credentials is None


def test_each_request_is_signed_by_sign(monkeypatch, failing_client):
    signed = []
    real_sign = RequestSigner.sign

    def sign(signer, operation_name, request, *args, **kwargs):
        signed.append((operation_name, request.method, request.url.split("?")[0].rstrip("/")))
        return real_sign(signer, operation_name, request, *args, **kwargs)

    monkeypatch.setattr(RequestSigner, "sign", sign)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    invoke(failing_client("standard"))

    url = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async"
    assert signed == [("InvokeAsync", "POST", url)] * 3


# botocore: retries.


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_needs_retry_knows_whose_request_it_is_about(monkeypatch, failing_client, mode):
    asked = []
    real_needs_retry = Endpoint._needs_retry

    def needs_retry(endpoint, attempts, operation_model, request_dict, *args, **kwargs):
        invocation_id = request_dict["context"]["retries"]["invocation-id"]
        asked.append((attempts, operation_model.name, invocation_id))
        return real_needs_retry(endpoint, attempts, operation_model, request_dict, *args, **kwargs)

    monkeypatch.setattr(Endpoint, "_needs_retry", needs_retry)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    client = failing_client(mode)
    sent = []
    client.meta.events.register_first(
        "before-send", lambda request, **_: sent.append(request.headers["amz-sdk-invocation-id"])
    )
    invoke(client)

    assert [(attempts, name) for attempts, name, _ in asked] == [
        (1, "InvokeAsync"),
        (2, "InvokeAsync"),
        (3, "InvokeAsync"),
    ]
    assert [invocation_id for *_, invocation_id in asked] == [
        value.decode() if isinstance(value, bytes) else value for value in sent
    ]


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_needs_retry_sleeps_by_the_time_of_its_module(monkeypatch, failing_client, mode):
    slept = []
    deciding = []
    real_needs_retry = Endpoint._needs_retry

    class Time:
        def __getattr__(self, name):
            return getattr(time, name)

        def sleep(self, seconds):
            slept.append((seconds, bool(deciding)))

    def needs_retry(*args, **kwargs):
        deciding.append(True)
        try:
            return real_needs_retry(*args, **kwargs)
        finally:
            deciding.clear()

    monkeypatch.setattr(botocore.endpoint, "time", Time())
    monkeypatch.setattr(Endpoint, "_needs_retry", needs_retry)
    invoke(failing_client(mode))

    assert [inside for _, inside in slept] == [True, True]
    assert all(seconds >= 0 for seconds, _ in slept)


def test_standard_mode_asks_its_quota_before_each_retry(monkeypatch, failing_client):
    asked = []

    def acquire_retry_quota(checker, context):
        asked.append(context)
        return False

    monkeypatch.setattr(standard.RetryQuotaChecker, "acquire_retry_quota", acquire_retry_quota)
    invoke(failing_client("standard"))

    assert len(asked) == 1


@pytest.mark.parametrize(("mode", "is_asked"), [("standard", False), ("adaptive", True)])
def test_adaptive_mode_alone_asks_is_throttling_error(monkeypatch, failing_client, mode, is_asked):
    asked = []

    def is_throttling_error(detector, **kwargs):
        asked.append(kwargs)
        return False

    monkeypatch.setattr(
        standard.ThrottlingErrorDetector, "is_throttling_error", is_throttling_error
    )
    monkeypatch.setattr(time, "sleep", lambda _: None)
    invoke(failing_client(mode))

    assert bool(asked) == is_asked


# moto.


def test_moto_answers_before_send_by_calling_its_stubber(monkeypatch):
    asked = []

    def answer(stubber, event_name, request, **kwargs):
        asked.append((event_name, request.method))
        return AWSResponse(request.url, 200, {}, Raw())

    client = boto3.Session("AKID", "secret").client("lambda")
    monkeypatch.setattr(moto.core.botocore_stubber.BotocoreStubber, "__call__", answer)
    client.list_functions()

    assert asked == [("before-send.lambda.ListFunctions", "GET")]


def test_moto_answers_requests_by_a_requestsmock_of_that_name():
    with moto.mock_aws():
        send = HTTPAdapter.__dict__["send"]

    [owner] = [cell.cell_contents for cell in send.__closure__]
    assert owner is moto.core.models.responses_mock
    assert isinstance(owner, responses.RequestsMock)


# urllib3, aiohttp, httpx: where their attempts are answered.


def test_a_pool_makes_each_attempt_on_a_connection_that_it_gets_and_puts_back():
    steps = []

    class Pool(HTTPConnectionPool):
        def _get_conn(self, timeout=None):
            steps.append("get")
            return mock.Mock(proxy=None, is_closed=False)

        def _make_request(self, conn, method, url, **how):
            steps.append((method, url, how["body"], dict(how["headers"])))
            raise Stop

        def _put_conn(self, conn):
            steps.append("put")

    with pytest.raises(Stop):
        Pool("shop.example").urlopen("POST", "/orders", b"{}", {"a": "b"}, retries=False)

    assert steps == ["get", ("POST", "/orders", b"{}", {"a": "b"}), "put"]


def test_a_retry_of_urllib3_sleeps_by_the_time_of_its_module(monkeypatch):
    slept = []
    stand_in = mock.Mock(wraps=time, sleep=slept.append)
    monkeypatch.setattr(urllib3.util.retry, "time", stand_in)
    retry = urllib3.Retry(3, backoff_factor=1)

    for _ in range(2):
        retry = retry.increment("GET", "/", error=urllib3.exceptions.ProtocolError())
    retry.sleep()

    assert slept == [2]


def test_a_session_of_aiohttp_connects_each_request_and_counts_what_is_acquired():
    asked = []

    async def main():
        async with aiohttp.ClientSession() as session:
            connector = session.connector

            async def connect(req, *args, **kwargs):
                asked.append((req.method, str(req.url), req.connection_key.host, req.headers["a"]))
                raise Stop

            with mock.patch.object(connector, "connect", connect), pytest.raises(Stop):
                await session.post("http://shop.example/orders", headers={"a": "b"})
            assert connector._loop is asyncio.get_running_loop()
            assert connector._acquired == set()

    asyncio.run(main())

    assert asked == [("POST", "http://shop.example/orders", "shop.example", "b")]
    names = vars(aiohttp.connector)
    assert {"ResponseHandler", "Connection", "ClientConnectorError"} <= names.keys()


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_httpx_answers_by_the_names_of_the_module_of_its_transports(library):
    module = sys.modules[f"{library.__name__}._transports.default"]

    for name in (
        "Response",
        "ConnectTimeout",
        "ReadTimeout",
        "RemoteProtocolError",
        "ConnectError",
    ):
        assert vars(module)[name] is getattr(library, name)


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_the_module_of_httpx_s_responses_has_a_stream_of_bytes(library):
    names = library.Response.__init__.__globals__

    assert names["__name__"] == f"{library.__name__}._models"
    assert names["ByteStream"] is library.ByteStream
