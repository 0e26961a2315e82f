"""Invoke's Payload is a stream, which is read as one of AWS's is."""

from __future__ import annotations

import pytest

from pytest_invokeasync.api.messages import Answer

pytest.importorskip("aiobotocore")
pytest.importorskip("anyio")

pytestmark = pytest.mark.anyio


async def test_the_payload_of_invoke_is_read_as_a_stream(invokeasync, make_client):
    async with make_client() as client:
        answer = await client.invoke(
            FunctionName="orders", InvocationType="Event", Payload=b'{"id": 42}'
        )
        async with answer["Payload"] as stream:
            body = await stream.read()

    assert (answer["StatusCode"], body) == (202, b"")
    invokeasync.assert_queued_once("orders", payload={"id": 42})


async def test_older_aiobotocores_use_it_as_a_response_of_aiohttp(library):
    from pytest_invokeasync.clients.aiobotocore.session import _Raw

    async with _Raw("https://lambda.us-east-1.amazonaws.com/", Answer(202, {}, b"{}")) as raw:
        assert not raw.content.at_eof()
        assert await raw.read() == b"{}"
        assert raw.content.at_eof()
        raw.close()
