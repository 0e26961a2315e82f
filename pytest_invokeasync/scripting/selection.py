"""Finds errors and faults by set, code, name, or as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from .. import errors, faults, runs
from ..errors import ErrorSpec
from ..faults import Fault
from ..runs import RunOutcome
from ..sdk import retries as sdk_retries
from ..suggestions import unknown

# pytest hides this module's frames, so that a wrong name shows the test's line.
__tracebackhide__ = True


Outcome = ErrorSpec | Fault
"""What a call may be made to end with."""


def _retryable() -> tuple[ErrorSpec, ...]:
    return tuple(e for e in errors.every() if sdk_retries.is_retried(e.code, e.status))


def _terminal() -> tuple[ErrorSpec, ...]:
    return tuple(e for e in errors.every() if not sdk_retries.is_retried(e.code, e.status))


SETS: Mapping[str, Callable[[], tuple[ErrorSpec, ...]]] = {
    "documented": errors.documented,
    "modeled": errors.modeled,
    "invoke": errors.invoke,
    "common": errors.common,
    "retryable": _retryable,
    "terminal": _terminal,
    "all": errors.every,
}
"""The sets of errors, by name. ``retryable`` and ``terminal``: whether the installed botocore
retries them in its default mode."""
RUNS = "runs"
"""The name of the set of outcomes of runs, for ``sweep``."""
DEFAULT_SET = "documented"


def select(which: Iterable[str | Outcome]) -> list[Outcome]:
    """The errors and faults that are named, in order, each once.

    Raises ``ValueError`` for an unknown name, and names the nearest; ``TypeError`` for anything
    that is not a name, an error or a fault.
    """
    selected: list[Outcome] = []
    for one in which:
        selected += [outcome for outcome in _meant(one) if outcome not in selected]
    return selected


def select_for_sweep(which: Iterable[object]) -> list[ErrorSpec | Fault | RunOutcome]:
    """The same, with outcomes of runs: the set ``"runs"``, and each of ``runs``."""
    selected: list[ErrorSpec | Fault | RunOutcome] = []
    for one in which:
        if one == RUNS:
            meant: Iterable[ErrorSpec | Fault | RunOutcome] = runs.SURVIVABLE
        elif runs.is_meant_by(one):
            meant = [runs.find(one)]
        else:
            meant = _meant(one, more=[RUNS, *runs.CLASSES])
        selected += [outcome for outcome in meant if outcome not in selected]
    return selected


def _meant(one: object, more: Iterable[str] = ()) -> Iterable[ErrorSpec | Fault]:
    if isinstance(one, ErrorSpec | Fault):
        return [one]
    if not isinstance(one, str):
        raise TypeError(f"an outcome is a set, a code, an ErrorSpec or a fault, not {one!r}")
    if one in SETS:
        return SETS[one]()
    named_fault = next((fault for fault in faults.every() if fault.name == one), None)
    if named_fault is not None:
        return [named_fault]
    try:
        return [errors.find(one)]
    except ValueError:
        names = [*SETS, *more, *map(str, faults.every()), *(spec.code for spec in errors.every())]
        where = "errors.every(), faults.every() and the sets " + ", ".join([*SETS, *more])
        raise ValueError(unknown("set, error code or fault", one, names, all_in=where)) from None
