"""Replaces a module for one other module, with some functions of our own."""

from __future__ import annotations

from types import ModuleType
from typing import Any


class StandIn(ModuleType):
    """Replaces a module in the namespace of another one. All else comes from the real module."""

    def __init__(self, module: Any) -> None:
        super().__init__(str(getattr(module, "__name__", module)))
        # The attributes that every module has come from the real one too.
        vars(self).clear()
        self._module = module
        self.__doc__ = getattr(module, "__doc__", None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
