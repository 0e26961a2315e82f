"""How a function can be configured, with AWS's names and ranges."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..showing import show
from ..suggestions import unknown

# pytest hides this module's frames, so that a wrong value shows the test's line.
__tracebackhide__ = True


class _Inherited:
    """The type of ``INHERITED``, the default of what a registration does not state."""

    def __repr__(self) -> str:
        return "<inherited>"


INHERITED: Any = _Inherited()
# https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html and
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
RANGES: Mapping[str, tuple[int, int, str]] = {
    "maximum_retry_attempts": (0, 2, ""),
    "maximum_event_age": (60, 21_600, " seconds"),
    "timeout": (1, 900, " seconds"),
    "memory_size": (128, 10_240, " MB"),
}
"""The lowest and the highest value of each number, and its unit."""
DESTINATIONS: Mapping[str, tuple[str, ...]] = {
    "on_success": ("sqs", "sns", "events", "lambda"),
    "on_failure": ("sqs", "sns", "events", "s3", "lambda"),
    "dead_letter": ("sqs", "sns"),
}
"""The services whose ARNs each of them accepts."""
_WORDS = {"sqs": "SQS", "sns": "SNS", "events": "EventBridge", "s3": "S3", "lambda": "Lambda"}
_ARN = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]*):(\d{12})?:(\S+)", re.ASCII)
_LAMBDA = re.compile(r"function:[\w-]+(:[\w$-]+)?", re.ASCII)
_HANDLER = re.compile(r"[\w./-]*\w\.\w+")


def checked(call: str, stated: Mapping[str, Any]) -> dict[str, Any]:
    """The stated values, each checked, without what is inherited.

    Raises ``TypeError`` or ``ValueError`` that says what is allowed.
    """
    given = {name: value for name, value in stated.items() if value is not INHERITED}
    for name, value in given.items():
        check = _CHECKS.get(name)
        if check is not None:
            try:
                check(name, value)
            except (TypeError, ValueError) as error:
                raise type(error)(f"{call}: {error}") from None
    return given


def _handler(name: str, value: object) -> None:
    if value is None or callable(value):
        return
    if not isinstance(value, str):
        raise TypeError(
            f"{name}= is a callable that takes (event, context), or its name as Lambda takes it, "
            f"not {show(value)}"
        )
    if not _HANDLER.fullmatch(value):
        raise ValueError(f'{name}= is named as "package.module.function", not {show(value)}')


def _number(name: str, value: object) -> None:
    lowest, highest, unit = RANGES[name]
    allowed = f"{name}= is a whole number from {lowest:,} to {highest:,}{unit}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{allowed}, not {show(value)}")
    if not lowest <= value <= highest:
        raise ValueError(f"{allowed}, not {value}")


def _destination(name: str, value: object) -> None:
    if value is None:
        return
    services = DESTINATIONS[name]
    allowed = f"{name}= is an ARN of {_either([_WORDS[service] for service in services])}"
    if not isinstance(value, str):
        raise TypeError(f"{allowed}, not {show(value)}")
    service = arn_service(name, value)
    if service not in services:
        raise ValueError(f"{allowed}, not {show(value)}")
    if value.endswith(".fifo"):
        raise ValueError(f"{name}= is a standard queue or topic, not FIFO: {show(value)}")


def arn_service(name: str, value: object) -> str:
    """The service of an ARN. ``TypeError`` or ``ValueError`` if it is not the ARN of a target."""
    if not isinstance(value, str):
        raise TypeError(f"{name}= is an ARN, not {show(value)}")
    match = _ARN.fullmatch(value)
    if match is None or (match[1] != "s3" and not (match[2] and match[3])):
        raise ValueError(f"{name}= is an ARN, not {show(value)}")
    if match[1] == "lambda" and not _LAMBDA.fullmatch(match[4]):
        raise ValueError(f"{name}= is the ARN of a function, not {show(value)}")
    if match[1] not in _WORDS:
        raise ValueError(f"{name}: {unknown('service in an ARN', match[1], _WORDS)}")
    return match[1]


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


_CHECKS: Mapping[str, Callable[[str, object], None]] = {
    "handler": _handler,
    **dict.fromkeys(RANGES, _number),
    **dict.fromkeys(DESTINATIONS, _destination),
}
