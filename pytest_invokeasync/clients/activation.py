"""The seams: installed with the first active mock, removed with the last."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..endings import after_each_test
from ..seams import stack

if TYPE_CHECKING:
    from ..seams.interception import Guard, Interceptor
    from ..seams.latecomers import Latecomer
    from ..seams.patching import Seam

_lock = threading.RLock()


def activate(interceptor: Interceptor) -> None:
    """Makes a mock the innermost one."""
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


def _give_back_unless_in_use() -> None:
    if not _in_use():
        for seam in _seams():
            seam.settle()
        for latecomer in _latecomers():
            latecomer.leave()


def _install() -> None:
    try:
        # Also where they stand already: others may have put theirs on top since.
        for seam in _seams():
            seam.install()
        for latecomer in _latecomers():
            latecomer.install()
    except BaseException:
        _give_back_unless_in_use()
        raise


# Imported with the first mock, and not with the plugin: a run without must not pay for it.


def _latecomers() -> tuple[Latecomer, ...]:
    from . import neighbours
    from .aiobotocore import entry as aiobotocore_entry

    return neighbours.MOTO, aiobotocore_entry.AIOBOTOCORE


def _seams() -> Iterator[Seam]:
    from . import neighbours
    from . import requests as requests_
    from .aiobotocore import entry as aiobotocore_entry
    from .botocore import (
        retries as botocore_retries,
    )
    from .botocore import (
        session as botocore_,
    )
    from .botocore import (
        signing as botocore_signing,
    )

    yield requests_.SEAM
    yield from neighbours.SEAMS
    yield botocore_.SEAM
    yield botocore_signing.SEAM
    yield from botocore_retries.SEAMS
    yield aiobotocore_entry.SEAM
