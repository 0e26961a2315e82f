"""Which expected one of a sequence goes with which invocation: as many as can be, in no time."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import boto3
import pytest
from botocore.exceptions import ClientError
from calls import steps
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_invokeasync import InvokeAsyncMock


class Below:  # noqa: PLW1641 (matchers need no hash)
    """A matcher: a number below another one."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and other < self.limit


client = boto3.client("lambda")


def mock_with(*bodies: bytes, function: str = "orders") -> InvokeAsyncMock:
    """A mock that has recorded an invocation with each body."""
    mock = InvokeAsyncMock()
    with mock:
        for body in bodies:
            call(function, body)
    return mock


def call(function: str, body: bytes) -> None:
    with contextlib.suppress(ClientError):
        client.invoke_async(FunctionName=function, InvokeArgs=body)


def holds(payloads: list[Any], expected: list[Any]) -> bool:
    """Whether the expected ones are these payloads in any order."""
    mock = mock_with(*(json.dumps(payload).encode() for payload in payloads))
    try:
        mock.assert_sequence([("orders", one) for one in expected], any_order=True)
    except AssertionError:
        return False
    return True


# Few values, so that there is often a choice. Hashes of -1 and -2 are the same, and 1 == True.
scalars = st.sampled_from([0, 1, 1.0, True, -1, -2, "a", None])
payloads = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)
matchers = st.recursive(
    scalars | st.just(ANY) | st.integers(-2, 2).map(Below),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.lists(payloads, max_size=5), st.lists(matchers, max_size=5))
@example([-1, -2], [-2, -2])
@example([{"a": -1}, {"a": -2}], [{"a": -2}, {"a": -2}])
@example([[1], [True]], [[1.0], [1.0]])
@example([{"a": 1, "b": 2}], [{"b": 2, "a": 1}])
@example([{"a": 0}, {"a": 1}], [{"a": ANY}, {"a": 0}])
@example([0, 1, -1], [Below(2), Below(1), Below(0)])
@example([[0], [0], [1], [1]], [[ANY], [ANY], [0], [1]])
def test_it_holds_if_and_only_if_some_order_of_them_does(given: list[Any], expected: list[Any]):
    some_order = len(given) == len(expected) and any(
        all(one == other for one, other in zip(expected, order, strict=True))
        for order in itertools.permutations(given)
    )

    assert holds(given, expected) is some_order


@given(st.lists(st.tuples(matchers, st.integers(1, 3)), min_size=1, max_size=3), st.data())
def test_many_that_are_alike_are_paired_as_one_by_one(
    kinds: list[tuple[Any, int]], data: st.DataObject
):
    """By way of groups, and of what each of several groups gives up."""
    expected = [matcher for matcher, count in kinds for _ in range(count)]
    given = data.draw(st.lists(scalars, min_size=len(expected), max_size=len(expected)))
    some_order = any(
        all(one == other for one, other in zip(expected, order, strict=True))
        for order in set(itertools.permutations(given))
    )

    assert holds(given, expected) is some_order


def test_each_function_and_each_part_of_its_name_is_asked_for():
    mock = InvokeAsyncMock()
    with mock:
        for function in ("orders", "orders:live", "mail"):
            call(function, b"1")

    mock.assert_sequence(["orders", ("mail", 1), "orders:live"], any_order=True)
    for wrong in (
        ["orders:live", ("mail", 1), "orders:live"],
        ["orders", "mail", "mail"],
        ["orders", "mail", "orders:test"],
    ):
        with pytest.raises(AssertionError):
            mock.assert_sequence(wrong, any_order=True)


def test_more_kinds_of_payloads_than_are_looked_up_are_paired_too():
    """Each with a matcher at another place."""
    count = 50
    given = [{f"key {n}": n, "at": n} for n in range(count)]
    expected = [{f"key {n}": n, "at": Below(n + 1)} for n in range(count)]

    assert holds(given, expected[::-1])
    assert not holds(given, [*expected[1:], {"key 0": 0, "at": Below(0)}])


def test_what_is_no_json_and_what_is_nested_deeply_has_its_pair_too():
    deep: Any = 1
    for _ in range(200):
        deep = {"in": [deep]}
    mock = mock_with(json.dumps(deep).encode(), b"{", json.dumps([deep, 1]).encode())

    mock.assert_sequence([("orders", [deep, 1]), "orders", ("orders", deep)], any_order=True)
    mock.assert_sequence([("orders", [ANY, 1]), "orders", ("orders", deep)], any_order=True)
    for payload in ([deep, 2], [1, 1], {"in": []}, {"out": ANY}, [ANY], {}):
        with pytest.raises(AssertionError):
            mock.assert_sequence([("orders", payload), "orders", ("orders", deep)], any_order=True)


def reversed_ones(payloads: list[Any]) -> list[Any]:
    return [("orders", payload) for payload in reversed(payloads)]


def one_field_wrong(payloads: list[Any]) -> list[Any]:
    return [("orders", {**payload, "id": -1 - payload["id"]}) for payload in payloads]


def another_function(payloads: list[Any]) -> list[Any]:
    return ["mail" for _ in payloads]


def names_alone(payloads: list[Any]) -> list[Any]:
    return ["orders" for _ in payloads]


def with_matchers(payloads: list[Any]) -> list[Any]:
    return [("orders", {**payload, "lines": ANY}) for payload in reversed(payloads)]


def matchers_alone(payloads: list[Any]) -> list[Any]:
    return [("orders", {"id": Below(len(payloads)), "lines": ANY}) for _ in payloads]


def names_and_payloads(payloads: list[Any]) -> list[Any]:
    half = len(payloads) // 2
    return [*names_alone(payloads[half:]), *reversed_ones(payloads[:half])]


@pytest.mark.once
class TestTimeInProportion:
    """Ten times as many take ten times as long, whether the assertion holds or not."""

    @pytest.mark.parametrize("any_order", [False, True], ids=["in order", "any order"])
    @pytest.mark.parametrize(
        "expected",
        [
            reversed_ones,
            one_field_wrong,
            another_function,
            names_alone,
            with_matchers,
            matchers_alone,
            names_and_payloads,
        ],
    )
    def test_of_many(self, expected: Callable[[list[Any]], list[Any]], any_order: bool):
        def taken(count: int) -> int:
            payloads = [{"id": n, "lines": [{"sku": "tea"}, n]} for n in range(count)]
            mock = mock_with(*(json.dumps(payload).encode() for payload in payloads))
            wanted = expected(payloads)

            def assert_it() -> None:
                with contextlib.suppress(AssertionError):
                    mock.assert_sequence(wanted, any_order=any_order)

            return steps(assert_it)

        assert taken(100) < 12 * taken(10)

    @pytest.mark.parametrize("any_order", [False, True], ids=["in order", "any order"])
    def test_each_body_is_decoded_once(self, any_order: bool, monkeypatch: pytest.MonkeyPatch):
        payloads = [{"id": n, "text": "x" * 1_000} for n in range(40)]
        mock = mock_with(*(json.dumps(payload).encode() for payload in payloads))
        decoded = []
        decode = type(mock.invocations[0]._details).decoded
        monkeypatch.setattr(
            "pytest_invokeasync.recording.invocations.Details.decoded",
            lambda details: decoded.append(details.number) or decode(details),
        )

        with pytest.raises(AssertionError):
            mock.assert_sequence(one_field_wrong(payloads), any_order=any_order)

        # And once more each of the last twenty, for the list of what was recorded.
        assert len(decoded) == 40 + 20
