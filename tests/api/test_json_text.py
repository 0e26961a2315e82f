"""Bodies: one JSON text as RFC 8259 has it, whatever Python's json would say."""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from pytest_invokeasync.api import json_text
from pytest_invokeasync.api.json_text import NotJson, decode


class OutOfStack(json.JSONDecoder):
    """As json is where the stack is nearly used up: it reads a number, but no document."""

    def decode(self, *_: Any, **__: Any) -> Any:
        raise RecursionError


@contextmanager
def without_stack() -> Iterator[None]:
    """Has every document decoded the way that is meant for deep ones."""
    decoder = OutOfStack(
        parse_constant=json_text._refuse_constant, parse_int=json_text._make_number
    )
    with (
        patch.object(json_text, "_QUICK", decoder),
        patch.object(json_text, "_CAREFUL", decoder),
    ):
        yield


both_ways = pytest.mark.parametrize(
    "way", [nullcontext, without_stack], ids=["quick", "without-stack"]
)
Way = Callable[[], Any]


def why_not(body: bytes) -> str:
    with pytest.raises(NotJson) as caught:
        decode(body)
    return str(caught.value)


def judged(body: bytes) -> list[object]:
    try:
        return [decode(body)]
    except NotJson:
        return []


@both_ways
class TestAccepted:
    @pytest.mark.parametrize(
        ("body", "value"),
        [
            (b"{}", {}),
            (b"[]", []),
            (b'""', ""),
            (b"0", 0),
            (b"null", None),
            (b"true", True),
            (b"false", False),
            (b' \t\r\n{ "a" : [ 1 , 2.5 , { } , [ ] ] }\n', {"a": [1, 2.5, {}, []]}),
            ('"é\u2028🎈\x7f"'.encode(), "é\u2028🎈\x7f"),
            (rb'"\"\\\/\b\f\n\r\t\u00e9\ud83c\udf88"', '"\\/\b\f\n\r\té🎈'),
            (rb'["\\", "]", "[{", "\"}"]', ["\\", "]", "[{", '"}']),
            (b'{"a": {"b": [{"c": null}]}, "d": 1}', {"a": {"b": [{"c": None}]}, "d": 1}),
            (b'"NaN"', "NaN"),
        ],
    )
    def test_one_json_text(self, way: Way, body: bytes, value: object) -> None:
        with way():
            assert repr(decode(body)) == repr(value)

    def test_of_duplicate_keys_the_last_one_counts(self, way: Way) -> None:
        with way():
            assert decode(b'{"a": 1, "b": 2, "a": [3]}') == {"a": [3], "b": 2}

    def test_an_escaped_lone_surrogate(self, way: Way) -> None:
        with way():
            assert decode(rb'["\ud800", "\udc00\ud800"]') == ["\ud800", "\udc00\ud800"]

    @pytest.mark.parametrize(
        ("body", "value"),
        [
            (b"-0", 0),
            (b"-0.0", -0.0),
            (b"1E+2", 100.0),
            (b"1e400", math.inf),
            (b"-1e99999999999999999999", -math.inf),
            (b"1e-99999999999999999999", 0.0),
            (b"0." + b"3" * 10_000, 1 / 3),
        ],
    )
    def test_any_number(self, way: Way, body: bytes, value: float) -> None:
        with way():
            assert repr(decode(body)) == repr(value)

    @pytest.mark.parametrize("sign", [1, -1])
    @pytest.mark.parametrize("digits", [639, 640, 641, 1280, 1281, 4_300, 4_301, 10_000, 100_001])
    def test_an_int_of_any_length(self, way: Way, digits: int, sign: int) -> None:
        number = sign * (10**digits // 7)  # 142857142857…
        text = ("-" if sign < 0 else "") + ("142857" * digits)[:digits]
        with way():
            alone = decode(text.encode())
            inside = decode(b'[0, {"n": ' + text.encode() + b"}, 1]")
        # Compared first: pytest cannot show such numbers.
        assert type(alone) is int
        assert (alone == number, inside == [0, {"n": number}, 1]) == (True, True)

    @pytest.mark.parametrize(
        ("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[[],{"a":', b"}]")]
    )
    def test_a_thousand_levels(self, way: Way, opening: bytes, closing: bytes) -> None:
        levels = 1_000 // (opening.count(b"{") + opening.startswith(b"["))
        with way():
            value = decode(opening * levels + b"1" + closing * levels)
        depth = 0
        while isinstance(value, (list, dict)):
            value = list(value.values() if isinstance(value, dict) else value)[-1]
            depth += 1
        assert (depth, value) == (1_000, 1)


