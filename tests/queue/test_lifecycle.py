"""The table of transitions: each row, and nothing but these."""

from __future__ import annotations

import itertools

import pytest

from pytest_invokeasync.queue import lifecycle
from pytest_invokeasync.queue.lifecycle import Happening, State

# Written down a second time, in plain words: a change to the table is a change to this, too.
LIFE = """
    waiting   begun           -> running
    waiting   throttled       -> waiting
    waiting   throttled_late  -> ended    EventAgeExceeded     failure
    waiting   overtaken       -> waiting
    waiting   expired         -> ended    EventAgeExceeded     failure
    waiting   lost            -> ended    Lost                 -
    waiting   stopped         -> ended    RecursiveInvocation  -
    running   succeeded       -> ended    Success              success
    running   failed          -> waiting
    running   failed_last     -> ended    RetriesExhausted     failure
    running   failed_late     -> ended    EventAgeExceeded     failure
    running   interrupted     -> waiting
    ended     duplicated      -> waiting
"""
ROWS = [line.split() for line in LIFE.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row[:2]))
def test_a_row(row):
    state, happening, _, after, *ending = row
    outcome, sends = ending or (None, "-")

    transition = lifecycle.move(State[state.upper()], Happening[happening.upper()])

    assert transition.state is State[after.upper()]
    assert transition.outcome == outcome
    assert (transition.sends or "-") == sends


ELSE = sorted(
    {(state.name, happening.name) for state, happening in itertools.product(State, Happening)}
    - {(row[0].upper(), row[1].upper()) for row in ROWS}
)


@pytest.mark.parametrize(("state", "happening"), ELSE)
def test_what_is_in_no_row_cannot_happen(state, happening):
    with pytest.raises(
        RuntimeError, match=f"{happening} cannot happen to an event that is {state}"
    ):
        lifecycle.move(State[state], Happening[happening])


def test_an_event_that_has_ended_has_an_outcome_and_no_other_has():
    for transition in lifecycle.TRANSITIONS.values():
        assert (transition.outcome is not None) == (transition.state is State.ENDED)


def test_the_outcomes():
    assert set(lifecycle.OUTCOMES) == {
        "Success",
        "RetriesExhausted",
        "EventAgeExceeded",
        "Lost",
        "RecursiveInvocation",
    }
