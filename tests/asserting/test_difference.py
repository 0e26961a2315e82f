"""What a failed assertion on a payload says: where it differs, and how."""

from __future__ import annotations

import ast
import copy
import json
import math
import re
import time
from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar
from unittest.mock import ANY

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_invokeasync.asserting.difference import (
    MISSING,
    Difference,
    count_differences,
    differences,
    explain,
)
from pytest_invokeasync.scripting.comparing import includes
from pytest_invokeasync.showing import show


class Partial:  # noqa: PLW1641 (matchers need no hash)
    """A matcher like dirty-equals' IsPartialDict."""

    def __init__(self, **items: object) -> None:
        self.items = items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and all(
            key in other and value == other[key] for key, value in self.items.items()
        )

    def __repr__(self) -> str:
        return f"Partial({', '.join(f'{key}={value!r}' for key, value in self.items.items())})"


class Broken:  # noqa: PLW1641 (matchers need no hash)
    """A matcher with a bug, which cannot even be shown."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError("a bug")

    def __repr__(self) -> str:
        raise RuntimeError("another bug")


def nested(depth: int, core: object) -> object:
    for _ in range(depth):
        core = [core]
    return core


def order(**changes: object) -> dict[str, object]:
    return {
        "id": 42,
        "customer": {"name": "Ann", "e-mail": "ann@example.com"},
        "items": [{"sku": "tea", "price": 12.5}, {"sku": "mug", "price": 8}],
        **changes,
    }


class TestExplain:
    """The lines to print."""

    def test_nothing_to_say_about_equal_payloads(self) -> None:
        assert explain(order(), order()) == []

    def test_a_deep_difference_is_one_line_with_the_path_and_both_values(self) -> None:
        recorded = order(items=[{"sku": "tea", "price": 13}, {"sku": "mug", "price": 8}])
        assert explain(order(), recorded) == ["$.items[0].price: expected 12.5, recorded 13"]

    def test_a_missing_and_an_unexpected_key(self) -> None:
        recorded = order(note="x")
        del recorded["id"]
        assert explain(order(), recorded) == [
            "$.id: expected 42, missing",
            "$.note: not expected, recorded 'x'",
        ]

    def test_the_differences_come_in_the_order_of_the_expected_payload(self) -> None:
        recorded = {"c": 1, "new": 0, "b": {"y": 1, "x": 1}, "a": 1}
        assert explain({"a": 0, "b": {"x": 0, "y": 0}, "c": 0}, recorded) == [
            "$.a: expected 0, recorded 1",
            "$.b.x: expected 0, recorded 1",
            "$.b.y: expected 0, recorded 1",
            "$.c: expected 0, recorded 1",
            "$.new: not expected, recorded 0",
        ]

    def test_the_whole_payload_is_a_dollar_sign(self) -> None:
        assert explain({"id": 42}, None) == ["$: expected {'id': 42}, recorded None"]

    def test_other_words_for_the_two_sides(self) -> None:
        expected, recorded = {"id": 42, "a": 1}, {"id": 43, "b": 2}
        assert explain(expected, recorded, expected_word="scripted", recorded_word="sent") == [
            "$.id: scripted 42, sent 43",
            "$.a: scripted 1, missing",
            "$.b: not scripted, sent 2",
        ]

    def test_what_does_not_fit_in_100_columns_goes_on_three_lines(self) -> None:
        line = "$.a: expected '', recorded ''"
        a, b = "x" * (50 - 15), "y" * (50 - 14)
        assert len(line + a + b) == 100
        assert explain({"a": a}, {"a": b}) == [f"$.a: expected '{a}', recorded '{b}'"]
        assert explain({"a": a + "x"}, {"a": b}) == [
            "$.a:",
            f"  expected '{a}x'",
            f"  recorded '{b}'",
        ]

    def test_a_large_missing_part_is_shortened(self) -> None:
        assert explain({"numbers": list(range(1000))}, {}) == [
            "$.numbers:",
            "  expected [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,"
            "…(4,766 characters left out)…"
            "7, 988, 989, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999]",
            "  missing",
        ]

    def test_a_large_unexpected_part_is_shortened(self) -> None:
        assert explain({}, {"text": "x" * 1000}) == [
            "$.text:",
            "  not expected",
            f"  recorded '{'x' * 61}…(878 characters left out)…{'x' * 61}'",
        ]

    def test_long_strings_are_shown_where_they_part(self) -> None:
        start, end = "0123456789" * 500, "abcdefghij" * 500
        assert explain({"body": f"{start}X{end}"}, {"body": f"{start}Y{end}"}) == [
            "$.body:",
            "  expected …'01234567890123456789Xabcdefghijabcdefghijabcdefghi'…",
            "  recorded …'01234567890123456789Yabcdefghijabcdefghijabcdefghi'…",
            "  first difference at index 5000",
        ]

    def test_a_long_string_cut_short_shows_its_end(self) -> None:
        text = "0123456789" * 50
        assert explain(text, text[:-3]) == [
            "$:",
            "  expected …'78901234567890123456789'",
            "  recorded …'78901234567890123456'",
            "  first difference at index 497",
        ]

    def test_a_difference_so_near_the_end_that_all_of_the_rest_is_shown(self) -> None:
        start, end = "x" * 200, "y" * 29
        assert explain(f"{start}A{end}", f"{start}B{end}") == [
            "$:",
            f"  expected …'{'x' * 20}A{end}'",
            f"  recorded …'{'x' * 20}B{end}'",
            "  first difference at index 200",
        ]

    def test_strings_that_just_fit_are_shown_whole(self) -> None:
        start = "x" * 157  # and another character, and the quotes
        assert explain(f"{start}A", f"{start}B") == [
            "$:",
            f"  expected '{start}A'",
            f"  recorded '{start}B'",
        ]

    def test_a_long_string_in_place_of_a_short_one(self) -> None:
        assert explain("ok", "Traceback (most recent call last):" * 9) == [
            "$: expected 'ok', recorded 'Traceback (most recent call la'…, "
            "first difference at index 0"
        ]

    def test_a_short_string_in_place_of_a_long_one(self) -> None:
        assert explain("Traceback (most recent call last):" * 9, "ok") == [
            "$: expected 'Traceback (most recent call la'…, recorded 'ok', "
            "first difference at index 0"
        ]

    def test_a_string_that_is_long_only_when_escaped(self) -> None:
        assert explain("\0" * 50 + "a", "\0" * 50 + "b") == [
            "$:",
            f"  expected …'{chr(92)}x00{(chr(92) + 'x00') * 19}a'",
            f"  recorded …'{chr(92)}x00{(chr(92) + 'x00') * 19}b'",
            "  first difference at index 50",
        ]

    def test_types_are_named_where_the_texts_are_the_same(self) -> None:
        class Money(Decimal):
            def __repr__(self) -> str:
                return str(self)

        assert explain({"price": Money("12")}, {"price": 13}) == [
            "$.price: expected 12, recorded 13"
        ]
        assert explain({"price": Money("0.1")}, {"price": 0.1}) == [
            "$.price: expected 0.1 (Money), recorded 0.1 (float)"
        ]

    @pytest.mark.parametrize(
        ("expected", "recorded", "line"),
        [
            (1, "1", "$: expected 1, recorded '1'"),
            (1, 1.5, "$: expected 1, recorded 1.5"),
            (None, "None", "$: expected None, recorded 'None'"),
            ((1, 2), [1, 2], "$: expected (1, 2), recorded [1, 2]"),
        ],
    )
    def test_a_repr_tells_most_types_apart(
        self, expected: object, recorded: object, line: str
    ) -> None:
        assert explain(expected, recorded) == [line]

    def test_nan_is_said_to_look_alike(self) -> None:
        assert explain(math.nan, math.nan) == [
            "$: expected nan, recorded nan, not equal, though they look alike"
        ]

    def test_a_matcher_is_shown_as_it_shows_itself(self) -> None:
        expected = {"order": Partial(id=42), "price": pytest.approx(12.5), "at": ANY}
        assert explain(expected, {"order": {"id": 43, "x": 1}, "price": 13, "at": 1}) == [
            "$.order: expected Partial(id=42), recorded {'id': 43, 'x': 1}",
            "$.price: expected 12.5 ± 1.2e-05, recorded 13",
        ]

    def test_a_matcher_that_raises_is_told(self) -> None:
        assert explain({"a": {"b": Broken()}}, {"a": {"b": 1}}) == [
            "$.a.b:",
            "  expected <unprintable Broken object>",
            "  recorded 1",
            "  comparing them raised ZeroDivisionError('a bug')",
        ]

    def test_many_differences_are_counted(self) -> None:
        expected, recorded = list(range(15)), list(range(1, 16))
        assert explain(expected, recorded, max_lines=3) == [
            "$[0]: expected 0, recorded 1",
            "$[1]: expected 1, recorded 2",
            "… and 13 more differences",
        ]
        assert explain(expected[:3], recorded[:3], max_lines=3) == [
            "$[0]: expected 0, recorded 1",
            "$[1]: expected 1, recorded 2",
            "$[2]: expected 2, recorded 3",
        ]

    def test_twenty_lines_unless_told_otherwise(self) -> None:
        assert len(explain(list(range(20)), list(range(1, 21)))) == 20
        told = explain(list(range(21)), list(range(1, 22)))
        assert len(told) == 20
        assert told[-1] == "… and 2 more differences"

    def test_a_difference_is_told_whole_or_not_at_all(self) -> None:
        long = "x" * 100
        assert explain([0, long], [1, None], max_lines=3) == [
            "$[0]: expected 0, recorded 1",
            "… and 1 more difference",
        ]

    def test_the_first_difference_is_always_told(self) -> None:
        assert len(explain(["x" * 100, 0], ["y" * 100, 1], max_lines=1)) == 4

    def test_a_thousand_differences_are_enough(self) -> None:
        zeros, ones = [0] * 5000, [1] * 5000
        assert explain(zeros, ones)[-1] == "… and at least 981 more differences"

    def test_a_long_path_is_shortened(self) -> None:
        (first, *_) = explain(nested(100, 0), nested(100, 1))
        assert first == (
            f"{('$' + '[0]' * 100)[:62]}…(177 characters left out)…{('[0]' * 100)[-62:]}:"
        )

    def test_a_document_too_deep_to_compare(self) -> None:
        told = explain(nested(1_200, {"a": 1}), nested(1_200, {"a": 2}))
        assert told[0].endswith("[0][0][0].a:")
        assert told[1:] == ["  expected 1", "  recorded 2"]


class TestDifferences:
    """The differences as data."""

    def test_a_difference_names_the_path_and_both_values(self) -> None:
        assert differences({"a": [{"b": 1}]}, {"a": [{"b": 2}]}) == [
            Difference("$.a[0].b", expected=1, recorded=2)
        ]

    @pytest.mark.parametrize(
        ("key", "path"),
        [
            ("price", "$.price"),
            ("größe", "$.größe"),
            ("unit price", "$['unit price']"),
            ("it's", '$["it\'s"]'),
            ("", "$['']"),
            ("1", "$['1']"),
            ("a.b", "$['a.b']"),
            ("\ud800\n", r"$['\ud800\n']"),
            ("k" * 100, f"$.{'k' * 100}"),
            ("k" * 101, f"$['{'k' * 101}']"),
            ("k" * 1000, f"$['{'k' * 61}…(878 characters left out)…{'k' * 61}']"),
            (1, "$[1]"),
        ],
    )
    def test_paths_read_like_python(self, key: object, path: str) -> None:
        assert [difference.path for difference in differences({key: 1}, {key: 2})] == [path]

    def test_what_only_one_side_has_is_missing_on_the_other(self) -> None:
        assert differences({"a": None}, {"b": None}) == [
            Difference("$.a", None, MISSING),
            Difference("$.b", MISSING, None),
        ]
        assert repr(MISSING) == "MISSING"

    def test_a_key_must_be_there_even_for_a_matcher_that_takes_anything(self) -> None:
        assert differences({"a": ANY}, {"a": None}) == []
        (difference,) = differences({"a": ANY}, {})
        assert difference.expected is ANY
        assert difference.recorded is MISSING

    @pytest.mark.parametrize(
        ("expected", "recorded", "found"),
        [
            ("abc", "xabc", [("$[0]", MISSING, "x")]),
            ("abc", "axbc", [("$[1]", MISSING, "x")]),
            ("abc", "abcx", [("$[3]", MISSING, "x")]),
            ("xabc", "abc", [("$[0]", "x", MISSING)]),
            ("abcx", "abc", [("$[3]", "x", MISSING)]),
            ("aab", "aaab", [("$[2]", MISSING, "a")]),
            ("abc", "a", [("$[1]", "b", MISSING), ("$[2]", "c", MISSING)]),
            ("abc", "aXYc", [("$[1]", "b", "X"), ("$[2]", MISSING, "Y")]),
            ("abc", "bca", [("$[0]", "a", "b"), ("$[1]", "b", "c"), ("$[2]", "c", "a")]),
            ("", "a", [("$[0]", MISSING, "a")]),
        ],
    )
    def test_an_element_too_many_does_not_shift_the_others(
        self, expected: str, recorded: str, found: list[tuple[str, object, object]]
    ) -> None:
        assert differences(list(expected), list(recorded)) == [Difference(*each) for each in found]

    def test_elements_are_aligned_by_what_matchers_say(self) -> None:
        expected = [Partial(id=1), Partial(id=2)]
        recorded = [{"id": 0}, {"id": 1, "x": 0}, {"id": 2, "x": 0}]
        assert differences(expected, recorded) == [Difference("$[0]", MISSING, {"id": 0})]

    def test_matchers_are_asked_first(self) -> None:
        class Stubborn:  # noqa: PLW1641 (matchers need no hash)
            def __eq__(self, other: object) -> bool:
                return False

        assert differences([ANY], [Stubborn()]) == []
        assert len(differences([Stubborn()], [ANY])) == 1

    def test_equality_is_that_of_python(self) -> None:
        assert differences(1, True) == []
        assert differences({"a": [1, 0.0]}, {"a": [1.0, False]}) == []
        assert differences({1: "a"}, {"1": "a"}) == [
            Difference("$[1]", "a", MISSING),
            Difference("$['1']", MISSING, "a"),
        ]

    def test_only_plain_dicts_and_lists_are_walked(self) -> None:
        assert differences(OrderedDict(a=1), {"a": 1}) == []
        assert differences({"a": OrderedDict(b=1)}, {"a": {"b": 2}}) == [
            Difference("$.a", OrderedDict(b=1), {"b": 2})
        ]
        assert differences([1], (1,)) == [Difference("$", [1], (1,))]
        assert differences((1, 2), [1, 3]) == [Difference("$", (1, 2), [1, 3])]

    def test_a_payload_with_the_very_same_nan_is_included(self) -> None:
        whole = {"a": None, "b": math.nan}
        assert includes({"b": whole["b"]}, whole)

    def test_the_very_same_nan_is_equal_inside_a_document_only(self) -> None:
        assert len(differences(math.nan, math.nan)) == 1
        assert differences([math.nan], [math.nan]) == []
        assert differences([math.nan, 1], [math.nan, 2]) == [Difference("$[1]", 1, 2)]
        assert differences([1, math.nan], [math.nan]) == [Difference("$[0]", 1, MISSING)]
        assert len(differences([math.nan], [float("nan")])) == 1

    def test_no_more_than_the_limit(self) -> None:
        assert len(differences([0] * 2000, [1] * 2000)) == 1000
        assert len(differences([0] * 2000, [1] * 2000, limit=3)) == 3

    def test_a_comparison_that_raises_is_a_difference(self) -> None:
        broken = Broken()
        (first, second) = differences({"a": broken, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 2})
        assert (first.path, first.expected, first.recorded) == ("$.a", broken, 1)
        assert first.raised == "ZeroDivisionError('a bug')"
        assert second == Difference("$.c", 1, 2)

    def test_a_result_that_has_no_truth_is_a_difference(self) -> None:
        class Array:  # noqa: PLW1641 (matchers need no hash)
            def __eq__(self, other: object) -> Any:
                return self

            def __bool__(self) -> bool:
                raise ValueError("ambiguous")

        (difference,) = differences(Array(), 1)
        assert difference.raised == "ValueError('ambiguous')"

    def test_a_key_that_cannot_be_compared_is_a_difference_of_the_whole(self) -> None:
        class Key:
            def __hash__(self) -> int:
                return hash("a")

            def __eq__(self, other: object) -> bool:
                raise ZeroDivisionError

        (difference,) = differences([{Key(): 1}], [{"a": 1}])
        assert difference.path == "$[0]"
        assert difference.raised == "ZeroDivisionError()"

    @pytest.fixture
    def shallow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Less depth is looked into: it takes time, and under the measuring of coverage much."""
        for module in ("asserting.difference", "scripting.comparing"):
            monkeypatch.setattr(f"pytest_invokeasync.{module}.DEEPEST", 100)

    @pytest.mark.usefixtures("shallow")
    def test_equal_documents_too_deep_to_compare_are_told_as_such(self) -> None:
        depth = 100_000  # beyond what any Python compares
        (difference,) = differences(nested(depth, 1), nested(depth, 1))
        assert difference.raised.startswith("RecursionError(")

    @pytest.mark.usefixtures("shallow")
    def test_documents_that_contain_themselves_come_to_an_end(self) -> None:
        one: list[object] = []
        one.append(one)
        other: list[object] = []
        other.append(other)
        (difference,) = differences(one, other)
        assert difference.raised.startswith("RecursionError(")

    def test_nothing_is_changed(self) -> None:
        expected, recorded = order(a=[1, 2]), order(a=[2])
        before = copy.deepcopy((expected, recorded))
        explain(expected, recorded)
        count_differences(expected, recorded)
        assert (expected, recorded) == before


