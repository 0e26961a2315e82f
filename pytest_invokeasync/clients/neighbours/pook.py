"""pook is above the clients, and answers first. What it does not match comes to our mock."""

from __future__ import annotations

from typing import Any

from ...seams import stack
from ...seams.patching import Namespace, Patch
from .. import refusing


def _wrap_match(before: Any, namespace: Namespace) -> Any:
    """With no match pook raises, or lets a call go on to where its client would send it."""

    def match(engine: Any, request: Any) -> Any:
        __tracebackhide__ = True
        method, url, headers = request.method, request.rawurl, request.headers
        mock = stack.current()
        is_ours = mock is not None and mock.route(method, url, headers) is not None
        try:
            found = before(engine, request)
        except namespace["PookNoMatches"]:
            if not is_ours:
                raise
            found = None
        if not found and not is_ours:
            refuser = refusing.refuser_of(method, url, headers)
            if refuser is not None:
                refuser.refuse(method, url)
        return found

    return match


MATCH: Patch = Patch("match", _wrap_match)
