"""``InvokeAsyncMock``: what the fixture yields."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from . import errors, faults, options
from .api import operations
from .api.contract import Contract
from .asserting import report
from .asserting.assertions import (
    Assertion,
    Log,
    call_text,
    counted_times,
    in_sequence,
    stated,
    text_of_call,
)
from .awaiting import in_thread, running_loop
from .caller import find_caller, place

# Not when a mock starts: pyfakefs forgets the modules that are imported while it is active.
from .clients import activation
from .errors import ErrorSpec
from .exceptions import UnmockedCall
from .faults import Fault
from .names import ErrorCode, ErrorSet, FaultName, RunName, RunSet
from .recording.invocations import Event, Invocation
from .running import Running
from .runs import RunOutcome
from .scripting.matching import Known, Match, Subject
from .scripting.rules import ONCE, Accepted, Callback, Outcome, Rule
from .scripting.selection import DEFAULT_SET, select_for_sweep
from .scripting.sweeping import Injection, Sweeps
from .scripting.sweeping import Outcome as SweepOutcome
from .seams.interception import Interceptor
from .service.service import Service
from .service.state import Base

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from .scripting.matching import (
        FunctionMatchKeywords,
        InvocationMatchKeywords,
        MatchKeywords,
        PlainInvocationMatchKeywords,
        RuleMatchKeywords,
    )


# pytest hides this module's frames, so failed assertions and wrong values show the test's line.
__tracebackhide__ = True


class InvokeAsyncMock(Running):
    """Answers asynchronous invocations of Lambda, records them, and fails them as scripted.

    The fixture ``invokeasync`` yields an active one. For unittest, scripts and wider scopes use it
    as a context manager: it is active in its ``with`` block. At the end of a block that raised
    nothing, it raises ``AssertionError`` for what would be an error at teardown of the fixture.

    The keywords are the options of ``options.Options``. Raises ``TypeError`` for an unknown
    option or a value of the wrong type, ``ValueError`` for a value that is not allowed.
    """

    def __init__(self, **given: Unpack[options.OptionKeywords]) -> None:
        super().__init__()
        self._options = options.build(given)
        self._grammar = operations.widest_grammar(self._options.contract)
        contract = _contract(self._options.contract, self._options.payload_limit)
        self._service = Service(contract, self._options)
        self._sweeps = self._no_sweeps()
        self._interceptor: Interceptor | None = None
        # Codes of the test's own errors. reset() keeps them.
        self._codes: set[str] = set()

    def _no_sweeps(self) -> Sweeps:
        return Sweeps(lambda: self._service.state.rules, self._start_run)

    def _begin_test(self, base: Base) -> None:
        """Starts afresh for the next test that shares this mock, from what ``base`` holds."""
        self._service.begin_test(base)
        self._service.state.begin()
        self._sweeps = self._no_sweeps()
        self._codes = set()

    # Being active

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if exc_type is None:
            self.verify()

    def start(self) -> None:
        """Makes this the innermost active mock. Raises ``RuntimeError`` if it is active already."""
        if self._interceptor is not None:
            raise RuntimeError("this InvokeAsyncMock is active already: make another one to nest")
        interceptor = Interceptor(self._service, self._options)
        self._service.state.begin()
        activation.activate(interceptor)
        self._interceptor = interceptor

    def stop(self) -> None:
        """Stops answering, even if other mocks started later. What was recorded stays."""
        interceptor, self._interceptor = self._interceptor, None
        if interceptor is not None:
            activation.deactivate(interceptor)

    def reset(self) -> None:
        """Forgets rules, functions, recordings, the queue and its clock; keeps registered keys.

        Rules that were never used are forgotten too. Other errors are still reported at teardown:
        violated schemas, refused signatures and calls, callbacks that raised. If a running
        function calls it, the queue stops.
        """
        self._service.reset()

    def verify(self) -> None:
        """Raises ``AssertionError`` for what is wrong at the end of a test.

        That is: a rule that was never used, an error of ``invokeasync_error`` that never happened,
        a violated schema, a refused signature or call, a callback or matcher that raised, a sweep
        that injected nothing, and a function that failed without a ``FunctionFailed``.
        """
        if problems := self.find_problems():
            raise AssertionError("\n".join([*problems, self.describe()]))

    def find_problems(self, setting: str = "InvokeAsyncMock") -> list[str]:
        """The lines of what ``verify()`` would raise; empty if nothing is wrong.

        ``setting``: where this mock's options are set, as the hints should call it.
        """
        findings = self._service.findings
        rules = self._service.state.rules
        missing = rules.unanswered(required=False) if self._options.assert_all_used else []
        violations = findings.schema_violations if self._options.schema_violations == "fail" else []
        return [
            *report.unmet_errors(findings.unmet_errors + rules.unanswered(required=True)),
            *report.unanswered_rules(missing, setting),
            *report.schema_violations(violations, setting),
            *report.refused_signatures(findings.refused_signatures, setting),
            *report.unmocked_calls(findings.unmocked_calls, setting),
            *report.troubles(findings.troubles),
            *self._find_problems_of_runs(setting),
            *report.sweeps(self._sweeps.find_problems()),
        ]

    def describe(self) -> str:
        """The recorded invocations, one line each, as failure messages show them."""
        return "\n".join([*self.describe_sweeps(), self.describe_recording()])

    def describe_recording(self) -> str:
        """The same, without the lines about sweeps."""
        log = self._log()
        return "\n".join(report.recorded(log.invocations, log.events))

    def describe_sweeps(self) -> list[str]:
        """What each sweep tried, and where it stopped if it did not finish. A line for each."""
        return report.sweeps(self._sweeps.describe())

    # Scripting

    def add_error(
        self,
        error: ErrorCode | str | ErrorSpec,
        *,
        times: int | None = ONCE,
        attempts: int | None = None,
        at: int | Iterable[int] | None = None,
        optional: bool = False,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        **match: Unpack[RuleMatchKeywords],
    ) -> Rule:
        """Answers the next matching invocations with an error of the service.

        ``error``: a code (``"ServiceException"``), one of ``errors``, or an ``ErrorSpec`` of your
        own. ``times``: for how many invocations, by default 1; ``None`` for all of them (a standing
        rule). ``attempts``: how many attempts of each invocation fail, counted from the first; by
        default all. ``at``: only the n-th matching invocation, counted from 1, or a list of such
        numbers. ``optional``: the rule need not be used. ``message``: replaces the default message.
        ``headers``: are added to the default ones.

        Raises ``ValueError`` for an unknown code, and names the nearest; ``ValueError`` or
        ``TypeError`` for any other value that is not allowed.
        """
        if isinstance(error, str) and error in faults.NAMES:
            raise ValueError(f"{error!r} is a fault, not an error: add_fault({error!r})")
        spec = errors.find(error) if isinstance(error, str) else error
        if not isinstance(spec, ErrorSpec):
            raise TypeError(
                f"an error is a code, one of errors, or an ErrorSpec, not {error!r}; "
                "faults go to add_fault()"
            )
        how = stated(times=(times, 1), attempts=(attempts, None), at=(at, None))
        return self._add(
            call_text("add_error", [spec.code], {**how, **match}),
            spec.with_details(message, headers),
            self._match("add_error", match),
            times=times,
            attempts=attempts,
            at=at,
            optional=optional,
        )

    def add_fault(
        self,
        fault: FaultName | str | Fault,
        *,
        times: int | None = ONCE,
        attempts: int | None = None,
        at: int | Iterable[int] | None = None,
        optional: bool = False,
        delivered: bool = False,
        **match: Unpack[RuleMatchKeywords],
    ) -> Rule:
        """Gives the next matching invocations no answer, or one that an SDK cannot read.

        ``fault``: one of ``faults``, or its name. ``delivered``: the event is queued although the
        client sees a failure. The other parameters are those of ``add_error``; for ``LostAnswer``
        ``attempts`` is 1 by default.

        Raises ``ValueError`` for an unknown name, and names the nearest; ``ValueError`` or
        ``TypeError`` for any other value that is not allowed.
        """
        found = faults.find(fault)
        if not isinstance(delivered, bool):
            raise TypeError(f"delivered= is True or False, not {delivered!r}")
        how = stated(
            times=(times, 1), attempts=(attempts, None), at=(at, None), delivered=(delivered, False)
        )
        return self._add(
            call_text("add_fault", [found.name], {**how, **match}),
            replace(found, delivered=found.delivered or delivered),
            self._match("add_fault", match),
            times=times,
            attempts=found.attempts if attempts is None else attempts,
            at=at,
            optional=optional,
        )

    def add_accepted(
        self,
        *,
        times: int | None = 1,
        request_id: str | None = None,
        **match: Unpack[RuleMatchKeywords],
    ) -> Rule:
        """Accepts the next matching invocations. Use it between errors.

        ``times``: for how many invocations, by default 1; ``None`` for all of them.
        ``request_id``: the ``x-amzn-requestid`` of the answer; by default a new UUID each time.
        """
        if request_id is not None:
            errors.checked_headers({"x-amzn-requestid": request_id})
        return self._add(
            call_text("add_accepted", [], {**stated(times=(times, 1)), **match}),
            Accepted(request_id),
            self._match("add_accepted", match),
            times=times,
        )

    def add_callback(
        self,
        callback: Callable[[Invocation], ErrorSpec | Fault | str | None],
        *,
        times: int | None = None,
        **match: Unpack[RuleMatchKeywords],
    ) -> Rule:
        """Calls ``callback(invocation)`` for each attempt of the matching invocations.

        It returns ``None`` to accept the attempt, an error (a code or an ``ErrorSpec``) or a fault.
        An exception that it raises passes through the client to the code under test. ``times``: for
        how many invocations; ``None``, the default, for all of them. Raises ``TypeError`` if
        ``callback`` is not callable.
        """
        if not callable(callback):
            raise TypeError(f"a callback is a callable that takes an Invocation, not {callback!r}")
        return self._add(
            call_text("add_callback", [callback], {**stated(times=(times, None)), **match}),
            Callback(callback),
            self._match("add_callback", match),
            times=times,
        )

    def _add(self, description: str, outcome: Outcome, match: Match, **how: Any) -> Rule:
        if isinstance(outcome, ErrorSpec):
            self._codes.add(outcome.code)
        caller = find_caller()
        where = f" ({place(caller)})" if caller else ""
        return self._service.state.rules.add(Rule(f"{description}{where}", outcome, match, **how))

    def register_key(
        self, access_key_id: str, secret_access_key: str, session_token: str | None = None
    ) -> None:
        """Accepts signatures made with this key, for ``signatures="verify"``.

        ``session_token``: the token of temporary credentials; a request must then have it too.
        ``reset()`` keeps the keys. The plugin's own fake key needs no registration.

        Raises ``TypeError`` for a value that is not a str; ``ValueError`` for one that is empty or
        has white space, and for a key that is already registered with another secret or token.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
        """
        self._service.signatures.register(access_key_id, secret_access_key, session_token)

    def sweep(
        self,
        *outcomes: ErrorSet
        | ErrorCode
        | FaultName
        | RunSet
        | RunName
        | str
        | ErrorSpec
        | Fault
        | RunOutcome
        | type[RunOutcome],
    ) -> Iterable[Injection]:
        """Repeats the body of a ``for`` loop with each outcome at each call, one at a time.

        ``outcomes``: sets, codes, ``ErrorSpec``s, faults and outcomes of runs; by default
        ``"documented"``. With an error or a fault, first the first invocation fails, then the
        second, and so on, until the body makes fewer invocations than that. With an outcome of a
        run, the same is done to the runs of functions. The set ``"runs"`` has the outcomes that an
        idempotent function survives. Each time, the rules, the recordings and the queue start
        empty; functions and destinations stay. Add other rules inside the loop.

        Yields an ``Injection`` each time: the outcome and its position. Raises ``AssertionError``
        if the body makes no invocation, or runs no function; ``ValueError`` for an unknown outcome,
        and if rules were added before the loop, since they would be lost. Sweeps may follow each
        other, but not be nested. ``break`` and exceptions end a sweep.
        """
        return self._sweeps.new(select_for_sweep(outcomes or [DEFAULT_SET]))

    def _start_run(self, outcome: SweepOutcome, position: int) -> Rule:
        self._service.start_run()
        return self.script(outcome, at=position, optional=True)

    def script(self, outcome: SweepOutcome, **how: Any) -> Rule:
        """Calls ``add_error``, ``add_fault`` or ``add_run``, whichever the outcome is for."""
        if isinstance(outcome, RunOutcome):
            return self.add_run(outcome, **how)
        if isinstance(outcome, Fault):
            return self.add_fault(outcome, **how)
        return self.add_error(outcome, **how)

    # Recording

    @property
    def invocations(self) -> list[Invocation]:
        """Every invocation, accepted or not, in order of the first attempt. Snapshots."""
        return self._log().invocations

    @property
    def events(self) -> list[Event]:
        """Every event that was queued, in order. Snapshots, but for what becomes of the event."""
        return self._log().events

    @property
    def unmocked_calls(self) -> list[UnmockedCall]:
        """The calls that were refused. A test that expects one can ``clear()`` the list."""
        return self._service.findings.unmocked_calls

    def get_invocations(self, **match: Unpack[InvocationMatchKeywords]) -> list[Invocation]:
        """The matching invocations."""
        wanted = self._match("get_invocations", match, of="invocation")
        return [one for one in self.invocations if wanted.accepts_item(one)]

    def get_invocation(self, **match: Unpack[InvocationMatchKeywords]) -> Invocation:
        """The one matching invocation. Raises ``AssertionError`` if there is none, or several."""
        return self._on_invocations("get_invocation", {}, match).only()

    def get_events(self, **match: Unpack[FunctionMatchKeywords]) -> list[Event]:
        """The matching events."""
        wanted = self._match("get_events", match, of="event")
        return [one for one in self.events if wanted.accepts_item(one)]

    def wait_until_queued(
        self,
        function: str | None = None,
        *,
        count: int = 1,
        timeout: float = 5.0,
        **match: Unpack[MatchKeywords],
    ) -> list[Event]:
        """Waits until other threads or processes have queued ``count`` matching events.

        ``count``: 1 by default. ``timeout``: seconds, 5 by default, of real time.

        Returns the matching events. Raises ``AssertionError`` when the time is up, and
        ``RuntimeError`` on a running event loop, which it would block.
        """
        loop = running_loop()
        if loop is not None:
            raise RuntimeError(
                f"wait_until_queued() was called on a running {loop} loop, which it would block: "
                "await wait_until_queued_async()"
            )
        return self._wait(
            "wait_until_queued", function, count, timeout, match=match, up=threading.Event()
        )

    async def wait_until_queued_async(
        self,
        function: str | None = None,
        *,
        count: int = 1,
        timeout: float = 5.0,
        **match: Unpack[MatchKeywords],
    ) -> list[Event]:
        """``wait_until_queued()`` for a test that is a coroutine: it does not block the loop."""
        up = threading.Event()
        recording = self._service.state.recording
        return await in_thread(
            lambda: self._wait(
                "wait_until_queued_async", function, count, timeout, match=match, up=up
            ),
            lambda: recording.wake(up),
        )

    def _wait(
        self,
        call: str,
        function: str | None,
        count: int,
        timeout: float,
        *,
        match: MatchKeywords,
        up: threading.Event,
    ) -> list[Event]:
        """Waits until the events are there, the time is up, or ``up`` is set."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"count= is 1 or more, not {count!r}")
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
            raise ValueError(f"timeout= is 0 seconds or more, not {timeout!r}")
        keywords = {"function": function, **match}
        wanted = self._match(call, keywords, of="event")
        recording = self._service.state.recording
        found = recording.wait_for_events(wanted.accepts_item, count, timeout, up)
        if found and len(found) >= count:
            return found
        how = {**stated(count=(count, 1)), "timeout": timeout}
        assertion = self._on_events(call, {**how, "function": function}, match)
        return assertion.holds(count, at_least=True)

    # Assertions

    def assert_queued(
        self,
        function: str | None = None,
        *,
        times: int | None = None,
        **match: Unpack[MatchKeywords],
    ) -> list[Event]:
        """Asserts that at least one matching event was queued, or exactly ``times``.

        Returns the matching events.
        """
        given = {"function": function, **stated(times=(times, None))}
        return self._on_events("assert_queued", given, match).holds(counted_times(times))

    def assert_queued_once(
        self, function: str | None = None, **match: Unpack[MatchKeywords]
    ) -> Event:
        """Asserts that exactly one event of the function was queued, and that it matches.

        Without ``function``, of any function. Returns the event. Like ``assert_called_once_with``,
        it fails if there is a second event with another payload.
        """
        return self._on_events("assert_queued_once", {"function": function}, match).holds_once()

    def assert_not_queued(
        self, function: str | None = None, **match: Unpack[MatchKeywords]
    ) -> None:
        """Asserts that no matching event was queued."""
        self._on_events("assert_not_queued", {"function": function}, match).holds_never()

    def assert_invoked(
        self,
        function: str | None = None,
        *,
        times: int | None = None,
        **match: Unpack[PlainInvocationMatchKeywords],
    ) -> list[Invocation]:
        """Asserts that at least one matching invocation was made, or exactly ``times``.

        Returns the matching invocations, accepted or not.
        """
        given = {"function": function, **stated(times=(times, None))}
        return self._on_invocations("assert_invoked", given, match).holds(counted_times(times))

    def assert_invoked_once(
        self, function: str | None = None, **match: Unpack[PlainInvocationMatchKeywords]
    ) -> Invocation:
        """Asserts that exactly one invocation of the function was made, and that it matches.

        Without ``function``, of any function. Returns the invocation.
        """
        given = {"function": function}
        return self._on_invocations("assert_invoked_once", given, match).holds_once()

    def assert_not_invoked(
        self, function: str | None = None, **match: Unpack[PlainInvocationMatchKeywords]
    ) -> None:
        """Asserts that no matching invocation was made."""
        self._on_invocations("assert_not_invoked", {"function": function}, match).holds_never()

    def assert_sequence(
        self, expected: Iterable[str | tuple[str, object]], *, any_order: bool = False
    ) -> None:
        """Asserts what all invocations are, in order.

        ``expected``: a list with a function's name or ``(name, payload)`` for each invocation, dry
        runs left out. ``any_order``: allows another order.
        """
        given = _several(expected)
        entries = [_entry(entry) for entry in given]
        matches = [self._match("assert_sequence", entry, of="invocation") for entry in entries]
        call = call_text("assert_sequence", [given], stated(any_order=(any_order, False)))
        log = self._log()
        # A dry run invokes nothing.
        invoked = [one for one in log.invocations if one.invocation_type == "Event"]
        in_sequence(replace(log, invocations=invoked), call, matches, any_order=any_order)

    def _match(self, call: str, keywords: Mapping[str, Any], *, of: Subject = "rule") -> Match:
        return Match(
            call,
            keywords,
            of=of,
            known=Known(self._grammar, self._codes | self._recorded_codes(keywords)),
            parameters=_parameters(call),
        )

    def _recorded_codes(self, keywords: Mapping[str, Any]) -> set[str]:
        """Recorded codes, which a callback may have chosen. Empty unless ``error=`` is asked."""
        if not isinstance(keywords.get("error"), str):
            return set()
        attempts = (attempt for one in self.invocations for attempt in one.attempts)
        return {attempt.error for attempt in attempts if attempt.error is not None}

    def _log(self) -> Log:
        recording = self._service.state.recording
        return Log(recording.invocations(), recording.events())

    def _on_events(
        self, call: str, given: Mapping[str, object], match: Mapping[str, Any]
    ) -> Assertion[Event]:
        log = self._log()
        keywords = {"function": given.get("function"), **match}
        wanted = self._match(call, keywords, of="event")
        return Assertion(text_of_call(call, given, match), "event", log.events, wanted, log)

    def _on_invocations(
        self, call: str, given: Mapping[str, object], match: Mapping[str, Any]
    ) -> Assertion[Invocation]:
        log = self._log()
        keywords = {"function": given.get("function"), **match}
        wanted = self._match(call, keywords, of="invocation")
        return Assertion(
            text_of_call(call, given, match), "invocation", log.invocations, wanted, log
        )


def _several(expected: Iterable[str | tuple[str, object]]) -> list[str | tuple[str, object]]:
    if isinstance(expected, str) or not isinstance(expected, Iterable):
        raise TypeError(
            f"assert_sequence() takes a list of names and (name, payload) pairs, not {expected!r}"
        )
    return list(expected)


def _entry(entry: str | tuple[str, object]) -> dict[str, object]:
    if isinstance(entry, str):
        return {"function": entry}
    if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
        return {"function": entry[0], "payload": entry[1]}
    raise TypeError(f"assert_sequence(): each entry is a name or (name, payload), not {entry!r}")


@functools.cache
def _parameters(call: str) -> tuple[str, ...]:
    """The keyword-only parameters of a call, without the match keywords."""
    parameters = inspect.signature(getattr(InvokeAsyncMock, call)).parameters.values()
    return tuple(each.name for each in parameters if each.kind is each.KEYWORD_ONLY)


@functools.lru_cache(maxsize=32)
def _contract(contract: Literal["documented", "botocore"], payload_limit: int | None) -> Contract:
    # Shared by all mocks with the same options, since it caches names.
    return Contract(contract, payload_limit)
