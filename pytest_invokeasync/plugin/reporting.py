"""Reports what a mock has recorded, and what is wrong, with its test. PYTEST_DONT_REWRITE"""

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
    """The plugin that reports tests, registered by the first test that uses the plugin."""
    if _REPORTS not in config.stash:
        config.stash[_REPORTS] = Reports()
        config.pluginmanager.register(config.stash[_REPORTS], "invokeasync reports")
    return config.stash[_REPORTS]


def begin(item: pytest.Item, name: str, mock: InvokeAsyncMock) -> Callable[[], bool]:
    """Starts to report a test with its mock. ``name``: the fixture's.

    Returns a function that says whether the test failed; skipped and xfailed count as failed.
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
    """What is wrong, and what was recorded, unless ``told``, a failure's text, has that already.

    ``name``: the fixture's.
    """
    setting = "@pytest.mark.invokeasync" if name == "invokeasync" else "mock_fixture"
    lines = [*mock.find_problems(setting), *mock.describe_sweeps()]
    recording = mock.describe_recording()
    return "\n".join(lines if recording in told else [*lines, recording])


def idle(fixture: str) -> str:
    """The message for a marker of a test that does not use the marker's fixture."""
    return _IDLE.format(fixture)


def mistake(item: pytest.Item, marker: str, reason: str) -> str:
    """The message for what is wrong with a marker of a test."""
    return f"{item.nodeid}: @pytest.mark.{marker}: {reason}"


def is_marked(item: pytest.Item, name: str) -> bool:
    """Whether the test itself has this marker."""
    # Only its own: a marker of a class or a module may be meant for some of the tests.
    return any(marker.name == name for marker in item.own_markers)


class Reports:
    """A plugin of a run in which a test uses a fixture or a marker of ours."""

    def __init__(self) -> None:
        self.failed: set[str] = set()
        """The tests with a failed part. The failure of a subtest has a report of its own."""

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
            # Dropped here, since an item lives as long as the run.
            mocks.clear()
        is_idle = "invokeasync" not in mocks and is_marked(item, "invokeasync")
        if report.when == "call" and report.passed and is_idle:
            report.outcome = "failed"
            reason = idle("invokeasync")
            if mocks:
                reason += f"; the options of {', '.join(mocks)} are keywords of mock_fixture()"
            report.longrepr = mistake(item, "invokeasync", reason)


def add_section(
    report: pytest.TestReport | pytest.CollectReport, text: str, name: str = "invokeasync"
) -> None:
    """Shows a text with a failure."""
    # In the traceback, if there is one, since --junitxml shows nothing else.
    traceback: Any = report.longrepr
    if hasattr(traceback, "addsection"):
        traceback.addsection(name, text)
    else:
        report.sections.append((name, text))
