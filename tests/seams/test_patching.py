"""A seam, and what others do to the same attribute meanwhile: wrap, inspect, delete, replace."""

from __future__ import annotations

import functools
import gc
import http.client
import inspect
import pkgutil
import socket
import sys
import weakref
from unittest import mock

import boto3
import botocore.endpoint
import pytest
import requests
import urllib3
import wrapt
from botocore.httpsession import URLLib3Session
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

from pytest_invokeasync import InvokeAsyncMock
from pytest_invokeasync.clients import activation
from pytest_invokeasync.clients.activation import settle
from pytest_invokeasync.seams.patching import Patch, Seam

URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"
client = boto3.client("lambda")


def invoke():
    return client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")["Status"]


def test_what_the_end_of_a_test_undoes_is_in_place_again_for_the_next():
    real = HTTPConnectionPool.urlopen
    with InvokeAsyncMock() as mocked:
        mocked.stop()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HTTPConnectionPool, "urlopen", lambda *_, **__: None)
            mocked.start()
        assert HTTPConnectionPool.urlopen is real

        settle()  # as after each test

        assert urllib3.PoolManager().request("POST", URL, body=b"{}").status == 202
    assert HTTPConnectionPool.urlopen is real


# What was wrapped keeps its name, its docs and its signature.


def replaced():
    """What a mock replaces, by its name: before, and while it is active."""
    with InvokeAsyncMock():
        seams = [seam for seam in activation._copies.seams() if not seam._patch.in_module]
    owners = [(seam._owner(), seam._patch.name) for seam in seams]
    found = [each for each in owners if each[1] in vars(each[0])]
    return sorted(found, key=lambda each: (each[0].__module__, each[0].__name__))


@pytest.mark.parametrize(("owner", "name"), replaced(), ids=str)
def test_a_seam_keeps_name_docs_and_signature(owner, name):
    before = vars(owner)[name]

    with InvokeAsyncMock():
        now = vars(owner)[name]

    assert now is not before
    for told in ("__name__", "__qualname__", "__module__", "__doc__"):
        assert getattr(now, told) == getattr(before, told)
    assert inspect.signature(now) == inspect.signature(before)
    assert inspect.iscoroutinefunction(now) == inspect.iscoroutinefunction(before)
    assert inspect.unwrap(now) is inspect.unwrap(before)


def test_a_module_keeps_its_name_and_docs():
    with InvokeAsyncMock():
        seen = botocore.endpoint.time

    assert inspect.ismodule(seen)
    assert (seen.__name__, seen.__doc__) == ("time", botocore.endpoint.time.__doc__)


# A tracer that is put on top while a mock is active.


def by_wrapt(owner, name, called):
    def tracer(wrapped, instance, args, kwargs):
        called.append(name)
        return wrapped(*args, **kwargs)

    wrapt.wrap_function_wrapper(owner, name, tracer)


def by_functools(owner, name, called):
    before = vars(owner)[name]

    @functools.wraps(before)
    def tracer(*args, **kwargs):
        called.append(name)
        return before(*args, **kwargs)

    setattr(owner, name, tracer)


def plainly(owner, name, called):
    before = vars(owner)[name]

    def tracer(*args, **kwargs):
        called.append(name)
        return before(*args, **kwargs)

    setattr(owner, name, tracer)


@pytest.fixture
def given_back():
    before = {owner: vars(owner)[name] for owner, name in SEAMS}
    yield
    for owner, name in SEAMS:
        setattr(owner, name, before[owner])
    settle()


SEAMS = [(HTTPAdapter, "send"), (HTTPConnectionPool, "urlopen"), (URLLib3Session, "send")]
CALLS = {
    HTTPAdapter: lambda url: requests.get(url, timeout=5),
    HTTPConnectionPool: lambda url: urllib3.PoolManager().request("GET", url),
    URLLib3Session: lambda url: boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b"
    ).head_bucket(Bucket="b"),
}


