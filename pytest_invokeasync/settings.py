"""What may be set: the options of a mock, and what is for a whole run. PYTEST_DONT_REWRITE

Names, defaults and help texts alone, since pytest asks for them in every run, used or not. What an
option's row means for a value: ``options``.
"""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, tuple[Any, ...]] = {
    "assert_all_used": ("unanswered rules are an error at teardown", True, False),
    "unknown_functions": (
        "accept or reject functions that register_function did not name",
        "accept",
        "reject",
    ),
    "contract": (
        "pattern and length of a FunctionName: the API page's, or the installed SDK's",
        "documented",
        "botocore",
    ),
    "account": ("the account of calls that name none: 12 digits", "123456789012"),
    "payload_limit": (
        "bytes that a payload may have, by either API (default: each API's own limit)",
        None,
    ),
    "backoff": (
        "skip the SDK's waits before retrying, which are recorded, or sleep them",
        "skip",
        "real",
    ),
    "credentials": (
        "sign boto3's requests with a fake key, or keep the client's",
        "fake",
        "keep",
    ),
    "invoke_event": (
        "answer Invoke with InvocationType Event or DryRun, or leave it as another Lambda call",
        "answer",
        "leave",
    ),
    "deprecated_calls": (
        "allow calls of InvokeAsync, which is deprecated, report their lines at the end of the "
        "run, or refuse them",
        "allow",
        "report",
        "refuse",
    ),
    "other_lambda_calls": (
        "refuse other calls to AWS Lambda, or let them pass",
        "refuse",
        "pass",
    ),
    "schema_violations": (
        "a payload that breaks its schema is refused and fails the test, or is refused alone",
        "fail",
        "respond",
    ),
    "function_failures": (
        "an event that ends in failure, unexpected, raises FunctionFailed, or is recorded alone",
        "raise",
        "record",
    ),
    "signatures": (
        "ignore signatures, or verify them: a wrong one is refused and fails the test",
        "ignore",
        "verify",
    ),
}
"""The options of a mock: what the help says, the default, and what else is allowed."""
OF_RUN = {
    "region": "AWS_DEFAULT_REGION for the run, where no region is configured",
    "environment_credentials": "keep, or fake: a key of nobody in the environment for the run, "
    "where no credentials are configured (default: keep)",
    "schemas": "a directory: in every test, orders.json there is the JSON Schema of the function "
    "orders",
    "server_host": "the address at which invokeasync_server listens (default: 127.0.0.1)",
    "server_port": "the port at which invokeasync_server listens (default: a free one)",
    "guard": "refuse calls to AWS Lambda outside of any active mock, for the whole run",
}
"""In the ini file, as the options are: ``invokeasync_region``."""
FILES = {
    "call-sites": "write the lines that still call InvokeAsync to this file, as JSON; where the "
    "ini option invokeasync_deprecated_calls is not set, it is as if that were 'report'",
    "record": "write every recorded invocation to this file: one line of JSON each",
    "html": "write every recorded invocation to this file: one page",
}
"""On the command line, each with a file: ``--invokeasync-call-sites=FILE``."""
ERROR_SETS = ("documented", "modeled", "invoke", "common", "retryable", "terminal", "all")
"""The sets of errors that ``--invokeasync-errors`` and others may name."""


def help_of(name: str) -> str:
    """What the help says of an option, with its default."""
    text, default, *_ = OPTIONS[name]
    shown = "" if default is None else f" (default: {'true' if default is True else default})"
    return f"{text}{shown}"
