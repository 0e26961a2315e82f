"""What tracers and tests do to a replaced attribute meanwhile is left as they made it."""

from __future__ import annotations

import inspect
import uuid

import boto3
import botocore.endpoint
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from requests.adapters import HTTPAdapter

from pytest_invokeasync import InvokeAsyncMock

client = boto3.client("lambda")


class Tracer:
    """As those of OpenTelemetry and Datadog: it equals what it wraps, and has its hash."""

    def __init__(self, wrapped):
        self.__wrapped__ = wrapped
        self.calls = 0

    def __eq__(self, other):
        return self.__wrapped__ == other

    def __hash__(self):
        return hash(self.__wrapped__)

    def __get__(self, instance, owner):
        def traced(*args, **kwargs):
            self.calls += 1
            return self.__wrapped__(instance, *args, **kwargs)

        return traced


def test_a_tracer_put_on_top_meanwhile_stays(monkeypatch):
    # Set once before, so that the original comes back after the test.
    monkeypatch.setattr(HTTPAdapter, "send", vars(HTTPAdapter)["send"])
    with InvokeAsyncMock():
        tracer = Tracer(vars(HTTPAdapter)["send"])
        HTTPAdapter.send = tracer

    assert vars(HTTPAdapter)["send"] is tracer
    with pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:9/", timeout=5)
    assert tracer.calls == 1


def test_what_is_replaced_keeps_its_name_and_its_signature():
    name, signature = HTTPAdapter.send.__qualname__, inspect.signature(HTTPAdapter.send)

    with InvokeAsyncMock():
        assert HTTPAdapter.send.__qualname__ == name
        assert inspect.signature(HTTPAdapter.send) == signature


def test_an_attribute_may_be_deleted_before_a_mock_starts(monkeypatch):
    monkeypatch.delattr(HTTPAdapter, "send")

    with InvokeAsyncMock() as mock:
        client.invoke_async(FunctionName="orders", InvokeArgs="{}")

    mock.assert_queued_once("orders")
    assert "send" not in vars(HTTPAdapter)


def test_an_attribute_may_be_deleted_while_a_mock_is_active(monkeypatch):
    with InvokeAsyncMock(), monkeypatch.context() as patch:
        patch.delattr(HTTPAdapter, "send")
        with InvokeAsyncMock() as inner:
            client.invoke_async(FunctionName="orders", InvokeArgs="{}")

    inner.assert_queued_once("orders")


def test_another_service_waits_although_all_requests_have_the_same_id(monkeypatch):
    slept = []
    monkeypatch.setattr(botocore.endpoint.time, "sleep", slept.append)
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=7))
    s3 = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", config=Config(signature_version=UNSIGNED)
    )

    with InvokeAsyncMock():
        client.invoke_async(FunctionName="orders", InvokeArgs="{}")
        with pytest.raises(EndpointConnectionError):
            s3.list_buckets()

    assert slept
