"""The service: a request in, an answer or a fault out. Every attempt is recorded."""

from __future__ import annotations

import contextlib
import email.utils
import functools
import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..api.contract import Contract, ContractViolation, decode_segment
from ..api.function_name import FunctionName
from ..api.messages import Answer, Request
from ..errors import ErrorSpec, find
from ..exceptions import UnmockedCall
from ..faults import Fault
from ..recording.invocations import Attempt, Begun, Details
from ..recording.log import Record, Recording
from ..scripting.rules import Accepted, Callback, Rules
from .functions import Function

_ACCEPTED = Accepted()
# For an unsigned request to a host that is not AWS's: nothing on the wire tells its region.
_FALLBACK_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options mean to the service."""

    contract: Contract
    account: str
    reject_unknown_functions: bool


class State:
    """What ``reset()`` forgets."""

    def __init__(self, functions: tuple[Function, ...] = (), *, of_sweep: bool = False) -> None:
        self.recording = Recording()
        self.rules = Rules()
        self.functions = functions
        self.rules_to_lose = None if of_sweep else 0
        """How many rules a sweep may lose: those of another's last run; ``None`` during that."""


class Findings:
    """What a test must not lose, whatever it resets."""

    def __init__(self) -> None:
        self.unmet_errors: list[str] = []
        self.schema_violations: list[str] = []
        self.troubles: list[str] = []
        """What the user's own callbacks and matchers did wrong."""
        self.unmocked_calls: list[UnmockedCall] = []


# Not frozen, as each attempt makes one and freezing costs.
@dataclass(slots=True)
class Pending:
    """An attempt in flight that is decided on."""

    _recording: Recording
    _record: Record
    _begun: Begun
    _reply: Answer | Fault
    _ended: Attempt
    _event_id: str | None

    def conclude(self) -> Answer | Fault:
        """What goes back to the client; an event is queued now, if one is."""
        self._recording.end(self._record, self._begun, self._ended, self._event_id)
        return self._reply

    def abandon(self, error: BaseException) -> None:
        """The client gave up: the attempt ends by this, and queues nothing."""
        _break_off(self._recording, self._record, self._begun, error)


class Service:
    """Stands in for Lambda. Knows no client, no pytest and no socket."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # So that an SDK's retry of a call that began before is still known as ours.
        self._forgotten: deque[State] = deque(maxlen=16)
        self.state = State()
        self.findings = Findings()

    def reset(self) -> None:
        """Forgets rules, recordings and functions."""
        self.findings.unmet_errors += self.state.rules.unanswered(required=True)
        self._replace_state(State())

    def start_run(self) -> None:
        """For a run of a sweep: forgets rules and recordings; the functions stay."""
        self._replace_state(State(self.state.functions, of_sweep=True))

    def _replace_state(self, state: State) -> None:
        self._forgotten.append(self.state)
        self.state = state

    def find(self, sdk_invocation_id: str) -> Record | None:
        """The invocation that an SDK knows by this id; one in flight at a reset is known too."""
        for state in (self.state, *self._forgotten):
            found = state.recording.find(sdk_invocation_id)
            if found is not None:
                return found
        return None

    def handle(self, request: Request) -> Answer | Fault:
        """The outcome of one attempt. Raises what the user's own callbacks and matchers raise."""
        return self.begin(request).conclude()

    def begin(self, request: Request) -> Pending:
        """Decides on one attempt, and leaves it in flight: to be concluded or abandoned."""
        # reset() replaces the state; an attempt in flight ends in the one it began in.
        state = self.state
        name, violation = self._name(request.segment)
        record, begun = state.recording.begin(
            request, lambda number: self._details(number, request, name)
        )
        try:
            outcome = self._outcome(state, request, record, name, violation)
            reply, ended, event_id = _carry_out(outcome, begun)
        except BaseException as error:
            _break_off(state.recording, record, begun, error)
            raise
        return Pending(state.recording, record, begun, reply, ended, event_id)

    def _name(self, segment: str) -> tuple[FunctionName, ContractViolation | None]:
        try:
            return self._settings.contract.check_name(segment), None
        except ContractViolation as violation:
            return FunctionName(decode_segment(segment), None, None, None, None), violation

    def _details(self, number: int, request: Request, name: FunctionName) -> Details:
        return Details(
            number=number,
            function=name.name,
            qualifier=name.qualifier,
            region=request.region or name.region or _FALLBACK_REGION,
            account=name.account or self._settings.account,
            stated_partition=name.partition,
            stated_region=name.region,
            body=request.body,
            headers=request.headers,
            caller=request.caller,
        )

    def _outcome(
        self,
        state: State,
        request: Request,
        record: Record,
        name: FunctionName,
        violation: ContractViolation | None,
    ) -> ErrorSpec | Fault | Accepted:
        try:
            if violation is not None:
                raise violation
            payload = self._checked_payload(state, request, record.details, name)
        except ContractViolation as broken:
            # As it is: what was sent may stand in it, with braces.
            return replace(find(broken.code), message=broken.message)
        outcome = self._scripted(state, record, payload)
        return _filled(outcome, record.details) if isinstance(outcome, ErrorSpec) else outcome

    def _checked_payload(
        self, state: State, request: Request, details: Details, name: FunctionName
    ) -> object:
        contract = self._settings.contract
        contract.check_request_id(request.headers.get("x-amzn-RequestId"))
        payload = contract.check_body(request.body)
        if name.region is not None and name.region != details.region:
            raise ContractViolation(
                "ResourceNotFoundException",
                f"Functions from '{name.region}' are not reachable in this region "
                f"('{details.region}')",
            )
        called = [function for function in state.functions if function.is_called_by(details)]
        if called:
            self._check_schema(called[-1], payload, details)
        elif self._settings.reject_unknown_functions:
            raise ContractViolation(
                "ResourceNotFoundException", f"Function not found: {_qualified_arn(details)}"
            )
        return payload

    def _check_schema(self, function: Function, payload: object, details: Details) -> None:
        with self._noting_trouble(f"the schema of {function.name!r}", Exception):
            violation = function.violation(payload)
        if violation is None:
            return
        self.findings.schema_violations.append(
            f"invocation {details.number} of {function.name!r} broke its schema {violation}"
        )
        raise ContractViolation(
            "InvalidRequestContentException",
            f"Could not parse request body into json: the payload breaks the schema of "
            f"{function.name!r} {violation}",
        )

    def _scripted(
        self, state: State, record: Record, payload: object
    ) -> ErrorSpec | Fault | Accepted:
        if state.rules.count() == 0:
            return _ACCEPTED
        if not record.attempts:
            with self._noting_trouble("a rule's payload= or where=", Exception):
                state.rules.plan(record, payload)
        rule = state.rules.next_rule(record)
        if rule is None:
            return _ACCEPTED
        outcome = rule.outcome
        if not isinstance(outcome, Callback):
            return outcome
        with self._noting_trouble(f"the callback of {rule}", AssertionError, TypeError):
            decision = outcome.ask(record.snapshot())
        if isinstance(decision, Fault) and decision.attempts is not None:
            # It is for so many attempts alone, as LostAnswer is for the first.
            return decision if len(record.attempts) < decision.attempts else _ACCEPTED
        return decision

    @contextlib.contextmanager
    def _noting_trouble(self, where: str, *kinds: type[Exception]) -> Iterator[None]:
        """Notes what the user's own code raises here, for the code under test may swallow it."""
        try:
            yield
        except kinds as error:
            self.findings.troubles.append(f"{where} raised {type(error).__name__}: {error}")
            raise


