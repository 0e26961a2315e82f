"""Replaces attributes of other libraries while a mock is active, and restores them afterwards.

Only this module knows how an attribute is replaced, and what others may do to it meanwhile: put a
patch of their own on top, remove it in any order, wrap ours, or delete it.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

Change = Callable[[Any], Any]
Namespace = Mapping[str, Any]
# A chain of wrappers is short, unless it is circular.
_LONGEST_CHAIN = 100
_ABSENT = object()
# Our wrappers, by id, since a proxy of wrapt's is equal to what it wraps. Those of all seams, since
# a module may hold two classes of one name, such as one that was remade with a metaclass.
_wrappers: dict[int, tuple[Patch, weakref.ref[Any]]] = {}


@dataclass(frozen=True, slots=True)
class Patch:
    """How one attribute is replaced.

    ``make(before, namespace)`` returns a wrapper of what was there before, or that itself if it may
    stay. ``namespace`` is the namespace of the class's module, so that a wrapper uses its own copy
    of the library.
    """

    name: str
    make: Callable[[Any, Namespace], Any]
    in_module: bool = False
    """Whether it is an attribute of the class's module, not of the class."""
    change_saved: Callable[[Any, Change, Change], None] | None = None
    """For an attribute that others replace too. Called with the current value, a function that
    removes our wrappers from a value, and one that changes a value. Changes what others have saved
    and will restore, as far as it can be reached."""


class Seam:
    """One attribute of one class, or of its module, that is replaced by a wrapper of it.

    It does not keep the class alive, so that an unused copy of a library can be freed.
    """

    def __init__(self, owner: type, module: str, patch: Patch) -> None:
        self._owner = weakref.ref(owner)
        self._module = module
        self._patch = patch
        # Kept, since making a wrapper costs, and each mock needs the same ones.
        self._kept: tuple[Any, Any] | None = None
        self._namespace: dict[str, Any] | None = None

    def check(self) -> None:
        """Raises ``AttributeError`` if the owner has no such attribute of its own."""
        attributes = self._attributes()
        if attributes is not None and self._patch.name not in attributes:
            raise AttributeError(f"no {self._patch.name!r} in {self._owner()!r}")

    def install(self) -> None:
        """Puts a wrapper on top, and into what others have saved and will restore."""
        if self._kept is None or not self._exchange(*self._kept):
            self._change(self._with_ours)

    def settle(self) -> None:
        """Restores what can be restored now.

        An attribute is restored only if it is still our wrapper: otherwise a patch that others put
        on top would be removed too. When they remove it, our wrapper is back, passes calls through,
        and can be removed by the next ``settle()``.
        """
        if self._kept is None or not self._exchange(*reversed(self._kept)):
            self._change(self._without_ours)

    def forget(self) -> None:
        """Drops all references to the library."""
        self._kept = self._namespace = None

    def _exchange(self, before: Any, after: Any) -> bool:
        """Does all that is to be done where nobody else touches the attribute, which is usual."""
        attributes = self._attributes()
        if (
            attributes is None
            or attributes.get(self._patch.name, _ABSENT) is not before
            or self._patch.change_saved
        ):
            return False
        self._set(attributes, after)
        return True

    def _change(self, change: Change) -> None:
        attributes = self._attributes()
        name = self._patch.name
        # An attribute that a test has deleted is not restored.
        if attributes is None or name not in attributes:
            return
        now = attributes[name]
        value = change(now)
        if value is not now:
            self._set(attributes, value)
        if self._patch.change_saved:
            self._patch.change_saved(self._without_ours(now), self._without_ours, change)

    def _set(self, attributes: Any, value: Any) -> None:
        if self._patch.in_module:
            attributes[self._patch.name] = value
        else:
            setattr(self._owner(), self._patch.name, value)

    def _attributes(self) -> Mapping[str, Any] | None:
        owner = self._owner()
        if owner is None:
            return None
        if not self._patch.in_module:
            return vars(owner)
        if self._namespace is None:
            self._namespace = namespace_of(owner, self._module)
        return self._namespace

    def _with_ours(self, value: Any) -> Any:
        # Ours is in place already if a tracer was put on top of it.
        if any(self._is_ours(each) for each in _chain(value)):
            return value
        if self._kept is not None and self._kept[0] is value:
            return self._kept[1]
        owner = self._owner()
        assert owner is not None
        wrapper = self._patch.make(value, namespace_of(owner, self._module) or {})
        if wrapper is value:  # it may stay as it is
            return value
        keep_signature(wrapper, value)
        number = id(wrapper)
        _wrappers[number] = self._patch, weakref.ref(wrapper, lambda _: _wrappers.pop(number, None))
        self._kept = value, wrapper
        return wrapper

    def _without_ours(self, value: Any) -> Any:
        return vars(value)["__wrapped__"] if self._is_ours(value) else value

    def _is_ours(self, value: Any) -> bool:
        patch, ours = _wrappers.get(id(value), (None, None))
        return patch is self._patch and ours is not None and ours() is value


def keep_signature(wrapper: Any, before: Any) -> None:
    """Gives a wrapper the name, the docs and (for ``inspect``) the signature of what it wraps."""
    if isinstance(wrapper, ModuleType):
        vars(wrapper)["__wrapped__"] = before
    elif isinstance(before, FunctionType):
        functools.update_wrapper(wrapper, before)
    else:
        # Not a function: such as a Mock, which has attributes of its own.
        functools.update_wrapper(wrapper, before, updated=())


def _chain(value: Any) -> list[Any]:
    """A value, the one that it wraps, the one that this wraps, and so on."""
    chain = [value]
    while len(chain) < _LONGEST_CHAIN:
        value = getattr(value, "__wrapped__", None)
        if value is None:
            break
        chain.append(value)
    return chain


def namespace_of(owner: type, module: str) -> dict[str, Any] | None:
    """The namespace of the module that defines a class, even if it is no longer imported.

    ``module``: the module's name, since the class may name another one. ``None`` if no method of
    the class has it.
    """
    for value in list(vars(owner).values()):
        if type(value) is FunctionType and value.__globals__.get("__name__") == module:
            return value.__globals__
    return None
