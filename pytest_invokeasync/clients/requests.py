"""requests: the seam at ``HTTPAdapter.send``, which other mocks of requests replace too.

Below it an answered call goes through urllib3, as every call does. See ``urllib3``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..api.route import Route
from ..seams import stack
from ..seams.interception import Interceptor
from ..seams.patching import Namespace, Patch, namespace_of
from . import refusing
from .neighbours import below, responses
from .urllib3 import Call, answering, told

# The parameters of ``send`` after the request, in order.
_DEFAULTS = {"stream": False, "timeout": None, "verify": True, "cert": None, "proxies": None}


def _wrap_send(before: Any, namespace: Namespace) -> Any:
    def send(adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        mock = stack.current()
        route = mock and mock.route(request.method, request.url, request.headers)
        # A RequestsMock of the user's own, started before ours, is asked first.
        if mock and route and responses.requests_mock_of(before) is None:
            how = {**_DEFAULTS, **dict(zip(_DEFAULTS, args, strict=False)), **kwargs}
            return _Sending(adapter, request, namespace, how).answer(mock, route)
        refuser = refusing.refuser_of(request.method, request.url, request.headers)
        if refuser is not None and refusing.would_send(before, namespace):
            pool_class = below.pool_class_of(namespace)
            if not below.answers_pools(pool_class) and not below.answers_sockets():
                refuser.refuse(request.method, request.url)
        return refusing.bound(before, adapter)(request, *args, **kwargs)

    return send


@dataclass(frozen=True, slots=True)
class _Sending:
    """A request on its way through an adapter."""

    adapter: Any
    request: Any
    namespace: Namespace
    how: dict[str, Any]
    """The other arguments of ``send``."""

    def answer(self, mock: Interceptor, route: Route) -> Any:
        """The adapter's response. Certificates and proxies are not looked for."""
        __tracebackhide__ = True
        adapter, request = self.adapter, self.request
        adapter.add_headers(request, **self.how)
        plain_pool = below.pool_class_of(self.namespace)
        names = namespace_of(plain_pool, "urllib3.connectionpool") if plain_pool else None
        assert names is not None
        retries = adapter.max_retries
        # A number, where an adapter was given one after it was made.
        total = getattr(retries, "total", retries)
        may_retry = total is None or total > 0
        call = Call(mock, route, request.url, may_retry=may_retry)
        try:
            with answering(_pool(names, request.url), names, call) as answered:
                raw = answered.urlopen(
                    method=request.method,
                    url=told(request.path_url),
                    body=request.body,
                    headers=request.headers,
                    redirect=False,
                    assert_same_host=False,
                    preload_content=False,
                    decode_content=False,
                    retries=retries,
                    timeout=_timeout(names, self.how["timeout"]),
                )
        except Exception as error:
            raised = _exception(error, self.namespace, request)
            if raised is None:
                raise
            raise raised from error
        return adapter.build_response(request, raw)


def _pool(names: Namespace, url: str) -> Any:
    address = urlsplit(url)
    is_https = address.scheme.lower() == "https"
    kind = names["HTTPSConnectionPool" if is_https else "HTTPConnectionPool"]
    return kind(address.hostname, address.port)


def _timeout(names: Namespace, timeout: Any) -> Any:
    kind = names["Timeout"]
    if isinstance(timeout, kind):
        return timeout
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return kind(connect=connect, read=read)


def _exception(error: Exception, namespace: Namespace, request: Any) -> Exception | None:
    """The exception of requests for one of urllib3."""
    if isinstance(error, namespace["MaxRetryError"]):
        name = _name_of_reason(error.reason, namespace)
    elif isinstance(error, namespace["ReadTimeoutError"]):
        name = "ReadTimeout"
    elif isinstance(error, namespace["_SSLError"]):
        name = "SSLError"
    elif isinstance(error, namespace["ProtocolError"] | OSError):
        name = "ConnectionError"
    else:
        return None
    made: Exception = namespace[name](error, request=request)
    return made


def _name_of_reason(reason: Any, namespace: Namespace) -> str:
    if isinstance(reason, namespace["ConnectTimeoutError"]) and not isinstance(
        reason, namespace["NewConnectionError"]
    ):
        return "ConnectTimeout"
    if isinstance(reason, namespace["ResponseError"]):
        return "RetryError"
    if isinstance(reason, namespace["_SSLError"]):
        return "SSLError"
    return "ConnectionError"


SEND: Patch = Patch("send", _wrap_send, change_saved=responses.change_saved)
