"""What crosses from a client to the service and back."""

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
    """The value of a header that may hold a credential: the very text, its ``repr`` hides it.

    A report shows values by their ``repr``, alone or in a dict or list; so it shows ``'<hidden>'``.
    All else is the text: it is equal to it, is sent and encoded as it, and ``str()``, ``print`` and
    formatting give it, since who asks for it by name wants it. Where pytest shows more than the
    ``repr``, ``plugin.hiding`` steps in.
    """

    __slots__ = ()
    hidden_by_invokeasync = True

    def __repr__(self) -> str:
        return "'<hidden>'"


class Headers(Mapping[str, str]):
    """HTTP headers as they were sent: names keep their case, look-ups ignore it.

    What may hold a credential is a ``HiddenStr``, so that no report shows it, whatever it makes of
    the headers: a dict, a list of items, a comparison.
    """

    __slots__ = ("_sent",)

    def __init__(self, sent: Mapping[Any, Any]) -> None:
        # Kept by reference: a client makes new headers for each attempt, and copying costs.
        self._sent = sent

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
        # Not by way of a KeyError, as in Mapping: each attempt asks, and one costs.
        value = self._find(name)
        return default if value is None else value

    def _find(self, name: str) -> str | None:
        value: object
        try:
            value = self._sent.get(name)
        except TypeError:
            # urllib3's own join the values of a name, and these may be bytes or numbers.
            wanted = name.lower()
            value = ", ".join(text for key, text in self.pairs() if key.lower() == wanted)
        # A client's own headers ignore case by themselves, a dict does not.
        if value is None and isinstance(self._sent, dict):
            wanted = name.lower()
            value = next((v for key, v in self._sent.items() if _text(key).lower() == wanted), None)
        if value is None:
            return None
        text = _text(value)
        return HiddenStr(text) if is_secret(name) else text

    def pairs(self) -> list[tuple[str, str]]:
        """Each header as it was sent: of an HTTP client that tells, a name twice is here twice."""
        items = getattr(self._sent, "multi_items", self._sent.items)()
        return [(_text(name), _text(value)) for name, value in items]

    def __iter__(self) -> Iterator[str]:
        return map(_text, self._sent)

    def __len__(self) -> int:
        return len(self._sent)

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


def _text(sent: object) -> str:
    """A name or a value as it goes over the wire: ``http.client`` takes bytes and numbers too."""
    if isinstance(sent, str):
        return sent
    return sent.decode("latin-1") if isinstance(sent, bytes) else str(sent)


# Each attempt asks for the same few.
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
    """As it was sent, the query too: it may hold a signature."""
    region: str | None
    """The region it is signed for, else that of its host, else ``None``."""
    headers: Headers
    body: bytes = field(repr=False)
    sdk_invocation_id: str | None = None
    """``amz-sdk-invocation-id``: the same for every attempt of one call of an SDK."""
    caller: str | None = None
    """``file:line`` of the code that made the call."""
    wire_headers: list[tuple[str, str]] | None = field(default=None, repr=False)
    """Of a request that came through a socket: its headers one by one, a name as often as sent."""
    asks_anew: bool = False
    """Whether each attempt asks the rules as an invocation does: those of an HTTP client that
    retries by itself, which no service can tell from calls of their own."""

    @property
    def event_body(self) -> bytes:
        """The event: the body, or what an empty one stands for."""
        return self.body or self.route.operation.empty_event or b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service says to one attempt."""

    status: int
    headers: Mapping[str, str]
    body: bytes
