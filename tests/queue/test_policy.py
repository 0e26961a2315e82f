"""The service's numbers: when an event is tried again, and when it no longer is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from pytest_invokeasync.queue import policy
from pytest_invokeasync.queue.lifecycle import Happening


@dataclass
class Function:
    maximum_retry_attempts: int = 2
    maximum_event_age: int = 21_600


def moments_of_runs(function, *, spent=0.0):
    """Seconds at which an event is run whose runs all fail, and how it ends."""
    at, moments = 0.0, []
    while True:
        moments.append(at)
        happening, delay = policy.after_failure(
            len(moments), timedelta(seconds=at), spent, function
        )
        if happening is not Happening.FAILED:
            return moments, happening
        at += delay


@pytest.mark.parametrize(("retries", "moments"), [(0, [0]), (1, [0, 60]), (2, [0, 60, 180])])
def test_retries_come_after_one_minute_and_then_two(retries, moments):
    assert moments_of_runs(Function(retries)) == (moments, Happening.FAILED_LAST)


def test_after_a_timeout_the_wait_begins_when_the_time_was_out():
    assert moments_of_runs(Function(), spent=3)[0] == [0, 63, 186]


@pytest.mark.parametrize(
    ("age", "moments"),
    [(60, [0]), (61, [0, 60]), (90, [0, 60]), (180, [0, 60]), (181, [0, 60, 180])],
)
def test_no_retry_comes_at_the_maximum_age_or_later(age, moments):
    expected = Happening.FAILED_LAST if age == 181 else Happening.FAILED_LATE

    assert moments_of_runs(Function(maximum_event_age=age)) == (moments, expected)


def test_throttles_come_twice_as_late_each_time_up_to_five_minutes():
    delays = [policy.throttle_delay(number) for number in range(1, 13)]

    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert policy.throttle_delay(10**9) == 300


def test_throttles_end_with_the_age():
    function = Function(maximum_event_age=60)

    assert policy.after_throttle(6, timedelta(seconds=27), function) == (Happening.THROTTLED, 32)
    assert policy.after_throttle(6, timedelta(seconds=28), function)[0] is Happening.THROTTLED_LATE