@pytest.mark.usefixtures("given_back")
@pytest.mark.parametrize("trace", [by_wrapt, by_functools, plainly])
@pytest.mark.parametrize(("owner", "name"), SEAMS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_tracer_that_came_while_a_mock_was_active_survives_it(owner, name, trace, loopback):
    called = []
    with InvokeAsyncMock():
        trace(owner, name, called)
        CALLS[owner](loopback.url)
        assert len(called) == 1
    settle()

    CALLS[owner](loopback.url)
    assert len(called) == 2
    # And is there the next time, and after it.
    with InvokeAsyncMock():
        CALLS[owner](loopback.url)
    CALLS[owner](loopback.url)
    assert len(called) == 4


@pytest.mark.usefixtures("given_back")
@pytest.mark.parametrize("trace", [by_wrapt, by_functools])
def test_ours_is_below_such_a_tracer_the_next_time(trace):
    called = []
    with InvokeAsyncMock():
        trace(HTTPAdapter, "send", called)
    settle()

    with InvokeAsyncMock() as again:
        requests.post(URL, data=b"{}", timeout=5)

    again.assert_queued_once("orders")
    assert called == ["send"]


@pytest.mark.usefixtures("given_back")
def test_a_tracer_that_is_taken_off_in_between_leaves_nothing():
    before = vars(HTTPAdapter)["send"]
    with InvokeAsyncMock():
        by_wrapt(HTTPAdapter, "send", [])
    HTTPAdapter.send = vars(HTTPAdapter)["send"].__wrapped__
    settle()

    assert vars(HTTPAdapter)["send"] is before


def test_opentelemetry_may_instrument_urllib3_while_a_mock_is_active(loopback):
    before = vars(HTTPConnectionPool)["urlopen"]
    with InvokeAsyncMock():
        URLLib3Instrumentor().instrument()
        try:
            assert urllib3.PoolManager().request("GET", loopback.url).status == 200
        finally:
            URLLib3Instrumentor().uninstrument()

    assert vars(HTTPConnectionPool)["urlopen"] is before


# An attribute that a test deletes: pytest's own recipe against the network.

RECIPES = [
    "requests.adapters.HTTPAdapter.send",
    "requests.sessions.Session.request",
    "urllib3.connectionpool.HTTPConnectionPool.urlopen",
    "urllib3.util.retry.time",
    "http.client.HTTPConnection.putrequest",
    "socket.getaddrinfo",
    "responses.RequestsMock._find_match",
]


@pytest.mark.parametrize("path", RECIPES)
def test_an_attribute_that_was_deleted_before_is_no_error(monkeypatch, path):
    owner, _, name = path.rpartition(".")
    with monkeypatch.context() as patch:
        patch.delattr(path)
        with InvokeAsyncMock():
            assert invoke() == 202
            assert name not in vars(pkgutil.resolve_name(owner))


@pytest.mark.parametrize("path", RECIPES)
def test_nor_is_one_that_is_deleted_meanwhile(monkeypatch, path):
    real = URLLib3Session.send
    with monkeypatch.context() as patch:
        with InvokeAsyncMock():
            patch.delattr(path)
            assert invoke() == 202
        assert URLLib3Session.send is real
        # Every other one is given back, and this one when it is back.
        patch.undo()
        settle()
    with InvokeAsyncMock():
        assert invoke() == 202


def test_in_pytest_the_recipe_works_in_both_orders(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        """
        import boto3, pytest, requests
        client = boto3.client("lambda", region_name="us-east-1")
        real = requests.adapters.HTTPAdapter.send

        @pytest.fixture
        def no_network(monkeypatch):
            monkeypatch.delattr("requests.adapters.HTTPAdapter.send")

        def test_before(no_network, invokeasync):
            client.invoke_async(FunctionName="orders", InvokeArgs="{}")

        def test_inside(monkeypatch, invokeasync):
            monkeypatch.delattr("requests.adapters.HTTPAdapter.send")
            client.invoke_async(FunctionName="orders", InvokeArgs="{}")

        def test_after():
            assert requests.adapters.HTTPAdapter.send is real
        """
    )

    pytester.runpytest_inprocess("-p", "invokeasync").assert_outcomes(passed=3)


# A seam by itself.


class Owner:
    def method(self):
        return "real"


def seam_of(owner):
    def make(before, namespace):
        return lambda self: f"ours {before(self)}"

    return Seam(owner, __name__, Patch("method", make))


def test_one_may_be_installed_again_and_again_and_wraps_once():
    seam = seam_of(Owner)
    before = vars(Owner)["method"]
    for _ in range(3):
        seam.install()
    assert Owner().method() == "ours real"
    seam.settle()

    assert vars(Owner)["method"] is before


def test_one_makes_its_wrapper_once():
    seam = seam_of(Owner)
    seam.install()
    first = vars(Owner)["method"]
    seam.settle()
    seam.install()
    again = vars(Owner)["method"]
    seam.settle()

    assert again is first


def test_two_classes_of_one_module_share_what_is_replaced_there(monkeypatch):
    class Twin:
        def method(self):
            """Tells the module that holds the attribute."""

    def make(before, _):
        return lambda: f"ours {before()}"

    here = sys.modules[__name__]
    monkeypatch.setattr(here, "shared", lambda: "real", raising=False)
    before = here.shared
    patch = Patch("shared", make, in_module=True)
    seams = [Seam(owner, __name__, patch) for owner in (Owner, Twin)]

    for seam in seams:
        seam.install()
    assert here.shared() == "ours real"
    for seam in seams:
        seam.settle()

    assert here.shared is before


@pytest.mark.parametrize("odd", [None, mock.Mock(return_value="mock"), 42])
def test_what_is_no_function_is_wrapped_and_given_back(odd):
    class Odd:
        method = odd

        def other(self):
            """So that its module is known."""

    seam = seam_of(Odd)
    seam.install()
    assert vars(Odd)["method"] is not odd
    seam.settle()

    assert vars(Odd)["method"] is odd


def test_one_that_was_none_and_is_gone_does_not_come_back(monkeypatch):
    here = sys.modules[__name__]
    monkeypatch.setattr(here, "shared", None, raising=False)
    seam = Seam(Owner, __name__, Patch("shared", lambda _, __: lambda: "ours", in_module=True))
    seam.install()
    seam.settle()
    del here.shared

    seam.install()

    assert "shared" not in vars(here)
    here.shared = None


def test_a_circle_of_wrappers_ends():
    class Circle:
        def method(self):
            return "real"

    vars(Circle)["method"].__wrapped__ = vars(Circle)["method"]
    seam = seam_of(Circle)
    seam.install()
    seam.settle()


def test_one_does_not_keep_a_class_alive():
    class Copy:
        def method(self):
            return "real"

    seam = seam_of(Copy)
    seam.install()
    seam.settle()
    seam.forget()
    reference = weakref.ref(Copy)
    del Copy
    gc.collect()

    assert reference() is None
    seam.install()
    seam.settle()
    seam.check()


def test_one_says_which_attribute_is_missing():
    seam = Seam(Owner, __name__, Patch("nothing", lambda before, _: before))

    with pytest.raises(AttributeError, match="no 'nothing' in <class"):
        seam.check()


# What stands at a seam is called as if we were not there.


@pytest.mark.parametrize(
    ("path", "call"),
    [
        (
            "urllib3.connectionpool.HTTPConnectionPool.urlopen",
            lambda: urllib3.HTTPConnectionPool("shop.example").urlopen("GET", "/a", retries=2),
        ),
        (
            "http.client.HTTPConnection.putrequest",
            lambda: http.client.HTTPConnection("shop.example").putrequest("GET", "/a", retries=2),
        ),
    ],
    ids=["urllib3", "http.client"],
)
def test_a_mock_of_the_user_s_gets_the_arguments_as_they_were_given(path, call):
    with mock.patch(path) as own, InvokeAsyncMock():
        call()

    own.assert_called_once_with("GET", "/a", retries=2)


def test_what_pytest_socket_has_put_there_is_left_alone(monkeypatch):
    def guarded(*_):
        raise AssertionError("a test tried to use it")

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    with InvokeAsyncMock():
        assert socket.getaddrinfo is guarded


def test_a_variable_that_has_no_value_yet_is_no_hindrance(monkeypatch):
    def send(self, request, **kwargs):
        return answer

    with InvokeAsyncMock():
        monkeypatch.setattr(HTTPAdapter, "send", send)
    assert vars(HTTPAdapter)["send"] is send
    with InvokeAsyncMock():
        answer = "its own"
        assert (
            HTTPAdapter().send(requests.Request("GET", "https://shop.example/").prepare()) == answer
        )


def test_each_seam_is_given_back_though_another_raises(monkeypatch):
    before = vars(URLLib3Session)["send"], vars(HTTPAdapter)["send"]
    own = InvokeAsyncMock()
    own.start()
    with monkeypatch.context() as patch:
        settled = Seam.settle

        def settle_and_raise(seam):
            settled(seam)
            raise ZeroDivisionError

        patch.setattr(Seam, "settle", settle_and_raise)
        with pytest.raises(ZeroDivisionError):
            own.stop()

    assert (vars(URLLib3Session)["send"], vars(HTTPAdapter)["send"]) == before
