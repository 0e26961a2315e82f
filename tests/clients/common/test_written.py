"""A request is read from the pieces that a client writes, wherever it is cut."""

from __future__ import annotations

import itertools
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_invokeasync.clients.written import WrittenRequest

HEAD = b"POST / HTTP/1.1\r\nHost: shop.example\r\n"


def with_length(body):
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunk(part):
    return b"%x\r\n%b\r\n" % (len(part), part)


def in_chunks(parts):
    chunks = b"".join(chunk(part) for part in parts)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def read(pieces):
    request = WrittenRequest()
    for piece in pieces:
        request.add(piece)
    return request.body


def cut(whole, places):
    places = sorted({0, len(whole), *(place % len(whole) for place in places)})
    return [whole[start:end] for start, end in itertools.pairwise(places)]


# Bodies that look like the ends of heads and chunks.
bodies = st.lists(st.sampled_from([b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"a"])).map(b"".join)
places = st.lists(st.integers(0, 300), max_size=20)


@settings(max_examples=40)
@given(bodies, places)
def test_a_body_of_known_length_is_read_however_it_is_cut(body, places):
    assert read(cut(with_length(body), places)) == body


@settings(max_examples=40)
@given(st.lists(bodies.filter(bool), max_size=4), places)
def test_so_is_one_in_chunks(parts, places):
    assert read(cut(in_chunks(parts), places)) == b"".join(parts)


def test_it_is_there_with_its_last_byte_only():
    for whole in (with_length(b"{}"), HEAD + b"\r\n"):
        assert read([whole[:-1]]) is None
        assert read([whole]) is not None
    whole = in_chunks([b"{}", b"[]"])
    for length in range(whole.index(b"0\r\n\r\n")):
        assert read([whole[:length]]) is None


def test_a_chunk_may_have_extensions():
    whole = HEAD + b"transfer-encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0;c\r\n\r\n"

    assert read([whole]) == b"{}"


def test_a_request_without_a_body_has_an_empty_one():
    assert read([HEAD + b"\r\n"]) == b""


def test_what_follows_is_no_part_of_it():
    assert read([with_length(b"{}") + b"more", b"and more"]) == b"{}"


def test_it_waits_for_an_answer_of_100_if_it_says_so():
    request = WrittenRequest()
    request.add(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n")
    assert not request.is_waiting
    request.add(b"\r\n")
    assert request.is_waiting
    request.add(b"{}")
    assert not request.is_waiting


class Counting(bytearray):
    """Counts the bytes that are looked through or copied out of it."""

    touched = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        type(self).touched += len(found)
        return found

    def find(self, sought, start):
        found = super().find(sought, start)
        type(self).touched += (len(self) if found < 0 else found + len(sought)) - start
        return found


def bytes_touched(monkeypatch, pieces):
    monkeypatch.setattr(Counting, "touched", 0)
    monkeypatch.setattr(
        sys.modules[WrittenRequest.__module__], "bytearray", Counting, raising=False
    )
    assert read(pieces) is not None
    return Counting.touched


def test_ten_times_the_pieces_are_ten_times_the_work(monkeypatch):
    def length(count):
        return cut(with_length(b"x" * 1_000 * count), range(0, 1_000 * count, 1_000))

    def chunked(count):
        head, *_ = in_chunks([]).partition(b"0\r\n\r\n")
        return [head, *[chunk(b"x" * 1_000)] * count, b"0\r\n\r\n"]

    def long_head(count):
        head = HEAD + b"".join(b"x-%d: %b\r\n" % (n, b"x" * 1_000) for n in range(count)) + b"\r\n"
        return cut(head, range(0, len(head), 500))

    for make in (length, chunked, long_head):
        assert 0 < bytes_touched(monkeypatch, make(200)) < 12 * bytes_touched(monkeypatch, make(20))
