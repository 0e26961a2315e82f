"""aiobotocore's own retries, as ``botocore_retries`` does it for botocore.

What a client remembers of failures needs nothing here: aiobotocore asks botocore's own classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiobotocore import endpoint
from aiobotocore.endpoint import AioEndpoint

from ...seams import stack
from ...seams.patching import Seam
from ..botocore.retries import Module, deciding, skips_wait


def _wrap_needs_retry(before: Any) -> Any:
    async def _needs_retry(
        self: Any, attempts: Any, operation_model: Any, request_dict: Any, *args: Any, **kw: Any
    ) -> Any:
        __tracebackhide__ = True
        if not stack.active():
            return await before(self, attempts, operation_model, request_dict, *args, **kw)
        with deciding(operation_model, request_dict):
            return await before(self, attempts, operation_model, request_dict, *args, **kw)

    return _needs_retry


class _Asyncio(Module):
    """The module ``asyncio`` as ``aiobotocore.endpoint`` sees it."""

    async def sleep(self, seconds: float) -> None:
        if not skips_wait(seconds):
            await self._module.sleep(seconds)


def _wrap_sleep(before: Any) -> Any:
    async def _sleep(self: Any, seconds: float) -> None:
        if not skips_wait(seconds):
            await before(self, seconds)

    return _sleep


def retry_seams() -> Iterator[Seam]:
    """The seams of the aiobotocore that is installed."""
    yield Seam(AioEndpoint, "_needs_retry", _wrap_needs_retry)
    yield Seam(endpoint, "asyncio", _Asyncio)
    # Of releases whose sessions on httpx run on trio too.
    if hasattr(endpoint, "AnyioEndpoint"):
        yield Seam(endpoint.AnyioEndpoint, "_sleep", _wrap_sleep)
