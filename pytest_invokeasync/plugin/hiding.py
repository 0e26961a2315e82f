"""Credentials in headers stay hidden where pytest shows more of a text than its ``repr``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest


def _is_hidden(value: object) -> bool:
    # By an attribute: a run that uses no mock must not import the class.
    return getattr(type(value), "hidden_by_invokeasync", False) is True


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Two texts: pytest would show where they differ, character by character."""
    if _is_hidden(left) or _is_hidden(right):
        return [f"{left!r} {op} {right!r}"]
    return None


# Before the report goes to junitxml and, from a worker of pytest-xdist, to the controller.
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, None]:
    """What a test recorded: junitxml writes its ``str``, and pytest-xdist takes plain str alone."""
    report: pytest.TestReport = (yield).get_result()
    report.user_properties = [(name, _plain(value)) for name, value in report.user_properties]


def _plain(value: Any) -> Any:
    if _is_hidden(value):
        return "<hidden>"
    if type(value) is dict:
        return {_plain(key): _plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    return value
