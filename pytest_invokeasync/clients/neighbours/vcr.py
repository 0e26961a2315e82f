"""vcrpy is above some clients, and below others. What our mock answers passes by its cassettes."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from ...seams import stack
from ...seams.patching import Change, Namespace, Patch
from .. import refusing


def _is_ours(request: Any) -> bool:
    mock = stack.current()
    return mock is not None and mock.route(request.method, request.url, request.headers) is not None


def _wrap_can_play(before: Any, _: Namespace) -> Any:
    """The first question to a cassette about a request."""

    def can_play_response_for(cassette: Any, request: Any) -> Any:
        __tracebackhide__ = True
        if _is_ours(request):
            return False
        refuser = refusing.refuser_of(request.method, request.url, request.headers)
        if refuser is not None:
            refuser.refuse(request.method, request.url)
        return before(cassette, request)

    return can_play_response_for


def _wrap_filter(before: Any, _: Namespace) -> Any:
    def filter_request(cassette: Any, request: Any) -> Any:
        return None if _is_ours(request) else before(cassette, request)

    return filter_request


def _wrap_append(before: Any, _: Namespace) -> Any:
    def append(cassette: Any, request: Any, response: Any) -> None:
        if not _is_ours(request):
            before(cassette, request, response)

    return append


def change_saved(handle: Any, _: Change, change: Change) -> None:
    """For the seams of httpx: ``vcr.patch`` keeps their methods, and sends a request by them.

    If it was imported while a mock was active, it has kept ours.
    """
    real = inspect.unwrap(handle)
    kept = vars(sys.modules["vcr.patch"]) if "vcr.patch" in sys.modules else {}
    for name, value in list(kept.items()):
        if name.startswith("_Httpx") and inspect.unwrap(value) is real:
            kept[name] = change(value)


CASSETTE: tuple[Patch, ...] = (
    Patch("can_play_response_for", _wrap_can_play),
    Patch("filter_request", _wrap_filter),
    Patch("append", _wrap_append),
)
