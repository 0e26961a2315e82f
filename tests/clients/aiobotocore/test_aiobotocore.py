"""aiobotocore and aioboto3: answered, scripted and recorded as boto3 is."""

from __future__ import annotations

import asyncio
import io
import threading

import boto3
import moto
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from pytest_invokeasync import InvokeAsyncMock, error_params, faults

pytest.importorskip("aiobotocore")
anyio = pytest.importorskip("anyio")

pytestmark = pytest.mark.anyio

BODY = b'{"id": 42}'
STANDARD = {"retries": {"mode": "standard"}}  # 3 attempts in every botocore
UNSIGNED_STANDARD = {**STANDARD, "signature_version": UNSIGNED}


def invoke(client, name="orders", body=BODY):
    return client.invoke_async(FunctionName=name, InvokeArgs=body)


# Where and when the client was made.


async def test_a_call_is_answered_and_recorded(invokeasync, make_client):
    async with make_client() as client:
        answer = await invoke(client)

    event = invokeasync.assert_queued_once("orders", payload={"id": 42}, region="us-east-1")
    assert answer["Status"] == 202
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["ResponseMetadata"]["RequestId"] == event.request_id
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] == event.request_id


async def test_a_client_made_before_the_mock_is_answered(make_client):
    async with make_client() as client:
        with InvokeAsyncMock() as mock:
            await invoke(client)

    mock.assert_queued_once("orders")


def test_a_client_may_be_used_in_more_than_one_event_loop(invokeasync, session):
    made = session.create_client("lambda")
    client = asyncio.run(made.__aenter__())

    for _ in range(2):
        asyncio.run(invoke(client))

    asyncio.run(made.__aexit__(None, None, None))
    invokeasync.assert_queued("orders", times=2)


async def test_the_innermost_mock_answers(invokeasync, make_client):
    async with make_client() as client:
        with InvokeAsyncMock() as inner:
            await invoke(client, "inner")
        await invoke(client, "outer")

    inner.assert_sequence(["inner"])
    invokeasync.assert_sequence(["outer"])


async def test_aioboto3_is_answered(invokeasync, library):
    aioboto3 = pytest.importorskip("aioboto3")
    if library != "aiohttp":
        pytest.skip("it is aiobotocore below aioboto3, and that is tested")

    async with aioboto3.Session().client("lambda") as client:
        assert (await invoke(client))["Status"] == 202

    invokeasync.assert_queued_once("orders", payload={"id": 42})


async def test_moto_leaves_it_to_the_mock(invokeasync, make_client):
    with moto.mock_aws():
        async with make_client() as client:
            await invoke(client)

    invokeasync.assert_queued_once("orders")


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "http://localhost:4566",
        "https://localhost.localstack.cloud:4566/prefix",
        "http://localhost:4566/prefix/?query=1",
        "https://lambda-fips.us-west-2.amazonaws.com",
        "https://vpce-1a2b-3c4d.lambda.us-east-1.vpce.amazonaws.com",
    ],
)
async def test_any_endpoint_is_answered_in_the_region_of_the_client(
    invokeasync, make_client, endpoint
):
    async with make_client(region_name="eu-west-1", endpoint_url=endpoint) as client:
        await invoke(client)

    invokeasync.assert_queued_once("orders", region="eu-west-1")


async def test_boto3_and_aiobotocore_share_one_log(invokeasync, make_client):
    async with make_client() as client:
        await invoke(client, "first")
        invoke(boto3.client("lambda"), "second")
        await invoke(client, "third")

    invokeasync.assert_sequence(["first", "second", "third"])


# What is sent.


class InParts:
    """What can only be read by awaiting: a download that goes on."""

    def __init__(self, *parts):
        self._parts = list(parts)

    async def read(self, size=-1):
        raise AssertionError("it is iterated over")

    async def __aiter__(self):
        for part in self._parts:
            await anyio.sleep(0)
            yield part


def file_of(body, path):
    path.write_bytes(body)
    return path.open("rb")


