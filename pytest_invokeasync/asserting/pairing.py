"""Pairs expected entries with invocations in any order, as many as possible.

Taking the first invocation that matches would not do: ``ANY`` may take one that another entry
needs. So an entry that finds none free makes others switch to another one (augmenting paths).

Comparing each entry with each invocation would take quadratic time. So equal entries form one
group, and a group is compared only with invocations that have the same plain values in the payload,
which a dict finds. Only a matcher for a whole payload is compared with one after the other.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from ..recording.invocations import Invocation
from ..scripting.matching import Decode, Match, Part, Seen
from .shapes import ANYTHING, OTHER, Outline, Shape, Unlike, project

_MOST_SHAPES = 20  # shapes that are looked up, since each costs a step for every invocation
_UNKNOWN, _YES, _NO = range(3)


def pairs(
    expected: Sequence[Match], invocations: Sequence[Invocation], decode: Decode
) -> dict[int, int]:
    """The index of each expected entry that is paired, with the index of its invocation."""
    payloads = [_payload_of(match) for match in expected]
    outlines = [Outline(payload) for payload in payloads]

    def same(place: int, other: int) -> bool:
        # Equal keys are not enough: Python's hashes of -1 and -2, for instance, are the same.
        return bool(payloads[place] is payloads[other] or payloads[place] == payloads[other])

    wanted = _grouped(map(_key_of_expected, expected, outlines), same)
    stated = {part.name: part for match in expected for part in match.parts}
    made = _grouped(_key_of_invocation(one, stated, decode) for one in invocations)
    seen = [Seen.item(invocations[places[0]], decode) for places in made]
    matches = [expected[places[0]] for places in wanted]
    candidates = _candidates(matches, [outlines[places[0]] for places in wanted], seen)
    pairing = _Pairing(
        lambda group, other: matches[group].accepts(seen[other]),
        candidates,
        [len(places) for places in wanted],
        [len(places) for places in made],
    )
    left = [iter(places) for places in made]
    return {
        place: next(left[group])
        for places, taken in zip(wanted, pairing.taken, strict=True)
        for place, group in zip(places, _repeated(taken), strict=False)
    }


def _payload_of(match: Match) -> object:
    return next((part.expected for part in match.parts if part.name == "payload"), ANYTHING)


def _grouped(
    keys: Iterable[Hashable], same: Callable[[int, int], bool] | None = None
) -> list[list[int]]:
    """Groups of indexes of equal items. Only items with equal keys are compared."""
    groups: dict[Hashable, list[list[int]]] = defaultdict(list)
    for place, key in enumerate(keys):
        group = next(
            (group for group in groups[key] if same is None or same(group[0], place)), None
        )
        if group is None:
            groups[key].append([place])
        else:
            group.append(place)
    return [group for alike in groups.values() for group in alike]


def _key_of_expected(match: Match, outline: Outline) -> Hashable:
    """A key that is equal for entries that match the same invocations."""
    others = [(part.name, part.expected) for part in match.parts if part.name != "payload"]
    return (*others, outline.shape, outline.plain, *outline.matchers)


def _key_of_invocation(one: Invocation, stated: Mapping[str, Part], decode: Decode) -> Hashable:
    """A key that is equal for invocations that match the same entries."""
    seen = Seen.item(one, decode)
    return (
        seen.details.event_body,
        *(part.read(seen) for part in stated.values() if part.name != "payload"),
    )


def _repeated(taken: Mapping[int, int]) -> Iterable[int]:
    return (group for group, count in taken.items() for _ in range(count))


class _Pairing:
    """How many invocations of each group a group of expected entries gets."""

    def __init__(
        self,
        suits: Callable[[int, int], bool],
        candidates: Sequence[Sequence[int]],
        wanted: Sequence[int],
        made: Sequence[int],
    ) -> None:
        self._ask = suits
        self._answers = [bytearray() for _ in wanted]
        self._candidates = candidates
        self._free = list(made)
        self.taken: list[dict[int, int]] = [{} for _ in wanted]
        self._owners: list[dict[int, int]] = [{} for _ in made]
        # Groups with few candidates come first, since they have the least choice.
        order = sorted(range(len(wanted)), key=lambda group: len(candidates[group]))
        missing = {group: self._take_free(group, wanted[group]) for group in order}
        # What a vain search has visited need not be searched again.
        dead: set[int] = set()
        for group in order:
            while missing[group] and (count := self._take_over(group, missing[group], dead)):
                missing[group] -= count

    def _suits(self, group: int, other: int) -> bool:
        # A matcher is asked once, as it may be slow.
        answers = self._answers[group] or bytearray(len(self._free))
        if answers[other] == _UNKNOWN:
            self._answers[group] = answers
            answers[other] = _YES if self._ask(group, other) else _NO
        return answers[other] == _YES

    def _take_free(self, group: int, missing: int) -> int:
        """Takes free invocations. Returns how many are still missing."""
        for other in self._candidates[group]:
            if not missing:
                break
            if self._free[other] and self._suits(group, other):
                count = min(missing, self._free[other])
                self._free[other] -= count
                self._give(other, group, count)
                missing -= count
        return missing

    def _take_over(self, start: int, missing: int, dead: set[int]) -> int:
        """Takes invocations of another group that finds others. Returns how many, or 0."""
        wanted_by: dict[int, int] = {}
        gives_up: dict[int, int | None] = {start: None}
        asked = deque([start])
        while asked:
            group = asked.popleft()
            for other in self._candidates[group]:
                if other in wanted_by or other in dead or not self._suits(group, other):
                    continue
                wanted_by[other] = group
                if self._free[other]:
                    return self._hand_over(other, missing, wanted_by, gives_up)
                for owner in self._owners[other]:
                    if owner not in gives_up:
                        gives_up[owner] = other
                        asked.append(owner)
        dead.update(wanted_by)
        return 0

    def _hand_over(
        self,
        free: int,
        missing: int,
        wanted_by: Mapping[int, int],
        gives_up: Mapping[int, int | None],
    ) -> int:
        """Goes back along the path: each group takes what it found, and gives up what it had."""
        way: list[tuple[int, int, int | None]] = []
        found: int | None = free
        count = min(missing, self._free[free])
        while found is not None:
            group = wanted_by[found]
            before = gives_up[group]
            way.append((found, group, before))
            if before is not None:
                count = min(count, self._owners[before][group])
            found = before
        self._free[free] -= count
        for found_one, group, before in way:
            self._give(found_one, group, count)
            if before is not None:
                self._give(before, group, -count)
        return count

    def _give(self, other: int, group: int, count: int) -> None:
        for counts, key in ((self.taken[group], other), (self._owners[other], group)):
            counts[key] = counts.get(key, 0) + count
            if not counts[key]:
                del counts[key]


def _candidates(
    matches: Sequence[Match], outlines: Sequence[Outline], seen: Sequence[Seen]
) -> list[Sequence[int]]:
    """For each group of entries, the groups of invocations that it may match."""
    tables: dict[Shape, Mapping[Hashable, Sequence[int]]] = {}
    found = []
    for match, outline in zip(matches, outlines, strict=True):
        shape, plain = outline.shape, outline.plain
        if shape not in tables and len(tables) >= _MOST_SHAPES:
            shape, plain = OTHER, None
        if shape not in tables:
            tables[shape] = _table(shape, seen)
        found.append(tables[shape].get((match.function, plain), ()))
    return found


def _table(shape: Shape, seen: Sequence[Seen]) -> Mapping[Hashable, Sequence[int]]:
    """The groups of invocations, by function and by the values that this shape states."""
    table: dict[Hashable, list[int]] = defaultdict(list)
    for group, one in enumerate(seen):
        try:
            plain = None if shape is OTHER else project(shape, one.payload())
        except Unlike:
            continue
        table[one.details.function, plain].append(group)
    return table
