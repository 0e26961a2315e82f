"""``invokeasync_guard``: reports what it refused, and in which test. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import functools
import sys
from collections.abc import Generator
from typing import Any

import pytest

from ..clients import activation
from ..options import build
from ..sdk import model as sdk_model
from ..seams import stack
from ..seams.interception import Guard
from .reporting import add_section

_GUARDING = pytest.StashKey["Guarding"]()
_TITLE = "calls to AWS Lambda while no mock was active, refused since invokeasync_guard is on:"


def set_guard(config: pytest.Config, options: dict[str, Any]) -> None:
    """Sets the guard until the end of the run."""
    if _GUARDING in config.stash:
        return
    guard = Guard(build(options))
    config.stash[_GUARDING] = Guarding(guard)
    config.pluginmanager.register(config.stash[_GUARDING], "invokeasync guard")
    config.add_cleanup(functools.partial(activation.set_guard, stack.guard()))
    activation.set_guard(guard)


class Guarding:
    """A plugin of a guarded run: a refused call is an error of the running test."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._at_end: list[str] = []
        """The calls that were refused outside of any test."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        # conftest.py, and others, may have patched what is guarded: gevent does.
        activation.settle()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        # Not earlier, since the user's conftest.py may have to come before botocore.
        if "botocore" in sys.modules:
            sdk_model.prepare_hosts()

    # The first wrapper to begin is the last to see the report.
    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, None]:
        report: pytest.TestReport = (yield).get_result()
        if report.when == "teardown" or report.failed or hasattr(report, "wasxfail"):
            self._tell(report)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, Any, None]:
        self._tell((yield).get_result())

    def _tell(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not (calls := self._take()):
            return
        text = "\n".join([_TITLE, *calls])
        if report.passed:
            report.outcome = "failed"
            report.longrepr = text
        else:
            add_section(report, text)

    def _take(self) -> list[str]:
        """The calls that the guard has refused since the last report, a line each."""
        return [f"  {call}" for call in self._guard.take()]

    # Last, since other plugins may make calls when the session ends.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._at_end += self._take()
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_TITLE] = self._at_end
        ended_well = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if self._at_end and session.exitstatus in ended_well:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes what a worker of pytest-xdist saw after its last test, which no report has."""
        self._at_end += getattr(node, "workeroutput", {}).get(_TITLE, [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._at_end:
            terminalreporter.section("invokeasync guard", red=True)
            terminalreporter.line("\n".join([_TITLE, *self._at_end]))
