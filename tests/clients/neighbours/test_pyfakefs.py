"""pyfakefs fakes files, and looks after modules that are imported meanwhile."""

from __future__ import annotations

import pytest

pytest.importorskip("pyfakefs")

PREAMBLE = """
import contextlib, os, sys, boto3, pytest, urllib3
from pytest_invokeasync import InvokeAsyncMock, error_params, faults

client = boto3.client("lambda", "us-east-1", aws_access_key_id="AKID", aws_secret_access_key="s")

def invoke(function="orders", payload='{"id": 1}'):
    return client.invoke_async(FunctionName=function, InvokeArgs=payload)["Status"]

@pytest.fixture(autouse=True)
def _nothing_stays():
    # The names: pyfakefs itself gives back what it has replaced.
    before = [type(finder) for finder in sys.meta_path]
    yield
    assert [type(finder) for finder in sys.meta_path] == before
    import botocore.httpsession
    assert not hasattr(botocore.httpsession.URLLib3Session.send, "__wrapped__")
"""

TESTS = {
    "a call": """
def test_it(invokeasync, fs):
    assert not os.path.exists(__file__)
    assert invoke() == 202
    assert invokeasync.assert_queued_once("orders").payload == {"id": 1}
""",
    "the contract of botocore": """
@pytest.mark.invokeasync(contract="botocore")
def test_it(invokeasync, fs):
    with pytest.raises(client.exceptions.ClientError, match="ValidationException"):
        invoke("a b")
""",
    "a sweep": """
def test_it(invokeasync, fs):
    tried = 0
    for _ in invokeasync.sweep("all", faults.LostAnswer):
        tried += 1
        with contextlib.suppress(client.exceptions.ClientError):
            invoke()
    assert tried > 10
""",
    "errors as parameters": """
@pytest.mark.parametrize("error", error_params("modeled"))
def test_it(invokeasync, fs, error):
    invokeasync.add_error(error)
    with pytest.raises(client.exceptions.ClientError):
        invoke()

def test_each(invokeasync_error, fs):
    with pytest.raises(client.exceptions.ClientError):
        invoke()
""",
    "a schema": """
@pytest.mark.invokeasync(schema_violations="respond")
def test_it(invokeasync, fs):
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
    invokeasync.register_function("orders", schema=schema)
    assert invoke() == 202
    with pytest.raises(client.exceptions.ClientError):
        invoke(payload="[]")
""",
    "signatures": """
@pytest.mark.invokeasync(signatures="verify")
def test_it(invokeasync, fs):
    assert invoke() == 202
""",
    "a function that runs": """
def test_it(invokeasync, fs):
    def handler(event, context):
        fs.create_file("/done")
    invokeasync.register_function("orders", handler=handler)
    invoke()
    invokeasync.run_until_idle()
    assert os.path.exists("/done")
""",
    "a failed assertion": """
def test_it(invokeasync, fs):
    invoke()
    with pytest.raises(AssertionError, match="id"):
        invokeasync.assert_queued_once("orders", payload={"id": 2})
""",
    "a mock of one's own": """
def test_it(fs):
    with InvokeAsyncMock(contract="botocore") as own:
        assert invoke() == 202
    own.assert_queued_once("orders", payload={"id": 1})
""",
}


def test_the_mock_works_under_it_in_either_order(run_pytest_with):
    tests = []
    for number, test in enumerate(TESTS.values()):
        for order, signature in ("ours", "invokeasync, fs"), ("files", "fs, invokeasync"):
            tests.append(
                test.replace("invokeasync, fs", signature).replace(
                    "def test_", f"def test_{number}_{order}_"
                )
            )

    result = run_pytest_with("pyfakefs.pytest_plugin", "\n".join(tests))

    outcomes = result.parseoutcomes()
    assert outcomes.pop("passed") > 2 * len(TESTS)
    assert set(outcomes) <= {"warnings"}


def test_so_does_the_first_of_a_run_where_files_are_faked_first(run_pytest_with):
    first = TESTS["a function that runs"].replace("invokeasync, fs", "fs, invokeasync")

    result = run_pytest_with(
        "pyfakefs.pytest_plugin", first + "\ndef test_next(invokeasync):\n    invoke()\n"
    )

    result.assert_outcomes(passed=2)
