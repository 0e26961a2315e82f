"""The outcome of each test, in pytest's own words, and the text of its failures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ...caller import place
from ...showing import cut

LONGEST_TEXT = 20_000
"""Characters of a failure's text that a page shows."""
_MOST_FAILURES = 10
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Failure:
    """A part of a test that failed."""

    when: str
    """``setup``, ``call`` or ``teardown``."""
    where: str
    """``file:line`` that failed; empty if that is not known."""
    message: str
    """The exception, on one line."""
    text: str
    """The text that pytest prints."""


@dataclass
class Test:
    """The outcome of a test."""

    outcome: str | None = None
    """``passed``, ``failed``, ``error``, ``skipped``, ``xfailed``, ``xpassed``; ``None`` if its
    process died."""
    failures: list[Failure] = field(default_factory=list)

    def add(self, report: pytest.TestReport, top: Path) -> None:
        """Adds a report of one of its phases. Files below ``top`` are relative to it."""
        if report.when == "setup":
            self.outcome = None  # run once more, maybe, by a plugin
        outcome = _outcome(report)
        # If a test failed, a teardown that passed changes nothing.
        if self.outcome in (None, "passed") and not (outcome == "passed" and report.when != "call"):
            self.outcome = outcome
        if report.outcome not in ("passed", "skipped"):  # "rerun", too, of a plugin
            self.failures = [*self.failures, _failure(report, top)][-_MOST_FAILURES:]


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xpassed" if report.passed else "xfailed"
    if report.failed:
        return "failed" if report.when == "call" else "error"
    return report.outcome


def _failure(report: pytest.TestReport, top: Path) -> Failure:
    shown: Any = report.longrepr
    crash: Any = getattr(shown, "reprcrash", None)
    text = _COLOURS.sub("", report.longreprtext)
    # pytest.fail(pytrace=False): the line of the call is of no interest.
    is_told = crash and shown.reprtraceback.style != "value"
    first_line = (crash.message if crash else text).strip().partition("\n")[0]
    return Failure(
        when=str(report.when),
        where=place(f"{crash.path}:{crash.lineno}", top) if is_told else "",
        message=cut(_COLOURS.sub("", first_line), 200),
        text=cut(text, LONGEST_TEXT),
    )
