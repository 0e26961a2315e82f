"""urllib3: by itself, and below requests.

An attempt is answered where a pool would send it, so that all above is urllib3's own: its ``Retry``
with its history, its exceptions, its responses.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import socket
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from ..api.messages import Answer
from ..api.route import Route
from ..caller import find_caller
from ..exceptions import without_secrets
from ..faults import Failure
from ..seams import stack
from ..seams.context import Setting
from ..seams.interception import Interceptor
from ..seams.modules import StandIn
from ..seams.patching import Namespace, Patch, namespace_of
from . import refusing
from .neighbours import below
from .wire import build_request

_MARK = "_pytest_invokeasync"
_PORTS = {"http": 80, "https": 443}
_numbers = itertools.count(1)


class Call:
    """One call of ``urlopen``, with all its attempts."""

    def __init__(
        self, mock: Interceptor, route: Route, url: str, *, may_retry: bool = True
    ) -> None:
        self.url = url
        self._mock = mock
        self._route = route
        # Only if there may be another attempt, since the recording keeps each id.
        self._id = f"urllib3-{next(_numbers)}" if may_retry else None
        self._caller = find_caller()

    def answer(self, headers: Mapping[str, str], body: Any) -> Answer | Failure:
        """The answer to one attempt."""
        __tracebackhide__ = True
        request = build_request(
            self._route,
            self.url,
            headers,
            body,
            caller=lambda: self._caller,
            call_id=self._id,
        )
        self._id = request.sdk_invocation_id
        return self._mock.service.open(request).conclude()

    def skips_wait(self, seconds: float) -> bool:
        """Records a wait before the next attempt. Returns whether it is skipped."""
        assert self._id is not None
        self._mock.service.note_backoff(self._id, float(seconds))
        return self._mock.options.backoff == "skip"


_call: ContextVar[Call | None] = ContextVar("pytest_invokeasync_urllib3_call", default=None)


def _wrap_urlopen(before: Any, namespace: Namespace) -> Any:
    def urlopen(pool: Any, method: Any, url: Any, *args: Any, **kw: Any) -> Any:
        __tracebackhide__ = True
        send = refusing.bound(before, pool)
        if _MARK in vars(pool):  # a further attempt of an answered call
            return send(method, url, *args, **kw)
        whole = _whole_url(pool, url)
        # They come after the body.
        headers = args[1] if len(args) > 1 else kw.get("headers")
        sent = pool.headers if headers is None else headers
        mock = stack.current()
        route = mock and mock.route(method, whole, sent)
        if mock and route:
            with answering(pool, namespace, Call(mock, route, whole)) as answered:
                return refusing.bound(before, answered)(method, told(url), *args, **kw)
        refuser = refusing.refuser_of(method, whole, sent)
        if (
            refuser is not None
            and refusing.would_send(before, namespace)
            and not below.answers_sockets()
        ):
            refuser.refuse(method, whole)
        # A callback may make calls of its own, whose waits are not this call's.
        with Setting(_call, None) if _call.get() is not None else contextlib.nullcontext():
            return send(method, url, *args, **kw)

    return urlopen


def _whole_url(pool: Any, url: str) -> str:
    if not url.startswith("/"):
        return url
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    port = "" if pool.port in (None, _PORTS.get(pool.scheme)) else f":{pool.port}"
    return f"{pool.scheme}://{host}{port}{url}"


def told(url: str) -> str:
    """A URL for the text of an exception, without a presigned URL's signature."""
    return url.partition("?")[0] if "X-Amz-Signature=" in url else url


@contextlib.contextmanager
def answering(pool: Any, namespace: Namespace, call: Call) -> Iterator[Any]:
    """A pool like this one, whose attempts are answered, for one call.

    ``namespace``: the pool's module.
    """
    __tracebackhide__ = True
    connection = _Connection()
    like = object.__new__(type(pool))
    is_urllib3_2 = "BaseHTTPResponse" in namespace

    def make_request(_: Any, __: Any, path: str, **kw: Any) -> Any:
        __tracebackhide__ = True
        body = kw["body"]
        if isinstance(body, str) and not is_urllib3_2:
            body = body.encode("latin-1")  # as http.client does, or raises
        reply = call.answer(kw["headers"], body)
        if isinstance(reply, Failure):
            raise _exception(reply, like, namespace, path, call.url)
        return _response(reply, like, namespace, path, kw)

    # Private names of urllib3, the same in 1.26 and 2.
    like.__dict__.update(
        vars(pool),
        **{_MARK: True},
        proxy=None,
        proxy_config=None,
        proxy_headers={},
        _make_request=make_request,
        _get_conn=lambda **_: connection,
        _put_conn=lambda *_: None,
    )
    with Setting(_call, call):
        yield like


