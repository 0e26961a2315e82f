"""The active mocks. The innermost one answers; any of them may leave at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .interception import Guard, Interceptor


class _Active:
    """Attributes are replaced and never changed: the seams read them without a lock.

    Whoever replaces one holds the lock of ``activation``.
    """

    mocks: tuple[Interceptor, ...] = ()
    guard: Guard | None = None


_active = _Active()
own_ports: set[int] = set()
"""Where real endpoints of ours listen in this process: what is sent there does not leave."""


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
    """Takes a mock from wherever it stands."""
    _active.mocks = tuple(other for other in _active.mocks if other is not interceptor)


def guard() -> Guard | None:
    """What refuses calls while no mock is active; ``None`` when nothing does."""
    return _active.guard


def set_guard(guard: Guard | None) -> None:
    """Puts the guard in place or takes it away."""
    _active.guard = guard
