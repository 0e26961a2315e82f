"""What comparison.md says of moto, Stubber and pytest-boto-mock, tried with the installed ones.

A failure means that one of them has changed: change the page, then the test.
"""

import asyncio
import base64
import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import zipfile
from unittest import mock

import aiobotocore.config
import aiobotocore.session
import aiobotocore.stub
import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    ParamValidationError,
    StubAssertionError,
    UnStubbedResponseError,
)
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from moto.server import ThreadedMotoServer

os.environ.update(
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)

URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"
ARN_OF_ANOTHER_REGION = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
TOO_LARGE = b'"' + b"x" * 300_000 + b'"'
NOBODY_LISTENS = "http://127.0.0.1:9"
NO_RETRIES = {"total_max_attempts": 1}
# What neither Stubber nor pytest-boto-mock looks at.
REFUSED_BY_LAMBDA = [
    ("no such name", b"{}"),
    (ARN_OF_ANOTHER_REGION, b"{}"),
    ("orders", b"{nonsense"),
    ("orders", b""),
    ("orders", b"NaN"),
    ("orders", TOO_LARGE),
]


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch):
    connect = socket.socket.connect

    def connect_to_loopback(self, address):
        assert address[0] == "127.0.0.1", f"a call left for {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_to_loopback)


def invoke(client, name="orders", payload=b"{}"):
    return client.invoke_async(FunctionName=name, InvokeArgs=payload)


def client_to_nobody():
    """Its calls leave, and fail at once."""
    config = Config(retries=NO_RETRIES)
    return boto3.client("lambda", endpoint_url=NOBODY_LISTENS, config=config)


async def invoke_with_aiobotocore(url=None, *, stubbed=False):
    session = aiobotocore.session.get_session()
    config = aiobotocore.config.AioConfig(retries=NO_RETRIES)
    async with session.create_client("lambda", endpoint_url=url, config=config) as client:
        if stubbed:
            stubber = aiobotocore.stub.AioStubber(client)
            stubber.add_response("invoke_async", {"Status": 202})
            stubber.activate()
        return await invoke(client)


def function_in_moto(**config):
    """A function in moto, and how often it ran; Docker is left out."""
    stack = contextlib.ExitStack()
    stack.enter_context(mock_aws(config=config))
    runs = stack.enter_context(without_docker())
    create_function()
    return stack, runs


def without_docker():
    return mock.patch(
        "moto.awslambda.models.LambdaFunction._invoke_lambda", return_value=("", False, "")
    )


def create_function(url=None):
    iam = boto3.client("iam", endpoint_url=url)
    role = iam.create_role(RoleName="orders", AssumeRolePolicyDocument="{}")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("orders.py", "def handle(event, context): ...")
    boto3.client("lambda", endpoint_url=url).create_function(
        FunctionName="orders",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="orders.handle",
        Code={"ZipFile": code.getvalue()},
    )


@pytest.fixture
def runs():
    stack, runs = function_in_moto()
    with stack:
        yield runs


