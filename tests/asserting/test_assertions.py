"""What can be asserted: each call where it holds, and where it fails."""

from __future__ import annotations

import contextlib
import json
import sys
from itertools import combinations, permutations, product
from unittest.mock import ANY

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from calls import make_client

from pytest_invokeasync import Event, Invocation, faults

client = make_client()
retrying = make_client(3)


def call(function="orders", payload=None, *, via=client):
    """Calls, and takes no notice of a failure."""
    with contextlib.suppress(ClientError, BotoCoreError):
        via.invoke_async(FunctionName=function, InvokeArgs=json.dumps(payload))


class OneOf:
    """A matcher that several payloads satisfy."""

    __hash__ = None

    def __init__(self, values):
        self.values = values

    def __eq__(self, other):
        return other in self.values


def fails(assertion, /, *args, **kwargs):
    """The message that it fails with."""
    with pytest.raises(AssertionError) as info:
        assertion(*args, **kwargs)
    return str(info.value)


class TestAssertQueued:
    """At least one event, or exactly ``times``."""

    def test_one_is_enough(self, invokeasync):
        call()

        (event,) = invokeasync.assert_queued()

        assert isinstance(event, Event)
        assert event == invokeasync.events[0]

    def test_so_are_many_and_all_of_them_are_returned(self, invokeasync):
        for number in range(4):
            call("even" if number % 2 == 0 else "odd", number)

        assert [event.payload for event in invokeasync.assert_queued()] == [0, 1, 2, 3]
        assert [event.payload for event in invokeasync.assert_queued("odd")] == [1, 3]

    def test_none_fails(self, invokeasync):
        call("mail")

        assert "found no event of 'orders'" in fails(invokeasync.assert_queued, "orders")

    def test_a_call_that_was_refused_queued_nothing(self, invokeasync):
        invokeasync.add_error("ServiceException")
        call()

        fails(invokeasync.assert_queued, "orders")

    def test_a_lost_answer_queued_two(self, invokeasync):
        invokeasync.add_fault(faults.LostAnswer)
        call(via=retrying)

        assert len(invokeasync.assert_queued("orders", times=2)) == 2

    @pytest.mark.parametrize("times", [1, 3])
    def test_exactly_times(self, invokeasync, times):
        call("orders", 1)
        call("orders", 2)
        call("mail", 1)

        assert len(invokeasync.assert_queued("orders", times=2)) == 2
        assert "found 2 events" in fails(invokeasync.assert_queued, "orders", times=times)

    def test_times_0_is_none(self, invokeasync):
        call("mail")

        assert invokeasync.assert_queued("orders", times=0) == []
        assert "found 1 event" in fails(invokeasync.assert_queued, times=0)

    def test_times_counts_what_matches_the_rest(self, invokeasync):
        call("orders", 1)
        call("orders", 1)
        call("orders", 2)

        invokeasync.assert_queued("orders", payload=1, times=2)
        invokeasync.assert_queued("orders", payload=ANY, times=3)
        fails(invokeasync.assert_queued, "orders", payload=2, times=2)


