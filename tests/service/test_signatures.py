"""The option ``signatures``: what a test sees of a right and of a wrong signature."""

from __future__ import annotations

import datetime as dt
import http.client
import importlib
import subprocess
import sys
import time
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests_aws4auth import AWS4Auth

from pytest_invokeasync import InvokeAsyncMock

KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG")
OTHER_KEY = ("AKIDOTHER", "another")
TOKEN = "IQoJb3JpZ2luX2VjEJr//=="
HOST = "https://lambda.eu-west-1.amazonaws.com"
ARN = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Afoo"
ASYNC = f"/2014-11-13/functions/{ARN}/invoke-async/"
INVOKE = f"/2015-03-31/functions/{ARN}/invocations?Qualifier=%24LATEST"
TYPE = {"X-Amz-Invocation-Type": "Event"}
verified = pytest.mark.invokeasync(signatures="verify")
both_apis = pytest.mark.parametrize("path", [ASYNC, INVOKE], ids=["InvokeAsync", "Invoke"])


def auth(key=KEY, region="eu-west-1", token=None):
    return AWS4Auth(*key, region, "lambda", session_token=token)


def post(path=ASYNC, body=b"{}", base=HOST, **how):
    how.setdefault("auth", auth())
    return requests.post(base + path, data=body, headers=TYPE, timeout=10, **how)


def code_of(response):
    return response.status_code, response.headers.get("x-amzn-errortype")


MISMATCH = (403, "InvalidSignatureException")
UNKNOWN = (403, "UnrecognizedClientException")


class Raw(requests.auth.AuthBase):
    """A signer of somebody's own, with the usual bug: it signs the path as it is sent."""

    def __call__(self, prepared):
        request = AWSRequest(prepared.method, prepared.url, data=prepared.body)
        signer = SigV4Auth(Credentials(*KEY), "lambda", "eu-west-1")
        signer._normalize_url_path = lambda path: path
        signer.add_auth(request)
        prepared.headers.update(dict(request.headers))
        return prepared


@pytest.fixture
def mock():
    """With it a wrong signature is no error at teardown: the test looks for it itself."""
    with InvokeAsyncMock(signatures="verify") as mock:
        mock.register_key(*KEY)
        yield mock
        forget(mock)


def forget(mock):
    mock._service.findings.refused_signatures.clear()


# Right and wrong ones.


@verified
@both_apis
def test_a_right_signature_is_accepted(invokeasync, path):
    invokeasync.register_key(*KEY)

    assert post(path).status_code == 202


@both_apis
def test_a_wrong_one_is_answered_as_by_aws_and_queues_nothing(mock, path):
    response = post(path, auth=Raw())

    assert code_of(response) == MISMATCH
    assert response.json() == {
        "message": "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. "
        "Consult the service documentation for details."
    }
    mock.assert_not_queued()
    assert mock.get_invocation(error="InvalidSignatureException").function == "foo"


def test_the_signature_comes_before_the_contract_and_the_rules(mock):
    mock.add_error("ServiceException")

    assert code_of(post(body=b"no JSON", auth=Raw())) == MISMATCH
    assert code_of(post(body=b"no JSON"))[1] == "InvalidRequestContentException"
    assert code_of(post())[1] == "ServiceException"


def test_ignored_is_the_default(invokeasync):
    assert post(auth=Raw()).status_code == 202
    assert post(auth=None).status_code == 202


def test_ignored_asks_no_clock(invokeasync, monkeypatch):
    own = client()
    monkeypatch.setattr(time, "time", lambda: pytest.fail("the clock was asked"))

    own.invoke_async(FunctionName="foo", InvokeArgs=b"{}")


def test_a_test_with_a_wrong_signature_fails_and_says_why(pytester):
    pytester.makepyfile(
        f"""
        import pytest, requests
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        @pytest.mark.invokeasync(signatures="verify")
        def test_one(invokeasync):
            invokeasync.register_key{KEY!r}
            request = AWSRequest("POST", {HOST + ASYNC!r}, data=b"{{}}")
            signer = SigV4Auth(Credentials(*{KEY!r}), "lambda", "eu-west-1")
            signer._normalize_url_path = lambda path: path
            signer.add_auth(request)
            requests.post(request.url, data=b"{{}}", headers=dict(request.headers))
        """
    )
    result = pytester.runpytest("-p", "no:randomly")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "signature refused: invocation 1 of foo (test_a_test_*.py:*): "
            "InvalidSignatureException: The request signature we calculated does not match *",
            "  the path was signed as it was sent, percent-encoded once: *",
            "  the canonical request differs first in line 2:",
            "    signed:   /2014-11-13/functions/arn%3Aaws*",
            "    expected: /2014-11-13/functions/arn%253Aaws*",
            "  (if the test is not about signatures: "
            '@pytest.mark.invokeasync(signatures="ignore"))',
        ]
    )
    assert KEY[1] not in result.stdout.str().partition("signature refused")[2]


