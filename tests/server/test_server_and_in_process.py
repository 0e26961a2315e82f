"""The same request is recorded and answered alike, in this process and through the endpoint."""

from __future__ import annotations

import contextlib
import http.client
from urllib.parse import quote

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"
# Of an answer these differ each time.
OF_ITS_OWN = ("date", "x-amzn-requestid")

NAMES = st.one_of(
    st.sampled_from(["orders", "orders:$LATEST", ARN, f"{ARN}:live", "eu-west-1:orders", "a/b"]),
    st.text(max_size=80),
)
SEGMENTS = st.one_of(
    NAMES.map(lambda name: quote(name, safe="", errors="replace")),
    st.sampled_from(["%", "%zz", "%ff", "%25", "a%2fb", "~a", "%7Ea", "a;b", "a+b", "..."]),
).filter(lambda segment: segment not in {".", ".."})  # which requests takes out of a path
BODIES = st.one_of(
    st.sampled_from([b"{}", b"", b"null", b'{"id": 42}', b"NaN", b"\xef\xbb\xbf{}", b'"\xff"']),
    st.binary(max_size=30),
    st.integers(min_value=95, max_value=105).map(lambda size: b"1" * size),
)
REGION = "AWS4-HMAC-SHA256 Credential=A/20261122/eu-west-1/lambda/aws4_request, Signature=0"
HEADERS = st.dictionaries(
    st.sampled_from(["X-Amzn-RequestId", "x-amzn-trace-id", "Authorization", "X-Tag", "Accept"]),
    st.sampled_from(["", "a", "b c", "50 %", "caf\xe9", REGION, "0" * 8 + "-0000" * 4 + "0" * 8]),
    max_size=3,
)


def through_requests(prepared):
    answer = requests.Session().send(prepared, timeout=20)
    return answer.status_code, answer.headers, answer.content


def through_the_endpoint(prepared, server):
    connection = http.client.HTTPConnection(server.url.partition("//")[2], timeout=20)
    with contextlib.closing(connection):
        connection.putrequest(prepared.method, prepared.path_url, skip_accept_encoding=True)
        for name, value in prepared.headers.items():
            connection.putheader(name, value)
        connection.endheaders(prepared.body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def recorded(mock):
    one = mock.get_invocation()
    headers = {name: value for name, value in one.headers.items() if name != "Host"}
    [attempt] = one.attempts
    return {
        "called": (one.function, one.qualifier, one.region, one.account, one.arn),
        "sent": (headers, one.body, one.trace_id),
        "ended": (attempt.status, attempt.error, attempt.fault, len(one.events)),
    }


@pytest.fixture(scope="module")
def server():
    mock = InvokeAsyncMock(payload_limit=100)
    with mock, InvokeAsyncServer(mock) as server:
        yield server


@given(segment=SEGMENTS, body=BODIES, headers=HEADERS)
@settings(max_examples=settings.default.max_examples * 6 // 5)
def test_a_request_is_recorded_and_answered_alike(server, segment, body, headers):
    url = f"{server.url}/2014-11-13/functions/{segment}/invoke-async"
    prepared = requests.Request("POST", url, data=body, headers=headers).prepare()
    seen = []
    for send in (through_requests, lambda request: through_the_endpoint(request, server)):
        server._mock.reset()
        status, answered, document = send(prepared)
        kept = {n.lower(): v for n, v in answered.items() if n.lower() not in OF_ITS_OWN}
        seen.append((recorded(server._mock), status, kept, document))

    assert seen[0] == seen[1]
