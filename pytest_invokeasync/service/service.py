"""The service, which every client asks by ``open``: a request in, an answer or a failure out."""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from .. import errors
from ..api.contract import Checked, Contract, Violation
from ..api.messages import Answer, Request
from ..api.operations import INVOKE_ASYNC
from ..api.route import Route
from ..caller import find_called_from
from ..errors import ErrorSpec
from ..exceptions import UnmockedCall, UnmockedLambdaCall, without_secrets
from ..faults import Failure, Fault
from ..options import Options
from ..recording.call_sites import CALL_SITES
from ..recording.invocations import Attempt, Begun, Details, show_name
from ..recording.log import Record, Recording
from ..runs import RunOutcome
from ..scripting.rules import Accepted, Callback
from ..showing import told
from . import answers
from .functions import Function
from .signatures import Signatures
from .state import Base, Findings, State

_ACCEPTED = Accepted()
# For an unsigned request to a host that is not AWS's: nothing in it says its region.
_FALLBACK_REGION = "us-east-1"


# Not frozen, as each attempt makes one and freezing costs.
@dataclass(slots=True)
class Exchange:
    """One attempt in flight, already decided. It must be concluded or abandoned."""

    _recording: Recording
    _record: Record
    _begun: Begun
    _reply: Answer | Failure
    _ended: Attempt
    _event: tuple[str, bytes] | None

    def conclude(self) -> Answer | Failure:
        """Ends the attempt: queues its event, if it has one, and returns the client's answer."""
        self._recording.end(self._record, self._begun, self._ended, self._event)
        return self._reply

    def abandon(self, error: BaseException) -> None:
        """Ends the attempt because the client gave up: nothing is queued."""
        _break_off(self._recording, self._record, self._begun, error)


class Service:
    """Stands in for Lambda. It does not know clients, pytest or sockets."""

    def __init__(self, contract: Contract, options: Options) -> None:
        self._contract = contract
        self._options = options
        self._deprecated_calls = CALL_SITES.policy(vars(options))
        # So that the retry of a call that began before a reset is still recognised.
        self._forgotten: deque[State] = deque(maxlen=16)
        self.state = State()
        self.findings = Findings()
        self.signatures = Signatures()

    def reset(self) -> None:
        """Forgets rules, recordings and functions."""
        self.findings.unmet_errors += self.state.rules.unanswered(required=True)
        self._replace_state(State())

    def start_run(self) -> None:
        """For a round of a sweep: forgets rules, recordings and the queue, not the functions."""
        self._replace_state(State(self.state))

    def begin_test(self, base: Base) -> None:
        """Starts the next of the tests that share the mock."""
        self._replace_state(base.state())
        self.signatures = base.signatures.copy()
        self.findings = Findings()

    def _replace_state(self, state: State) -> None:
        before, self.state = self.state, state
        before.leave()
        self._forgotten.append(before)
        before.recording.replace_by(state.recording)

    def note_backoff(self, sdk_invocation_id: str, seconds: float) -> None:
        """Records how long an SDK asked to wait before an invocation's next attempt."""
        # One that began before a reset goes on as another invocation, of which this is no wait.
        self.state.recording.note_backoff(sdk_invocation_id, seconds)

    def knows(self, sdk_invocation_id: str) -> bool:
        """Whether an SDK's id belongs to a recorded invocation, or to one before a reset."""
        return any(
            state.recording.find(sdk_invocation_id) is not None
            for state in (self.state, *self._forgotten)
        )

    def open(self, request: Request) -> Exchange:
        """Decides on one attempt, and leaves it in flight.

        Raises what the user's own callbacks and matchers raise; ``UnmockedLambdaCall`` for a call
        of InvokeAsync if the option ``deprecated_calls`` is ``"refuse"``.
        """
        __tracebackhide__ = True
        if self._deprecated_calls == "refuse" and request.route.operation is INVOKE_ASYNC:
            self._refuse_deprecated(request)
        # reset() replaces the state, but an attempt ends in the state in which it began.
        state = self.state
        checked = self._contract.check(request)
        record, begun = state.recording.begin(
            request, lambda number: self._details(number, request, checked)
        )
        if (
            self._deprecated_calls == "report"
            and request.route.operation is INVOKE_ASYNC
            and begun.number == 1
        ):
            self._count_deprecated(record.details)
        try:
            outcome = self._check_signature(request, record.details) or self._outcome(
                state, record, checked, asks_anew=request.asks_anew
            )
            reply, ended, request_id = _carry_out(outcome, request.route, begun)
        except BaseException as error:
            _break_off(state.recording, record, begun, error)
            raise
        event = None
        if request_id is not None and request.route.invocation_type == "Event":
            event = request_id, request.body
        return Exchange(state.recording, record, begun, reply, ended, event)

    def _refuse_deprecated(self, request: Request) -> NoReturn:
        __tracebackhide__ = True
        call = UnmockedCall("POST", without_secrets(request.url), request.caller)
        self.findings.unmocked_calls.append(call)
        raise UnmockedLambdaCall(
            call,
            'InvokeAsync is deprecated, and the option deprecated_calls="refuse" refuses it. '
            'Call Invoke with InvocationType="Event".',
        )

    def _count_deprecated(self, details: Details) -> None:
        called_from = find_called_from() if details.caller else None
        CALL_SITES.add(details.caller, called_from, show_name(details.function))

    def _details(self, number: int, request: Request, checked: Checked) -> Details:
        name = checked.name
        return Details(
            number=number,
            route=request.route,
            function=name.name,
            qualifier=name.qualifier,
            region=request.region or name.region or _FALLBACK_REGION,
            account=name.account or self._options.account,
            stated_partition=name.partition,
            stated_region=name.region,
            body=request.body,
            headers=request.headers,
            caller=request.caller,
        )

    def _check_signature(self, request: Request, details: Details) -> ErrorSpec | None:
        if self._options.signatures == "ignore":
            return None
        refused = self.signatures.check(request)
        if refused is None:
            return None
        spec, why = refused
        self.findings.refused_signatures.append((details, why))
        return spec

    def _outcome(
        self, state: State, record: Record, checked: Checked, *, asks_anew: bool
    ) -> ErrorSpec | Fault | Accepted:
        details = record.details
        violation = checked.violation or self._check_function(state, checked.payload, details)
        if violation is not None:
            spec = errors.find(violation.code)
            if violation.message is None:
                return _filled(spec, details)
            # Without format(): the message may quote what was sent, with braces.
            return replace(spec, message=violation.message)
        outcome = self._scripted(state, record, checked.payload, asks_anew=asks_anew)
        return _filled(outcome, details) if isinstance(outcome, ErrorSpec) else outcome

    def _check_function(self, state: State, payload: object, details: Details) -> Violation | None:
        function = state.functions.find(details)
        if function is not None:
            return self._check_schema(function, payload, details)
        if self._options.unknown_functions == "reject":
            return Violation("ResourceNotFoundException", None)
        return None

    def _check_schema(
        self, function: Function, payload: object, details: Details
    ) -> Violation | None:
        with self._noting_trouble(f"the schema of {function.name!r}", Exception):
            broken = function.violation(payload)
        if broken is None:
            return None
        self.findings.schema_violations.append(
            f"invocation {details.number} of {function.name!r} broke its schema {broken}"
        )
        return Violation(
            "InvalidRequestContentException",
            f"Could not parse request body into json: the payload breaks the schema of "
            f"{function.name!r} {broken}",
        )

    def _scripted(
        self, state: State, record: Record, payload: object, *, asks_anew: bool
    ) -> ErrorSpec | Fault | Accepted:
        if state.rules.count() == 0:
            return _ACCEPTED
        if not record.attempts or (asks_anew and not state.rules.goes_on(record)):
            with self._noting_trouble("a rule's payload= or where=", Exception):
                state.rules.plan(record, payload)
        rule = state.rules.next_rule(record)
        if rule is None:
            return _ACCEPTED
        outcome = rule.outcome
        assert not isinstance(outcome, RunOutcome)
        if not isinstance(outcome, Callback):
            return outcome
        with self._noting_trouble(f"the callback of {rule}", AssertionError, TypeError):
            decision = outcome.ask(record.snapshot())
        if isinstance(decision, Fault) and decision.attempts is not None:
            # A fault may be for the first attempts only, as LostAnswer is.
            return decision if len(record.attempts) < decision.attempts else _ACCEPTED
        return decision

    @contextlib.contextmanager
    def _noting_trouble(self, where: str, *kinds: type[Exception]) -> Iterator[None]:
        """Records what the user's own code raises here, which the code under test may swallow."""
        try:
            yield
        except kinds as error:
            self.findings.troubles.append(f"{where} raised {told(error)}")
            raise