@pytest.fixture
def moto_server():
    """The address of moto's server, with a function in it; Docker is left out."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        with without_docker():
            create_function(url)
            yield url
        requests.post(f"{url}/moto-api/reset", timeout=5)
    finally:
        server.stop()


# moto


@pytest.mark.usefixtures("runs")
def test_moto_answers_for_a_function_that_was_created():
    assert invoke(boto3.client("lambda"))["Status"] == 202

    client = boto3.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        invoke(client, "invoices")


def test_moto_runs_the_function_before_it_answers(runs):
    invoke(boto3.client("lambda"), payload=b'{"id": 42}')

    runs.assert_called_once_with(event={"id": 42})


def test_moto_runs_it_for_invoke_async_even_where_docker_is_switched_off():
    stack, runs = function_in_moto(**{"lambda": {"use_docker": False}})
    with stack:
        boto3.client("lambda").invoke(FunctionName="orders", Payload=b"{}")
        assert runs.call_count == 0

        invoke(boto3.client("lambda"))
        assert runs.call_count == 1


@pytest.mark.usefixtures("runs")
def test_moto_records_requests_when_told_to(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # it records into a file
    recorder = "http://motoapi.amazonaws.com/moto-api/recorder"
    requests.post(f"{recorder}/reset-recording", timeout=5)
    requests.post(f"{recorder}/start-recording", timeout=5)
    try:
        invoke(boto3.client("lambda"), payload=b'{"id": 42}')
    finally:
        requests.post(f"{recorder}/stop-recording", timeout=5)

    recorded = json.loads(requests.get(f"{recorder}/download-recording", timeout=5).text)
    requests.post(f"{recorder}/reset-recording", timeout=5)
    assert base64.b64decode(recorded["body"]) == b'{"id": 42}'


@pytest.mark.usefixtures("runs")
def test_moto_raises_for_what_is_no_json():
    with pytest.raises(json.JSONDecodeError):
        invoke(boto3.client("lambda"), payload=b"{nonsense")


def invoke_event(client, payload):
    return client.invoke(FunctionName="orders", InvocationType="Event", Payload=payload)


@pytest.mark.usefixtures("runs")
def test_moto_raises_for_an_event_by_invoke_that_is_no_json():
    with pytest.raises(json.JSONDecodeError):
        invoke_event(boto3.client("lambda"), b"{nonsense")


@pytest.mark.parametrize("payload", [b'{"id": 42}', b"{nonsense"])
def test_moto_without_docker_answers_an_event_with_its_own_payload(payload):
    stack, runs = function_in_moto(**{"lambda": {"use_docker": False}})
    with stack:
        answer = invoke_event(boto3.client("lambda"), payload)

        # Lambda answers with an empty one.
        assert (answer["StatusCode"], answer["Payload"].read()) == (202, payload)
        assert runs.call_count == 0


@pytest.mark.parametrize("payload", [b"", b"NaN", TOO_LARGE])
@pytest.mark.usefixtures("runs")
def test_moto_takes_what_lambda_does_not(payload):
    assert invoke(boto3.client("lambda"), payload=payload)["Status"] == 202


@pytest.mark.usefixtures("runs")
def test_moto_takes_an_arn_of_another_region():
    assert invoke(boto3.client("lambda"), ARN_OF_ANOTHER_REGION)["Status"] == 202


@pytest.mark.usefixtures("runs")
def test_moto_does_not_find_an_invalid_name():
    client = boto3.client("lambda")

    with pytest.raises(client.exceptions.ResourceNotFoundException, match="Function not found"):
        invoke(client, "no such name")


@pytest.mark.usefixtures("runs")
def test_moto_answers_requests():
    assert requests.post(URL, data=b"{}", timeout=5).status_code == 202


@pytest.mark.usefixtures("runs")
def test_moto_does_not_answer_aiobotocore():
    with pytest.raises(TypeError, match="await"):
        asyncio.run(invoke_with_aiobotocore())


def test_motos_server_answers_aiobotocore(moto_server):
    assert asyncio.run(invoke_with_aiobotocore(moto_server))["Status"] == 202


def test_motos_server_answers_other_processes(moto_server):
    program = """