@pytest.fixture(params=["bytes", "str", "bytearray", "BytesIO", "BytesIO from here", "file"])
def body(request, tmp_path):
    stream = io.BytesIO(b"read already" + BODY)
    stream.seek(-len(BODY), io.SEEK_END)
    with file_of(BODY, tmp_path / "body") as file:
        yield {
            "bytes": BODY,
            "str": BODY.decode(),
            "bytearray": bytearray(BODY),
            "BytesIO": io.BytesIO(BODY),
            "BytesIO from here": stream,
            "file": file,
        }[request.param]


async def test_a_body_of_any_kind_is_recorded(invokeasync, make_client, body):
    async with make_client() as client:
        await invoke(client, body=body)

    assert invokeasync.get_invocation().body == BODY


async def test_a_stream_is_rewound_for_the_next_attempt(invokeasync, make_client):
    invokeasync.add_error("ServiceException", attempts=2)

    async with make_client(config=STANDARD) as client:
        await invoke(client, body=io.BytesIO(BODY))

    invocation = invokeasync.get_invocation()
    assert len(invocation.attempts) == 3
    assert invocation.body == BODY


async def test_what_is_read_by_awaiting_is_recorded(invokeasync, make_client):
    async with make_client(config=UNSIGNED_STANDARD) as client:
        await invoke(client, body=InParts(b'{"id"', b": 42}"))

    assert invokeasync.get_invocation().body == BODY


async def test_what_aiobotocore_refuses_by_itself_is_not_recorded(invokeasync, make_client):
    async with make_client() as client:
        with pytest.raises(ParamValidationError):
            await invoke(client, body={"id": 42})

    assert invokeasync.invocations == []


async def test_what_breaks_the_contract_is_answered_by_the_contract(invokeasync, make_client):
    async with make_client() as client:
        with pytest.raises(client.exceptions.InvalidRequestContentException):
            await invoke(client, body=b"not JSON")


# What is scripted.


@pytest.mark.parametrize("error", error_params("all"))
async def test_an_error_is_the_one_that_boto3_raises(invokeasync, make_client, error):
    invokeasync.add_error(error, times=None)
    config = {"retries": {"mode": "standard", "total_max_attempts": 2}}
    async with make_client(config=config) as client:
        with pytest.raises(ClientError) as caught:
            await invoke(client)
    with pytest.raises(ClientError) as of_boto3:
        invoke(boto3.client("lambda", config=Config(**config)))

    assert type(caught.value).__name__ == type(of_boto3.value).__name__
    assert str(caught.value) == str(of_boto3.value)
    assert caught.value.response["Error"] == of_boto3.value.response["Error"]
    mine, boto3s = invokeasync.invocations
    assert len(mine.attempts) == len(boto3s.attempts)


async def test_every_error_in_turn(invokeasync, invokeasync_error, make_client):
    async with make_client() as client:
        with pytest.raises(ClientError) as caught:
            await invoke(client)

    assert caught.value.response["Error"]["Code"] == invokeasync_error.code


async def test_rules_answer_invocations_and_not_attempts(invokeasync, make_client):
    invokeasync.add_error("ServiceException", attempts=1)
    invokeasync.add_error("ResourceConflictException", at=2)
    invokeasync.add_fault(faults.LostAnswer, at=3)

    async with make_client(config=STANDARD) as client:
        await invoke(client)
        with pytest.raises(client.exceptions.ResourceConflictException):
            await invoke(client)
        await invoke(client)

    attempts = [
        [attempt.fault or attempt.error for attempt in invocation.attempts]
        for invocation in invokeasync.invocations
    ]
    assert attempts == [
        ["ServiceException", None],
        ["ResourceConflictException"],
        ["LostAnswer", None],
    ]
    assert len(invokeasync.events) == 3


async def test_a_callback_decides_on_each_attempt(invokeasync, make_client):
    invokeasync.add_callback(
        lambda invocation: "ServiceException" if len(invocation.attempts) < 3 else None
    )

    async with make_client(config=STANDARD) as client:
        await invoke(client)

    assert [each.status for each in invokeasync.get_invocation().attempts] == [500, 500, 202]


async def test_what_a_callback_raises_reaches_the_caller(invokeasync, make_client):
    def refuse(invocation):
        raise LookupError("no such order")

    invokeasync.add_callback(refuse)

    async with make_client() as client:
        with pytest.raises(LookupError, match="no such order"):
            await invoke(client)

    [attempt] = invokeasync.get_invocation().attempts
    assert attempt.fault == "LookupError"