class TestAssertQueuedOnce:
    """As strict as ``assert_called_once_with``."""

    def test_one_that_matches(self, invokeasync):
        call("orders", {"id": 42})

        event = invokeasync.assert_queued_once("orders", payload={"id": 42})

        assert event == invokeasync.events[0]

    def test_others_of_other_functions_do_not_matter(self, invokeasync):
        call("mail", {"id": 42})
        call("orders", {"id": 42})

        invokeasync.assert_queued_once("orders", payload={"id": 42})

    def test_without_a_function_any_other_one_matters(self, invokeasync):
        call("orders", {"id": 42})
        call("mail", {"id": 43})

        fails(invokeasync.assert_queued_once, payload={"id": 42})

    def test_none_fails(self, invokeasync):
        assert "found no event" in fails(invokeasync.assert_queued_once)

    def test_another_payload_fails(self, invokeasync):
        call("orders", {"id": 43})

        message = fails(invokeasync.assert_queued_once, "orders", payload={"id": 42})

        assert "found 1 event of 'orders', which does not match" in message

    @pytest.mark.parametrize(
        ("second", "matching"),
        [({"id": 42}, ""), ({"id": 43}, ", 1 of which matches")],
        ids=["the same payload", "another payload"],
    )
    def test_a_second_one_fails(self, invokeasync, second, matching):
        call("orders", {"id": 42})
        call("orders", second)

        message = fails(invokeasync.assert_queued_once, "orders", payload={"id": 42})

        assert f"found 2 events of 'orders'{matching}\n" in message

    @pytest.mark.parametrize(
        ("payloads", "told"),
        [
            ([1, 1, 2], ", 2 of which match\n"),
            ([2, 2, 2], ", none of which matches\n"),
            ([2, 1, 2], ", 1 of which matches\n"),
        ],
    )
    def test_it_says_how_many_match(self, invokeasync, payloads, told):
        for payload in payloads:
            call("orders", payload)

        message = fails(invokeasync.assert_queued_once, "orders", payload=1)

        assert f"found 3 events of 'orders'{told}" in message

    @pytest.mark.parametrize(
        "match", [{"qualifier": "live"}, {"region": "us-east-1"}, {"where": lambda event: True}]
    )
    def test_other_keywords_are_as_strict(self, invokeasync, match):
        call("orders:live")
        invokeasync.assert_queued_once("orders", **match)

        call("orders:test")

        fails(invokeasync.assert_queued_once, "orders", **match)

    def test_what_the_name_states_is_part_of_the_function(self, invokeasync):
        call("orders:live")
        call("orders:test")

        invokeasync.assert_queued_once("orders:live")
        invokeasync.assert_queued_once("function:orders:test")
        fails(invokeasync.assert_queued_once, "orders")

    def test_a_retry_that_was_refused_first_is_one_event(self, invokeasync):
        invokeasync.add_error("ServiceException", attempts=2)
        call(via=retrying)

        invokeasync.assert_queued_once("orders")

    def test_a_lost_answer_is_two(self, invokeasync):
        invokeasync.add_fault(faults.LostAnswer)
        call(via=retrying)

        assert "found 2 events" in fails(invokeasync.assert_queued_once, "orders")


class TestAssertNotQueued:
    """No matching event."""

    def test_nothing_at_all(self, invokeasync):
        assert invokeasync.assert_not_queued() is None

    def test_nothing_that_matches(self, invokeasync):
        call("orders", {"id": 42})

        invokeasync.assert_not_queued("mail")
        invokeasync.assert_not_queued("orders", payload={"id": 43})

    def test_a_call_that_was_refused(self, invokeasync):
        invokeasync.add_error("ServiceException")
        call()

        invokeasync.assert_not_queued()

    def test_one_that_matches_fails(self, invokeasync):
        call("orders", {"id": 42})

        assert "found 1 event" in fails(invokeasync.assert_not_queued)
        assert "found 1 event of 'orders'" in fails(invokeasync.assert_not_queued, "orders")
        message = fails(invokeasync.assert_not_queued, "orders", payload={"id": 42})
        assert "found 1 event of 'orders' with payload={'id': 42}" in message


