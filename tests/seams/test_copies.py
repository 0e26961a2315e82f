"""Another copy of a client library than sys.modules has: each of its calls is answered, or refused.

Each in a process of its own, for which no library was imported before.
"""

from __future__ import annotations

import gc
import http
import importlib
import importlib.util
import sys
import threading
import types
import weakref

import pytest

from pytest_invokeasync import InvokeAsyncMock
from pytest_invokeasync.clients import activation
from pytest_invokeasync.seams.copies import Target

PREAMBLE = """
import importlib, socket, sys
from unittest import mock
import pytest
from pytest_invokeasync import InvokeAsyncMock, UnmockedLambdaCall

HOST = "https://lambda.us-east-1.amazonaws.com"
URL = HOST + "/2014-11-13/functions/orders/invoke-async/"
LIBRARIES = ("boto3", "botocore", "requests", "urllib3", "s3transfer", "responses", "moto")

def purge():
    for name in list(sys.modules):
        if name.partition(".")[0] in LIBRARIES:
            del sys.modules[name]

def make_client():
    import boto3
    return boto3.client("lambda", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")

def by_boto3(client):
    return lambda: client.invoke_async(FunctionName="orders", InvokeArgs="{}")["Status"]

def by_requests(requests):
    return lambda: requests.post(URL, data=b"{}", timeout=5).status_code

def by_urllib3(urllib3):
    return lambda: urllib3.PoolManager().request("POST", URL, body=b"{}").status

@pytest.fixture(autouse=True)
def nothing_leaves(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a name was looked up")
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
"""

WITHIN_A_PATCHED_DICT = """
with mock.patch.dict(sys.modules, {"some_dependency": mock.MagicMock()}):
    import requests, urllib3
    calls = [by_boto3(make_client()), by_requests(requests), by_urllib3(urllib3)]
assert "requests" not in sys.modules
"""

PURGED = """
import requests, urllib3
calls = [by_boto3(make_client()), by_requests(requests), by_urllib3(urllib3)]
purge()
"""

TWO_COPIES = """
import requests, urllib3
calls = [by_boto3(make_client()), by_requests(requests), by_urllib3(urllib3)]
purge()
import requests, urllib3
calls += [by_boto3(make_client()), by_requests(requests), by_urllib3(urllib3)]
"""

RELOADED = """
import requests.adapters, botocore.httpsession, urllib3
before = requests.Session()
calls = [by_boto3(make_client()), by_requests(before)]
for module in (requests.adapters, botocore.httpsession, urllib3.connectionpool):
    importlib.reload(module)
importlib.reload(requests.sessions)
calls += [by_boto3(make_client()), by_requests(requests.sessions.Session())]
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs a test file with no other plugin, so that nobody else has imported a library."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source, *arguments):
        pytester.path.joinpath("test_it.py").write_text(PREAMBLE + source)
        return pytester.runpytest_subprocess("-p", "invokeasync", *arguments, timeout=120)

    return run


PROGRAMS = pytest.mark.parametrize(
    "program",
    [
        WITHIN_A_PATCHED_DICT,
        pytest.param(PURGED, marks=pytest.mark.once),
        pytest.param(TWO_COPIES, marks=pytest.mark.once),
        RELOADED,
    ],
    ids=["patch.dict", "purged", "two", "reloaded"],
)


@PROGRAMS
def test_a_program_s_own_copy_is_answered(run, program):
    result = run(
        program
        + """
def test_one(invokeasync):
    assert [call() for call in calls] == [202] * len(calls)
    invokeasync.assert_queued("orders", times=len(calls))

def test_another(invokeasync):
    assert [call() for call in calls] == [202] * len(calls)
"""
    )

    result.assert_outcomes(passed=2)


@pytest.mark.once
@pytest.mark.parametrize("program", [WITHIN_A_PATCHED_DICT, TWO_COPIES], ids=["patch.dict", "two"])
def test_and_refused_by_the_guard_where_no_mock_is_active(run, program):
    result = run(
        program
        + """
