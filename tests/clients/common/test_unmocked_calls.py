"""Other calls to AWS Lambda: refused by a mock, unless they stay on the machine or are let pass."""

from __future__ import annotations

import http.client
import pickle
import socket
import threading
from pathlib import Path
from unittest import mock

import boto3
import botocore.exceptions
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer, UnmockedCall, UnmockedLambdaCall

ONE_ATTEMPT = Config(retries={"mode": "standard", "total_max_attempts": 1})
HOST = "lambda.us-east-1.amazonaws.com"
LIST_FUNCTIONS = f"https://{HOST}/2015-03-31/functions"
WHY = (
    "this would have left for AWS Lambda, and no mock answers it: only InvokeAsync is mocked here, "
    'and Invoke with InvocationType="Event" or "DryRun". Answer it with a mock of its own (moto, '
    'botocore\'s Stubber), or let it pass with the option other_lambda_calls="pass".'
)
LAMBDA_HOSTS = [
    pytest.param("lambda.us-east-1.amazonaws.com", id="regional"),
    pytest.param("lambda-fips.us-west-2.amazonaws.com", id="FIPS"),
    pytest.param("lambda.eu-west-1.api.aws", id="dualstack"),
    pytest.param("lambda-fips.us-gov-west-1.api.aws", id="FIPS and dualstack"),
    pytest.param("lambda.cn-north-1.amazonaws.com.cn", id="China"),
    pytest.param("lambda.us-gov-west-1.amazonaws.com", id="GovCloud"),
    pytest.param("lambda.us-iso-east-1.c2s.ic.gov", id="ISO"),
    pytest.param("vpce-1a2b-3c4d.lambda.us-east-1.vpce.amazonaws.com", id="VPC"),
    pytest.param("vpce-1a2b-3c4d-us-east-1a.lambda.us-east-1.vpce.amazonaws.com", id="VPC zone"),
    pytest.param("lambda.amazonaws.com", id="without a region"),
    pytest.param("LAMBDA.US-EAST-1.AMAZONAWS.COM", id="capitals"),
    pytest.param("lambda.us-east-1.amazonaws.com.", id="rooted"),
    pytest.param("lambda.us-east-1.amazonaws.com:8443", id="port"),
]
OTHER_HOSTS = [
    pytest.param("localhost.localstack.cloud", id="LocalStack"),
    pytest.param("lambda.internal.example", id="custom"),
    pytest.param("s3.us-east-1.amazonaws.com", id="S3"),
    pytest.param("lambda.s3.amazonaws.com", id="a bucket called lambda"),
    pytest.param("abcdefg.lambda-url.us-east-1.on.aws", id="function URL"),
    pytest.param("lambda.us-east-1.amazonaws.com.example", id="lookalike"),
    pytest.param("notlambda.us-east-1.amazonaws.com", id="another service"),
]


def lambda_client(**how):
    return boto3.client("lambda", **{"config": ONE_ATTEMPT, **how})


def signed_client(**how):
    return lambda_client(aws_access_key_id="AKIDREAL", aws_secret_access_key="secret-key", **how)


# What is refused.


def test_another_call_with_boto3_is_refused(invokeasync, left):
    with pytest.raises(UnmockedLambdaCall) as refusal:
        signed_client().get_function(FunctionName="orders")

    [call] = invokeasync.unmocked_calls
    assert str(refusal.value) == f"{call}: {WHY}"
    address, _, place = str(call).partition(", called from ")
    assert address == f"GET {LIST_FUNCTIONS}/orders"
    assert call.caller.endswith(place)
    assert left == []
    invokeasync.unmocked_calls.clear()


def test_another_call_with_requests_is_refused(invokeasync, left):
    with pytest.raises(UnmockedLambdaCall) as refusal:
        requests.delete(f"{LIST_FUNCTIONS}/orders", timeout=5)

    [call] = invokeasync.unmocked_calls
    assert str(refusal.value) == f"{call}: {WHY}"
    assert str(call).startswith(f"DELETE {LIST_FUNCTIONS}/orders, called from ")
    assert left == []
    invokeasync.unmocked_calls.clear()


def test_requests_has_not_begun_to_send_it(invokeasync, left, tmp_path):
    with pytest.raises(UnmockedLambdaCall):
        requests.get(LIST_FUNCTIONS, verify=str(tmp_path / "missing.pem"))

    invokeasync.unmocked_calls.clear()


def test_nor_has_boto3(invokeasync, left, tmp_path):
    proxied = Config(
        proxies={"https": "https://127.0.0.1:9"},
        proxies_config={"proxy_client_cert": str(tmp_path / "missing.pem")},
    )

    with pytest.raises(UnmockedLambdaCall):
        boto3.client("lambda", config=proxied).list_functions()

    invokeasync.unmocked_calls.clear()


