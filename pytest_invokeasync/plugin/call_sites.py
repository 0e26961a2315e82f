"""The lines that still call InvokeAsync: counted in all workers, listed at the end of the run."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ..recording.call_sites import CALL_SITES
from .run_settings import of_run

_OPTION = "--invokeasync-call-sites"
_NAME = "invokeasync_call_sites"
_TITLE = "invokeasync: lines that call InvokeAsync, which is deprecated"
_ANOTHER_PROCESS = "(another process)"


def count(config: pytest.Config, test: str | None = None) -> None:
    """Starts counting, once for a run. ``test``: the node id of the current test, if there is one.

    Raises ``pytest.UsageError`` if the file cannot be written.
    """
    if config.pluginmanager.has_plugin(_NAME):
        return
    policy = of_run(config).options.get("deprecated_calls")
    file: str | None = config.getoption(_OPTION)
    path = None if file is None or hasattr(config, "workerinput") else Path(file)
    if path is not None:
        try:
            path.write_text("[]\n", encoding="utf-8")
        except OSError as error:
            raise pytest.UsageError(f"{_OPTION}: {error}") from None
    before = (CALL_SITES.default, CALL_SITES.test)
    config.add_cleanup(lambda: _restore(*before))
    CALL_SITES.default = policy or ("report" if file else "allow")
    CALL_SITES.test = test
    config.pluginmanager.register(_Counting(config, path), _NAME)


def _restore(default: str, test: str | None) -> None:
    CALL_SITES.default, CALL_SITES.test = default, test


class _Counting:
    """Sends what was seen with each test's report, so that a crash loses little of it."""

    def __init__(self, config: pytest.Config, file: Path | None) -> None:
        self._config = config
        self._file = file
        self._found: list[Any] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        CALL_SITES.test = item.nodeid

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, None]:
        report = (yield).get_result()
        if sites := CALL_SITES.take():
            # An attribute of the report goes from a worker of pytest-xdist to the controller.
            report.invokeasync_call_sites = [list(site) for site in sites]
        if report.when == "teardown":
            CALL_SITES.test = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._found += getattr(report, "invokeasync_call_sites", ())

    # Last, since other plugins may make calls when the session ends.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        rest = [list(site) for site in CALL_SITES.take()]
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_NAME] = rest
        self._found += rest

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._found += getattr(node, "workeroutput", {}).get(_NAME, ())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        lines = _lines(self._found, self._config.rootpath)
        if self._file is not None:
            self._write(lines)
        if lines or CALL_SITES.default == "report":
            terminalreporter.section(_TITLE)
            for text in [line.told() for line in lines] or ["none was called"]:
                terminalreporter.line(text)

    def _write(self, lines: Iterable[_Line]) -> None:
        # Imported here: most runs write none.
        import json

        assert self._file is not None
        text = json.dumps([line.as_json() for line in lines], indent=2)
        self._file.write_text(f"{text}\n", encoding="utf-8")


class _Line(NamedTuple):
    """One line, and the invocations that it made."""

    file: str | None
    """Relative to pytest's rootdir, if it is below; ``None`` for calls of other processes."""
    line: int | None
    functions: list[str]
    calls: int
    tests: list[str]
    called_from: list[str]

    def told(self) -> str:
        place = _ANOTHER_PROCESS if self.file is None else f"{self.file}:{self.line}"
        if self.called_from:
            place += f" (called from {', '.join(self.called_from)})"
        calls = f"{self.calls} call{'s' * (self.calls > 1)}"
        return f"{place}: {', '.join(self.functions)}, {calls}"

    def as_json(self) -> dict[str, object]:
        return self._asdict()


def _lines(
    found: Iterable[tuple[str | None, str | None, str, str | None]], root: Path
) -> list[_Line]:
    lines: dict[tuple[str | None, int | None], _Line] = {}
    for caller, called_from, function, test in found:
        file, number = _place(caller, root)
        line = lines.setdefault((file, number), _Line(file, number, [], 0, [], []))
        lines[file, number] = line = line._replace(calls=line.calls + 1)
        _add(line.functions, function)
        if test is not None:
            _add(line.tests, test)
        outer, outer_number = _place(called_from, root)
        # Not the test itself, whose name is listed, and nothing outside of the project.
        of_test = test is not None and outer == test.partition("::")[0]
        if outer is not None and not of_test and not Path(outer).is_absolute():
            _add(line.called_from, f"{outer}:{outer_number}")
    return [lines[key] for key in sorted(lines, key=lambda key: (key[0] or "", key[1] or 0))]


def _add(texts: list[str], text: str) -> None:
    if text not in texts:
        texts.append(text)
        texts.sort()


def _place(caller: str | None, root: Path) -> tuple[str | None, int | None]:
    if caller is None:
        return None, None
    file, _, number = caller.rpartition(":")
    path = Path(file)
    if path.is_relative_to(root):
        file = path.relative_to(root).as_posix()
    return file, int(number)
