"""Whether a recorded payload is the expected one, or includes it: at any depth that JSON has.

The expected side may hold matchers (`ANY`, `approx`, ...), so leaves are compared by
`expected == recorded`. Python's own comparison recurses, and gives up between some hundred and some
thousand levels, as its version has it; where it does, a loop goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

Compare = Callable[[object, object], bool]
Pairs = Iterable[tuple[object, object]]

DEEPEST = 1_500
"""Levels looked into: more than JSON has, and an end for what contains itself."""


def equal(expected: object, recorded: object) -> bool:
    """`expected == recorded`, however deep; raises what a matcher raises."""
    try:
        return bool(expected == recorded)
    except RecursionError:
        return _walk(expected, recorded, _members)


def includes(expected: object, recorded: object) -> bool:
    """Whether all that is expected is there; raises what a matcher raises.

    Mappings have at least the expected keys, at every depth. Lists are of the same length, and
    include each other element by element. Anything else is equal.
    """
    return _walk(expected, recorded, _included_members)


def _walk(
    expected: object, recorded: object, members: Callable[[object, object], Pairs | bool | None]
) -> bool:
    # What is left to compare on each level of the way down.
    way: list[Iterator[tuple[object, object]]] = [iter([(expected, recorded)])]
    while way:
        pair = next(way[-1], None)
        if pair is None:
            way.pop()
            continue
        one, other = pair
        inner = members(one, other)
        if inner is None:
            # Identity first, as dicts and lists compare what they hold.
            inner = one is other or bool(one == other)
        if inner is False:
            return False
        if inner is not True:
            if len(way) > DEEPEST:
                raise RecursionError(f"more than {DEEPEST} levels of nesting")
            way.append(iter(inner))
    return True


def _members(expected: object, recorded: object) -> Pairs | bool | None:
    """What two containers hold, in pairs; False where they cannot be equal; None for leaves."""
    if type(expected) is dict and type(recorded) is dict:
        if len(expected) != len(recorded):
            return False
        return _of_keys(expected, recorded)
    if type(expected) is list and type(recorded) is list:
        return len(expected) == len(recorded) and zip(expected, recorded, strict=False)
    return None


def _included_members(expected: object, recorded: object) -> Pairs | bool | None:
    if isinstance(expected, Mapping) and type(recorded) is dict:
        return _of_keys(expected, recorded)
    return _members(expected, recorded)


def _of_keys(expected: Mapping[object, object], recorded: dict[object, object]) -> Pairs | bool:
    return expected.keys() <= recorded.keys() and [
        (value, recorded[key]) for key, value in expected.items()
    ]
