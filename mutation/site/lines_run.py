"""Which lines of a package this process runs, as ``sys.monitoring`` tells."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType

FOLDER = "MUTATION_LINES"
"""Environment variable: where the processes that a test starts leave the lines that they ran."""


def watch(package: str, note: Callable[[str, int], object]) -> None:
    """Has each line noted once, until ``restart_events()``."""
    monitoring = sys.monitoring

    def line_run(code: CodeType, line: int) -> object:
        if code.co_filename.startswith(package):
            note(code.co_filename, line)
        return monitoring.DISABLE

    monitoring.use_tool_id(monitoring.COVERAGE_ID, "mutation")
    monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, line_run)
    monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)


def end() -> None:
    """Watches no more."""
    sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, 0)
    sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)


def watch_process(folder: Path) -> None:
    """Watches this process, and leaves what it ran in a file of the folder when it ends."""
    run: list[str] = []
    package = str(folder.parent / "pytest_invokeasync")
    watch(package, lambda file, line: run.append(f"{file}:{line}"))

    def leave() -> None:
        part = folder / f"{os.getpid()}.part"
        part.write_text("\n".join(run), encoding="utf-8")
        part.rename(part.with_suffix(".lines"))

    atexit.register(leave)


def taken(folder: Path) -> set[tuple[str, int]]:
    """What processes have left in the folder, which is empty afterwards."""
    run = set()
    for left in folder.glob("*.lines"):
        for place in left.read_text(encoding="utf-8").splitlines():
            file, _, line = place.rpartition(":")
            run.add((file, int(line)))
        left.unlink()
    return run
