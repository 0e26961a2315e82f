"""Locks that a forked child may take, whichever thread held them in its parent."""

from __future__ import annotations

import os
import threading
from typing import Any
from weakref import WeakSet

_locks: WeakSet[Any] = WeakSet()


def new_lock() -> threading.RLock:
    """A reentrant lock, which is free in a child that was forked while it was held."""
    lock = threading.RLock()
    _locks.add(lock)
    return lock


def _renew() -> None:
    # The threads that held them do not exist in a child. The method is private; the standard
    # library's own modules call it for their locks.
    for lock in list(_locks):
        lock._at_fork_reinit()


# Windows has none.
_register_at_fork = getattr(os, "register_at_fork", lambda **_: None)
_register_at_fork(after_in_child=_renew)