@both_ways
class TestRefused:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b" \n",
            b"\xef\xbb\xbf{}",
            '"utf-16"'.encode("utf-16"),
            '"utf-16"'.encode("utf-16-le"),
            '"utf-16"'.encode("utf-16-be"),
            "{}".encode("utf-32"),
            b'"\xff"',
            b'"\xc3"',
            b'"\xc0\x80"',
            b'"\xed\xa0\x80"',
            b'"\xf4\x90\x80\x80"',
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b'["NaN", {"a": NaN}]',
            b"{} {}",
            b"[] x",
            b"{}\x00",
            b"\x00{}",
            b'"\x00"',
            b'"\n"',
            b'"\x1f"',
            b'{"a\tb": 1}',
            b"\xc2\xa0{}",
            b"\x0c{}",
            b"\x1e{}",
            b'"abc',
            rb'"\x"',
            rb'"\u12g4"',
            rb'"\"',
            b"'a'",
            b"[",
            b"[1",
            b"[1,",
            b"[1,]",
            b"[,1]",
            b"[1 2]",
            b"[1}",
            b"]",
            b"{",
            b'{"a"',
            b'{"a" 1}',
            b'{"a":',
            b'{"a":}',
            b'{"a":1',
            b'{"a":1,',
            b'{"a":1,}',
            b'{"a":1]',
            b'{"a":1 "b":2}',
            b"{a:1}",
            b"{1:1}",
            b"{,}",
            b"// no\n{}",
            b"01",
            b"+1",
            b".5",
            b"1.",
            b"1e",
            b"-",
            b"0x10",
            b"1_000",
            "\u0661".encode(),
            b"True",
            b"nul",
            b"nulll",
            b"undefined",
        ],
    )
    def test_anything_else(self, way: Way, body: bytes) -> None:
        with way():
            assert why_not(body)
            assert why_not(b" " * 5_000 + b"0" * 5_000 + body)

    @pytest.mark.parametrize(
        "body",
        [
            b"[" * 1_001 + b"]" * 1_001,
            b'{"a":' * 1_001 + b"1" + b"}" * 1_001,
            b'[{"a":' * 500 + b"[]" + b"}]" * 500,
            b"[[]," * 1_000 + b"[]" + b"]" * 1_000,
            b"[" * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'[{"":' * 100_000,
            b'{"a":[' * 100_000 + b"]}" * 100_000,
            rb'["\\",' + b"[" * 1_000 + b"1" + b"]" * 1_001,
        ],
        ids=range(9),
    )
    def test_more_than_a_thousand_levels(self, way: Way, body: bytes) -> None:
        with way():
            assert why_not(body).startswith("More than 1000 levels of nesting: line 1 column ")

    @pytest.mark.parametrize("first", [rb'"\\"', rb'"\\\""', b'"a"', b'"a","b"', b'"["'])
    def test_however_much_stack_there_is(self, way: Way, first: bytes) -> None:
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(10_000)
        try:
            with way():
                assert why_not(b"[" + first + b"," + b"[" * 1_000 + b"]" * 1_001)
        finally:
            sys.setrecursionlimit(before)

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"", "The body is empty"),
            (b"\xef\xbb\xbf{}", "Unexpected byte order mark (BOM) at byte 0"),
            ("é".encode() + b'"\xff"', "Invalid UTF-8: invalid start byte at byte 3"),
            (b"\n  nope", "Expecting value: line 2 column 3 (char 3)"),
            (b"{} {}", "Extra data: line 1 column 4 (char 3)"),
            (b"[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
            (
                b"{a: 1}",
                "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            (b'{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"),
            (b'"\n"', "Invalid control character at: line 1 column 2 (char 1)"),
            (b'["NaN",\n NaN, NaN]', "NaN is not JSON: line 2 column 2 (char 9)"),
            (
                rb'{"\\\"Infinity\\": ["NaN\\"], "Infinity": Infinity}',
                "Infinity is not JSON: line 1 column 43 (char 42)",
            ),
            (rb'["\\", NaN]', "NaN is not JSON: line 1 column 8 (char 7)"),
            (b"[0, -Infinity]", "-Infinity is not JSON: line 1 column 5 (char 4)"),
        ],
    )
    def test_what_is_wrong_is_told_and_where(self, way: Way, body: bytes, why: str) -> None:
        with way():
            assert why_not(body) == why

    def test_the_place_of_one_level_too_many_is_told(self, way: Way) -> None:
        body = b'"[["'.join([b"[", b",\n" + b"[" * 1_000 + b"1"])
        with way():
            assert why_not(body).endswith(": line 2 column 1000 (char 1006)")


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"[]," * 5_000 + b"1]",
        b"[" + b'{"a": [{"b": {}}]},' * 5_000 + b"1]",
        b'["' + b"[" * 5_000 + b'"]',
        b'["' + rb"\"[{\\" * 5_000 + b'", "]"]',
        b"[" + rb'"\\[", "\"[", "\\\"{", ' * 5_000 + b"1]",
    ],
    ids=range(5),
)
def test_many_brackets_that_do_not_nest_are_left_to_json(body: bytes) -> None:
    with patch.object(json_text, "_decode_without_recursion", side_effect=AssertionError("slow")):
        assert decode(body) == json.loads(body)


