"""Why a signature is not the one that the service calculates: the usual mistakes, each tried.

The lines hold no secret, no signing key, no session token and no signature.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

from ..showing import counted, cut, printable, show
from .messages import is_secret
from .signature import START, Claim, Mismatch, token_is_unsigned
from .signature_mistakes import Trial, mistakes_of

_LINE = 1_000  # characters of a line of a canonical request
_LINES = 100  # of a canonical request that are shown
_NAMES = 20  # headers that are listed one by one
# In search of the mistake: characters that are signed, a header counting as some more. Of a request
# of some KB all is tried, and one of a megabyte costs no minutes.
_WORK = 100_000_000
_HEADER = 200
_TOKEN_PARAMETER = re.compile(r"(X-Amz-Security-Token=)[^&]*", re.IGNORECASE)


def diagnose(mismatch: Mismatch) -> list[str]:
    """Lines that say what was done wrong, if it is one of the usual mistakes, or two of them.

    Then both canonical requests, and the first line that differs; else only the expected one.
    """
    claim = mismatch.claim
    hide = _hiding(claim)
    start = START + mismatch.key.secret
    right = Trial(mismatch.expected, claim.scope, claim.scope, claim.timestamp, start)
    if token_is_unsigned(claim) and right.signature() == claim.signature:
        return [
            "the session token is not signed: x-amz-security-token was sent, "
            "and SignedHeaders does not name it"
        ]
    if claim.signature != claim.signature.lower() and right.signature() == claim.signature.lower():
        return ["the signature is right, but in capitals: its hexadecimal digits are small letters"]
    if claim.signature == base64.b64encode(bytes.fromhex(right.signature())).decode():
        return ["the signature is right, but in Base64: it is sent in hexadecimal digits"]
    wanted = claim.signature.lower()
    expected = mismatch.expected
    most = _WORK // (len(expected.text()) + _HEADER * len(expected.headers))
    number = 0
    for number, (texts, trial) in enumerate(_trials(mismatch, right), 1):
        if number > most:
            break
        if trial.signature() == wanted:
            return [*texts, *_compared(trial, right, hide)]
    return _unexplained(mismatch, right, hide, all_tried=number <= most)


def _trials(mismatch: Mismatch, right: Trial) -> Iterator[tuple[list[str], Trial]]:
    """What may have been signed instead, each with the mistakes that lead to it."""
    seen = {right}
    mistakes = []
    for mistake in mistakes_of(mismatch):
        trial = mistake.made(right)
        if trial not in seen:
            seen.add(trial)
            yield [mistake.text], trial
            mistakes.append(mistake)
    # A signer that is wrong about one thing is often wrong about another. A scope is not among
    # them: its many values would make it slow.
    few = [mistake for mistake in mistakes if mistake.aspect != "scope"]
    for one, other in itertools.combinations(few, 2):
        if one.aspect != other.aspect:
            yield [one.text, other.text], other.made(one.made(right))


# What is shown.


def _compared(trial: Trial, right: Trial, hide: Callable[[str], str]) -> list[str]:
    signed, expected = trial.lines(), right.lines()
    if signed == expected:
        what, signed, expected = "string to sign", trial.signed(), right.signed()
    else:
        what = "canonical request"
    shown = [
        *_block(f"the {what} that was signed:", signed, hide),
        *_block(f"the {what} of the service:", expected, hide),
    ]
    pairs = itertools.zip_longest(signed, expected, fillvalue="")
    number = next((n for n, (one, other) in enumerate(pairs, 1) if one != other), None)
    if number is None:
        return shown
    return [
        f"the {what} differs first in line {number}:",
        f"  signed:   {hide(signed[number - 1])}",
        f"  expected: {hide(expected[number - 1])}",
        *shown,
    ]


def _block(title: str, lines: list[str], hide: Callable[[str], str]) -> list[str]:
    shown = [f"  {hide(line)}".rstrip() for line in lines[:_LINES]]
    return [title, *shown, *_left_out(len(lines) - _LINES, "line")]


def _left_out(count: int, what: str) -> list[str]:
    return [f"  … {counted(count, f'further {what}')}"] if count > 0 else []


def _unexplained(
    mismatch: Mismatch, right: Trial, hide: Callable[[str], str], *, all_tried: bool
) -> list[str]:
    claim = mismatch.claim
    lines = [
        "none of the usual mistakes gives the signature that was sent: is the secret access key "
        f"the one registered for {show(claim.access_key_id)}?"
    ]
    if not all_tried:
        lines.append("(the request is so long that only the most likely ones were tried)")
    sent = mismatch.sent.values.keys() | {"host"}
    lost = [name for name in claim.names if name not in sent]
    lines += [f"the header {show(name)} is signed, and was not sent" for name in lost[:_NAMES]]
    return [
        *lines,
        *_left_out(len(lost) - _NAMES, "header"),
        *_block("the canonical request of the service:", right.lines(), hide),
        *_block("the string to sign of the service:", right.signed(), hide),
    ]


def _hiding(claim: Claim) -> Callable[[str], str]:
    token = claim.token or ""
    # In the forms that it has in a header and in a query.
    forms = sorted({token, quote(token, safe="~"), quote(quote(token, safe="~"))} - {""})

    def hide(line: str) -> str:
        name, colon, _ = line.partition(":")
        if colon and is_secret(name):
            return f"{name}:<hidden>"
        line = _TOKEN_PARAMETER.sub(r"\1<hidden>", line)
        for form in forms:
            line = line.replace(form, "<hidden>")
        return cut(printable(line), _LINE)

    return hide
