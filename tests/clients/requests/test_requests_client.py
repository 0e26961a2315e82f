"""requests: hand-made POSTs of every kind, and what becomes of everything else."""

from __future__ import annotations

import array
import datetime
import gc
import io
import socket
import time
import weakref
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from pytest_invokeasync import Invocation, UnmockedLambdaCall

PATH = "/2014-11-13/functions/orders/invoke-async"
URL = f"https://lambda.eu-west-1.amazonaws.com{PATH}"
LOCAL = f"http://localhost:4566{PATH}"
BODY = b'{"id": 42}'

# Made at import time, long before any fixture, as applications do.
session_of_the_module = requests.Session()


def sign(method: str, url: str, body: bytes, region: str) -> dict[str, str]:
    """The headers of a request that was signed by hand."""
    request = AWSRequest(method, url, data=body)
    SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "lambda", region).add_auth(request)
    return dict(request.headers)


def retrying_session(retries: Retry) -> requests.Session:
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=retries))
    return session


class OnlyRead:
    """What has nothing of a file but ``read(size)``, and gives less than it is asked for."""

    def __init__(self, body: bytes) -> None:
        self._file = io.BytesIO(body)

    def __iter__(self) -> Iterator[bytes]:  # requests takes nothing else for a stream
        raise AssertionError("a real send reads")

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, 3))


# The forms of the URL


@pytest.mark.parametrize(
    "url",
    [
        URL,
        f"{URL}/",
        URL.replace("https://", "http://"),
        f"{URL}/?attempt=2",
        f"{URL}?attempt=2#there",
        URL.replace(".com", ".com:443"),
        URL.replace("https://lambda.eu-west-1", "HTTPS://Lambda.EU-West-1"),
        URL.replace("//", "//user:password@", 1),
        URL.replace("lambda.", "lambda-fips."),
        URL.replace("amazonaws.com", "api.aws"),
        URL.replace("lambda.", "vpce-0abc-def.lambda.").replace("amazonaws", "vpce.amazonaws"),
    ],
)
def test_every_form_of_an_endpoint_of_aws_is_ours(invokeasync, url):
    answer = requests.post(url, data=BODY, timeout=5)

    assert answer.status_code == 202
    assert invokeasync.assert_queued_once("orders", payload={"id": 42}).region == "eu-west-1"


@pytest.mark.parametrize(
    "url",
    [
        LOCAL,
        f"http://127.0.0.1:4566/prefix{PATH}/",
        f"http://[::1]:4566/a/b/c{PATH}?stage=test",
        f"https://lambda.corp.example{PATH}",
        # The last of several that look alike is the call's own.
        f"http://localhost/2014-11-13/functions/other{PATH}",
    ],
)
def test_any_other_host_is_ours_too_for_invoke_async(invokeasync, url):
    answer = requests.post(url, data=BODY, timeout=5)

    assert answer.status_code == 202
    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_a_url_that_was_set_by_hand_is_ours(invokeasync):
    prepared = requests.Request("POST", URL, data=BODY).prepare()
    prepared.url = URL.replace("https", "HTTPS")  # requests itself writes schemes small

    answer = requests.Session().send(prepared)

    assert answer.status_code == 202
    invokeasync.assert_queued_once("orders")


def test_a_function_may_have_the_name_of_the_action(invokeasync):
    requests.post(URL.replace("orders", "invoke-async"), data=BODY, timeout=5)

    invokeasync.assert_queued_once("invoke-async")


def test_an_answer_has_its_own_date(invokeasync, monkeypatch):
    dates = []
    for now in (0, 86_400):
        monkeypatch.setattr("pytest_invokeasync.real.time", lambda now=now: now)
        dates.append(requests.post(URL, data=BODY, timeout=5).headers["Date"])

    assert dates == ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 02 Jan 1970 00:00:00 GMT"]


# The region


def test_a_hand_signed_post_is_in_the_region_it_is_signed_for(invokeasync):
    headers = sign("POST", LOCAL, BODY, "ap-southeast-2")

    answer = requests.post(LOCAL, data=BODY, headers=headers, timeout=5)

    assert answer.status_code == 202
    event = invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert event.arn == "arn:aws:lambda:ap-southeast-2:123456789012:function:orders"