def problems_of(mock):
    return "\n".join(mock.find_problems())


def test_leaving_the_block_raises_for_a_refused_signature():
    mock = InvokeAsyncMock(signatures="verify")
    mock.register_key(*KEY)
    mock.start()
    post(auth=Raw())
    mock.stop()

    with pytest.raises(AssertionError, match="signature refused: invocation 1 of foo"):
        mock.verify()


def test_what_is_refused_outlives_a_reset_and_so_do_the_keys(mock):
    post(auth=Raw())
    mock.reset()

    assert post().status_code == 202
    assert "signature refused: invocation 1 of foo" in problems_of(mock)


def test_of_many_refusals_the_first_are_told(mock):
    for _ in range(22):
        post(auth=None)

    assert problems_of(mock).count("signature refused") == 20
    assert "  … 2 further signatures refused" in problems_of(mock)


# Keys.


def test_a_key_that_nobody_registered_is_unknown_and_the_report_says_to_register_it():
    with InvokeAsyncMock(signatures="verify") as mock:
        assert code_of(post()) == UNKNOWN
        assert "no key is registered: invokeasync.register_key('AKIDEXAMPLE', ...)" in (
            problems_of(mock)
        )
        mock.register_key(*KEY)
        assert code_of(post(auth=auth(OTHER_KEY))) == UNKNOWN
        assert "this key is not registered: invokeasync.register_key('AKIDOTHER', ...)" in (
            problems_of(mock)
        )
        forget(mock)


def test_what_is_not_signed_is_told_so(mock):
    assert code_of(post(auth=None)) == (403, "MissingAuthenticationTokenException")
    assert "  the request is not signed" in problems_of(mock)


def test_a_key_has_to_come_with_its_token(mock):
    mock.register_key(*OTHER_KEY, TOKEN)

    assert post(auth=auth(OTHER_KEY, token=TOKEN)).status_code == 202
    assert code_of(post(auth=auth(OTHER_KEY))) == UNKNOWN
    assert "no session token was sent, and one is registered for the key 'AKIDOTHER'" in (
        problems_of(mock)
    )
    assert code_of(post(auth=auth(OTHER_KEY, token="other"))) == UNKNOWN
    assert "the session token is not the one registered for the key 'AKIDOTHER'" in (
        problems_of(mock)
    )
    assert TOKEN not in problems_of(mock)


def test_a_region_that_the_host_does_not_serve_is_refused(mock):
    assert code_of(post(auth=auth(region="us-east-1"))) == MISMATCH
    assert "it is signed for the region 'us-east-1'; the host serves 'eu-west-1'" in (
        problems_of(mock)
    )


def test_registering_the_same_key_again_changes_nothing(mock):
    mock.register_key(*KEY)

    assert post().status_code == 202


@pytest.mark.parametrize(
    ("key", "kind", "message"),
    [
        (("", "secret"), ValueError, "access_key_id= is empty"),
        (("AKID", ""), ValueError, "secret_access_key= is empty"),
        (("AKID", "secret\n"), ValueError, "secret_access_key= has white space, which no key has"),
        (("AKID", "secret", ""), ValueError, "session_token= is empty"),
        (("AKID/", "secret"), ValueError, "access_key_id= cannot have a slash, a comma or an"),
        ((None, "secret"), TypeError, "access_key_id= is a str, not NoneType"),
        (("AKID", b"secret"), TypeError, "secret_access_key= is a str, not bytes"),
        (("AKID", "secret", 1), TypeError, "session_token= is a str, not int"),
        ((KEY[0], "secret"), ValueError, "'AKIDEXAMPLE' is registered already, with another secr"),
        ((*KEY, "token"), ValueError, "'AKIDEXAMPLE' is registered already, with another session"),
        (("FAKEINVOKEASYNC", "secret"), ValueError, "'FAKEINVOKEASYNC' is registered already"),
    ],
)
def test_a_wrong_key_is_told_at_once_and_without_its_secret(mock, key, kind, message):
    with pytest.raises(kind) as raised:
        mock.register_key(*key)

    assert f"register_key(): {message}" in str(raised.value)
    assert "secret\n" not in str(raised.value)
    assert KEY[1] not in str(raised.value)


