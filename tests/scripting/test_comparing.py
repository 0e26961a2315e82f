"""Comparing payloads that Python itself gives up on."""

from __future__ import annotations

import pytest

from pytest_invokeasync.scripting.comparing import equal


class Deep:
    """Too deep for Python's own comparison, which goes all the way down at once."""

    def __init__(self, *, matches: bool) -> None:
        self._matches = matches
        self._asked = 0

    def __eq__(self, other: object) -> bool:
        self._asked += 1
        if self._asked == 1:
            raise RecursionError
        return self._matches

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("matches", [True, False])
@pytest.mark.parametrize("around", [lambda one: [one], lambda one: {"a": one}])
def test_a_loop_goes_on_where_python_gives_up(around, matches):
    assert equal(around([Deep(matches=matches)]), around([42])) is matches


@pytest.mark.parametrize(
    ("expected", "recorded"),
    [
        ([Deep(matches=True), 1], [42]),
        ({"a": Deep(matches=True)}, {"a": 42, "b": 1}),
        ({"a": Deep(matches=True), "b": 1}, {"a": 42, "c": 1}),
    ],
)
def test_containers_of_other_members_are_not_equal(expected, recorded):
    assert not equal([Deep(matches=True), expected], [1, recorded])
