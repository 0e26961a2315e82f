"""mutmut's runner of tests, but collecting them once: a mutant is tried in a fork of that session.

Collecting them anew for each mutant takes longer than running them.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from lines import Lines
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.runners.harness import ListAllTestsResult, TestRunner
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name
from mutmut.workers.isolation import ForkRunner

BUDGET = 24  # seconds of tests for one mutant
LIMIT = 9 * BUDGET  # seconds for them, in case that the time limit of a test does not end it
CPU_LIMIT = 3 * LIMIT  # seconds; mutmut waits twice as long
SURVIVED, KILLED, SUSPICIOUS, TIMEOUT = 0, 1, 35, 36  # what mutmut takes them for
OPTIONS = ["-pno:randomly", "-pno:xdist", "-otmp_path_retention_policy=none"]
KILLERS = Path("killers.txt")
SOUND = Path("sound.txt")
UNRELIABLE = Path("unreliable.txt")


class SessionRunner(TestRunner):
    """Runs tests of a session that was collected already."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session
        self.items = {item.nodeid: item for item in session.items}
        self.unreliable: set[str] = set()
        # Functions that no test reaches, as the package has called them when it was imported.
        self.at_import: set[str] = set()
        # The tests that reach any function of a module.
        self.of_module: dict[str, set[str]] = {}
        self.lines = Lines(Path("mutants", "pytest_invokeasync"))
        self.timed_out = False

    def run_stats(self, *, tests: Iterable[str]) -> int:
        """Which functions each test reaches, and how long it takes."""
        chosen = list(tests) or list(self.items)
        with change_cwd("mutants"):
            self.lines.watch()
            failed = self._run(chosen, self._note)
            self.lines.end()
            return failed or self._find_unreliable(chosen)

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """Whether a test fails."""
        if mutant_name is None:
            return self._prepare()
        with change_cwd("mutants"):
            try:
                return self._try(mutant_name, tests)
            except BaseException:  # a mistake of ours
                return SUSPICIOUS

    def _try(self, mutant_name: str, tests: Iterable[str]) -> int:
        function = mangled_name_from_mutant_name(mutant_name)
        if function in self.at_import:
            return self._try_afresh(mutant_name)
        _clear_caches()
        chosen = self._promising(function, self.lines.running(function, mutant_name, set(tests)))
        for test in chosen:
            seconds = 5 + 5 * state().duration_by_test[test]
            self.items[test].add_marker(pytest.mark.timeout(seconds), append=False)
        watchdog = threading.Timer(LIMIT, os._exit, [TIMEOUT])
        watchdog.start()
        try:
            self._run(chosen, lambda test: self._stop(function, test))
        except (self.session.Failed, pytest.exit.Exception, KeyboardInterrupt, SystemExit):
            return TIMEOUT if self.timed_out else KILLED
        watchdog.cancel()
        # Something may keep what the function made before the fork.
        return self._try_afresh(mutant_name)

    def run_forced_fail(self) -> int:
        """Not done: it would leave this session half torn down. Dead mutants tell the same."""
        return 1

    def list_all_tests(self) -> ListAllTestsResult:
        """Those of the session."""
        return ListAllTestsResult(ids=set(self.items))

    def _run(self, tests: list[str], after: Callable[[str], None]) -> int:
        for test, following in zip_longest(tests, tests[1:]):
            self.session.testsfailed = 0
            item = self.items[test]
            try:
                item.ihook.pytest_runtest_protocol(
                    item=item, nextitem=self.items[following] if following else None
                )
            except Exception:  # pytest calls it an internal error, and ends: ours is a plugin
                self.session.testsfailed += 1
            after(test)
        return int(bool(self.session.testsfailed))

    def _find_unreliable(self, tests: list[str]) -> int:
        """Notes which tests fail in a fork even without a mutant: they tell nothing."""
        if not (child := os.fork()):
            os.environ["MUTANT_UNDER_TEST"] = ""

            def note(test: str) -> None:
                if self.session.testsfailed:
                    with UNRELIABLE.open("a", encoding="utf-8") as unreliable:
                        unreliable.write(f"{test}\n")

            try:
                self._run(tests, note)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        return 0

    def _prepare(self) -> int:
        """Done once, before the forks."""
        self.lines.load()
        if Path("mutants", UNRELIABLE).exists():
            unreliable = Path("mutants", UNRELIABLE).read_text(encoding="utf-8")
            self.unreliable.update(unreliable.splitlines())
        tests_of = state().tests_by_mangled_function_name
        for path in walk_mutatable_files():
            data = SourceFileMutationData(path=path)
            data.load()
            functions = {mangled_name_from_mutant_name(name) for name in data.exit_code_by_key}
            of_module: set[str] = set().union(*(tests_of.get(name, ()) for name in functions))
            self.of_module.update((name.rpartition(".")[0], of_module) for name in functions)
            for function in functions:
                if not tests_of.get(function):
                    self.at_import.add(function)
                    tests_of[function] = of_module
        return 0

    def _try_afresh(self, mutant: str) -> int:
        """Runs the first tests of its module in a new process, which imports the mutant."""
        function = mangled_name_from_mutant_name(mutant)
        chosen = self._promising(function, self.of_module[function.rpartition(".")[0]])
        if not chosen or _passes(chosen, mutant):
            return SURVIVED
        # Where this process was told of no mutant, too?
        known = SOUND.read_text(encoding="utf-8").splitlines() if SOUND.exists() else []
        if (line := " ".join(chosen)) not in known:
            if not _passes(chosen, mutant=""):
                return SUSPICIOUS
            with SOUND.open("a", encoding="utf-8") as sound:
                sound.write(f"{line}\n")
        return KILLED

    def _stop(self, function: str, test: str) -> None:
        # Twice, as a busy machine may fail one.
        if self.session.testsfailed and (self.timed_out or self._run([test], lambda _: None)):
            with KILLERS.open("a", encoding="utf-8") as killers:
                killers.write(f"{function} {test}\n")
            raise self.session.Failed

    def _note(self, test: str) -> None:
        if self.session.testsfailed:
            raise self.session.Failed(f"{test} fails without a mutant")
        for function in state()._stats:
            state().tests_by_mangled_function_name[function].add(test)
        state()._stats.clear()
        self.lines.end_of(test)
        _clear_caches()

    def _promising(self, function: str, tests: Iterable[str]) -> list[str]:
        """The most likely to notice a mutant of the function, as many as there is time for.

        First what noticed others of the function; then what runs lines, of the function or of its
        module, that few tests run; then what is named as its module; then of each test the
        quickest case; at last, what noticed others elsewhere.
        """
        module = function.rpartition(".")[0]
        words = set(re.findall("[a-z]+", module.rpartition(".")[2]))
        kills: Counter[str] = Counter()
        kills_anywhere: Counter[str] = Counter()
        if KILLERS.exists():
            for line in KILLERS.read_text(encoding="utf-8").splitlines():
                where, _, test = line.partition(" ")
                kills.update([test] * (where == function))
                kills_anywhere[test] += 1
        wanted = self.items.keys() & set(tests) - self.unreliable
        rare = self.lines.rarity(function.__eq__, wanted)
        rare_beside = self.lines.rarity(lambda name: name.startswith(f"{module}.x"), wanted)
        durations = state().duration_by_test
        cases: Counter[str] = Counter()
        variety: dict[str, tuple[float, ...]] = {}
        for test in sorted(wanted, key=durations.__getitem__):
            name = test.partition("[")[0]
            variety[test] = (cases[name], durations[test])
            cases[name] += 1

        def promise(test: str) -> tuple[float, ...]:
            return (-kills[test], rare[test], rare_beside[test], durations[test])

        def kinship(test: str) -> tuple[float, ...]:
            file = Path(test.partition("::")[0]).stem
            return (-len(words.intersection(file.split("_"))), *variety[test])

        orders: list[Callable[[str], Any]] = [
            promise,
            kinship,
            variety.__getitem__,
            lambda test: -kills_anywhere[test],
        ]
        chosen: list[str] = []
        for order in orders:
            seconds = 0.0
            for test in sorted(wanted.difference(chosen), key=order):
                # One that takes long leaves the others their time.
                if not chosen or seconds + durations[test] <= BUDGET / len(orders):
                    seconds += durations[test]
                    chosen.append(test)
        return chosen


