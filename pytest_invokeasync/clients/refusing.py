"""Refuses calls that would leave for AWS Lambda."""

from __future__ import annotations

import inspect
from typing import Any

from ..api.operations import INVOKE_ASYNC
from ..api.route import route
from ..seams import stack
from ..seams.interception import Guard, Interceptor
from ..seams.patching import Namespace
from .wire import is_lambda_host, is_lambda_url


def is_real(function: Any, *modules: str) -> bool:
    """Whether a function is of one of these modules, maybe wrapped by a tracer.

    Otherwise it is somebody's mock, which may answer.
    """
    return getattr(inspect.unwrap(function), "__module__", None) in modules


def would_send(before: Any, namespace: Namespace) -> bool:
    """Whether what a seam wraps is the library's own function, and not somebody's mock."""
    return is_real(before, namespace.get("__name__", ""))


def refuser_of(method: str, url: str, headers: Any) -> Interceptor | Guard | None:
    """The innermost mock, else the guard, if it refuses a request that no mock answers.

    ``None`` if neither does, or if the request is not for a Lambda endpoint of AWS.
    """
    refuser = stack.current() or stack.guard()
    if refuser is None or not is_lambda_url(url):
        return None
    if refuser.options.other_lambda_calls == "refuse":
        return refuser
    # Even if other calls may pass, those that the mock would have answered may not.
    found = route(method, url, headers)
    if found is None:
        return None
    is_answered = found.operation is INVOKE_ASYNC or refuser.options.invoke_event == "answer"
    return refuser if is_answered else None


def check_host(host: Any, port: Any) -> None:
    """Refuses to look up the name of a Lambda endpoint of AWS.

    It is the last place for clients that the plugin does not know. The request is not known here.
    """
    __tracebackhide__ = True
    name, port = _text(host), _text(port)
    refuser = stack.current() or stack.guard()
    if refuser is None or not isinstance(name, str) or refuser.options.other_lambda_calls == "pass":
        return
    if is_lambda_host(name):
        refuser.refuse("CONNECT", name if port is None else f"{name}:{port}")


def _text(value: Any) -> Any:
    return value.decode("ascii", "replace") if isinstance(value, bytes | bytearray) else value


def bound(send: Any, sender: Any) -> Any:
    """An attribute of a class, bound to an instance, unless it cannot be bound, such as a Mock."""
    return send.__get__(sender) if hasattr(send, "__get__") else send
