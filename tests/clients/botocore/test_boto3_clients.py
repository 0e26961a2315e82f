"""boto3 clients of every kind: where they were made, where they send, what they send."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore
import botocore.httpsession
import botocore.loaders
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    EndpointProviderError,
    EndpointVariantError,
    ParamValidationError,
    UnseekableStreamError,
)
from botocore.stub import Stubber

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

# Made at import time, long before any fixture, as applications do.
client = boto3.client("lambda")
other_client_of_the_module = botocore.session.Session().create_client("lambda", "eu-west-1")

STANDARD = Config(retries={"mode": "standard"})  # 3 attempts in every botocore
BODY = b'{"id": 42}'


@pytest.fixture
def client_made_before_the_mock():
    return boto3.client("lambda")


@pytest.fixture
def client_made_under_the_mock(invokeasync):
    return boto3.client("lambda")


def unsigned_client() -> Any:
    return boto3.client(
        "lambda", config=STANDARD.merge(Config(signature_version=botocore.UNSIGNED))
    )


class OnlyRead:
    """What has nothing of a file but ``read``: a pipe, or a download that goes on."""

    def __init__(self, body: bytes) -> None:
        self._file = io.BytesIO(body)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


class ReadsInDrops(OnlyRead):
    """Gives less than it is asked for, as sockets and pipes do."""

    def read(self, size: int = -1) -> bytes:
        return super().read(3)


# Where and when the client was made


def test_a_client_made_at_import_time_is_answered(invokeasync):
    answer = client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert answer["Status"] == 202
    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_a_client_made_in_an_earlier_fixture_is_answered(client_made_before_the_mock, invokeasync):
    client_made_before_the_mock.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_a_client_made_in_a_later_fixture_is_answered(invokeasync, client_made_under_the_mock):
    client_made_under_the_mock.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_a_client_made_in_the_test_is_answered(invokeasync):
    boto3.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=BODY)

    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_a_client_of_botocore_alone_is_answered(invokeasync):
    other_client_of_the_module.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert invokeasync.assert_queued_once("orders").region == "eu-west-1"


def test_several_clients_are_answered_side_by_side(invokeasync):
    client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    other_client_of_the_module.invoke_async(FunctionName="orders", InvokeArgs=b"2")
    boto3.client("lambda", region_name="ap-south-1").invoke_async(
        FunctionName="orders", InvokeArgs=b"3"
    )

    assert [(event.region, event.payload) for event in invokeasync.events] == [
        ("us-east-1", 1),
        ("eu-west-1", 2),
        ("ap-south-1", 3),
    ]


# What the code under test gets


def test_the_answer_is_what_botocore_makes_of_a_202(invokeasync):
    answer = client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    event = invokeasync.assert_queued_once("orders")
    metadata = answer.pop("ResponseMetadata")
    assert answer == {"Status": 202}
    assert metadata["HTTPStatusCode"] == 202
    assert metadata["RequestId"] == event.request_id
    assert metadata["RetryAttempts"] == 0
    assert set(metadata["HTTPHeaders"]) == {
        "connection",
        "content-length",
        "content-type",
        "date",
        "x-amzn-requestid",
    }


def test_an_error_is_raised_as_the_clients_own_exception(invokeasync):
    invokeasync.add_error("ResourceConflictException", message="Try again later.")

    with pytest.raises(client.exceptions.ResourceConflictException) as raised:
        client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert isinstance(raised.value, ClientError)
    assert raised.value.response["Error"] == {
        "Code": "ResourceConflictException",
        "Message": "Try again later.",
    }
    assert raised.value.response["Type"] == "User"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    request_id = raised.value.response["ResponseMetadata"]["RequestId"]
    assert request_id == invokeasync.get_invocation().request_id


@pytest.mark.parametrize(("mode", "attempts"), [("legacy", 5), ("standard", 3), ("adaptive", 3)])
def test_the_service_is_asked_once_for_each_attempt(invokeasync, mode, attempts):
    asked = []
    invokeasync.add_callback(lambda invocation: asked.append(invocation) or "ServiceException")
    retrying = boto3.client("lambda", config=Config(retries={"mode": mode}))

    with pytest.raises(ClientError) as raised:
        retrying.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert len(asked) == attempts
    assert [attempt.number for attempt in invokeasync.get_invocation().attempts] == [
        *range(1, attempts + 1)
    ]
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == attempts - 1


def test_what_botocore_refuses_by_itself_never_arrives(invokeasync):
    with pytest.raises(ParamValidationError):
        client.invoke_async(FunctionName="orders", InvokeArgs={"not": "bytes"})

    assert invokeasync.invocations == []


# Regions, partitions and endpoints


session = botocore.session.Session()


def _partitions() -> dict[str, list[str]]:
    """Every region that the installed botocore knows."""
    data = botocore.loaders.create_loader().load_data("partitions")
    found = {}
    for partition in data["partitions"]:
        regions = {name for name in partition["regions"] if not name.endswith("-global")}
        regions.update(session.get_available_regions("lambda", partition["id"]))
        found[partition["id"]] = sorted(regions)
    return found


PARTITIONS = _partitions()


def _clients(region: str, variants: list[tuple[bool, bool]]) -> Iterator[Any]:
    """A client for each variant (FIPS, dualstack) that botocore has an endpoint for."""
    for fips, dualstack in variants:
        config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dualstack)
        try:
            found = session.create_client("lambda", region, config=config)
            found.generate_presigned_url("invoke_async", {"FunctionName": "f", "InvokeArgs": b""})
        except (EndpointProviderError, EndpointVariantError):
            continue
        yield found


def _assert_ours(mock: InvokeAsyncMock, partition: str, region: str, found: Any) -> None:
    answer = found.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    event = mock.events[-1]
    assert event.request_id == answer["ResponseMetadata"]["RequestId"]
    assert event.region == region
    assert event.arn == f"arn:{partition}:lambda:{region}:123456789012:function:orders"
    with pytest.raises(UnmockedLambdaCall):
        found.list_functions()
    mock.unmocked_calls.clear()


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_region_of_a_partition_is_ours(invokeasync, partition):
    for region in PARTITIONS[partition]:
        for found in _clients(region, [(False, False)]):
            _assert_ours(invokeasync, partition, region, found)

    assert [event.region for event in invokeasync.events] == PARTITIONS[partition] != []


@pytest.mark.parametrize("partition", PARTITIONS)
def test_fips_and_dualstack_endpoints_are_ours(invokeasync, partition):
    region = PARTITIONS[partition][-1]

    for found in _clients(region, [(True, False), (False, True), (True, True)]):
        _assert_ours(invokeasync, partition, region, found)

    # Each has FIPS; some botocores know no dualstack in the ISO partitions.
    assert invokeasync.events != []


def test_the_partitions_that_matter_are_among_those_tested():
    assert {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b"} <= set(PARTITIONS)


@pytest.mark.parametrize(
    "host",
    [
        "vpce-0123456789abcdef0-abcdefgh.lambda.eu-west-1.vpce.amazonaws.com",
        "vpce-0123456789abcdef0-abcdefgh-eu-west-1a.lambda.eu-west-1.vpce.amazonaws.com",
    ],
)
def test_a_vpc_endpoint_is_ours(invokeasync, host):
    private = boto3.client("lambda", "eu-west-1", endpoint_url=f"https://{host}")

    _assert_ours(invokeasync, "aws", "eu-west-1", private)


@pytest.mark.parametrize(
    "endpoint_url",
    [
        "http://localhost:4566",
        "https://localhost:4566",
        "http://localhost:4566/",
        "http://127.0.0.1:4566/lambda",
        "http://127.0.0.1:4566/lambda/",
        "http://127.0.0.1:4566/a/b/c",
        "http://localhost:4566/lambda?stage=test",
        "http://[::1]:4566",
        "https://lambda.corp.example",
    ],
)
def test_a_custom_endpoint_is_answered_in_the_region_it_is_signed_for(invokeasync, endpoint_url):
    custom = boto3.client("lambda", region_name="eu-central-1", endpoint_url=endpoint_url)

    custom.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    event = invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert event.region == "eu-central-1"


def test_the_region_is_the_signed_one_where_the_host_shows_another(invokeasync):
    crossed = boto3.client(
        "lambda", "eu-central-1", endpoint_url="https://lambda.us-west-2.amazonaws.com"
    )

    crossed.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert invokeasync.assert_queued_once("orders").region == "eu-central-1"


def test_an_unsigned_call_is_in_the_region_of_its_host(invokeasync):
    unsigned = boto3.client(
        "lambda", "eu-central-1", config=Config(signature_version=botocore.UNSIGNED)
    )

    unsigned.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert invokeasync.assert_queued_once("orders").region == "eu-central-1"


def test_no_connection_is_made_to_a_proxy(invokeasync):
    proxied = boto3.client("lambda", config=Config(proxies={"https": "http://127.0.0.1:9"}))

    proxied.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    invokeasync.assert_queued_once("orders")


# InvokeArgs


@pytest.mark.parametrize(
    ("args", "payload"),
    [
        pytest.param('{"name": "Zoë"}', {"name": "Zoë"}, id="str"),
        pytest.param(b'{"id": 42}', {"id": 42}, id="bytes"),
        pytest.param(bytearray(b'{"id": 42}'), {"id": 42}, id="bytearray"),
        pytest.param(io.BytesIO(b'{"id": 42}'), {"id": 42}, id="BytesIO"),
    ],
)
def test_invoke_args_of_every_kind_arrive(invokeasync, args, payload):
    client.invoke_async(FunctionName="orders", InvokeArgs=args)

    invokeasync.assert_queued_once("orders", payload=payload)


def test_an_open_file_is_read_to_its_end_and_stays_open(invokeasync, tmp_path):
    path = tmp_path / "event.json"
    path.write_bytes(BODY)

    with path.open("rb") as file:
        client.invoke_async(FunctionName="orders", InvokeArgs=file)

        assert file.tell() == len(BODY)
    assert invokeasync.get_invocation().body == BODY


def test_a_stream_larger_than_any_buffer_arrives_whole(invokeasync):
    body = b'"' + b"x" * 250_000 + b'"'

    client.invoke_async(FunctionName="orders", InvokeArgs=io.BytesIO(body))

    assert invokeasync.get_invocation().body == body


def test_a_stream_is_sent_from_where_it_stands(invokeasync):
    stream = io.BytesIO(b"header" + BODY)
    stream.seek(len(b"header"))

    client.invoke_async(FunctionName="orders", InvokeArgs=stream)

    assert invokeasync.get_invocation().body == BODY
    assert stream.tell() == len(b"header" + BODY)


def test_a_stream_at_its_end_sends_nothing(invokeasync):
    stream = io.BytesIO(BODY)
    stream.read()

    with pytest.raises(client.exceptions.InvalidRequestContentException, match="body is empty"):
        client.invoke_async(FunctionName="orders", InvokeArgs=stream)

    assert invokeasync.get_invocation().body == b""


@pytest.mark.parametrize("kind", [OnlyRead, ReadsInDrops])
def test_an_unsigned_client_sends_what_can_only_be_read(invokeasync, kind):
    unsigned_client().invoke_async(FunctionName="orders", InvokeArgs=kind(BODY))

    assert invokeasync.get_invocation().body == BODY


# Retries of streams


@pytest.mark.parametrize("make", [unsigned_client, lambda: boto3.client("lambda", config=STANDARD)])
def test_botocore_rewinds_a_stream_for_the_next_attempt(invokeasync, tmp_path, make):
    path = tmp_path / "event.json"
    path.write_bytes(BODY)
    bodies = []
    invokeasync.add_callback(
        lambda invocation: bodies.append(invocation.body) or "ServiceException"
    )

    with path.open("rb") as file, pytest.raises(ClientError):
        make().invoke_async(FunctionName="orders", InvokeArgs=file)

    # One invocation: an attempt that had sent something else would be another one.
    assert [attempt.status for attempt in invokeasync.get_invocation().attempts] == [500] * 3
    assert bodies == [BODY] * 3


def test_a_stream_that_was_retried_is_queued_whole(invokeasync):
    invokeasync.add_error("ServiceException", attempts=2)

    boto3.client("lambda", config=STANDARD).invoke_async(
        FunctionName="orders", InvokeArgs=io.BytesIO(BODY)
    )

    event = invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert [attempt.status for attempt in event.invocation.attempts] == [500, 500, 202]


def test_what_cannot_be_rewound_is_not_retried(invokeasync):
    invokeasync.add_error("ServiceException")

    with pytest.raises(UnseekableStreamError):
        unsigned_client().invoke_async(FunctionName="orders", InvokeArgs=OnlyRead(BODY))

    invocation = invokeasync.get_invocation()
    assert [attempt.status for attempt in invocation.attempts] == [500]
    assert invocation.body == BODY


def test_botocore_retries_a_stream_from_its_beginning_wherever_it_stood(invokeasync):
    # A bug that botocore has in reality too: the retry sends other bytes than the first attempt.
    invokeasync.add_error("ServiceException", attempts=1)
    stream = io.BytesIO(b"1" + b"2")
    stream.seek(1)

    boto3.client("lambda", config=STANDARD).invoke_async(FunctionName="orders", InvokeArgs=stream)

    assert [event.payload for event in invokeasync.events] == [12]


# What is not ours


def keyed_client(service: str, **more: Any) -> Any:
    return boto3.client(
        service, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret", **more
    )


def test_requests_to_other_services_leave_as_before(invokeasync, loopback):
    s3 = keyed_client("s3", endpoint_url=loopback.url)

    s3.head_bucket(Bucket="photos")

    assert loopback.requests == ["HEAD /photos"]
    assert invokeasync.invocations == []


def test_invoke_async_does_not_reach_a_server_of_the_same_host(invokeasync, loopback):
    local = keyed_client("lambda", endpoint_url=loopback.url)

    local.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert loopback.requests == []
    invokeasync.assert_queued_once("orders")


def test_other_lambda_calls_pass_to_a_host_that_is_not_of_aws(invokeasync, loopback):
    local = keyed_client("lambda", endpoint_url=loopback.url)

    local.invoke(FunctionName="orders", Payload=BODY)

    assert loopback.requests == [f"POST /2015-03-31/functions/orders/invocations {BODY.decode()}"]
    assert invokeasync.invocations == []


def test_another_lambda_call_is_refused_past_every_handler_of_sdk_errors(invokeasync):
    def ask_carefully() -> None:
        try:
            client.get_function(FunctionName="orders")
        except (ClientError, BotoCoreError):
            pytest.fail("the code under test took the refusal for an answer of AWS")

    with pytest.raises(UnmockedLambdaCall, match=r"GET https://lambda\.us-east-1\.amazonaws\.com"):
        ask_carefully()

    assert len(invokeasync.unmocked_calls) == 1
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_refused_call_is_not_retried(invokeasync, mode):
    retrying = boto3.client("lambda", config=Config(retries={"mode": mode}))

    with pytest.raises(UnmockedLambdaCall):
        retrying.get_function(FunctionName="orders")

    assert len(invokeasync.unmocked_calls) == 1
    invokeasync.unmocked_calls.clear()


@pytest.fixture
def sent_before(monkeypatch):
    """The hosts whose requests come to a ``send`` which was in place before the mock was."""
    seen = []

    def send(session: Any, request: Any) -> AWSResponse:
        seen.append(urlsplit(request.url).hostname)
        return AWSResponse(request.url, 200, {}, _Raw(b"{}"))

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", send)
    return seen


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *args: object, **kwargs: object) -> Iterator[bytes]:
        yield self._body


def test_an_earlier_patch_of_send_gets_everything_but_invoke_async(sent_before, invokeasync):
    keyed = keyed_client("lambda")

    keyed.list_functions()
    keyed.invoke_async(FunctionName="orders", InvokeArgs=BODY)
    keyed_client("kms").list_keys()

    assert sent_before == ["lambda.us-east-1.amazonaws.com", "kms.us-east-1.amazonaws.com"]
    invokeasync.assert_queued_once("orders")


@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_other_lambda_calls_leave_where_they_may(invokeasync, monkeypatch):
    asked = []

    def getaddrinfo(host: str, *args: object, **kwargs: object) -> None:
        asked.append(host)
        raise socket.gaierror("this test has no network")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    once = keyed_client("lambda", config=Config(retries={"total_max_attempts": 1}))

    with pytest.raises(EndpointConnectionError):
        once.list_functions()

    assert asked == ["lambda.us-east-1.amazonaws.com"]
    assert invokeasync.unmocked_calls == []


def test_a_handler_that_answers_before_sending_is_respected(invokeasync):
    handled = boto3.client("lambda")
    handled.meta.events.register(
        "before-send.lambda.InvokeAsync",
        lambda request, **kwargs: AWSResponse(request.url, 202, {}, _Raw(b"")),
    )

    handled.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert invokeasync.invocations == []


def test_a_stubbed_client_is_left_to_its_stubber(invokeasync):
    stubbed = boto3.client("lambda")
    with Stubber(stubbed) as stubber:
        stubber.add_response("invoke_async", {"Status": 202})
        stubber.add_response("list_functions", {"Functions": []})

        stubbed.invoke_async(FunctionName="orders", InvokeArgs=BODY)
        stubbed.list_functions()

    assert invokeasync.invocations == []
    assert invokeasync.unmocked_calls == []
