"""moto answers a client made after its import in ``before-send``, ahead of the session."""

from __future__ import annotations

from typing import Any

from ...seams import stack
from ...seams.patching import Namespace, Patch


def _wrap_stubber(before: Any, _: Namespace) -> Any:
    def __call__(self: Any, event_name: str, request: Any, **kwargs: Any) -> Any:  # noqa: N807
        mock = stack.current()
        if mock is not None and mock.route(request.method, request.url, request.headers):
            return None
        return before(self, event_name, request, **kwargs)

    return __call__


STUBBER: Patch = Patch("__call__", _wrap_stubber)
