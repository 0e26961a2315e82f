"""Where a recorded payload differs from the expected one, path by path.

The recorded payload is plain JSON data. The expected one may hold matchers at any depth (`ANY`,
`approx`, `IsPartialDict`, ...), so the two are compared only by `expected == recorded`, or by
`includes` if a part of the payload is expected.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Final

from ..scripting.comparing import DEEPEST, Compare, equal, includes
from ..showing import SHOWN, cut, show, step_of

_WIDTH = 100  # columns that a difference may take to stay on one line
_MOST = 1000  # differences looked for


class Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""The value of a side that lacks the key or the element."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the two sides differ; `MISSING` on a side that has nothing there."""

    path: str
    """`$` is the whole payload, then for instance `$.items[3]['unit price']`."""
    expected: object
    recorded: object
    raised: str = ""
    """The exception that the comparison (a matcher's `__eq__`) raised, as text; else empty."""


def differences(
    expected: object, recorded: object, limit: int = _MOST, *, partly: bool = False
) -> list[Difference]:
    """The first `limit` places where `recorded` differs; none if and only if the two are equal.

    `partly`: none if and only if `recorded` includes `expected`.

    Plain dicts and lists are compared part by part, anything else as a whole. Python's equality
    decides: `1`, `1.0` and `True` do not differ. What cannot be compared differs.
    """
    return list(islice(_walk(expected, recorded, _compare(partly)), limit))


def count_differences(expected: object, recorded: object, *, partly: bool = False) -> int:
    """How far `recorded` is from `expected`, to find the nearest of several: from 0 to 1,000.

    A part that is missing, added or replaced counts with all its values. Otherwise `None`, which
    differs in one place only, would be nearer to a large document than the document with two
    values changed.
    """
    total = 0
    for difference in _walk(expected, recorded, _compare(partly)):
        total += max(_size(difference.expected), _size(difference.recorded))
        if total >= _MOST:
            return _MOST
    return total


def explain(
    expected: object,
    recorded: object,
    *,
    expected_word: str = "expected",
    recorded_word: str = "recorded",
    partly: bool = False,
    max_lines: int = 20,
) -> list[str]:
    """Lines that describe the differences, at most `max_lines`, but always the first difference."""
    found = differences(expected, recorded, partly=partly)
    lines: list[str] = []
    for number, difference in enumerate(found):
        told = _tell(difference, expected_word, recorded_word)
        left = len(found) - number
        # Unless this is the last one, one line is kept for the number of the others.
        if lines and len(lines) + len(told) + (left > 1) > max_lines:
            least = "at least " if len(found) == _MOST else ""
            lines.append(f"… and {least}{left} more difference{'s' if left > 1 else ''}")
            break
        lines += told
    return lines


def _tell(difference: Difference, expected_word: str, recorded_word: str) -> list[str]:
    """One difference in words: on one line where it fits."""
    expected, recorded = difference.expected, difference.recorded
    note = f"comparing them raised {difference.raised}" if difference.raised else ""
    if expected is MISSING:
        parts = [f"not {expected_word}", f"{recorded_word} {show(recorded)}"]
    elif recorded is MISSING:
        parts = [f"{expected_word} {show(expected)}", "missing"]
    else:
        if type(expected) is str and type(recorded) is str and _is_long(expected, recorded):
            # Shortened, both might look alike, so show the place where they differ.
            shorter = min(len(expected), len(recorded))
            index = bisect_left(
                range(shorter), True, key=lambda i: not expected.startswith(recorded[: i + 1])
            )
            left, right = _around(expected, index), _around(recorded, index)
            note = f"first difference at index {index}"
        else:
            left, right = show(expected), show(recorded)
            if left == right and type(expected) is not type(recorded):
                left += f" ({type(expected).__name__})"
                right += f" ({type(recorded).__name__})"
            if left == right:
                note = note or "not equal, though they look alike"
        parts = [f"{expected_word} {left}", f"{recorded_word} {right}"]
    if note:
        parts.append(note)
    path = cut(difference.path, SHOWN)
    line = f"{path}: {', '.join(parts)}"
    return [line] if len(line) <= _WIDTH else [f"{path}:", *(f"  {part}" for part in parts)]


