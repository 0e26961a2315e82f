"""Faults: no answer, or none that an SDK can read.

Each is raised as the client at hand raises it: botocore's own exception to boto3, requests' own
to requests, made anew each time. Those that are an unreadable answer arrive as that answer.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, field

from .api.messages import Answer
from .showing import show
from .suggestions import unknown

# A wrong name is told at the user's line: pytest leaves out this module's frames.
__tracebackhide__ = True


class Failure(enum.Enum):
    """What goes wrong below HTTP. The value says it in words."""

    CONNECT_TIMEOUT = "Connection timed out."
    READ_TIMEOUT = "Read timed out."
    CLOSED = "Remote end closed connection without response"
    REFUSED = "Connection refused"
    NAME_RESOLUTION = "Name or service not known"
    TLS = "certificate verify failed"


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure of the connection rather than an answer of the service. See ``faults``."""

    name: str
    """As in ``add_fault("ReadTimeout")``."""
    failure: Failure | None = None
    """What goes wrong; ``None`` for a fault that is an unreadable answer."""
    answer: Answer | None = field(default=None, hash=False)
    """For a fault that is an answer no SDK can read: that answer."""
    delivered: bool = False
    """Whether the service took the event although the client saw a failure."""
    attempts: int | None = None
    """How many attempts of an invocation meet it, where the rule does not say; ``None``: all."""

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
    """The fault itself, or that of a name; ``ValueError`` with the nearest when there is none."""
    if isinstance(fault, Fault):
        return fault
    if not isinstance(fault, str):
        raise TypeError(
            f"a fault is one of faults, or its name, not {fault!r}; errors go to add_error()"
        )
    if fault in _ALL:
        return _ALL[fault]
    raise ValueError(unknown("fault", fault, _ALL))
