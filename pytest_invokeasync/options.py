"""The options of a mock, by the rows of ``settings``: checked, and with their types.

A new one is a row there, its type here for type checkers, and the place that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from .settings import OPTIONS, help_of
from .suggestions import unknown

# pytest hides this module's frames, so that a wrong option shows the test's line.
__tracebackhide__ = True


class Options:
    """How a mock behaves. Keywords of ``@pytest.mark.invokeasync`` and of ``InvokeAsyncMock``.

    In an ini file each is ``invokeasync_<option>``.
    """

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


def _is_account(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{12}", value, re.ASCII) is not None


def _is_limit(value: object) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value is None or (is_number and value >= 0)  # type: ignore[operator]


_FREE = {
    "account": (str, "a str of 12 digits", _is_account),
    "payload_limit": (int, "a number of bytes", _is_limit),
}
"""The options that may have more values than a row could name: their type, in words, the check."""


class Row:
    """One option, as its row has it."""

    def __init__(self, name: str) -> None:
        _, self.default, *others = OPTIONS[name]
        self.name = name
        self.help = help_of(name)
        self._values = (self.default, *others)

    def check(self, value: object) -> None:
        """Raises ``TypeError`` or ``ValueError`` for a value that is not allowed."""
        if self.name in _FREE:
            _, phrase, is_right = _FREE[self.name]
            if not is_right(value):
                raise ValueError(f"the option {self.name} is {phrase}, not {value!r}")
        elif isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise TypeError(f"the option {self.name} is True or False, not {value!r}")
        elif value not in self._values:
            raise ValueError(unknown(f"value of the option {self.name}:", value, self._values))

    def from_ini(self, value: object) -> object:
        """The value of an ini file, where a number may be text. Raises as ``check`` does."""
        is_number = self.name in _FREE and _FREE[self.name][0] is int
        if is_number and isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        self.check(value)
        return value


ROWS: Mapping[str, Row] = {name: Row(name) for name in OPTIONS}
for _row in ROWS.values():
    # Of the class: what was given is then all that an object of it has.
    setattr(Options, _row.name, _row.default)


def build(given: Mapping[str, Any]) -> Options:
    """The options, each checked.

    Raises ``TypeError`` for one that does not exist or has the wrong type, ``ValueError`` for a
    value that is not allowed.
    """
    for name, value in given.items():
        if name not in ROWS:
            raise TypeError(unknown("option", name, ROWS))
        ROWS[name].check(value)
    return Options(given)
