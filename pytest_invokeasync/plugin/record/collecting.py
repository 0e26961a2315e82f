"""Collects what any mock of this process has recorded since the last look."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

from ...recording import log
from ...recording.invocations import Event, Invocation
from ...recording.log import Recording


class _Seen:
    """A log, and how much of it has been taken."""

    def __init__(self, log: Recording) -> None:
        # A weak reference, since a log is as large as what was sent. A mock may go on with the log,
        # for instance one of a wider scope.
        self.log = weakref.ref(log)
        self.invocations = 0
        self.events = 0

    def take(self, log: Recording) -> tuple[list[Invocation], list[Event]]:
        """The new invocations, and the new events that no invocation queued."""
        invocations, events = log.invocations(self.invocations), log.events(self.events)
        self.invocations += len(invocations)
        self.events += len(events)
        return invocations, [event for event in events if event.invocation is None]


class Collector:
    """Knows every log that is begun while it watches, those of mocks made by hand too."""

    def __init__(self) -> None:
        # Strong references until a log was looked at, since its mock may be gone by then.
        self._begun: list[Recording] = []
        self._known: list[_Seen] = []

    def watch(self) -> None:
        """Starts to notice new logs."""
        log.observers.append(self._notice)

    def stop(self) -> None:
        """Stops noticing new logs."""
        log.observers.remove(self._notice)

    def _notice(self, log: Recording) -> None:
        self._begun.append(log)

    def take(self) -> Iterator[tuple[list[Invocation], list[Event]]]:
        """For each log, its new invocations, and the new events that no invocation queued."""
        # As many logs as there are now, since another thread may begin one meanwhile.
        begun = [self._begun.pop(0) for _ in range(len(self._begun))]
        known = [*self._known, *map(_Seen, begun)]
        alive = [(seen, log) for seen in known if (log := seen.log()) is not None]
        self._known = [seen for seen, _ in alive]
        for seen, log in alive:
            taken = seen.take(log)
            if any(taken):
                yield taken
