"""What arrives at the real endpoint is answered, recorded and scripted as in-process calls are."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.request

import boto3
import pytest
import requests

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer, faults

PATH = "/2014-11-13/functions/orders/invoke-async"


@pytest.fixture
def connection(invokeasync_server):
    """A client that no seam meets, as one in another process."""
    connection = http.client.HTTPConnection(invokeasync_server.url.partition("//")[2], timeout=20)
    yield connection
    connection.close()


@pytest.fixture
def post(connection):
    """Posts a body, and returns the status and the decoded body of the answer."""

    def post(path=PATH, body=b"{}", headers=None):
        connection.request("POST", path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    return post


# Answers.


def test_a_call_is_accepted_and_recorded(invokeasync, post):
    assert post(body=b'{"id": 42}') == (202, None)

    event = invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert event.arn == "arn:aws:lambda:us-east-1:123456789012:function:orders"
    assert event.invocation.body == b'{"id": 42}'


def test_an_answer_is_the_one_of_lambda_and_nothing_besides(connection):
    connection.request("POST", PATH, b"{}")
    answer = connection.getresponse()

    assert (answer.status, answer.reason, answer.read()) == (202, "Accepted", b"")
    assert answer.headers.keys() == [
        "date",
        "content-type",
        "content-length",
        "connection",
        "x-amzn-requestid",
    ]


def test_the_request_id_is_that_of_the_event(invokeasync, connection):
    connection.request("POST", PATH, b"{}")
    answer = connection.getresponse()

    assert answer.headers["x-amzn-requestid"] == invokeasync.events[0].request_id


def test_another_process_has_no_line_in_this_one(invokeasync, post):
    post()

    assert invokeasync.get_invocation().caller is None


def test_a_scripted_error_is_answered_with_its_headers(invokeasync, connection):
    invokeasync.add_error("TooManyRequestsException", headers={"Retry-After": "3"})

    connection.request("POST", PATH, b"{}")
    answer = connection.getresponse()

    assert answer.status == 429
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert json.loads(answer.read())["Type"] == "User"
    assert invokeasync.get_invocation().error == "TooManyRequestsException"


def test_rules_match_and_are_used_up(invokeasync, post):
    invokeasync.add_error("ServiceException", function="orders", at=2)
    invokeasync.add_error("ResourceConflictException", payload={"id": 3})

    statuses = [post(body=json.dumps({"id": number}).encode())[0] for number in (1, 2, 3, 4)]

    assert statuses == [202, 500, 409, 202]


def test_a_callback_is_asked(invokeasync, post):
    invokeasync.add_callback(lambda invocation: "ServiceException" if invocation.payload else None)

    assert [post(body=b"1")[0], post(body=b"0")[0]] == [500, 202]


def test_the_contract_holds(invokeasync, post):
    status, document = post(body=b"")

    assert status == 400
    assert "Could not parse request body into json" in document["message"]
    assert invokeasync.get_invocation().error == "InvalidRequestContentException"


@pytest.mark.invokeasync(schema_violations="respond")
def test_schemas_hold(invokeasync, post):
    invokeasync.register_function("orders", schema={"type": "object", "required": ["id"]})

    assert [post(body=b"{}")[0], post(body=b'{"id": 1}')[0]] == [400, 202]


@pytest.mark.invokeasync(unknown_functions="reject")
def test_options_hold(invokeasync, post):
    assert post()[0] == 404


@pytest.mark.parametrize("size", [262_145, 100_000_000])
def test_a_body_beyond_the_limit_is_refused_by_the_contract(invokeasync, post, size):
    status, document = post(body=b"1" * size)

    assert status == 413
    assert document["message"].startswith(f"{size} byte payload is too large")
    assert len(invokeasync.get_invocation().body) == size


def test_a_reset_forgets_while_the_server_runs(invokeasync, post):
    post()
    invokeasync.reset()
    post(body=b"2")

    assert invokeasync.get_invocation().payload == 2


# What a request says.


def test_headers_keep_their_case(invokeasync, post):
    post(headers={"X-Amz-Client-Context": "e30=", "x-lower": "a"})

    headers = invokeasync.get_invocation().headers
    assert "X-Amz-Client-Context" in list(headers)
    assert "x-lower" in list(headers)
    assert headers["x-amz-client-context"] == "e30="


def test_a_header_sent_twice_is_one_list(invokeasync, connection):
    connection.putrequest("POST", PATH)
    connection.putheader("X-Tag", "a")
    connection.putheader("x-tag", "b")
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{}")
    connection.getresponse().read()

    assert invokeasync.get_invocation().headers["X-Tag"] == "a, b"


@pytest.mark.parametrize(
    ("path", "function", "qualifier"),
    [
        (f"{PATH}/", "orders", None),
        (f"/prefix{PATH}?x=1", "orders", None),
        ("/2014-11-13/functions/orders%3A%24LATEST/invoke-async", "orders", "$LATEST"),
        (
            "/2014-11-13/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ao/"
            "invoke-async",
            "o",
            None,
        ),
    ],
)
def test_the_path_names_the_function(invokeasync, post, path, function, qualifier):
    assert post(path)[0] == 202

    invokeasync.assert_queued_once(function, qualifier=qualifier)


@pytest.mark.parametrize("segment", ["foo%2Fbar", "foo%20bar", "caf%C3%A9", "foo%252Fbar"])
def test_percent_encoding_reaches_the_contract_as_it_was_sent(invokeasync, post, segment):
    status, document = post(f"/2014-11-13/functions/{segment}/invoke-async")

    assert status == 400
    assert "failed to satisfy constraint" in document["message"]
    name = invokeasync.get_invocation().function
    assert name == {"foo%2Fbar": "foo/bar", "foo%20bar": "foo bar", "caf%C3%A9": "café"}.get(
        segment, "foo%2Fbar"
    )


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
def test_a_whole_url_names_the_host_too(invokeasync, post, scheme):
    url = f"{scheme}://lambda.eu-west-1.amazonaws.com{PATH}"

    assert post(url, headers={"Host": "127.0.0.1"})[0] == 202

    invokeasync.assert_queued_once("orders", region="eu-west-1")


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
def test_a_whole_url_of_another_call_of_lambda_is_one_too(invokeasync, post, scheme):
    url = f"{scheme}://lambda.eu-west-1.amazonaws.com/prefix/2015-03-31/functions"

    assert post(url)[0] == 404

    assert [call.url for call in invokeasync.unmocked_calls] == [url]
    invokeasync.unmocked_calls.clear()


def test_the_host_tells_the_region(invokeasync, post):
    post(headers={"Host": "lambda.eu-west-1.amazonaws.com"})

    invokeasync.assert_queued_once("orders", region="eu-west-1")


def test_the_signature_tells_the_region(invokeasync, post):
    scope = "AKID/20261122/ap-south-1/lambda/aws4_request"

    post(headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"})

    invokeasync.assert_queued_once("orders", region="ap-south-1")


def test_attempts_of_one_call_of_an_sdk_are_one_invocation(invokeasync, post):
    invokeasync.add_error("ServiceException", attempts=1)

    for number in (1, 2):
        headers = {"amz-sdk-invocation-id": "one", "amz-sdk-request": f"attempt={number}"}
        post(headers=headers)

    assert [attempt.status for attempt in invokeasync.get_invocation().attempts] == [500, 202]
    assert len(invokeasync.events) == 1


# One log.


def test_clients_that_no_seam_meets_come_here_from_this_process(invokeasync, invokeasync_server):
    request = urllib.request.Request(invokeasync_server.url + PATH, data=b"{}", method="POST")

    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 202

    invokeasync.assert_queued_once("orders")


def test_clients_that_a_seam_meets_are_recorded_once(invokeasync, invokeasync_server, post):
    client = boto3.client("lambda", endpoint_url=invokeasync_server.url)

    client.invoke_async(FunctionName="one", InvokeArgs=b"{}")
    post()
    requests.post(invokeasync_server.url + PATH.replace("orders", "three"), b"{}", timeout=20)

    invokeasync.assert_sequence(["one", "orders", "three"])
    assert [bool(one.caller) for one in invokeasync.invocations] == [True, False, True]


def test_a_delivered_fault_queues_its_event_here_too(invokeasync, connection):
    invokeasync.add_fault(faults.ConnectionClosed, delivered=True)

    connection.request("POST", PATH, b"{}")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()

    event = invokeasync.assert_queued_once("orders")
    assert event.invocation.attempts[0].fault == "ConnectionClosed"


# Other requests.


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "XPOSTX"])
def test_another_method_is_not_allowed(invokeasync, connection, method):
    connection.request(method, PATH)
    answer = connection.getresponse()

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["x-amzn-errortype"] == "MethodNotAllowedException"
    body = f'{{"message":"InvokeAsync is a POST, not {method}"}}'
    assert int(answer.headers["content-length"]) == len(body)
    assert answer.read().decode() == ("" if method == "HEAD" else body)
    assert (invokeasync.invocations, invokeasync.unmocked_calls) == ([], [])


@pytest.mark.parametrize(
    "path",
    [
        "/2015-03-31/functions/orders/invocations",
        "2015-03-31/functions/orders/invocations",
        "/prefix/2015-03-31/functions?MaxItems=1",
        "/2014-11-13/functions/a/b/invoke-async",
    ],
)
def test_another_call_to_lambda_is_refused(invokeasync, invokeasync_server, post, path):
    status, document = post(path)

    address = f"{invokeasync_server.url}/{path.partition('?')[0].lstrip('/')}"
    assert status == 404
    assert document == {
        "message": f"POST {address}: only InvokeAsync is mocked here, and Invoke with the header "
        "X-Amz-Invocation-Type: Event or DryRun"
    }
    [call] = invokeasync.unmocked_calls
    assert (call.method, call.url, call.caller) == ("POST", address, None)
    invokeasync.unmocked_calls.clear()


@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_another_call_to_lambda_may_be_let_pass_and_comes_to_nothing(invokeasync, connection):
    connection.request("GET", "/2015-03-31/functions")
    answer = connection.getresponse()

    assert answer.status == 404
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert invokeasync.unmocked_calls == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/health",
        "*",
        "host:443",
        "/2014-11-13-functions/x",
        "/2015-03-31",
        "/v2015-03-31/functions",
        "/12015-03-31/functions",
        "/2015-03-310/functions",
        "/health?/2015-03-31/functions",
        "/health#/2015-03-31/functions",
        "http://127.0.0.1?/2015-03-31/functions",
        "http://127.0.0.1#/2015-03-31/functions",
        "http:/127.0.0.1",
    ],
)
def test_anything_else_is_not_found(invokeasync, connection, path):
    connection.request("OPTIONS", path)
    answer = connection.getresponse()

    assert answer.status == 404
    assert json.load(answer) == {
        "message": "nothing is here: POST to /2014-11-13/functions/FunctionName/invoke-async or "
        "/2015-03-31/functions/FunctionName/invocations"
    }
    assert (invokeasync.invocations, invokeasync.unmocked_calls) == ([], [])


# Mistakes in the test's own code.


def lose(_):
    raise LookupError("secret-42")


def insist(_):
    raise AssertionError("not this one")


def fail(_):
    pytest.fail("not at all")


def call_twice(mock):
    """The statuses, codes and documents of two calls on one connection."""
    with InvokeAsyncServer(mock) as server:
        connection = http.client.HTTPConnection(server.url.partition("//")[2], timeout=20)
        with contextlib.closing(connection):
            for _ in range(2):
                connection.request("POST", PATH, b"[]")
                answer = connection.getresponse()
                yield answer.status, answer.headers["x-amzn-errortype"], answer.read()


@pytest.mark.parametrize(
    ("callback", "told"),
    [
        (lose, "LookupError: secret-42"),
        (insist, "AssertionError: not this one"),
        (fail, "Failed: not at all"),
    ],
)
def test_what_a_callback_raises_is_told_at_teardown(callback, told, capfd):
    mock = InvokeAsyncMock()
    mock.add_callback(callback, times=1)

    failed, succeeded = call_twice(mock)

    kind = told.partition(":")[0]
    assert failed[:2] == (500, "ServiceException")
    assert json.loads(failed[2])["Message"] == f"a callback or matcher of the test raised {kind}"
    assert succeeded[0] == 202
    [problem] = mock.find_problems()
    assert problem.endswith(f"raised {told}")
    assert capfd.readouterr() == ("", "")


def test_what_a_matcher_raises_is_told_once_for_each_call():
    mock = InvokeAsyncMock()
    mock.add_error("ServiceException", where=lambda call: call.payload["id"], optional=True)

    assert [status for status, *_ in call_twice(mock)] == [500, 500]

    problems = mock.find_problems()
    assert len(problems) == 2
    assert all("a rule's payload= or where= raised TypeError" in problem for problem in problems)
