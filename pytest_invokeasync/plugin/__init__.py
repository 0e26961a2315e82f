"""What pytest calls in every run. Nothing else of the package knows pytest. PYTEST_DONT_REWRITE

All that a run does not need unless a test asks for it stands in the modules beside this one, and
is imported then: a run that does not use the plugin must not pay for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .. import options
from ..endings import after_each_test
from . import hiding, settings

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from ..errors import ErrorSpec
    from ..faults import Fault
    from ..mock import InvokeAsyncMock
    from ..names import ErrorCode, ErrorSet, FaultName
    from ..scripting.selection import Outcome
    from ..server.address import InvokeAsyncServer


def pytest_addoption(parser: pytest.Parser) -> None:
    settings.add(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    # This early, since a conftest.py may make a client, or a call, when it is imported. What is
    # wrong in the ini file is told below.
    with contextlib.suppress(pytest.UsageError):
        _set_for_the_run(early_config)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "invokeasync(**options): how the invokeasync fixture behaves in this test; options: "
        + ", ".join(options.ROWS),
    )
    config.addinivalue_line(
        "markers",
        "invokeasync_errors(*which, **how): the errors that invokeasync_error runs over, and "
        "keywords of add_error (for faults, of add_fault) for each",
    )
    settings.read(config)
    config.pluginmanager.register(hiding)
    # Here too: with -p or pytest_plugins the plugin may come too late for the hook above.
    _set_for_the_run(config)
    if settings.counts_call_sites(config):
        from .call_sites import count

        count(config)
    if config.getoption("--invokeasync-record") or config.getoption("--invokeasync-html"):
        from .record.recorder import register

        register(config)


def _set_for_the_run(config: pytest.Config) -> None:
    if region := settings.ini(config, "invokeasync_region"):
        from .environment import set_region

        set_region(config, region)
    if (
        settings.ini_choice(config, "invokeasync_environment_credentials", ("keep", "fake"))
        == "fake"
    ):
        from .environment import set_credentials

        set_credentials(config)
    if settings.ini(config, "invokeasync_guard"):
        from .guarding import set_guard

        set_guard(config, settings.ini_options(config))


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
    """Gives the mock of ``invokeasync`` a real address on loopback: a running server.

    For clients in other processes: ``url``, and ``environ`` to start them with. Needs the extra
    ``server``.
    """
    from .fixtures import server_of

    yield from server_of(request.config, invokeasync)


@pytest.fixture
def invokeasync_error(
    request: pytest.FixtureRequest, invokeasync: InvokeAsyncMock
) -> ErrorSpec | Fault:
    """Runs the test once per error, that error scripted for every function.

    ``@pytest.mark.invokeasync_errors(*which, **how)`` chooses other errors than the documented
    ones, and how they are scripted. The test must meet its error.
    """
    from .fixtures import error_of_test

    return error_of_test(request, invokeasync)


def error_params(
    *which: ErrorSet | ErrorCode | FaultName | str | Outcome, **how: Any
) -> list[ParameterSet]:
    """What ``invokeasync_error`` is parametrized with, for a ``parametrize`` of your own.

    ``which``: sets (``"documented"``, ``"modeled"``, ``"invoke"``, ``"common"``, ``"retryable"``,
    ``"terminal"``, ``"all"``), codes, ``ErrorSpec``s and faults; default: ``"documented"``.
    ``how``: keywords of ``add_error`` and, for faults, of ``add_fault``; each must suit all. Then
    the parameters are for ``indirect=True`` on ``invokeasync_error``, without they are
    ``ErrorSpec``s and faults. Raises ``ValueError`` or ``TypeError`` for what does not exist.
    """
    from .cases import cases

    made = cases(which, how)
    return [pytest.param(case if how else case.outcome, id=str(case)) for case in made]


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


def _concerns(item: pytest.Item, fixturenames: Any) -> bool:
    """Whether a test asks for a fixture of ours or has a marker that looks like ours."""
    names = [*fixturenames, *(marker.name for marker in item.iter_markers())]
    return any(name.startswith("invokeasync") for name in names)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    if call.when == "teardown":
        # By now the test's monkeypatch has been undone.
        for settle in after_each_test:
            settle()
    report: pytest.TestReport = (yield).get_result()
    if report.failed and call.excinfo is not None:
        from .hints import add_to_test

        add_to_test(item, call.excinfo.value, report)


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
        if name == settings.SWEEP
    ]
    if lines:
        terminalreporter.section("invokeasync sweeps")
        for line in lines:
            terminalreporter.line(line)
