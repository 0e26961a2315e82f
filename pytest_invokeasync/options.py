"""The options: one table of names, values, defaults, and where each may be set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from .suggestions import unknown

# A wrong option is told at the user's line: pytest leaves out this module's frames.
__tracebackhide__ = True


# Not a dataclass: making one takes a run that does not use the plugin a millisecond.
class Options:
    """How a mock behaves. Keywords of ``@pytest.mark.invokeasync`` and of ``InvokeAsyncMock``.

    In an ini file each is ``invokeasync_<option>``.
    """

    assert_all_used: bool = True
    """Unanswered rules are an error at teardown."""
    unknown_functions: Literal["accept", "reject"] = "accept"
    """``"reject"``: a function that ``register_function`` did not name does not exist."""
    contract: Literal["documented", "botocore"] = "documented"
    """FunctionName's pattern and length: the API page's, or the installed SDK model's."""
    account: str = "123456789012"
    """The account of calls that name none: 12 digits."""
    payload_limit: int | None = None
    """Bytes that a payload may have, by either API; ``None``: each API's own limit, 262,144 for
    InvokeAsync and 1,048,576 for Invoke."""
    backoff: Literal["skip", "real"] = "skip"
    """``"skip"``: the SDK's waits before retrying are recorded, not slept."""
    credentials: Literal["fake", "keep"] = "fake"
    """``"fake"``: InvokeAsync requests are signed with a fake key, whatever the client has."""
    invoke_event: Literal["answer", "leave"] = "answer"
    """``"leave"``: Invoke of the types ``Event`` and ``DryRun`` is another Lambda call."""
    other_lambda_calls: Literal["refuse", "pass"] = "refuse"
    """``"refuse"``: any other request to AWS Lambda raises ``UnmockedLambdaCall``."""
    schema_violations: Literal["fail", "respond"] = "fail"
    """``"fail"``: the caller gets its answer and the test errors; ``"respond"``: only that."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        vars(self).update(given)


if TYPE_CHECKING:
    from typing_extensions import TypedDict

    class OptionKeywords(TypedDict, total=False):
        """The options as keywords, for type checkers."""

        assert_all_used: bool
        unknown_functions: Literal["accept", "reject"]
        contract: Literal["documented", "botocore"]
        account: str
        payload_limit: int | None
        backoff: Literal["skip", "real"]
        credentials: Literal["fake", "keep"]
        invoke_event: Literal["answer", "leave"]
        other_lambda_calls: Literal["refuse", "pass"]
        schema_violations: Literal["fail", "respond"]


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "unknown_functions": ("accept", "reject"),
    "contract": ("documented", "botocore"),
    "backoff": ("skip", "real"),
    "credentials": ("fake", "keep"),
    "invoke_event": ("answer", "leave"),
    "other_lambda_calls": ("refuse", "pass"),
    "schema_violations": ("fail", "respond"),
}
NAMES: tuple[str, ...] = tuple(Options.__annotations__)
HELP: Mapping[str, str] = {
    "assert_all_used": "unanswered rules are an error at teardown (default: true)",
    "unknown_functions": "accept or reject functions that are not registered (default: accept)",
    "contract": "FunctionName as documented or by the installed botocore (default: documented)",
    "account": "the account of calls that name none (default: 123456789012)",
    "payload_limit": "bytes that a payload may have (default: each API's own limit)",
    "backoff": "skip the SDK's waits before retrying, or real ones (default: skip)",
    "credentials": (
        "sign InvokeAsync requests with a fake key, or keep the client's (default: fake)"
    ),
    "invoke_event": (
        "answer Invoke with InvocationType Event or DryRun, or leave it to others (default: answer)"
    ),
    "other_lambda_calls": "refuse other calls to AWS Lambda, or let them pass (default: refuse)",
    "schema_violations": "fail the test, or just respond (default: fail)",
}
DEFAULTS: Mapping[str, Any] = {name: getattr(Options, name) for name in NAMES}
ERROR_SETS = ("documented", "modeled", "invoke", "common", "retryable", "terminal", "all")
"""The sets of errors that ``--invokeasync-errors`` and others may name."""


def build(given: Mapping[str, Any]) -> Options:
    """The options, each checked.

    Raises ``TypeError`` for one that does not exist or has the wrong type, ``ValueError`` for a
    value that is not allowed.
    """
    for name, value in given.items():
        check(name, value)
    return Options(given)


def check(name: str, value: object) -> None:
    """Raises as ``build`` does."""
    if name not in NAMES:
        raise TypeError(unknown("option", name, NAMES))
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ValueError(unknown(f"value of the option {name}:", value, _CHOICES[name]))
    elif name == "account":
        if not isinstance(value, str) or not re.fullmatch(r"\d{12}", value, re.ASCII):
            raise ValueError(f"the option account is a str of 12 digits, not {value!r}")
    elif name == "payload_limit":
        is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if value is not None and not is_number:
            raise ValueError(f"the option payload_limit is a number of bytes, not {value!r}")
    elif not isinstance(value, bool):
        raise TypeError(f"the option {name} is True or False, not {value!r}")


def from_ini(name: str, value: object) -> object:
    """The value of an ini file, where a number is text. Raises as ``build`` does."""
    if name == "payload_limit" and isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    check(name, value)
    return value
