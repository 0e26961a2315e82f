"""Finds the line of the user's code that made a call."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

from .showing import printable

# Packages whose frames may be between the user's line and ours. Those in clients/targets.py add
# themselves; here is what calls them, or is called by them.
_between = {
    "pytest_invokeasync", "boto3", "aioboto3", "aioitertools", "s3transfer", "wrapt",
    "asyncio", "anyio", "trio", "outcome", "sniffio", "uvloop", "async_timeout", "concurrent",
    "contextlib", "contextvars", "functools", "threading", "aws_xray_sdk", "ddtrace",
    "opentelemetry", "sentry_sdk", "httpcore", "httpcore2", "urllib",
}  # fmt: skip
# Packages that call the user's code. The search ends at them.
_RUNNERS = frozenset({"_pytest", "pluggy", "pytest", "unittest", "pytest_asyncio", "pytest_trio"})


def pass_over(packages: Iterable[str]) -> None:
    """Frames of these packages are not taken for the user's line."""
    _between.update(packages)
    _is_between.cache_clear()


def find_caller() -> str | None:
    """``file:line`` of the innermost frame that is not of an SDK, of pytest, or of the plugin."""
    return _line_of(_find_frame(sys._getframe(1)))


def find_called_from() -> str | None:
    """``file:line`` of the caller of the function in which ``find_caller`` finds its line."""
    frame = _find_frame(sys._getframe(1))
    return _line_of(_find_frame(frame.f_back if frame else None))


def _find_frame(frame: FrameType | None) -> FrameType | None:
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if not _is_between(module):
            return None if module.partition(".")[0] in _RUNNERS else frame
        frame = frame.f_back
    return None


def _line_of(frame: FrameType | None) -> str | None:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else None


# About fifteen frames are between, and for each call the same ones.
@functools.lru_cache(1_024)
def _is_between(module: str) -> bool:
    return module.partition(".")[0] in _between or module == "unittest.mock"


def place(caller: str, top: Path | None = None) -> str:
    """``file:line``, the file relative to ``top`` (default: the working directory) if below it."""
    file, colon, line = caller.rpartition(":")
    try:
        return printable(f"{Path(file).relative_to(top or Path.cwd())}{colon}{line}")
    except (OSError, ValueError):  # the working directory is gone, or the file is not below it
        return printable(caller)