def _break_off(recording: Recording, record: Record, begun: Begun, error: BaseException) -> None:
    recording.end(record, begun, begun.attempt(fault=type(error).__name__), None)


def _carry_out(
    outcome: ErrorSpec | Fault | Accepted, begun: Begun
) -> tuple[Answer | Fault, Attempt, str | None]:
    """What goes back to the client, what is recorded of it, and the id of the queued event."""
    if isinstance(outcome, Fault):
        request_id = _new_request_id() if outcome.delivered else None
        status = outcome.answer.status if outcome.answer else None
        return outcome, begun.attempt(status, None, outcome.name, request_id), request_id
    if isinstance(outcome, Accepted):
        request_id = outcome.request_id or _new_request_id()
        answer = Answer(202, _headers(request_id, 0), b"")
        return answer, begun.attempt(202, None, None, request_id), request_id
    answer = answer_error(outcome, outcome.message)
    request_id = answer.headers["x-amzn-requestid"]
    return answer, begun.attempt(outcome.status, outcome.code, None, request_id), None


def answer_error(error: ErrorSpec, message: str | None) -> Answer:
    """An error as it goes over the wire; the message as given, else the error's own."""
    body = error.body(message)
    headers = _headers(_new_request_id(), len(body))
    headers["x-amzn-errortype"] = error.code
    # HTTP tells no upper from lower case, a dict does.
    headers.update((name.lower(), value) for name, value in error.headers.items())
    return Answer(error.status, headers, body)


def _filled(error: ErrorSpec, details: Details) -> ErrorSpec:
    """The error with the ARN in its message, which is worked out only where it is wanted."""
    if error.message is None or "arn}" not in error.message:
        return error
    message = error.message.replace("{qualified_arn}", _qualified_arn(details))
    return replace(error, message=message.replace("{arn}", details.arn))


def _qualified_arn(details: Details) -> str:
    return details.arn if details.qualifier is not None else f"{details.arn}:$LATEST"


def _new_request_id() -> str:
    """A UUID of version 4."""
    # Not by uuid4(): tests make that give what they want, and events must still be told apart.
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def _headers(request_id: str, length: int) -> dict[str, str]:
    return {
        "date": _http_date(int(time.time())),
        "content-type": "application/json",
        "content-length": str(length),
        "connection": "keep-alive",
        "x-amzn-requestid": request_id,
    }


@functools.lru_cache(maxsize=8)
def _http_date(seconds: int) -> str:
    return email.utils.formatdate(seconds, usegmt=True)