def test_the_refused_call_names_the_line_that_made_it(invokeasync):
    with pytest.raises(UnmockedLambdaCall) as refusal:
        requests.get(LIST_FUNCTIONS, timeout=5)

    file, _, line = refusal.value.call.caller.rpartition(":")
    assert Path(file) == Path(__file__)
    assert (
        "requests.get(LIST_FUNCTIONS" in Path(file).read_text("utf-8").splitlines()[int(line) - 1]
    )
    invokeasync.unmocked_calls.clear()


def test_refused_calls_are_listed_in_order_until_the_test_clears_them(invokeasync):
    for name in "orders", "invoices":
        with pytest.raises(UnmockedLambdaCall):
            requests.get(f"{LIST_FUNCTIONS}/{name}", timeout=5)

    calls = invokeasync.unmocked_calls
    assert calls == [
        UnmockedCall("GET", f"{LIST_FUNCTIONS}/orders", calls[0].caller),
        UnmockedCall("GET", f"{LIST_FUNCTIONS}/invoices", calls[1].caller),
    ]
    invokeasync.unmocked_calls.clear()
    assert invokeasync.unmocked_calls == []


@pytest.mark.parametrize("host", LAMBDA_HOSTS)
def test_every_kind_of_lambda_endpoint_is_refused_to_requests(invokeasync, left, host):
    with pytest.raises(UnmockedLambdaCall):
        requests.get(f"https://{host}/2015-03-31/functions", timeout=5)

    assert left == []
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize("host", LAMBDA_HOSTS)
def test_every_kind_of_lambda_endpoint_is_refused_to_boto3(invokeasync, left, host):
    client = signed_client(endpoint_url=f"http://{host}")

    with pytest.raises(UnmockedLambdaCall):
        client.list_functions()

    assert left == []
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(Config(use_fips_endpoint=True), id="FIPS"),
        pytest.param(Config(use_dualstack_endpoint=True), id="dualstack"),
        pytest.param(Config(use_fips_endpoint=True, use_dualstack_endpoint=True), id="both"),
    ],
)
def test_endpoints_that_the_sdk_chooses_are_refused(invokeasync, left, config):
    client = signed_client(config=config)

    with pytest.raises(UnmockedLambdaCall):
        client.list_functions()

    assert left == []
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_another_method_on_the_path_of_invoke_async_is_another_call(invokeasync, left, method):
    with pytest.raises(UnmockedLambdaCall):
        requests.request(
            method, f"https://{HOST}/2014-11-13/functions/orders/invoke-async/", timeout=5
        )

    assert left == []
    assert invokeasync.invocations == []
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize("invocation_type", ["RequestResponse", "event", "None"])
def test_invoke_of_another_type_is_another_call(invokeasync, left, invocation_type):
    with pytest.raises(UnmockedLambdaCall):
        signed_client().invoke(FunctionName="orders", InvocationType=invocation_type)

    assert left == []
    invokeasync.unmocked_calls.clear()


def test_a_call_of_another_thread_is_refused(invokeasync, left):
    refusals = []

    def list_functions():
        with pytest.raises(UnmockedLambdaCall) as refusal:
            requests.get(LIST_FUNCTIONS, timeout=5)
        refusals.append(refusal.value.call)

    thread = threading.Thread(target=list_functions)
    thread.start()
    thread.join()

    assert refusals == invokeasync.unmocked_calls
    assert left == []
    invokeasync.unmocked_calls.clear()


# Nobody swallows it by accident.


def test_it_is_no_error_that_code_under_test_would_handle():
    for handled in (
        botocore.exceptions.ClientError,
        botocore.exceptions.BotoCoreError,
        requests.RequestException,
        OSError,
    ):
        assert not issubclass(UnmockedLambdaCall, handled)


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_the_sdk_does_not_try_again(invokeasync, mode):
    client = signed_client(config=Config(retries={"mode": mode, "total_max_attempts": 5}))

    with pytest.raises(UnmockedLambdaCall):
        client.list_functions()

    assert len(invokeasync.unmocked_calls) == 1
    invokeasync.unmocked_calls.clear()


def test_an_adapter_of_requests_does_not_try_again(invokeasync):
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(5, backoff_factor=0)))

    with pytest.raises(UnmockedLambdaCall):
        session.get(LIST_FUNCTIONS, timeout=5)

    assert len(invokeasync.unmocked_calls) == 1
    invokeasync.unmocked_calls.clear()


def test_it_survives_the_way_back_from_another_process():
    call = UnmockedCall("GET", LIST_FUNCTIONS, "app.py:12")
    refusal = UnmockedLambdaCall(call, WHY)

    copy = pickle.loads(pickle.dumps(refusal))

    assert str(copy) == str(refusal) == f"GET {LIST_FUNCTIONS}, called from app.py:12: {WHY}"
    assert copy.call == call