def test_the_signature_beats_the_host(invokeasync):
    headers = sign("POST", URL, BODY, "ap-southeast-2")

    requests.post(URL, data=BODY, headers=headers, timeout=5)

    assert invokeasync.assert_queued_once("orders").region == "ap-southeast-2"


def test_a_signature_in_the_headers_beats_one_in_the_url(invokeasync):
    url = f"{LOCAL}?X-Amz-Credential=AKID%2F20261122%2Feu-west-3%2Flambda%2Faws4_request"
    headers = sign("POST", url, BODY, "ap-southeast-2")

    requests.post(url, data=BODY, headers=headers, timeout=5)

    assert invokeasync.assert_queued_once("orders").region == "ap-southeast-2"


def test_a_class_that_signs_for_requests_works(invokeasync):
    class Signed(requests.auth.AuthBase):
        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers.update(sign("POST", request.url, request.body, "sa-east-1"))
            return request

    requests.post(LOCAL, data=BODY, auth=Signed(), timeout=5)

    assert invokeasync.assert_queued_once("orders").region == "sa-east-1"


@pytest.mark.parametrize("endpoint_url", [None, "http://localhost:4566"])
def test_a_presigned_url_is_in_the_region_it_is_signed_for(invokeasync, endpoint_url):
    client = boto3.client("lambda", region_name="eu-north-1", endpoint_url=endpoint_url)
    url = client.generate_presigned_url(
        "invoke_async", Params={"FunctionName": "orders", "InvokeArgs": BODY}
    )

    answer = requests.post(url, data=BODY, timeout=5)

    assert answer.status_code == 202
    assert invokeasync.assert_queued_once("orders", payload={"id": 42}).region == "eu-north-1"


def test_an_unsigned_call_to_an_unknown_host_is_in_the_region_of_its_arn(invokeasync):
    arn = "arn:aws:lambda:me-south-1:210987654321:function:orders"

    requests.post(LOCAL.replace("orders", arn), data=BODY, timeout=5)

    assert invokeasync.assert_queued_once("orders").arn == arn


def test_an_unsigned_call_to_an_unknown_host_is_in_us_east_1_else(invokeasync):
    requests.post(LOCAL, data=BODY, timeout=5)

    assert invokeasync.assert_queued_once("orders").region == "us-east-1"


# Bodies


def _chunks() -> Iterator[bytes]:
    yield b'{"id":'
    yield b" 42}"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: b'{"id": 42}', id="bytes"),
        pytest.param(lambda: '{"id": 42}', id="str"),
        pytest.param(lambda: bytearray(b'{"id": 42}'), id="bytearray"),
        pytest.param(lambda: memoryview(b'{"id": 42}'), id="memoryview"),
        pytest.param(lambda: array.array("B", b'{"id": 42}'), id="array"),
        pytest.param(lambda: io.BytesIO(b'{"id": 42}'), id="BytesIO"),
        pytest.param(lambda: io.StringIO('{"id": 42}'), id="StringIO"),
        pytest.param(_chunks, id="generator"),
        pytest.param(lambda: iter(["{", '"id": 42}']), id="iterator of str"),
        pytest.param(lambda: OnlyRead(b'{"id": 42}'), id="only read"),
    ],
)
def test_bodies_of_every_kind_arrive(invokeasync, make):
    answer = requests.post(URL, data=make(), timeout=5)

    assert answer.status_code == 202
    assert invokeasync.get_invocation().body == b'{"id": 42}'


@pytest.mark.skipif(urllib3.__version__ < "2", reason="urllib3 1.26 sends no text but Latin-1")
def test_text_that_is_not_ascii_arrives_as_utf_8(invokeasync):
    requests.post(URL, data='{"name": "Zoë 🐘"}', timeout=5)

    assert invokeasync.get_invocation().body == '{"name": "Zoë 🐘"}'.encode()


def test_what_requests_makes_json_of_arrives(invokeasync):
    requests.post(URL, json={"name": "Zoë", "ids": [1, 2]}, timeout=5)

    invocation = invokeasync.assert_queued_once("orders").invocation
    assert invocation.payload == {"name": "Zoë", "ids": [1, 2]}
    assert invocation.headers["content-type"] == "application/json"


def test_a_form_is_no_json(invokeasync):
    answer = requests.post(URL, data={"id": 42}, timeout=5)

    assert answer.headers["x-amzn-errortype"] == "InvalidRequestContentException"
    assert invokeasync.get_invocation().body == b"id=42"


