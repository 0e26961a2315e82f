"""Bodies that nobody thought of, judged by a second parser."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st
from second_json import depth_of, values_of
from test_json_text import Way, both_ways, judged

from pytest_invokeasync.json_text import decode

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)
SCRAPS = st.sampled_from(
    [
        *(b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b'"a"', b'"a":', b"\\u", b"d800", b" "),
        *(b"\n", b"\t", b"0", b"1", b"-", b".", b"e", b"+", b"true", b"null", b"NaN", b"Infinity"),
        *(b"\x00", b"\x1f", b"\xc3", b"\xa9", b"\xef\xbb\xbf", b"\xff", b"[]", b"{}", b"\x0c"),
    ]
)
# What opens a level, and what closes it.
LEVELS = st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b"[[],", b"]"), (b'{"]":"{","":', b"}")])


@st.composite
def damaged(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """A body with one place cut, doubled, or overwritten."""
    body = draw(bodies)
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(start + 3, len(body))))
    return body[:start] + draw(SCRAPS | st.just(b"") | st.just(body[start:end] * 2)) + body[end:]


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """What Python's json writes."""
    ascii_only, indent = draw(st.booleans()), draw(st.sampled_from([None, 0, 1]))
    return json.dumps(draw(VALUES), ensure_ascii=ascii_only, indent=indent).encode()


@st.composite
def nested(draw: st.DrawFn) -> bytes:
    """Arrays and objects in each other, about as deep as is allowed."""
    runs = draw(st.lists(st.tuples(LEVELS, st.integers(1, 600)), min_size=1, max_size=4))
    last, _ = runs[-1]
    missing = max(0, draw(st.integers(997, 1_003)) - sum(count for _, count in runs))
    body = draw(st.sampled_from([b"1", b'"[["', b"[]", b"{}", b""]))
    for (opening, closing), count in [*reversed(runs), (last, missing)]:
        body = opening * count + body + closing * count
    return body


@both_ways
@given(value=VALUES, ascii_only=st.booleans(), indent=st.none() | st.integers(0, 2))
def test_what_json_writes_is_read_back(
    way: Way, value: object, ascii_only: bool, indent: int | None
) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    with way():
        assert repr(decode(body)) == repr(value)


@both_ways
@given(body=damaged(written()) | st.lists(SCRAPS, max_size=9).map(b"".join) | st.binary(max_size=6))
@example(body=b"-Infinity")
@example(body=rb'"\ud800"')
def test_json_and_what_only_looks_like_it(way: Way, body: bytes) -> None:
    with way():
        assert repr(judged(body)) == repr(values_of(body))


@both_ways
@given(body=nested() | damaged(nested()))
def test_depth_and_nothing_else_is_refused_beyond(way: Way, body: bytes) -> None:
    depth = depth_of(body)
    with way():
        assert bool(judged(body)) == (depth is not None and depth <= 1_000)
