"""What crosses from a client to the service and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, overload

from .route import Route

T = TypeVar("T")

_SECRET_HEADERS = frozenset(
    {"authorization", "x-amz-security-token", "cookie", "proxy-authorization"}
)


class Headers(Mapping[str, str]):
    """HTTP headers as they were sent: names keep their case, look-ups ignore it.

    The ``repr`` hides what could hold a credential; reading a header by name does not.
    """

    __slots__ = ("_sent",)

    def __init__(self, sent: Mapping[str, str | bytes]) -> None:
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
        value = self._sent.get(name)
        # A client's own headers ignore case by themselves, a dict does not.
        if value is None and isinstance(self._sent, dict):
            wanted = name.lower()
            value = next((v for key, v in self._sent.items() if key.lower() == wanted), None)
        return value.decode("latin-1") if isinstance(value, bytes) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._sent)

    def __len__(self) -> int:
        return len(self._sent)

    def __repr__(self) -> str:
        shown = {
            name: "<hidden>" if name.lower() in _SECRET_HEADERS else self[name] for name in self
        }
        return f"Headers({shown!r})"


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