class TestAPart:
    """Where a part of a payload is expected."""

    WHOLE: ClassVar = {
        "id": 42,
        "customer": {"name": "Ann", "city": "Springfield"},
        "lines": [{"sku": "tea", "count": 1}, {"sku": "milk", "count": 2}],
    }

    def test_what_was_not_asked_for_is_no_difference(self) -> None:
        part = {"customer": {"name": "Ann"}, "lines": [{"sku": "tea"}, {}]}

        assert differences(part, self.WHOLE, partly=True) == []
        assert explain(part, self.WHOLE, partly=True) == []
        assert count_differences(part, self.WHOLE, partly=True) == 0

    def test_the_path_that_differs_is_told(self) -> None:
        part = {
            "id": 42,
            "customer": MappingProxyType({"name": "Bob", "street": ANY}),
            "lines": [{"sku": "tea"}, {"count": 3}],
        }

        assert explain(part, self.WHOLE, partly=True) == [
            "$.customer.name: expected 'Bob', recorded 'Ann'",
            "$.customer.street: expected <ANY>, missing",
            "$.lines[1].count: expected 3, recorded 2",
        ]
        assert count_differences(part, self.WHOLE, partly=True) == 3

    def test_of_a_list_every_element_is_asked_for(self) -> None:
        assert explain({"lines": [{"sku": "milk"}]}, self.WHOLE, partly=True) == [
            "$.lines[0]: not expected, recorded {'sku': 'tea', 'count': 1}"
        ]

    @given(st.deferred(lambda: alike), st.deferred(lambda: alike))
    def test_there_are_differences_if_and_only_if_it_is_not_included(
        self, part: Any, whole: Any
    ) -> None:
        included = includes(part, whole)

        assert (differences(part, whole, partly=True) == []) is included
        assert (explain(part, whole, partly=True) == []) is included
        assert included or part != whole

    @given(st.deferred(lambda: alike))
    def test_what_is_left_of_a_payload_is_included_in_it(self, whole: Any) -> None:
        assert includes(left_of(whole), whole)