@pytest.mark.parametrize("call", calls)
def test_one(call):
    with pytest.raises(UnmockedLambdaCall):
        call()
""",
        "-o",
        "invokeasync_guard=true",
    )

    # Each is told at its test's end too, for the test has swallowed the refusal.
    calls = program.count("by_")
    result.assert_outcomes(passed=calls, errors=calls)


@pytest.mark.once
@pytest.mark.parametrize("when", ["before any mock", "between mocks", "while one is active"])
def test_a_test_may_purge_and_import_anew(run, when):
    result = run(
        """
def new_copy():
    purge()
    import requests, urllib3
    return [by_boto3(make_client()), by_requests(requests), by_urllib3(urllib3)]

def test_one():
    when = WHEN
    calls = new_copy() if when == "before any mock" else []
    with InvokeAsyncMock() as first:
        assert [call() for call in calls] == [202] * len(calls)
    if when == "between mocks":
        calls = new_copy()
    with InvokeAsyncMock() as second:
        if when == "while one is active":
            calls = new_copy()
        assert [call() for call in calls] == [202] * 3
    assert "pytest_invokeasync" not in {type(each).__module__[:18] for each in sys.meta_path}
    import requests.adapters, botocore.httpsession
    for send in (requests.adapters.HTTPAdapter.send, botocore.httpsession.URLLib3Session.send):
        assert not hasattr(send, "__wrapped__")
""".replace("WHEN", repr(when))
    )

    result.assert_outcomes(passed=1)


def test_a_copy_between_two_mocks_that_sys_modules_does_not_keep_is_found(run):
    result = run(
        """
def test_one():
    import requests, urllib3
    make_client()
    with InvokeAsyncMock():
        pass
    with mock.patch.dict(sys.modules):
        purge()
        import requests, urllib3
        calls = [by_boto3(make_client()), by_requests(requests), by_urllib3(urllib3)]
    with InvokeAsyncMock() as again:
        assert [call() for call in calls] == [202] * 3
    again.assert_queued("orders", times=3)
"""
    )

    result.assert_outcomes(passed=1)


def test_each_copy_raises_its_own_exceptions(run):
    result = run(
        TWO_COPIES
        + """
import botocore.exceptions

def test_one(invokeasync):
    invokeasync.add_fault("ReadTimeout", times=None)
    old = requests.ReadTimeout
    kinds = []
    for call in calls:
        with pytest.raises(Exception) as raised:
            call()
        kinds.append(raised.type)
    assert kinds[3:5] == [botocore.exceptions.ReadTimeoutError, requests.ReadTimeout]
    assert [kind.__name__ for kind in kinds[:3]] == [kind.__name__ for kind in kinds[3:]]
    assert not any(one is other for one, other in zip(kinds[:3], kinds[3:]))
"""
    )

    result.assert_outcomes(passed=1)


def test_what_is_imported_meanwhile_shows_no_trace_of_it(run):
    result = run(
        """
def test_one(invokeasync):
    import importlib.machinery, inspect
    import requests.adapters
    module = requests.adapters
    assert isinstance(module.__loader__, importlib.machinery.SourceFileLoader)
    assert module.__spec__.loader is module.__loader__
    assert "class HTTPAdapter" in inspect.getsource(module)
    importlib.reload(module)
    assert by_requests(requests)() == 202
"""
    )

    result.assert_outcomes(passed=1)


def test_an_import_that_fails_meanwhile_fails_as_ever(run, pytester):
    pytester.mkpydir("moto").joinpath("core").mkdir()
    pytester.path.joinpath("moto", "core", "__init__.py").touch()
    pytester.path.joinpath("moto", "core", "botocore_stubber.py").write_text("1 / 0")
    result = run(
        """
sys.path.insert(0, "")

def test_one(invokeasync):
    with pytest.raises(ZeroDivisionError):
        import moto.core.botocore_stubber
    with pytest.raises(ModuleNotFoundError):
        import moto.core.nothing_such
    with pytest.raises(ModuleNotFoundError):
        import aiobotocore.endpoint
