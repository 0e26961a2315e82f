"""aiobotocore's own retries, like ``botocore.retries`` for botocore.

The retry quota and the rate limit need nothing here, since aiobotocore uses botocore's classes.
"""

from __future__ import annotations

from typing import Any

from ...seams import stack
from ...seams.modules import StandIn
from ...seams.patching import Namespace, Patch
from ..botocore.retries import deciding, skips_wait


def _wrap_needs_retry(before: Any, _: Namespace) -> Any:
    async def _needs_retry(
        self: Any, attempts: Any, operation_model: Any, request_dict: Any, *args: Any, **kw: Any
    ) -> Any:
        __tracebackhide__ = True
        if not stack.active():
            return await before(self, attempts, operation_model, request_dict, *args, **kw)
        with deciding(operation_model, request_dict):
            return await before(self, attempts, operation_model, request_dict, *args, **kw)

    return _needs_retry


class _Asyncio(StandIn):
    """The module ``asyncio`` as ``aiobotocore.endpoint`` sees it."""

    async def sleep(self, seconds: float) -> None:
        """Waits, unless it is before a retry of an answered call and waits are skipped."""
        if not skips_wait(seconds):
            await self._module.sleep(seconds)


def _wrap_sleep(before: Any, _: Namespace) -> Any:
    async def _sleep(self: Any, seconds: float) -> None:
        if not skips_wait(seconds):
            await before(self, seconds)

    return _sleep


NEEDS_RETRY: Patch = Patch("_needs_retry", _wrap_needs_retry)
ASYNCIO: Patch = Patch("asyncio", lambda before, _: _Asyncio(before), in_module=True)
SLEEP: Patch = Patch("_sleep", _wrap_sleep)
