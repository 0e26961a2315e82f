"""When an event is tried again, and when it ends: the numbers, and the decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from .lifecycle import Happening

RETRY_DELAYS = (60.0, 120.0)
"""Seconds before the first and the second retry after a function error (developer guide)."""
LONGEST_BACKOFF = 300.0
"""The longest time in seconds that a throttled event waits (developer guide)."""
MOST_VISITS = 16
"""How often one chain of invocations may come to the same function (recorded)."""
MOST_RUNS = 10_000
"""The number of runs after which a drain is taken for endless."""
LONGEST_RESULT = 6_291_556
"""The limit of a result in bytes: 6 MB, and a little more, as the service has it."""


class Configured(Protocol):
    """A registered function, as far as the queue needs it."""

    @property
    def name(self) -> str: ...
    @property
    def handler(self) -> Callable[[Any, Any], Any] | str | None: ...
    @property
    def maximum_retry_attempts(self) -> int: ...
    @property
    def maximum_event_age(self) -> int: ...
    @property
    def timeout(self) -> int: ...
    @property
    def memory_size(self) -> int: ...
    @property
    def on_success(self) -> str | None: ...
    @property
    def on_failure(self) -> str | None: ...
    @property
    def dead_letter(self) -> str | None: ...


def throttle_delay(in_a_row: int) -> float:
    """Seconds until an event that was throttled so many times in a row is tried again."""
    # Without a power of a large number: an event may be throttled for six hours.
    return min(2.0 ** min(in_a_row - 1, 10), LONGEST_BACKOFF)


def is_too_old(age: timedelta, function: Configured) -> bool:
    """Whether an event of this age is too old to be tried."""
    return age >= timedelta(seconds=function.maximum_event_age)


def after_failure(
    failed: int, age: timedelta, spent: float, function: Configured
) -> tuple[Happening, float]:
    """What happens after a function error, and the seconds from the run's start to the retry.

    ``failed``: the number of failed runs, this one included. ``age``: the event's, when the run
    started. ``spent``: the seconds that the run took, which is 0 except for a timeout.
    """
    if failed > function.maximum_retry_attempts:
        return Happening.FAILED_LAST, 0.0
    delay = spent + RETRY_DELAYS[failed - 1]
    if is_too_old(age + timedelta(seconds=delay), function):
        return Happening.FAILED_LATE, 0.0
    return Happening.FAILED, delay


def after_throttle(in_a_row: int, age: timedelta, function: Configured) -> tuple[Happening, float]:
    """What happens after a throttle, and the seconds until the next try."""
    delay = throttle_delay(in_a_row)
    if is_too_old(age + timedelta(seconds=delay), function):
        return Happening.THROTTLED_LATE, 0.0
    return Happening.THROTTLED, delay
