"""mutmut's runner of tests, but collecting them once: a mutant is tried in a fork of that session.

Collecting them anew for each mutant takes longer than running them.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.runners.harness import ListAllTestsResult, TestRunner
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name
from mutmut.workers.isolation import ForkRunner
from watching import watched

BUDGET = 30  # seconds of tests for one mutant
CPU_LIMIT = 60  # seconds for one mutant
FILES = 6  # for a mutant that is imported
KILLERS = Path("killers.txt")
UNRELIABLE = Path("unreliable.txt")


class SessionRunner(TestRunner):
    """Runs tests of a session that was collected already."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session
        self.items = {item.nodeid: item for item in session.items}
        self.reached: Counter[str] = Counter()
        self.unreliable: set[str] = set()
        # Functions that no test reaches, as the package has called them when it was imported.
        self.at_import: set[str] = set()
        # The tests that reach any function of a module.
        self.of_module: dict[str, set[str]] = {}

    def run_stats(self, *, tests: Iterable[str]) -> int:
        """Which functions each test reaches, and how long it takes."""
        chosen = list(tests) or list(self.items)
        with change_cwd("mutants"):
            return self._run(chosen, self._note) or self._find_unreliable(chosen)

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """1 when a test fails, else 0."""
        if mutant_name is None:
            return self._prepare()
        module = mutant_name.rpartition(".")[0]
        with change_cwd("mutants"):
            chosen = self._promising(module, tests)
            if mangled_name_from_mutant_name(mutant_name) in self.at_import:
                return self._run_afresh(module, chosen)
            was_called = watched(mutant_name)
            for test in chosen:
                seconds = 5 + 5 * state().duration_by_test[test]
                self.items[test].add_marker(pytest.mark.timeout(seconds), append=False)
            try:
                self._run(chosen, lambda test: self._stop(module, test))
            except BaseException:  # pytest.exit(), and what else a mutant may do.
                return 1
            if was_called():
                return 0
            # What the function makes was kept from before the fork.
            return self._run_afresh(module, self._promising(module, self.of_module[module]))

    def run_forced_fail(self) -> int:
        """Not done: it would leave this session half torn down. Dead mutants tell the same."""
        return 1

    def list_all_tests(self) -> ListAllTestsResult:
        """Those of the session."""
        return ListAllTestsResult(ids=set(self.items))

    def _run(self, tests: list[str], after: Callable[[str], None]) -> int:
        for test, following in zip(tests, [*tests[1:], None], strict=True):
            self.session.testsfailed = 0
            item = self.items[test]
            item.ihook.pytest_runtest_protocol(
                item=item, nextitem=self.items[following] if following else None
            )
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
        """Counts once, before the forks, how many functions each test reaches."""
        for reaching in state().tests_by_mangled_function_name.values():
            self.reached.update(reaching)
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

    def _run_afresh(self, module: str, tests: list[str]) -> int:
        """Runs the files of the first tests in a new process, which imports the mutant."""
        own = module.rpartition(".")[2]
        promising = dict.fromkeys(test.partition("::")[0] for test in tests)
        files = sorted(promising, key=lambda file: f"test_{own}.py" not in file)[:FILES]
        options = ["-x", "-q", *config().pytest_add_cli_args]
        with Path(os.devnull).open("w") as nowhere:
            command = [sys.executable, "-m", "pytest", *options, *files]
            return int(subprocess.call(command, stdout=nowhere, stderr=nowhere) != 0)

    def _stop(self, module: str, test: str) -> None:
        if self.session.testsfailed:
            with KILLERS.open("a", encoding="utf-8") as killers:
                killers.write(f"{module} {test}\n")
            raise self.session.Failed

    def _note(self, test: str) -> None:
        if self.session.testsfailed:
            raise self.session.Failed(f"{test} fails without a mutant")
        for function in state()._stats:
            state().tests_by_mangled_function_name[function].add(test)
        state()._stats.clear()

    def _promising(self, module: str, tests: Iterable[str]) -> list[str]:
        """First what noticed other mutants of the module, then its own tests, then those beside."""
        kills: Counter[str] = Counter()
        if KILLERS.exists():
            for line in KILLERS.read_text(encoding="utf-8").splitlines():
                where, _, test = line.partition(" ")
                if where == module:
                    kills.update([test, test.partition("::")[0]])
        reached, durations = self.reached, state().duration_by_test
        own = f"test_{module.rpartition('.')[2]}"

        def promise(test: str) -> tuple[float, ...]:
            file = test.partition("::")[0]
            return (-kills[test], own not in file, -kills[file], reached[test], durations[test])

        chosen: list[str] = []
        seconds = 0.0
        for test in sorted(self.items.keys() & set(tests) - self.unreliable, key=promise):
            seconds += durations[test]
            if seconds > BUDGET and chosen:
                break
            chosen.append(test)
        return chosen


class Forks(ForkRunner):
    """Forks the session for each mutant, and waits as long as the tests in it may take."""

    def submit(
        self, mutant_name: str, tests: list[str], cpu_time_limit: int, estimated_time: float
    ) -> None:
        del cpu_time_limit, estimated_time  # of all the tests, not of those that are run
        super().submit(mutant_name, tests, CPU_LIMIT, BUDGET)


class Loop:
    """Takes the place of pytest's loop over the tests."""

    def __init__(self, work: Callable[[SessionRunner], None]) -> None:
        self.work = work
        self.stdout = sys.stdout

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("collecting the tests failed")
        with contextlib.redirect_stdout(self.stdout), change_cwd(".."):
            self.work(SessionRunner(session))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        durations = state().duration_by_test
        durations[report.nodeid] = durations.get(report.nodeid, 0) + report.duration
        if report.failed and os.environ.get("MUTANT_UNDER_TEST") == "stats":
            told = f"{report.nodeid} fails without a mutant:\n{report.longreprtext}"
            print(told, file=self.stdout)


def collected(work: Callable[[SessionRunner], None]) -> int:
    """Collects the tests in ``mutants``, and has ``work`` done with them."""
    options = [
        "--rootdir=.", "-s", "-pno:randomly", "-pno:xdist", "-otmp_path_retention_policy=none",
    ]  # fmt: skip
    arguments = [*config().pytest_add_cli_args, *config().pytest_add_cli_args_test_selection]
    loop = Loop(work)
    with (
        change_cwd("mutants"),
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        return int(pytest.main([*options, *arguments], plugins=[loop]))
