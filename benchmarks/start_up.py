"""Prints what the plugin adds to a run of pytest, in milliseconds, once for each repetition.

All in one process that has imported pytest, and forgets each time what the plugin has imported: to
start Python and pytest costs much more, and varies by more than what is compared. pytest finds the
plugin as it finds any that is installed; with "-p" it would look among all packages once more.
Other plugins are left out: what they import this one would have for nothing.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from importlib.metadata import entry_points
from pathlib import Path

import pytest

REPETITIONS = 101
WITHOUT = ("-p", "no:invokeasync")
PLUGIN = "pytest_invokeasync.plugin"
OTHERS = {plugin.name for plugin in entry_points(group="pytest11")} - {"invokeasync"}
NO_OTHERS = [f"-pno:{name}" for name in sorted(OTHERS)]
HEAVY = {"boto3", "botocore", "jsonschema", "requests", "responses", "urllib3", "werkzeug"}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        Path("test_nothing.py").write_text("def test_nothing(): ...\n", encoding="utf-8")
        run(*WITHOUT)  # what pytest itself imports stays
        assert not HEAVY & set(sys.modules)
        for _ in range(2):  # the first compiles what is not yet, and fills caches
            seconds()
            seconds(*WITHOUT)
        for _ in range(REPETITIONS):
            print((seconds() - seconds(*WITHOUT)) * 1000)


def seconds(*options: str) -> float:
    """Processor time of one run of pytest, which then forgets what it has imported."""
    imported = set(sys.modules)
    taken = run(*options)
    assert (PLUGIN in sys.modules) is (options != WITHOUT)
    for name in sys.modules.keys() - imported:
        del sys.modules[name]
    return taken


def run(*options: str) -> float:
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        begun = time.process_time()
        status = pytest.main(["-q", "-pno:cacheprovider", *NO_OTHERS, *options])
        taken = time.process_time() - begun
    assert status == 0
    return taken


if __name__ == "__main__":
    main()
