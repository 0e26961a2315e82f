"""The seams: installed with the first active mock, removed with the last."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from ..endings import after_each_test
from ..locks import new_lock
from ..sdk import model as sdk_model
from ..seams import stack
from ..seams.copies import Copies
from ..seams.imports import ImportWatch
from .targets import TARGETS

if TYPE_CHECKING:
    from ..seams.interception import Guard, Interceptor

_lock = new_lock()
_copies = Copies(TARGETS)


def activate(interceptor: Interceptor) -> None:
    """Makes a mock the innermost one."""
    # Outside of the lock: who imports may hold locks of imports.
    sdk_model.prepare()
    _copies.wait_for_imports()
    with _lock:
        _install()
        stack.push(interceptor)


def deactivate(interceptor: Interceptor) -> None:
    """Takes a mock from wherever it stands; nothing happens when it stands nowhere."""
    with _lock:
        stack.discard(interceptor)
        _give_back_unless_in_use()


def set_guard(guard: Guard | None) -> None:
    """From now on calls to AWS Lambda are refused while no mock is active; ``None``: no longer."""
    if guard is not None:
        _copies.wait_for_imports()
    with _lock:
        if guard is not None:
            _install()
        stack.set_guard(guard)
        _give_back_unless_in_use()


def settle() -> None:
    """After others may have undone their own patches, and ours with them.

    Puts ours in place again while they are in use; else gives back what could not be before.
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
        # Also where they stand already: others may have put theirs on top since.
        for seam in _copies.seams():
            seam.install()
    except BaseException:
        _give_back_unless_in_use()
        raise


def _give_back_unless_in_use() -> None:
    if not _in_use():
        _watch.stop()
        for seam in _copies.seams():
            seam.settle()


def _imported(module: ModuleType) -> None:
    """A library was imported. Not in use any more, its seams are made when they are."""
    with _lock:
        if _in_use():
            for seam in _copies.adopt_module(module):
                seam.install()


_watch = ImportWatch(_copies.modules, _imported)
