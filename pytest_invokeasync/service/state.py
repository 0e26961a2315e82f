"""The state of a mock: what ``reset()`` forgets, and what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import real
from ..exceptions import UnmockedCall
from ..recording.invocations import Details
from ..recording.log import Recording
from ..scripting.rules import Rule, Rules
from .answers import new_request_id
from .functions import Function, Functions
from .signatures import Signatures

if TYPE_CHECKING:
    from ..queue.queue import Queue, Surroundings


class State:
    """What ``reset()`` forgets. ``before``: the state of a sweep's last round, partly kept."""

    def __init__(self, before: State | None = None) -> None:
        self.recording = Recording()
        self.rules = Rules()
        self.functions: Functions = before.functions if before else Functions()
        self.queue: Queue | None = None
        """The queue, made when a test first needs it."""
        self._surroundings: Surroundings | None = before._surroundings if before else None
        self._began = real.time()

    def begin(self) -> None:
        """Starts virtual time now, unless it has been read already."""
        self._began = real.time()

    @property
    def surroundings(self) -> Surroundings:
        """What ``travel_with()`` and ``add_destination()`` have set."""
        if self._surroundings is None:
            from ..queue.queue import Surroundings

            self._surroundings = Surroundings()
        return self._surroundings

    def events(self) -> Queue:
        """The queue, which is made if there is none."""
        if self.queue is None:
            # Imported here, so that a test that runs no function does not pay for it.
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

    def copied_surroundings(self) -> Surroundings | None:
        """A copy of the surroundings, for another state."""
        return self._surroundings and self._surroundings.copy()

    def leave(self) -> None:
        """Called when another state takes its place: ends a drain."""
        if self.queue is not None:
            self.queue.is_abandoned = True


class Base:
    """What fixtures of a wider scope have scripted, which each test that shares the mock gets."""

    def __init__(self) -> None:
        self._rules: tuple[Rule, ...] = ()
        self._functions: tuple[Function, ...] = ()
        self._surroundings: Surroundings | None = None
        self.signatures = Signatures()

    def take(self, state: State, before: State, rules: int, functions: int) -> None:
        """Adds the rules and functions that were added since ``before`` had so many of them."""
        if state is not before:  # it was reset
            self._rules, self._functions = state.rules.since(0), state.functions.since(0)
        else:
            self._rules += state.rules.since(rules)
            self._functions += state.functions.since(functions)
        self._surroundings = state.copied_surroundings()
        for rule in self._rules:
            rule.renew()

    def state(self) -> State:
        """A state for the next test, with the rules unused and nothing recorded."""
        state = State()
        for rule in self._rules:
            rule.renew()
            state.rules.add(rule)
        state.functions = Functions(self._functions)
        state._surroundings = self._surroundings
        state._surroundings = state.copied_surroundings()
        return state


class Findings:
    """What is wrong in a test, which ``reset()`` does not forget."""

    def __init__(self) -> None:
        self.unmet_errors: list[str] = []
        self.schema_violations: list[str] = []
        self.refused_signatures: list[tuple[Details, list[str]]] = []
        """For each, the invocation, and lines that say what was answered and why."""
        self.troubles: list[str] = []
        """What the user's own callbacks and matchers raised, or called at the wrong time."""
        self.unmocked_calls: list[UnmockedCall] = []
