"""Each fault is what the client would raise if it really happened: both are tried, side by side."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config

from pytest_invokeasync import Fault, faults
from pytest_invokeasync.api.messages import Answer
from pytest_invokeasync.faults import Failure

PATH = "/2014-11-13/functions/orders/invoke-async"


def read_request(connection):
    """Whole: with a part of it unread, closing would reset the connection."""
    received = connection.recv(65536)
    while received.startswith(b"POST") and not received.endswith(b"{}"):
        received += connection.recv(65536)


@contextlib.contextmanager
def listening(answer):
    """A server on loopback that reads a request and then does what ``answer`` does."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(10)
                    read_request(connection)
                    answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@contextlib.contextmanager
def nobody():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def no_such_host(monkeypatch):
    def getaddrinfo(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield "http://nowhere.invalid"


@contextlib.contextmanager
def no_route(monkeypatch):
    def connect(self, address):
        raise TimeoutError(errno.ETIMEDOUT, "timed out")

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield "http://127.0.0.1:9"


def hang(connection):
    with contextlib.suppress(OSError):
        while connection.recv(65536):  # until the client hangs up
            pass


def close(connection):
    pass


def speak_plainly(connection):
    connection.sendall(b"this is no TLS\r\n")


def cut(connection):
    body = faults.TruncatedAnswer.answer.body
    connection.sendall(
        b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\n"
        b"content-length: 97\r\n\r\n" + body
    )


def page(fault):
    def send(connection):
        status, body = fault.answer.status, fault.answer.body
        connection.sendall(
            f"HTTP/1.1 {status} x\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n".encode()
            + body
        )

    return send


def really(fault, monkeypatch):
    """The fault itself, at an address."""
    happening = {
        faults.ConnectTimeout: lambda: no_route(monkeypatch),
        faults.ReadTimeout: lambda: listening(hang),
        faults.LostAnswer: lambda: listening(hang),
        faults.ConnectionClosed: lambda: listening(close),
        faults.ConnectionRefused: nobody,
        faults.NameResolution: lambda: no_such_host(monkeypatch),
        faults.TLSFailure: lambda: listening(speak_plainly),
        faults.TruncatedAnswer: lambda: listening(cut),
    }
    return happening[fault]() if fault in happening else listening(page(fault))


def with_boto3(url):
    config = Config(
        signature_version=UNSIGNED,
        retries={"total_max_attempts": 1},
        connect_timeout=1,
        read_timeout=0.2,
    )
    client = boto3.client("lambda", endpoint_url=url, config=config)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
    return caught.value


def with_requests(url):
    try:
        answer = requests.post(url + PATH, data=b"{}", timeout=(1, 0.2))
    except requests.RequestException as error:
        return error
    return answer


def seen(outcome):
    """What code can go by: the class, or the answer."""
    if isinstance(outcome, requests.Response):
        return outcome.status_code, outcome.content
    return type(outcome), getattr(outcome, "response", {}) and str(outcome)


@pytest.mark.parametrize("send", [with_boto3, with_requests])
@pytest.mark.parametrize("fault", faults.every(), ids=str)
def test_it_is_raised_as_if_it_happened(request, monkeypatch, fault, send):
    scheme = "https" if fault is faults.TLSFailure else "http"
    with really(fault, monkeypatch) as url:
        real = send(url.replace("http", scheme, 1))

    invokeasync = request.getfixturevalue("invokeasync")
    invokeasync.add_fault(fault)
    scripted = send("http://127.0.0.1:9")

    assert seen(scripted) == seen(real)


@pytest.mark.parametrize("send", [with_boto3, with_requests])
@pytest.mark.parametrize("fault", [f for f in faults.every() if f.failure], ids=str)
def test_the_message_names_the_endpoint(invokeasync, fault, send):
    invokeasync.add_fault(fault)

    error = send("http://127.0.0.1:9")

    assert "http://127.0.0.1:9" + PATH in str(error)


FAILURES = {
    "ConnectTimeout": "Connection timed out.",
    "ReadTimeout": "Read timed out.",
    "ConnectionClosed": "Remote end closed connection without response",
    "ConnectionRefused": "Connection refused",
    "NameResolution": "Name or service not known",
    "TLSFailure": "certificate verify failed",
    "LostAnswer": "Read timed out.",
}
PAGES = {
    "BadGatewayPage": (502, "Bad Gateway"),
    "ServiceUnavailablePage": (503, "Service Unavailable"),
    "GatewayTimeoutPage": (504, "Gateway Timeout"),
}


def test_they_are_these_each_under_its_name():
    names = [fault.name for fault in faults.every()]

    assert sorted(names) == sorted([*FAILURES, *PAGES, "TruncatedAnswer"])
    assert [getattr(faults, name) for name in names] == list(faults.every())


@pytest.mark.parametrize(("name", "text"), FAILURES.items())
def test_a_failure_says_what_happened(invokeasync, name, text):
    invokeasync.add_fault(name)

    assert f"http://127.0.0.1:9{PATH}: {text}" in str(with_requests("http://127.0.0.1:9"))


@pytest.mark.parametrize(("name", "status", "title"), [(k, *v) for k, v in PAGES.items()])
def test_a_page_is_that_of_a_proxy(invokeasync, name, status, title):
    invokeasync.add_fault(name)

    answer = with_requests("http://127.0.0.1:9")

    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert f"<title>{status} {title}</title>" in answer.text


def test_a_truncated_answer_begins_as_an_error_of_the_service():
    cut_off = faults.TruncatedAnswer.answer

    assert b'{"Message":"An error occurred.'.startswith(cut_off.body)
    assert cut_off.headers["content-type"] == "application/json"
    assert int(cut_off.headers["content-length"]) > len(cut_off.body)


@pytest.mark.parametrize(
    "fault", [f for f in faults.every() if f is not faults.LostAnswer], ids=str
)
def test_none_but_a_lost_answer_queues_an_event(invokeasync, fault):
    invokeasync.add_fault(fault)

    with_boto3("http://127.0.0.1:9")

    assert invokeasync.events == []
    assert len(invokeasync.invocations) == 1


@pytest.mark.parametrize("send", [with_boto3, with_requests])
def test_each_time_it_is_another_object(invokeasync, send):
    invokeasync.add_fault(faults.ReadTimeout, times=2)

    first, second = send("http://127.0.0.1:9"), send("http://127.0.0.1:9")

    assert first is not second


def test_a_lost_answer_shows_the_duplicate_that_the_sdk_makes(invokeasync):
    invokeasync.add_fault(faults.LostAnswer)
    client = boto3.client("lambda", config=Config(retries={"mode": "standard"}))

    client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    invocation = invokeasync.get_invocation()
    assert [attempt.fault for attempt in invocation.attempts] == ["LostAnswer", None]
    assert len({event.request_id for event in invokeasync.assert_queued("orders", times=2)}) == 2


@pytest.mark.parametrize("fault", faults.every(), ids=str)
def test_what_was_delivered_is_queued_although_the_client_saw_a_failure(invokeasync, fault):
    invokeasync.add_fault(fault, delivered=True)

    with_boto3("http://127.0.0.1:9")

    event = invokeasync.assert_queued_once("orders")
    assert event.invocation.attempts[0].request_id == event.request_id
    assert not event.invocation.accepted


@pytest.mark.parametrize(
    ("fault", "status"),
    [("BadGatewayPage", 502), ("TruncatedAnswer", 500), ("ReadTimeout", None)],
)
def test_an_attempt_has_the_status_of_what_was_answered(invokeasync, fault, status):
    invokeasync.add_fault(fault)

    with_boto3("http://127.0.0.1:9")

    [attempt] = invokeasync.get_invocation().attempts
    assert (attempt.status, attempt.fault, attempt.error) == (status, fault, None)


def test_a_name_will_do(invokeasync):
    invokeasync.add_fault("ReadTimeout")

    assert isinstance(with_requests("http://127.0.0.1:9"), requests.ReadTimeout)


def test_a_credential_in_the_url_is_not_told(invokeasync):
    invokeasync.add_fault("ConnectionClosed")

    with pytest.raises(requests.ConnectionError) as caught:
        requests.post(
            f"https://user:secret@example.com{PATH}?X-Amz-Signature=secret", b"1", timeout=1
        )

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("ReadTimout", "'ReadTimeout'"),
        ("Connection", "'ConnectionClosed', 'ConnectTimeout' or 'ConnectionRefused'"),
    ],
)
def test_an_unknown_fault_is_refused_with_the_nearest(invokeasync, name, nearest):
    with pytest.raises(ValueError, match=rf"unknown fault '{name}'; did you mean {nearest}"):
        invokeasync.add_fault(name)


