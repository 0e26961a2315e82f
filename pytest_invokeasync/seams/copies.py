"""Finds all copies of a library in this process.

A program may have another copy of a library than ``sys.modules`` has: imported within
``mock.patch.dict(sys.modules)``, deleted and imported again, or reloaded. So the classes to patch
are searched among all living classes. While the seams are in use, an imported module is also looked
at as soon as it has run. See ``imports``.
"""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from weakref import WeakKeyDictionary, WeakSet

from .patching import Patch, Seam, namespace_of

# Classes that every copy of a library derives from a built-in class: they are few, and show whether
# there is a new copy.
_MARKS = frozenset(
    {
        "RequestException",  # requests: an OSError
        "ClientOSError",  # aiohttp: an OSError
        "StreamError",  # httpx: a RuntimeError
    }
)
_PARENTS = (OSError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Target:
    """A class of a library, and what is replaced in each copy of it.

    ``check`` is called once for each copy, and raises if the library's release does not fit.
    """

    module: str
    name: str
    patches: tuple[Patch, ...]
    check: Callable[[type, Sequence[Seam]], None] | None = None


class Copies:
    """The seams of all copies of some classes."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._by_module: dict[str, list[Target]] = {}
        self._by_name: dict[str, list[Target]] = {}
        self._names: list[tuple[str, str]] = []
        for target in targets:
            self._names.append((target.module, target.name))
            self._by_module.setdefault(target.module, []).append(target)
            self._by_name.setdefault(target.name, []).append(target)
        self._seams: WeakKeyDictionary[type, tuple[Seam, ...]] = WeakKeyDictionary()
        self._listed: list[Seam] | None = None
        # The classes in sys.modules when all known copies were among them; None after a new copy.
        self._all_used: list[int] | None = None
        self._marks: WeakSet[type] = WeakSet()
        self._current: list[int] | None = None

    @property
    def modules(self) -> Collection[str]:
        """The names of the modules that hold these classes."""
        return self._by_module.keys()

    def wait_for_imports(self) -> None:
        """Waits while another thread is importing one of these modules."""
        for name in self._by_module:
            spec = getattr(sys.modules.get(name), "__spec__", None)
            # Private; the import system itself asks in this way.
            if getattr(spec, "_initializing", False):
                importlib.import_module(name)

    def search(self) -> None:
        """Finds new copies. It is cheap if there are none, which is usual."""
        current = self._in_sys_modules()
        numbers = [id(owner) for owner in current]
        marks = [mark for mark in _marks() if mark not in self._marks]
        if marks or numbers != self._current:
            for owner in _below(object):
                if _name_of(owner) in self._by_name:
                    self._adopt(owner)
            # Only now, so that a release that does not fit raises each time.
            self._marks.update(marks)
            self._current = numbers

    def forget_unused(self) -> None:
        """Keeps no copy alive that is no longer in ``sys.modules``. Their seams are restored."""
        current = [id(owner) for owner in self._in_sys_modules()]
        if current == self._all_used:
            return
        unused = [seams for owner, seams in self._seams.items() if id(owner) not in current]
        for seam in itertools.chain(*unused):
            seam.forget()
        self._all_used = None if unused else current

    def _in_sys_modules(self) -> list[object]:
        imported = sys.modules.get
        return [
            vars(module).get(name)
            for module_name, name in self._names
            if (module := imported(module_name)) is not None
        ]

    def adopt_module(self, module: ModuleType) -> list[Seam]:
        """The seams of a module that has just run."""
        owners = [vars(module).get(t.name) for t in self._by_module.get(module.__name__, ())]
        return [s for owner in owners if isinstance(owner, type) for s in self._adopt(owner)]

    def _adopt(self, owner: type) -> tuple[Seam, ...]:
        for target in self._by_name[_name_of(owner)]:
            if namespace_of(owner, target.module) is not None:
                known = self._seams.get(owner)
                if known is not None:
                    return known
                seams = tuple(Seam(owner, target.module, patch) for patch in target.patches)
                if target.check is not None:
                    target.check(owner, seams)
                self._seams[owner] = seams
                self._listed = self._all_used = None
                return seams
        return ()

    def seams(self) -> list[Seam]:
        """The seams of all copies that were found and still exist."""
        # A seam whose class is gone does nothing.
        if self._listed is None:
            self._listed = [seam for seams in list(self._seams.values()) for seam in seams]
        return self._listed

    def owners(self, name: str) -> list[type]:
        """The copies of a class that were found and still exist."""
        return [owner for owner in list(self._seams) if owner.__name__ == name]


def _marks() -> list[type]:
    marks: list[type] = []
    for parent in _PARENTS:
        marks += [kind for kind in type.__subclasses__(parent) if kind.__name__ in _MARKS]
    http_client = sys.modules.get("http.client")
    # Those of urllib3 and of botocore.
    return marks + _below(http_client.HTTPConnection) if http_client else marks


def _below(root: type) -> list[type]:
    """All living subclasses, at any depth."""
    # By id: a metaclass may have an equality of its own, and no hash.
    seen: dict[int, type] = {}
    queue = [root]
    while queue:
        below: list[type] = type.__subclasses__(queue.pop())
        new = {id(kind): kind for kind in below if id(kind) not in seen}
        seen |= new
        queue += new.values()
    return list(seen.values())


def _name_of(kind: type) -> str:
    # A metaclass may have that of its own too.
    name: str = vars(type)["__name__"].__get__(kind)
    return name
