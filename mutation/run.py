"""Mutates the package with mutmut, and tells which mutants no test notices.

    python mutation/run.py                                       all of it: hours
    python mutation/run.py pytest_invokeasync.rules …            these modules
    python mutation/run.py 'pytest_invokeasync.rules.x__count*'  these mutants

Fails when a mutant survives that equivalent.txt does not explain, when an explanation there fits no
mutant, and when too few are dead. ``--report``: tells what the last run found.
"""

from __future__ import annotations

import fnmatch
import os
import runpy
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

HERE = Path(__file__).resolve().parent
TOP = HERE.parent
PACKAGE = "pytest_invokeasync"
WANTED = 90  # percent of the mutants
OVERTIME = ("timeout", "segfault")  # mutmut calls it that when the system kills one
DEAD = ("killed", *OVERTIME)
UNTRIED = "not checked"
SKIPPED = 34  # mutmut's code for what was not tried on purpose


def main(arguments: list[str]) -> int:
    os.chdir(TOP)
    # For the tests that run pytest in a process of its own, too.
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, (HERE / "site", TOP / "mutants")))
    sys.path.append(str(HERE / "site"))
    runpy.run_path(str(HERE / "site" / "sitecustomize.py"))
    report_only = "--report" in arguments
    patterns = [
        argument if "*" in argument or "__mutmut_" in argument else f"{argument}.x*"
        for argument in arguments
        if argument != "--report"
    ]
    if not report_only:
        try_mutants(patterns)
    return report(patterns)


def try_mutants(patterns: list[str]) -> None:
    """Makes the mutants that are wanted, and runs the tests on those that are not yet dead."""
    import mutmut.__main__ as mutmut
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths
    from session import Forks, SessionRunner, collected

    (TOP / "mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    mutmut.create_mutants(1)

    explained = read_explanations()
    every = mutmut.collect_source_file_mutation_data

    def still_alive(mutant_names: tuple[str, ...]) -> Any:
        mutants, files = every(mutant_names=mutant_names)
        places = {place for place, _ in explained}
        wanted: list[tuple[object, str, None]] = []
        for file, mutant, code in mutants:
            if not is_wanted(mutant, patterns) or status_by_exit_code[code] in DEAD:
                continue
            if location(mutant) in places:
                change = changes(get_diff_for_mutant(mutant, path=file.path))
                if (location(mutant), change) in explained:
                    file.exit_code_by_key[mutant] = SKIPPED
                    file.save()
                    continue
            wanted.append((file, mutant, None))
        return wanted, files

    def work(tests: SessionRunner) -> None:
        ours: dict[str, Any] = {
            "get_mutant_runner": lambda children=1: Forks(children, test_runner=tests),
            "collect_source_file_mutation_data": still_alive,
        }
        with patch.multiple(mutmut, **ours):
            mutmut._run((), int(os.environ.get("MUTATION_CHILDREN", "1")))

    os.environ["MUTANT_UNDER_TEST"] = ""
    if status := collected(work):
        sys.exit(status)


def report(patterns: list[str]) -> int:
    """Prints what became of the mutants that the last run tried."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    explained = read_explanations()
    unused = set(explained)
    places = {place for place, _ in explained}
    modules: dict[str, Counter[str]] = {}
    unexplained = []
    for module, path, mutant, status in tried(patterns):
        counts = modules.setdefault(module, Counter())
        counts["mutants"] += 1
        counts[status] += 1
        counts["dead"] += status in DEAD
        counts["overtime"] += status in OVERTIME
        noticed = status in (*DEAD, UNTRIED)
        if noticed and location(mutant) not in places:
            continue
        diff = get_diff_for_mutant(mutant, path=path)
        key = (location(mutant), changes(diff))
        if noticed:
            unused.discard(key)
        elif key in explained:
            counts["explained"] += 1
            unused.discard(key)
        else:
            unexplained.append(f"{mutant}: {status}\n{diff}\n")
    print("\nSurvivors that nothing explains:\n" if unexplained else "")
    print("\n".join(unexplained))
    if patterns:  # What is explained may be of what was not tried.
        unused = set()
    for place, change in sorted(unused):
        print(f"No such mutant any more:\n\n{place}\n{change}\n")
    row = "{:45} {:>7} {:>7} {:>9} {:>9} {:>8} {:>7} {:>7}".format
    headings = ("mutants", "dead", "by time", "explained", "survived", "untried", "dead, %")
    print(row("module", *headings))
    total: Counter[str] = Counter()
    for module, counts in sorted(modules.items()):
        total.update(counts)
        print(row(module, *numbers(counts)))
    print(row("in all", *numbers(total)))
    failed = unexplained or unused or total[UNTRIED]
    return int(bool(failed) or 100 * total["dead"] < WANTED * total["mutants"])


def tried(patterns: list[str]) -> Iterator[tuple[str, Path, str, str]]:
    """Module, file, name and status of each mutant that was asked for."""
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import walk_mutatable_files

    for path in sorted(walk_mutatable_files()):
        module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        data = SourceFileMutationData(path=path)
        data.load()
        for mutant, exit_code in data.exit_code_by_key.items():
            if is_wanted(mutant, patterns):
                yield module, path, mutant, status_by_exit_code[exit_code]


def is_wanted(mutant: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch.fnmatch(mutant, pattern) for pattern in patterns)


def numbers(counts: Counter[str]) -> tuple[int, int, int, int, int, int, str]:
    mutants, dead, explained = counts["mutants"], counts["dead"], counts["explained"]
    overtime, untried = counts["overtime"], counts[UNTRIED]
    survived = mutants - dead - explained - untried
    return mutants, dead, overtime, explained, survived, untried, f"{100 * dead / mutants:.1f}"


def location(mutant: str) -> str:
    """``rules.Rule._open`` for mutmut's ``pytest_invokeasync.rules.xǁRuleǁ_open__mutmut_2``."""
    module, _, function = mutant.partition("__mutmut_")[0].rpartition(".")
    name = function[2:] if function.startswith("x_") else function[2:].replace("ǁ", ".")
    return f"{module}.{name}".removeprefix(f"{PACKAGE}.")


def changes(diff: str) -> str:
    """The lines of a diff that were taken out and put in, without their indentation."""
    lines = [line for line in diff.splitlines()[2:] if line.startswith(("-", "+"))]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def read_explanations() -> dict[tuple[str, str], str]:
    return dict(explanations((HERE / "equivalent.txt").read_text(encoding="utf-8")))


def explanations(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The entries of equivalent.txt: function and change, and the reason."""
    place = ""
    change: list[str] = []
    reason: list[str] = []
    for raw in [*text.splitlines(), "[]"]:
        line = raw.strip()
        if line.startswith(("- ", "+ ", "[")) and reason:
            yield (place, "\n".join(change)), " ".join(reason)
            change, reason = [], []
        if line.startswith("["):
            place = line.strip("[]")
        elif line.startswith(("- ", "+ ")):
            change.append(line)
        elif line and not line.startswith("#"):
            reason.append(line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
