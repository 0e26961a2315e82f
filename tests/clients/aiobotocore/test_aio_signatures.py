"""aiobotocore with credentials of its own: its signatures are verified on each HTTP library."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

pytest.importorskip("aiobotocore")
pytest.importorskip("anyio")

from aiobotocore.session import AioSession

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.invokeasync(signatures="verify", credentials="keep"),
]

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "IQoJb3JpZ2luX2VjEJr//=="


@pytest.fixture
def make_keyed_client(make_client):
    """A function that makes a client with this key, for ``async with``."""

    def make(secret=SECRET, token=TOKEN):
        key = {
            "aws_access_key_id": KEY_ID,
            "aws_secret_access_key": secret,
            "aws_session_token": token,
        }
        return make_client(region_name="eu-west-1", **key)

    return make


async def invoke_async(client):
    await client.invoke_async(FunctionName="orders:live", InvokeArgs=b"{}")


async def invoke(client):
    await client.invoke(
        FunctionName="orders", Qualifier="$LATEST", InvocationType="Event", Payload=b"{}"
    )


async def refused(client):
    with pytest.raises(ClientError) as raised:
        await invoke_async(client)
    return raised.value.response["Error"]["Code"]


@pytest.fixture
def problems_of(invokeasync):
    """A function that tells what is an error at teardown, and no longer is one."""

    def problems_of():
        problems = "\n".join(invokeasync.find_problems())
        invokeasync._service.findings.refused_signatures.clear()
        return problems

    return problems_of


@pytest.mark.parametrize("call", [invoke_async, invoke])
async def test_the_registered_key_is_accepted(invokeasync, make_keyed_client, call):
    invokeasync.register_key(KEY_ID, SECRET, TOKEN)

    async with make_keyed_client() as client:
        await call(client)

    invokeasync.assert_queued_once("orders", region="eu-west-1")


async def test_a_wrong_secret_of_the_session_is_refused_and_told(
    invokeasync, make_client, problems_of
):
    invokeasync.register_key(KEY_ID, SECRET, TOKEN)
    invokeasync.register_key("AKIDOTHER", "je7MtGbClwBF2Zp9Utk")
    session = AioSession()
    session.set_credentials(KEY_ID, "je7MtGbClwBF2Zp9Utk", TOKEN)

    async with make_client(session=session, region_name="eu-west-1") as client:
        assert await refused(client) == "InvalidSignatureException"

    told = problems_of()
    assert "it was signed with the secret access key of 'AKIDOTHER', not of 'AKIDEXAMPLE'" in told
    assert TOKEN not in told
    invokeasync.assert_not_queued()


async def test_a_session_without_the_token_is_refused_and_told(
    invokeasync, make_keyed_client, problems_of
):
    invokeasync.register_key(KEY_ID, SECRET, TOKEN)

    async with make_keyed_client(token=None) as client:
        assert await refused(client) == "UnrecognizedClientException"

    assert "no session token was sent, and one is registered for the key" in problems_of()


async def test_where_no_key_is_registered_it_is_told_to_register_it(
    invokeasync, make_keyed_client, problems_of
):
    async with make_keyed_client() as client:
        assert await refused(client) == "UnrecognizedClientException"

    assert "no key is registered: invokeasync.register_key('AKIDEXAMPLE', ...)" in problems_of()


@pytest.mark.invokeasync(credentials="fake")
async def test_with_the_fake_key_no_key_needs_to_be_registered(invokeasync, make_keyed_client):
    async with make_keyed_client() as client:
        await invoke_async(client)

    invokeasync.assert_queued_once("orders")
