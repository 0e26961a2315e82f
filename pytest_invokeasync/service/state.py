"""What a mock holds: what ``reset()`` forgets, and what a test must not lose."""

from __future__ import annotations

from ..exceptions import UnmockedCall
from ..recording.log import Recording
from ..scripting.rules import Rules
from .functions import Function


class State:
    """What ``reset()`` forgets."""

    def __init__(self, functions: tuple[Function, ...] = ()) -> None:
        self.recording = Recording()
        self.rules = Rules()
        self.functions = functions


class Findings:
    """What a test must not lose, whatever it resets."""

    def __init__(self) -> None:
        self.unmet_errors: list[str] = []
        self.schema_violations: list[str] = []
        self.troubles: list[str] = []
        """What the user's own callbacks and matchers did wrong."""
        self.unmocked_calls: list[UnmockedCall] = []
