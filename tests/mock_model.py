"""What a mock should do, as simply as it can be said: for tests that compare it with a real one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_ATTEMPTS = 3
REGION, ACCOUNT = "us-east-1", "123456789012"
"""Where every call is made."""
UNPARSED = object()
ANYTHING = object()


@dataclass(frozen=True)
class Meets:
    """What one attempt meets."""

    status: int | None
    error: str | None = None
    fault: str | None = None
    delivered: bool = False
    attempts: int | None = None
    """How many of an invocation meet it, where the rule does not say."""
    retried: bool = False


ACCEPTED = Meets(202, delivered=True)
ERRORS = {
    "ServiceException": Meets(500, "ServiceException", retried=True),
    "TooManyRequestsException": Meets(429, "TooManyRequestsException", retried=True),
    "ThrottlingException": Meets(400, "ThrottlingException", retried=True),
    "ResourceConflictException": Meets(409, "ResourceConflictException"),
}
FAULTS = {
    "ReadTimeout": Meets(None, fault="ReadTimeout", retried=True),
    "ConnectionClosed": Meets(None, fault="ConnectionClosed", retried=True),
    "BadGatewayPage": Meets(502, fault="BadGatewayPage", retried=True),
    "LostAnswer": Meets(None, fault="LostAnswer", delivered=True, attempts=1, retried=True),
}
REFUSED = {
    code: Meets(status, code)
    for code, status in [
        ("ValidationException", 400),
        ("InvalidRequestContentException", 400),
        ("ResourceNotFoundException", 404),
    ]
}


def take_apart(name: str) -> tuple[str, str | None, str | None, str | None]:
    """Function, qualifier, region and account of a bare name or an ARN."""
    if not name.startswith("arn:"):
        function, _, qualifier = name.partition(":")
        return function, qualifier or None, None, None
    _, _, _, region, account, _, function, *rest = name.split(":")
    return function, rest[0] if rest else None, region, account


@dataclass
class Wanted:
    """The match keywords; what is left out matches everything."""

    function: str | None = None
    qualifier: object = ANYTHING
    region: object = ANYTHING
    account: object = ANYTHING
    payload: object = ANYTHING
    error: object = ANYTHING

    def matches(self, call: Call) -> bool:
        return (
            self.names(call)
            and self.qualifier in (ANYTHING, call.qualifier)
            and self.region in (ANYTHING, REGION)
            and self.account in (ANYTHING, call.account)
            and (self.payload is ANYTHING or self.equals(call.payload))
            and self.error in (ANYTHING, call.error)
        )

    def equals(self, payload: object) -> bool:
        """Whether it is the payload; what is no JSON equals nothing."""
        return payload is not UNPARSED and self.payload == payload

    def names(self, call: Call) -> bool:
        """Whether the call is of the function."""
        if self.function is None:
            return True
        name, qualifier, region, account = take_apart(self.function)
        return (
            name == call.function
            and qualifier in (None, call.qualifier)
            and region in (None, call.region)
            and account in (None, call.account)
        )


@dataclass
class Call:
    """An invocation."""

    function: str
    qualifier: str | None
    region: str
    """Of the function, which may be another than that of the client."""
    account: str
    payload: object
    met: list[Meets] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        return self.met[-1].error if self.met else None


@dataclass
class Scripted:
    """A rule."""

    meets: Sequence[Meets]
    """By the attempts that an invocation has made before; the last one for all that follow."""
    wanted: Wanted
    times: int | None = 1
    attempts: int | None = None
    at: tuple[int, ...] = ()
    optional: bool = False
    removed: bool = False
    seen: int = 0
    answered: list[Call] = field(default_factory=list)

    @property
    def limit(self) -> int | None:
        return len(self.at) or self.times

    @property
    def remaining(self) -> int | None:
        if self.removed:
            return 0
        return None if self.limit is None else self.limit - len(self.answered)

    @property
    def is_missed(self) -> bool:
        enough = len(self.answered) >= (self.limit or 1)
        return not (self.optional or self.removed or enough)

    def takes(self, position: int) -> bool:
        return self.remaining != 0 and (not self.at or position in self.at)


@dataclass
class Registered:
    """A function, and whether its schema takes objects alone."""

    wanted: Wanted
    objects_alone: bool


class Model:
    """A mock."""

    def __init__(self, *, reject: bool) -> None:
        self.reject = reject
        self.violations = 0
        self.reset()

    def reset(self) -> None:
        self.calls: list[Call] = []
        self.events: list[Call] = []
        self.rules: list[Scripted] = []
        self.functions: list[Registered] = []

    def call(self, call: Call, attempts: int, *, valid_name: bool) -> None:
        """One call of a client that makes so many attempts at most."""
        self.calls.append(call)
        refusal = self._refusal(call, valid_name=valid_name)
        answers = itertools.repeat(refusal) if refusal else self._answers(call)
        for meets in itertools.islice(answers, attempts):
            call.met.append(meets)
            if meets.delivered:
                self.events.append(call)
            if not meets.retried:
                break

    def _refusal(self, call: Call, *, valid_name: bool) -> Meets | None:
        if not valid_name:
            return REFUSED["ValidationException"]
        if call.payload is UNPARSED:
            return REFUSED["InvalidRequestContentException"]
        if call.region != REGION:
            return REFUSED["ResourceNotFoundException"]
        called = [one for one in self.functions if one.wanted.matches(call)]
        if not called:
            return REFUSED["ResourceNotFoundException"] if self.reject else None
        if called[-1].objects_alone and not isinstance(call.payload, dict):
            self.violations += 1
            return REFUSED["InvalidRequestContentException"]
        return None

    def _answers(self, call: Call):
        """What each attempt meets: by its rules, one after the other, and then no more."""
        finite = [rule for rule in self.rules if rule.times is not None]
        standing = [rule for rule in self.rules if rule.times is None]
        in_order = [*finite, *reversed(standing)]
        matching = [r for r in in_order if not r.removed and r.wanted.matches(call)]
        for rule in matching:
            rule.seen += 1
        for rule, position in [(rule, rule.seen) for rule in matching]:
            if rule.takes(position):
                rule.answered.append(call)
                count = rule.attempts or rule.meets[0].attempts
                for _ in range(count or MOST_ATTEMPTS):
                    yield rule.meets[min(len(call.met), len(rule.meets) - 1)]
        yield from itertools.repeat(ACCEPTED)

    def can_be(self, wanted: Sequence[Wanted], *, any_order: bool) -> bool:
        """Whether the calls are just these."""
        orders = itertools.permutations(wanted) if any_order else [wanted]
        return len(wanted) == len(self.calls) and any(
            all(one.matches(call) for one, call in zip(order, self.calls, strict=True))
            for order in orders
        )
