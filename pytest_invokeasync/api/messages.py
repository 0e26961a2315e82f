"""What a client sends to the service, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar, overload

from .route import Route

T = TypeVar("T")

# Authorization and Proxy-Authorization, Cookie, X-Amz-Security-Token, X-Api-Key and their like.
_SECRET = re.compile(r"authoriz|cookie|token|secret|passw|credential|api-?key", re.IGNORECASE)


class HiddenStr(str):
    """The value of a header that may hold a credential. Only its ``repr`` hides it.

    A report shows values by their ``repr``, alone or in a dict or list, so it shows ``'<hidden>'``.
    Otherwise it is the text itself: it is equal to it, and ``str()``, ``print`` and formatting show
    it, since a test that asks for the header wants its value. ``plugin.hiding`` hides it where
    pytest shows more than the ``repr``.
    """

    __slots__ = ()
    hidden_by_invokeasync = True

    def __repr__(self) -> str:
        return "'<hidden>'"


class Headers(Mapping[str, str]):
    """HTTP headers as they were sent. Names keep their case, and look-ups ignore it.

    Of names that differ by case alone, each finds its own. Repeated ones are joined by commas.

    A value that may hold a credential is a ``HiddenStr``, so that no report shows it, even in a
    dict, a list of items or a comparison.
    """

    __slots__ = ("_sent",)

    def __init__(self, sent: Mapping[Any, Any]) -> None:
        # Names and values in turn: a client's own headers take three times the memory.
        self._sent = tuple(
            [
                part if type(part) is str else _text(part)
                for pair in getattr(sent, "multi_items", sent.items)()
                for part in pair
            ]
        )

    def __getitem__(self, name: str) -> str:
        value = self._find(name)
        if value is None:
            raise KeyError(name)
        return value

    @overload
    def get(self, name: str, /) -> str | None: ...

    @overload
    def get(self, name: str, /, default: str | T) -> str | T: ...

    def get(self, name: str, /, default: object = None) -> object:
        # Not with a KeyError, as in Mapping, since each attempt asks, and an exception costs.
        value = self._find(name)
        return default if value is None else value

    def _find(self, name: str) -> str | None:
        values = [value for key, value in self.pairs() if key == name]
        if not values:
            wanted = name.lower()
            values = [value for key, value in self.pairs() if key.lower() == wanted]
        if not values:
            return None
        text = ", ".join(values)
        return HiddenStr(text) if is_secret(name) else text

    def pairs(self) -> list[tuple[str, str]]:
        """Each header as it was sent, repeated ones too, if the HTTP client keeps them apart."""
        return list(zip(self._sent[::2], self._sent[1::2], strict=True))

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(self._sent[::2]))

    def __len__(self) -> int:
        return len(set(self._sent[::2]))

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


def _text(sent: object) -> str:
    """A name or a value as it goes over the wire: ``http.client`` takes bytes and numbers too."""
    if isinstance(sent, str):
        return sent
    return sent.decode("latin-1") if isinstance(sent, bytes) else str(sent)


# Each attempt asks for the same few names.
@lru_cache(maxsize=256)
def is_secret(name: str) -> bool:
    """Whether a header of this name may hold a credential."""
    return _SECRET.search(name) is not None


# Not frozen, as each attempt makes one and freezing costs; nobody changes it.
@dataclass(slots=True)
class Request:
    """One attempt on its way to the service."""

    route: Route
    url: str = field(repr=False)
    """The URL as it was sent, with its query, which may hold a signature."""
    region: str | None
    """The region that it is signed for, else its host's, else ``None``."""
    headers: Headers
    body: bytes = field(repr=False)
    sdk_invocation_id: str | None = None
    """``amz-sdk-invocation-id``: the same for every attempt of one call of an SDK."""
    caller: str | None = None
    """``file:line`` of the code that made the call."""
    wire_headers: list[tuple[str, str]] | None = field(default=None, repr=False)
    """The headers of a request that came through a socket, one by one, repeated ones too."""
    asks_anew: bool = False
    """Whether each attempt is answered like an invocation of its own. It is so for an HTTP client
    that retries by itself: a service cannot tell its retries from new calls."""

    @property
    def event_body(self) -> bytes:
        """The event: the body, or what an empty one stands for."""
        return self.body or self.route.operation.empty_event or b""


@dataclass(frozen=True, slots=True)
class Answer:
    """The service's answer to one attempt."""

    status: int
    headers: Mapping[str, str]
    body: bytes