def test_where_signatures_are_ignored_a_key_may_be_registered():
    """So a fixture may register keys for all tests, of which some verify."""
    InvokeAsyncMock().register_key(*KEY)


def test_the_secret_of_another_key_is_named(mock):
    mock.register_key(*OTHER_KEY)

    assert code_of(post(auth=auth((KEY[0], OTHER_KEY[1])))) == MISMATCH
    assert "  it was signed with the secret access key of 'AKIDOTHER', not of 'AKIDEXAMPLE'" in (
        problems_of(mock)
    )


def test_the_id_of_no_key_with_the_secret_of_one_is_told(mock):
    assert code_of(post(auth=auth(("AKIDEXAMPEL", KEY[1])))) == UNKNOWN
    assert (
        "  it was signed with the secret access key of 'AKIDEXAMPLE'\n"
        "  this key is not registered: invokeasync.register_key('AKIDEXAMPEL', ...)"
    ) in problems_of(mock)
    assert KEY[1] not in problems_of(mock)


# boto3.


def client(**how):
    return boto3.client("lambda", region_name="eu-west-1", **how)


@verified
def test_boto3_with_the_fake_key_is_accepted(invokeasync):
    client().invoke_async(FunctionName="foo:1", InvokeArgs=b"{}")
    client().invoke(FunctionName="foo", Qualifier="$LATEST", InvocationType="Event", Payload="{}")

    invokeasync.assert_queued("foo", times=2)


@verified
def test_boto3_with_the_fake_key_is_accepted_whatever_the_clock_says(invokeasync, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)

    client().invoke_async(FunctionName="foo:1", InvokeArgs=b"{}")


@pytest.mark.invokeasync(signatures="verify", credentials="keep")
def test_boto3_with_a_key_of_its_own(invokeasync):
    invokeasync.register_key(*KEY, TOKEN)
    own = client(aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1], aws_session_token=TOKEN)

    own.invoke_async(FunctionName="foo:1", InvokeArgs=b"{}")

    invokeasync.assert_queued_once("foo")


@verified
def test_a_presigned_url_is_accepted(invokeasync):
    invokeasync.register_key(*KEY)
    own = client(aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1])
    url = own.generate_presigned_url(
        "invoke_async", Params={"FunctionName": "foo:1", "InvokeArgs": b""}, HttpMethod="POST"
    )

    assert requests.post(url, timeout=10).status_code == 400  # The body is empty, no JSON.
    assert invokeasync.get_invocation(error="InvalidRequestContentException")


def test_the_body_of_a_presigned_url_is_signed_too(mock):
    own = client(aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1])
    url = own.generate_presigned_url(
        "invoke_async", Params={"FunctionName": "foo", "InvokeArgs": b""}, HttpMethod="POST"
    )

    assert code_of(requests.post(url, data=b"{}", timeout=10)) == MISMATCH
    assert "the body was changed after signing: an empty one was signed" in problems_of(mock)


# Clocks.


def test_a_request_of_this_process_goes_by_its_clock(mock, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 301)
    response = post()

    assert code_of(response) == MISMATCH
    assert response.json()["message"].startswith("Signature expired: ")
    assert "it was signed at 20" in problems_of(mock)
    assert "and the clock says 20" in problems_of(mock)


@pytest.mark.parametrize("broken", [[], [float("nan")], [-1.0], [1e20], ["soon"]])
@pytest.mark.invokeasync(signatures="verify", credentials="keep")
def test_of_a_clock_that_tells_no_time_the_real_one_is_asked(invokeasync, monkeypatch, broken):
    invokeasync.register_key(*KEY)
    # requests would ask the clock itself.
    own = client(aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1])
    times = iter(broken)
    monkeypatch.setattr(time, "time", lambda: next(times))

    own.invoke_async(FunctionName="foo", InvokeArgs=b"{}")

    assert list(times) == []


