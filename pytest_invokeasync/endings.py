"""What is to be done whenever a test is over, by whoever needs that."""

from __future__ import annotations

from collections.abc import Callable

after_each_test: list[Callable[[], object]] = []
"""Called, in any order, after the tear-down of each test of pytest."""
