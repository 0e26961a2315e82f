"""Whatever credentials there are: InvokeAsync uses none of them, shows none, and asks for none."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore
import botocore.httpsession
import botocore.loaders
import botocore.session
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import CredentialProvider, Credentials, DeferredRefreshableCredentials
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall, faults

KEY = "AKIAREALREALREALREAL"
SECRET = "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"
TOKEN = "FwoGZXIvYXdzEJr//////////wEaREALTOKEN"
PATH = "/2014-11-13/functions/orders/invoke-async"
URL = f"https://lambda.us-east-1.amazonaws.com{PATH}"
BODY = b'{"id": 42}'

STATIC = (
    f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n"
)
ROLE = "role_arn = arn:aws:iam::123456789012:role/deploy\n"


class Left(Exception):
    """Something would have reached the network. The SDK knows no such error, and does not retry."""


class Machine:
    """Someone's machine: its environment and its files below ``~/.aws``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        self._monkeypatch = monkeypatch
        self._path = tmp_path

    def environment(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def file(self, variable: str, text: str) -> None:
        path = self._path / variable
        path.write_text(text)
        self._monkeypatch.setenv(variable, str(path))

    def config(self, text: str) -> None:
        self.file("AWS_CONFIG_FILE", text)

    def credentials(self, text: str) -> None:
        self.file("AWS_SHARED_CREDENTIALS_FILE", text)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    return Machine(monkeypatch, tmp_path)


@pytest.fixture
def left(monkeypatch):
    """The hosts that something tried to reach, not counting what the mock answers.

    Ask for it before ``invokeasync``: it is the ``send`` that was there before.
    """
    hosts = []

    def send(session: Any, request: Any) -> AWSResponse:
        hosts.append(request.url.split("/")[2])
        raise Left(hosts[-1])

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", send)
    return hosts


# One for all sessions: each would read the same data files again.
LOADER = botocore.loaders.create_loader()


def new_session(profile_name: str | None = None, **keys: str) -> boto3.Session:
    core = botocore.session.Session(profile=profile_name)
    core.register_component("data_loader", LOADER)
    return boto3.Session(botocore_session=core, **keys)


def without_any(machine: Machine) -> boto3.Session:
    return new_session()


def with_keys(machine: Machine) -> boto3.Session:
    return new_session(aws_access_key_id=KEY, aws_secret_access_key=SECRET, aws_session_token=TOKEN)


def with_environment(machine: Machine) -> boto3.Session:
    machine.environment(
        AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN=TOKEN
    )
    return new_session()


def with_default_profile(machine: Machine) -> boto3.Session:
    machine.credentials(f"[default]\n{STATIC}")
    return new_session()


def with_named_profile(machine: Machine) -> boto3.Session:
    machine.config("[profile staging]\nregion = eu-south-1\n")
    machine.credentials(f"[staging]\n{STATIC}")
    return new_session("staging")


def with_profile_of_the_environment(machine: Machine) -> boto3.Session:
    machine.config(f"[profile staging]\n{STATIC}")
    machine.environment(AWS_PROFILE="staging")
    return new_session()


def with_role_of_another_profile(machine: Machine) -> boto3.Session:
    machine.config(f"[profile deploy]\n{ROLE}source_profile = base\n")
    machine.credentials(f"[base]\n{STATIC}")
    return new_session("deploy")


def with_role_of_the_environment(machine: Machine) -> boto3.Session:
    machine.config(f"[profile deploy]\n{ROLE}credential_source = Environment\n")
    machine.environment(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
    return new_session("deploy")


def with_web_identity(machine: Machine) -> boto3.Session:
    machine.file("AWS_WEB_IDENTITY_TOKEN_FILE", TOKEN)
    machine.environment(AWS_ROLE_ARN="arn:aws:iam::123456789012:role/deploy")
    return new_session()


def with_single_sign_on(machine: Machine) -> boto3.Session:
    machine.config(
        "[profile sso]\nsso_start_url = https://example.awsapps.com/start\n"
        "sso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = Deploy\n"
    )
    return new_session("sso")


class _FailWhenAsked(CredentialProvider):
    METHOD = "test"

    def load(self) -> DeferredRefreshableCredentials:
        def refresh() -> dict[str, str]:
            raise AssertionError("the client's own credentials were asked for")

        return DeferredRefreshableCredentials(refresh, self.METHOD)


def with_credentials_that_fail_when_asked(machine: Machine) -> boto3.Session:
    session = new_session()
    resolver = session._session.get_component("credential_provider")
    resolver.insert_before("env", _FailWhenAsked())
    return session


STATIC_KEYS = [
    with_keys,
    with_environment,
    with_default_profile,
    with_named_profile,
    with_profile_of_the_environment,
]
LOOKED_UP = [
    with_role_of_another_profile,
    with_role_of_the_environment,
    with_web_identity,
    with_single_sign_on,
    with_credentials_that_fail_when_asked,
]
SESSIONS = [without_any, *STATIC_KEYS, *LOOKED_UP]


def each(sessions: list[Callable[[Machine], boto3.Session]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("make_session", sessions, ids=lambda make: make.__name__)


def signed_with(authorization: str | bytes) -> str:
    """The access key id that an ``Authorization`` header names."""
    text = authorization if isinstance(authorization, str) else authorization.decode()
    return text.partition("Credential=")[2].partition("/")[0]


def signatures_of(client: Any, event: str) -> list[str]:
    """Answers an operation before it is sent, and notes whose key it was signed with."""
    keys: list[str] = []

    def answer(request: Any, **kwargs: Any) -> AWSResponse:
        keys.append(signed_with(request.headers["Authorization"]))
        return AWSResponse(request.url, 200, {}, _Raw(b""))

    client.meta.events.register(f"before-send.{event}", answer)
    return keys


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *args: object, **kwargs: object) -> Iterator[bytes]:
        yield self._body


# What InvokeAsync is signed with


@each(SESSIONS)
def test_every_client_is_answered_and_nothing_is_looked_up(
    machine, left, invokeasync, make_session
):
    client = make_session(machine).client("lambda")

    answer = client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert answer["Status"] == 202
    invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert left == []


@each(SESSIONS)
def test_every_client_signs_with_the_fake_key(machine, invokeasync, make_session):
    client = make_session(machine).client("lambda")

    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    headers = invokeasync.get_invocation().headers
    assert signed_with(headers["Authorization"]) == "FAKEINVOKEASYNC"
    assert "X-Amz-Security-Token" not in headers
    sent = " ".join(headers.values())
    assert not [secret for secret in (KEY, SECRET, TOKEN) if secret in sent]


@each(SESSIONS)
def test_every_attempt_is_signed_with_the_fake_key(machine, left, invokeasync, make_session):
    invokeasync.add_error("ServiceException", attempts=2)
    config = Config(retries={"mode": "standard"})
    client = make_session(machine).client("lambda", config=config)

    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    attempts = invokeasync.get_invocation().attempts
    assert [signed_with(attempt.headers["Authorization"]) for attempt in attempts] == [
        "FAKEINVOKEASYNC"
    ] * 3
    assert left == []


@each(SESSIONS)
def test_a_presigned_url_is_signed_with_the_fake_key(machine, left, invokeasync, make_session):
    client = make_session(machine).client("lambda")

    url = client.generate_presigned_url("invoke_async", {"FunctionName": "f", "InvokeArgs": BODY})

    assert "X-Amz-Credential=FAKEINVOKEASYNC%2F" in url
    assert "X-Amz-Security-Token" not in url
    assert left == []


def test_a_signer_is_given_a_region_by_name(invokeasync):
    events = botocore.session.Session().get_component("event_emitter")
    keys = Credentials(KEY, SECRET)
    signer = RequestSigner(ServiceId("Lambda"), "us-east-1", "lambda", "v4", keys, events)
    request = AWSRequest("POST", URL, data=BODY)

    signer.sign("InvokeAsync", request, region_name="eu-west-3")

    assert signed_with(request.headers["Authorization"]) == "FAKEINVOKEASYNC"
    assert "/eu-west-3/lambda/aws4_request" in request.headers["Authorization"]


def test_the_key_of_a_client_made_long_before_is_not_used(machine):
    client = with_keys(machine).client("lambda")

    with InvokeAsyncMock() as mock:
        client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    authorization = mock.get_invocation().headers["Authorization"]
    assert signed_with(authorization) == "FAKEINVOKEASYNC"


def test_the_region_of_the_profile_is_used_all_the_same(machine, invokeasync, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    client = with_named_profile(machine).client("lambda")

    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert invokeasync.assert_queued_once("orders").region == "eu-south-1"


def test_an_unsigned_client_stays_unsigned(machine, invokeasync):
    client = with_keys(machine).client("lambda", config=Config(signature_version=botocore.UNSIGNED))

    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert "Authorization" not in invokeasync.get_invocation().headers


def test_nothing_is_needed_on_the_machine_but_a_region(invokeasync, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    # Without it botocore asks the network when the client is made, with or without us.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    client = new_session().client("lambda", region_name="eu-west-1")
    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    invokeasync.assert_queued_once("orders")


# What is left alone


@each(STATIC_KEYS)
def test_other_services_are_signed_with_their_own_credentials(machine, invokeasync, make_session):
    session = make_session(machine)
    s3 = session.client("s3", region_name="us-east-1")
    keys = signatures_of(s3, "s3")

    session.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=BODY)
    s3.head_bucket(Bucket="photos")

    assert keys == [KEY]


def test_another_service_without_credentials_has_none(machine, invokeasync):
    s3 = without_any(machine).client("s3")

    with pytest.raises(NoCredentialsError):
        s3.head_bucket(Bucket="photos")


def test_another_service_looks_its_credentials_up(machine, left, invokeasync):
    s3 = with_role_of_another_profile(machine).client("s3", region_name="us-east-1")

    with pytest.raises(Left):
        s3.head_bucket(Bucket="photos")

    assert [host.split(".")[0] for host in left] == ["sts"]


@each(STATIC_KEYS)
def test_other_lambda_calls_are_signed_with_their_own_credentials(
    machine, invokeasync, make_session
):
    client = make_session(machine).client("lambda")
    keys = signatures_of(client, "lambda.ListFunctions")

    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)
    client.list_functions()

    assert keys == [KEY]


def test_another_lambda_call_without_credentials_meets_its_refusal(machine, invokeasync):
    client = without_any(machine).client("lambda")

    with pytest.raises(UnmockedLambdaCall):
        client.list_functions()

    invokeasync.unmocked_calls.clear()


@pytest.mark.invokeasync(other_lambda_calls="pass")
def test_another_lambda_call_that_may_leave_needs_its_own_credentials(machine, invokeasync):
    client = without_any(machine).client("lambda")

    with pytest.raises(NoCredentialsError):
        client.list_functions()


def test_a_client_is_signed_with_its_own_key_again_after_the_mock(machine):
    client = with_keys(machine).client("lambda")
    with InvokeAsyncMock():
        client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    keys = signatures_of(client, "lambda.InvokeAsync")
    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert keys == [KEY]


@each([without_any, with_environment])
def test_the_environment_is_untouched(machine, make_session):
    session = make_session(machine)
    before = dict(os.environ)

    with InvokeAsyncMock():
        session.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=BODY)
        during = dict(os.environ)

    assert before == during == dict(os.environ)


@pytest.mark.parametrize("session", [None, boto3.Session()])
def test_the_default_session_is_untouched(monkeypatch, session):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)

    with InvokeAsyncMock():
        new_session().client("lambda").invoke_async(FunctionName="orders", InvokeArgs=BODY)
        assert boto3.DEFAULT_SESSION is session

    assert boto3.DEFAULT_SESSION is session


def test_a_client_made_of_the_default_session_leaves_no_fake_key_in_it(monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    with InvokeAsyncMock():
        boto3.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert boto3.DEFAULT_SESSION.get_credentials() is None


# credentials="keep"


@each(STATIC_KEYS)
@pytest.mark.invokeasync(credentials="keep")
def test_kept_credentials_sign(machine, invokeasync, make_session):
    client = make_session(machine).client("lambda")

    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    headers = invokeasync.get_invocation().headers
    assert signed_with(headers["Authorization"]) == KEY
    assert headers["X-Amz-Security-Token"] == TOKEN


@pytest.mark.invokeasync(credentials="keep")
def test_where_there_are_none_to_keep_the_call_is_not_made(machine, invokeasync):
    client = without_any(machine).client("lambda")

    with pytest.raises(NoCredentialsError):
        client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert invokeasync.invocations == []


@pytest.mark.invokeasync(credentials="keep")
def test_kept_credentials_are_looked_up(machine, left, invokeasync):
    client = with_role_of_another_profile(machine).client("lambda")

    with pytest.raises(Left):
        client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert [host.split(".")[0] for host in left] == ["sts"]
    assert invokeasync.invocations == []


def test_the_innermost_mock_decides(machine):
    client = with_keys(machine).client("lambda")

    with InvokeAsyncMock(credentials="keep") as outer, InvokeAsyncMock() as inner:
        client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert signed_with(inner.get_invocation().headers["Authorization"]) == "FAKEINVOKEASYNC"
    assert outer.invocations == []


# What is shown


def everything_shown(mock: InvokeAsyncMock) -> str:
    """Every text that the mock makes of what it has seen."""
    shown = [repr(mock), mock.describe(), *mock.find_problems()]
    for invocation in mock.invocations:
        shown += [repr(invocation), str(invocation), repr(invocation.headers)]
        shown += [str(invocation.headers), repr(invocation.events), repr(invocation.attempts)]
        shown += [repr(attempt.headers) for attempt in invocation.attempts]
    for failing in (
        lambda: mock.assert_queued_once("orders", payload="another"),
        lambda: mock.assert_invoked("orders", where=lambda invocation: False),
        lambda: mock.assert_sequence([]),
        lambda: mock.get_invocation(function="unknown"),
    ):
        with pytest.raises(AssertionError) as failed:
            failing()
        shown.append(str(failed.value))
    return "\n".join(shown)


def secrets_in(text: str) -> list[str]:
    return [secret for secret in (KEY, SECRET, TOKEN) if secret in text]


def hand_signed_headers(url: str = URL) -> dict[str, str]:
    request = AWSRequest("POST", url, data=BODY)
    SigV4Auth(Credentials(KEY, SECRET, TOKEN), "lambda", "us-east-1").add_auth(request)
    return dict(request.headers)


@each(STATIC_KEYS)
@pytest.mark.invokeasync(credentials="keep")
def test_no_text_shows_what_a_client_was_signed_with(machine, invokeasync, make_session):
    client = make_session(machine).client("lambda")

    client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert secrets_in(everything_shown(invokeasync)) == []


def test_no_text_shows_what_was_signed_by_hand(invokeasync):
    headers = hand_signed_headers()
    signature = headers["Authorization"].rpartition("=")[2]

    requests.post(URL, data=BODY, headers=headers, timeout=5)

    shown = everything_shown(invokeasync)
    assert secrets_in(shown) == []
    assert signature not in shown
    # Whoever asks for a header by its name gets it.
    assert invokeasync.get_invocation().headers["authorization"] == headers["Authorization"]


def test_hidden_headers_are_named_and_others_shown(invokeasync):
    headers = {"authorization": "Bearer real", "COOKIE": "real", "X-Amzn-Trace-Id": "Root=1"}

    requests.post(URL, data=BODY, headers=headers, timeout=5)

    shown = repr(invokeasync.get_invocation().headers)
    assert "'authorization': '<hidden>'" in shown
    assert "'COOKIE': '<hidden>'" in shown
    assert "'X-Amzn-Trace-Id': 'Root=1'" in shown


def test_no_text_shows_a_password_in_the_url(invokeasync):
    requests.post(URL.replace("//", f"//user:{SECRET.replace('/', '')}@"), data=BODY, timeout=5)

    shown = everything_shown(invokeasync)
    assert SECRET.replace("/", "") not in shown
    # As basic authentication, which is what requests makes of it.
    assert "Basic " not in shown


@pytest.fixture
def presigned(machine):
    """A URL with everything in it that a signature takes."""
    client = with_keys(machine).client("lambda")
    url = client.generate_presigned_url(
        "invoke_async", {"FunctionName": "orders", "InvokeArgs": BODY}
    )
    assert KEY in url
    return url


def test_no_text_shows_what_stands_in_a_presigned_url(presigned, invokeasync):
    requests.post(presigned, data=BODY, timeout=5)

    shown = everything_shown(invokeasync)
    assert secrets_in(shown) == []
    assert "X-Amz-" not in shown


def test_a_refused_call_does_not_show_what_stands_in_its_url(presigned, invokeasync):
    with pytest.raises(UnmockedLambdaCall) as refused:
        requests.get(presigned, timeout=5)

    shown = f"{refused.value} {invokeasync.unmocked_calls} {invokeasync.find_problems()}"
    assert PATH in shown
    assert secrets_in(shown) == []
    assert "X-Amz-" not in shown
    invokeasync.unmocked_calls.clear()


@pytest.mark.parametrize("fault", [faults.ConnectionClosed, faults.ConnectionRefused], ids=str)
def test_a_fault_does_not_show_what_stands_in_the_url(presigned, invokeasync, fault):
    invokeasync.add_fault(fault)

    with pytest.raises(requests.ConnectionError) as raised:
        requests.post(presigned, data=BODY, timeout=5)

    assert PATH in str(raised.value)
    assert secrets_in(str(raised.value)) == []
    assert "X-Amz-" not in str(raised.value)


@each(STATIC_KEYS)
def test_no_error_of_the_service_shows_a_secret(machine, invokeasync, make_session):
    invokeasync.add_error("AccessDeniedException")
    client = make_session(machine).client("lambda")

    with pytest.raises(ClientError) as raised:
        client.invoke_async(FunctionName="orders", InvokeArgs=BODY)

    assert secrets_in(f"{raised.value!r} {raised.value.response}") == []


def test_the_report_of_a_failed_test_shows_no_secret(pytester, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    pytester.makepyfile(
        """
        import boto3

        def test_that_fails(invokeasync):
            invokeasync.add_error("ServiceException", times=None)
            invokeasync.add_error("ServiceException", function="never-called")
            client = boto3.Session().client("lambda")
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
        """
    )

    result = pytester.runpytest("-vv", "--showlocals", "--tb=long")

    result.assert_outcomes(failed=1)
    output = result.stdout.str() + result.stderr.str()
    assert "unanswered rule" in output
    assert secrets_in(output) == []


def test_recorded_calls_may_be_copied_without_showing_more(invokeasync):
    requests.post(URL, data=BODY, headers=hand_signed_headers(), timeout=5)

    copied = copy.copy(invokeasync.get_invocation())

    assert secrets_in(f"{copied!r} {copied.headers!r} {copied.attempts!r}") == []
