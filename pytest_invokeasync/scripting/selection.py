"""Which errors and faults are meant: by set, code, name or as objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from .. import errors, faults, runs
from ..errors import ErrorSpec
from ..faults import Fault
from ..runs import RunOutcome
from ..sdk import retries as sdk_retries
from ..suggestions import unknown

# A wrong name is told at the user's line: pytest leaves out this module's frames.
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
"""The sets of errors, by name. ``retryable`` and ``terminal``: what the installed botocore does in
its default mode."""
RUNS = "runs"
"""The set of what may become of a run, for ``sweep``."""
DEFAULT_SET = "documented"


def select(which: Iterable[str | Outcome]) -> list[Outcome]:
    """What is meant, in order, each once.

    Raises ``ValueError`` for a set, code or fault that does not exist, naming the nearest, and
    ``TypeError`` for anything that is none of them.
    """
    selected: list[Outcome] = []
    for one in which:
        selected += [outcome for outcome in _meant(one) if outcome not in selected]
    return selected


def select_for_sweep(which: Iterable[object]) -> list[ErrorSpec | Fault | RunOutcome]:
    """The same, and what may become of a run: the set ``"runs"``, and each of ``runs``."""
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