import boto3, sys
client = boto3.client("lambda", endpoint_url=sys.argv[1])
print(client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")["Status"])
"""
    command = [sys.executable, "-c", program, moto_server]

    assert subprocess.check_output(command, text=True, timeout=60) == "202\n"


def test_moto_does_not_meet_a_client_made_before_its_import():
    program = """
import boto3
client = boto3.client("lambda")
from unittest import mock
from moto import mock_aws
with mock_aws(), mock.patch("botocore.httpsession.URLLib3Session.send", side_effect=SystemExit(7)):
    client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
"""
    run = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)

    assert run.returncode == 7


def test_moto_meets_such_a_client_once_it_is_patched():
    program = """
import boto3
client = boto3.client("lambda")
from moto import mock_aws
from moto.core import patch_client
with mock_aws():
    patch_client(client)
    try:
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
    except client.exceptions.ResourceNotFoundException:
        raise SystemExit(7)
"""
    run = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)

    assert run.returncode == 7


@pytest.mark.usefixtures("runs")
def test_moto_can_ask_for_permission():
    boto3.client("iam").create_user(UserName="ada")
    key = boto3.client("iam").create_access_key(UserName="ada")["AccessKey"]
    client = boto3.client(
        "lambda",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )

    @set_initial_no_auth_action_count(0)
    def call():
        invoke(client)

    with pytest.raises(ClientError, match="is not authorized to perform"):
        call()


# Stubber


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_a_stubber_answers_above_the_retries(mode):
    client = boto3.client("lambda", config=Config(retries={"mode": mode}))
    with Stubber(client) as stubber:
        stubber.add_client_error("invoke_async", "ServiceException", http_status_code=500)
        stubber.add_response("invoke_async", {"Status": 202})

        with pytest.raises(client.exceptions.ServiceException):
            invoke(client)
        with pytest.raises(AssertionError):
            stubber.assert_no_pending_responses()


def test_a_stubber_wants_each_call_scripted_in_order():
    client = boto3.client("lambda")
    with Stubber(client) as stubber:
        stubber.add_response("invoke_async", {"Status": 202})

        invoke(client)
        with pytest.raises(UnStubbedResponseError):
            invoke(client)


def test_a_stubber_compares_parameters_exactly():
    client = boto3.client("lambda")
    with Stubber(client) as stubber:
        expected = {"FunctionName": "orders", "InvokeArgs": b'{"id": 42}'}
        stubber.add_response("invoke_async", {"Status": 202}, expected)

        with pytest.raises(StubAssertionError):
            invoke(client, payload=b'{"id":42}')


def test_a_stubbers_complaints_are_errors_of_botocore():
    assert issubclass(StubAssertionError, BotoCoreError)
    assert issubclass(UnStubbedResponseError, BotoCoreError)


@pytest.mark.parametrize(("name", "payload"), REFUSED_BY_LAMBDA)
def test_a_stubber_checks_neither_names_nor_payloads(name, payload):
    client = boto3.client("lambda")
    with Stubber(client) as stubber:
        stubber.add_response("invoke_async", {"Status": 202})

        assert invoke(client, name, payload)["Status"] == 202


def test_a_stubber_checks_parameters_and_responses():
    client = boto3.client("lambda")
    with Stubber(client) as stubber:
        stubber.add_response("invoke_async", {"Status": 202})
        with pytest.raises(ParamValidationError):
            client.invoke_async(Function="orders")
        with pytest.raises(ParamValidationError):
            stubber.add_response("invoke_async", {"Code": 202})


def test_a_stubber_is_of_one_client():
    with Stubber(boto3.client("lambda")) as stubber:
        stubber.add_response("invoke_async", {"Status": 202})

        with pytest.raises(EndpointConnectionError):
            invoke(client_to_nobody())


def test_aiobotocore_has_a_stubber():
    assert asyncio.run(invoke_with_aiobotocore(NOBODY_LISTENS, stubbed=True)) == {"Status": 202}


# pytest-boto-mock


def test_boto_mock_answers_from_a_table(boto_mocker):
    client = boto3.client("lambda")
    table = {"lambda": {"InvokeAsync": {"Status": 202}}}
    boto_mocker.patch(new=boto_mocker.build_make_api_call(table))

    for name, payload in REFUSED_BY_LAMBDA:
        assert invoke(client, name, payload) == {"Status": 202}
    assert client.invoke_async(Function="orders") == {"Status": 202}


def test_boto_mock_takes_a_function_which_may_record(boto_mocker):
    calls = []

    def answer(_client, _operation, parameters):
        calls.append(parameters)
        return {"Status": 202}

    table = {"lambda": {"InvokeAsync": answer}}
    boto_mocker.patch(new=boto_mocker.build_make_api_call(table))

    invoke(boto3.client("lambda"))

    assert calls == [{"FunctionName": "orders", "InvokeArgs": b"{}"}]


def test_boto_mock_raises_the_exception_that_it_is_given(boto_mocker):
    error = ClientError({"Error": {"Code": "ServiceException"}}, "InvokeAsync")
    table = {"lambda": {"InvokeAsync": error}}
    boto_mocker.patch(new=boto_mocker.build_make_api_call(table))
    client = boto3.client("lambda")

    with pytest.raises(ClientError) as raised:
        invoke(client)

    assert not isinstance(raised.value, client.exceptions.ServiceException)


def test_boto_mock_lets_other_calls_out(boto_mocker):
    table = {"lambda": {"InvokeAsync": {"Status": 202}}}
    boto_mocker.patch(new=boto_mocker.build_make_api_call(table))

    with pytest.raises(EndpointConnectionError):
        client_to_nobody().list_functions()


def test_boto_mock_meets_neither_requests_nor_aiobotocore(boto_mocker):
    table = {"lambda": {"InvokeAsync": {"Status": 202}}}
    boto_mocker.patch(new=boto_mocker.build_make_api_call(table))

    with pytest.raises(EndpointConnectionError):
        asyncio.run(invoke_with_aiobotocore(NOBODY_LISTENS))
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{NOBODY_LISTENS}/2014-11-13/functions/orders/invoke-async/", timeout=5)
