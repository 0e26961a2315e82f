"""Hides credentials in headers where pytest shows more of a text than its ``repr``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any

import pytest


def is_hidden(value: object) -> bool:
    """Whether it is the value of a header that may hold a credential."""
    # By an attribute, since a run without a mock must not import the class.
    return getattr(type(value), "hidden_by_invokeasync", False) is True


def hide(report: pytest.TestReport) -> None:
    """Hides what a test recorded: junitxml writes its ``str``, and pytest-xdist needs plain str."""
    report.user_properties = [(name, _plain(value)) for name, value in report.user_properties]


def _plain(value: Any) -> Any:
    if is_hidden(value):
        return "<hidden>"
    if type(value) is dict:
        return {_plain(key): _plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    return value