# --- Hostile circumstances -----------------------------------------------------------------------


def with_frames_left(frames: int, call: Callable[[], object]) -> object:
    """Calls with the stack used up, but for some frames."""
    used = 0
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        used += 1

    def descend(levels: int) -> object:
        return descend(levels - 1) if levels > 0 else call()

    return descend(sys.getrecursionlimit() - used - frames)


DEEP = b'{"a":[' * 499 + b'"x"' + b"]}" * 499


class TestCircumstances:
    @pytest.mark.parametrize("frames", [25, 100, 500])
    @pytest.mark.parametrize("body", [DEEP, b"[" * 999 + b"1" * 5_000 + b"]" * 999])
    def test_levels_need_none_of_the_stack(self, frames: int, body: bytes) -> None:
        value = with_frames_left(frames, lambda: decode(body))
        while isinstance(value, (list, dict)):
            (value,) = value.values() if isinstance(value, dict) else value
        assert value in ("x", int("1" * 4_000) * 10**1_000 + int("1" * 1_000))

    @pytest.mark.parametrize(
        "body", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b"[" * 900 + b"NaN", b"[" * 900]
    )
    def test_a_refusal_needs_none_of_it_either(self, body: bytes) -> None:
        assert with_frames_left(25, lambda: why_not(body))

    def test_a_raised_recursion_limit_changes_nothing(self) -> None:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(10**8)
        try:
            assert why_not(b"[" * 1_000_000)
            for levels in (1_001, 1_002, 1_003):
                assert why_not(b"[" * levels + b"]" * levels)
                assert why_not(b'{"":' * levels + b"1" + b"}" * levels)
        finally:
            sys.setrecursionlimit(limit)

    def test_the_limits_of_the_process_stay_as_they_are(self) -> None:
        def limits() -> tuple[int, int]:
            digits = getattr(sys, "get_int_max_str_digits", int)
            return sys.getrecursionlimit(), digits()

        before = limits()
        decode(DEEP)
        decode(b"1" * 10_000)
        assert limits() == before

    @pytest.mark.skipif(
        not hasattr(sys, "set_int_max_str_digits"), reason="this Python knows no limit"
    )
    @pytest.mark.parametrize("limit", [640, 0])
    def test_whatever_limit_for_ints_the_user_sets(self, limit: int) -> None:
        before = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(limit)
        try:
            for count in (639, 640, 641, 1_281):
                assert decode(b"-1" + b"0" * count) == -(10**count)
        finally:
            sys.set_int_max_str_digits(before)

    def test_threads(self) -> None:
        bodies = [DEEP, b"[" * 2_000, b"2" * 5_000, b'{"a": 1}']
        expected = [repr(judged(body))[:3_000] for body in bodies[1:2] + bodies[3:]]
        got: list[object] = []

        def work() -> None:
            for _ in range(5):
                deep, too_deep, number, small = (judged(body) for body in bodies)
                got.append([bool(deep), bool(number), repr(too_deep), repr(small)])

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [[True, True, *expected]] * 20


class TestLargeBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b'[{"id": 1, "tags": ["a", "[b]"], "n": null}' + b',{"id": [{}]}' * 50_000 + b"]",
            b'"' + b"[" * 2_000_000 + b'"',
            b'"' + rb"\"\\" * 500_000 + b'"',
            b"[" * 2_000_000,
            b'["' * 1_000_000,
            b"\\" * 2_000_000,
            b"[" + b"1," * 500_000 + b"NaN]",
            b"[" + b'"NaN",' * 200_000 + b"NaN]",
            b"[" + (b"7" * 640 + b",") * 3_000 + b"1]",
            b"[" + (b"7" * 1_000 + b",") * 1_000 + b"1]",
            b"1." + b"7" * 2_000_000,
            b"-" + b"7" * 2_000_000,
            b" " * 2_000_000,
        ],
        ids=range(13),
    )
    def test_are_answered_in_a_moment(self, body: bytes) -> None:
        start = time.thread_time()
        judged(body)
        assert time.thread_time() - start < 5

    def test_a_number_too_long_for_int_arithmetic_is_still_that_number(self) -> None:
        assert decode(b"-1" + b"0" * 1_000_000) == Decimal("-1E1000000")

    def test_within_the_usual_payload_limit_it_is_an_int(self) -> None:
        assert type(decode(b"1" * 262_144)) is int

    @pytest.mark.parametrize("digit", "123456789")
    def test_whatever_its_digits(self, digit: str) -> None:
        assert decode(digit.encode() * 5_000) == int(digit) * (10**5_000 // 9)
