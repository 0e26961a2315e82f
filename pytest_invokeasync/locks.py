"""Locks that a forked child may take, whichever thread held them in its parent."""

from __future__ import annotations

import os
import threading
from typing import Any
from weakref import WeakSet

_locks: WeakSet[Any] = WeakSet()


def new_lock() -> threading.RLock:
    """A reentrant lock. In a child that was forked while it was held it is free."""
    lock = threading.RLock()
    _locks.add(lock)
    return lock


def _renew() -> None:
    # A child has none of the threads that held them. Private, and what the standard library's own
    # modules call for their locks.
    for lock in list(_locks):
        lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_renew)
