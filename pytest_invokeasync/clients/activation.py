"""Installs the seams with the first active mock, and removes them with the last."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from ..after_tests import after_each_test
from ..locks import new_lock
from ..sdk import model as sdk_model
from ..seams import stack
from ..seams.copies import Copies
from ..seams.imports import ImportWatch
from ..seams.patching import Seam
from .targets import TARGETS

if TYPE_CHECKING:
    from ..seams.interception import Guard, Interceptor

_lock = new_lock()
_copies = Copies(TARGETS)


def activate(interceptor: Interceptor) -> None:
    """Makes a mock the innermost one."""
    # Outside the lock, since it waits for imports.
    sdk_model.prepare()
    _copies.wait_for_imports()
    with _lock:
        _install()
        stack.push(interceptor)


def deactivate(interceptor: Interceptor) -> None:
    """Removes a mock, which need not be the innermost one. Does nothing if it is not active."""
    with _lock:
        stack.discard(interceptor)
        _give_back_unless_in_use()


def set_guard(guard: Guard | None) -> None:
    """Sets the guard, which refuses calls to AWS Lambda while no mock is active, or removes it."""
    if guard is not None:
        _copies.wait_for_imports()
    with _lock:
        if guard is not None:
            _install()
        stack.set_guard(guard)
        _give_back_unless_in_use()


def settle() -> None:
    """Called when others may have undone their own patches, and ours with them.

    Installs ours again while they are in use; otherwise restores what could not be restored before.
    """
    with _lock:
        if _in_use():
            _install()
        else:
            _give_back_unless_in_use()


after_each_test.append(settle)


def _in_use() -> bool:
    return bool(stack.active()) or stack.guard() is not None


def _install() -> None:
    try:
        _watch.start()
        _copies.search()
        # Even if they are installed: others may have put theirs on top since.
        for seam in _copies.seams():
            seam.install()
    except BaseException:
        _give_back_unless_in_use()
        raise


def _give_back_unless_in_use() -> None:
    if not _in_use():
        _watch.stop()
        _settle(iter(_copies.seams()))
        _copies.forget_unused()


def _settle(seams: Iterator[Seam]) -> None:
    """Settles all of them, even if one raises."""
    try:
        for seam in seams:
            seam.settle()
    except BaseException:
        _settle(seams)
        raise


def _imported(module: ModuleType) -> None:
    """Called when a library was imported. If nothing is active, its seams are made later."""
    with _lock:
        if _in_use():
            for seam in _copies.adopt_module(module):
                seam.install()


_watch = ImportWatch(_copies.modules, _imported)
