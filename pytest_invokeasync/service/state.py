"""What a mock holds: what ``reset()`` forgets, and what a test must not lose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import real
from ..exceptions import UnmockedCall
from ..recording.invocations import Details
from ..recording.log import Recording
from ..scripting.rules import Rules
from .answers import new_request_id
from .functions import Functions

if TYPE_CHECKING:
    from ..queue.queue import Queue, Surroundings


class State:
    """What ``reset()`` forgets. ``before``: the last run's of a sweep, which leaves some of it."""

    def __init__(self, before: State | None = None) -> None:
        self.recording = Recording()
        self.rules = Rules()
        self.functions: Functions = before.functions if before else Functions()
        self.queue: Queue | None = None
        """Made when a test first has to do with runs."""
        self._surroundings: Surroundings | None = before._surroundings if before else None
        self._began = real.time()

    def begin(self) -> None:
        """Virtual time starts now, unless it has been looked at."""
        self._began = real.time()

    @property
    def surroundings(self) -> Surroundings:
        """What runs are put into."""
        if self._surroundings is None:
            from ..queue.queue import Surroundings

            self._surroundings = Surroundings()
        return self._surroundings

    def events(self) -> Queue:
        """The queue; made now, if there is none."""
        if self.queue is None:
            # Imported here: a test that runs no function must not pay for it.
            from ..queue.queue import Queue

            self.queue = Queue(
                wall=self._began,
                recording=self.recording,
                rules=self.rules,
                functions=self.functions,
                surroundings=self.surroundings,
                new_request_id=new_request_id,
            )
        return self.queue

    def leave(self) -> None:
        """Another state takes its place: a drain that goes on comes to its end."""
        if self.queue is not None:
            self.queue.is_abandoned = True


class Findings:
    """What a test must not lose, whatever it resets."""

    def __init__(self) -> None:
        self.unmet_errors: list[str] = []
        self.schema_violations: list[str] = []
        self.refused_signatures: list[tuple[Details, list[str]]] = []
        """Of each the invocation, and line by line what was answered and why."""
        self.troubles: list[str] = []
        """What the user's own callbacks and matchers did wrong."""
        self.unmocked_calls: list[UnmockedCall] = []
