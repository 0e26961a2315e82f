"""The options: a row each, with its type, what the help says, and its default.

A new one is a row here, its type once more in ``OptionKeywords``, and the place that uses it.
"""

# Without `from __future__ import annotations`: the rows are read when pytest starts.

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

# pytest hides this module's frames, so that a wrong option shows the test's line.
__tracebackhide__ = True


def _is_account(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{12}", value, re.ASCII) is not None


def _is_limit(value: object) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value is None or (is_number and value >= 0)  # type: ignore[operator]


# Not a dataclass: making one takes a run that does not use the plugin a millisecond.
class Options:
    """How a mock behaves. Keywords of ``@pytest.mark.invokeasync`` and of ``InvokeAsyncMock``.

    In an ini file each is ``invokeasync_<option>``.
    """

    assert_all_used: Annotated[bool, "unanswered rules are an error at teardown"] = True
    unknown_functions: Annotated[
        Literal["accept", "reject"],
        "accept or reject functions that register_function did not name",
    ] = "accept"
    contract: Annotated[
        Literal["documented", "botocore"],
        "pattern and length of a FunctionName: the API page's, or the installed SDK's",
    ] = "documented"
    account: Annotated[
        str, "the account of calls that name none: 12 digits", "a str of 12 digits", _is_account
    ] = "123456789012"
    payload_limit: Annotated[
        int | None,
        "bytes that a payload may have, by either API (default: each API's own limit)",
        "a number of bytes",
        _is_limit,
    ] = None
    backoff: Annotated[
        Literal["skip", "real"],
        "skip the SDK's waits before retrying, which are recorded, or sleep them",
    ] = "skip"
    credentials: Annotated[
        Literal["fake", "keep"], "sign boto3's requests with a fake key, or keep the client's"
    ] = "fake"
    invoke_event: Annotated[
        Literal["answer", "leave"],
        "answer Invoke with InvocationType Event or DryRun, or leave it as another Lambda call",
    ] = "answer"
    deprecated_calls: Annotated[
        Literal["allow", "report", "refuse"],
        "allow calls of InvokeAsync, which is deprecated, report their lines at the end of the "
        "run, or refuse them",
    ] = "allow"
    other_lambda_calls: Annotated[
        Literal["refuse", "pass"], "refuse other calls to AWS Lambda, or let them pass"
    ] = "refuse"
    schema_violations: Annotated[
        Literal["fail", "respond"],
        "a payload that breaks its schema is refused and fails the test, or is refused alone",
    ] = "fail"
    function_failures: Annotated[
        Literal["raise", "record"],
        "an event that ends in failure, unexpected, raises FunctionFailed, or is recorded alone",
    ] = "raise"
    signatures: Annotated[
        Literal["ignore", "verify"],
        "ignore signatures, or verify them: a wrong one is refused and fails the test",
    ] = "ignore"

    def __init__(self, given: Mapping[str, Any]) -> None:
        vars(self).update(given)


if TYPE_CHECKING:
    from typing_extensions import TypedDict

    class OptionKeywords(TypedDict, total=False):
        """The options as keywords, for type checkers. A test holds it equal to the rows."""

        assert_all_used: bool
        unknown_functions: Literal["accept", "reject"]
        contract: Literal["documented", "botocore"]
        account: str
        payload_limit: int | None
        backoff: Literal["skip", "real"]
        credentials: Literal["fake", "keep"]
        invoke_event: Literal["answer", "leave"]
        deprecated_calls: Literal["allow", "report", "refuse"]
        other_lambda_calls: Literal["refuse", "pass"]
        schema_violations: Literal["fail", "respond"]
        function_failures: Literal["raise", "record"]
        signatures: Literal["ignore", "verify"]


class Row:
    """One option, as its row has it."""

    def __init__(self, name: str, annotation: Any) -> None:
        text, *wanted = annotation.__metadata__
        self.name = name
        self.default: object = getattr(Options, name)
        self.is_flag: bool = annotation.__origin__ is bool
        self._types = get_args(annotation.__origin__)
        self._wanted = wanted
        shown = str(self.default).lower() if self.is_flag else self.default
        self.help: str = text if self.default is None else f"{text} (default: {shown})"

    def check(self, value: object) -> None:
        """Raises ``TypeError`` or ``ValueError`` for a value that is not allowed."""
        if self._wanted:
            phrase, is_right = self._wanted
            if not is_right(value):
                raise ValueError(f"the option {self.name} is {phrase}, not {value!r}")
        elif self.is_flag:
            if not isinstance(value, bool):
                raise TypeError(f"the option {self.name} is True or False, not {value!r}")
        elif value not in self._types:
            from .suggestions import unknown

            raise ValueError(unknown(f"value of the option {self.name}:", value, self._types))

    def from_ini(self, value: object) -> object:
        """The value of an ini file, where a number may be text. Raises as ``check`` does."""
        if int in self._types and isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        self.check(value)
        return value


ROWS: Mapping[str, Row] = {
    name: Row(name, annotation) for name, annotation in Options.__annotations__.items()
}
ERROR_SETS = ("documented", "modeled", "invoke", "common", "retryable", "terminal", "all")
"""The sets of errors that ``--invokeasync-errors`` and others may name."""


def build(given: Mapping[str, Any]) -> Options:
    """The options, each checked.

    Raises ``TypeError`` for one that does not exist or has the wrong type, ``ValueError`` for a
    value that is not allowed.
    """
    for name, value in given.items():
        if name not in ROWS:
            from .suggestions import unknown

            raise TypeError(unknown("option", name, ROWS))
        ROWS[name].check(value)
    return Options(given)