""".replace("import aiobotocore.endpoint", "import mocket.socket.nothing")
    )

    result.assert_outcomes(passed=1)


def test_a_copy_that_nobody_uses_any_more_goes():
    copies = activation.Copies(activation.TARGETS)
    copies.search()
    copies.forget_unused()
    namespace = {"__name__": "requests.adapters"}
    exec("class HTTPAdapter:\n    def send(self): pass", namespace)
    owner = namespace["HTTPAdapter"]
    reference = weakref.ref(owner)
    # So that there is something to look for.
    copies._current = None
    copies.search()
    assert owner in copies.owners("HTTPAdapter")
    for seam in copies.seams():
        seam.install()
    for seam in copies.seams():
        seam.settle()
    copies.forget_unused()

    del owner, namespace, seam
    gc.collect()

    assert reference() is None


def test_nor_does_a_mock_keep_one_that_was_purged(monkeypatch):
    namespace = {"__name__": "requests.adapters"}
    exec("class HTTPAdapter:\n    def send(self): pass", namespace)
    reference = weakref.ref(namespace["HTTPAdapter"])
    with monkeypatch.context() as patch:
        # So that there is something to look for.
        patch.setattr(activation._copies, "_current", None)
        with InvokeAsyncMock():
            assert hasattr(namespace["HTTPAdapter"].send, "__wrapped__")

    del namespace
    gc.collect()

    assert reference() is None


def test_a_class_may_have_any_metaclass(monkeypatch):
    class Meta(type):
        __name__ = "no name of a class"

        __hash__ = None

    class Odd(metaclass=Meta):
        pass

    monkeypatch.setattr(activation._copies, "_current", None)
    with InvokeAsyncMock() as mock:
        assert mock.invocations == []


def test_a_library_that_another_thread_is_importing_is_waited_for(tmp_path, monkeypatch):
    (tmp_path / "slow_library.py").write_text(
        "import gate\ngate.begun.set()\nassert gate.go.wait(30)\nclass Client: pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    gate = types.ModuleType("gate")
    gate.begun, gate.go = threading.Event(), threading.Event()
    monkeypatch.setitem(sys.modules, "gate", gate)
    copies = activation.Copies([Target("slow_library", "Client", ())])
    importing = threading.Thread(target=importlib.import_module, args=["slow_library"])
    waiting = threading.Thread(target=copies.wait_for_imports)

    importing.start()
    assert gate.begun.wait(30)
    waiting.start()
    waiting.join(0.05)
    has_waited = waiting.is_alive()
    gate.go.set()
    for thread in (importing, waiting):
        thread.join()
    del sys.modules["slow_library"]

    assert has_waited


def test_a_class_of_the_same_name_in_the_program_s_own_module_is_left_alone():
    class HTTPAdapter(sys.modules["requests.adapters"].HTTPAdapter):
        def send(self, *args, **kwargs):
            raise NotImplementedError

    copies = activation.Copies(activation.TARGETS)
    copies.search()

    assert HTTPAdapter not in copies.owners("HTTPAdapter")
    assert sys.modules["requests.adapters"].HTTPAdapter in copies.owners("HTTPAdapter")


def test_a_search_that_finds_nothing_new_looks_at_few_classes(monkeypatch):
    copies = activation.Copies(activation.TARGETS)
    copies.search()
    monkeypatch.setattr(copies, "_adopt", lambda owner: pytest.fail("it searched again"))

    copies.search()
    sys.modules["requests.adapters"].HTTPAdapter  # noqa: B018 - it is there


@pytest.mark.parametrize("is_in_use", [True, False])
def test_a_module_that_runs_after_the_last_mock_is_left_alone(is_in_use):
    with InvokeAsyncMock():
        spec = activation._watch.find_spec("http.client", http.__path__)
        module = importlib.util.module_from_spec(spec)
        if is_in_use:
            spec.loader.exec_module(module)
            assert hasattr(module.HTTPConnection.putrequest, "__wrapped__")
    if not is_in_use:
        spec.loader.exec_module(module)

    assert not hasattr(module.HTTPConnection.putrequest, "__wrapped__")
