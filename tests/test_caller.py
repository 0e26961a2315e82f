"""Where a call was made: recorded, and told in messages."""

from __future__ import annotations

import threading
from pathlib import Path
from unittest import mock

import boto3
import pytest

from pytest_invokeasync import UnmockedLambdaCall

client = boto3.client("lambda")


def call():
    client.invoke_async(FunctionName="orders", InvokeArgs=b"1")


LINE = f"{__file__}:{call.__code__.co_firstlineno + 1}"


def test_it_is_the_line_of_the_code_under_test(invokeasync):
    call()

    assert invokeasync.get_invocation().caller == LINE


def test_a_spy_does_not_hide_it(invokeasync):
    with mock.patch.object(client, "invoke_async", wraps=client.invoke_async):
        call()

    assert invokeasync.get_invocation().caller == LINE


def in_module(name, directory=Path()):
    """A function of that module that makes the call."""
    source = "def call(client): client.invoke_async(FunctionName='orders', InvokeArgs=b'1')"
    made = {"__name__": name}
    exec(compile(source, f"{directory / name}.py", "exec"), made)
    return made["call"]


LIBRARIES = (
    "boto3.client botocore.client aiobotocore.client aioboto3.session aioitertools.helpers "
    "s3transfer.tasks requests.sessions responses urllib3.connectionpool moto.core wrapt.wrappers "
    "asyncio.events anyio.to_thread trio._threads outcome._impl sniffio._impl uvloop.loop "
    "async_timeout concurrent.futures.thread contextlib contextvars functools threading "
    "aws_xray_sdk.ext ddtrace.contrib opentelemetry.trace sentry_sdk.integrations unittest.mock"
)


@pytest.mark.parametrize("library", LIBRARIES.split())
def test_what_libraries_do_between_is_passed_over(invokeasync, library):
    calling = in_module(library)

    def use():
        calling(client)

    use()

    line = use.__code__.co_firstlineno + 1
    assert invokeasync.get_invocation().caller == f"{__file__}:{line}"


RUNNERS = "_pytest.python pluggy._callers pytest unittest.case pytest_asyncio.plugin pytest_trio"


@pytest.mark.parametrize("runner", RUNNERS.split())
def test_what_runs_the_tests_is_not_taken_for_the_code_under_test(invokeasync, runner):
    in_module(runner)(client)

    assert invokeasync.get_invocation().caller is None


def test_an_application_may_be_called_much_like_a_library(invokeasync):
    in_module("boto3_orders")(client)

    assert invokeasync.get_invocation().caller == "boto3_orders.py:1"


def test_where_only_a_library_calls_there_is_none(invokeasync):
    told = {"FunctionName": "orders", "InvokeArgs": b"1"}
    thread = threading.Thread(target=client.invoke_async, kwargs=told)
    thread.start()
    thread.join()

    assert invokeasync.get_invocation().caller is None
    assert invokeasync.describe().endswith("1. orders 1 -> 202 accepted")


def test_a_rule_that_only_a_library_adds_has_no_place(invokeasync):
    thread = threading.Thread(target=invokeasync.add_error, args=["ServiceException"])
    thread.start()
    thread.join()

    with pytest.raises(AssertionError) as refusal:
        invokeasync.verify()

    told = "unanswered rule: add_error('ServiceException') was to answer 1 invocation, "
    assert str(refusal.value).startswith(told)
    invokeasync.reset()


def test_in_messages_the_file_is_that_seen_from_here(invokeasync, tmp_path, monkeypatch):
    directory = tmp_path / "a:b"
    directory.mkdir()
    monkeypatch.chdir(directory)

    in_module("app", directory)(client)

    assert invokeasync.describe().endswith("(app.py:1)")


def test_messages_survive_that_the_current_directory_is_gone(invokeasync, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    call()
    with pytest.raises(UnmockedLambdaCall, match="called from"):
        client.list_functions()

    assert LINE in invokeasync.describe()
    invokeasync.unmocked_calls.clear()
