"""``runs``: what may be scripted for a run, and how it is written."""

from __future__ import annotations

import pytest

from pytest_invokeasync import runs


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (runs.TimedOut, "TimedOut"),
        (runs.TimedOut(), "TimedOut"),
        (runs.TimedOut(before=True), "TimedOut(before=True)"),
        ("Killed", "Killed"),
        (runs.Killed(before=True), "Killed(before=True)"),
        (runs.Failed(KeyError("id")), "Failed(KeyError('id'))"),
        (runs.Failed(ValueError), "Failed(ValueError())"),
        (runs.Failed(SystemExit(2)), "Failed(SystemExit(2))"),
        (runs.Throttled, "Throttled"),
        (runs.Throttled(tries=3), "Throttled(3)"),
        (runs.Duplicated, "Duplicated"),
        (runs.Late(30), "Late(30)"),
        (runs.Late(0.5), "Late(0.5)"),
        ("Lost", "Lost"),
    ],
)
def test_it_is_written_as_it_is_called(outcome, text):
    assert str(runs.find(outcome)) == text
    assert repr(runs.find(outcome)) == f"runs.{text}"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: runs.find("TimdOut"), ValueError, "'TimdOut'; did you mean 'TimedOut'?"),
        (lambda: runs.find(runs.Late), ValueError, "runs.Late takes seconds: runs.Late(30)"),
        (lambda: runs.find("Failed"), ValueError, "runs.Failed takes an exception: "),
        (lambda: runs.find(runs.RunOutcome), TypeError, "one of runs, or its name"),
        (lambda: runs.find(42), TypeError, "one of runs, or its name, not 42"),
        (lambda: runs.TimedOut(before=1), TypeError, "before= is True or False, not 1"),
        (lambda: runs.Failed("no"), TypeError, "an Exception or SystemExit, not 'no'"),
        (lambda: runs.Failed(KeyboardInterrupt), TypeError, "an Exception or SystemExit, not"),
        (lambda: runs.Throttled(0), ValueError, "tries= is 1 or more, not 0"),
        (lambda: runs.Throttled(True), TypeError, "tries= is an int, not True"),
        (lambda: runs.Late(0), ValueError, "more than 0 seconds, not 0"),
        (lambda: runs.Late(float("inf")), ValueError, "more than 0 seconds, not inf"),
        (lambda: runs.Late(float("nan")), ValueError, "more than 0 seconds, not nan"),
        (lambda: runs.Late("1"), TypeError, "a number of seconds, not '1'"),
    ],
)
def test_what_is_no_outcome_is_told_at_once(make, error, words):
    with pytest.raises(error) as raised:
        make()

    assert words in str(raised.value)


def test_the_set_is_what_an_idempotent_function_survives():
    assert [str(outcome) for outcome in runs.SURVIVABLE] == [
        "TimedOut",
        "TimedOut(before=True)",
        "Killed",
        "Killed(before=True)",
        "Throttled",
        "Duplicated",
        "Late(30)",
    ]


@pytest.mark.parametrize(
    ("outcome", "meant"),
    [
        (runs.Lost, True),
        (runs.Lost(), True),
        ("Lost", True),
        ("LostAnswer", False),
        (int, False),
        (None, False),
    ],
)
def test_it_is_told_from_the_outcome_of_an_invocation(outcome, meant):
    assert runs.is_meant_by(outcome) is meant