# It shows no secret, and wants none.


def test_the_query_of_a_presigned_url_does_not_show(invokeasync):
    url = signed_client().generate_presigned_url("get_function", {"FunctionName": "orders"})

    with pytest.raises(UnmockedLambdaCall) as refusal:
        requests.get(url, timeout=5)

    assert "X-Amz-Signature=" in url
    assert "AKIDREAL" in url
    [problem, *_] = invokeasync.find_problems()
    for text in str(refusal.value), repr(refusal.value.call), problem:
        assert f"{LIST_FUNCTIONS}/orders" in text
        assert "X-Amz" not in text
        assert "AKIDREAL" not in text
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (f"user:p%40ss@{HOST}/2015-03-31/functions?key=secret#part", "/functions"),
        (f"{HOST}/2015-03-31/functions#secret", "/functions"),
        (f"user:p%40ss@{HOST}/2015-03-31/functions/a@b/c", "/functions/a@b/c"),
        (f"user:p%40ss@{HOST}/2015-03-31/functions/a://b", "/functions/a://b"),
    ],
)
def test_user_and_password_in_a_url_do_not_show(invokeasync, given, told):
    with pytest.raises(UnmockedLambdaCall) as refusal:
        requests.get(f"https://{given}", timeout=5)

    assert refusal.value.call.url == f"https://{HOST}/2015-03-31{told}"
    assert "interception.py" not in str(refusal.getrepr())
    invokeasync.unmocked_calls.clear()


def test_a_client_without_credentials_is_refused_for_the_same_reason(invokeasync, left):
    with pytest.raises(UnmockedLambdaCall):
        lambda_client().list_functions()

    assert left == []
    invokeasync.unmocked_calls.clear()


def test_an_unsigned_client_is_refused_for_the_same_reason(invokeasync, left):
    with pytest.raises(UnmockedLambdaCall):
        lambda_client(config=Config(signature_version=UNSIGNED)).list_functions()

    assert left == []
    invokeasync.unmocked_calls.clear()


@pytest.mark.invokeasync(credentials="keep")
def test_hands_off_credentials_does_not_change_why_a_call_is_refused(invokeasync, left):
    with pytest.raises(UnmockedLambdaCall):
        lambda_client().list_functions()

    assert left == []
    invokeasync.unmocked_calls.clear()


def test_a_client_without_credentials_for_another_service_misses_them_as_ever(invokeasync, left):
    with pytest.raises(botocore.exceptions.NoCredentialsError):
        boto3.client("s3", config=ONE_ATTEMPT).list_buckets()

    assert left == []


# What passes.


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_requests_to_other_hosts_pass(invokeasync, left, host):
    with pytest.raises(left.Error):
        requests.get(f"https://{host}/2015-03-31/functions", timeout=5)

    assert left == [host]


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_calls_of_boto3_to_other_hosts_pass(invokeasync, left, host):
    client = signed_client(endpoint_url=f"http://{host}")

    with pytest.raises(botocore.exceptions.HTTPClientError):
        client.list_functions()

    assert left == [host]


def test_calls_to_another_service_pass(invokeasync, left):
    client = boto3.client(
        "sqs", config=ONE_ATTEMPT, aws_access_key_id="AKID", aws_secret_access_key="secret"
    )

    with pytest.raises(botocore.exceptions.HTTPClientError):
        client.list_queues()

    assert left == ["sqs.us-east-1.amazonaws.com"]


def test_calls_to_this_machine_pass(invokeasync):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\n"
                    b'{"Functions":[]}'
                )

        thread = threading.Thread(target=answer)
        thread.start()
        functions = signed_client(endpoint_url=address).list_functions()["Functions"]
        thread.join()

    assert functions == []


@pytest.mark.invokeasync(other_lambda_calls="pass")
@pytest.mark.parametrize("host", LAMBDA_HOSTS)
def test_with_pass_other_calls_of_requests_go_on(invokeasync, left, host):
    with pytest.raises(left.Error):
        requests.get(f"https://{host}/2015-03-31/functions", timeout=5)

    assert [name.lower() for name in left] == [host.lower().partition(":")[0]]


@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_with_pass_other_calls_of_boto3_go_on(invokeasync, left):
    with pytest.raises(botocore.exceptions.HTTPClientError):
        signed_client().list_functions()

    assert left == [HOST]


@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_with_pass_a_client_without_credentials_misses_them_as_ever(invokeasync, left):
    with pytest.raises(botocore.exceptions.NoCredentialsError):
        lambda_client().list_functions()

    assert left == []


@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_with_pass_invoke_async_is_still_mocked(invokeasync, left):
    signed_client().invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    assert left == []
    invokeasync.assert_queued_once("orders")


