"""The words: what was recorded, which came nearest, what is wrong at the end of a test."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..caller import place
from ..exceptions import UnmockedCall
from ..recording.invocations import (
    UNPARSED,
    Attempt,
    Event,
    Invocation,
    Item,
    details_of,
    show_name,
    show_payload,
)
from ..scripting.matching import Match
from ..showing import counted, show
from .difference import count_differences, explain

_MOST_LISTED = 20
_BY = {
    ("InvokeAsync", "Event"): "",
    ("Invoke", "Event"): " by Invoke",
    ("Invoke", "DryRun"): " by Invoke, a dry run",
}


def recorded(invocations: Sequence[Invocation], events: Sequence[Event]) -> list[str]:
    """Everything that was recorded, a line each."""
    if not invocations:
        return ["recorded: no invocation at all"]
    lines = [
        f"recorded: {counted(len(invocations), 'invocation')}, {counted(len(events), 'event')}"
    ]
    # A log of thousands: its end is what a failure is about.
    left_out = max(0, len(invocations) - _MOST_LISTED)
    if left_out:
        lines.append(f"  … {counted(left_out, 'earlier invocation')}")
    lines += [f"  {invocation_line(invocation)}" for invocation in invocations[left_out:]]
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
    return f"{details.number}. {show_name(name)} {show_payload(details)}{by} -> {outcomes}{caller}"


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
        return f"{attempt.fault}{delivered}"
    if attempt.status is None:
        return "still in flight"
    return f"{attempt.status} {attempt.error or 'accepted'}"


def nearest(match: Match, items: Sequence[Item]) -> list[str]:
    """The recorded one that misses least, and where it differs; nothing when there is none."""
    misses = [
        (missed, item)
        for item in items
        if (missed := match.misses(item)) and missed != ["function"]
    ]
    if not misses:
        return []
    missed, item = min(misses, key=lambda pair: (len(pair[0]), _distance(match, pair[1], pair[0])))
    invocation = details_of(item)
    verb = "differs" if len(missed) == 1 else "differ"
    words = _listed([_word(keyword) for keyword in missed])
    lines = [f"nearest: invocation {invocation.number}, whose {words} {verb}"]
    return lines + differences_of(match, item)


def differences_of(match: Match, item: Item) -> list[str]:
    """Where a recorded one differs, line by line."""
    return [
        f"  {line}" for keyword in match.misses(item) for line in _difference(match, item, keyword)
    ]


def _distance(match: Match, item: Item, missed: Sequence[str]) -> int:
    if "payload" not in missed:
        return 0
    payload = details_of(item).decoded()
    return sys.maxsize if payload is UNPARSED else count_differences(match.payload, payload)


def _difference(match: Match, item: Item, keyword: str) -> list[str]:
    if keyword == "where":
        return [f"where= did not return true for {item!r}"]
    if keyword == "payload":
        payload = details_of(item).decoded()
        if payload is UNPARSED:
            sent = show(details_of(item).body)
            return [f"expected payload {show(match.payload)}, sent {sent}, which is no JSON"]
        return explain(match.payload, payload, recorded_word="sent")
    stated = match.stated(keyword)
    actual = getattr(item if keyword == "error" else details_of(item), keyword)
    return [f"expected {_word(keyword)} {show(stated)}, was {show(actual)}"]


def _word(keyword: str) -> str:
    # An ARN's region is that of the function, and not always that of the request.
    return keyword.removeprefix("function_")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def unmet_errors(unmet: Sequence[str]) -> list[str]:
    """The errors of ``invokeasync_error`` that the test never met, and how to relax it."""
    if not unmet:
        return []
    return [
        *(f"the test did not meet its error: {rule}" for rule in unmet),
        "  (a test that asks for invokeasync_error must meet it, or it proves nothing; where some "
        "may not be met: @pytest.mark.invokeasync_errors(..., optional=True))",
    ]


def unanswered_rules(unanswered: Sequence[str]) -> list[str]:
    """Those rules that should have answered, and how to relax it."""
    if not unanswered:
        return []
    return [
        *(f"unanswered rule: {rule}" for rule in unanswered),
        "  (where this is right: optional=True for an error or a fault, or "
        "@pytest.mark.invokeasync(assert_all_used=False) for the test)",
    ]


def schema_violations(violations: Sequence[str]) -> list[str]:
    """Each violation, and how to relax it."""
    if not violations:
        return []
    return [
        *(f"schema violated: {violation}" for violation in violations),
        "  (where the test is about just that: "
        '@pytest.mark.invokeasync(schema_violations="respond"))',
    ]


def unmocked_calls(calls: Sequence[UnmockedCall]) -> list[str]:
    """Each refused call, and how to relax it."""
    if not calls:
        return []
    return [
        *(f"unmocked call to AWS Lambda: {call}" for call in calls),
        "  (refused with UnmockedLambdaCall, over HTTP with 404. Answer it with a mock of its own; "
        'or let such calls pass: @pytest.mark.invokeasync(other_lambda_calls="pass"); or, where '
        "the test expects it, unmocked_calls.clear())",
    ]


def troubles(found: Sequence[str]) -> list[str]:
    """Each mistake in a callback or matcher of the test."""
    return [f"mistake in the test's own code: {trouble}" for trouble in found]
