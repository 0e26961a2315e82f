"""Faults: the client gets no answer, or one that an SDK cannot read.

A fault without an answer is raised as the client's own exception: botocore's to boto3, requests' to
requests, a new one each time. A fault that is an unreadable answer arrives as that answer.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, field

from .api.messages import Answer
from .showing import show
from .suggestions import unknown

# pytest hides this module's frames, so that a wrong name shows the test's line.
__tracebackhide__ = True


class Failure(enum.Enum):
    """What goes wrong below HTTP. The value is its message."""

    CONNECT_TIMEOUT = "Connection timed out."
    READ_TIMEOUT = "Read timed out."
    CLOSED = "Remote end closed connection without response"
    REFUSED = "Connection refused"
    NAME_RESOLUTION = "Name or service not known"
    TLS = "certificate verify failed"


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure of the connection, or an unreadable answer. ``faults`` has the usual ones.

    Raises ``ValueError`` or ``TypeError`` for a value that is not allowed, and ``ValueError`` if it
    has both a ``failure`` and an ``answer``, or neither.
    """

    name: str
    """The name for ``add_fault("ReadTimeout")``."""
    failure: Failure | None = None
    """What goes wrong; ``None`` for a fault that is an unreadable answer."""
    answer: Answer | None = field(default=None, hash=False)
    """For a fault that is an unreadable answer: that answer; by default ``None``."""
    delivered: bool = False
    """Whether the event is queued although the client sees a failure; by default not."""
    attempts: int | None = None
    """How many attempts of an invocation fail, if ``add_fault`` does not say; ``None``: all."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name or not self.name.isprintable():
            raise ValueError(f"a fault's name is a printable str, not {show(self.name)}")
        for what, value, kind in (
            ("failure", self.failure, Failure),
            ("answer", self.answer, Answer),
        ):
            if not isinstance(value, kind | None):
                raise TypeError(
                    f"the {what} of the fault {self.name} is one of {kind.__name__}, "
                    f"not {show(value)}"
                )
        if (self.failure is None) is (self.answer is None):
            raise ValueError(
                f"the fault {self.name} has a failure or an answer: what goes wrong below HTTP, or "
                f"what comes back; {'not both' if self.failure else 'it has neither'}"
            )
        if not isinstance(self.delivered, bool):
            raise TypeError(f"delivered of the fault {self.name} is True or False")
        attempts = self.attempts
        if attempts is not None and (type(attempts) is not int or attempts < 1):
            raise ValueError(
                f"attempts of the fault {self.name} is 1 or more, or None, not {show(attempts)}"
            )

    @property
    def code(self) -> None:
        """A fault has no code: what it makes of ``Invocation.error``."""
        return None

    def __str__(self) -> str:
        return self.name


def _page(status: int, title: str) -> Answer:
    body = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n</body>\r\n</html>\r\n"
    ).encode()
    return Answer(status, {"content-type": "text/html", "content-length": str(len(body))}, body)


ConnectTimeout = Fault("ConnectTimeout", Failure.CONNECT_TIMEOUT)
"""No connection within the client's connect timeout."""
ReadTimeout = Fault("ReadTimeout", Failure.READ_TIMEOUT)
"""Connected, sent, and no answer within the client's read timeout."""
ConnectionClosed = Fault("ConnectionClosed", Failure.CLOSED)
"""The connection was closed before an answer."""
ConnectionRefused = Fault("ConnectionRefused", Failure.REFUSED)
"""Nothing listens there."""
NameResolution = Fault("NameResolution", Failure.NAME_RESOLUTION)
"""The host's name does not resolve."""
TLSFailure = Fault("TLSFailure", Failure.TLS)
"""The TLS handshake failed."""
TruncatedAnswer = Fault(
    "TruncatedAnswer",
    answer=Answer(
        500, {"content-type": "application/json", "content-length": "97"}, b'{"Message":"An err'
    ),
)
"""An answer that ends in the middle of its JSON."""
BadGatewayPage = Fault("BadGatewayPage", answer=_page(502, "Bad Gateway"))
"""A proxy's HTML page instead of an answer: 502."""
ServiceUnavailablePage = Fault("ServiceUnavailablePage", answer=_page(503, "Service Unavailable"))
"""A proxy's HTML page instead of an answer: 503."""
GatewayTimeoutPage = Fault("GatewayTimeoutPage", answer=_page(504, "Gateway Timeout"))
"""A proxy's HTML page instead of an answer: 504."""
LostAnswer = Fault("LostAnswer", Failure.READ_TIMEOUT, delivered=True, attempts=1)
"""The event was queued, its answer lost: a read timeout on the first attempt only, so that the
SDK's retry queues the event a second time."""

_ALL = {
    fault.name: fault
    for fault in (
        ConnectTimeout,
        ReadTimeout,
        ConnectionClosed,
        ConnectionRefused,
        NameResolution,
        TLSFailure,
        TruncatedAnswer,
        BadGatewayPage,
        ServiceUnavailablePage,
        GatewayTimeoutPage,
        LostAnswer,
    )
}


NAMES: Collection[str] = _ALL.keys()
"""The names of all faults."""


def every() -> tuple[Fault, ...]:
    """All faults."""
    return tuple(_ALL.values())


def find(fault: Fault | str) -> Fault:
    """The fault itself, or the one with this name.

    Raises ``ValueError`` for an unknown name, and names the nearest; ``TypeError`` for anything
    that is neither a fault nor a name.
    """
    if isinstance(fault, Fault):
        return fault
    if not isinstance(fault, str):
        raise TypeError(
            f"a fault is one of faults, or its name, not {show(fault)}; "
            "errors go to add_error(), outcomes of runs to add_run()"
        )
    if fault in _ALL:
        return _ALL[fault]
    raise ValueError(unknown("fault", fault, _ALL))
