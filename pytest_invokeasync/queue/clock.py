"""Virtual time: it starts at the wall's moment, and moves only when told to."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

# A moment that no clock can show is told at the user's line: pytest leaves out this module's
# frames.
__tracebackhide__ = True


class Clock:
    """The time of one queue. Nothing reads it but the queue: it never reaches the wire."""

    __slots__ = ("now",)

    def __init__(self, wall: float) -> None:
        """``wall``: seconds since 1970, cut to the milliseconds that a record tells."""
        epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
        self.now = epoch + timedelta(milliseconds=int(wall * 1000))
        """An aware UTC ``datetime``."""

    def after(self, seconds: float) -> datetime:
        """The moment so many seconds from now. ``ValueError`` if a ``datetime`` cannot hold it."""
        try:
            return self.now + timedelta(seconds=seconds)
        except OverflowError:
            raise ValueError(
                f"{seconds:,.0f} seconds from {self.now} is later than a datetime can be"
            ) from None

    def move_to(self, moment: datetime) -> None:
        """Moves on to a moment; one that has passed leaves it as it is."""
        self.now = max(self.now, moment)
