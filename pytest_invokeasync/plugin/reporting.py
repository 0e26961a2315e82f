"""What is reported of a test that uses a fixture. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..mock import InvokeAsyncMock

_MOCKS = pytest.StashKey["dict[str, InvokeAsyncMock]"]()
_CALL_PASSED = pytest.StashKey[bool]()
_REPORTS = pytest.StashKey["Reports"]()
_IDLE = "has no effect: the test does not use {}"


def register(config: pytest.Config) -> Reports:
    """What reports the tests of this run, from its first test on that has to do with us."""
    if _REPORTS not in config.stash:
        config.stash[_REPORTS] = Reports()
        config.pluginmanager.register(config.stash[_REPORTS], "invokeasync reports")
    return config.stash[_REPORTS]


def begin(item: pytest.Item, name: str, mock: InvokeAsyncMock) -> Callable[[], bool]:
    """From now on the test is reported with its mock, that of the fixture of this name.

    Returns what tells whether the test failed; skipped and xfailed count as failed.
    """
    item.stash.setdefault(_MOCKS, {})[name] = mock
    item.stash[_CALL_PASSED] = False
    failed = register(item.config).failed
    failed.discard(item.nodeid)
    return lambda: item.nodeid in failed or not item.stash[_CALL_PASSED]


def mocks_of(item: pytest.Item) -> Collection[InvokeAsyncMock]:
    """The mocks of fixtures that the test has."""
    return item.stash.get(_MOCKS, {}).values()


def described(mock: InvokeAsyncMock, name: str, told: str = "") -> str:
    """What is wrong and what was recorded; the recording not where a failure has ``told`` it.

    ``name``: of the fixture.
    """
    setting = "@pytest.mark.invokeasync" if name == "invokeasync" else "mock_fixture"
    lines = [*mock.find_problems(setting), *mock.describe_sweeps()]
    recording = mock.describe_recording()
    return "\n".join(lines if recording in told else [*lines, recording])


def idle(fixture: str) -> str:
    """The words for a marker of a test that does not ask for the marker's fixture."""
    return _IDLE.format(fixture)


def mistake(item: pytest.Item, marker: str, reason: str) -> str:
    """The words for what is wrong with a marker of a test."""
    return f"{item.nodeid}: @pytest.mark.{marker}: {reason}"


def is_marked(item: pytest.Item, name: str) -> bool:
    """Whether the test itself has this marker."""
    # On a class or a module the marker may be meant for some of the tests.
    return any(marker.name == name for marker in item.own_markers)


class Reports:
    """A plugin of a run in which a test has to do with us."""

    def __init__(self) -> None:
        self.failed: set[str] = set()
        """The tests of which a part failed: that of a subtest is told in a report of its own."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, None]:
        report: pytest.TestReport = (yield).get_result()
        mocks = item.stash.get(_MOCKS, {})
        if report.when == "call":
            item.stash[_CALL_PASSED] = report.passed
        for name, mock in mocks.items():
            if report.failed and report.when != "teardown":
                told = call.excinfo.exconly() if call.excinfo is not None else ""
                if text := described(mock, name, told):
                    add_section(report, text, name)
            if report.when == "call":
                sweeps = mock.describe_sweeps()
                report.user_properties += [("invokeasync_sweep", sweep) for sweep in sweeps]
        if report.when == "teardown":
            # Items live as long as the run; what a mock has recorded must not.
            mocks.clear()
        is_idle = "invokeasync" not in mocks and is_marked(item, "invokeasync")
        if report.when == "call" and report.passed and is_idle:
            report.outcome = "failed"
            report.longrepr = mistake(item, "invokeasync", idle("invokeasync"))


def add_section(
    report: pytest.TestReport | pytest.CollectReport, text: str, name: str = "invokeasync"
) -> None:
    """Shows a text with a failure."""
    # To the traceback, where there is one: --junitxml shows no more than that.
    traceback: Any = report.longrepr
    if hasattr(traceback, "addsection"):
        traceback.addsection(name, text)
    else:
        report.sections.append((name, text))
