"""What every test stands on: no AWS configuration of the machine, and no socket beyond loopback."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import boto3
import pytest
from hypothesis import HealthCheck, settings

from pytest_invokeasync import InvokeAsyncMock

_REGION = "us-east-1"


def _without_aws(environ: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith("AWS_")}


# Before any test module is imported: several make a client at import time, as applications do.
_cleaned = _without_aws(dict(os.environ))
os.environ.clear()
os.environ.update(
    _cleaned,
    AWS_DEFAULT_REGION=_REGION,
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    # Else botocore asks the network for credentials when a client is made.
    AWS_EC2_METADATA_DISABLED="true",
)

# A busy machine is no failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# pytester forgets the modules that an inner run has imported: import the heavy ones once, here.
with InvokeAsyncMock():
    boto3.client("lambda")


@pytest.fixture(autouse=True)
def _credentials_of_one_test_are_not_the_next_ones() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    # The default session keeps what it has once found.
    if boto3.DEFAULT_SESSION and boto3.DEFAULT_SESSION.get_credentials():
        boto3.DEFAULT_SESSION = None


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            # Not an OSError: neither SDK nor code under test may take it for a network failure.
            raise AssertionError(f"a test tried to reach {address!r}")
        real_connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
