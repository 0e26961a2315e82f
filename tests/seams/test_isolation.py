"""Nothing leaks: what a mock replaces is given back, whatever happens and in whatever order."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading

import boto3
import botocore.endpoint
import botocore.retries.standard
import moto
import moto.core.botocore_stubber
import pytest
import requests
import responses
import urllib3.connectionpool
from botocore.endpoint import Endpoint
from botocore.httpsession import URLLib3Session
from botocore.signers import RequestSigner
from requests.adapters import HTTPAdapter

from pytest_invokeasync import InvokeAsyncMock, faults
from pytest_invokeasync.clients.activation import settle
from pytest_invokeasync.seams.patching import Seam

URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/orders/invoke-async/"
client = boto3.client("lambda")
OWNERS = [
    HTTPAdapter,
    requests.Session,
    URLLib3Session,
    RequestSigner,
    Endpoint,
    botocore.endpoint,
    *(kind for kind in vars(botocore.retries.standard).values() if isinstance(kind, type)),
    responses.RequestsMock,
    responses,
    urllib3.connectionpool.HTTPConnectionPool,
    urllib3.connectionpool.HTTPSConnectionPool,
    moto.core.botocore_stubber.BotocoreStubber,
    moto.core.botocore_stubber,
]


def snapshot():
    """Every attribute of those who might be patched, the environment and the default session."""
    seen = {
        f"{owner.__name__}.{name}": value for owner in OWNERS for name, value in vars(owner).items()
    }
    environ = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    seen |= {f"${name}": value for name, value in environ.items()}
    seen["DEFAULT_SESSION"] = boto3.DEFAULT_SESSION
    return seen


@pytest.fixture
def changed():
    """A function that names what is another object now than before the test."""
    if boto3.DEFAULT_SESSION is None:  # as after a test that gave it credentials
        boto3.setup_default_session()
    before = snapshot()

    def changed():
        now = snapshot()
        return {
            name
            for name in before.keys() | now.keys()
            if not _same(before.get(name), now.get(name))
        }

    yield changed
    assert changed() == set()


def _same(one, other):
    return one is other or (isinstance(one, str) and one == other)


def call_both_ways():
    client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
    requests.post(URL, data=b"{}", timeout=5)


# One mock.


def test_an_active_mock_replaces_something(changed):
    with InvokeAsyncMock():
        assert changed() >= {"HTTPAdapter.send", "URLLib3Session.send", "BotocoreStubber.__call__"}


def test_after_a_mock_everything_is_what_it_was(changed):
    with InvokeAsyncMock() as mock:
        mock.add_error("ServiceException", attempts=1)
        mock.add_fault(faults.ReadTimeout, attempts=1, at=2)
        for _ in range(2):
            client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")
        requests.post(URL, data=b"{}", timeout=5)

    assert changed() == set()


def test_an_active_mock_leaves_the_environment_and_the_default_session_alone(changed):
    with InvokeAsyncMock():
        boto3.client("lambda")
        call_both_ways()

        assert {name for name in changed() if name[0] == "$" or name.isupper()} == set()


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_after_an_exception_everything_is_what_it_was(changed, interruption):
    with pytest.raises(interruption), InvokeAsyncMock():  # noqa: PT012 - the end of the with
        call_both_ways()
        raise interruption

    assert changed() == set()


def test_after_a_failed_verification_everything_is_what_it_was(changed):
    with pytest.raises(AssertionError), InvokeAsyncMock() as mock:
        mock.add_error("ServiceException")

    assert changed() == set()


def test_a_mock_may_be_stopped_again_and_again(changed):
    mock = InvokeAsyncMock()
    mock.stop()
    mock.start()
    mock.stop()
    mock.stop()

    assert changed() == set()


def test_a_mock_may_be_started_anew(changed):
    mock = InvokeAsyncMock()
    for _ in range(2):
        with mock:
            call_both_ways()

    assert len(mock.invocations) == 4
    assert changed() == set()


def test_a_mock_that_is_active_cannot_be_started_and_stays_active(changed):
    with InvokeAsyncMock() as mock:
        with pytest.raises(RuntimeError, match="active already: make another one to nest"):
            mock.start()
        call_both_ways()

    assert len(mock.invocations) == 2
    assert changed() == set()


# A seam that cannot be put in place.


@contextlib.contextmanager
def broken_seam(number, when="before"):
    """The n-th seam from now on fails, before or after it has been put in place."""
    install = Seam.install
    count = itertools.count()

    def broken_install(seam):
        broken = next(count) == number
        if broken and when == "before":
            raise RuntimeError("no seam")
        install(seam)
        if broken:
            raise RuntimeError("no seam")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seam, "install", broken_install)
        yield count


# Where it is installed, so that there are as many seams whatever other tests import.
with contextlib.suppress(ImportError):
    import aiobotocore.client  # noqa: F401

with broken_seam(None) as seams, InvokeAsyncMock():
    # With moto's, which is put in place once, and not anew for each further mock.
    SEAMS = next(seams)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(SEAMS))
def test_after_a_failed_start_everything_is_what_it_was(changed, number, when):
    with broken_seam(number, when), pytest.raises(RuntimeError, match="no seam"):
        InvokeAsyncMock().start()

    assert changed() == set()


def test_a_mock_whose_start_failed_can_be_started_again(changed):
    mock = InvokeAsyncMock()
    with broken_seam(3), pytest.raises(RuntimeError, match="no seam"):
        mock.start()

    with mock:
        call_both_ways()

    assert len(mock.invocations) == 2


@pytest.mark.parametrize("number", range(SEAMS - 1))
def test_a_failed_start_does_not_disturb_the_mock_that_is_active(changed, number):
    with InvokeAsyncMock() as outer:
        with broken_seam(number), pytest.raises(RuntimeError, match="no seam"):
            InvokeAsyncMock().start()

        call_both_ways()

    assert len(outer.invocations) == 2


# In pytest: an exception at any point.


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def test_one(broken, invokeasync): pass", id="set-up before"),
        pytest.param("def test_one(invokeasync, broken): pass", id="set-up after"),
        pytest.param("def test_one(invokeasync): 1 / 0", id="test"),
        pytest.param("def test_one(invokeasync): raise SystemExit", id="exit"),
        pytest.param("def test_one(invokeasync): pytest.exit('so')", id="pytest.exit"),
        pytest.param("def test_one(invokeasync): raise KeyboardInterrupt", id="interrupt"),
        pytest.param("def test_one(breaking, invokeasync): pass", id="teardown after"),
        pytest.param("def test_one(invokeasync, breaking): pass", id="teardown before"),
        pytest.param("def test_one(overridden): pass", id="a fixture on top"),
        pytest.param(
            "def test_one(invokeasync): invokeasync.add_error('ServiceException')", id="verdict"
        ),
    ],
)
def test_after_a_run_everything_is_what_it_was(pytester, changed, source):
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.fixture
        def broken():
            1 / 0

        @pytest.fixture
        def breaking():
            yield
            1 / 0

        @pytest.fixture
        def overridden(invokeasync):
            invokeasync.add_error("ServiceException")
            yield invokeasync
            1 / 0

        {source}
        """
    )

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        result = pytester.runpytest_inprocess("-p", "invokeasync", no_reraise_ctrlc=True)

    assert result.ret != pytest.ExitCode.OK
    assert changed() == set()


