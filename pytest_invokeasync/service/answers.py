"""The answers of the service, as they are sent."""

from __future__ import annotations

import email.utils
import functools

from .. import real
from ..api.messages import Answer
from ..api.route import Route
from ..errors import ErrorSpec


def accepted(route: Route, request_id: str) -> Answer:
    """202, for an event that was queued; 204 for a dry run."""
    operation = route.operation
    headers = {"date": _http_date(int(real.time()))}
    headers.update(operation.accepted_headers)
    headers["x-amzn-requestid"] = request_id
    if route.invocation_type == "DryRun":
        del headers["content-length"]
        return Answer(204, headers, b"")
    if operation.answers_with_trace:
        headers["x-amzn-trace-id"] = _new_trace()
    return Answer(202, headers, b"")


def error(spec: ErrorSpec) -> Answer:
    """An error of the service."""
    body = spec.body()
    headers = {
        "date": _http_date(int(real.time())),
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "keep-alive",
        "x-amzn-requestid": new_request_id(),
        "x-amzn-errortype": spec.code,
    }
    # Lower case, since HTTP ignores case and a dict does not.
    headers.update((name.lower(), value) for name, value in spec.headers.items())
    return Answer(spec.status, headers, body)


def new_request_id() -> str:
    """A UUID of version 4."""
    # Not by uuid4(), which tests replace by a constant: events must still have different ids.
    digits = real.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def _new_trace() -> str:
    """A trace that is not sampled, as X-Ray writes it: the root has the time and 96 random bits."""
    digits = real.urandom(20).hex()
    return f"root=1-{int(real.time()):08x}-{digits[:24]};parent={digits[24:]};sampled=0"


@functools.lru_cache(maxsize=8)
def _http_date(seconds: int) -> str:
    return email.utils.formatdate(seconds, usegmt=True)
