"""The lines that still call InvokeAsync, for the option ``deprecated_calls``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class CallSite(NamedTuple):
    """One invocation by InvokeAsync, as a run of pytest counts them."""

    caller: str | None
    """``file:line``; ``None`` for a call of another process."""
    called_from: str | None
    """``file:line`` that called the function with that line; ``None`` if a test runner did."""
    function: str
    test: str | None
    """The running test's node id; ``None`` outside of any."""


class CallSites:
    """What the mocks of this process have seen, and the default of ``deprecated_calls``."""

    def __init__(self) -> None:
        self.default = "allow"
        """The option of a mock that does not state it. pytest sets it for the run."""
        self.test: str | None = None
        """The running test's node id."""
        self._seen: list[CallSite] = []

    def policy(self, stated: Mapping[str, Any]) -> str:
        """The option ``deprecated_calls`` of a mock with these stated options."""
        policy: str = stated.get("deprecated_calls", self.default)
        return policy

    def add(self, caller: str | None, called_from: str | None, function: str) -> None:
        """Counts one invocation."""
        self._seen.append(CallSite(caller, called_from, function, self.test))

    def take(self) -> list[CallSite]:
        """The invocations since the last call."""
        taken = self._seen[:]
        # Other threads may be adding to it.
        del self._seen[: len(taken)]
        return taken


CALL_SITES = CallSites()