async def test_a_sweep_tries_every_position(invokeasync, make_client):
    seen = []
    async with make_client() as client:
        for outcome in invokeasync.sweep("ServiceException", faults.ConnectTimeout):
            for name in ("stock", "bill"):
                try:
                    await invoke(client, name)
                except Exception as error:
                    seen.append((str(outcome), name, type(error).__name__))

    assert [(kind, name) for _, name, kind in seen] == [
        ("ServiceException", "stock"),
        ("ServiceException", "bill"),
        ("ConnectTimeoutError", "stock"),
        ("ConnectTimeoutError", "bill"),
    ]


# Where the call was made.


async def place_order(client):
    return await invoke(client)


LINE = f"{__file__}:{place_order.__code__.co_firstlineno + 1}"


async def test_the_caller_is_the_line_that_awaits(invokeasync, make_client):
    async with make_client() as client:
        await place_order(client)
        with anyio.fail_after(10):
            await place_order(client)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(place_order, client)

    assert [invocation.caller for invocation in invokeasync.invocations] == [LINE] * 3


async def test_where_the_loop_alone_awaits_there_is_no_caller(invokeasync, make_client):
    async with make_client() as client, anyio.create_task_group() as tasks:
        tasks.start_soon(invoke, client)

    assert invokeasync.get_invocation().caller is None


# Tasks and threads.


async def test_another_task_gets_its_turn_while_an_attempt_is_in_flight(invokeasync, make_client):
    seen = []

    async def watch():
        while not seen:
            seen.extend(each.status for each in invokeasync.invocations)
            await anyio.sleep(0)

    async with make_client() as client, anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        await anyio.sleep(0)
        for _ in range(50):
            await invoke(client)
        in_time = bool(seen)

    assert in_time


async def test_a_loop_of_calls_can_be_stopped(invokeasync, make_client):
    async with make_client() as client:
        with anyio.move_on_after(0.05):
            for _ in range(10_000):
                await invoke(client)

    assert 0 < len(invokeasync.invocations) < 10_000


async def test_64_tasks_and_4_threads_do_not_disturb_each_other(invokeasync, make_client):
    await check_tasks_and_threads(invokeasync, make_client, 10)


@pytest.mark.load
@pytest.mark.timeout(600)
@pytest.mark.parametrize("library", ["aiohttp"], indirect=True)
async def test_64_tasks_with_500_calls_each(invokeasync, make_client):
    await check_tasks_and_threads(invokeasync, make_client, 500)


async def check_tasks_and_threads(invokeasync, make_client, calls):
    """64 tasks and 4 threads with so many calls each: all answered, each recorded once."""
    sync_client = boto3.client("lambda", config=Config(**STANDARD))
    invokeasync.add_callback(
        # Every fifth invocation fails on its first attempt.
        lambda invocation: (
            "ServiceException"
            if len(invocation.attempts) == 1 and invocation.payload["n"] % 5 == 0
            else None
        )
    )

    async def work(client, name):
        for n in range(calls):
            await invoke(client, name, b'{"n": %d}' % n)

    def work_in_thread(name):
        for n in range(calls):
            invoke(sync_client, name, b'{"n": %d}' % n)

    threads = [threading.Thread(target=work_in_thread, args=(f"thread-{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    async with make_client(config=STANDARD) as client, anyio.create_task_group() as tasks:
        for i in range(64):
            tasks.start_soon(work, client, f"task-{i}")
    for thread in threads:
        thread.join()

    invocations = invokeasync.invocations
    assert len(invocations) == len(invokeasync.events) == 68 * calls
    assert len({event.request_id for event in invokeasync.events}) == 68 * calls
    for name in [f"task-{i}" for i in range(64)] + [f"thread-{i}" for i in range(4)]:
        own = [each for each in invocations if each.function == name]
        assert [each.payload["n"] for each in own] == list(range(calls))
        assert [len(each.attempts) for each in own] == [2, 1, 1, 1, 1] * (calls // 5)