def test_after_a_run_with_monkeypatches_on_top_everything_is_what_it_was(pytester, changed):
    pytester.makepyfile(
        """
        import requests

        def test_one(monkeypatch, invokeasync):
            monkeypatch.setattr("requests.adapters.HTTPAdapter.send", None)
            monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", None)
            monkeypatch.setattr("botocore.signers.RequestSigner.sign", None)
            monkeypatch.setattr("botocore.endpoint.time", None)
        """
    )

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        result = pytester.runpytest_inprocess("-p", "invokeasync")

    result.assert_outcomes(passed=1)
    assert changed() == set()


def test_a_monkeypatch_undone_from_below_does_not_take_a_mock_of_the_session_away(pytester):
    pytester.makepyfile(
        f"""
        import pytest, requests
        from pytest_invokeasync import InvokeAsyncMock

        @pytest.fixture(scope="session")
        def queue():
            with InvokeAsyncMock() as mock:
                yield mock

        def test_one(monkeypatch, request):
            monkeypatch.setattr("requests.adapters.HTTPAdapter.send", None)
            queue = request.getfixturevalue("queue")
            requests.post({URL!r}, data=b"1", timeout=5)
            assert len(queue.events) == 1

        def test_two(queue):
            requests.post({URL!r}, data=b"2", timeout=5)
            assert len(queue.events) == 2
        """
    )

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        result = pytester.runpytest_inprocess("-p", "invokeasync")

    result.assert_outcomes(passed=2)


