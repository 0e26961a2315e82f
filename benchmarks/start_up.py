"""Prints what the plugin adds to the start of pytest, in milliseconds, once for each repetition.

A process that has imported pytest forks, and loads no other plugin: all that costs much more, and
varies by more than what is compared.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

REPETITIONS = 7
PAIRS = 5
PLUGIN = ("-p", "pytest_invokeasync.plugin")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        Path("test_nothing.py").write_text("def test_nothing(): ...\n", encoding="utf-8")
        for _ in range(2):  # the first compiles what is not yet
            seconds_of_a_fork(*PLUGIN)
            seconds_of_a_fork()
        for _ in range(REPETITIONS):
            print(difference() * 1000)


def difference() -> float:
    """Seconds. The least of several is what it takes: all that disturbs a start makes it longer."""
    pairs = [(seconds_of_a_fork(*PLUGIN), seconds_of_a_fork()) for _ in range(PAIRS)]
    with_plugin, without = zip(*pairs, strict=True)
    return min(with_plugin) - min(without)


def seconds_of_a_fork(*options: str) -> float:
    """Processor time of one run of pytest."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        begun = time.process_time()
        status = pytest.main(["-q", "-p", "no:cacheprovider", *options])
        os.write(writer, repr(time.process_time() - begun).encode())
        os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as told:
        taken = told.read()
    assert os.waitpid(child, 0)[1] == 0
    return float(taken)


if __name__ == "__main__":
    main()
