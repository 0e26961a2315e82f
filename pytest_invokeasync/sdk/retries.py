"""Asks the installed botocore which errors it retries."""

from __future__ import annotations

import functools
import os
from typing import Any


@functools.cache
def _client() -> Any:
    import botocore
    import botocore.config
    import botocore.session

    session = botocore.session.Session()
    # The SDK's defaults, whatever this machine's environment and files say.
    for name in ("profile", "retry_mode", "max_attempts"):
        _, _, default, convert = session.session_var_map[name]
        session.session_var_map[name] = (None, None, default, convert)
    session.session_var_map["config_file"] = (None, None, os.devnull, None)
    # Unsigned, so that nobody looks for credentials.
    config = botocore.config.Config(signature_version=botocore.UNSIGNED)
    return session.create_client("lambda", region_name="us-east-1", config=config)


@functools.cache
def is_retried(code: str, status: int) -> bool:
    """Whether botocore, in its default mode, retries after this error of the first attempt.

    Asks as ``Endpoint`` does after each attempt, with the event system of a client.
    """
    from botocore.awsrequest import AWSResponse

    client = _client()
    raw: Any = None
    answer = AWSResponse("https://lambda.us-east-1.amazonaws.com/", status, {}, raw)
    parsed = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    context: dict[str, Any] = {"retries": {}}
    decisions = client.meta.events.emit(
        "needs-retry.lambda.InvokeAsync",
        response=(answer, parsed),
        endpoint=None,
        operation=client.meta.service_model.operation_model("InvokeAsync"),
        attempts=1,
        caught_exception=None,
        request_dict={"context": context},
    )
    # A success returns the retry's part of the client's quota, which the next question needs.
    success = AWSResponse("https://lambda.us-east-1.amazonaws.com/", 202, {}, raw)
    client.meta.events.emit(
        "after-call.lambda.InvokeAsync",
        http_response=success,
        parsed={},
        model=None,
        context=context,
    )
    return any(delay is not None and delay is not False for _, delay in decisions)
