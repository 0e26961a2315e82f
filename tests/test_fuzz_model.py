"""Scripting, calling, asserting and resetting in any order: the mock does as a simple model."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from mock_model import (
    ACCEPTED,
    ACCOUNT,
    ANYTHING,
    ERRORS,
    FAULTS,
    MOST_ATTEMPTS,
    REGION,
    UNPARSED,
    Call,
    Model,
    Registered,
    Scripted,
    Wanted,
    take_apart,
)

from pytest_invokeasync import Invocation, InvokeAsyncMock, Rule

client = boto3.client(
    "lambda", config=Config(retries={"mode": "standard", "total_max_attempts": MOST_ATTEMPTS})
)
URL = "https://lambda.us-east-1.amazonaws.com/2014-11-13/functions/{}/invoke-async"


def usually(common: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> Any:
    """Three times of four the first."""
    return st.sampled_from([common, common, common, other]).flatmap(lambda one: one)


RARELY = st.sampled_from([False, False, False, True])
ARNS = [
    "arn:aws:lambda:us-east-1:123456789012:function:orders",
    "arn:aws:lambda:us-east-1:210987654321:function:orders:7",
    "arn:aws:lambda:eu-west-1:123456789012:function:orders",
]
NAMES = usually(st.just("orders"), st.sampled_from(["orders:7", "mail", "or ders", *ARNS]))
PAYLOADS = usually(st.just({}), st.sampled_from([1, None, UNPARSED]))
CALLS = st.tuples(NAMES, PAYLOADS, st.booleans())
FUNCTIONS = st.sampled_from(["orders", "orders:7", "mail", *ARNS])


def agrees(match: dict[str, Any]) -> bool:
    """Whether a name says nothing else than the keywords beside it, which is refused."""
    _, qualifier, _, account = take_apart(match.get("function", "orders"))
    stated = {"qualifier": qualifier, "account": account}
    return all(value in (None, match.get(name, value)) for name, value in stated.items())


ANY_MATCH = st.fixed_dictionaries(
    {},
    optional={
        "function": FUNCTIONS,
        "payload": st.sampled_from([{}, 1, None, ANY]),
        "qualifier": st.sampled_from([None, "7"]),
        "region": st.sampled_from([REGION, "eu-west-1"]),
        "account": st.sampled_from([ACCOUNT, "210987654321"]),
    },
).filter(agrees)
MATCH = usually(st.sampled_from([{}, {"function": "orders"}]), ANY_MATCH)
ERROR = st.sampled_from([{}, *({"error": code} for code in (None, *ERRORS))])
COUNTS = st.none() | st.integers(0, 3)

TIMES = [{}, {"times": 2}, {"times": None}, {"times": None}]
POSITIONS = [
    {"at": (1,)},
    {"at": (2,)},
    {"at": (1, 3)},
    {"at": (4,)},
    {"at": (2, 5)},
    {"at": (2,), "times": None},
]
HOW = st.builds(
    dict.__or__,
    st.sampled_from([*TIMES, *POSITIONS]),
    st.sampled_from([{}, {"attempts": 1}, {"attempts": 2}, {"optional": True}]),
)
SCRIPTS = st.one_of(
    st.tuples(st.just("add_error"), st.sampled_from([*ERRORS]), HOW, MATCH),
    st.tuples(st.just("add_fault"), st.sampled_from([*FAULTS]), HOW, MATCH),
    st.tuples(st.just("add_accepted"), st.none(), st.sampled_from(TIMES), MATCH),
    st.tuples(
        st.just("add_callback"),
        # For one attempt after the other.
        st.lists(st.sampled_from([None, *ERRORS]), min_size=1, max_size=MOST_ATTEMPTS),
        st.sampled_from([{"times": 1}, {"times": None}]),
        MATCH,
    ),
)


def send_by_boto3(function: str, body: bytes) -> None:
    with contextlib.suppress(ClientError, BotoCoreError):
        client.invoke_async(FunctionName=function, InvokeArgs=body)


def send_by_requests(function: str, body: bytes) -> None:
    with contextlib.suppress(requests.RequestException):
        requests.post(URL.format(function), data=body, timeout=5)


def one_by_one(decisions: list[str | None]) -> Callable[[Invocation], str | None]:
    """A callback with a decision for each attempt; the last one for all that follow."""
    return lambda one: decisions[min(len(one.attempts), len(decisions)) - 1]


def holds(assertion: Callable[..., Any], *given: Any, **keywords: Any) -> bool:
    try:
        assertion(*given, **keywords)
    except AssertionError:
        return False
    return True


class Mocks(RuleBasedStateMachine):
    """Mocks within each other; the innermost one answers."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[tuple[InvokeAsyncMock, Model]] = []
        self.scripted: list[tuple[Rule, Scripted]] = []

    def teardown(self) -> None:
        for mock, _ in self.active:
            mock.stop()

    @property
    def mock(self) -> InvokeAsyncMock:
        return self.active[-1][0]

    @property
    def model(self) -> Model:
        return self.active[-1][1]

    # --- Being active ----------------------------------------------------------------------------

    @initialize(reject=RARELY)
    def start(self, reject: bool) -> None:
        mock = InvokeAsyncMock(unknown_functions="reject" if reject else "accept")
        mock.start()
        self.active.append((mock, Model(reject=reject)))

    def stop_any(self, data: st.DataObject) -> None:
        mock, _ = self.active.pop(data.draw(st.integers(0, len(self.active) - 1)))
        mock.stop()

    # One rule, since each is chosen as often as any other.
    @rule(data=st.data(), what=st.integers(0, 7))
    def do_what_is_rare(self, data: st.DataObject, what: int) -> None:
        if what == 0:
            self.mock.reset()
            self.model.reset()
        elif what == 1 and len(self.active) < 3:
            self.start(data.draw(RARELY))
        elif what == 2 and len(self.active) > 1:
            self.stop_any(data)
        elif what <= 4:
            self.register(data.draw(FUNCTIONS), data.draw(RARELY))
        elif self.scripted:
            self.remove(data.draw(st.sampled_from(self.scripted)))

    # --- Scripting -------------------------------------------------------------------------------

    @rule(scripts=st.lists(SCRIPTS, min_size=1, max_size=3))
    def script(self, scripts: list[tuple[str, Any, dict[str, Any], dict[str, Any]]]) -> None:
        for method, outcome, how, match in scripts:
            if method == "add_error":
                added = self.mock.add_error(outcome, **how, **match)
                meets = [ERRORS[outcome]]
            elif method == "add_fault":
                added = self.mock.add_fault(outcome, **how, **match)
                meets = [FAULTS[outcome]]
            elif method == "add_accepted":
                added = self.mock.add_accepted(**how, **match)
                meets = [ACCEPTED]
            else:
                added = self.mock.add_callback(one_by_one(outcome), **how, **match)
                meets = [ERRORS[code] if code else ACCEPTED for code in outcome]
            scripted = Scripted(meets, Wanted(**match), **how)
            self.model.rules.append(scripted)
            self.scripted.append((added, scripted))

    def remove(self, rule_: tuple[Rule, Scripted]) -> None:
        added, scripted = rule_
        added.remove()
        scripted.removed = True

    def register(self, name: str, objects_alone: bool) -> None:
        self.mock.register_function(name, schema={"type": "object"} if objects_alone else None)
        self.model.functions.append(Registered(Wanted(name), objects_alone))

    # --- Calling ---------------------------------------------------------------------------------

    @rule(calls=st.lists(CALLS, min_size=1, max_size=4))
    def call(self, calls: list[tuple[str, object, bool]]) -> None:
        for name, payload, by_boto3 in calls:
            body = b"no JSON" if payload is UNPARSED else json.dumps(payload).encode()
            (send_by_boto3 if by_boto3 else send_by_requests)(name, body)
            function, qualifier, region, account = take_apart(name)
            self.model.call(
                Call(function, qualifier, region or REGION, account or ACCOUNT, payload),
                MOST_ATTEMPTS if by_boto3 else 1,
                valid_name=" " not in name,
            )

    # --- Asserting -------------------------------------------------------------------------------

    @rule(data=st.data(), match=ANY_MATCH, error=ERROR, times=COUNTS)
    def ask(
        self,
        data: st.DataObject,
        match: dict[str, Any],
        error: dict[str, Any],
        times: int | None,
    ) -> None:
        self.ask_for_events(match, times)
        self.ask_for_invocations(match, error, times)
        if len(self.model.calls) < 6:
            self.ask_for_the_sequence(data, any_order=data.draw(st.booleans()))

    def ask_for_events(self, match: dict[str, Any], times: int | None) -> None:
        wanted = Wanted(**match)
        of_function = [call for call in self.model.events if wanted.names(call)]
        found = [call for call in of_function if wanted.matches(call)]
        enough = len(found) >= 1 if times is None else len(found) == times
        once = len(of_function) == len(found) == 1
        mock = self.mock
        assert len(mock.get_events(**match)) == len(found)
        assert holds(mock.assert_queued, times=times, **match) == enough
        assert holds(mock.assert_queued_once, **match) == once
        assert holds(mock.assert_not_queued, **match) == (not found)
        waited = holds(mock.wait_until_queued, count=times or 1, timeout=0, **match)
        assert waited == (len(found) >= (times or 1))

    def ask_for_invocations(
        self, match: dict[str, Any], error: dict[str, Any], times: int | None
    ) -> None:
        wanted = Wanted(**match, **error)
        of_function = [call for call in self.model.calls if wanted.names(call)]
        found = [call for call in of_function if wanted.matches(call)]
        enough = len(found) >= 1 if times is None else len(found) == times
        once = len(of_function) == len(found) == 1
        mock, given = self.mock, {**match, **error}
        assert len(mock.get_invocations(**given)) == len(found)
        assert holds(mock.get_invocation, **given) == (len(found) == 1)
        assert holds(mock.assert_invoked, times=times, **given) == enough
        assert holds(mock.assert_invoked_once, **given) == once
        assert holds(mock.assert_not_invoked, **given) == (not found)

    def ask_for_the_sequence(self, data: st.DataObject, *, any_order: bool) -> None:
        named = [call for call in self.model.calls if " " not in call.function]
        entries = [
            (call.function, ANYTHING if call.payload is UNPARSED else call.payload)
            for call in data.draw(st.permutations(named) | st.just(named))
        ]
        vague = data.draw(st.lists(st.booleans(), min_size=len(entries), max_size=len(entries)))
        wanted = [
            Wanted(name, payload=ANYTHING if leave_out else payload)
            for (name, payload), leave_out in zip(entries, vague, strict=True)
        ]
        extra = data.draw(st.lists(st.just(Wanted("mail")), max_size=1))
        sequence = [
            str(one.function) if one.payload is ANYTHING else (str(one.function), one.payload)
            for one in (*wanted, *extra)
        ]
        expected = self.model.can_be([*wanted, *extra], any_order=any_order)
        assert holds(self.mock.assert_sequence, sequence, any_order=any_order) == expected

    # --- What holds at any time ------------------------------------------------------------------

    @invariant()
    def what_was_recorded_is_what_happened(self) -> None:
        for mock, model in self.active:
            recorded = mock.invocations
            places = [(*take_apart(one.arn)[2:], one.region) for one in recorded]
            assert places == [(one.region, one.account, REGION) for one in model.calls]
            assert [(one.function, one.qualifier, one.account) for one in recorded] == [
                (one.function, one.qualifier, one.account) for one in model.calls
            ]
            assert [(one.error, len(one.events)) for one in recorded] == [
                (one.error, sum(m.delivered for m in one.met)) for one in model.calls
            ]
            assert [one.payload for one in recorded] == [
                None if one.payload is UNPARSED else one.payload for one in model.calls
            ]
            assert [
                [(a.number, a.status, a.error, a.fault) for a in one.attempts] for one in recorded
            ] == [
                [(n, m.status, m.error, m.fault) for n, m in enumerate(one.met, 1)]
                for one in model.calls
            ]
            numbers = {id(one): number for number, one in enumerate(model.calls)}
            assert [recorded.index(event.invocation) for event in mock.events] == [
                numbers[id(one)] for one in model.events
            ]

    @invariant()
    def a_rule_has_answered_what_it_should(self) -> None:
        for added, scripted in self.scripted:
            assert (added.used, added.remaining) == (len(scripted.answered), scripted.remaining)
            assert [(one.function, one.error) for one in added.invocations] == [
                (one.function, one.error) for one in scripted.answered
            ]

    @invariant()
    def the_end_of_the_test_would_tell_what_is_wrong(self) -> None:
        for mock, model in self.active:
            told = [line.partition(":")[0] for line in mock.find_problems() if line[0] != " "]
            missed = sum(scripted.is_missed for scripted in model.rules)
            # Of each kind the first twenty are told.
            assert told == ["unanswered rule"] * min(missed, 20) + ["schema violated"] * min(
                model.violations, 20
            )
            assert holds(mock.verify) == (not told)


Mocks.TestCase.settings = settings(
    max_examples=settings.default.max_examples // 4, stateful_step_count=30
)
TestMocks = Mocks.TestCase
