"""A module as another module sees it, with some functions of our own."""

from __future__ import annotations

from types import ModuleType
from typing import Any


class StandIn(ModuleType):
    """Stands for a module in the namespace of another one. All that it does not have is its."""

    def __init__(self, module: Any) -> None:
        super().__init__(str(getattr(module, "__name__", module)))
        # What every module has is the other one's too.
        vars(self).clear()
        self._module = module
        self.__doc__ = getattr(module, "__doc__", None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
