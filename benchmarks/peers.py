"""What the same call costs elsewhere. Each peer is a context in which ``call()`` is answered."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import unittest.mock
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import requests
import responses
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.stub import Stubber

from pytest_invokeasync import InvokeAsyncMock

Call = Callable[[], object]
BODY = b'{"id": 42, "customer": "somebody", "lines": [{"article": "tea", "count": 3}], "to": "me"}'
URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"


def invoke(client: Any) -> Call:
    return lambda: client.invoke_async(FunctionName="orders", InvokeArgs=BODY)


def send_many(count: int) -> None:
    """So many requests of botocore's, each of an invocation of its own, without a client's work."""
    session = URLLib3Session()
    for _ in range(count):
        headers = {"amz-sdk-invocation-id": str(uuid.uuid4())}
        request = AWSRequest("POST", URL, headers, BODY).prepare()
        session.send(request)


def post() -> object:
    return requests.post(URL, data=BODY, timeout=5)


class _Raw:
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield b""


def _answer(_session: Any, request: Any) -> AWSResponse:
    headers = {"content-type": "application/json", "content-length": "0", "x-amzn-requestid": "1"}
    response = AWSResponse(request.url, 202, headers, _Raw())
    response.content  # noqa: B018 - as the real session does
    return response


@contextlib.contextmanager
def ours(client: Any) -> Iterator[Call]:
    with InvokeAsyncMock():
        yield invoke(client)


@contextlib.contextmanager
def ours_with_requests(_client: Any) -> Iterator[Call]:
    with InvokeAsyncMock():
        yield post


@contextlib.contextmanager
def signature_ignored(_client: Any) -> Iterator[Call]:
    """A signed request. It is signed once: the signer's time is not ours."""
    with InvokeAsyncMock():
        yield _signed_post()


@contextlib.contextmanager
def signature_verified(_client: Any) -> Iterator[Call]:
    """The same, its signature verified."""
    with InvokeAsyncMock(signatures="verify") as mock:
        mock.register_key("AKIDEXAMPLE", "secret")
        yield _signed_post()


def _signed_post() -> Call:
    request = AWSRequest("POST", URL, data=BODY)
    SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "lambda", "us-east-1").add_auth(request)
    headers = dict(request.headers)

    def post() -> None:
        assert requests.post(URL, data=BODY, headers=headers, timeout=5).status_code == 202

    return post


@contextlib.contextmanager
def cheapest_stub(client: Any) -> Iterator[Call]:
    """Looks at nothing, records nothing."""
    with unittest.mock.patch.object(URLLib3Session, "send", _answer):
        yield invoke(client)


@contextlib.contextmanager
def stubber(client: Any) -> Iterator[Call]:
    """botocore's: an answer must be added for each call."""
    with Stubber(client) as stub:

        def call() -> object:
            stub.add_response(
                "invoke_async", {"Status": 202}, {"FunctionName": "orders", "InvokeArgs": BODY}
            )
            return client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

        yield call


@contextlib.contextmanager
def make_api_call(client: Any) -> Iterator[Call]:
    with unittest.mock.patch(
        "botocore.client.BaseClient._make_api_call", return_value={"Status": 202}
    ):
        yield invoke(client)


@contextlib.contextmanager
def pytest_boto_mock(client: Any) -> Iterator[Call]:
    from pytest_boto_mock.plugin import BotoMockerFixture

    table = {"lambda": {"InvokeAsync": {"Status": 202}}}
    with unittest.mock.patch(
        "botocore.client.BaseClient._make_api_call",
        new=BotoMockerFixture.build_make_api_call(table),
    ):
        yield invoke(client)


@contextlib.contextmanager
def moto(_client: Any) -> Iterator[Call]:
    """moto runs the function in Docker; here it finds no engine, which is what takes it least."""
    with _moto_mock():
        iam, client = boto3.client("iam"), boto3.client("lambda")
        create_function(iam, client)
        yield invoke(client)


@contextlib.contextmanager
def _moto_mock() -> Iterator[None]:
    from moto import mock_aws

    # It says that there is no engine.
    logging.getLogger("moto").setLevel(logging.CRITICAL)
    with mock_aws(), unittest.mock.patch.dict(os.environ, DOCKER_HOST="unix:///nowhere"):
        yield


def create_function(iam: Any, client: Any) -> None:
    """What moto wants before a call."""
    role = iam.create_role(RoleName="orders", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("orders.py", "def handle(event, context): ...")
    client.create_function(
        FunctionName="orders",
        Runtime="python3.12",
        Role=role,
        Handler="orders.handle",
        Code={"ZipFile": code.getvalue()},
    )


def one_test_with_moto() -> Call:
    """A test that sets up and calls once, its clients reused."""
    with _moto_mock():
        iam, client = boto3.client("iam"), boto3.client("lambda")

    def test() -> None:
        with _moto_mock():
            create_function(iam, client)
            client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    return test


def one_test(client: Any) -> Call:
    """The same with ours."""

    def test() -> None:
        with InvokeAsyncMock():
            client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    return test


@contextlib.contextmanager
def plain_requests_mock(_client: Any) -> Iterator[Call]:
    with responses.RequestsMock() as mock:
        mock.post(URL, status=202)
        yield post


@contextlib.contextmanager
def plain_http_server(_client: Any) -> Iterator[Call]:
    """pytest-httpserver, asked by a session of requests."""
    from pytest_httpserver import HTTPServer

    path = "/2014-11-13/functions/orders/invoke-async/"
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line for each request
    with HTTPServer(threaded=True) as server, requests.Session() as session:
        server.expect_request(path, method="POST").respond_with_data(b"", status=202)
        yield lambda: session.post(server.url_for(path), data=BODY, timeout=5)


@contextlib.contextmanager
def our_http_server(_client: Any) -> Iterator[Call]:
    """The real endpoint: the session's calls must leave, so the mock is not active."""
    from pytest_invokeasync import InvokeAsyncServer

    path = "/2014-11-13/functions/orders/invoke-async/"
    with InvokeAsyncServer(InvokeAsyncMock()) as server, requests.Session() as session:
        yield lambda: session.post(server.url + path, data=BODY, timeout=5)
