"""vcrpy and pytest-recording: InvokeAsync passes by the cassette, by whatever client."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import urllib.request

import aiohttp
import boto3
import httpx
import httpx2
import pytest
import requests

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

vcr = pytest.importorskip("vcr")
pytest.importorskip("pytest_recording")

PREAMBLE = ""
HOST = "https://lambda.us-east-1.amazonaws.com"
INVOKE_ASYNC = f"{HOST}/2014-11-13/functions/orders/invoke-async/"
LIST_FUNCTIONS = f"{HOST}/2015-03-31/functions"
STORE = "https://s3.shop.example/"
OTHER_URL = "https://shop.example/orders"
BUCKETS = "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"
INTERACTION = """\
- request:
    body: null
    headers: {{}}
    method: GET
    uri: {uri}
  response:
    body: {{string: '{body}'}}
    headers: {{}}
    status: {{code: 200, message: OK}}
"""
CASSETTE = "".join(
    [
        "interactions:\n",
        INTERACTION.format(uri=OTHER_URL, body="[42]"),
        INTERACTION.format(uri=STORE, body=BUCKETS),
        INTERACTION.format(uri=LIST_FUNCTIONS, body='{"Functions": []}'),
        # Older releases of botocore end it with a slash.
        INTERACTION.format(uri=f"{LIST_FUNCTIONS}/", body='{"Functions": []}'),
        "version: 1\n",
    ]
)
keys = {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret"}
client = boto3.client("lambda", **keys)


def call_both_ways():
    client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    requests.post(INVOKE_ASYNC, data=b"2", timeout=5)


async def ask_aiohttp(method, url, data):
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=data) as answer,
    ):
        return answer.status, await answer.text()


async def ask_async_httpx(library, method, url, data):
    async with library.AsyncClient() as session:
        answer = await session.request(method, url, content=data)
        return answer.status_code, answer.text


def by_aiohttp(method, url, data=None):
    return asyncio.run(ask_aiohttp(method, url, data))


def by_async_httpx(method, url, data=None):
    return asyncio.run(ask_async_httpx(httpx, method, url, data))


def by_async_httpx2(method, url, data=None):
    return asyncio.run(ask_async_httpx(httpx2, method, url, data))


def by_httpx(method, url, data=None):
    answer = httpx.request(method, url, content=data)
    return answer.status_code, answer.text


def by_httpx2(method, url, data=None):
    answer = httpx2.request(method, url, content=data)
    return answer.status_code, answer.text


# They are patched above the place where we answer them.
PATCHED_ABOVE = [by_aiohttp, by_httpx, by_async_httpx]
if hasattr(vcr.patch, "httpx2"):  # newer releases
    PATCHED_ABOVE += [by_httpx2, by_async_httpx2]


@pytest.fixture
def cassette(tmp_path):
    path = tmp_path / "cassette.yaml"
    path.write_text(CASSETTE)
    return path


@pytest.fixture(params=["theirs first", "ours first"])
def in_both_orders(request):
    """Starts a mock and puts a cassette in, in either order."""

    @contextlib.contextmanager
    def start(cassette, record_mode="none", **options):
        ours = InvokeAsyncMock(**options)
        theirs = vcr.use_cassette(str(cassette), record_mode=record_mode)
        first, second = (theirs, ours) if request.param == "theirs first" else (ours, theirs)
        with first, second:
            yield ours

    return start


def test_invoke_async_is_ours_and_the_rest_comes_from_the_cassette(in_both_orders, cassette):
    with in_both_orders(cassette) as ours:
        call_both_ways()

        assert requests.get(OTHER_URL, timeout=5).json() == [42]
        assert boto3.client("s3", endpoint_url=STORE, **keys).list_buckets()["Buckets"] == []

    assert [event.payload for event in ours.events] == [1, 2]


def test_invoke_async_is_not_recorded(in_both_orders, tmp_path, loopback):
    with in_both_orders(tmp_path / "new.yaml", record_mode="once") as ours:
        call_both_ways()
        requests.get(f"{loopback.url}/orders", timeout=5)

    assert len(ours.events) == 2
    assert loopback.requests == ["GET /orders"]
    recorded = (tmp_path / "new.yaml").read_text()
    assert f"{loopback.url}/orders" in recorded
    assert "invoke-async" not in recorded


@pytest.mark.parametrize("call", PATCHED_ABOVE)
def test_so_it_is_by_clients_that_are_patched_above_us(in_both_orders, cassette, call):
    with in_both_orders(cassette) as ours:
        assert call("POST", INVOKE_ASYNC, b"1") == (202, "")
        assert call("GET", OTHER_URL) == (200, "[42]")

    ours.assert_queued_once("orders", payload=1)


@pytest.mark.parametrize("call", PATCHED_ABOVE)
def test_by_them_it_is_not_recorded_either(in_both_orders, tmp_path, loopback, call):
    with in_both_orders(tmp_path / "new.yaml", record_mode="once") as ours:
        call("POST", INVOKE_ASYNC, b"1")
        requests.get(f"{loopback.url}/orders", timeout=5)

    ours.assert_queued_once("orders", payload=1)
    recorded = (tmp_path / "new.yaml").read_text()
    assert f"{loopback.url}/orders" in recorded
    assert "invoke-async" not in recorded


@pytest.mark.parametrize("call", PATCHED_ABOVE)
def test_other_calls_by_them_are_refused_or_passed(in_both_orders, cassette, left, call):
    with in_both_orders(cassette) as ours:
        with pytest.raises(UnmockedLambdaCall):
            call("GET", LIST_FUNCTIONS)
        ours.unmocked_calls.clear()
    with in_both_orders(cassette, other_lambda_calls="pass"):
        assert call("GET", LIST_FUNCTIONS) == (200, '{"Functions": []}')
    assert left == []


def test_nor_does_the_cassette_answer_other_lambda_calls_of_a_client_that_is_not_ours(
    in_both_orders, cassette
):
    with in_both_orders(cassette) as ours:
        with pytest.raises(UnmockedLambdaCall):
            urllib.request.urlopen(LIST_FUNCTIONS)
        ours.unmocked_calls.clear()


def test_vcrpy_may_be_imported_while_a_mock_is_active(monkeypatch, cassette):
    real = httpx.HTTPTransport.handle_request
    for name in [name for name in sys.modules if name.partition(".")[0] == "vcr"]:
        monkeypatch.delitem(sys.modules, name)
    with InvokeAsyncMock() as ours:
        import vcr as second

        with second.use_cassette(str(cassette), record_mode="none"):
            assert by_httpx("POST", INVOKE_ASYNC, b"1")[0] == 202
            assert by_httpx("GET", OTHER_URL) == (200, "[42]")
    ours.assert_queued_once("orders")

    with second.use_cassette(str(cassette), record_mode="none"):
        replaced = httpx.HTTPTransport.handle_request
    # Older releases replace what is above or below.
    assert getattr(replaced, "__wrapped__", replaced) is real
    assert httpx.HTTPTransport.handle_request is real


def test_after_a_mock_a_cassette_answers_and_records_as_ever(in_both_orders, tmp_path, loopback):
    with in_both_orders(tmp_path / "new.yaml", record_mode="once"):
        pass
    url = f"{loopback.url}/2014-11-13/functions/orders/invoke-async/"
    with vcr.use_cassette(str(tmp_path / "new.yaml"), record_mode="once"):
        httpx.post(url, content=b"{}")

    assert url in (tmp_path / "new.yaml").read_text()


def test_other_lambda_calls_are_refused_before_they_come_to_the_cassette(in_both_orders, cassette):
    with in_both_orders(cassette) as ours:
        for ask in client.list_functions, lambda: requests.get(LIST_FUNCTIONS, timeout=5):
            with pytest.raises(UnmockedLambdaCall):
                ask()
        ours.unmocked_calls.clear()


def test_with_pass_other_lambda_calls_come_from_the_cassette(in_both_orders, cassette):
    with in_both_orders(cassette, other_lambda_calls="pass"):
        assert client.list_functions()["Functions"] == []


def test_the_marker_of_pytest_recording_goes_with_the_fixture(run_pytest_with, pytester):
    folder = pytester.path / "cassettes" / "test_it"
    folder.mkdir(parents=True)
    for name in "test_one", "test_two":
        (folder / f"{name}.yaml").write_text(CASSETTE)

    result = run_pytest_with(
        "recording",
        f"""
import boto3, pytest, requests

client = boto3.client("lambda")
pytestmark = pytest.mark.vcr

def check(invokeasync):
    client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    assert requests.get({OTHER_URL!r}, timeout=5).json() == [42]
    invokeasync.assert_queued_once("orders")

def test_one(invokeasync, vcr):
    check(invokeasync)

def test_two(vcr, invokeasync):
    check(invokeasync)
""",
        "--block-network",
    )

    result.assert_outcomes(passed=2)
