"""Virtual time: it starts at the real time, and moves only by a drain or ``advance()``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

# pytest hides this module's frames, so that an impossible time shows the test's line.
__tracebackhide__ = True


class Clock:
    """The virtual time of one queue, which alone reads it: it is never sent anywhere."""

    __slots__ = ("now",)

    def __init__(self, wall: float) -> None:
        """``wall``: the real time in seconds since 1970, cut to milliseconds, as in a record."""
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
        """Moves on to a moment; does nothing if that is in the past."""
        self.now = max(self.now, moment)