# Through a socket.


@verified
@both_apis
def test_the_endpoint_verifies_too(invokeasync, invokeasync_server, path):
    invokeasync.register_key(*KEY)

    assert send(invokeasync_server, path).status == 202


def send(server, path=ASYNC, headers=(), date=None, changed=()):
    """Past every mock: signed by botocore, and sent through a socket."""
    url = server.url + path
    request = AWSRequest("POST", url, data=b"{}")
    for name, value in [*TYPE.items(), *headers]:
        request.headers.add_header(name, value)
    signer = SigV4Auth(Credentials(*KEY), "lambda", "eu-west-1")
    signer.add_auth(request)
    if date is not None:
        request.headers.replace_header("X-Amz-Date", date)
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.putrequest("POST", path)
    for name, value in [*request.headers.items(), *changed, ("Content-Length", "2")]:
        connection.putheader(name, value)
    connection.endheaders(b"{}")
    with connection.getresponse() as response:
        response.read()
    connection.close()
    return response


def six_minutes_ago():
    then = dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=6)
    return then.strftime("%Y%m%dT%H%M%SZ")


@verified
def test_a_header_that_is_sent_twice_to_the_endpoint_is_verified_as_two(
    invokeasync, invokeasync_server
):
    invokeasync.register_key(*KEY)

    assert send(invokeasync_server, headers=[("X-Mine", "b"), ("X-Mine", "a")]).status == 202


@verified
def test_one_more_of_a_signed_header_is_refused_by_the_endpoint(invokeasync, invokeasync_server):
    invokeasync.register_key(*KEY)
    response = send(invokeasync_server, headers=[("X-Mine", "b")], changed=[("X-Mine", "c")])

    assert (response.status, response.headers["x-amzn-errortype"]) == MISMATCH
    assert "the header 'x-mine' was sent 2 times" in problems_of(invokeasync)
    forget(invokeasync)


@verified
def test_the_endpoint_goes_by_the_real_clock(invokeasync, invokeasync_server):
    invokeasync.register_key(*KEY)

    assert send(invokeasync_server, date=six_minutes_ago()).status == 403
    assert "Signature expired" in problems_of(invokeasync)
    forget(invokeasync)


@verified
def test_the_endpoint_does_not_ask_a_clock_that_the_test_may_have_faked(
    invokeasync, invokeasync_server, monkeypatch
):
    invokeasync.register_key(*KEY)
    asked = []
    monkeypatch.setattr(time, "time", lambda: asked.append(True) or 1_000_000.0)

    assert send(invokeasync_server).status == 202
    assert asked == []


@verified
def test_without_a_place_for_a_file_the_clock_of_this_process_does(
    invokeasync, invokeasync_server, monkeypatch
):
    def refuse():
        raise PermissionError

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    invokeasync.register_key(*KEY)

    assert send(invokeasync_server, date=six_minutes_ago()).status == 403
    forget(invokeasync)


@pytest.fixture(
    params=[
        pytest.param(library, marks=pytest.mark.others(library))
        for library in ("freezegun", "time_machine")
    ]
)
def in_2015(request):
    moment = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc)
    library = importlib.import_module(request.param)
    if request.param == "freezegun":
        return library.freeze_time(moment)
    return library.travel(moment, tick=False)


@verified
def test_a_client_of_this_process_goes_by_its_clock_at_the_endpoint_too(
    invokeasync, invokeasync_server, in_2015
):
    invokeasync.register_key(*KEY)

    with in_2015:
        response = send(invokeasync_server)
        in_process = post()

    assert (response.status, in_process.status_code) == (202, 202)


@verified
def test_another_process_goes_by_the_real_clock(invokeasync, invokeasync_server, in_2015):
    """The program signs with its own clock, while this process's is stopped."""
    invokeasync.register_key(*KEY)
    key = {"AWS_ACCESS_KEY_ID": KEY[0], "AWS_SECRET_ACCESS_KEY": KEY[1]}
    program = (
        "import boto3; boto3.client('lambda').invoke_async(FunctionName='foo:1', InvokeArgs=b'{}')"
    )
    with in_2015:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**invokeasync_server.environ, **key},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.stderr == ""
    invokeasync.assert_queued_once("foo")
