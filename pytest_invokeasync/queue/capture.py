"""Captures what a handler prints, for its run's log, and passes it on."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any


class _Tee(io.TextIOBase):
    """Stands in for ``sys.stdout`` or ``sys.stderr`` during a run.

    A handler may keep it, as a ``logging.StreamHandler`` does. So after the run it captures nothing
    more, and writes to the current ``sys.stdout`` or ``sys.stderr``.
    """

    def __init__(self, name: str, kept: list[str]) -> None:
        self._stream_name = name
        self._kept: list[str] | None = kept
        self._before: Any = getattr(sys, name)

    def _target(self) -> Any:
        if self._kept is not None:
            return self._before
        now = getattr(sys, self._stream_name)
        return getattr(sys, f"__{self._stream_name}__") if now is self else now

    def write(self, text: str) -> int:
        if self._kept is not None:
            self._kept.append(text)
        target = self._target()
        # It is None in a program without a console, such as pythonw.
        return len(text) if target is None else target.write(text) or len(text)

    def flush(self) -> None:
        target = self._target()
        if target is not None:
            target.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        target = self._target()
        return target is not None and bool(target.isatty())

    def fileno(self) -> int:
        return int(self._target().fileno())

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._target(), "encoding", None) or "utf-8"

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return getattr(self._target(), "errors", None)

    @property
    def buffer(self) -> Any:
        """For bytes, which are passed on and are not in the log."""
        return self._target().buffer

    def end(self) -> None:
        """Ends the capture, and restores the stream, unless somebody else has replaced it."""
        if getattr(sys, self._stream_name) is self:
            setattr(sys, self._stream_name, self._before)
        self._kept = self._before = None


@contextlib.contextmanager
def captured() -> Iterator[list[str]]:
    """Captures what is written to stdout and stderr, in order, and passes it on."""
    kept: list[str] = []
    tees = [_Tee(name, kept) for name in ("stdout", "stderr")]
    sys.stdout, sys.stderr = tees
    try:
        yield kept
    finally:
        for tee in tees:
            tee.end()
