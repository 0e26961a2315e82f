"""What pytest calls in every run. Nothing else of the package knows pytest. PYTEST_DONT_REWRITE

All that a run does not need unless a test asks for it stands in the modules beside this one, and
is imported then: a run that does not use the plugin must not pay for it.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ..settings import BOOLS, ERROR_SETS, FILES, OF_RUN, OPTIONS, help_of

if TYPE_CHECKING:
    from ..errors import ErrorSpec
    from ..faults import Fault
    from ..mock import InvokeAsyncMock
    from ..server.address import InvokeAsyncServer


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, text in {**{name: help_of(name) for name in OPTIONS}, **OF_RUN}.items():
        kind: Any = "bool" if name in BOOLS else "string"
        parser.addini(f"invokeasync_{name}", text, type=kind, default=None)
    group = parser.getgroup("invokeasync")
    group.addoption(
        "--invokeasync-errors",
        metavar="WHICH",
        action="append",
        help="run invokeasync_error over these errors by default, rather than over 'documented': "
        f"a set, or a code; several with commas. Sets: {', '.join(ERROR_SETS)}",
    )
    for name, text in FILES.items():
        group.addoption(f"--invokeasync-{name}", metavar="FILE", help=text)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    # This early, since a conftest.py may make a client, or a call, when it is imported.
    if _is_ini_set(early_config):
        from .configuring import before_conftests

        before_conftests(early_config)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "invokeasync(**options): how the invokeasync fixture behaves in this test; options: "
        + ", ".join(OPTIONS),
    )
    config.addinivalue_line(
        "markers",
        "invokeasync_errors(*which, **how): the errors that invokeasync_error runs over, and "
        "keywords of add_error (for faults, of add_fault) for each",
    )
    if (
        _is_ini_set(config)
        or any(config.getoption(f"--invokeasync-{name}") for name in ("errors", *FILES))
        # The controller of pytest-xdist does not see which markers its workers find.
        or config.getoption("dist", "no") != "no"
    ):
        from .configuring import configure

        configure(config)


def _is_ini_set(config: pytest.Config) -> bool:
    """Whether the ini file has a name that begins like ours, be it one that does not exist."""
    private: Any = config
    # Of pytest 9, which warns whoever asks for the older name.
    ini = getattr(private, "_inicfg", None)
    stated = private.inicfg if ini is None else ini
    overrides = config.known_args_namespace.override_ini or ()
    return any(name.startswith("invokeasync_") for name in (*stated, *overrides))


@pytest.fixture
def invokeasync(request: pytest.FixtureRequest) -> Iterator[InvokeAsyncMock]:
    """Answers, records and fails asynchronous invocations of Lambda: an ``InvokeAsyncMock``.

    Options: ``@pytest.mark.invokeasync(**options)``, or ``invokeasync_<option>`` in the ini file.
    """
    from .fixtures import mock_of_test

    yield from mock_of_test(request)


@pytest.fixture
def invokeasync_server(
    request: pytest.FixtureRequest, invokeasync: InvokeAsyncMock
) -> Iterator[InvokeAsyncServer]:
    """A running ``InvokeAsyncServer``: the mock of ``invokeasync`` for other processes.

    Start them with its ``environ``, or give their clients its ``url``. Needs the extra ``server``.
    """
    from .fixtures import server_of

    yield from server_of(request.config, invokeasync)


@pytest.fixture
def invokeasync_error(
    request: pytest.FixtureRequest, invokeasync: InvokeAsyncMock
) -> ErrorSpec | Fault:
    """What every call fails with, an ``ErrorSpec`` or ``Fault``: the test runs once for each.

    ``@pytest.mark.invokeasync_errors(*which, **how)`` chooses other errors than the documented
    ones, and how they are scripted. The test must meet its error.
    """
    from .fixtures import error_of_test

    return error_of_test(request, invokeasync)


# Last, so that a parametrization by the user's own hook stands already.
@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if _concerns(metafunc.definition, metafunc.fixturenames):
        from .parametrizing import parametrize

        parametrize(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Here too: methods of a unittest.TestCase pass no pytest_generate_tests.
    if _concerns(item, names := getattr(item, "fixturenames", ())):
        from .parametrizing import check
        from .reporting import register

        register(item.config)
        check(item, names)
        if any(name.startswith("invokeasync") for name in names):
            # Before a fixture of the test fakes files, as pyfakefs does: it also forgets the
            # modules that are imported meanwhile.
            from .fixtures import prepare

            prepare()


def _concerns(item: pytest.Item, fixturenames: Any) -> bool:
    """Whether a test asks for a fixture of ours or has a marker that looks like ours."""
    names = [*fixturenames, *(marker.name for marker in item.iter_markers())]
    return any(name.startswith("invokeasync") for name in names)


@pytest.hookimpl(tryfirst=True)
def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    for value in (left, right):
        if getattr(type(value), "hidden_by_invokeasync", False) is True:
            # Of two texts pytest would show where they differ, character by character.
            return [f"{left!r} {op} {right!r}"]
    return None


# Around all others: by now the test's monkeypatch has been undone, and what a test recorded has
# not yet gone to junitxml and, from a worker of pytest-xdist, to the controller.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    after_tests = sys.modules.get("pytest_invokeasync.after_tests")
    if after_tests is not None and call.when == "teardown":
        for settle in after_tests.after_each_test:
            settle()
    report: pytest.TestReport = (yield).get_result()
    if report.failed and call.excinfo is not None:
        from .hints import add_to_test

        add_to_test(item, call.excinfo.value, report)
    if report.user_properties:
        from .hiding import hide

        hide(report)


def pytest_exception_interact(
    node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any], report: Any
) -> None:
    if isinstance(report, pytest.CollectReport) and call.excinfo is not None:
        from .hints import add_to_module

        add_to_module(node, call.excinfo.value, report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the sweeps tried, for one that passed says nothing else."""
    lines = [
        f"{report.nodeid}: {text}"
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for name, text in report.user_properties
        if name == "invokeasync_sweep"
    ]
    if lines:
        terminalreporter.section("invokeasync sweeps")
        for line in lines:
            terminalreporter.line(line)
