"""What is measured: the budgets, and what the same call costs elsewhere."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import responses

import peers
from measuring import Clock, Figure, Timed, ratio, seconds, timed
from pytest_invokeasync import InvokeAsyncMock

MEASURED = 500
"""Calls whose memory is looked at."""
Peer = Callable[[Any], AbstractContextManager[peers.Call]]


@dataclass(frozen=True)
class Row:
    """One figure, and the most that it should be."""

    what: str
    figure: Figure
    budget: float | None = None
    limit: float | None = None
    """Above this it is a real regression, and no noise: by half of what is usual, or about."""
    unit: str = ""

    @property
    def holds(self) -> bool:
        return self.budget is None or self.figure.median <= self.budget

    @property
    def fails(self) -> bool:
        """Whether it is worse than noise explains."""
        return self.limit is not None and self.figure.median > self.limit


def budgets(client: Any) -> Iterator[Row]:
    """The rows that have a budget, in the order of the design."""
    yield Row(
        "one boto3 call ÷ the cheapest stub's",
        compare(client, peers.ours, peers.cheapest_stub, times=200),
        budget=1.12,
        limit=1.5,
    )
    yield Row(
        "one boto3 call ÷ moto's",
        compare(client, peers.ours, peers.moto, times=200, theirs_times=30, repetitions=15),
        budget=1 / 7,
        limit=0.25,
    )
    yield Row(
        "set-up and tear-down ÷ a bare RequestsMock's",
        ratio(timed(set_up), timed(bare_set_up), times=200),
        budget=2.5,
        limit=4,
    )
    yield Row(
        "a test that calls once ÷ moto's (role, function, call)",
        ratio(
            timed(peers.one_test(client)),
            timed(peers.one_test_with_moto()),
            times=100,
            theirs_times=10,
            repetitions=15,
        ),
        budget=1 / 20,
        limit=0.12,
    )
    # No ratio: a busy machine is a slow one.
    what = "start-up of pytest, installed and unused, over an empty plugin's: "
    cached, uncached, as_many_files = start_up()
    yield Row(what + "with bytecode caches", cached, budget=3, limit=12, unit="ms")
    yield Row(what + "without", uncached, budget=6, limit=18, unit="ms")
    what = "the same of an empty plugin of as many files, with bytecode caches"
    yield Row(what, as_many_files, unit="ms")
    what = "the 30,000th recorded call ÷ the 100th"
    yield Row(what, late_call(client), budget=1.15, limit=1.5)
    what = "a call beside 1,000 rules for others ÷ beside none"
    yield Row(what, many_rules(client), budget=1.2, limit=1.5)
    for which, holds in (("passing", True), ("failing", False)):
        what = f"assert_sequence of 2,000 ÷ 200, per invocation, {which}"
        yield Row(what, long_sequence(client, holds=holds), budget=1.5, limit=3)
    what = "a run of an empty handler ÷ the call that queued it"
    yield Row(what, run_of_a_function(client), budget=0.3, limit=0.5)
    what = "10,000 events queued and drained ÷ 100, per event"
    yield Row(what, long_queue(), budget=1.2, limit=2)
    what = "memory of an event that failed three times"
    yield Row(what, memory_of_failures(client), budget=8, limit=12, unit="KB")
    what = "memory of an invocation recorded from boto3"
    yield Row(what, memory(peers.invoke(client)), budget=2, limit=3, unit="KB")
    what = "memory of an invocation recorded from requests"
    yield Row(what, memory(peers.post), budget=2, limit=3, unit="KB")
    yield Row(
        "requests: a call whose signature is verified ÷ is ignored",
        compare(client, peers.signature_verified, peers.signature_ignored, times=100),
        budget=1.15,
        limit=1.4,
    )


def elsewhere(client: Any) -> Iterator[Row]:
    """The same call, answered by others."""
    stub = peers.cheapest_stub
    for what, peer, times in (
        ("botocore's Stubber", peers.stubber, 200),
        ("unittest.mock on _make_api_call", peers.make_api_call, 200),
        ("pytest-boto-mock", peers.pytest_boto_mock, 200),
        ("moto, no Docker engine running", peers.moto, 30),
    ):
        figure = compare(client, peer, stub, times=times, theirs_times=200, repetitions=11)
        yield Row(f"boto3: {what} ÷ the cheapest stub", figure)
    yield Row(
        "requests: this plugin ÷ a plain RequestsMock",
        compare(
            client, peers.ours_with_requests, peers.plain_requests_mock, times=100, repetitions=11
        ),
        limit=1.7,
    )
    yield Row(
        "over HTTP: this plugin's endpoint ÷ pytest-httpserver",
        compare(
            client,
            peers.our_http_server,
            peers.plain_http_server,
            times=100,
            repetitions=11,
            clock=time.perf_counter,
        ),
        limit=1.5,
    )


def compare(client: Any, ours: Peer, theirs: Peer, **how: Any) -> Figure:
    """A call under ``ours`` over one under ``theirs``; each is set up outside of the clock."""
    return ratio(_under(client, ours), _under(client, theirs), **how)


def _under(client: Any, peer: Peer) -> Timed:
    def calls(times: int, clock: Clock) -> float:
        with peer(client) as call:
            call()
            return seconds(call, times, clock)

    return calls


def set_up() -> None:
    with InvokeAsyncMock():
        pass


def bare_set_up() -> None:
    with responses.RequestsMock():
        pass


def start_up() -> Iterator[Figure]:
    """The figures of ``start_up.py``."""
    script = Path(__file__).with_name("start_up.py")
    told = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, check=True)
    lines = [map(float, line.split()) for line in told.stdout.splitlines()]
    for values in zip(*lines, strict=True):
        yield Figure.of(list(values))


def late_call(client: Any) -> Figure:
    call = peers.invoke(client)

    def early(times: int, clock: Clock) -> float:
        with InvokeAsyncMock():  # answers in place of the other, which is full
            seconds(call, 100)
            return seconds(call, times, clock)

    with InvokeAsyncMock() as mock:
        peers.send_many(30_000)
        assert len(mock.invocations) == 30_000
        return ratio(timed(call), early, times=300)


def many_rules(client: Any) -> Figure:
    def beside(rules: int) -> Timed:
        def calls(times: int, clock: Clock) -> float:
            with InvokeAsyncMock(assert_all_used=False) as mock:
                for number in range(rules):
                    mock.add_error("ServiceException", function=f"other-{number}")
                return seconds(peers.invoke(client), times, clock)

        return calls

    return ratio(beside(1_000), beside(0), times=100, repetitions=21)


def long_sequence(client: Any, *, holds: bool) -> Figure:
    """In any order, from the last to the first: none is found where it is looked for first."""
    many, few = InvokeAsyncMock(), InvokeAsyncMock()
    for mock, count in ((many, 2_000), (few, 200)):
        with mock:
            for number in range(count):
                client.invoke_async(FunctionName="orders", InvokeArgs=f'{{"id": {number}}}')

    def asserted(mock: InvokeAsyncMock) -> Timed:
        count = len(mock.invocations)
        ids = [number if holds else -1 - number for number in reversed(range(count))]
        expected = [("orders", {"id": each}) for each in ids]

        def assert_it() -> None:
            try:
                mock.assert_sequence(expected, any_order=True)
            except AssertionError:
                assert not holds

        def calls(times: int, clock: Clock) -> float:
            return seconds(assert_it, times, clock) / count

        return calls

    return ratio(asserted(many), asserted(few), times=2, theirs_times=10, repetitions=11)


def empty(event: object, context: object) -> None:
    """The least that a handler may do."""


def run_of_a_function(client: Any) -> Figure:
    call = peers.invoke(client)

    def runs(times: int, clock: Clock) -> float:
        with _running(empty) as mock:
            seconds(call, times)
            return seconds(mock.run_until_idle, 1, clock)

    def calls(times: int, clock: Clock) -> float:
        with _running(empty):
            return seconds(call, times, clock)

    return ratio(runs, calls, times=300)


def long_queue() -> Figure:
    """Garbage collection too, which a long queue has its share of."""

    def queued_and_drained(times: int, clock: Clock) -> float:
        with _running(empty) as mock:
            gc.collect()
            begun = clock()
            peers.send_many(times)
            mock.run_until_idle()
            return clock() - begun

    def by_hundreds(times: int, clock: Clock) -> float:
        return sum(queued_and_drained(100, clock) for _ in range(times // 100))

    return ratio(queued_and_drained, by_hundreds, times=10_000, theirs_times=1_000, repetitions=7)


def memory_of_failures(client: Any) -> Figure:
    """KB that stay allocated for each event, besides its invocation."""

    def fails(event: object, context: object) -> None:  # noqa: ARG001 - a handler's
        raise ValueError

    call = peers.invoke(client)
    kilobytes = []
    for _ in range(3):
        with _running(fails) as mock:
            seconds(call, 20)
            mock.run_until_idle()
            seconds(call, 100)
            tracemalloc.start()
            try:
                before = _allocated()
                mock.run_until_idle()
                kilobytes.append((_allocated() - before) / 100 / 1024)
            finally:
                tracemalloc.stop()
    return Figure.of(kilobytes)


def _running(handler: Any) -> InvokeAsyncMock:
    mock = InvokeAsyncMock(function_failures="record")
    mock.register_function("orders", handler=handler)
    return mock


def memory(call: peers.Call) -> Figure:
    """KB that stay allocated for each call."""
    kilobytes = []
    for _ in range(3):
        with InvokeAsyncMock():
            seconds(call, 300)  # caches fill
            tracemalloc.start()
            try:
                before = _allocated()
                seconds(call, MEASURED)
                kilobytes.append((_allocated() - before) / MEASURED / 1024)
            finally:
                tracemalloc.stop()
    return Figure.of(kilobytes)


def _allocated() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def client() -> Any:
    """Made before moto is imported, which puts a handler of its own into every later one."""
    return boto3.client("lambda")
