"""Prints what the plugin adds to a run of pytest, in milliseconds, once for each repetition.

All in one process that has imported pytest, and forgets each time what the plugin has imported: to
start Python and pytest costs much more, and varies by more than what is compared.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

REPETITIONS = 151
PLUGIN = ("-p", "pytest_invokeasync.plugin")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        Path("test_nothing.py").write_text("def test_nothing(): ...\n", encoding="utf-8")
        for _ in range(2):  # the first compiles what is not yet, and fills caches
            seconds()
            seconds(*PLUGIN)
        for _ in range(REPETITIONS):
            print((seconds(*PLUGIN) - seconds()) * 1000)


def seconds(*options: str) -> float:
    """Processor time of one run of pytest."""
    imported = set(sys.modules)
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        begun = time.process_time()
        status = pytest.main(["-q", "-p", "no:cacheprovider", *options])
        taken = time.process_time() - begun
    assert status == 0
    for name in sys.modules.keys() - imported:
        del sys.modules[name]
    return taken


if __name__ == "__main__":
    main()
