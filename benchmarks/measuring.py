"""Ratios, taken side by side: what is compared runs in turn, many times, in one process."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
Timed = Callable[[int, Clock], float]
"""Does its work so many times, and says how many seconds of this clock it took."""


@dataclass(frozen=True)
class Figure:
    """What many repetitions gave: their median, and the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Figure:
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


def ratio(
    ours: Timed,
    theirs: Timed,
    *,
    times: int,
    theirs_times: int | None = None,
    repetitions: int = 21,
    clock: Clock = time.process_time,
) -> Figure:
    """How many times as long ``ours`` takes as ``theirs``.

    ``times``: calls between two looks at the clock; ``theirs_times`` where the other is so much
    slower that as many would take too long.
    """
    pair = [(ours, times), (theirs, theirs_times or times)]
    for timed, _ in pair:
        timed(3, clock)  # warm: caches, imports
    ratios = []
    for repetition in range(repetitions):
        taken = {}
        # Who goes first changes: the second finds warmer caches, and less memory.
        for timed, count in pair if repetition % 2 else reversed(pair):
            taken[timed] = timed(count, clock) / count
        ratios.append(taken[ours] / taken[theirs])
    return Figure.of(ratios)


def timed(work: Callable[[], object]) -> Timed:
    """Calls ``work`` as often as is asked."""
    return lambda times, clock: seconds(work, times, clock)


def seconds(work: Callable[[], object], times: int, clock: Clock = time.process_time) -> float:
    """How long so many calls take, without what the garbage of others costs."""
    gc.collect()
    gc.disable()
    try:
        begun = clock()
        for _ in range(times):
            work()
        return clock() - begun
    finally:
        gc.enable()
