"""Callbacks for the end of each test."""

from __future__ import annotations

from collections.abc import Callable

after_each_test: list[Callable[[], object]] = []
"""Called, in any order, after the teardown of each test of pytest."""