def test_a_fault_has_no_code(invokeasync):
    invokeasync.add_fault(faults.ReadTimeout)

    with_boto3("http://127.0.0.1:9")

    assert invokeasync.get_invocation().error is faults.ReadTimeout.code is None


def test_a_lost_answer_from_a_callback_is_lost_once_too(invokeasync):
    invokeasync.add_callback(lambda invocation: faults.LostAnswer)
    client = boto3.client("lambda", config=Config(retries={"mode": "standard"}))

    client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    invokeasync.assert_queued("orders", times=2)


def test_a_callback_cannot_lose_the_answer_of_a_later_attempt(invokeasync):
    answers = iter(["ServiceException", "ServiceException", faults.LostAnswer])
    invokeasync.add_callback(lambda invocation: next(answers))
    client = boto3.client("lambda", config=Config(retries={"mode": "standard"}))

    client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    assert [a.status for a in invokeasync.get_invocation().attempts] == [500, 500, 202]


ANSWER = Answer(502, {}, b"")


@pytest.mark.parametrize(
    ("made", "exception", "told"),
    [
        (
            {"name": "Mine"},
            ValueError,
            "the fault Mine has a failure or an answer: what goes wrong below HTTP, or what comes "
            "back; it has neither",
        ),
        (
            {"name": "Mine", "failure": Failure.TLS, "answer": ANSWER},
            ValueError,
            "the fault Mine has a failure or an answer: what goes wrong below HTTP, or what comes "
            "back; not both",
        ),
        (
            {"name": "Mine", "failure": "TLS"},
            TypeError,
            "the failure of the fault Mine is one of Failure, not 'TLS'",
        ),
        (
            {"name": "Mine", "answer": b"{}"},
            TypeError,
            "the answer of the fault Mine is one of Answer, not b'{}'",
        ),
        (
            {"name": "", "failure": Failure.TLS},
            ValueError,
            "a fault's name is a printable str, not ''",
        ),
        (
            {"name": "a\nb", "failure": Failure.TLS},
            ValueError,
            "a fault's name is a printable str, not 'a\\nb'",
        ),
        (
            {"name": 42, "failure": Failure.TLS},
            ValueError,
            "a fault's name is a printable str, not 42",
        ),
        (
            {"name": "Mine", "failure": Failure.TLS, "delivered": 1},
            TypeError,
            "delivered of the fault Mine is True or False",
        ),
        *(
            (
                {"name": "Mine", "failure": Failure.TLS, "attempts": attempts},
                ValueError,
                f"attempts of the fault Mine is 1 or more, or None, not {attempts!r}",
            )
            for attempts in (0, True, "1")
        ),
    ],
)
def test_a_fault_of_ones_own_that_says_nothing_is_refused_where_it_is_made(made, exception, told):
    with pytest.raises(exception) as info:
        Fault(**made)

    assert str(info.value) == told


def test_a_fault_of_ones_own_is_a_fault(invokeasync):
    fault = Fault("Mine", Failure.REFUSED, delivered=True, attempts=1)
    invokeasync.add_fault(fault)

    with pytest.raises(requests.ConnectionError):
        requests.post(f"https://lambda.us-east-1.amazonaws.com{PATH}", data="{}", timeout=5)

    invokeasync.assert_invoked_once(error=fault)
    invokeasync.assert_queued_once("orders")
