"""Watches imports, since a library may be imported while a mock is active."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class ImportWatch:
    """A finder on ``sys.meta_path`` while it is in use. It leaves imports to the other finders."""

    def __init__(self, modules: Collection[str], imported: Callable[[ModuleType], None]) -> None:
        self._modules = modules
        self._imported = imported
        self._asked: set[tuple[int, str]] = set()

    def start(self) -> None:
        """Puts it in front, unless it is there already.

        Not in front of pyfakefs, which takes away what stands first, be it its own or not.
        """
        if not any(finder is self for finder in sys.meta_path):
            fakes = [type(finder).__module__.startswith("pyfakefs.") for finder in sys.meta_path]
            sys.meta_path.insert([*fakes, False].index(False), self)

    def stop(self) -> None:
        """Takes it away."""
        for finder in sys.meta_path[:]:
            if finder is self:
                sys.meta_path.remove(finder)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Part of the protocol of ``sys.meta_path``."""
        asked = threading.get_ident(), name
        # Others may ask all finders too, and so this one again.
        if name not in self._modules or asked in self._asked:
            return None
        self._asked.add(asked)
        try:
            for finder in sys.meta_path:
                # Finders of the oldest kind do not have it.
                find_spec = None if finder is self else getattr(finder, "find_spec", None)
                spec = None if find_spec is None else find_spec(name, path, target)
                if spec is not None:
                    return self._watched(spec)
            return None
        finally:
            self._asked.discard(asked)

    def _watched(self, spec: Any) -> ModuleSpec:
        if hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, self._imported)
        watched: ModuleSpec = spec
        return watched


class _Loader:
    """Runs a module with its own loader, and leaves no trace in the module."""

    def __init__(self, loader: Any, imported: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._imported = imported

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> ModuleType | None:
        """Part of the protocol of loaders."""
        spec.loader = self._loader
        try:
            module: ModuleType | None = self._loader.create_module(spec)
        finally:
            spec.loader = self
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Part of the protocol of loaders."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._imported(module)
