"""A failure that has to do with the plugin, and does not say it, gets a line that does."""

from __future__ import annotations

import re
import socket

import pytest
import requests  # noqa: F401 - here, since pytester forgets what an inner run has imported

PREAMBLE = """\
import boto3, pytest
URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async"
def client(service="lambda", **given):
    # A session of its own: the default one remembers what it once found.
    return boto3.Session().client(service, **given)
def call(**given):
    client(**given).invoke_async(FunctionName="orders", InvokeArgs=b"{}")
def key():
    return {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret"}
"""
REGION = (
    "no region is configured: invokeasync_region = us-east-1 in the ini file sets one for the run, "
    "also for clients that are made at import"
)
CREDENTIALS = (
    "no credentials are configured: invokeasync_environment_credentials = fake in the ini file "
    "sets a worthless key for the run"
)
FORGOTTEN = (
    "the test does not use the fixture invokeasync, which answers asynchronous invocations of "
    "Lambda. With invokeasync_guard = true in the ini file, no test's call leaves for AWS Lambda"
)


def no_network(host, *_, **__):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.fixture
def hints(run_pytest, monkeypatch):
    """The hint of each failed test or module, by the last part of its name; of a run offline."""
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setenv("NO_PROXY", "*")
    # Nobody skips the waits of what is not mocked.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def hints(source, *arguments):
        found = {}
        for report in run_pytest(source, *arguments).reprec.getfailures():
            sections = [*getattr(report.longrepr, "sections", ()), *report.sections]
            told = [text for title, text, *_ in sections if title == "invokeasync hint"]
            found[re.split(r"::|/", report.nodeid)[-1]] = told
        return found

    return hints


def test_without_region_or_credentials_it_names_the_setting(hints, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert hints("""
def test_region(invokeasync): client()
def test_wrapped(invokeasync):
    try:
        client()
    except Exception as error:
        raise RuntimeError("no shop") from error
@pytest.fixture(scope="session")
def shop(): return client()
def test_before(shop, invokeasync): pass
def test_credentials(invokeasync): client("s3", region_name="us-east-1").list_buckets()
@pytest.mark.invokeasync(credentials="keep")
def test_kept(invokeasync): call(region_name="us-east-1")
def test_of_others(): client()
def test_of_the_test(invokeasync): assert False, "NoRegionError NoCredentialsError"
""") == {
        "test_region": [REGION],
        "test_wrapped": [REGION],
        "test_before": [REGION],
        "test_credentials": [CREDENTIALS],
        "test_kept": [
            'the option credentials="keep" signs with the client\'s own credentials, and it has '
            "none: leave the option out, or set invokeasync_environment_credentials = fake in the "
            "ini file"
        ],
        "test_of_others": [],
        "test_of_the_test": [],
    }


def test_what_is_set_already_it_does_not_name(hints, monkeypatch):
    """A test that takes it away again knows that it is there."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert hints(
        """
def test_region(invokeasync, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    client()
def test_credentials(invokeasync, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    client("s3").list_buckets()
""",
        *("-o", "invokeasync_region=us-east-1"),
        *("-o", "invokeasync_environment_credentials=fake"),
    ) == {"test_region": [], "test_credentials": []}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param("client()\ndef test_one(invokeasync): pass", [REGION], id="ours"),
        pytest.param("client()\ndef test_one(): pass", [], id="of others"),
        pytest.param("1 / 0\ndef test_one(invokeasync): pass", [], id="another error"),
    ],
)
def test_a_client_made_at_import_has_it_too(hints, monkeypatch, source, told):
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert hints(source) == {"test_it.py": told}


def test_a_fixture_of_a_wider_scope_is_told_what_to_take_instead(hints):
    assert hints("""
@pytest.fixture(scope="session")
def shop(invokeasync): pass
def test_one(shop): pass
@pytest.fixture(scope="module")
def served(invokeasync_server): pass
def test_server(served): pass
@pytest.fixture(scope="module")
def of_others(monkeypatch): pass
def test_another(of_others, invokeasync): pass
""") == {
        "test_one": [
            'invokeasync is for one test: `queue = mock_fixture("session")` in conftest.py, from '
            "pytest_invokeasync, is a fixture of the wider scope"
        ],
        "test_server": [
            'invokeasync_server is for one test: `queue = mock_fixture("module")` in conftest.py, '
            "from pytest_invokeasync, is a fixture of the wider scope, and `with "
            "InvokeAsyncServer(queue) as server:` in a fixture of yours its address"
        ],
        "test_another": [],
    }


def test_a_forgotten_fixture_is_told(hints):
    assert hints("""
import requests, unittest, urllib3
def test_boto3(): call(**key())
def test_without_credentials(): call()
def test_requests(): requests.post(URL)
def test_urllib3(): urllib3.PoolManager().request("POST", URL, retries=False)
class TestShop(unittest.TestCase):
    def test_testcase(self): requests.post(URL)
""") == {
        "test_boto3": [FORGOTTEN],
        "test_without_credentials": [FORGOTTEN],
        "test_requests": [FORGOTTEN],
        "test_urllib3": [FORGOTTEN],
        "test_testcase": [FORGOTTEN],
    }


def test_what_is_no_forgotten_fixture_is_not_told_as_one(hints):
    told = hints("""
import requests
from pytest_invokeasync import mock_fixture
queue = mock_fixture("module", other_lambda_calls="pass")
def test_another_service(): client("s3", **key()).list_buckets()
def test_without_credentials(): client("s3").list_buckets()
def test_no_call(): client("s3").generate_presigned_url("list_buckets")
def test_another_host(): requests.post("https://lambda.example.com/")
def test_an_answer():
    answer = requests.Response()
    answer.status_code, answer.url = 403, URL
    answer.raise_for_status()
def test_no_client(): raise ConnectionError(URL)
def test_used(invokeasync): raise requests.ConnectionError(URL)
def test_wider(queue): requests.get(URL)
@pytest.mark.xfail
def test_expected(): requests.post(URL)
""")

    assert list(told.values()) == [[]] * 8


@pytest.mark.parametrize(
    "post",
    [
        pytest.param("httpx.post(URL)", id="httpx"),
        pytest.param("asyncio.run(aiohttp_post())", id="aiohttp"),
    ],
)
def test_a_forgotten_fixture_is_told_with_other_clients(hints, request, post):
    library = request.node.callspec.id

    assert hints(f"""
import asyncio, {library}
async def aiohttp_post():
    async with aiohttp.ClientSession() as session:
        await session.post(URL)
def test_one(): {post}
""") == {"test_one": [FORGOTTEN]}


def test_while_nothing_fails_it_is_not_imported(run_pytest):
    result = run_pytest("""
import sys
for name in [name for name in sys.modules if name.endswith("plugin.hints")]:
    del sys.modules[name]
def test_one(invokeasync): pass
@pytest.mark.xfail
def test_two(invokeasync): assert False
def test_three(): assert "pytest_invokeasync.plugin.hints" not in sys.modules
""")

    result.assert_outcomes(passed=2, xfailed=1)
