"""What to do about a failure whose own message does not say it. PYTEST_DONT_REWRITE

Imported when something failed, and not before.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest

from ..sdk import model as sdk_model
from .reporting import add_section, mocks_of

_TITLE = "invokeasync hint"
_REGION = (
    "no region is configured: invokeasync_region = us-east-1 in the ini file sets one for the run, "
    "also for clients that are made at import"
)
_CREDENTIALS = (
    "no credentials are configured: invokeasync_environment_credentials = fake in the ini file "
    "sets a worthless key for the run"
)
_KEEP = (
    'the option credentials="keep" signs with the client\'s own credentials, and it has none: '
    "leave the option out, or set invokeasync_environment_credentials = fake in the ini file"
)
_FORGOTTEN = (
    "the test does not use the fixture invokeasync, which answers asynchronous invocations of "
    "Lambda. With invokeasync_guard = true in the ini file, no test's call leaves for AWS Lambda"
)
_SCOPE = re.compile(
    r"ScopeMismatch: You tried to access the function scoped fixture (invokeasync\w*) "
    r"with a (\w+) scoped"
)
_CLIENTS = ("botocore", "aiobotocore", "requests", "urllib3", "httpx", "httpx2", "aiohttp")
_HOST = re.compile(r"[a-z0-9.-]*lambda[a-z0-9.-]*", re.IGNORECASE | re.ASCII)


def add_to_test(
    item: pytest.Item, error: BaseException, report: pytest.TestReport | pytest.CollectReport
) -> None:
    """Adds a line to the report of a failed test, if one applies."""
    mocks = mocks_of(item)
    names = getattr(item, "fixturenames", ())
    is_ours = bool(mocks) or any(name.startswith("invokeasync") for name in names)
    chain = _chain(error)
    if not is_ours:
        hint = _FORGOTTEN if any(map(_left_for_lambda, chain)) else None
    elif any(_is_of_botocore(one, "NoRegionError") for one in chain):
        hint = _unless_set(item.config, "invokeasync_region", _REGION)
    elif any(_is_of_botocore(one, "NoCredentialsError") for one in chain):
        keeps = any(mock._options.credentials == "keep" for mock in mocks)
        text = _KEEP if keeps else _CREDENTIALS
        hint = _unless_set(item.config, "invokeasync_environment_credentials", text)
    else:
        mismatch = _SCOPE.search(str(error))
        hint = _of_scope(*mismatch.groups()) if mismatch else None
    if hint:
        add_section(report, hint, _TITLE)


def add_to_module(
    node: Any, error: BaseException, report: pytest.TestReport | pytest.CollectReport
) -> None:
    """Adds a line to the report of a module that could not be imported, if one applies."""
    if not any(_is_of_botocore(one, "NoRegionError") for one in _chain(error)):
        return
    with contextlib.suppress(Exception):
        # Its tests are not known. If the suite does not use the plugin, the hint would not help.
        if "invokeasync" in node.path.read_text("utf-8") and (
            hint := _unless_set(node.config, "invokeasync_region", _REGION)
        ):
            add_section(report, hint, _TITLE)


def _unless_set(config: pytest.Config, name: str, hint: str) -> str | None:
    return None if config.getini(name) else hint


def _of_scope(fixture: str, scope: str) -> str:
    server = ", and `with InvokeAsyncServer(queue) as server:` in a fixture of yours its address"
    return (
        f'{fixture} is for one test: `queue = mock_fixture("{scope}")` in conftest.py, from '
        f"pytest_invokeasync, is a fixture of the wider scope"
        f"{server if fixture == 'invokeasync_server' else ''}"
    )


def _chain(error: BaseException) -> list[BaseException]:
    """The exception, and those that it came from."""
    chain = [error]
    for one in chain:
        origins = (one.__cause__, one.__context__, *getattr(one, "exceptions", ()))
        # By identity: an exception may compare itself in ways of its own.
        chain += [
            origin
            for origin in origins
            if origin is not None and not any(origin is known for known in chain)
        ]
    return chain


def _is_of_botocore(error: BaseException, name: str) -> bool:
    # By name: a program may hold another copy of botocore than the one in sys.modules.
    kinds = type(error).__mro__
    return any(kind.__module__ == "botocore.exceptions" and kind.__name__ == name for kind in kinds)


def _left_for_lambda(error: BaseException) -> bool:
    """Whether a client was about to reach Lambda, and did not."""
    if _is_of_botocore(error, "NoCredentialsError"):
        return _was_call_of_lambda(error)
    is_of_client = type(error).__module__.partition(".")[0] in _CLIENTS
    # With a response it has reached somebody.
    if not is_of_client or _part(error, "response") is not None:
        return False
    # httpx names the host only in the request, urllib3 1.26 only in the connection.
    url, host = _part(_part(error, "request"), "url"), _part(_part(error, "pool"), "host")
    text = f"{error} {url} {host}"
    return any(sdk_model.is_lambda_endpoint(host) for host in _HOST.findall(text))


def _was_call_of_lambda(error: BaseException) -> bool:
    traceback = error.__traceback__
    while traceback is not None:
        # It names neither host nor service: a method of the client's that it came through does.
        if traceback.tb_frame.f_code.co_name == "_make_api_call":
            model = _part(_part(traceback.tb_frame.f_locals.get("self"), "meta"), "service_model")
            name: object = _part(model, "service_name")
            return name == "lambda"
        traceback = traceback.tb_next
    return False


def _part(value: object, name: str) -> Any:
    # httpx raises for a request that it does not know.
    with contextlib.suppress(Exception):
        return getattr(value, name)
    return None
