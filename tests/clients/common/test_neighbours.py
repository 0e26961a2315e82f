"""Other mocks beside ours: InvokeAsync is ours, everything else is theirs, whoever came first."""

from __future__ import annotations

import contextlib
import json

import boto3
import moto
import pytest
import requests
import responses
from botocore.config import Config
from botocore.exceptions import StubResponseError
from botocore.stub import Stubber
from moto.core.botocore_stubber import BotocoreStubber
from responses.registries import OrderedRegistry

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

HOST = "https://lambda.us-east-1.amazonaws.com"
URL = f"{HOST}/2014-11-13/functions/orders/invoke-async/"
OTHER_URL = "https://shop.example/orders"
ONE_ATTEMPT = Config(retries={"mode": "standard", "total_max_attempts": 1})
# A session made after the import of moto, so that moto's handler is in it.
client = boto3.Session("AKID", "secret").client("lambda", config=ONE_ATTEMPT)


@pytest.fixture(autouse=True)
def _nothing_leaves(left):
    """A request that would is stopped."""


def post(url=URL):
    return requests.post(url, data=b'{"id": 42}', timeout=5)


def invoke(with_client=client):
    return with_client.invoke_async(FunctionName="orders", InvokeArgs=b'{"id": 42}')


# moto.


@pytest.fixture(params=["moto first", "ours first"])
def both(request):
    """A mock of ours and moto's, started in either order."""
    with InvokeAsyncMock() as mock:
        if request.param == "ours first":
            with moto.mock_aws():
                yield mock
            return
    with moto.mock_aws(), InvokeAsyncMock() as mock:
        yield mock


def create_function(name):
    role = boto3.client("iam").create_role(
        RoleName=f"for-{name}", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"})
    )
    boto3.client("lambda").create_function(
        FunctionName=name,
        Role=role["Role"]["Arn"],
        Code={"ZipFile": b"not a zip file"},
        Handler="app.handler",
        Runtime="python3.12",
    )


def test_under_moto_invoke_async_of_boto3_is_ours(both):
    answer = invoke()

    assert answer["Status"] == 202
    both.assert_queued_once("orders", payload={"id": 42})


def test_under_moto_invoke_async_of_a_new_client_is_ours(both):
    invoke(boto3.client("lambda", "eu-west-1"))

    assert both.assert_queued_once("orders").region == "eu-west-1"


def test_under_moto_invoke_async_of_requests_is_ours(both):
    assert post().status_code == 202

    both.assert_queued_once("orders", payload={"id": 42})


def event_by_invoke(with_client=client):
    return with_client.invoke(FunctionName="orders", InvocationType="Event", Payload=b'{"id": 42}')


def test_under_moto_an_event_by_invoke_is_ours(both):
    answer = event_by_invoke()

    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    both.assert_queued_once("orders", payload={"id": 42}, api="Invoke")


def test_under_moto_an_event_by_invoke_of_requests_is_ours(both):
    url = f"{HOST}/2015-03-31/functions/orders/invocations"
    answer = requests.post(url, headers={"X-Amz-Invocation-Type": "Event"}, timeout=5)

    assert answer.status_code == 202
    both.assert_queued_once("orders", api="Invoke")


@pytest.mark.parametrize("ours_first", [True, False])
def test_an_event_by_invoke_that_is_left_is_motos(ours_first):
    motos = moto.mock_aws(config={"lambda": {"use_docker": False}})
    ours = InvokeAsyncMock(invoke_event="leave")
    first, second = (ours, motos) if ours_first else (motos, ours)
    with first, second:
        create_function("orders")

        answer = event_by_invoke()

        assert answer["Payload"].read() == b'{"id": 42}'  # moto's, and not Lambda's
        assert ours.invocations == []


def test_under_moto_errors_of_ours_are_raised(both):
    both.add_error("ResourceConflictException")

    with pytest.raises(client.exceptions.ResourceConflictException):
        invoke()


