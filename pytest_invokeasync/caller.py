"""Where in the user's code a call was made."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from types import FrameType

from .showing import printable

# What stands between the user's line and us.
_BETWEEN = frozenset(
    {
        "pytest_invokeasync", "boto3", "botocore", "aiobotocore", "aioboto3", "aioitertools",
        "s3transfer", "requests", "responses", "urllib3", "moto", "wrapt", "asyncio", "anyio",
        "trio", "outcome", "sniffio", "uvloop", "async_timeout", "concurrent", "contextlib",
        "contextvars", "functools", "threading", "aws_xray_sdk", "ddtrace", "opentelemetry",
        "sentry_sdk", "aiohttp", "httpx", "httpx2", "httpcore", "httpcore2", "http", "urllib",
        "socket", "pook", "mocket",
    }
)  # fmt: skip
# What calls the user's code: whoever called this is of no interest.
_RUNNERS = frozenset({"_pytest", "pluggy", "pytest", "unittest", "pytest_asyncio", "pytest_trio"})


def find_caller() -> str | None:
    """``file:line`` of the innermost frame outside of SDKs, pytest and the like."""
    return _line_of(_find_frame(sys._getframe(1)))


def find_called_from() -> str | None:
    """``file:line`` from which the function was called whose line ``find_caller`` finds."""
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


# Some fifteen frames stand between, the same ones for each call.
@functools.lru_cache(1_024)
def _is_between(module: str) -> bool:
    return module.partition(".")[0] in _BETWEEN or module == "unittest.mock"


def place(caller: str, top: Path | None = None) -> str:
    """``file:line``, the file relative to ``top``, default: where we are, when it lies below."""
    file, colon, line = caller.rpartition(":")
    try:
        return printable(f"{Path(file).relative_to(top or Path.cwd())}{colon}{line}")
    except (OSError, ValueError):  # where we are is gone, or the file lies elsewhere
        return printable(caller)