def left_of(document: Any) -> Any:
    """The same without the first key of each dict."""
    if isinstance(document, dict):
        return {key: left_of(document[key]) for key in [*document][1:]}
    return [left_of(item) for item in document] if isinstance(document, list) else document


class TestCountDifferences:
    """How far a payload is from the expected one."""

    def test_each_other_value_counts(self) -> None:
        assert count_differences(order(), order()) == 0
        assert count_differences(order(), order(id=43)) == 1
        assert count_differences(order(), order(id=43, items=[])) == 1 + 6

    @pytest.mark.parametrize("other", [None, "text", [], {}])
    def test_something_else_altogether_is_farther_than_other_values(self, other: object) -> None:
        assert count_differences(order(), order(id=0, note="x")) == 2
        assert count_differences(order(), other) > 2

    def test_it_ends_at_a_thousand(self) -> None:
        assert count_differences([0] * 999, [1] * 999) == 999
        assert count_differences([0] * 5000, [1] * 5000) == 1000
        assert count_differences(None, [[0] * 600] * 600) == 1000
        assert count_differences([1, 2], [[0] * 600, [0] * 600]) == 1000
        endless: list[object] = []
        endless.append(endless)
        assert count_differences(endless, None) == 1000


class TestShow:
    """One value on one line."""

    @pytest.mark.parametrize(
        "value", [None, True, 42, -1.5, "it's", "größe", [], {"a": [1, {"b": None}]}]
    )
    def test_json_data_can_be_pasted_into_a_test(self, value: object) -> None:
        assert show(value) == repr(value)

    def test_a_long_text_is_shortened_in_the_middle(self) -> None:
        text = "".join(map(str, range(1000)))
        assert show(text, limit=60) == "'01234567891…(2,868 characters left out)…96997998999'"
        assert show([text], limit=60) == "['0123456789…(2,870 characters left out)…6997998999']"

    @pytest.mark.parametrize("length", [158, 159, 320, 321, 10_000, 1_000_000])
    @pytest.mark.parametrize("wrap", [str, lambda text: [text]])
    def test_the_count_is_right(self, wrap: Any, length: int) -> None:
        value = wrap("x" * length)
        shown, whole = show(value), repr(value)
        assert len(shown) <= 160
        if len(whole) <= 160:
            assert shown == whole
        else:
            match = re.fullmatch(r"(.*)…\(([\d,]+) characters left out\)…(.*)", shown)
            assert match is not None
            start, count, end = match.groups()
            assert whole.startswith(start)
            assert whole.endswith(end)
            assert len(start) + int(count.replace(",", "")) + len(end) == len(whole)

    def test_a_limit_too_small_for_the_count_means_40(self) -> None:
        assert show("x" * 100, limit=0) == "'x…(98 characters left out)…x'"

    def test_lone_surrogates_and_line_ends_are_escaped(self) -> None:
        assert show({"a": "\ud800\n"}) == r"{'a': '\ud800\n'}"

    def test_another_object_too_takes_one_printable_line(self) -> None:
        class Table:
            def __repr__(self) -> str:
                return "a \x1b[1mb\x1b[0m\nc \ud800"

        assert show([Table()]) == r"[a \x1b[1mb\x1b[0m\nc \ud800]"

    def test_a_long_int_is_shown_in_hexadecimal(self) -> None:
        # So it can be pasted, too: Python refuses to read or write 4,301 decimal digits.
        assert show({"n": 16**5000}, limit=60) == (
            "{'n': 0x1000…(4,986 characters left out)…00000000000}"
        )
        assert show([16**5000], limit=10_000) == f"[0x1{'0' * 5000}]"

    def test_a_deep_document_is_shown_from_outside(self) -> None:
        depth = 100_000  # beyond what any Python shows
        assert show(nested(depth, 1)) == "[" * 20 + "[…]" + "]" * 20
        document: object = 1
        for _ in range(depth):
            document = {"a": document}
        assert show(document, limit=200) == "{'a': " * 20 + "{…}" + "}" * 20

    def test_an_object_without_repr_does_not_hide_the_others(self) -> None:
        document = {"a": [Broken(), 1], "b": 2}
        assert show(document) == "{'a': [<unprintable Broken object>, 1], 'b': 2}"

    def test_a_very_long_string_is_not_written_out_to_be_shortened(self) -> None:
        text = "x" * 20_000_000
        start = time.thread_time()
        repr(text)
        written = time.thread_time()
        shown = show(text)
        assert (time.thread_time() - written) * 10 < written - start
        assert "…(19,999,878 characters left out)…" in shown


