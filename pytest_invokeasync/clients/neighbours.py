"""Other mocks that stand at the same places: other RequestsMocks, and moto.

What must hold: while a mock of ours is active InvokeAsync is ours, unless the user's own
RequestsMock matches that very URL; everything else is theirs. All private names of ``responses``,
moto and ``unittest.mock`` that this takes stand here.
"""

from __future__ import annotations

import inspect
import sys
import threading
from typing import TYPE_CHECKING, Any

import responses

from .. import contract, stack
from ..patching import Seam
from .wire import host_region

if TYPE_CHECKING:
    from ..interception import Guard, Interceptor

_LIBRARIES = ("requests.adapters", "botocore.httpsession")


def is_real(send: Any) -> bool:
    """Whether a ``send`` is the library's own, maybe wrapped by a tracer, and so would leave."""
    return getattr(inspect.unwrap(send), "__module__", None) in _LIBRARIES


def is_refused(mock: Interceptor, request: Any) -> bool:
    """Whether a request that is not InvokeAsync is for a Lambda endpoint of AWS, and refused."""
    return mock.refuse_other_calls and host_region(request.url) is not None


def refuse_outside_of_mocks(request: Any, send: Any) -> None:
    """With the guard on, refuses a request that would leave for a Lambda endpoint of AWS."""
    __tracebackhide__ = True
    guard = stack.guard()
    if guard is not None and is_real(send) and _is_guarded(guard, request):
        guard.refuse(request.method, request.url)


def _is_guarded(guard: Guard, request: Any) -> bool:
    if host_region(request.url) is None:
        return False
    return (
        guard.refuse_other_calls or contract.find_segment(request.method, request.url) is not None
    )


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


def splice(now: Any, wrapper: Any, before: Any) -> bool:
    """Takes our wrapper from under RequestsMocks that were started on top of it.

    Each holds what it will bring back when it stops, in its ``unittest.mock`` patcher.
    """
    while (mock := _owner(now)) is not None:
        patcher = mock._patcher
        if patcher is None:
            return False
        if patcher.temp_original is wrapper:
            patcher.temp_original = before
            return True
        now = patcher.temp_original
    return False


def _is_motos(mock: responses.RequestsMock) -> bool:
    models = sys.modules.get("moto.core.models")
    return models is not None and mock is getattr(models, "responses_mock", None)


def _wrap_find_match(before: Any) -> Any:
    """What a RequestsMock does not match it refuses, or sends to a real socket (add_passthru)."""

    def _find_match(self: Any, request: Any) -> Any:
        found, reasons = before(self, request)
        if any(self is mock.requests_mock for mock in stack.active()):
            return found, reasons
        theirs = found is not None and not found.passthrough
        mock = stack.current()
        if mock is None:
            guard = stack.guard()
            if guard is not None and not theirs and _is_guarded(guard, request):
                return _Refusing(guard), []
        elif contract.find_segment(request.method, request.url) is not None:
            if not theirs or _is_motos(self):
                return mock.requests_mock.new_response(), []
        elif not theirs and is_refused(mock, request):
            return _Refusing(mock), []
        return found, reasons

    return _find_match


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
        if (
            stack.current() is not None
            and contract.find_segment(request.method, request.url) is not None
        ):
            return None
        return before(self, event_name, request, **kwargs)

    return __call__


SEAM = Seam(responses.RequestsMock, "_find_match", _wrap_find_match)
_moto: list[Seam] = []
_lock = threading.Lock()


def meet_moto() -> None:
    """Tells moto to leave InvokeAsync alone, once it has been imported."""
    if _moto or "moto.core.botocore_stubber" not in sys.modules:
        return
    with _lock:
        stubber = getattr(sys.modules["moto.core.botocore_stubber"], "BotocoreStubber", None)
        # Still missing while another thread is importing moto.
        if stubber is not None and not _moto:
            seam = Seam(stubber, "__call__", _wrap_stubber)
            seam.install()
            _moto.append(seam)


def leave_moto() -> None:
    """Gives moto its stubber back."""
    with _lock:
        while _moto:
            _moto.pop().settle()
