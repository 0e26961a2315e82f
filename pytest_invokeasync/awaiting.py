"""Work in a thread, for tests that are coroutines."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def running_loop() -> str | None:
    """The kind of event loop that runs in this thread: ``"asyncio"``, ``"trio"`` or ``None``."""
    # Not imported here: as long as nobody has imported a library, its loop does not run.
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            return "asyncio"
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:
            pass
        else:
            return "trio"
    return None


async def in_thread(work: Callable[[], T], stop: Callable[[], object]) -> T:
    """Calls ``work()`` in a thread while the loop goes on, and returns its result.

    If it is cancelled, it calls ``stop()`` and waits for the thread to end, since the thread must
    not go on into the next test.
    """
    if running_loop() == "trio":
        trio: Any = sys.modules["trio"]
        done: T = await trio.to_thread.run_sync(work)
        return done
    import asyncio

    work = functools.partial(contextvars.copy_context().run, work)
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait([future])
        with contextlib.suppress(asyncio.CancelledError):
            future.exception()  # else asyncio logs that nobody retrieved it
        raise
