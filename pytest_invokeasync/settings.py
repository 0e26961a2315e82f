"""What can be set: the options of a mock, and those of a whole run. PYTEST_DONT_REWRITE

Only names, defaults and help texts: pytest needs them in every run. ``options`` checks the values.
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
        "a payload that breaks its schema is refused and fails the test, or is only refused",
        "fail",
        "respond",
    ),
    "function_failures": (
        "an event that fails unexpectedly raises FunctionFailed, or is only recorded",
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
    "region": "AWS_DEFAULT_REGION for the run, if no region is configured",
    "environment_credentials": "keep, or fake: a fake key in the environment for the run, if no "
    "credentials are configured (default: keep)",
    "schemas": "a directory: in every test, orders.json there is the JSON Schema of the function "
    "orders",
    "server_host": "the address at which invokeasync_server listens (default: 127.0.0.1)",
    "server_port": "the port at which invokeasync_server listens (default: a free one)",
    "guard": "refuse calls to AWS Lambda outside of any active mock, for the whole run",
}
"""The settings of a run in the ini file, such as ``invokeasync_region``, with their help."""
FILES = {
    "call-sites": "write the lines that still call InvokeAsync to this file, as JSON; implies "
    "invokeasync_deprecated_calls = report, if that is not set",
    "record": "write every recorded invocation to this file: one line of JSON each",
    "html": "write every recorded invocation to this file: one page",
}
"""The files on the command line, such as ``--invokeasync-call-sites=FILE``, with their help."""
ERROR_SETS = ("documented", "modeled", "invoke", "common", "retryable", "terminal", "all")
"""The sets of errors that ``--invokeasync-errors`` and others may name."""


BOOLS = {"guard"} | {name for name, (_, default, *_) in OPTIONS.items() if default is True}
"""The settings in the ini file that are true or false."""


def help_of(name: str) -> str:
    """What the help says of an option, with its default."""
    text, default, *_ = OPTIONS[name]
    shown = "" if default is None else f" (default: {'true' if default is True else default})"
    return f"{text}{shown}"