def test_an_open_file_is_read_to_its_end_and_stays_open(invokeasync, tmp_path):
    path = tmp_path / "event.json"
    path.write_bytes(BODY)

    with path.open("rb") as file:
        answer = requests.post(URL, data=file, timeout=5)

        assert file.tell() == len(BODY)
        assert answer.request.body is file
    invokeasync.assert_queued_once("orders", payload={"id": 42})


def test_a_stream_is_sent_from_where_it_stands(invokeasync):
    stream = io.BytesIO(b"header" + BODY)
    stream.seek(len(b"header"))

    requests.post(URL, data=stream, timeout=5)

    assert invokeasync.get_invocation().body == BODY


# Sending again


def test_a_prepared_request_may_be_sent_twice(invokeasync):
    session = requests.Session()
    prepared = session.prepare_request(requests.Request("POST", URL, data=BODY))

    answers = [session.send(prepared), session.send(prepared)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [event.request_id for event in invokeasync.events] == [
        answer.headers["x-amzn-requestid"] for answer in answers
    ]
    # Without the id that SDKs send, each is an invocation of its own.
    assert len(invokeasync.invocations) == 2


def test_headers_are_recorded_as_they_were_when_they_were_sent(invokeasync):
    session = requests.Session()
    prepared = session.prepare_request(requests.Request("POST", URL, data=BODY))
    prepared.headers["X-Amzn-Trace-Id"] = "Root=first"
    session.send(prepared)
    prepared.headers["X-Amzn-Trace-Id"] = "Root=second"
    session.send(prepared)

    traces = [invocation.trace_id for invocation in invokeasync.invocations]

    assert traces == ["Root=first", "Root=second"]


def test_a_stream_that_was_read_is_at_its_end_when_it_is_sent_again(invokeasync):
    session = requests.Session()
    prepared = session.prepare_request(requests.Request("POST", URL, data=io.BytesIO(BODY)))

    answers = [session.send(prepared), session.send(prepared)]

    assert [answer.status_code for answer in answers] == [202, 400]
    assert [invocation.body for invocation in invokeasync.invocations] == [BODY, b""]


def test_a_wait_is_told_of_the_attempt_before_which_it_was(invokeasync):
    session = retrying_session(Retry(5, status_forcelist=[500], allowed_methods=None))
    invokeasync.add_error("ServiceException", headers={"Retry-After": "3"})
    invokeasync.add_error("ServiceException")

    session.post(URL, data=BODY, timeout=5)

    attempts = invokeasync.get_invocation().attempts
    assert [attempt.backoff for attempt in attempts] == [None, 3, None]


def test_a_rule_of_so_many_attempts_leaves_the_next_to_the_others(invokeasync):
    retry = Retry(5, status_forcelist=[500, 429], allowed_methods=None)
    invokeasync.add_error("ServiceException", attempts=1)
    invokeasync.add_error("TooManyRequestsException", at=2)

    retrying_session(retry).post(URL, data=BODY, timeout=5)

    [invocation] = invokeasync.invocations
    assert [attempt.status for attempt in invocation.attempts] == [500, 429, 202]


def test_a_call_that_a_callback_makes_waits_for_its_own_retries(invokeasync, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    other = urllib3.PoolManager(retries=Retry(2, backoff_factor=0.5))

    def callback(invocation: Invocation) -> None:
        with pytest.raises(urllib3.exceptions.MaxRetryError):
            other.request("GET", "http://127.0.0.1:9/")

    invokeasync.add_callback(callback)
    requests.post(URL, data=BODY, timeout=5)

    assert slept == [1]


def test_a_rule_that_matched_the_attempt_before_need_not_match_the_next(invokeasync):
    session = retrying_session(Retry(5, status_forcelist=[500], allowed_methods=None))
    for _ in range(2):
        invokeasync.add_error(
            "ServiceException", where=lambda one: len(one.attempts) == 1, optional=True
        )

    session.post(URL, data=BODY, timeout=5)

    [invocation] = invokeasync.invocations
    assert [attempt.status for attempt in invocation.attempts] == [500, 202]


def test_a_rule_of_so_many_attempts_answers_the_adapter_s_own(invokeasync):
    session = retrying_session(Retry(5, status_forcelist=[500], allowed_methods=None))
    rule = invokeasync.add_error("ServiceException", attempts=2)

    assert session.post(URL, data=BODY, timeout=5).status_code == 202

    [invocation] = invokeasync.invocations
    assert [attempt.status for attempt in invocation.attempts] == [500, 500, 202]
    assert rule.used == 1


@pytest.mark.parametrize(
    "make",
    [lambda: BODY, lambda: io.BytesIO(BODY)],
    ids=["bytes", "a stream, which urllib3 rewinds"],
)
def test_an_adapter_that_retries_asks_the_service_once_for_each_attempt(invokeasync, make):
    invokeasync.add_error("ServiceException", times=2)
    session = retrying_session(Retry(5, status_forcelist=[500], allowed_methods=None))

    answer = session.post(URL, data=make(), timeout=5)

    assert answer.status_code == 202
    [invocation] = invokeasync.invocations
    assert [attempt.status for attempt in invocation.attempts] == [500, 500, 202]
    assert [event.payload for event in invokeasync.events] == [{"id": 42}]


def test_what_is_no_stream_is_used_up_by_the_first_attempt(invokeasync):
    invokeasync.add_error("ServiceException")
    session = retrying_session(Retry(5, status_forcelist=[500], allowed_methods=None))

    answer = session.post(URL, data=_chunks(), timeout=5)

    assert answer.status_code == 400
    assert [one.body for one in invokeasync.invocations] == [BODY, b""]


def test_an_adapter_that_gives_up_says_so_its_own_way(invokeasync):
    invokeasync.add_error("ServiceException", times=None)
    session = retrying_session(Retry(2, status_forcelist=[500], allowed_methods=["POST"]))

    with pytest.raises(requests.exceptions.RetryError, match="too many 500 error responses"):
        session.post(URL, data=BODY, timeout=5)

    [invocation] = invokeasync.invocations
    assert [attempt.status for attempt in invocation.attempts] == [500] * 3


def test_an_adapter_that_retries_everything_but_post_does_not_retry(invokeasync):
    invokeasync.add_error("ServiceException")
    session = retrying_session(Retry(5, status_forcelist=[500]))

    answer = session.post(URL, data=BODY, timeout=5)

    assert answer.status_code == 500
    assert len(invokeasync.invocations) == 1


# Sessions and adapters


def test_a_session_made_at_import_time_is_answered(invokeasync):
    session_of_the_module.post(URL, data=BODY, timeout=5)

    invokeasync.assert_queued_once("orders")


def test_an_adapter_of_a_class_of_ones_own_is_answered(invokeasync):
    class Tagging(HTTPAdapter):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
            request.headers["X-Amzn-Trace-Id"] = "Root=mine"
            response = super().send(request, *args, **kwargs)
            response.reason = "Tagged"
            return response

    session = requests.Session()
    session.mount("https://lambda.", Tagging())

    answer = session.post(URL, data=BODY, timeout=5)

    assert answer.reason == "Tagged"
    assert invokeasync.assert_queued_once("orders").invocation.trace_id == "Root=mine"


def test_an_adapter_used_without_a_session_is_answered(invokeasync):
    prepared = requests.Request("POST", URL, data=BODY).prepare()

    answer = HTTPAdapter().send(prepared)

    assert answer.status_code == 202
    invokeasync.assert_queued_once("orders")


def test_no_connection_is_made_to_a_proxy(invokeasync):
    requests.post(URL, data=BODY, proxies={"https": "http://127.0.0.1:9"}, timeout=5)

    invokeasync.assert_queued_once("orders")


# What the code under test gets


def test_an_accepted_call_is_answered_with_an_empty_202(invokeasync):
    answer = requests.post(URL, data=BODY, timeout=5)

    assert (answer.status_code, answer.reason, answer.ok) == (202, "Accepted", True)
    assert (answer.content, answer.text, answer.history) == (b"", "", [])
    assert answer.url == URL
    assert answer.request.method == "POST"
    assert answer.elapsed > datetime.timedelta(0)
    assert len(answer.cookies) == 0
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers.pop("x-amzn-requestid") == invokeasync.events[0].request_id
    assert headers.pop("date").endswith(" GMT")
    assert headers == {
        "content-length": "0",
        "content-type": "application/json",
        "connection": "keep-alive",
    }
    answer.raise_for_status()
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_an_error_is_an_answer_with_a_json_body(invokeasync):
    invokeasync.add_error("ResourceConflictException", message="Later, naïve one.")

    answer = requests.post(URL, data=BODY, timeout=5)

    assert (answer.status_code, answer.reason, answer.ok) == (409, "Conflict", False)
    assert answer.headers["x-amzn-ErrorType"] == "ResourceConflictException"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.content == '{"Type":"User","message":"Later, naïve one."}'.encode()
    assert answer.json() == {"Type": "User", "message": "Later, naïve one."}
    with pytest.raises(requests.HTTPError, match="409 Client Error: Conflict"):
        answer.raise_for_status()


def test_an_answer_may_be_streamed(invokeasync):
    invokeasync.add_error("ServiceException", message="Too bad.")

    with requests.post(URL, data=BODY, stream=True, timeout=5) as answer:
        body = b"".join(answer.iter_content(7))

    assert body == b'{"Message":"Too bad.","Type":"Service"}'


def test_the_raw_answer_may_be_read(invokeasync):
    invokeasync.add_error("ServiceException", message="Too bad.")

    with requests.post(URL, data=BODY, stream=True, timeout=5) as answer:
        assert answer.raw.status == 500
        assert answer.raw.headers["x-amzn-errortype"] == "ServiceException"
        assert answer.raw.read() == b'{"Message":"Too bad.","Type":"Service"}'


def test_hooks_see_the_answer(invokeasync):
    seen = []

    def hook(response: requests.Response, **kwargs: Any) -> None:
        seen.append(response.status_code)

    requests.post(URL, data=BODY, hooks={"response": hook}, timeout=5)

    assert seen == [202]


def test_cookies_of_a_session_are_sent_and_kept(invokeasync):
    session = requests.Session()
    session.cookies["stage"] = "test"

    session.post(URL, data=BODY, timeout=5)

    assert invokeasync.get_invocation().headers["Cookie"] == "stage=test"
    assert dict(session.cookies) == {"stage": "test"}


# What is not ours


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health"),
        ("GET", PATH),
        ("PUT", PATH),
        ("POST", "/2015-03-31/functions/orders/invocations"),
        ("POST", f"{PATH}/more"),
        ("POST", f"{PATH}//"),
        ("POST", f"{PATH}hronous"),
        ("POST", "/2014-11-13/functions/or/ders/invoke-async"),
        ("POST", f"/search?for={PATH}"),
    ],
)
def test_every_other_request_to_a_local_host_reaches_it(invokeasync, loopback, method, path):
    answer = requests.request(method, f"{loopback.url}{path}", data=b"body", timeout=5)

    assert answer.json() == {}
    assert loopback.requests == [f"{method} {path} body"]
    assert invokeasync.invocations == []
    assert invokeasync.unmocked_calls == []