class _Connection:
    """Replaces a connection of a pool. Nothing is sent over it."""

    timeout: Any = None
    sock: Any = None
    proxy: Any = None
    is_closed = False
    is_verified = True
    proxy_is_verified = None

    def close(self) -> None:
        """Needed by a pool."""


class _Raw(io.BytesIO):
    """The part of ``http.client``'s response that urllib3 and requests use."""

    version = 11
    strict = 0
    _method = "POST"

    def __init__(self, answer: Answer) -> None:
        import http.client

        super().__init__(answer.body)
        self.status = answer.status
        self.reason = http.client.responses.get(answer.status, "")
        self.msg = http.client.HTTPMessage()
        for name, value in answer.headers.items():
            self.msg[name] = value

    def read(self, amount: int | None = -1) -> bytes:
        """Up to ``amount`` bytes. All of a truncated answer is an error, as in ``http.client``."""
        import http.client

        data = super().read(amount)
        if amount is None or amount < 0:
            missing = int(self.msg.get("content-length", 0)) - len(self.getbuffer())
            if missing > 0:
                raise http.client.IncompleteRead(data, missing)
        return data

    def isclosed(self) -> bool:
        """Needed by urllib3."""
        return self.closed


def _response(
    answer: Answer, pool: Any, namespace: Namespace, path: str, how: dict[str, Any]
) -> Any:
    raw = _Raw(answer)
    base = namespace.get("BaseHTTPResponse")
    names = None if base is None else namespace_of(base, "urllib3.response")
    if names is None:  # urllib3 1.26 makes its own response from it
        return raw
    return names["HTTPResponse"](
        body=raw,
        headers=names["HTTPHeaderDict"](answer.headers),
        status=raw.status,
        version=raw.version,
        reason=raw.reason,
        preload_content=how["preload_content"],
        decode_content=how["decode_content"],
        original_response=raw,
        pool=pool,
        connection=how["response_conn"],
        retries=how["retries"],
        enforce_content_length=how.get("enforce_content_length", True),
        request_method="POST",
        request_url=path,
    )


def _exception(failure: Failure, pool: Any, namespace: Namespace, path: str, url: str) -> Exception:
    """A new exception, as a real attempt would raise it, with the endpoint in its message."""
    import http.client
    import ssl

    text = f"{without_secrets(url)}: {failure.value}"
    names = namespace_of(namespace["MaxRetryError"], "urllib3.exceptions") or {}
    if failure is Failure.CLOSED:
        return http.client.RemoteDisconnected(text)
    if failure is Failure.TLS:
        return ssl.SSLCertVerificationError(1, text)
    if failure is Failure.READ_TIMEOUT:
        return _made(names["ReadTimeoutError"], pool, path, text)
    connection = pool.ConnectionCls(host=pool.host, port=pool.port)
    if failure is Failure.CONNECT_TIMEOUT:
        return _made(names["ConnectTimeoutError"], connection, text)
    # Releases before 2 have no exception of its own for it.
    if failure is Failure.NAME_RESOLUTION and "NameResolutionError" in names:
        reason = socket.gaierror(socket.EAI_NONAME, text)
        return _made(names["NameResolutionError"], pool.host, connection, reason)
    return _made(names["NewConnectionError"], connection, text)


def _made(kind: Any, *args: Any) -> Exception:
    made: Exception = kind(*args)
    return made


class _Time(StandIn):
    """The module ``time`` as ``urllib3.util.retry`` sees it."""

    def sleep(self, seconds: float) -> None:
        """Waits, unless it is before a retry of an answered call and waits are skipped."""
        call = _call.get()
        if call is None or not call.skips_wait(seconds):
            self._module.sleep(seconds)


URLOPEN: Patch = Patch("urlopen", _wrap_urlopen)
RETRY_TIME: Patch = Patch("time", lambda before, _: _Time(before), in_module=True)
