"""Bodies that nobody thought of, judged by a second parser."""

from __future__ import annotations

import json
import string

from hypothesis import example, given
from hypothesis import strategies as st
from second_json import as_characters, depth_of, exactly, values_of
from test_json_text import Way, both_ways, judged

from pytest_invokeasync.api.json_text import decode
from pytest_invokeasync.errors import ErrorSpec

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
# Python's own limits are at 640 and 4,300 digits.
LONG_NUMBERS = st.builds(
    lambda sign, start, period, length: (sign + (start + period * length)[:length]).encode(),
    st.sampled_from(["", "-"]),
    st.sampled_from("123456789"),
    st.text(string.digits, min_size=1, max_size=7),
    st.integers(638, 643) | st.integers(600, 6_000),
)
KEYS = st.sampled_from([b'"a"', b'"b"', rb'"\u0061"'])
# Each key as often as it comes.
DOCUMENTS = st.recursive(
    LONG_NUMBERS
    | st.sampled_from([b"1", b"-0", b"0.0", b"-0.0", b"1E400", b"1e-9", b"true", b"null", b'""'])
    | st.lists(st.sampled_from([rb"\ud83d", rb"\ude00", rb"\\", rb"\"", rb"\n", b"u0041"])).map(
        lambda pieces: b'"' + b"".join(pieces) + b'"'
    ),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda values: b"[" + b",".join(values) + b"]")
        | st.lists(st.tuples(KEYS, inner).map(b": ".join), max_size=4).map(
            lambda pairs: b"{" + b", ".join(pairs) + b"}"
        )
    ),
    max_leaves=8,
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
@given(
    body=DOCUMENTS
    | damaged(DOCUMENTS | written())
    | st.lists(SCRAPS, max_size=9).map(b"".join)
    | st.binary(max_size=6)
)
@example(body=b"-Infinity")
@example(body=rb'"\ud800"')
def test_json_and_what_only_looks_like_it(way: Way, body: bytes) -> None:
    with way():
        assert exactly(judged(body)) == exactly(values_of(body))


@both_ways
@given(body=nested() | damaged(nested()))
def test_depth_and_nothing_else_is_refused_beyond(way: Way, body: bytes) -> None:
    depth = depth_of(body)
    with way():
        assert bool(judged(body)) == (depth is not None and depth <= 1_000)


TEXTS = st.text(st.characters(exclude_categories=()), max_size=9)


@given(
    kind=st.none() | TEXTS,
    usual=st.none() | TEXTS,
    message=st.none() | TEXTS,
    key=st.sampled_from(["message", "Message"]),
    extra=st.dictionaries(
        TEXTS.filter(lambda name: name not in ("message", "Message", "Type")), TEXTS
    ),
)
def test_the_body_of_an_error_says_what_it_should(
    kind: str | None, usual: str | None, message: str | None, key: str, extra: dict[str, str]
) -> None:
    spec = ErrorSpec("Teapot", 418, kind, usual, message_key=key, extra=extra)
    told = next(text for text in (message, usual, "Teapot") if text is not None)
    document = {key: told, **extra, **({} if kind is None else {"Type": kind})}

    assert values_of(spec.body(message)) == [
        {as_characters(name): as_characters(text) for name, text in document.items()}
    ]