def test_invoke_async_does_not_reach_the_local_host(invokeasync, loopback):
    answer = requests.post(f"{loopback.url}{PATH}", data=BODY, timeout=5)

    assert answer.status_code == 202
    assert loopback.requests == []


AS_AN_ADAPTER_IS_CALLED = pytest.mark.parametrize(
    ("args", "kwargs"), [((True, 0.05), {}), ((), {"stream": True, "timeout": 0.05})]
)


@AS_AN_ADAPTER_IS_CALLED
def test_an_adapter_streams_an_answer_too(invokeasync, args, kwargs):
    invokeasync.add_error("ServiceException", message="in pieces")
    request = requests.Request("POST", URL, data=BODY).prepare()

    answer = HTTPAdapter().send(request, *args, **kwargs)

    assert b"in pieces" in answer.raw.read()
    assert answer.request is request


@AS_AN_ADAPTER_IS_CALLED
@pytest.mark.usefixtures("invokeasync")
def test_what_passes_keeps_its_timeout(args, kwargs):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        request = requests.Request("GET", url).prepare()

        with pytest.raises(requests.ReadTimeout):
            HTTPAdapter().send(request, *args, **kwargs)


def test_no_request_is_kept(invokeasync):
    sent = weakref.ref(requests.post(URL, data=BODY, timeout=5).request)
    gc.collect()

    assert sent() is None
    assert len(invokeasync.invocations) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_another_method_is_another_call_and_refused_where_it_would_leave(invokeasync, method):
    with pytest.raises(UnmockedLambdaCall) as refused:
        requests.request(method, f"{URL}?secret=hidden", timeout=5)

    assert not isinstance(refused.value, requests.RequestException)
    call = refused.value.call
    assert (call.method, call.url) == (method, URL)
    assert call.caller.startswith(f"{__file__}:")
    assert invokeasync.unmocked_calls == [call]
    assert invokeasync.invocations == []
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize(
    "host",
    [
        "lambda.us-east-1.amazonaws.com",
        "LAMBDA.us-east-1.AMAZONAWS.com:443",
        "lambda.us-east-1.amazonaws.com.",
        "user:password@lambda-fips.us-gov-west-1.amazonaws.com",
        "lambda.cn-north-1.amazonaws.com.cn",
        "lambda.eu-west-1.api.aws",
        "vpce-0abc-def.lambda.eu-west-1.vpce.amazonaws.com",
    ],
)
def test_other_lambda_calls_are_refused_on_every_endpoint_of_aws(invokeasync, host):
    with pytest.raises(UnmockedLambdaCall) as refused:
        requests.post(f"https://{host}/2015-03-31/functions/orders/invocations", timeout=5)

    assert "password" not in str(refused.value)
    invokeasync.unmocked_calls.clear()


