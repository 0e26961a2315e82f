"""What Lambda sends when an event has ended: destination records and dead letters."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from .failures import LONGEST_ERROR_MESSAGE

LONGEST_OF_SNS = 262_144
"""The limit of a message to SNS in bytes. A longer record is sent without its payloads."""


def service_of(arn: str) -> str:
    """The service of an ARN."""
    return arn.split(":")[2]


def record(
    *,
    moment: datetime,
    request_id: str,
    arn: str,
    condition: str,
    runs: int,
    body: bytes,
    context: dict[str, object] | None,
    response: bytes | None,
    destination: str,
) -> bytes:
    """A destination record: compact JSON, with the order of members that AWS was seen to send.

    ``arn``: the function's, qualified. ``body``: what the caller sent, included byte for byte.
    """
    head = {
        "version": "1.0",
        "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": runs,
        },
    }
    members = [_compact(head)[1:-1], b'"requestPayload":' + body]
    if context is not None:
        members.append(b'"responseContext":' + _compact(context))
    if response is not None:
        members.append(b'"responsePayload":' + response)
    if service_of(destination) == "sns" and sum(map(len, members)) > LONGEST_OF_SNS:
        members = [one for one in members if not one.startswith((b'"requestP', b'"responseP'))]
    return b"{" + b",".join(members) + b"}"


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def attributes(*, request_id: str, code: int, message: str) -> dict[str, str]:
    """The attributes of a dead letter."""
    cut = message.encode(errors="replace")[:LONGEST_ERROR_MESSAGE].decode(errors="ignore")
    return {"RequestID": request_id, "ErrorCode": str(code), "ErrorMessage": cut}


def detail_type(condition: str) -> str:
    """The ``DetailType`` of a record for EventBridge."""
    word = "Success" if condition == "Success" else "Failure"
    return f"Lambda Function Invocation Result - {word}"


def object_key(function: str, moment: datetime, request_id: str) -> str:
    """The key of a record in S3. Its UUID depends on the event and the moment alone."""
    # Not by uuid5(), which a test may have faked.
    digits = hashlib.sha1(f"{request_id} {moment.isoformat()}".encode()).hexdigest()
    unique = f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
    return f"aws/lambda/async/{function}/{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{unique}"