@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_of_nested_mocks_the_innermost_decides(invokeasync, left):
    with InvokeAsyncMock() as inner:
        with pytest.raises(UnmockedLambdaCall):
            requests.get(LIST_FUNCTIONS, timeout=5)
        inner.unmocked_calls.clear()

    with pytest.raises(left.Error):
        requests.get(LIST_FUNCTIONS, timeout=5)
    assert invokeasync.unmocked_calls == []


def test_a_plain_wrapper_of_requests_from_before_lets_nothing_out(invokeasync):
    invokeasync.stop()
    real = HTTPAdapter.send

    def plain(adapter, request, **kwargs):
        return real(adapter, request, **kwargs)

    with mock.patch.object(HTTPAdapter, "send", plain):
        invokeasync.start()
        with pytest.raises(UnmockedLambdaCall):
            requests.get(LIST_FUNCTIONS, timeout=5)
        invokeasync.stop()

    assert len(invokeasync.unmocked_calls) == 1
    invokeasync.unmocked_calls.clear()


def test_nor_does_one_of_botocore(invokeasync):
    invokeasync.stop()
    real = URLLib3Session.send

    def plain(session, request):
        return real(session, request)

    with mock.patch.object(URLLib3Session, "send", plain):
        invokeasync.start()
        with pytest.raises(UnmockedLambdaCall):
            boto3.client("lambda").list_functions()
        invokeasync.stop()

    assert len(invokeasync.unmocked_calls) == 1
    invokeasync.unmocked_calls.clear()


def test_what_a_mock_from_before_answers_passes_as_if_ours_were_not_there(invokeasync):
    invokeasync.stop()
    answer = requests.Response()

    with mock.patch.object(HTTPAdapter, "send", return_value=answer) as send:
        invokeasync.start()
        assert requests.get(LIST_FUNCTIONS, timeout=5) is answer
        invokeasync.stop()

    [request] = send.call_args.args
    assert request.url == LIST_FUNCTIONS


def test_a_url_without_a_host_is_for_requests_to_refuse(invokeasync):
    request = requests.Request("GET", LIST_FUNCTIONS).prepare()
    request.url = "https:///2015-03-31/functions/lambda"

    with pytest.raises(requests.exceptions.InvalidURL):
        requests.adapters.HTTPAdapter().send(request)

    assert invokeasync.unmocked_calls == []


def test_a_proxy_of_http_client_is_not_asked_for_an_endpoint_of_lambda(invokeasync):
    connection = http.client.HTTPSConnection("127.0.0.1", 1, timeout=5)
    connection.set_tunnel(HOST)

    with pytest.raises(UnmockedLambdaCall):
        connection.request("GET", "/2015-03-31/functions")

    [call] = invokeasync.unmocked_calls
    assert call.url == LIST_FUNCTIONS
    invokeasync.unmocked_calls.clear()


def test_where_a_server_of_ours_listened_is_no_address_of_ours_any_more(invokeasync):
    server = InvokeAsyncServer(invokeasync)
    with server:
        port = int(server.url.rpartition(":")[2])

    with pytest.raises(UnmockedLambdaCall):
        http.client.HTTPConnection(HOST, port).request("GET", "/2015-03-31/functions")

    [call] = invokeasync.unmocked_calls
    assert call.method == "GET"
    invokeasync.unmocked_calls.clear()


# Clients that nobody knows: where a name is looked up.


@pytest.fixture
def looked_up(monkeypatch):
    """The names that were looked up, of which none is found."""
    names = []

    def getaddrinfo(host, *args, **kwargs):
        names.append(host)
        raise socket.gaierror(socket.EAI_NONAME, host)

    # It stands for the real one, and not for a mock of somebody's.
    getaddrinfo.__module__ = "socket"
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return names


@pytest.mark.parametrize("name", [HOST, HOST.encode(), bytearray(HOST.upper(), "ascii")])
def test_no_client_at_all_looks_up_an_endpoint_of_lambda(looked_up, name):
    mocked = InvokeAsyncMock()
    mocked.start()
    try:
        with pytest.raises(UnmockedLambdaCall):
            socket.getaddrinfo(name, 443)
    finally:
        mocked.stop()

    [call] = mocked.unmocked_calls
    assert (call.method, call.url.lower()) == ("CONNECT", f"{HOST}:443")
    assert looked_up == []


@pytest.mark.parametrize(
    ("other_lambda_calls", "name"),
    [("pass", HOST), ("refuse", "s3.us-east-1.amazonaws.com"), ("refuse", None)],
)
def test_all_else_is_looked_up(looked_up, other_lambda_calls, name):
    with (
        InvokeAsyncMock(other_lambda_calls=other_lambda_calls),
        pytest.raises(socket.gaierror),
    ):
        socket.getaddrinfo(name, 443)

    assert looked_up == [name]
