"""The SDK's own retries, without their waits and their effects on the client.

botocore decides in ``Endpoint._needs_retry``, which knows the request. While it runs for an
invocation of ours, the sleep at its end is recorded and, if so configured, skipped. The client's
retry quota (standard mode) and rate limit (adaptive mode) stay as if the scripted failure had not
happened. Other requests and other sleeps are left alone.
"""

from __future__ import annotations

import contextvars
from typing import Any

from ...api.operations import NAMES
from ...seams import stack
from ...seams.context import Setting
from ...seams.interception import Interceptor
from ...seams.modules import StandIn
from ...seams.patching import Namespace, Patch

_sdk_invocation_id: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "pytest_invokeasync_sdk_invocation_id", default=None
)


def deciding(operation_model: Any, request_dict: Any) -> Setting[str | None]:
    """Sets the current request while botocore decides on a retry, and waits for it."""
    # For other requests too: a handler of one of ours may call another service. The id alone does
    # not tell them apart, since it comes from uuid4(), which a test may have replaced.
    is_ours = operation_model.name in NAMES
    sdk_id = request_dict["context"]["retries"]["invocation-id"] if is_ours else None
    return Setting(_sdk_invocation_id, sdk_id)


def _mock() -> Interceptor | None:
    """The mock whose invocation botocore decides on now."""
    sdk_id = _sdk_invocation_id.get()
    if sdk_id is None:
        return None
    # Only here, since most calls are not retried.
    return next((mock for mock in reversed(stack.active()) if mock.service.knows(sdk_id)), None)


def skips_wait(seconds: float) -> bool:
    """Whether a wait of botocore's is skipped. Records it, if it is for an invocation of ours."""
    mock, sdk_id = _mock(), _sdk_invocation_id.get()
    if mock is None or sdk_id is None:
        return False
    mock.service.note_backoff(sdk_id, float(seconds))
    return mock.options.backoff == "skip"


def _wrap_needs_retry(before: Any, _: Namespace) -> Any:
    def _needs_retry(
        endpoint: Any, attempts: Any, operation_model: Any, request_dict: Any, *args: Any, **kw: Any
    ) -> Any:
        __tracebackhide__ = True
        if not stack.active():
            return before(endpoint, attempts, operation_model, request_dict, *args, **kw)
        with deciding(operation_model, request_dict):
            return before(endpoint, attempts, operation_model, request_dict, *args, **kw)

    return _needs_retry


class _Time(StandIn):
    """The module ``time`` as ``botocore.endpoint`` sees it."""

    def sleep(self, seconds: float) -> None:
        """Waits, unless it is before a retry of an answered call and waits are skipped."""
        if not skips_wait(seconds):
            self._module.sleep(seconds)


def _wrap_acquire_retry_quota(before: Any, _: Namespace) -> Any:
    def acquire_retry_quota(checker: Any, *args: Any, **kwargs: Any) -> Any:
        return True if _mock() is not None else before(checker, *args, **kwargs)

    return acquire_retry_quota


def _wrap_is_throttling_error(before: Any, _: Namespace) -> Any:
    # Only adaptive mode's rate limiter asks this: standard mode asks ..._from_context.
    def is_throttling_error(detector: Any, **kwargs: Any) -> Any:
        return False if _mock() is not None else before(detector, **kwargs)

    return is_throttling_error


NEEDS_RETRY: Patch = Patch("_needs_retry", _wrap_needs_retry)
TIME: Patch = Patch("time", lambda before, _: _Time(before), in_module=True)
QUOTA: Patch = Patch("acquire_retry_quota", _wrap_acquire_retry_quota)
THROTTLING: Patch = Patch("is_throttling_error", _wrap_is_throttling_error)