# Several mocks.


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_mocks_may_leave_in_any_order_and_the_innermost_answers(changed, order):
    mocks = [InvokeAsyncMock() for _ in range(3)]
    for mock in mocks:
        mock.start()

    active = list(mocks)
    for index in order:
        before = len(active[-1].invocations)
        call_both_ways()
        assert len(active[-1].invocations) == before + 2
        mocks[index].stop()
        active.remove(mocks[index])

    assert changed() == set()


def test_a_nested_mock_replaces_nothing_anew():
    with InvokeAsyncMock():
        once = snapshot()
        with InvokeAsyncMock():
            twice = snapshot()

    assert {name for name in once if not _same(once[name], twice[name])} == set()


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_mocks_with_other_options_may_leave_in_any_order(order):
    mocks = [InvokeAsyncMock(account=f"00000000000{n}") for n in range(2)]
    for mock in mocks:
        mock.start()
    mocks[order[0]].stop()

    call_both_ways()

    mocks[order[1]].stop()
    [answered] = [mock for mock in mocks if mock.invocations]
    assert answered is mocks[order[1]]
    assert {event.account for event in answered.events} == {f"00000000000{order[1]}"}


# Threads.


def test_a_thread_whose_call_outlives_the_mock_still_gets_its_answer(changed):
    called, release = threading.Event(), threading.Event()
    answers = []

    def wait(_):
        called.set()
        assert release.wait(10)

    def invoke():
        answers.append(client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")["Status"])

    thread = threading.Thread(target=invoke)
    with InvokeAsyncMock() as mock:
        mock.add_callback(wait)
        thread.start()
        assert called.wait(10)

    assert changed() == set()
    release.set()
    thread.join()
    assert answers == [202]
    assert changed() == set()


def test_mocks_of_many_threads_may_come_and_go_at_once(changed):
    errors = []
    together = threading.Barrier(8)

    def come_and_go():
        try:
            together.wait(10)
            for _ in range(20):
                with InvokeAsyncMock():
                    call_both_ways()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=come_and_go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert changed() == set()


# Other people's mocks in between, in every order of starting and stopping.


class OwnSend:
    """A send of the user's own, as monkeypatch puts it in place: it passes everything on."""

    def start(self):
        self.patch = pytest.MonkeyPatch()
        before = HTTPAdapter.send

        def send(*args, **kwargs):
            return before(*args, **kwargs)

        self.patch.setattr(HTTPAdapter, "send", send)

    def stop(self):
        self.patch.undo()
        # The plugin does so at the end of each test: nothing tells us when a monkeypatch is undone.
        settle()


MAKERS = {
    "ours": InvokeAsyncMock,
    "other": InvokeAsyncMock,
    "responses": lambda: responses.RequestsMock(assert_all_requests_are_fired=False),
    "moto": moto.mock_aws,
    "send": OwnSend,
}


def orders(*names):
    """Every order of starting and stopping these, where others than ours nest properly."""
    steps = [f"{sign}{name}" for name in names for sign in "+-"]
    for order in itertools.permutations(steps):
        at = {step: position for position, step in enumerate(order)}
        starts = [at[f"+{name}"] for name in names]
        if any(start > at[f"-{name}"] for start, name in zip(starts, names, strict=True)):
            continue
        # Two of ours are alike: one order of their starts will do.
        if "other" in names and at["+other"] < at["+ours"]:
            continue
        foreign = [name for name in names if name not in ("ours", "other")]
        if all(
            (at[f"-{one}"] < at[f"+{two}"]) or (at[f"-{two}"] < at[f"-{one}"])
            for one, two in itertools.permutations(foreign, 2)
            if at[f"+{one}"] < at[f"+{two}"]
        ):
            yield " ".join(order)


@pytest.mark.once
@pytest.mark.parametrize(
    "order",
    [
        *orders("ours", "other", "responses"),
        *orders("ours", "other", "send"),
        *orders("ours", "responses", "moto"),
        *orders("ours", "responses", "send"),
        *orders("ours", "moto", "send"),
    ],
)
def test_mocks_of_others_may_come_and_go_in_between(changed, order):
    mocks = {}
    active = []

    for step in order.split():
        sign, name = step[0], step[1:]
        if sign == "+":
            mocks[name] = MAKERS[name]()
            mocks[name].start()
        else:
            mocks[name].stop()
        if name in ("ours", "other"):
            active.append(name) if sign == "+" else active.remove(name)
        if active:
            innermost = mocks[active[-1]]
            before = len(innermost.events)
            call_both_ways()
            assert len(innermost.events) == before + 2, step

    assert changed() == set()
