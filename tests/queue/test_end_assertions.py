"""Assertions on how events ended, and their messages."""

from __future__ import annotations

import pytest
from consumers import QUEUE, Calls, invoke

from pytest_invokeasync import runs


@pytest.fixture
def ended(mock):
    """Of the events 1 and 2 the first succeeded after a retry, the second failed."""
    mock.register_function("orders", handler=Calls(), dead_letter=QUEUE)
    mock.add_run(runs.Failed(ValueError("no")), payload=1)
    mock.add_run(runs.Failed(KeyError), payload=2, times=3)
    invoke(1)
    invoke(2)
    mock.run_until_idle()
    return mock


def message(call, *args, **kwargs):
    with pytest.raises(AssertionError) as raised:
        call(*args, **kwargs)
    return str(raised.value)


def test_those_that_succeeded(ended):
    first, second = ended.events

    assert ended.assert_succeeded() == [first]
    assert ended.assert_succeeded("orders", times=1) == [first]
    assert ended.assert_succeeded_once("orders", payload=1) == first
    assert ended.assert_succeeded("orders", payload=2, times=0) == []
    assert second.outcome == "RetriesExhausted"


def test_those_that_failed(ended):
    _, second = ended.events

    assert ended.assert_failed("orders") == [second]
    assert ended.assert_failed(outcome="RetriesExhausted", times=1) == [second]
    assert ended.assert_failed("orders", outcome="Lost", times=0) == []
    assert ended.assert_failed_once("orders", payload=2, outcome="RetriesExhausted") == second
    assert ended.assert_dead_lettered("orders", payload=2) == [second]


def test_a_message(ended):
    text = message(ended.assert_succeeded_once, "orders", payload=2)

    assert text.splitlines()[:4] == [
        "assert_succeeded_once('orders', payload=2): found 1 event of 'orders' that succeeded, "
        "which does not match",
        "expected: exactly 1 event of 'orders' that succeeded, and it matches payload=2",
        "nearest: invocation 1, whose payload differs",
        "  $: expected 2, sent 1",
    ]
    assert "     +0 s failed, +60 s succeeded" in text.splitlines()
    assert "     +0 s failed, +60 s failed, +180 s failed: RetriesExhausted" in text.splitlines()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda mock: mock.assert_succeeded(times=2), "found 1 event that succeeded"),
        (lambda mock: mock.assert_failed("mail"), "found no event of 'mail' that failed"),
        (
            lambda mock: mock.assert_failed(outcome="Lost"),
            "assert_failed(outcome='Lost'): found no event that ended with Lost",
        ),
        (
            lambda mock: mock.assert_failed_once("orders", payload=1),
            "exactly 1 event of 'orders' that failed, and it matches payload=1",
        ),
        (
            lambda mock: mock.assert_dead_lettered(payload=1),
            "found no event that was dead-lettered with payload=1",
        ),
    ],
)
def test_the_words(ended, call, words):
    assert words in message(call, ended)


@pytest.mark.parametrize("name", ["succeeded", "succeeded_once", "failed", "dead_lettered"])
def test_events_that_were_never_run_are_told(mock, name):
    mock.register_function("orders", handler=Calls())
    invoke(1)
    invoke(2)

    text = message(getattr(mock, f"assert_{name}"), "orders")

    assert "2 events have not ended: run_until_idle() runs them" in text


def test_one_that_waits_for_its_retry_is_told(mock):
    mock.register_function("orders", handler=Calls())
    mock.add_run(runs.TimedOut)
    invoke()
    mock.run_due()

    text = message(mock.assert_succeeded, "orders")

    assert "1 event has not ended: run_until_idle() runs it" in text
    assert "     +0 s timed out, still waiting" in text.splitlines()


def test_a_function_without_a_handler_is_told(mock):
    invoke()
    mock.register_function("mail", handler=Calls())

    text = message(mock.assert_succeeded_once, "orders")

    assert "nothing runs the events of 'orders': register_function('orders', handler=...)" in text


def test_a_name_that_was_called_instead_is_told(ended):
    assert "('orders' was called)" in message(ended.assert_failed, "oders")


@pytest.mark.parametrize("outcome", ["Success", "Exhausted"])
def test_an_outcome_that_is_no_failure(mock, outcome):
    with pytest.raises(ValueError, match=r"assert_failed\(\): unknown outcome of a failure"):
        mock.assert_failed(outcome=outcome)


@pytest.mark.parametrize("times", [-1, True, "1"])
def test_a_wrong_number(mock, times):
    with pytest.raises(ValueError, match="times= is a non-negative int"):
        mock.assert_dead_lettered(times=times)


def test_several_events_of_one_invocation_have_a_line_each(mock):
    mock.register_function("orders", handler=Calls())
    mock.add_run(runs.TimedOut)
    mock.add_fault("LostAnswer")
    invoke()
    mock.run_until_idle()

    assert mock.describe().splitlines()[2:] == [
        "     event 1: +0 s timed out, +63 s succeeded",
        "     event 2: +0 s succeeded",
    ]
