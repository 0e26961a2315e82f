"""Checks the markers, and parametrizes ``invokeasync_error``. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NoReturn

import pytest

from .. import options
from .cases import Case, cases
from .fixtures import options_of
from .nearest import decorators, markers
from .reporting import idle, is_marked, mistake
from .run_settings import of_run

_PARAMETER_SET = type(pytest.param())
_DUPLICATE = re.compile("duplicate (parametrization of )?'invokeasync_error'")
_FIXTURE_OF_MARKER = {"invokeasync": "invokeasync", "invokeasync_errors": "invokeasync_error"}


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Checks a test's markers, and parametrizes it if it uses ``invokeasync_error``."""
    item = metafunc.definition
    _check_markers(item, metafunc.fixturenames)
    _check_params(item)
    if "invokeasync_error" not in metafunc.fixturenames:
        return
    marker = next(iter(markers(item, "invokeasync_errors")), None)
    own = [one for one in item.own_markers if one.name == "invokeasync_errors"]
    if len(own) > 1:
        _refuse(item, "invokeasync_errors", "is twice on the test: put both into one")
    which, how = (marker.args, marker.kwargs) if marker is not None else ((), {})
    default_sets = of_run(metafunc.config).errors
    with _refusing(item, "invokeasync_errors"):
        made = cases(which, how, default_sets, options_of(item))
    if _is_parametrized(item, "invokeasync_error"):
        if own:
            _refuse(item, "invokeasync_errors", "the test parametrizes invokeasync_error itself")
        return
    params = [pytest.param(case, id=str(case)) for case in made]
    try:
        metafunc.parametrize("invokeasync_error", params, indirect=True)
    except (ValueError, pytest.Collector.CollectError) as error:
        # A hook of the user's own has parametrized it already.
        if not _DUPLICATE.search(str(error)):
            raise


def check(item: pytest.Item, fixturenames: Collection[str]) -> None:
    """Checks the markers of a test that is about to run."""
    _check_markers(item, fixturenames)
    marks = getattr(getattr(item, "callspec", None), "marks", ())
    written = decorators(item)
    for mark in item.own_markers:
        if mark.name == "invokeasync_errors" and not any(mark is one for one in written):
            of_parameter = any(mark is one for one in marks)
            reason = "is for a whole test, not for one of its parameters"
            late = "comes too late: when tests are collected, their errors are chosen"
            _refuse(item, "invokeasync_errors", reason if of_parameter else late)


def _is_parametrized(item: pytest.Item, fixture: str) -> bool:
    for marker in item.iter_markers("parametrize"):
        names = _argnames(marker)
        if fixture in names:
            indirect = _argument(marker, 2, "indirect")
            if indirect is not True and (not indirect or fixture not in indirect):
                _refuse(item, "parametrize", f"{fixture} is a fixture: it needs indirect=True")
            return True
    return False


def _check_params(item: pytest.Item) -> None:
    """Refuses ``error_params`` with keywords for a test's own parameter, which cannot use them."""
    for marker in item.iter_markers("parametrize"):
        values = _argument(marker, 1, "argvalues")
        # Not an iterator, which would be used up.
        listed = values if isinstance(values, list | tuple) else ()
        given = [value.values if isinstance(value, _PARAMETER_SET) else [value] for value in listed]
        if "invokeasync_error" not in _argnames(marker) and any(
            isinstance(value, Case) for row in given for value in row
        ):
            _refuse(
                item,
                "parametrize",
                "error_params() with keywords is for the fixture: "
                'parametrize("invokeasync_error", error_params(...), indirect=True)',
            )


def _argnames(marker: pytest.Mark) -> Sequence[str]:
    names = _argument(marker, 0, "argnames") or ()
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


def _argument(marker: pytest.Mark, position: int, name: str) -> Any:
    return marker.args[position] if len(marker.args) > position else marker.kwargs.get(name)


def _check_markers(item: pytest.Item, fixturenames: Collection[str]) -> None:
    if item.get_closest_marker("invokeasync_error") is not None:
        reason = "is the name of the fixture; the marker is @pytest.mark.invokeasync_errors"
        _refuse(item, "invokeasync_error", reason)
    for marker in item.iter_markers("invokeasync"):
        if marker.args:
            _refuse(item, marker.name, f"takes options as keywords, not {marker.args[0]!r}")
        with _refusing(item, marker.name):
            options.build(marker.kwargs)
    for name, fixture in _FIXTURE_OF_MARKER.items():
        # With request, the test may still call getfixturevalue(). Then it is checked at its end.
        may_ask = fixture == "invokeasync" and "request" in fixturenames
        if fixture not in fixturenames and not may_ask and is_marked(item, name):
            _refuse(item, name, idle(fixture))


@contextlib.contextmanager
def _refusing(item: pytest.Item, marker: str) -> Iterator[None]:
    """Reports a mistake in a marker without a traceback."""
    try:
        yield
    except (TypeError, ValueError) as error:
        _refuse(item, marker, str(error))


def _refuse(item: pytest.Item, marker: str, reason: str) -> NoReturn:
    # As pytest.fail() does, which would also show the exception that was caught.
    raise pytest.fail.Exception(mistake(item, marker, reason), pytrace=False) from None
