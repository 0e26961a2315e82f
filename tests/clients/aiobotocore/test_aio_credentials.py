"""Whatever credentials a client of aiobotocore has: InvokeAsync uses none, and asks for none."""

from __future__ import annotations

import sys

import pytest
from botocore.exceptions import NoCredentialsError

pytest.importorskip("aiobotocore")
pytest.importorskip("anyio")

from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import AioSession

pytestmark = pytest.mark.anyio

KEY = "AKIAREALREALREALREAL"
SECRET = "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"
STATIC = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = base\n"


class Left(Exception):
    """Something would have reached the network. The SDK knows no such error, and does not retry."""


@pytest.fixture
def left(monkeypatch):
    """The hosts that something tried to reach, not counting what the mock answers.

    Ask for it before ``invokeasync``: it is the ``send`` that was there before.
    """
    hosts = []

    async def send(session, request):
        hosts.append(request.url.split("/")[2])
        raise Left(hosts[-1])

    monkeypatch.setattr(AIOHTTPSession, "send", send)
    if httpx := sys.modules.get("aiobotocore.httpxsession"):
        monkeypatch.setattr(httpx.HttpxSession, "send", send)
    return hosts


@pytest.fixture
def write(monkeypatch, tmp_path):
    """A function that writes a file of those below ``~/.aws``."""

    def write(variable, text):
        path = tmp_path / variable
        path.write_text(text)
        monkeypatch.setenv(variable, str(path))

    return write


@pytest.fixture(params=["none", "environment", "default profile", "profile", "assumed role"])
def somebody(request, monkeypatch, write):
    """A session of someone who has credentials of a kind, or none."""
    profile = None
    if request.param == "environment":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    elif request.param == "default profile":
        write("AWS_SHARED_CREDENTIALS_FILE", f"[default]\n{STATIC}")
    elif request.param == "profile":
        profile = "staging"
        write("AWS_CONFIG_FILE", f"[profile staging]\n{STATIC}")
    elif request.param == "assumed role":
        profile = "deploy"
        write("AWS_CONFIG_FILE", f"[profile deploy]\n{ROLE}")
        write("AWS_SHARED_CREDENTIALS_FILE", f"[base]\n{STATIC}")
    return AioSession(profile=profile)


def invoke(client):
    return client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")


async def test_a_call_is_signed_with_a_fake_key_and_asks_nobody(
    left, invokeasync, make_client, somebody
):
    async with make_client(session=somebody, region_name="eu-west-1") as client:
        await invoke(client)

    invocation = invokeasync.get_invocation(region="eu-west-1")
    assert "Credential=FAKEINVOKEASYNC/" in invocation.headers["Authorization"]
    assert KEY not in str(dict(invocation.headers))
    assert left == []


async def test_a_client_keeps_its_own_credentials(left, invokeasync, make_client):
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    async with make_client("s3", **keys) as s3, make_client(**keys) as client:
        await invoke(client)
        url = await s3.generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})

    assert KEY in url
    assert vars(client._request_signer)["_credentials"].access_key == KEY


async def test_credentials_of_other_services_are_looked_up_as_ever(
    left, invokeasync, make_client, write
):
    write("AWS_CONFIG_FILE", f"[profile deploy]\n{ROLE}")
    write("AWS_SHARED_CREDENTIALS_FILE", f"[base]\n{STATIC}")

    async with make_client("s3", session=AioSession(profile="deploy")) as s3:
        with pytest.raises(Left):
            await s3.list_buckets()

    assert [host.split(".")[0] for host in left] == ["sts"]


@pytest.mark.invokeasync(credentials="keep")
class TestKept:
    """``credentials="keep"``"""

    async def test_a_call_is_signed_with_what_the_client_has(self, invokeasync, make_client):
        async with make_client(aws_access_key_id=KEY, aws_secret_access_key=SECRET) as client:
            await invoke(client)

        assert f"Credential={KEY}/" in invokeasync.get_invocation().headers["Authorization"]

    async def test_without_any_it_is_refused_by_aiobotocore(self, invokeasync, make_client):
        async with make_client(session=AioSession()) as client:
            with pytest.raises(NoCredentialsError):
                await invoke(client)

        assert invokeasync.invocations == []