@pytest.fixture
def sent_before(monkeypatch):
    """The URLs that come to a ``send`` which was in place before the mock was."""
    seen = []

    def send(adapter: Any, request: Any, **kwargs: Any) -> requests.Response:
        seen.append(request.url)
        response = requests.Response()
        response.status_code = 200
        response.url = request.url
        response.raw = io.BytesIO(b"patched")
        return response

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return seen


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example/",
        "https://s3.eu-west-1.amazonaws.com/photos",
        # What another mock answers does not leave.
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/orders/invocations",
    ],
)
def test_an_earlier_patch_of_send_gets_everything_else(sent_before, invokeasync, url):
    answer = requests.post(url, data=b"body", timeout=5)

    assert answer.text == "patched"
    assert sent_before == [url]
    assert invokeasync.unmocked_calls == []


def test_an_earlier_patch_of_send_does_not_get_invoke_async(sent_before, invokeasync):
    answer = requests.post(URL, data=BODY, timeout=5)

    assert answer.status_code == 202
    assert sent_before == []


@pytest.fixture
def looked_up(monkeypatch):
    """The hosts whose address somebody wanted to know, which is how a real send begins."""
    hosts = []

    def getaddrinfo(host: str, *args: object, **kwargs: object) -> None:
        hosts.append(host)
        raise socket.gaierror("this test has no network")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return hosts


