"""The cases of a parametrized test: one for each error or fault, and for each position.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from ..errors import ErrorSpec
from ..faults import Fault
from ..mock import InvokeAsyncMock
from ..scripting.selection import DEFAULT_SET, Outcome, select

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from ..names import ErrorCode, ErrorSet, FaultName


@dataclass(frozen=True)
class Case:
    """One error or fault, and how to script it."""

    outcome: ErrorSpec | Fault
    how: Mapping[str, Any]

    def __str__(self) -> str:
        at = self.how.get("at")
        return str(self.outcome) if at is None else f"{self.outcome}-at{at}"

    def script(self, mock: InvokeAsyncMock) -> None:
        """Adds a standing rule, which must have answered by the end of the test."""
        rule = mock.script(self.outcome, **{"times": None, **self.how})
        rule.require(f"invokeasync_error {self}")


def cases(
    which: Iterable[str | ErrorSpec | Fault],
    how: Mapping[str, Any],
    default: Iterable[str] = (),
    options: Mapping[str, Any] = MappingProxyType({}),
) -> list[Case]:
    """A case for each outcome, and for each position in ``at``. ``options``: the test's.

    Raises ``ValueError`` or ``TypeError`` for what does not exist or cannot be scripted.
    """
    outcomes = select(tuple(which) or tuple(default) or (DEFAULT_SET,))
    at = how.get("at")
    is_once = isinstance(at, Iterator)
    if isinstance(at, Iterator) and isinstance(how, dict):
        # It may be in a marker, which is used again for each of its tests.
        at = how["at"] = list(at)
    positions = list(at) if isinstance(at, Iterable) else [at]
    made = []
    for outcome in outcomes:
        for position in positions:
            stated = {**how, "at": position} if position is not None else dict(how)
            case = Case(outcome, stated)
            # Tried now, so that a mistake is reported at collection, not in each test.
            case.script(InvokeAsyncMock(**options))
            made.append(case)
    if not outcomes:
        raise ValueError("no error was chosen: with the installed botocore, the set is empty")
    if not positions:
        hint = "; an iterator is used up by the first test, so give a list" * is_once
        raise ValueError(f"at={at!r} names no invocation{hint}")
    return made


def error_params(
    *which: ErrorSet | ErrorCode | FaultName | str | Outcome, **how: Any
) -> list[ParameterSet]:
    """What ``invokeasync_error`` is parametrized with, for a ``parametrize`` of your own.

    ``which``: sets (``"documented"``, ``"modeled"``, ``"invoke"``, ``"common"``, ``"retryable"``,
    ``"terminal"``, ``"all"``), codes, ``ErrorSpec``s and faults; default: ``"documented"``.
    ``how``: keywords of ``add_error`` and, for faults, of ``add_fault``; each must suit all. Then
    the parameters are for ``indirect=True`` on ``invokeasync_error``, without they are
    ``ErrorSpec``s and faults. Raises ``ValueError`` or ``TypeError`` for what does not exist.
    """
    made = cases(which, how)
    return [pytest.param(case if how else case.outcome, id=str(case)) for case in made]


def case_of(param: object) -> Case:
    """The case for a parameter of a test's own: a ``Case``, a code, an error or a fault."""
    if isinstance(param, Case):
        return param
    meant: Any = [param]
    outcomes = select(meant)
    if len(outcomes) != 1:
        raise ValueError(f"{param!r} is a set of {len(outcomes)} errors: give one error or fault")
    return Case(outcomes[0], {})