def _clear_caches() -> None:
    for name in [name for name in sys.modules if name.startswith("pytest_invokeasync.")]:
        for value in list(vars(sys.modules[name]).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _passes(tests: list[str], mutant: str) -> bool:
    """Whether the tests pass in a new process; tried again, as a busy machine may fail one."""
    command = [sys.executable, "-m", "pytest", "-x", *OPTIONS, *config().pytest_add_cli_args]
    with tempfile.TemporaryDirectory() as directory:
        # Its own: of many runs at once, one may take away what another one still needs.
        command.append(f"--basetemp={directory}/pytest")
        return any(_ends_well([*command, *tests], mutant) for _ in range(2))


def _ends_well(command: list[str], mutant: str) -> bool:
    with subprocess.Popen(
        command,
        env={**os.environ, "MUTANT_UNDER_TEST": mutant},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(LIMIT) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return False


class Forks(ForkRunner):
    """Forks the session for each mutant, and waits as long as the tests in it may take."""

    def submit(
        self, mutant_name: str, tests: list[str], cpu_time_limit: int, estimated_time: float
    ) -> None:
        del cpu_time_limit, estimated_time  # of all the tests, not of those that are run
        super().submit(mutant_name, tests, CPU_LIMIT, CPU_LIMIT)


class Loop:
    """Takes the place of pytest's loop over the tests."""

    def __init__(self, work: Callable[[SessionRunner], None]) -> None:
        self.work = work
        self.stdout = sys.stdout
        self.tests: SessionRunner | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("collecting the tests failed")
        with contextlib.redirect_stdout(self.stdout), change_cwd(".."):
            self.tests = SessionRunner(session)
            self.work(self.tests)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        durations = state().duration_by_test
        durations[report.nodeid] = durations.get(report.nodeid, 0) + report.duration
        if report.failed and self.tests is not None:
            self.tests.timed_out |= "from pytest-timeout" in report.longreprtext
        if report.failed and os.environ.get("MUTANT_UNDER_TEST") == "stats":
            told = f"{report.nodeid} fails without a mutant:\n{report.longreprtext}"
            print(told, file=self.stdout)


def collected(work: Callable[[SessionRunner], None]) -> int:
    """Collects the tests in ``mutants``, and has ``work`` done with them."""
    arguments = [*config().pytest_add_cli_args, *config().pytest_add_cli_args_test_selection]
    loop = Loop(work)
    with (
        change_cwd("mutants"),
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        return int(pytest.main(["--rootdir=.", "-s", *OPTIONS, *arguments], plugins=[loop]))
