"""The lines of messages: what was recorded, what came nearest, what is wrong at teardown."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..caller import place
from ..exceptions import UnmockedCall
from ..recording.invocations import (
    UNPARSED,
    Attempt,
    Details,
    Event,
    Invocation,
    Item,
    show_name,
    show_payload,
)
from ..scripting.matching import DECODED, Decode, Match, Part, Seen, decoded_text
from ..showing import counted, printable, shortened, show
from .difference import count_differences, explain
from .lives import lives_of, without_invocation

_MOST_LISTED = 20
_LONGEST = 1_000  # characters of a problem
_BY = {
    ("InvokeAsync", "Event"): "",
    ("Invoke", "Event"): " by Invoke",
    ("Invoke", "DryRun"): " by Invoke, a dry run",
}
_PAYLOADS = ("payload", "payload_includes")


def recorded(invocations: Sequence[Invocation], events: Sequence[Event]) -> list[str]:
    """Everything that was recorded, a line each."""
    if not (invocations or events):
        return ["recorded: no invocation at all"]
    lines = [
        f"recorded: {counted(len(invocations), 'invocation')}, {counted(len(events), 'event')}"
    ]
    # Of a long log only the end is shown, which a failure is mostly about.
    left_out = max(0, len(invocations) - _MOST_LISTED)
    if left_out:
        lines.append(f"  … {counted(left_out, 'earlier invocation')}")
    queued: dict[int, list[Event]] = {}
    for event in events:
        queued.setdefault(event._details.number, []).append(event)
    for invocation in invocations[left_out:]:
        lines.append(f"  {invocation_line(invocation)}")
        lines += lives_of(queued.get(invocation._details.number, ()))
    # An event that no invocation queued has no number.
    lines += without_invocation(queued.get(0, [])[-_MOST_LISTED:])
    if any(invocation.error == "ValidationException" for invocation in invocations[left_out:]):
        lines.append(
            "  (the option contract says what a FunctionName is checked by: the API page, "
            'or with "botocore" the installed SDK, which knows newer regions)'
        )
    return lines


def invocation_line(invocation: Invocation) -> str:
    """``1. orders {'id': 42} -> 202 accepted (app.py:12)``."""
    details = invocation._details
    name = (
        details.function if details.qualifier is None else f"{details.function}:{details.qualifier}"
    )
    caller = f" ({place(details.caller)})" if details.caller else ""
    outcomes = _outcomes(invocation.attempts)
    by = _BY[details.api, details.invocation_type]
    line = f"{details.number}. {show_name(name)} {show_payload(details)}{by} -> {outcomes}{caller}"
    return shortened(line, _LONGEST)


def _outcomes(attempts: Sequence[Attempt]) -> str:
    """``500 ServiceException (5 attempts)``; ``500 ServiceException, then 202 accepted``."""
    runs: list[tuple[str, int]] = []
    for attempt in attempts:
        outcome = _outcome(attempt)
        if runs and runs[-1][0] == outcome:
            runs[-1] = (outcome, runs[-1][1] + 1)
        else:
            runs.append((outcome, 1))
    return ", then ".join(
        text if times == 1 else f"{text} ({times} attempts)" for text, times in runs
    )


def _outcome(attempt: Attempt) -> str:
    if attempt.fault is not None:
        delivered = ", event queued" if attempt.request_id else ""
        return f"{printable(attempt.fault)}{delivered}"
    if attempt.status is None:
        return "still in flight"
    return f"{attempt.status} {attempt.error or 'accepted'}"


def nearest(match: Match, items: Sequence[Item], decode: Decode) -> list[str]:
    """The recorded item that is nearest, and where it differs; empty if there is none."""
    misses = []
    for item in items:
        seen = Seen.item(item, decode)
        missed = match.misses(seen)
        if missed and [part.name for part in missed] != ["function"]:
            misses.append((missed, seen))
    if not misses:
        return []
    fewest = min(len(missed) for missed, _ in misses)
    missed, seen = min(
        (pair for pair in misses if len(pair[0]) == fewest), key=lambda pair: _distance(*pair)
    )
    verb = "differs" if fewest == 1 else "differ"
    words = _listed([_word(part) for part in missed])
    number = seen.details.number
    which = f"invocation {number}" if number else "an event from a destination"
    lines = [f"nearest: {which}, whose {words} {verb}"]
    return lines + _told(missed, seen)


def differences_of(match: Match, item: Item, decode: Decode) -> list[str]:
    """Lines that say where a recorded item differs."""
    seen = Seen.item(item, decode)
    return _told(match.misses(seen), seen)


def _distance(missed: Sequence[Part], seen: Seen) -> int:
    total = 0
    for part in missed:
        if part.name in _PAYLOADS:
            payload = seen.payload()
            if payload is UNPARSED:
                return sys.maxsize
            partly = part.name == "payload_includes"
            total += count_differences(part.expected, payload, partly=partly)
    return total


def _told(missed: Sequence[Part], seen: Seen) -> list[str]:
    return [f"  {line}" for part in missed for line in _difference(part, seen)]


def _difference(part: Part, seen: Seen) -> list[str]:
    if part.name == "where":
        return [f"where= did not return true for {seen.whole()!r}"]
    if part.name in _PAYLOADS:
        return _payload_difference(part, seen)
    return [f"expected {_word(part)} {show(part.expected)}, was {show(part.read(seen))}"]


def _payload_difference(part: Part, seen: Seen) -> list[str]:
    payload = seen.payload()
    if payload is UNPARSED:
        sent = show(seen.details.body)
        return [f"expected {_word(part)} {show(part.expected)}, sent {sent}, which is no JSON"]
    partly = part.name == "payload_includes"
    lines = explain(part.expected, payload, recorded_word="sent", partly=partly)
    if decoded_text(part.expected) is not None and type(payload) in (dict, list):
        lines.append(DECODED.format(part.name))
    return lines


def _word(part: Part) -> str:
    return {"function_region": "region", "payload_includes": "payload"}.get(part.name, part.name)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def unmet_errors(unmet: Sequence[str]) -> list[str]:
    """The errors of ``invokeasync_error`` that the test never got, and how to allow that."""
    return _problems(
        "the test did not get its error: ",
        unmet,
        "(a test that uses invokeasync_error must get the error, or it proves nothing; if that is "
        "intended for some: @pytest.mark.invokeasync_errors(..., optional=True))",
    )


_WHEN_RUN = "events run when the test calls run_until_idle(), run_due() or advance(); "


def unanswered_rules(unanswered: Sequence[str], setting: str) -> list[str]:
    """The rules that should have answered and did not, and how to allow that."""
    of_runs = any(rule.startswith("add_run(") for rule in unanswered)
    return _problems(
        "unanswered rule: ",
        unanswered,
        f"({_WHEN_RUN * of_runs}if that is intended: optional=True for "
        f"{'a run, ' * of_runs}an error or a fault, or "
        f"{setting}(assert_all_used=False){' for the test' * setting.startswith('@')})",
    )


def schema_violations(violations: Sequence[str], setting: str) -> list[str]:
    """Each violation, and how to allow it."""
    return _problems(
        "schema violated: ",
        violations,
        f'(if that is intended: {setting}(schema_violations="respond"))',
    )


def refused_signatures(refused: Sequence[tuple[Details, Sequence[str]]], setting: str) -> list[str]:
    """Each refused signature, what is wrong with it, and how to allow it."""
    if not refused:
        return []
    lines = []
    for details, (answer, *why) in refused[:_MOST_LISTED]:
        caller = f" ({place(details.caller)})" if details.caller else ""
        called = f"invocation {details.number} of {show_name(details.function)}"
        lines.append(f"signature refused: {called}{caller}: {answer}")
        lines += [f"  {line}".rstrip() for line in why]
    if left_out := len(refused) - len(refused[:_MOST_LISTED]):
        lines.append(f"  … {counted(left_out, 'further signature')} refused")
    return [
        *lines,
        f'  (if the test is not about signatures: {setting}(signatures="ignore"))',
    ]


def unmocked_calls(calls: Sequence[UnmockedCall], setting: str) -> list[str]:
    """Each refused call, and how to allow it."""
    return _problems(
        "unmocked call to AWS Lambda: ",
        calls,
        "(refused with UnmockedLambdaCall, over HTTP with 404. Answer it with a mock of its own; "
        f'or let such calls pass: {setting}(other_lambda_calls="pass"); or, if '
        "the test expects the refusal, unmocked_calls.clear())",
    )


def troubles(found: Sequence[str]) -> list[str]:
    """What a callback or matcher of the test raised."""
    return _problems("mistake in the test's own code: ", found)


def sweeps(lines: Sequence[str]) -> list[str]:
    """What each sweep tried, or what is wrong with it."""
    return _problems("", lines)


def _problems(kind: str, entries: Sequence[object], hint: str = "") -> list[str]:
    lines = [shortened(f"{kind}{entry}", _LONGEST) for entry in entries[:_MOST_LISTED]]
    if (left_out := len(entries) - _MOST_LISTED) > 0:
        lines.append(f"  … and {left_out:,} more of these")
    return [*lines, f"  {hint}"] if hint and entries else lines
