"""Prints what the plugin adds to a run of pytest over what an empty one adds, in milliseconds.

A line for each repetition, with three figures: with bytecode caches; without them, as
``PYTHONDONTWRITEBYTECODE=1`` has it, so that pytest compiles the plugin's modules in each run; and
what an empty plugin of as many files adds, with caches. The last is part of the others: pytest
looks at each file that a plugin has installed.

All in one process that has imported pytest, and forgets each time what a plugin has imported: to
start Python and pytest costs much more, and varies by more than what is compared. Each plugin is
installed in a folder of its own, as pip does it; that process sees it and pytest, and no other
package: what others import the plugin would have for nothing.
"""

from __future__ import annotations

import compileall
import contextlib
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PLUGIN = "pytest_invokeasync"
EMPTY = "pytest_empty"
AS_MANY_FILES = "pytest_empty_of_many_files"
PYTEST = ("pytest", "iniconfig", "packaging", "pluggy", "pygments", "exceptiongroup", "tomli")
REPETITIONS = 7
TURNS = 10
MEASURED = (
    (PLUGIN, True),
    (AS_MANY_FILES, True),
    (EMPTY, True),
    (PLUGIN, False),
    (EMPTY, False),
)
"""Which plugin, and whether with bytecode caches."""
HEAVY = {"boto3", "botocore", "jsonschema", "requests", "responses", "urllib3", "werkzeug"}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder)
        # -S: without the packages of this environment.
        command = [sys.executable, "-S", str(Path(__file__).absolute()), "measure"]
        environment = {**os.environ, "PYTHONPATH": str(folder / "pytest")}
        for variable in ("PYTHONDONTWRITEBYTECODE", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
            environment.pop(variable, None)
        subprocess.run(command, cwd=folder / "tests", env=environment, check=True)


# What is measured.


def make(folder: Path) -> None:
    """pytest, the plugins, and a test."""
    link_pytest(folder / "pytest")
    found = find_spec(PLUGIN)
    assert found is not None
    assert found.origin is not None
    ours = Path(found.origin).parent
    files = [file.relative_to(ours) for file in ours.rglob("*") if "__pycache__" not in file.parts]
    for plugin in (PLUGIN, EMPTY, AS_MANY_FILES):
        package = folder / "cached" / plugin / plugin
        if plugin == PLUGIN:
            shutil.copytree(ours, package, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            write_empty(package, files if plugin == AS_MANY_FILES else [])
        finish(package)
    shutil.copytree(folder / "cached", folder / "uncached")
    tests = folder / "tests"
    tests.mkdir()
    (tests / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tests / "test_nothing.py").write_text("def test_nothing(): ...\n", encoding="utf-8")


def link_pytest(folder: Path) -> None:
    """pytest, and what it needs: with an older Python the last ones, too."""
    folder.mkdir()
    for name in PYTEST:
        with contextlib.suppress(PackageNotFoundError):
            found = distribution(name)
            for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
                (folder / top).symlink_to(str(found.locate_file(top)))


def write_empty(package: Path, more: list[Path]) -> None:
    """A plugin of two empty modules, and ``more`` of the same."""
    for file in (Path("__init__.py"), Path("plugin.py"), *more):
        if file.suffix:
            (package / file).parent.mkdir(parents=True, exist_ok=True)
            (package / file).touch()


def finish(package: Path) -> None:
    """What pip makes of a package that it has copied: caches, entry points, the list of files."""
    compileall.compile_dir(package, quiet=1)
    files = [file.relative_to(package.parent) for file in package.rglob("*") if file.is_file()]
    info = package.parent / f"{package.name}-1.dist-info"
    info.mkdir()
    for name, text in {
        "METADATA": f"Metadata-Version: 2.1\nName: {package.name}\nVersion: 1\n",
        "entry_points.txt": f"[pytest11]\n{package.name} = {package.name}.plugin\n",
        "RECORD": "".join(f"{file.as_posix()},sha256={'0' * 43},1\n" for file in files),
    }.items():
        (info / name).write_text(text, encoding="utf-8")


# How it is measured, in the folder of the test.


def measure() -> None:
    import pytest

    run(pytest.main, EMPTY, True)  # what pytest itself imports stays
    del sys.modules[f"{EMPTY}.plugin"], sys.modules[EMPTY]
    assert not HEAVY & set(sys.modules)
    for repetition in range(-1, REPETITIONS):
        turns = [
            {each: run_and_forget(pytest.main, *each) for each in MEASURED} for _ in range(TURNS)
        ]
        # The fastest: a busy machine makes the others slower than they are.
        cached, as_many_files, empty, uncached, empty_uncached = (
            min(turn[each] for turn in turns) for each in MEASURED
        )
        if repetition >= 0:  # the first fills caches
            print(cached - empty, uncached - empty_uncached, as_many_files - empty)


def run_and_forget(main: Any, plugin: str, cached: bool) -> float:
    """The same; what it has imported, the next run imports again."""
    before = set(sys.modules)
    taken = run(main, plugin, cached)
    assert f"{plugin}.plugin" in sys.modules
    for name in sys.modules.keys() - before:
        del sys.modules[name]
    return taken


def run(main: Any, plugin: str, cached: bool) -> float:
    """Milliseconds of processor time of a run of pytest that has this plugin alone."""
    sys.dont_write_bytecode = not cached
    installed = Path("..", "cached" if cached else "uncached", plugin)
    sys.path.insert(0, str(installed.resolve()))
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        gc.collect()
        gc.disable()  # a collection, which comes when it comes, takes longer than what is compared
        begun = time.process_time()
        status = main(["-q", "-pno:cacheprovider"])
        taken = time.process_time() - begun
        gc.enable()
    del sys.path[0]
    assert status == 0
    return taken * 1000


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["measure"] else main()