class TestAssertInvoked:
    """The same on invocations, whatever became of them."""

    @pytest.fixture(autouse=True)
    def three_invocations(self, invokeasync):
        invokeasync.add_error("ServiceException", at=2)
        invokeasync.add_fault(faults.ReadTimeout, at=3)
        call("orders", 1)
        call("orders", 2)
        call("mail", 3)

    def test_refused_and_lost_ones_count(self, invokeasync):
        found = invokeasync.assert_invoked()

        assert found == invokeasync.invocations
        assert all(isinstance(each, Invocation) for each in found)
        assert [each.payload for each in found] == [1, 2, 3]

    def test_times(self, invokeasync):
        invokeasync.assert_invoked("orders", times=2)
        invokeasync.assert_invoked("stock", times=0)

        assert "found 2 invocations" in fails(invokeasync.assert_invoked, "orders", times=1)
        assert "found 2 invocations" in fails(invokeasync.assert_invoked, "orders", times=0)

    def test_error_is_the_code_that_it_ended_with(self, invokeasync):
        (refused,) = invokeasync.assert_invoked(error="ServiceException")

        assert refused.payload == 2
        invokeasync.assert_invoked_once("mail", error=None)
        invokeasync.assert_not_invoked("mail", error="ServiceException")
        fails(invokeasync.assert_invoked, "mail", error="ServiceException")
        fails(invokeasync.assert_not_invoked, error="ServiceException")

    def test_error_none_is_no_error(self, invokeasync):
        assert [each.payload for each in invokeasync.assert_invoked(error=None)] == [1, 3]

    def test_once(self, invokeasync):
        assert invokeasync.assert_invoked_once("mail", payload=3) == invokeasync.invocations[2]

        assert "found 2 invocations" in fails(invokeasync.assert_invoked_once, "orders")
        assert "found 3 invocations" in fails(invokeasync.assert_invoked_once)
        assert "does not match" in fails(invokeasync.assert_invoked_once, "mail", payload=4)

    def test_once_with_an_error_is_as_strict(self, invokeasync):
        message = fails(invokeasync.assert_invoked_once, "orders", error="ServiceException")

        assert "found 2 invocations of 'orders', 1 of which matches" in message

    def test_not(self, invokeasync):
        assert invokeasync.assert_not_invoked("stock") is None

        assert "found 1 invocation of 'mail'" in fails(invokeasync.assert_not_invoked, "mail")

    def test_a_retried_call_is_one_invocation(self, invokeasync):
        invokeasync.reset()
        invokeasync.add_error("ServiceException", attempts=2)
        call(via=retrying)

        invokeasync.assert_invoked_once("orders", error=None)


