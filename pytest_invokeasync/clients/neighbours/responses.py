"""RequestsMocks of the user's own, and moto's. All private names of ``responses`` are used here."""

from __future__ import annotations

import sys
from typing import Any

from ...exceptions import without_secrets
from ...faults import Failure
from ...seams import stack
from ...seams.patching import Change, Namespace, Patch, namespace_of
from .. import refusing
from ..wire import build_request


def requests_mock_of(send: Any) -> Any:
    """The RequestsMock that installed this ``send``; ``None`` if none did, or moto's."""
    mock = _owner(send)
    return None if mock is None or _is_motos(mock) else mock


def _owner(send: Any) -> Any:
    # RequestsMock.unbound_on_send() returns a closure over its self.
    for cell in getattr(send, "__closure__", None) or ():
        try:
            content = cell.cell_contents
        except ValueError:  # of a variable that has no value yet
            continue
        for kind in type(content).__mro__:
            if kind.__name__ == "RequestsMock" and kind.__module__ == "responses":
                return content
    return None


def change_saved(send: Any, without_ours: Change, change: Change) -> None:
    """Changes what RequestsMocks have saved, from the one of this ``send`` downwards.

    Each restores that when it stops, from its ``unittest.mock`` patcher.
    """
    while (mock := _owner(send)) is not None and (patcher := mock._patcher) is not None:
        saved = patcher.temp_original
        patcher.temp_original = change(saved)
        send = without_ours(saved)


def _is_motos(mock: Any) -> bool:
    models = sys.modules.get("moto.core.models")
    return models is not None and mock is getattr(models, "responses_mock", None)


def _wrap_find_match(before: Any, namespace: Namespace) -> Any:
    """A RequestsMock refuses what it does not match, or really sends it (add_passthru)."""
    answering, refusing_response = _make_classes(namespace)

    def _find_match(self: Any, request: Any) -> Any:
        mock = stack.current()
        route = mock and mock.route(request.method, request.url, request.headers)
        if mock and route:
            if _is_motos(self) or not _matches(self, request):
                return answering(mock, route), []
            return before(self, request)
        found, reasons = before(self, request)
        if found is None or found.passthrough:
            refuser = refusing.refuser_of(request.method, request.url, request.headers)
            if refuser is not None:
                return refusing_response(refuser), []
        return found, reasons

    return _find_match


def _matches(mock: Any, request: Any) -> bool:
    """Whether it has an answer of its own."""
    # Not by _find_match(): if nothing matches, an OrderedRegistry forgets most of its responses.
    # A response that passes the request on passes it to us, at urllib3.
    return any(response.matches(request)[0] for response in mock.registered())


def _make_classes(namespace: Namespace) -> tuple[Any, Any]:
    """Two kinds of responses, for this copy of ``responses``."""
    base: Any = namespace["BaseResponse"]

    class Answering(base):  # type: ignore[misc]
        """Asks the service. Given to the user's own RequestsMock, which records the call."""

        def __init__(self, mock: Any, route: Any) -> None:
            super().__init__("POST", "")
            self._mock = mock
            self._route = route

        def get_response(self, request: Any) -> Any:
            __tracebackhide__ = True
            url = str(request.url)
            sent = build_request(self._route, url, request.headers, request.body)
            reply = self._mock.service.open(sent).conclude()
            if isinstance(reply, Failure):
                raise _exception(namespace, reply, request)
            headers = dict(reply.headers)
            return namespace["Response"](
                "POST",
                url,
                reply.body,
                status=reply.status,
                content_type=headers.pop("content-type", None),
                headers=headers,
            ).get_response(request)

    class Refusing(base):  # type: ignore[misc]
        """Raises ``UnmockedLambdaCall``."""

        def __init__(self, refuser: Any) -> None:
            super().__init__("POST", "")
            self._refuser = refuser

        def get_response(self, request: Any) -> Any:
            __tracebackhide__ = True
            self._refuser.refuse(request.method, request.url)

    return Answering, Refusing


_EXCEPTIONS = {
    Failure.CONNECT_TIMEOUT: "ConnectTimeout",
    Failure.READ_TIMEOUT: "ReadTimeout",
    Failure.TLS: "SSLError",
}


def _exception(namespace: Namespace, failure: Failure, request: Any) -> Exception:
    """A new exception of requests for a failure, with the endpoint in its message."""
    base = namespace["ConnectionError"].__mro__[1]
    names = namespace_of(base, "requests.exceptions") or {}
    message = f"{without_secrets(request.url)}: {failure.value}"
    kind = names[_EXCEPTIONS.get(failure, "ConnectionError")]
    made: Exception = kind(message, request=request)
    return made


FIND_MATCH: Patch = Patch("_find_match", _wrap_find_match)
