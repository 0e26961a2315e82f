"""The environment for another process: all it needs to find the mock, nothing that leads away."""

from __future__ import annotations

import os

import pytest

from pytest_invokeasync import InvokeAsyncMock, InvokeAsyncServer


def test_the_address_is_one_of_loopback(invokeasync_server):
    host, _, port = invokeasync_server.url.rpartition(":")

    assert host == "http://127.0.0.1"
    assert 0 < int(port) < 65536


def test_it_names_the_server_for_lambda_and_a_fake_key(invokeasync_server):
    aws = {k: v for k, v in invokeasync_server.environ.items() if k.startswith("AWS_")}

    assert aws == {
        "AWS_ENDPOINT_URL_LAMBDA": invokeasync_server.url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ACCESS_KEY_ID": "FAKEINVOKEASYNC",
        "AWS_SECRET_ACCESS_KEY": "fake",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_the_rest_is_that_of_this_process(invokeasync_server, monkeypatch):
    monkeypatch.setenv("SHOP_NAME", "tea")

    environ = invokeasync_server.environ

    assert environ["SHOP_NAME"] == "tea"
    assert environ["PATH"] == os.environ["PATH"]


def test_it_is_a_new_one_each_time(invokeasync_server):
    before = dict(os.environ)

    invokeasync_server.environ.clear()
    invokeasync_server.environ["AWS_REGION"] = "eu-west-1"

    assert invokeasync_server.environ["AWS_REGION"] == "us-east-1"
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    "name",
    [
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_MAX_ATTEMPTS",
        "AWS_RETRY_MODE",
        "aws_session_token",
        "Aws_Profile",
        "HTTP_PROXY",
        "https_proxy",
        "All_Proxy",
    ],
)
def test_what_leads_elsewhere_is_not_in_it(invokeasync_server, monkeypatch, name):
    monkeypatch.setenv(name, "somewhere")

    assert name not in invokeasync_server.environ


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_no_proxy_stands_between(invokeasync_server, monkeypatch, name):
    monkeypatch.setenv(name, "shop.example")

    assert invokeasync_server.environ[name] == "127.0.0.1,localhost"


def test_credentials_of_this_process_are_not_in_it(invokeasync_server, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real-secret")

    over = {**os.environ, **invokeasync_server.environ}

    assert "real-secret" not in over.values()
    assert "AKIDREAL" not in over.values()


def test_the_region_is_the_configured_one(invokeasync_server, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-central-1\n")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    environ = invokeasync_server.environ

    assert (environ["AWS_REGION"], environ["AWS_DEFAULT_REGION"]) == ("eu-central-1",) * 2


@pytest.mark.parametrize("environ", [{}, {"AWS_PROFILE": "nobody"}])
def test_without_a_configured_region_it_is_us_east_1(invokeasync_server, monkeypatch, environ):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert invokeasync_server.environ["AWS_REGION"] == "us-east-1"


@pytest.mark.parametrize("attribute", ["url", "environ"])
def test_a_server_that_does_not_run_has_none(attribute):
    server = InvokeAsyncServer(InvokeAsyncMock())

    with pytest.raises(RuntimeError, match=r"not running: start\(\) it, or use it in a with"):
        getattr(server, attribute)
    with server:
        getattr(server, attribute)
    with pytest.raises(RuntimeError):
        getattr(server, attribute)
