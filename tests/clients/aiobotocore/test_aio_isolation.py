"""aiobotocore is met when it comes, and whatever is replaced in it is given back."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import sys

import pytest

pytest.importorskip("aiobotocore")

import aiobotocore.awsrequest
import aiobotocore.client
import aiobotocore.endpoint
import aiobotocore.httpsession
import aiobotocore.signers
import aiohttp
from botocore.client import ClientCreator

from pytest_invokeasync import InvokeAsyncMock
from pytest_invokeasync.clients import activation
from pytest_invokeasync.clients.activation import settle
from pytest_invokeasync.clients.targets import TARGETS
from pytest_invokeasync.seams.copies import Copies
from pytest_invokeasync.seams.patching import Seam

HTTPX = sys.modules.get("aiobotocore.httpxsession")
OWNERS = [
    ClientCreator,
    aiobotocore.client.AioClientCreator,
    aiobotocore.httpsession.AIOHTTPSession,
    aiobotocore.signers.AioRequestSigner,
    aiobotocore.endpoint,
    *(kind for kind in vars(aiobotocore.endpoint).values() if isinstance(kind, type)),
    aiohttp.BaseConnector,
    aiohttp.ClientSession,
    *([HTTPX.HttpxSession, HTTPX] if HTTPX else []),
    *([HTTPX.httpx.AsyncHTTPTransport, HTTPX.httpx.AsyncClient] if HTTPX and HTTPX.httpx else []),
]


def snapshot():
    return {
        (owner.__module__ if isinstance(owner, type) else "", owner.__name__, name): value
        for owner in OWNERS
        for name, value in vars(owner).items()
    }


@pytest.fixture
def changed():
    """A function that names what is another object now than before the test."""
    before = snapshot()

    def changed():
        now = snapshot()
        return {
            f"{owner}.{name}"
            for _, owner, name in (
                key for key in before.keys() | now.keys() if before.get(key) is not now.get(key)
            )
        }

    yield changed
    assert changed() == set()


async def call(session):
    async with session.create_client("lambda") as client:
        await client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")


def test_an_active_mock_replaces_something(changed):
    with InvokeAsyncMock():
        assert changed() >= {
            "AIOHTTPSession.send",
            "AioRequestSigner.sign",
            "AioEndpoint._needs_retry",
            "aiobotocore.endpoint.asyncio",
        }


def test_after_a_mock_everything_is_what_it_was(changed, session):
    with InvokeAsyncMock() as mock:
        mock.add_error("ServiceException", attempts=1)
        asyncio.run(call(session))

    assert changed() == set()


def test_after_a_cancelled_call_everything_is_what_it_was(changed, session):
    async def cancelled(mock):
        task = asyncio.create_task(call(session))
        while not mock.invocations and not task.done():
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=10)

    with InvokeAsyncMock() as mock:
        asyncio.run(cancelled(mock))

    assert changed() == set()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_mocks_may_leave_in_any_order(changed, session, order):
    mocks = [InvokeAsyncMock() for _ in range(3)]
    for mock in mocks:
        mock.start()

    active = list(mocks)
    for index in order:
        before = len(active[-1].invocations)
        asyncio.run(call(session))
        assert len(active[-1].invocations) == before + 1
        mocks[index].stop()
        active.remove(mocks[index])

    assert changed() == set()


@contextlib.contextmanager
def broken_seam(number):
    """The n-th seam from now on cannot be put in place."""
    install, count = Seam.install, itertools.count()

    def broken_install(seam):
        if next(count) == number:
            raise LookupError("no seam")
        install(seam)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seam, "install", broken_install)
        yield count


with broken_seam(None) as seams, InvokeAsyncMock():
    SEAMS = next(seams)


@pytest.mark.parametrize("number", range(SEAMS))
def test_after_a_failed_start_everything_is_what_it_was(changed, number):
    with broken_seam(number), pytest.raises(LookupError, match="no seam"):
        InvokeAsyncMock().start()

    assert changed() == set()


def test_a_monkeypatch_on_top_is_none_of_ours(changed, session):
    async def send(self, request):
        raise LookupError("somebody else answers")

    with pytest.MonkeyPatch.context() as patch:
        with InvokeAsyncMock():
            patch.setattr(aiobotocore.httpsession.AIOHTTPSession, "send", send)
            with pytest.raises(LookupError):
                asyncio.run(call(session))
        assert vars(aiobotocore.httpsession.AIOHTTPSession)["send"] is send
    # The plugin does so at the end of each test: nothing tells us when a monkeypatch is undone.
    settle()

    assert changed() == set()


def test_a_monkeypatch_undone_from_below_does_not_take_a_mock_away(changed, session):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiobotocore.httpsession.AIOHTTPSession, "send", None)
        mock = InvokeAsyncMock()
        mock.start()
    settle()

    asyncio.run(call(session))

    mock.stop()
    assert len(mock.invocations) == 1
    assert changed() == set()


# When it is imported. Each in a process of its own, since here it is there already.


@pytest.fixture
def run(pytester, monkeypatch):
    """A function that runs a test file with no other plugin."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source):
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess("-p", "invokeasync", timeout=60)

    return run


