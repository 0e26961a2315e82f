"""``http.client``, and so ``urllib.request``; and the look-up of names. Refused, not answered.

These are the last places before a connection, whatever library makes it.
"""

from __future__ import annotations

from typing import Any

from ..seams import stack
from ..seams.patching import Namespace, Patch
from . import refusing
from .neighbours import below

# Whose functions look up a name: the standard library's, and what takes their place.
_LOOKUP_MODULES = ("socket", "_socket", "gevent._socketcommon", "eventlet.support.greendns")


def _wrap_putrequest(before: Any, _: Namespace) -> Any:
    def putrequest(connection: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        whole = _whole_url(connection, url)
        refuser = refusing.refuser_of(method, whole, {})
        if (
            refuser is not None
            and connection.port not in stack.own_ports
            and not below.answers_sockets()
        ):
            refuser.refuse(method, whole)
        return refusing.bound(before, connection)(method, url, *args, **kwargs)

    return putrequest


def _whole_url(connection: Any, url: Any) -> str:
    if not str(url).startswith("/"):  # such as one for a proxy
        return str(url)
    # Private, and the same since Python 3.2: where a proxy is to connect to.
    host = getattr(connection, "_tunnel_host", None) or connection.host
    scheme = "https" if connection.default_port == 443 else "http"
    return f"{scheme}://{host}{url}"


def _wrap_lookup(before: Any, _: Namespace) -> Any:
    if not refusing.is_real(before, *_LOOKUP_MODULES):
        # Such as pytest-socket's, which leaves none and takes its own away only from the top.
        return before

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        refusing.check_host(host, kwargs.get("port", args[0] if args else None))
        return before(host, *args, **kwargs)

    return look_up


PUTREQUEST: Patch = Patch("putrequest", _wrap_putrequest)
LOOKUPS: tuple[Patch, ...] = tuple(
    Patch(name, _wrap_lookup, in_module=True)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
)
