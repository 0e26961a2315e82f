"""Parses a FunctionName: a name, a partial ARN or an ARN of a Lambda function."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

PAGE_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
"""The pattern of InvokeAsync's page. It must match the whole name."""

PAGE_MAX_LENGTH = 170
"""The maximum length of a whole FunctionName, by InvokeAsync's page."""

BARE_NAME_MAX_LENGTH = 64
"""The maximum length of a name with nothing before it, without its qualifier, by both pages."""

# What matters for counting groups: an escape or a character class (whose brackets do not count), a
# group that captures, one that does not, and the end of either.
_REGEX_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\\\]])*\]|(?P<capturing>\((?!\?)|\(\?P<)|(?P<other>\()|(?P<end>\))",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A valid FunctionName and its parts; a part that was left out is ``None``."""

    name: str
    qualifier: str | None
    region: str | None
    account: str | None
    partition: str | None
    """``aws``, ``aws-cn``, …; an ARN may leave even this out."""
    is_bare: bool = field(default=True, compare=False)
    """Whether there is nothing before the name."""


class InvalidFunctionName(ValueError):
    """A FunctionName breaks the contract. The message is the service's."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        self.violations = violations
        """The constraints that it breaks: the pattern first, then the length."""

    def __str__(self) -> str:
        count = len(self.violations)
        errors = "error" if count == 1 else "errors"
        return f"{count} validation {errors} detected: {'; '.join(self.violations)}"


class NameGrammar:
    """The grammar of a FunctionName, from an API's page or a botocore model.

    ``limits_bare_names``: whether a name with nothing before it has a limit of its own.
    """

    def __init__(
        self,
        pattern: str = PAGE_PATTERN,
        max_length: int = PAGE_MAX_LENGTH,
        *,
        limits_bare_names: bool = True,
    ) -> None:
        self.pattern = pattern
        self.max_length = max_length
        self._bare_max_length = BARE_NAME_MAX_LENGTH if limits_bare_names else max_length
        # ASCII, since the service's \d matches no other digits.
        try:
            self._match = re.compile(pattern, re.ASCII).fullmatch
        except re.error as error:
            raise ValueError(_unexpected_form(pattern, str(error))) from error
        groups = _top_level_groups(pattern)
        if len(groups) != 6:
            raise ValueError(
                _unexpected_form(pattern, f"{len(groups)} groups at its top level instead of 6")
            )
        self._parts = groups
        self._name_part = groups[4]

    def parse(self, text: str) -> FunctionName:
        """The parts of a FunctionName. Raises ``InvalidFunctionName`` if it is invalid."""
        match = self._match(text)
        if match is None:
            raise InvalidFunctionName(self._violations(text, matches=False, bare=False))
        arn, region, account, _, name, qualifier = match.group(*self._parts)
        bare = match.start(self._name_part) == 0
        if len(text) > self.max_length or (bare and len(name) > self._bare_max_length):
            raise InvalidFunctionName(self._violations(text, matches=True, bare=bare))
        return FunctionName(
            name,
            qualifier and qualifier[1:],
            region and region[:-1],
            account and account[:-1],
            arn and (arn.split(":")[1] or None),
            bare,
        )

    def _violations(self, text: str, *, matches: bool, bare: bool) -> tuple[str, ...]:
        """Every constraint that ``text`` breaks, in the words and the order of the service."""
        wanted = []
        if not matches:
            wanted.append(f"satisfy regular expression pattern: {self.pattern}")
        if not text:
            wanted.append("have length greater than or equal to 1")
        elif len(text) > self.max_length:
            # The limit of a bare name is checked only in names that keep this one.
            wanted.append(f"have length less than or equal to {self.max_length}")
        elif bare:
            wanted.append(f"have length less than or equal to {BARE_NAME_MAX_LENGTH}")
        value = f"Value '{text}' at 'functionName' failed to satisfy constraint: Member must "
        return tuple(value + what for what in wanted)


def _top_level_groups(pattern: str) -> tuple[int, ...]:
    """The numbers of the capturing groups that are not inside another group.

    The models of different years have different groups inside these, so a fixed number would not
    always mean the same part.
    """
    depth = number = 0
    found = []
    for token in _REGEX_TOKEN.finditer(pattern):
        kind = token.lastgroup
        if kind == "end":
            depth -= 1
        elif kind is not None:
            if kind == "capturing":
                number += 1
                if depth == 0:
                    found.append(number)
            depth += 1
    return tuple(found)


def _unexpected_form(pattern: str, why: str) -> str:
    return f"The model's FunctionName pattern has an unexpected form ({why}): {pattern}"


GRAMMAR_OF_PAGE = NameGrammar()
"""The grammar of InvokeAsync's page."""