def test_under_moto_other_lambda_calls_are_motos(both):
    create_function("reports")

    names = [function["FunctionName"] for function in client.list_functions()["Functions"]]

    assert names == ["reports"]
    assert both.invocations == both.unmocked_calls == []


def test_under_moto_other_lambda_calls_of_requests_are_motos(both):
    answer = requests.get(f"{HOST}/2015-03-31/functions/", timeout=5)

    assert answer.json() == {"Functions": []}


def test_under_moto_other_services_are_motos(both):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="orders")
    s3.put_object(Bucket="orders", Key="42", Body=b"{}")

    assert s3.get_object(Bucket="orders", Key="42")["Body"].read() == b"{}"


def test_under_moto_dynamodb_is_motos(both):
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="orders", Item={"id": {"S": "42"}})
    invoke()

    assert dynamodb.scan(TableName="orders")["Items"] == [{"id": {"S": "42"}}]
    both.assert_queued_once("orders")


def test_a_function_of_motos_need_not_exist_for_ours_and_the_other_way_round(both):
    both.register_function("orders")
    create_function("reports")

    invoke()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="orders")


def test_above_moto_none_of_what_requests_sends_comes_to_it():
    with moto.mock_aws(), InvokeAsyncMock() as mock:
        post()

        assert len(mock.events) == 1
        assert len(moto.core.models.responses_mock.calls) == 0


def test_after_ours_moto_answers_invoke_async_again():
    with moto.mock_aws():
        with InvokeAsyncMock() as mock:
            invoke()

        with pytest.raises(client.exceptions.ResourceNotFoundException):
            invoke()

    assert len(mock.invocations) == 1


def test_after_moto_ours_is_still_there():
    with InvokeAsyncMock() as mock:
        with moto.mock_aws():
            invoke()
        invoke()
        post()

    assert len(mock.events) == 3


def test_a_requestsmock_inside_of_both_keeps_its_own(both):
    with responses.RequestsMock() as own:
        own.get(OTHER_URL, json=[42])

        assert requests.get(OTHER_URL, timeout=5).json() == [42]
        post()

    both.assert_queued_once("orders")


# moto's ways of being started.


def check_who_answers(invokeasync):
    """InvokeAsync is ours and the rest is moto's, also for a client made before either."""
    for each in client, boto3.client("lambda"):
        assert invoke(each)["Status"] == 202
        assert each.list_functions()["Functions"] == []
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    invokeasync.assert_queued("orders", times=2)


@moto.mock_aws
def test_its_decorator_goes_with_the_fixture(invokeasync):
    check_who_answers(invokeasync)


@moto.mock_aws
def test_its_decorator_goes_with_the_context_manager():
    with InvokeAsyncMock() as mock:
        check_who_answers(mock)


@moto.mock_aws
class TestMotosDecoratorOfAClass:
    def test_it_goes_with_the_fixture(self, invokeasync):
        check_who_answers(invokeasync)


@pytest.fixture
def aws():
    with moto.mock_aws():
        yield


def test_a_fixture_made_of_it_before_ours_goes_with_ours(aws, invokeasync):
    check_who_answers(invokeasync)


def test_a_fixture_made_of_it_after_ours_goes_with_ours(invokeasync, aws):
    check_who_answers(invokeasync)


def test_where_moto_passes_lambda_through_we_refuse_what_would_leave(left):
    config = {"core": {"passthrough": {"urls": [r"https://lambda\."]}}}
    with moto.mock_aws(config=config), InvokeAsyncMock() as mock:
        invoke()
        with pytest.raises(UnmockedLambdaCall):
            client.list_functions()
        mock.unmocked_calls.clear()

    assert left == []
    mock.assert_queued_once("orders")


# moto imported late, and a client made before anything: in a process of its own.

