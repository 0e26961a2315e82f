"""What the mock needs of the standard library, and tests like to fake.

Taken when the package is imported, before any test runs, and by the package itself: this module is
imported later. freezegun replaces these names too, as it does in each module; so the time that a
test has frozen is the time of the answers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from . import _monotonic as monotonic
from . import _time
from . import _urandom as urandom

__all__ = ["monotonic", "time", "time_held", "urandom"]

_held: list[float] = []


def time() -> float:
    """Seconds since 1970, of the real time, even while a handler runs at a virtual time."""
    return _held[-1] if _held else _time()


@contextlib.contextmanager
def time_held() -> Iterator[None]:
    """Makes ``time()`` stand still in this block, in which the process's clocks are changed."""
    _held.append(time())
    try:
        yield
    finally:
        _held.pop()
