"""The payloads of one assertion, each decoded once."""

from __future__ import annotations

from typing import Any

from ..recording.invocations import Details

_MOST = 16 * 1024 * 1024  # bytes of bodies; decoded they take some ten times as much


class Payloads:
    """Decodes a body when it is first asked for, and keeps what came of it.

    For what only compares: a payload that is kept must not be handed to anyone who may change it.
    Beyond 16 MB of bodies no more is kept, and the rest is decoded as often as it is asked for.
    """

    def __init__(self) -> None:
        self._kept: dict[Details, Any] = {}
        self._size = 0

    def __call__(self, details: Details) -> Any:
        """The payload; ``UNPARSED`` for a body that is no JSON."""
        if details in self._kept:
            return self._kept[details]
        payload = details.decoded()
        self._size += len(details.body)
        if self._size <= _MOST:
            self._kept[details] = payload
        return payload
