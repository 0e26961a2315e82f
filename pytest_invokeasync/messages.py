"""What crosses from a client to the service and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

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
        value = self._sent.get(name)
        # A client's own headers ignore case by themselves, a dict does not.
        if value is None and isinstance(self._sent, dict):
            wanted = name.lower()
            value = next((v for key, v in self._sent.items() if key.lower() == wanted), None)
        if value is None:
            raise KeyError(name)
        return value if isinstance(value, str) else value.decode("latin-1")

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

    segment: str
    """The FunctionName as it stands in the URL, still percent-encoded."""
    region: str | None
    """The region it is signed for, else that of its host, else ``None``."""
    headers: Headers
    body: bytes = field(repr=False)
    sdk_invocation_id: str | None = None
    """``amz-sdk-invocation-id``: the same for every attempt of one call of an SDK."""
    caller: str | None = None
    """``file:line`` of the code that made the call."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service says to one attempt."""

    status: int
    headers: Mapping[str, str]
    body: bytes