class TestAssertSequence:
    """Every invocation, each a name or ``(name, payload)``."""

    @pytest.fixture(autouse=True)
    def three_invocations(self, invokeasync):
        invokeasync.add_error("ServiceException", at=3)
        call("orders", {"id": 1})
        call("mail:live", {"id": 2})
        call("orders", {"id": 3})

    @pytest.mark.parametrize(
        "expected",
        [
            ["orders", "mail", "orders"],
            [("orders", {"id": 1}), ("mail", {"id": 2}), ("orders", {"id": 3})],
            ["orders", ("mail", ANY), ("orders", {"id": ANY})],
            ["orders", "mail:live", "arn:aws:lambda:us-east-1:123456789012:function:orders"],
            ("orders", "mail", "orders"),
            iter(["orders", "mail", "orders"]),
        ],
        ids=["names", "payloads", "matchers", "qualified", "a tuple", "an iterator"],
    )
    def test_all_of_them_in_order(self, invokeasync, expected):
        assert invokeasync.assert_sequence(expected) is None

    @pytest.mark.parametrize(
        "expected",
        [
            [],
            ["orders"],
            ["orders", "mail"],
            ["orders", "mail", "orders", "orders"],
            ["mail", "orders", "orders"],
            ["orders", "orders", "mail"],
            ["orders", "mail:test", "orders"],
            [("orders", {"id": 3}), "mail", ("orders", {"id": 1})],
            ["orders", "mail", ("orders", None)],
        ],
    )
    def test_anything_else_fails(self, invokeasync, expected):
        assert "in this order" in fails(invokeasync.assert_sequence, expected)

    @pytest.mark.parametrize(
        "expected",
        [
            ["mail", "orders", "orders"],
            [("orders", {"id": 3}), "mail", ("orders", {"id": 1})],
            # Taken greedily, what may be any would take what another one needs.
            ["orders", ("orders", {"id": 1}), "mail"],
            [("orders", ANY), ("orders", {"id": ANY}), "mail:live"],
            [("orders", ANY), ("mail", ANY), ("orders", {"id": 1})],
        ],
    )
    def test_in_any_order(self, invokeasync, expected):
        invokeasync.assert_sequence(expected, any_order=True)
        invokeasync.assert_sequence(reversed(expected), any_order=True)

    @pytest.mark.parametrize(
        "expected",
        [
            [],
            ["orders", "orders"],
            ["mail", "mail", "orders"],
            ["orders", "orders", "orders"],
            ["orders", "orders", "mail", "mail"],
            [("orders", {"id": 1}), ("orders", {"id": 1}), "mail"],
            [("orders", ANY), ("orders", ANY), ("orders", {"id": 1})],
        ],
    )
    def test_in_any_order_each_counts_once(self, invokeasync, expected):
        assert "in any order" in fails(invokeasync.assert_sequence, expected, any_order=True)

    def test_in_any_order_overlapping_matchers_are_paired_if_they_can_be(self, invokeasync):
        invokeasync.reset()
        for payload in range(3):
            call("orders", payload)
        subsets = [OneOf(set(chosen)) for n in (1, 2, 3) for chosen in combinations(range(3), n)]

        for expected in product(subsets, repeat=3):
            can_be = any(
                all(one == payload for one, payload in zip(expected, payloads, strict=True))
                for payloads in permutations(range(3))
            )
            sequence = [("orders", one) for one in expected]
            if can_be:
                invokeasync.assert_sequence(sequence, any_order=True)
            else:
                fails(invokeasync.assert_sequence, sequence, any_order=True)

    def test_nothing_is_an_empty_sequence(self, invokeasync):
        invokeasync.reset()

        invokeasync.assert_sequence([])
        invokeasync.assert_sequence([], any_order=True)
        fails(invokeasync.assert_sequence, ["orders"])
        fails(invokeasync.assert_sequence, ["orders"], any_order=True)

    def test_a_retried_call_is_one_of_the_sequence(self, invokeasync):
        invokeasync.reset()
        invokeasync.add_error("ServiceException", attempts=2)
        call("orders", via=retrying)
        call("mail")

        invokeasync.assert_sequence(["orders", "mail"])

    @pytest.mark.once
    def test_more_that_are_alike_than_python_recurses(self, invokeasync):
        invokeasync.reset()
        many = sys.getrecursionlimit() + 100
        for _ in range(many):
            call("orders", 42)

        for any_order in (False, True):
            expected = [("orders", 42)] * many
            invokeasync.assert_sequence(expected, any_order=any_order)
            expected.append("orders")
            message = fails(invokeasync.assert_sequence, expected, any_order=any_order)
            assert f"found {many} invocations\nexpected: {many + 1} invocations" in message

    @pytest.mark.parametrize(
        ("expected", "told"),
        [
            ("orders", " takes a list of names and (name, payload) pairs, not 'orders'"),
            (None, " takes a list of names and (name, payload) pairs, not None"),
            (3, " takes a list of names and (name, payload) pairs, not 3"),
            (["orders", None], ": each entry is a name or (name, payload), not None"),
            ([("orders",)], ": each entry is a name or (name, payload), not ('orders',)"),
            ([("a", 1, 2)], ": each entry is a name or (name, payload), not ('a', 1, 2)"),
            ([["orders", 1]], ": each entry is a name or (name, payload), not ['orders', 1]"),
            ([(1, "orders")], ": each entry is a name or (name, payload), not (1, 'orders')"),
            ([b"orders"], ": each entry is a name or (name, payload), not b'orders'"),
        ],
    )
    def test_what_is_no_sequence_is_refused(self, invokeasync, expected, told):
        with pytest.raises(TypeError) as info:
            invokeasync.assert_sequence(expected)

        assert str(info.value) == f"assert_sequence(){told}"


class TestTimes:
    """``times=`` of an assertion."""

    @pytest.mark.parametrize("times", [-1, True, "1", 1.0, ...])
    @pytest.mark.parametrize("name", ["assert_queued", "assert_invoked"])
    def test_what_is_no_number_is_refused(self, invokeasync, name, times):
        with pytest.raises(ValueError, match="times= is a non-negative int") as info:
            getattr(invokeasync, name)("orders", times=times)

        assert str(info.value) == (
            f"times= is a non-negative int, or None for at least one, not {times!r}"
        )
