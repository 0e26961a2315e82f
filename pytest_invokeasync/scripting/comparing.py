"""Whether a recorded payload equals the expected one, or includes it, however deep it is.

The expected side may hold matchers (`ANY`, `approx`, ...), so leaves are compared by
`expected == recorded`. Python's own comparison recurses, and fails at a depth of some hundred to
some thousand levels, depending on its version. Then a loop takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

Compare = Callable[[object, object], bool]
Pairs = Iterable[tuple[object, object]]

DEEPEST = 1_500
"""The deepest level: more than JSON has, and a limit for what contains itself."""


def equal(expected: object, recorded: object) -> bool:
    """`expected == recorded`, however deep. Raises what a matcher raises."""
    try:
        return bool(expected == recorded)
    except RecursionError:
        return _walk(expected, recorded, _members)


def includes(expected: object, recorded: object) -> bool:
    """Whether `recorded` has all that is expected. Raises what a matcher raises.

    Mappings must have at least the expected keys, at every depth. Lists must have the same length,
    and each element must include the expected one. Anything else must be equal.
    """
    return _walk(expected, recorded, _included_members)


def _walk(
    expected: object, recorded: object, members: Callable[[object, object], Pairs | bool | None]
) -> bool:
    # For each level on the way down, what is left to compare.
    way: list[Iterator[tuple[object, object]]] = [iter([(expected, recorded)])]
    while way:
        pair = next(way[-1], None)
        if pair is None:
            way.pop()
            continue
        one, other = pair
        inner = members(one, other)
        if inner is None:
            # Identity first, as in dicts and lists: a NaN is itself there.
            inner = one is other or bool(one == other)
        if inner is False:
            return False
        if inner is not True:
            if len(way) > DEEPEST:
                raise RecursionError(f"more than {DEEPEST} levels of nesting")
            way.append(iter(inner))
    return True


def _members(expected: object, recorded: object) -> Pairs | bool | None:
    """The elements of two containers, in pairs; False if they cannot be equal; None for leaves."""
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
