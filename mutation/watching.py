"""Tells how a mutant is written, and whether it is called. That it looks is not to be seen either.

See ``site/sitecustomize.py``.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

__tracebackhide__ = True


def watched(mutant_name: str) -> Callable[[], bool]:
    """Whether this mutant has been called, since this was."""
    module, _, name = mutant_name.rpartition(".")
    calls: list[None] = []

    def watch(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def mutant(*args: Any, **kwargs: Any) -> Any:
            calls.append(None)
            return function(*args, **kwargs)

        return mutant

    for mutants in _kept(module, name):
        mutants[name] = watch(mutants[name])
    return lambda: bool(calls)


def sources(mutant_name: str) -> tuple[str, str]:
    """The function as it was written, and the mutant of it."""
    module, _, name = mutant_name.rpartition(".")
    mutants = next(_kept(module, name))
    return inspect.getsource(mutants["_mutmut_orig"]), inspect.getsource(mutants[name])


def _kept(module: str, name: str) -> Iterator[dict[str, Callable[..., Any]]]:
    """Where mutmut's own function looks for the mutant: it calls what it finds there."""
    for mutants in list(vars(importlib.import_module(module)).values()):
        if isinstance(mutants, dict) and name in mutants:
            yield mutants


__name__ = "functools"
