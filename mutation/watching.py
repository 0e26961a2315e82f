"""Tells whether a mutant is called. That this stands in between is not to be seen either.

See ``site/sitecustomize.py``.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
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

    # Where mutmut's own function looks for it.
    for mutants in list(vars(importlib.import_module(module)).values()):
        if isinstance(mutants, dict) and name in mutants:
            mutants[name] = watch(mutants[name])
    return lambda: bool(calls)


__name__ = "functools"
