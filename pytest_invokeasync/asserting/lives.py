"""The words for what became of events: in reports, in failures, at the end of a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from ..caller import place
from ..recording.invocations import Event, show_name, show_payload
from ..recording.life import Run
from ..showing import counted, cut, printable

_LONGEST = 300


def life_line(event: Event) -> str:
    """``+0 s timed out, +63 s succeeded``; empty for an event that nothing has happened to."""
    life = event._queued.life
    if life is None or not life.moments:
        return ""
    words = []
    for what, several in groupby(life.moments, key=lambda moment: moment[1]):
        moments = list(several)
        # A throttled event may have hundreds.
        shown = moments if len(moments) < 4 else moments[:1]
        words += [f"+{_seconds(seconds)} s {what}" for seconds, _ in shown]
        if len(shown) < len(moments):
            words[-1] += f" and {len(moments) - 1} times more"
    line = ", ".join(words)
    if event.outcome is None:
        return f"{line}, still waiting"
    return line if event.outcome == "Success" else f"{line}: {event.outcome}"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.3f}".rstrip("0").rstrip(".")


def event_line(event: Event) -> str:
    """``orders {'id': 42} (app.py:12)``."""
    details = event._details
    if event.origin is not None:
        where = f" (from the destination of {show_name(event.origin.event.function)})"
    else:
        where = f" ({place(details.caller)})" if details.caller else ""
    return f"{show_name(details.function)} {show_payload(details)}{where}"


def lives_of(events: Sequence[Event]) -> list[str]:
    """A line for each event of one invocation that something has happened to."""
    lines = []
    for number, event in enumerate(events, 1):
        line = life_line(event)
        if line:
            lines.append(f"     {f'event {number}: ' if len(events) > 1 else ''}{line}")
    return lines


def without_invocation(events: Sequence[Event]) -> list[str]:
    """A line for each event that a destination has queued, and for what became of it."""
    lines = []
    for event in events:
        lines += [f"  {event_line(event)}", *lives_of([event])]
    return lines


def _relax(setting: str = "@pytest.mark.invokeasync") -> str:
    return (
        "  (if that is intended: script the runs with add_run(), give the function an "
        f'on_failure= or a dead_letter=, or {setting}(function_failures="record"))'
    )


def _error(run: Run) -> str:
    payload = run.payload
    message = printable(str(payload["errorMessage"]))
    return f"{payload['errorType']}: {cut(message, _LONGEST)}"


def _failed(event: Event) -> list[str]:
    lines = [f"{event_line(event)}: {event.outcome or 'its retry has not run yet'}"]
    queued = event._queued.life
    began = queued.moments if queued else ()
    runs = iter(event.runs)
    for seconds, what in began:
        told = what
        if what in _RUN_OUTCOMES:
            run = next(runs)
            if what != "succeeded":
                told = f"{what}: {_error(run)}"
        lines.append(f"  +{_seconds(seconds)} s {told}")
    return lines


_RUN_OUTCOMES = frozenset({"succeeded", "failed", "timed out", "killed", "exited"})


def failures(call: str, events: Sequence[Event]) -> str:
    """The text of ``FunctionFailed``."""
    lines = [f"{call}(): {counted(len(events), 'event')} ended in failure"]
    for event in events[:10]:
        lines += _failed(event)
    if len(events) > 10:
        lines.append(f"… and {len(events) - 10} more")
    return "\n".join([*lines, _relax()])


def untold_failures(events: Sequence[Event], setting: str) -> list[str]:
    """At the end of a test: failures for which no ``FunctionFailed`` was raised."""
    lines = []
    for event in events:
        first, *rest = _failed(event)
        lines += [f"a function failed: {first}", *rest]
    return [*lines, _relax(setting)] if lines else []


def waiting_failures(events: Sequence[Event], setting: str) -> list[str]:
    """At the end of a test: events that failed, and whose retry has not run yet."""
    lines = []
    for event in events:
        first, *rest = _failed(event)
        lines += [f"a failure still waits for its retry: {first}", *rest]
    if not lines:
        return []
    return [*lines, "  (run_until_idle() runs the retry)", _relax(setting)]


def never_run(events: Sequence[Event], has_handler: Callable[[Event], bool]) -> list[str]:
    """Lines that say what to do about events that have not ended."""
    waiting = [event for event in events if event.outcome is None]
    lines = []
    with_handler = [event for event in waiting if has_handler(event)]
    if with_handler:
        many = len(with_handler) > 1
        lines.append(
            f"{counted(len(with_handler), 'event')} {'have' if many else 'has'} not ended: "
            f"run_until_idle() runs {'them' if many else 'it'}"
        )
    names = sorted({event.function for event in waiting if not has_handler(event)})
    lines += [
        f"nothing runs the events of {name!r}: register_function({name!r}, handler=...)"
        for name in names
    ]
    return lines
