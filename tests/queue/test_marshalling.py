"""A handler's result as JSON: what Lambda's Python runtime takes, and what it does not."""

from __future__ import annotations

import collections
import datetime
import enum
import json
import math
import warnings
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_invokeasync.queue.marshalling import NotSerializable, marshal

Point = collections.namedtuple("Point", "x y")


class Colour(enum.IntEnum):
    RED = 1


class Name(str):
    pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_json_comes_back_as_it_was(value):
    assert json.loads(marshal(value)) == value


@pytest.mark.parametrize(
    ("result", "sent"),
    [
        (None, "null"),
        (True, "true"),
        ({}, "{}"),
        ([], "[]"),
        ((), "[]"),
        ({"a": 1, "b": [True, None]}, '{"a": 1, "b": [true, null]}'),
        ("é", '"\\u00e9"'),
        ("\ud800", '"\\ud800"'),
        (Decimal("1.10"), "1.10"),
        ({"price": Decimal("10")}, '{"price": 10}'),
        (Decimal("NaN"), "NaN"),
        (math.nan, "NaN"),
        ([math.inf, -math.inf], "[Infinity, -Infinity]"),
        ({"raw": b"\xc3\xa9"}, '{"raw": "\\u00e9"}'),
        ({1: "a", 2.5: "b", None: "c", b"d": "e"}, '{"1": "a", "2.5": "b", "null": "c", "d": "e"}'),
        ({True: 1, False: 0}, '{"true": 1, "false": 0}'),
        (Point(1, (2,)), '{"x": 1, "y": [2]}'),
        (Colour.RED, "1"),
        (Name("x"), '"x"'),
        (collections.OrderedDict(a=1), '{"a": 1}'),
    ],
    ids=repr,
)
def test_what_the_runtime_takes(result, sent):
    assert marshal(result).decode() == sent


def test_bytes_are_sent_as_they_are():
    assert marshal(b"\x00\xff") == b"\x00\xff"


async def coroutine():
    pass


def circular():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({1}, "Object of type set is not JSON serializable"),
        ({"at": datetime.datetime(2026, 1, 1)}, "Object of type datetime is not JSON serializable"),
        ([object()], "Object of type object is not JSON serializable"),
        (range(2), "Object of type range is not JSON serializable"),
        ({(1, 2): 3}, "keys must be str, int, float, bool or None, not tuple"),
        ({Decimal(1): 3}, "keys must be str, int, float, bool or None, not Decimal"),
        ({"raw": b"\xff"}, "'utf-8' codec can't decode byte 0xff in position 0: "),
        (circular(), "Circular reference detected"),
    ],
    ids=["set", "datetime", "object", "range", "tuple key", "decimal key", "bytes", "circular"],
)
def test_what_it_does_not_take(result, why):
    with pytest.raises(NotSerializable) as raised:
        marshal(result)

    assert str(raised.value).startswith(why)


def test_the_same_value_twice_is_no_circle():
    part = {"a": 1}

    assert marshal([part, part]) == b'[{"a": 1}, {"a": 1}]'


def test_what_is_too_deep_is_told_too():
    value = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(NotSerializable):
        marshal(value)


@pytest.mark.parametrize("wrapped", [lambda one: one, lambda one: {"later": one}])
def test_a_coroutine_is_refused_and_nobody_hears_that_it_was_never_awaited(wrapped):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(NotSerializable, match="Object of type coroutine is not JSON"):
            marshal(wrapped(coroutine()))

    assert caught == []
