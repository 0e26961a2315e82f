"""What a mock holds: what ``reset()`` forgets, and what a test must not lose."""

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

    def copied_surroundings(self) -> Surroundings | None:
        """What runs are put into, for another state to change."""
        return self._surroundings and self._surroundings.copy()

    def leave(self) -> None:
        """Another state takes its place: a drain that goes on comes to its end."""
        if self.queue is not None:
            self.queue.is_abandoned = True


class Base:
    """What fixtures of a wider scope have scripted: each test that shares the mock has it anew."""

    def __init__(self) -> None:
        self._rules: tuple[Rule, ...] = ()
        self._functions: tuple[Function, ...] = ()
        self._surroundings: Surroundings | None = None
        self.signatures = Signatures()

    def take(self, state: State, before: State, rules: int, functions: int) -> None:
        """What came since there were so many rules and functions in the state before."""
        if state is not before:  # it was reset
            self._rules, self._functions = state.rules.since(0), state.functions.since(0)
        else:
            self._rules += state.rules.since(rules)
            self._functions += state.functions.since(functions)
        self._surroundings = state.copied_surroundings()
        for rule in self._rules:
            rule.renew()

    def state(self) -> State:
        """For the next test: the rules unused, and nothing recorded."""
        state = State()
        for rule in self._rules:
            rule.renew()
            state.rules.add(rule)
        state.functions = Functions(self._functions)
        state._surroundings = self._surroundings
        state._surroundings = state.copied_surroundings()
        return state


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
