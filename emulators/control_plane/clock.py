"""Virtual UTC clock of one emulator."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


class Clock:
    """Real UTC time plus an offset that a test may set; it always runs on at the speed of real time."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._date_second = -1
        self._date_header = b""

    def now(self) -> datetime:
        """Return the virtual time, aware and in UTC."""
        return datetime.now(UTC) + self._offset

    def set(self, now: datetime) -> None:
        """Make it `now` (aware); time runs on from there."""
        self._offset = now - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Move the virtual time by `seconds`, backwards when negative."""
        self._offset += timedelta(seconds=seconds)

    def real(self) -> None:
        """Follow real time again."""
        self._offset = timedelta()

    def date_header(self) -> bytes:
        """Return the virtual time as the value of an HTTP Date header (whole seconds)."""
        now = self.now()
        second = int(now.timestamp())
        if second != self._date_second:
            self._date_second = second
            self._date_header = format_datetime(now, usegmt=True).encode("ascii")
        return self._date_header
