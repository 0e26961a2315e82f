"""Other mocks that stand at the same places: other RequestsMocks, and moto.

What must hold: while a mock of ours is active InvokeAsync is ours, unless the user's own
RequestsMock matches that very URL; everything else is theirs. All private names of ``responses``,
moto and ``unittest.mock`` that this takes stand here.
"""

from __future__ import annotations

import inspect
import sys
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import responses
from urllib3.connectionpool import HTTPConnectionPool

from ..api.route import route
from ..seams import stack
from ..seams.context import Setting
from ..seams.latecomers import Latecomer
from ..seams.patching import Change, Seam
from .wire import host_region

if TYPE_CHECKING:
    from ..seams.interception import Guard, Interceptor

_LIBRARIES = (
    "requests.adapters",
    "botocore.httpsession",
    "aiobotocore.httpsession",
    "aiobotocore.httpxsession",
)


def is_real(send: Any) -> bool:
    """Whether a ``send`` is the library's own, maybe wrapped by a tracer, and so would leave."""
    return inspect.unwrap(send).__module__ in _LIBRARIES


def refuser_of(request: Any) -> Interceptor | Guard | None:
    """Who refuses a request that no mock of ours answers: the innermost one, else the guard.

    ``None`` when nobody does, or when it is not for a Lambda endpoint of AWS.
    """
    mock = stack.current()
    refuser = stack.guard() if mock is None else mock
    if refuser is None or host_region(request.url) is None:
        return None
    if refuser.options.other_lambda_calls == "refuse":
        return refuser
    is_ours = route(request.method, request.url, request.headers) is not None
    return refuser if mock is None and is_ours else None


def pass_on(before: Any, sender: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    """Hands a request on to the ``send`` that was in place before, as if we were not there.

    Raises ``UnmockedLambdaCall`` for one that would leave for AWS Lambda: at once, or, where
    somebody else's ``send`` may have an answer, as soon as it comes to a connection after all.
    """
    __tracebackhide__ = True
    with _refusing(before, request):
        return _bound(before, sender)(request, *args, **kwargs)


async def pass_on_async(before: Any, sender: Any, request: Any) -> Any:
    """The same with a ``send`` that is to be awaited."""
    __tracebackhide__ = True
    with _refusing(before, request):
        return await _bound(before, sender)(request)


def _refusing(before: Any, request: Any) -> AbstractContextManager[None]:
    __tracebackhide__ = True
    refuser = refuser_of(request)
    if refuser is None:
        return nullcontext()
    if is_real(before):
        refuser.refuse(request.method, request.url)
    return Setting(_watched, (refuser, request.method, request.url))


def _bound(send: Any, sender: Any) -> Any:
    # What stands on a class is bound to the instance, unless it is such as a Mock.
    return send.__get__(sender) if hasattr(send, "__get__") else send


_watched: ContextVar[tuple[Interceptor | Guard, str, str] | None] = ContextVar(
    "pytest_invokeasync_watched", default=None
)


def refuse_watched() -> None:
    """Called where a connection would be made: refuses what is still on its way to AWS Lambda."""
    __tracebackhide__ = True
    watched = _watched.get()
    if watched is not None:
        refuser, method, url = watched
        refuser.refuse(method, url)


def _wrap_urlopen(before: Any) -> Any:
    def urlopen(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        refuse_watched()
        return before(*args, **kwargs)

    return urlopen


def requests_mock_of(send: Any) -> responses.RequestsMock | None:
    """The RequestsMock that put this ``send`` in place; ``None`` when none did, or moto's."""
    mock = _owner(send)
    return None if mock is None or _is_motos(mock) else mock


def _owner(send: Any) -> responses.RequestsMock | None:
    # RequestsMock.unbound_on_send() returns a closure over its self.
    for cell in getattr(send, "__closure__", None) or ():
        if isinstance(cell.cell_contents, responses.RequestsMock):
            return cell.cell_contents
    return None


def change_saved(send: Any, without_ours: Change, change: Change) -> None:
    """Changes what RequestsMocks, from the one of this ``send`` downwards, have saved.

    Each brings that back when it stops. It holds it in its ``unittest.mock`` patcher.
    """
    while (mock := _owner(send)) is not None and (patcher := mock._patcher) is not None:
        saved = patcher.temp_original
        patcher.temp_original = change(saved)
        send = without_ours(saved)


def _is_motos(mock: responses.RequestsMock) -> bool:
    models = sys.modules.get("moto.core.models")
    return models is not None and mock is getattr(models, "responses_mock", None)


def _wrap_find_match(before: Any) -> Any:
    """What a RequestsMock does not match it refuses, or sends to a real socket (add_passthru)."""

    def _find_match(self: Any, request: Any) -> Any:
        mock = stack.current()
        if any(self is other.requests_mock for other in stack.active()):
            return before(self, request)
        if mock is not None and mock.route(request.method, request.url, request.headers):
            if _is_motos(self) or not _matches(self, request):
                return mock.requests_mock.new_response(), []
            return before(self, request)
        found, reasons = before(self, request)
        if (found is None or found.passthrough) and (refuser := refuser_of(request)) is not None:
            return _Refusing(refuser), []
        return found, reasons

    return _find_match


def _matches(mock: responses.RequestsMock, request: Any) -> bool:
    """Whether it has an answer of its own."""
    # Not by _find_match(): with no match an OrderedRegistry forgets all but the next response.
    for response in mock.registered():
        if response.matches(request)[0]:
            return not response.passthrough
    return False


class _Refusing(responses.BaseResponse):
    def __init__(self, refuser: Interceptor | Guard) -> None:
        super().__init__("POST", "")
        self._refuser = refuser

    def get_response(self, request: Any) -> Any:
        __tracebackhide__ = True
        self._refuser.refuse(request.method, request.url)


def _wrap_stubber(before: Any) -> Any:
    """moto answers a client made after its import in ``before-send``, ahead of the session."""

    def __call__(self: Any, event_name: str, request: Any, **kwargs: Any) -> Any:  # noqa: N807
        mock = stack.current()
        if mock is not None and mock.route(request.method, request.url, request.headers):
            return None
        return before(self, event_name, request, **kwargs)

    return __call__


SEAMS = (
    Seam(responses.RequestsMock, "_find_match", _wrap_find_match),
    Seam(HTTPConnectionPool, "urlopen", _wrap_urlopen),
)


def _seams_of_moto(module: Any) -> tuple[Seam, ...]:
    stubber = getattr(module, "BotocoreStubber", None)
    return () if stubber is None else (Seam(stubber, "__call__", _wrap_stubber),)


MOTO = Latecomer("moto.core.botocore_stubber", _seams_of_moto)