LATE = """
import boto3, pytest, requests
early = boto3.client("lambda")

def test_moto_imported_after_the_fixture_started(invokeasync):
    import sys
    assert "moto" not in sys.modules
    import moto
    with moto.mock_aws():
        late = boto3.client("lambda")
        for client in early, late:
            client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
        requests.post({url!r}, data=b"1", timeout=5)
        assert late.list_functions()["Functions"] == []
    invokeasync.assert_queued("orders", times=3)

def test_the_next_test(invokeasync):
    import moto
    with moto.mock_aws():
        early.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    invokeasync.assert_queued_once("orders")
"""


@pytest.mark.once
def test_moto_may_be_imported_after_the_fixture_started(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(LATE.format(url=URL))

    result = pytester.runpytest_subprocess("-p", "invokeasync")

    result.assert_outcomes(passed=2)


SLOW = """
import threading, sys, time
import boto3
from pytest_invokeasync import InvokeAsyncMock

client = boto3.client("lambda", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")

def test_a_mock_that_starts_meanwhile_waits(tmp_path, monkeypatch):
    (tmp_path / "moto" / "core").mkdir(parents=True)
    (tmp_path / "moto" / "__init__.py").touch()
    (tmp_path / "moto" / "core" / "__init__.py").touch()
    (tmp_path / "moto" / "core" / "botocore_stubber.py").write_text(
        "import threading\\n"
        "threading.begun.set()\\n"
        "threading.go_on.wait(10)\\n"
        "class BotocoreStubber:\\n"
        "    def __call__(self, event_name, request, **kwargs): return 'moto'\\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    threading.begun, threading.go_on = threading.Event(), threading.Event()
    importing = threading.Thread(target=__import__, args=["moto.core.botocore_stubber"])
    importing.start()
    threading.begun.wait(10)
    threading.Timer(0.2, threading.go_on.set).start()
    with InvokeAsyncMock():
        from moto.core.botocore_stubber import BotocoreStubber
        client.meta.events.register("before-send", BotocoreStubber())
        client.invoke_async(FunctionName="orders", InvokeArgs=b"1")
    importing.join()
"""


@pytest.mark.once
def test_a_moto_that_another_thread_is_just_importing_is_waited_for(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(SLOW)

    result = pytester.runpytest_subprocess("-p", "invokeasync", timeout=60)

    result.assert_outcomes(passed=1)


def test_nested_mocks_meet_moto_once():
    before = BotocoreStubber.__call__
    with InvokeAsyncMock():
        met = BotocoreStubber.__call__
        with InvokeAsyncMock():
            assert BotocoreStubber.__call__ is met
    assert BotocoreStubber.__call__ is before


# responses.


def requests_mock(**how):
    return responses.RequestsMock(assert_all_requests_are_fired=False, **how)


@pytest.fixture(params=["theirs first", "ours first"])
def beside(request):
    """A mock of ours and a RequestsMock of the user's own, started in either order."""
    own = requests_mock()
    if request.param == "theirs first":
        with own, InvokeAsyncMock() as mock:
            yield mock, own
    else:
        with InvokeAsyncMock() as mock, own:
            yield mock, own


def test_a_requestsmock_answers_its_own(beside):
    mock, own = beside
    own.get(OTHER_URL, json=[42])

    assert requests.get(OTHER_URL, timeout=5).json() == [42]
    assert mock.invocations == []


def test_a_requestsmock_refuses_what_it_does_not_match(beside, left):
    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        requests.get(OTHER_URL, timeout=5)

    assert left == []


def test_invoke_async_is_ours_though_a_requestsmock_does_not_match_it(beside):
    mock, own = beside
    own.get(OTHER_URL)

    assert post().status_code == 202
    mock.assert_queued_once("orders", payload={"id": 42})


@pytest.mark.parametrize(
    ("fault", "exception"),
    [
        ("ConnectTimeout", requests.ConnectTimeout),
        ("TLSFailure", requests.exceptions.SSLError),
        ("ConnectionClosed", requests.ConnectionError),
    ],
)
def test_a_fault_is_raised_beside_a_requestsmock_too(beside, fault, exception):
    mock, _ = beside
    mock.add_fault(fault)

    with pytest.raises(exception):
        post()

    assert mock.get_invocation().attempts[0].fault == fault


def test_invoke_async_of_boto3_is_ours_whatever_a_requestsmock_matches(beside):
    mock, own = beside
    own.post(URL, status=418)

    assert invoke()["Status"] == 202
    mock.assert_queued_once("orders")


def test_invoke_async_is_theirs_where_a_requestsmock_matches_that_very_url(beside):
    mock, own = beside
    own.post(URL, status=418)

    assert post().status_code == 418
    assert post(URL.replace("orders", "invoices")).status_code == 202
    mock.assert_sequence(["invoices"])


def test_so_is_an_event_by_invoke(beside):
    mock, own = beside
    urls = [f"{HOST}/2015-03-31/functions/{name}/invocations" for name in ("orders", "invoices")]
    own.post(urls[0], status=418)
    headers = {"X-Amz-Invocation-Type": "Event"}

    assert [requests.post(url, headers=headers, timeout=5).status_code for url in urls] == [
        418,
        202,
    ]
    mock.assert_queued_once("invoices", api="Invoke")
    mock.assert_not_invoked("orders")


def test_invoke_async_is_ours_where_the_matchers_of_a_requestsmock_say_no(beside):
    mock, own = beside
    own.post(URL, status=418, match=[responses.matchers.json_params_matcher({"id": 43})])

    assert post().status_code == 202
    mock.assert_queued_once("orders")


def test_invoke_async_is_ours_where_a_requestsmock_lets_it_pass(beside):
    mock, own = beside
    own.add(responses.PassthroughResponse("POST", URL))

    assert post().status_code == 202
    mock.assert_queued_once("orders")


def test_headers_are_recorded_as_they_were_sent_through_a_requestsmock(beside):
    mock, _ = beside
    session = requests.Session()
    prepared = session.prepare_request(requests.Request("POST", URL, data=b"{}"))
    for trace in ("Root=first", "Root=second"):
        prepared.headers["X-Amzn-Trace-Id"] = trace
        session.send(prepared)

    assert [one.trace_id for one in mock.invocations] == ["Root=first", "Root=second"]


def test_a_scripted_error_reaches_requests_through_a_requestsmock(beside):
    mock, _ = beside
    mock.add_error("ServiceException")

    assert post().status_code == 500


def test_add_passthru_does_not_let_invoke_async_out(beside, left):
    mock, own = beside
    own.add_passthru("https://")

    assert post().status_code == 202
    assert left == []
    mock.assert_queued_once("orders")


def test_a_passthrough_response_does_not_let_invoke_async_out(beside, left):
    mock, own = beside
    own.add(responses.PassthroughResponse("POST", URL))

    assert post().status_code == 202
    assert left == []
    mock.assert_queued_once("orders")


def add_passthru(own):
    own.add_passthru("https://")


def add_passthrough_response(own):
    own.add(responses.PassthroughResponse("GET", f"{HOST}/2015-03-31/functions"))


@pytest.mark.parametrize("let_out", [add_passthru, add_passthrough_response])
def test_nothing_lets_other_lambda_calls_out(beside, left, let_out):
    mock, own = beside
    let_out(own)

    with pytest.raises(UnmockedLambdaCall):
        requests.get(f"{HOST}/2015-03-31/functions", timeout=5)

    assert left == []
    [call] = mock.unmocked_calls
    assert call.method == "GET"
    mock.unmocked_calls.clear()


def test_add_passthru_lets_everything_else_out(beside, left):
    _, own = beside
    own.add_passthru("https://shop.example/")

    with pytest.raises(left.Error):
        requests.get(OTHER_URL, timeout=5)

    assert left == ["shop.example"]


def test_other_lambda_calls_that_a_requestsmock_matches_are_theirs(beside):
    mock, own = beside
    own.get(f"{HOST}/2015-03-31/functions", json={"Functions": []})

    assert requests.get(f"{HOST}/2015-03-31/functions", timeout=5).json() == {"Functions": []}
    assert mock.unmocked_calls == []


def test_other_lambda_calls_that_a_requestsmock_would_refuse_are_refused_by_us(beside):
    mock, _ = beside

    with pytest.raises(UnmockedLambdaCall):
        requests.get(f"{HOST}/2015-03-31/functions", timeout=5)

    mock.unmocked_calls.clear()


@pytest.mark.parametrize("ours_first", [True, False])
def test_with_pass_a_requestsmock_decides_on_other_lambda_calls(ours_first, left):
    ours, own = InvokeAsyncMock(other_lambda_calls="pass"), requests_mock()
    first, second = (ours, own) if ours_first else (own, ours)

    with first, second, pytest.raises(requests.ConnectionError, match="refused by Responses"):
        requests.get(f"{HOST}/2015-03-31/functions", timeout=5)

    assert left == []


def test_an_ordered_registry_keeps_its_order_over_our_calls(invokeasync):
    with responses.RequestsMock(registry=OrderedRegistry) as own:
        own.get(OTHER_URL, json=1)
        own.get(OTHER_URL, json=2)
        post()

        assert requests.get(OTHER_URL, timeout=5).json() == 1
        post()
        assert requests.get(OTHER_URL, timeout=5).json() == 2

    invokeasync.assert_queued("orders", times=2)


def test_an_ordered_registry_refuses_invoke_async_before_its_turn(invokeasync):
    with requests_mock(registry=OrderedRegistry) as own:
        own.get(OTHER_URL)
        own.post(URL)

        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            post()

    assert invokeasync.invocations == []


def test_assert_all_requests_are_fired_is_about_their_own(invokeasync):
    with responses.RequestsMock(assert_all_requests_are_fired=True) as own:
        own.get(OTHER_URL)
        requests.get(OTHER_URL, timeout=5)
        post()

    invokeasync.assert_queued_once("orders")


def test_assert_all_requests_are_fired_is_not_met_by_ours(invokeasync):
    own = responses.RequestsMock(assert_all_requests_are_fired=True)
    own.get(OTHER_URL)
    own.start()
    post()

    with pytest.raises(AssertionError, match="Not all requests have been executed"):
        own.stop()
    invokeasync.assert_queued_once("orders")


@responses.activate
def test_responses_activate_goes_with_the_fixture(invokeasync):
    responses.get(OTHER_URL, json=[42])

    assert requests.get(OTHER_URL, timeout=5).json() == [42]
    assert post().status_code == 202
    assert len(responses.calls) == 2
    invokeasync.assert_queued_once("orders")


@responses.activate
def test_responses_activate_goes_with_the_context_manager():
    responses.get(OTHER_URL, json=[42])

    with InvokeAsyncMock() as mock:
        assert requests.get(OTHER_URL, timeout=5).json() == [42]
        post()
    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        post()

    mock.assert_queued_once("orders")


def test_of_nested_requestsmocks_and_mocks_the_innermost_of_ours_answers():
    with requests_mock(), InvokeAsyncMock() as outer, requests_mock():
        with InvokeAsyncMock() as inner, requests_mock():
            post()
            invoke()
        post()

    assert (len(outer.events), len(inner.events)) == (1, 2)


def test_a_requestsmock_stopped_below_ours_does_not_take_ours_away(left):
    own = requests_mock()
    own.start()

    with InvokeAsyncMock() as mock:
        own.stop()
        assert post().status_code == 202

    assert left == []
    mock.assert_queued_once("orders")


# botocore's Stubber.


@pytest.mark.parametrize("ours_first", [True, False])
def test_a_stubber_on_the_same_client_wins(ours_first):
    stubbed = boto3.client("lambda", aws_access_key_id="AKID", aws_secret_access_key="secret")
    stubber, ours = Stubber(stubbed), InvokeAsyncMock()
    stubber.add_response("invoke_async", {"Status": 418})
    first, second = (ours, stubber) if ours_first else (stubber, ours)

    with first, second:
        assert invoke(stubbed) == {"Status": 418}
        invoke()

    ours.assert_queued_once("orders")


def test_a_stubbed_error_is_raised_at_once(invokeasync):
    stubbed = boto3.client("lambda", aws_access_key_id="AKID", aws_secret_access_key="secret")
    with Stubber(stubbed) as stubber:
        stubber.add_client_error("invoke_async", "ServiceException", http_status_code=500)

        with pytest.raises(stubbed.exceptions.ServiceException):
            invoke(stubbed)

        stubber.assert_no_pending_responses()
    assert invokeasync.invocations == []


@pytest.mark.parametrize("ours_first", [True, False])
def test_a_stubber_that_expects_another_call_refuses_ours_at_once(ours_first):
    stubbed = boto3.client("lambda", aws_access_key_id="AKID", aws_secret_access_key="secret")
    stubber, ours = Stubber(stubbed), InvokeAsyncMock()
    stubber.add_response("list_functions", {"Functions": []})
    first, second = (ours, stubber) if ours_first else (stubber, ours)

    with first, second, pytest.raises(StubResponseError):
        invoke(stubbed)

    assert ours.invocations == []


def test_a_stubber_answers_other_lambda_calls(invokeasync):
    stubbed = boto3.client("lambda")
    with Stubber(stubbed) as stubber:
        stubber.add_response("list_functions", {"Functions": []})

        assert stubbed.list_functions() == {"Functions": []}

    assert invokeasync.unmocked_calls == []


# A before-send handler of the user's own.


def test_a_before_send_handler_may_answer_by_itself(invokeasync):
    from botocore.awsrequest import AWSResponse

    own = boto3.client("lambda")

    class Raw:
        def stream(self, **_):
            yield b"{}"

    own.meta.events.register(
        "before-send.lambda.InvokeAsync",
        lambda request, **_: AWSResponse(request.url, 418, {}, Raw()),
    )

    with pytest.raises(own.exceptions.ClientError, match="418"):
        invoke(own)

    assert invokeasync.invocations == []


# A monkeypatched environment.

ENVIRONMENTS = {
    "keys": {"AWS_ACCESS_KEY_ID": "AKIDREAL", "AWS_SECRET_ACCESS_KEY": "secret"},
    "endpoint": {"AWS_ENDPOINT_URL": "http://localhost:4566"},
    "endpoint of Lambda": {"AWS_ENDPOINT_URL_LAMBDA": "http://localhost:4566"},
    "proxy": {"HTTPS_PROXY": "http://localhost:3128", "NO_PROXY": ""},
    "retries": {"AWS_RETRY_MODE": "adaptive", "AWS_MAX_ATTEMPTS": "2"},
    "FIPS": {"AWS_USE_FIPS_ENDPOINT": "true"},
    "certificates": {"AWS_CA_BUNDLE": "missing.pem", "REQUESTS_CA_BUNDLE": "missing.pem"},
}


@contextlib.contextmanager
def environment_with(variables):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_in_any_environment_invoke_async_is_ours(ours_first, environment):
    ours, theirs = InvokeAsyncMock(), environment_with(environment)
    first, second = (ours, theirs) if ours_first else (theirs, ours)

    with first, second:
        for each in client, boto3.client("lambda"):
            assert invoke(each)["Status"] == 202
        assert post().status_code == 202

    ours.assert_queued("orders", times=3)


def test_the_retries_that_the_environment_sets_are_made(invokeasync):
    invokeasync.add_error("ServiceException")
    with environment_with(ENVIRONMENTS["retries"]):
        retrying = boto3.client("lambda")

    with pytest.raises(retrying.exceptions.ServiceException):
        invoke(retrying)

    assert len(invokeasync.get_invocation().attempts) == 2
