"""pook, mocket and respx: mocks below the clients, which may answer what ours does not."""

from __future__ import annotations

import socket
from typing import Any

from ...seams.patching import Namespace, Patch, namespace_of
from .. import refusing

_MOCKET = "mocket."
_POOLS_OF_HTTPX = tuple(
    f"{library}.{kind}.connection_pool"
    for library in ("httpcore", "httpcore2")
    for kind in ("_sync", "_async")
)


def answers_pools(pool_class: type | None) -> bool:
    """Whether somebody has replaced ``urlopen`` of this pool, as pook does."""
    urlopen = None if pool_class is None else vars(pool_class).get("urlopen")
    return urlopen is not None and not refusing.is_real(urlopen, "urllib3.connectionpool")


def answers_httpx(transport: Any) -> bool:
    """Whether somebody has replaced how a transport's pool sends, as respx or mocket does.

    The pool is httpcore's. What they let out comes to a socket.
    """
    pool = type(getattr(transport, "_pool", None))
    sends = [getattr(pool, name, None) for name in ("handle_request", "handle_async_request")]
    return answers_sockets() or not all(
        refusing.is_real(send, *_POOLS_OF_HTTPX) for send in sends if send
    )


def answers_sockets() -> bool:
    """Whether somebody has replaced ``socket.socket``, as mocket does.

    It looks at what is sent, and connects if it has no answer; see below.
    """
    return str(socket.socket.__module__).startswith(_MOCKET)


def pool_class_of(namespace: Namespace) -> type | None:
    """The class of pools that the ``PoolManager`` of a module uses."""
    manager = namespace.get("PoolManager")
    names = namespace_of(manager, "urllib3.poolmanager") if isinstance(manager, type) else None
    pool: type | None = names.get("HTTPConnectionPool") if names is not None else None
    return pool


def _wrap_gethostbyname(before: Any, _: Namespace) -> Any:
    def gethostbyname(host: Any) -> Any:
        __tracebackhide__ = True
        refusing.check_host(host, None)
        return before(host)

    return gethostbyname


# mocket looks up a host by this if it has no answer.
REAL_CONNECTION: Patch = Patch("true_gethostbyname", _wrap_gethostbyname, in_module=True)