# Few keys and values, so that two documents often have much in common.
alike = st.recursive(
    st.sampled_from([None, True, 1, 1.0, 0, "", "1", math.nan]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b c", "['"]), inner, max_size=3)
    ),
)
# Anything that json.loads() can return.
text = st.text(st.characters())
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
)
pairs = (
    st.tuples(alike, alike)
    | st.tuples(anything, anything)
    | anything.map(lambda document: (document, json.loads(json.dumps(document))))
)


def resolve(document: Any, path: str) -> Any:
    """What a path names."""
    steps = re.compile(r"""\.([^.\[]+)|\[(\d+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]""")
    assert path[0] == "$"
    place = 1
    while place < len(path):
        step = steps.match(path, place)
        assert step is not None
        document = document[step[1] if step[1] else ast.literal_eval(step[2])]
        place = step.end()
    return document


class TestAnyTwoPayloads:
    """What holds for all of them."""

    @given(pairs)
    @settings(deadline=None)
    @example(([0, 1, 2], [1, 2]))
    def test_there_are_differences_if_and_only_if_they_are_unequal(
        self, pair: tuple[Any, Any]
    ) -> None:
        expected, recorded = pair
        equal = bool(expected == recorded)
        assert (differences(expected, recorded) == []) is equal
        assert (explain(expected, recorded) == []) is equal
        assert (count_differences(expected, recorded) == 0) is equal

    @given(pairs)
    @settings(deadline=None)
    def test_every_path_leads_to_the_values_told(self, pair: tuple[Any, Any]) -> None:
        expected, recorded = pair
        for difference in differences(expected, recorded):
            sides = [(expected, difference.expected), (recorded, difference.recorded)]
            present = [(document, value) for document, value in sides if value is not MISSING]
            assert present
            for document, value in present:
                assert resolve(document, difference.path) is value

    @given(pairs, st.integers(min_value=5, max_value=20))
    @settings(deadline=None)
    def test_the_lines_are_few_short_and_printable(
        self, pair: tuple[Any, Any], max_lines: int
    ) -> None:
        lines = explain(*pair, max_lines=max_lines)
        assert len(lines) <= max_lines
        for line in lines:
            assert line.isprintable()
            assert len(line) <= 200

    @given(anything, st.integers(min_value=40, max_value=200))
    @settings(deadline=None)
    def test_a_value_is_shown_on_one_printable_line(self, value: Any, limit: int) -> None:
        shown = show(value, limit)
        assert shown.isprintable()
        assert len(shown) <= limit
        assert shown == repr(value) or "characters left out" in shown