def _break_off(recording: Recording, record: Record, begun: Begun, error: BaseException) -> None:
    recording.end(record, begun, begun.attempt(fault=type(error).__name__), None)


def _carry_out(
    outcome: ErrorSpec | Fault | Accepted, route: Route, begun: Begun
) -> tuple[Answer | Failure, Attempt, str | None]:
    """The client's answer, the recorded attempt, and the request id of the queued event."""
    if isinstance(outcome, Fault):
        queues = outcome.delivered and route.invocation_type == "Event"
        request_id = answers.new_request_id() if queues else None
        status = outcome.answer.status if outcome.answer else None
        reply = outcome.answer or outcome.failure
        assert reply is not None
        return reply, begun.attempt(status, None, outcome.name, request_id), request_id
    if isinstance(outcome, Accepted):
        request_id = outcome.request_id or answers.new_request_id()
        answer = answers.accepted(route, request_id)
        return answer, begun.attempt(answer.status, None, None, request_id), request_id
    answer = answers.error(outcome)
    request_id = answer.headers["x-amzn-requestid"]
    return answer, begun.attempt(outcome.status, outcome.code, None, request_id), None


def _filled(error: ErrorSpec, details: Details) -> ErrorSpec:
    """The error with its message's placeholders filled, which is done only if there are any."""
    if error.message is None or "{" not in error.message:
        return error
    message = _PLACEHOLDER.sub(lambda found: _PLACEHOLDERS[found[1]](details), error.message)
    return replace(error, message=message)


def _qualified_arn(details: Details) -> str:
    return details.arn if details.qualifier is not None else f"{details.arn}:$LATEST"


_PLACEHOLDERS: Mapping[str, Callable[[Details], str]] = {
    "arn": lambda details: details.arn,
    "qualified_arn": _qualified_arn,
    "account": lambda details: details.account,
    "partition": lambda details: details.partition,
}
_PLACEHOLDER = re.compile(rf"{{({'|'.join(_PLACEHOLDERS)})}}")
