"""Invoke's Payload is a stream, which is read as one of AWS's is."""

from __future__ import annotations

import pytest

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