def _compare(partly: bool) -> Compare:
    return includes if partly else equal


def _walk(expected: object, recorded: object, compare: Compare) -> Iterator[Difference]:
    """Yields the differences in document order. A loop, since the document may be deep."""
    raised = _differ(expected, recorded, compare)
    if raised is None:
        return
    # The way down: the step that led to each pair of containers, and what still differs in it.
    way = [("", iter([Difference("$", expected, recorded, raised)]))]
    while way:
        found = next(way[-1][1], None)
        if found is None:
            way.pop()
            continue
        inner = _differing_parts(found.expected, found.recorded, compare)
        first = next(inner, None) if len(way) < DEEPEST else None
        if first is not None:
            way.append((found.path, chain([first], inner)))
        else:
            path = "".join(step for step, _ in way) + found.path
            yield Difference(path, found.expected, found.recorded, found.raised)


def _differing_parts(expected: object, recorded: object, compare: Compare) -> Iterator[Difference]:
    """Yields what differs directly inside two dicts or two lists, each with the step to it."""
    pairs: Iterable[tuple[object, object, object]]
    partly = compare is includes
    mapping = isinstance(expected, Mapping) if partly else type(expected) is dict
    if mapping and type(recorded) is dict:
        assert isinstance(expected, Mapping)
        try:
            pairs = [(key, value, recorded.get(key, MISSING)) for key, value in expected.items()]
            if not partly:
                pairs += [(key, MISSING, recorded[key]) for key in recorded if key not in expected]
        except Exception:  # from the __eq__ of a key
            return
    elif type(expected) is list and type(recorded) is list:
        pairs = _align(expected, recorded, compare)
    else:
        return
    for step, one, other in pairs:
        # Identity first, as dicts and lists compare their elements. It matters for NaN.
        if one is not other and (raised := _differ(one, other, compare)) is not None:
            yield Difference(step_of(step), one, other, raised)


def _align(
    expected: list[object], recorded: list[object], compare: Compare
) -> Iterator[tuple[object, object, object]]:
    """Pairs the elements by index; if some are missing, between the equal start and end."""

    def same(index: int) -> bool:
        one, other = expected[index], recorded[index]
        return one is other or _differ(one, other, compare) is None

    most = min(len(expected), len(recorded)) if len(expected) != len(recorded) else 0
    start = 0
    while start < most and same(start):
        start += 1
    end = 0
    while end < most - start and same(-1 - end):
        end += 1
    pairs = zip_longest(
        expected[start : len(expected) - end],
        recorded[start : len(recorded) - end],
        fillvalue=MISSING,
    )
    return ((start + number, *pair) for number, pair in enumerate(pairs))


def _differ(expected: object, recorded: object, compare: Compare) -> str | None:
    """None for equal values, else the exception that comparing them raised, or an empty text."""
    if expected is MISSING or recorded is MISSING:  # not left to a matcher: ANY would agree
        return ""
    try:
        return None if compare(expected, recorded) else ""
    except Exception as error:
        return show(error)


def _size(value: object) -> int:
    """The number of values in a document, itself included, up to the limit that matters."""
    todo, size = [value], 0
    while todo and size < _MOST:
        item = todo.pop()
        size += 1
        if type(item) is dict:
            todo.extend(item.values())
        elif type(item) is list:
            todo.extend(item)
    return size


def _is_long(*texts: str) -> bool:
    return any(len(text) > SHOWN or len(repr(text)) > SHOWN for text in texts)


def _around(text: str, index: int) -> str:
    """The part of `text` about `index`, with … on the sides where there is more."""
    start, stop = max(index - 20, 0), index + 30
    return f"{'…' if start else ''}{text[start:stop]!r}{'…' if stop < len(text) else ''}"
