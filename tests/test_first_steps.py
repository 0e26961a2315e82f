"""The first things that a user does."""

from __future__ import annotations

import subprocess
import sys

import boto3
import pytest
import requests

# Made at import time, long before any fixture, as applications do.
client = boto3.client("lambda")
URL = "https://lambda.eu-west-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"


def test_what_boto3_queues_is_seen(invokeasync):
    answer = client.invoke_async(FunctionName="orders", InvokeArgs=b'{"id": 42}')

    assert answer["Status"] == 202
    event = invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert event.request_id == answer["ResponseMetadata"]["RequestId"]
    assert event.arn == "arn:aws:lambda:us-east-1:123456789012:function:orders"


def test_what_requests_queues_is_seen(invokeasync):
    answer = requests.post(URL, data=b'{"id": 42}', timeout=5)

    assert (answer.status_code, answer.content) == (202, b"")
    event = invokeasync.assert_queued_once("orders", payload={"id": 42})
    assert event.request_id == answer.headers["x-amzn-requestid"]
    assert event.region == "eu-west-1"


def test_the_package_is_imported_as_far_as_it_is_asked_for():
    program = (
        "import pytest_invokeasync as package, sys\n"
        "assert 'botocore' not in sys.modules\n"
        "print(package.errors.__name__, package.faults.__name__)\n"
        "package.error\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.stdout == "pytest_invokeasync.errors pytest_invokeasync.faults\n"
    told = "AttributeError: module 'pytest_invokeasync' has no attribute 'error'"
    assert done.stderr.splitlines()[-1].startswith(told)


def test_an_error_is_scripted(invokeasync):
    invokeasync.add_error("ServiceException", function="orders")

    with pytest.raises(client.exceptions.ServiceException):
        client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")

    assert invokeasync.get_invocation().error == "ServiceException"
    invokeasync.assert_not_queued("orders")
