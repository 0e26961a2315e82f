"""The queue against a small model of its own: whatever a test does, both tell the same story."""

from __future__ import annotations

from dataclasses import dataclass, field

from consumers import QUEUE, TOPIC, invoke
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pytest_invokeasync import InvokeAsyncMock, runs

SCRIPTED = {
    "fail": runs.Failed(ValueError),
    "time out": runs.TimedOut,
    "time out before": runs.TimedOut(before=True),
    "kill": runs.Killed,
    "throttle": runs.Throttled(tries=2),
    "duplicate": runs.Duplicated,
    "late": runs.Late(90),
    "lose": runs.Lost,
}
FAILED = {"fail": "failed", "kill": "killed"}
TIMEOUT = 4
AGES = st.sampled_from([60, 90, 200, 21_600])
# Few words in one plan: so that one is met again and again.
plans = st.lists(st.sampled_from(["run", *SCRIPTED]), min_size=1, max_size=3).flatmap(
    lambda words: st.lists(st.sampled_from(words), max_size=8)
)


@dataclass
class Known:
    """An event, as the model knows it."""

    number: int
    plan: list[str]
    queued: float
    due: float
    order: int
    tries: int = 0
    failed: int = 0
    throttled: int = 0
    throttles_left: int = 0
    told: list[tuple[str, float]] = field(default_factory=list)
    outcome: str | None = None
    overtaken: bool = False
    duplicates: int = 0


class Model:
    """What Lambda does, in as few words as it takes. Its own code, on numbers alone."""

    def __init__(self, retries, age):
        self.retries, self.age = retries, age
        self.now, self.order = 0.0, 0
        self.events, self.waiting = [], []
        self.handled, self.sent = [], 0

    def queue(self, plan):
        self.order += 1
        event = Known(len(self.events), plan, self.now, self.now, self.order)
        self.events.append(event)
        self.waiting.append(event)

    def drain(self, until):
        while self.waiting:
            event = min(self.waiting, key=lambda one: (one.due, one.order))
            if until is not None and event.due > until:
                break
            self.waiting.remove(event)
            self.now = max(self.now, event.due)
            self.take_turn(event)
        if until is not None:
            self.now = until

    def take_turn(self, event):
        if self.now - event.queued >= self.age:
            return self.end(event, "EventAgeExceeded")
        if event.throttles_left:
            return self.throttle(event)
        what = event.plan[event.tries] if event.tries < len(event.plan) else "run"
        event.tries += 1
        if what == "lose":
            return self.end(event, "Lost")
        if what == "late" and not event.overtaken:
            event.overtaken = True
            return self.wait(event, 90)
        if what == "throttle":
            event.throttles_left = 2
            return self.throttle(event)
        return self.run(event, what)

    def run(self, event, what):
        event.throttled = 0
        if what == "duplicate" and not event.duplicates:
            event.duplicates = 1
        if what not in ("fail", "time out before"):
            self.handled.append(event.number)
        if what not in ("fail", "kill", "time out", "time out before"):
            event.told.append(("succeeded", self.now))
            return self.end(event, "Success")
        event.told.append((FAILED.get(what, "timed out"), self.now))
        event.failed += 1
        if event.failed > self.retries:
            return self.end(event, "RetriesExhausted")
        delay = (60, 120)[event.failed - 1] + (TIMEOUT if what.startswith("time") else 0)
        return self.wait(event, delay)

    def throttle(self, event):
        event.throttles_left -= 1
        event.throttled += 1
        return self.wait(event, min(2 ** (event.throttled - 1), 300))

    def wait(self, event, delay):
        by_itself = event.overtaken and delay == 90
        if not by_itself and self.now + delay - event.queued >= self.age:
            return self.end(event, "EventAgeExceeded")
        event.due = self.now + delay
        return self.waiting.append(event)

    def end(self, event, outcome):
        event.outcome = outcome
        self.sent += outcome != "Lost"
        if event.duplicates == 1:
            event.duplicates = 2
            self.order += 1
            event.order, event.queued, event.due = self.order, self.now, self.now
            event.failed = event.throttled = event.throttles_left = 0
            self.waiting.append(event)


class Queues(RuleBasedStateMachine):
    """Does to both whatever a test may do."""

    @initialize(retries=st.integers(0, 2), age=AGES)
    def begin(self, retries, age):
        self.mock = InvokeAsyncMock(assert_all_used=False)
        self.mock.start()
        self.retries, self.age = retries, age
        self.start()

    def start(self):
        self.model = Model(self.retries, self.age)
        self.handled = []
        self.begun = self.mock.now
        self.mock.register_function(
            "orders",
            handler=lambda event, _: self.handled.append(event["number"]),
            maximum_retry_attempts=self.retries,
            maximum_event_age=self.age,
            timeout=TIMEOUT,
            on_success=TOPIC,
            on_failure=QUEUE,
        )

    @rule(plan=plans)
    def queue(self, plan):
        number = len(self.model.events)
        for position, what in enumerate(plan, 1):
            if what in SCRIPTED:
                self.mock.add_run(SCRIPTED[what], at=position, payload={"number": number})
        invoke({"number": number})
        self.model.queue(plan)

    @rule()
    def run_due(self):
        self.mock.run_due()
        self.model.drain(self.model.now)

    @rule(seconds=st.sampled_from([0, 1, 29.5, 60, 120, 3_600]))
    def advance(self, seconds):
        self.mock.advance(seconds)
        self.model.drain(self.model.now + seconds)

    @rule()
    def run_until_idle(self):
        self.mock.run_until_idle()
        self.model.drain(None)

    @rule()
    def reset(self):
        self.mock.reset()
        self.start()

    @invariant()
    def they_tell_the_same(self):
        assert self.handled == self.model.handled
        assert (self.mock.now - self.begun).total_seconds() == self.model.now
        assert len(self.mock.destination_records) == self.model.sent
        for event, known in zip(self.mock.events, self.model.events, strict=True):
            assert event.outcome == known.outcome
            assert [
                (run.outcome, (run.at - self.begun).total_seconds()) for run in event.runs
            ] == known.told

    def teardown(self):
        if hasattr(self, "mock"):
            self.mock.stop()


@settings(max_examples=300)
@given(
    first=st.lists(plans, min_size=1, max_size=3),
    then=st.lists(plans, max_size=2),
    seconds=st.sampled_from([0, 45, 90]),
    retries=st.integers(0, 2),
    age=AGES,
)
def test_what_is_run_to_its_end(first, then, seconds, retries, age):
    queues = Queues()
    queues.begin(retries=retries, age=age)
    try:
        for plan in first:
            queues.queue(plan)
        queues.advance(seconds)
        for plan in then:
            queues.queue(plan)
        queues.run_until_idle()
        queues.they_tell_the_same()
    finally:
        queues.teardown()


TestQueues = Queues.TestCase
TestQueues.settings = settings(max_examples=100, stateful_step_count=12)
