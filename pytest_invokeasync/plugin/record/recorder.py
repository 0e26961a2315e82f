"""Collects what every test recorded, in all workers of pytest-xdist, and writes it at the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from ...showing import counted
from . import lines, page
from .collecting import Collector
from .outcomes import Test

RECORD = "--invokeasync-record"
PAGE = "--invokeasync-html"
# The attribute of a report, and the key of a worker's output, in which workers send their lines.
_HANDED_OVER = "_invokeasync_record"

Line = tuple["str | None", str]
"""The id of the test (``None`` for what came before or after all tests), and the line."""


def register(config: pytest.Config) -> None:
    """Records the run, if one of the options asks for it."""
    files = {option: config.getoption(option) for option in (RECORD, PAGE)}
    paths = {
        option: Path(config.invocation_params.dir, file) for option, file in files.items() if file
    }
    if len(set(paths.values())) < len(paths):
        raise pytest.UsageError(f"{RECORD} and {PAGE} name the same file: {files[PAGE]}")
    recorder = Recorder(paths, config.rootpath, is_worker=hasattr(config, "workerinput"))
    recorder.collector.watch()
    config.add_cleanup(recorder.collector.stop)
    config.pluginmanager.register(recorder)


class Recorder:
    """A plugin of a run that is recorded: of the process that writes, and of each worker."""

    def __init__(self, paths: dict[str, Path], top: Path, *, is_worker: bool) -> None:
        self._paths = paths
        self._top = top
        self._is_worker = is_worker
        self.collector = Collector()
        self._pending: list[Line] = []
        self._lines: list[Line] = []
        self._tests: dict[str, Test] = {}
        self._order: dict[str | None, int] = {None: -1}
        self._logs: Counter[str | None] = Counter()
        self._told: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Opens the files, so that a file that cannot be written is an error before the tests."""
        if self._is_worker:
            return
        for option, path in self._paths.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"")
            except OSError as error:
                message = f"{option}: {path} cannot be written: {error.strerror}"
                raise pytest.UsageError(message) from None

    # In the process that runs the tests.

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._take(None)
        self._set_order(item.nodeid for item in session.items)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, None, None]:
        yield
        # After teardown: what fixtures did at their end belongs to the test.
        if call.when == "teardown":
            self._take(item.nodeid)

    def _take(self, nodeid: str | None) -> None:
        for invocations, events in self.collector.take():
            self._logs[nodeid] += 1
            number = self._logs[nodeid]
            self._pending += [(nodeid, lines.line(one, number, self._top)) for one in invocations]
            self._pending += [(nodeid, lines.line_of_event(one, number)) for one in events]

    @pytest.hookimpl(hookwrapper=True)
    def pytest_report_to_serializable(self, report: object) -> Generator[None, Any, None]:
        """Adds the lines to a worker's next report: a plugin may drop the one of the teardown."""
        data = (yield).get_result()
        if self._is_worker and isinstance(report, pytest.TestReport):
            data[_HANDED_OVER], self._pending = self._pending, []

    # In the process that writes.

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes what a worker has sent with the report, and removes it from the report."""
        if not self._is_worker:
            self._lines += map(tuple, report.__dict__.pop(_HANDED_OVER, ()))
            self._tests.setdefault(report.nodeid, Test()).add(report, self._top)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Takes the order of the tests, which is the same in each worker."""
        self._set_order(ids)

    def _set_order(self, nodeids: Iterable[str]) -> None:
        for nodeid in nodeids:
            self._order.setdefault(nodeid, len(self._order))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes what a worker recorded after its last report."""
        self._lines += map(tuple, getattr(node, "workeroutput", {}).get(_HANDED_OVER, ()))

    # Last, since other plugins may make calls when the session ends.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._take(None)
        if self._is_worker:
            config: Any = session.config
            config.workeroutput[_HANDED_OVER] = self._pending
            return
        self._lines += self._pending
        # In the order of collection, whichever worker ran a test, then as recorded.
        self._lines.sort(key=lambda one: self._order.get(one[0], len(self._order)))
        for option, path in self._paths.items():
            text = self._record() if option == RECORD else page.page(self._record(), self._tests)
            try:
                path.write_text(text, encoding="ascii", newline="\n")
            except OSError as error:
                self._told.append(f"{option}: {path} could not be written: {error.strerror}")
                session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
            else:
                self._told.append(
                    f"invokeasync: {counted(len(self._lines), 'invocation')} in {path}"
                )

    def _record(self) -> str:
        return "".join(self._whole(nodeid, line) for nodeid, line in self._lines)

    def _whole(self, nodeid: str | None, line: str) -> str:
        test = None if nodeid is None else self._tests.get(nodeid)
        head = {"version": lines.VERSION, "test": nodeid, "test_outcome": test and test.outcome}
        return f"{json.dumps(head)[:-1]}, {line[1:]}\n"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says where the files are."""
        for text in self._told:
            terminalreporter.line(text)
