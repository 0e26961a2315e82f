"""The payloads of one assertion, each decoded once."""

from __future__ import annotations

from typing import Any

from ..recording.invocations import Details

_MOST = 16 * 1024 * 1024  # bytes of bodies; decoded they take about ten times as much


class Payloads:
    """Decodes each body when it is first needed, and keeps the result.

    Only for comparing: the test, which may change a payload, must not get a kept one. After 16 MB
    of bodies no more are kept, and the rest are decoded each time.
    """

    def __init__(self) -> None:
        self._kept: dict[Details, Any] = {}
        self._size = 0

    def __call__(self, details: Details) -> Any:
        """The payload; ``UNPARSED`` for a body that is not JSON."""
        if details in self._kept:
            return self._kept[details]
        payload = details.decoded()
        self._size += len(details.body)
        if self._size <= _MOST:
            self._kept[details] = payload
        return payload
