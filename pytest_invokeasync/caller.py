"""Where in the user's code a call was made."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

# What stands between the user's line and us.
_BETWEEN = frozenset(
    {
        "pytest_invokeasync", "boto3", "botocore", "aiobotocore", "aioboto3", "s3transfer",
        "requests", "responses", "urllib3", "moto", "wrapt", "asyncio", "anyio", "concurrent",
        "contextlib", "contextvars", "functools", "threading",
    }
)  # fmt: skip
# What calls the user's code: whoever called this is of no interest.
_RUNNERS = frozenset({"_pytest", "pluggy", "pytest", "unittest"})


def find_caller() -> str | None:
    """``file:line`` of the innermost frame outside of SDKs, pytest and the like."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package in _RUNNERS:
            return None
        if package not in _BETWEEN:
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return None


def place(caller: str) -> str:
    """``file:line``, the file relative to where we are when it lies below."""
    file, colon, line = caller.rpartition(":")
    path = Path(file)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}{colon}{line}"
