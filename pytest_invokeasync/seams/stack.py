"""The active mocks. The innermost one answers. They may end in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .interception import Guard, Interceptor


class _Active:
    """The active mocks and the guard.

    Attributes are replaced, never changed in place, so that the seams can read them without a lock.
    They are replaced under the lock of ``activation``.
    """

    mocks: tuple[Interceptor, ...] = ()
    guard: Guard | None = None


_active = _Active()
own_ports: set[int] = set()
"""Ports on which our own servers listen in this process. Requests to them do not leave."""


def current() -> Interceptor | None:
    """The innermost active mock."""
    mocks = _active.mocks
    return mocks[-1] if mocks else None


def active() -> tuple[Interceptor, ...]:
    """All active mocks, the innermost last."""
    return _active.mocks


def push(interceptor: Interceptor) -> None:
    """Puts a mock on top."""
    _active.mocks = (*_active.mocks, interceptor)


def discard(interceptor: Interceptor) -> None:
    """Removes a mock, wherever it is."""
    _active.mocks = tuple(other for other in _active.mocks if other is not interceptor)


def guard() -> Guard | None:
    """The guard, which refuses calls while no mock is active; ``None`` if there is none."""
    return _active.guard


def set_guard(guard: Guard | None) -> None:
    """Sets the guard, or removes it."""
    _active.guard = guard