@pytest.mark.parametrize(
    "host",
    [
        "lambda.eu-west-1.amazonaws.com.example",
        "lambda.eu-west-1.example",
        "lambda.s3.amazonaws.com",
        "my.lambda.s3-us-west-2.amazonaws.com",
        "lambda.s3.us-east-1.amazonaws.com",
        "abcdef.lambda-url.eu-west-1.on.aws",
        "my-lambda.s3.eu-west-1.amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
    ],
)
def test_a_host_that_only_looks_like_lambda_is_left_alone(invokeasync, looked_up, host):
    with pytest.raises(requests.ConnectionError):
        requests.get(f"https://{host}/2015-03-31/functions", timeout=5)

    assert looked_up == [host]
    assert invokeasync.unmocked_calls == []


@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_other_lambda_calls_leave_where_they_may(invokeasync, looked_up):
    with pytest.raises(requests.ConnectionError):
        requests.get(URL, timeout=5)

    assert looked_up == ["lambda.eu-west-1.amazonaws.com"]
    assert invokeasync.unmocked_calls == []


def test_an_adapter_s_retries_may_be_a_number_set_later(invokeasync):
    session = requests.Session()
    session.get_adapter(URL).max_retries = 3

    assert session.post(URL, data=b"{}", timeout=5).status_code == 202
    invokeasync.assert_queued_once("orders")


def test_an_adapter_that_never_retries_raises_what_went_wrong(invokeasync):
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(False)))
    invokeasync.add_fault("TLSFailure")

    with pytest.raises(requests.exceptions.SSLError):
        session.post(URL, data=b"{}", timeout=urllib3.Timeout(5))