def test_installed_and_unused_it_is_not_imported_until_somebody_does(run):
    result = run(
        """
        import asyncio, sys
        import boto3
        from pytest_invokeasync import InvokeAsyncMock

        LIBRARIES = ("aiobotocore", "aioboto3", "aiohttp", "httpx", "httpx2", "anyio", "trio")

        def call():
            from aiobotocore.session import get_session

            async def main():
                async with get_session().create_client("lambda") as client:
                    return await client.invoke_async(FunctionName="orders", InvokeArgs=b"1")

            return asyncio.run(main())["Status"]

        def test_1_before(invokeasync):
            boto3.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=b"1")
            assert [name for name in LIBRARIES if name in sys.modules] == []

        def test_2_meanwhile(invokeasync):
            with InvokeAsyncMock() as inner:
                assert call() == 202
            assert call() == 202
            assert (len(inner.events), len(invokeasync.events)) == (1, 1)

        def test_3_after(invokeasync):
            assert "aiobotocore" in sys.modules
            assert call() == 202
        """
    )

    result.assert_outcomes(passed=3)


def test_where_it_is_not_installed_nothing_changes(run):
    result = run(
        """
        import sys
        for name in ("aiobotocore", "aiohttp", "anyio", "httpx", "httpx2"):
            sys.modules[name] = None

        import boto3

        def test_one(invokeasync):
            boto3.client("lambda").invoke_async(FunctionName="orders", InvokeArgs=b"1")
            invokeasync.assert_queued_once("orders")
        """
    )

    result.assert_outcomes(passed=1)


# One that does not fit.


@pytest.fixture
def unmet(monkeypatch):
    """As if no copy of aiobotocore had been seen before."""
    monkeypatch.setattr(activation, "_copies", Copies(TARGETS))


TOO_OLD = (
    "aiobotocore 2.4.2 is too old for pytest-invokeasync, which would let its calls through to "
    'AWS: pip install --upgrade "aiobotocore>=2.5"'
)
TOO_NEW = (
    "aiobotocore 9.1.0 is too new for this pytest-invokeasync, which would let its calls through "
    "to AWS ({}): pip install --upgrade pytest-invokeasync, or, where that does not help, "
    'pip install "aiobotocore<9.1.0"'
)


def be_old(monkeypatch):
    monkeypatch.setattr(aiobotocore, "__version__", "2.4.2")
    return TOO_OLD


def lose_a_method(monkeypatch):
    monkeypatch.setattr(aiobotocore, "__version__", "9.1.0")
    monkeypatch.delattr(aiobotocore.endpoint.AioEndpoint, "_needs_retry")
    return TOO_NEW.format("no '_needs_retry' in <class 'aiobotocore.endpoint.AioEndpoint'>")


def lose_a_class(monkeypatch):
    monkeypatch.setattr(aiobotocore, "__version__", "9.1.0")
    monkeypatch.delattr(aiobotocore.awsrequest, "AioAWSResponse")
    return TOO_NEW.format("module 'aiobotocore.awsrequest' has no attribute 'AioAWSResponse'")


@pytest.mark.parametrize("change", [be_old, lose_a_method, lose_a_class])
def test_one_that_does_not_fit_says_so_when_a_mock_starts(changed, unmet, monkeypatch, change):
    with monkeypatch.context() as patch:
        message = change(patch)
        with pytest.raises(RuntimeError, match=f"^{re.escape(message)}$"):
            InvokeAsyncMock().start()

    assert changed() == set()


@pytest.mark.parametrize(
    ("version", "message"), [("2.4.2", TOO_OLD), ("9.1.0", TOO_NEW.format("no 'send' in {}"))]
)
def test_one_that_comes_later_says_so_when_it_is_imported(run, version, message):
    result = run(
        f"""
        import pathlib, sys
        import boto3
        import importlib.metadata

        def test_one(invokeasync, tmp_path, monkeypatch):
            package = tmp_path / "aiobotocore"
            package.mkdir()
            (package / "__init__.py").write_text("__version__ = {version!r}")
            (package / "httpsession.py").write_text(
                "class AIOHTTPSession:\\n    def open(self): pass"
            )
            monkeypatch.syspath_prepend(tmp_path)
            try:
                import aiobotocore.httpsession
            except RuntimeError as error:
                told = str(error)
            assert told.startswith({message.partition("{")[0]!r})
            assert "aiobotocore.httpsession" not in sys.modules
        """
    )

    result.assert_outcomes(passed=1)


def test_the_oldest_that_is_promised_is_met(unmet, monkeypatch, session):
    monkeypatch.setattr(aiobotocore, "__version__", "2.5.0")

    with InvokeAsyncMock() as mock:
        asyncio.run(call(session))

    mock.assert_queued_once("orders")


def test_a_release_that_knows_nothing_of_httpx_is_met(unmet, monkeypatch, session):
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "aiobotocore.httpxsession", raising=False)
        patch.delattr(aiobotocore.endpoint, "AnyioEndpoint", raising=False)
        with InvokeAsyncMock() as mock:
            asyncio.run(call(session))

    mock.assert_queued_once("orders")


@pytest.mark.skipif(HTTPX is None, reason="this aiobotocore knows no httpx")
def test_it_is_met_where_httpx_is_not_installed(unmet, monkeypatch, session):
    monkeypatch.setattr(HTTPX, "httpx", None)

    with InvokeAsyncMock() as mock:
        asyncio.run(call(session))

    mock.assert_queued_once("orders")
