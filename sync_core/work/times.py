"""The moments of one run that writes: the last at which it may send, and those that it writes down."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dataverse.psasync.records import ServerTime
from sync_core.errors import TransientFault
from sync_core.ports import Clock
from sync_core.work.services import WorkTiming


@dataclass(frozen=True, slots=True)
class SettlingTimes:
    """`now`: Dataverse's time when the work ended; `look_up_after`: when an unknown outcome may be looked up."""

    now: datetime
    look_up_after: datetime


def lease_until(read_at: ServerTime, timing: WorkTiming) -> datetime:
    """Return until when what was read at this time is held by a claim made now."""
    return read_at.at + timedelta(seconds=timing.lease)


def send_before(read_at: ServerTime, timing: WorkTiming) -> float:
    """Return the moment of this process's clock after which nothing is sent: claim + lease - T, decision 14."""
    return read_at.monotonic + timing.lease - timing.post_commit - timing.clock_margin


def back_off(attempts: int, pause: TransientFault | None, timing: WorkTiming) -> float:
    """Return the seconds after which records that were not sent are tried again: longer each time, or as asked."""
    longer: float = min(timing.retry_delay * 2.0 ** min(attempts - 1, 10), timing.longest_retry_delay)
    return max((pause.retry_after if pause is not None else None) or 0.0, longer)


def look_up_in(timing: WorkTiming) -> float:
    """Return the seconds after which a record whose POST has just been sent without an answer can be looked up."""
    return timing.post_commit + 2 * timing.clock_margin


def settling_times(read_at: ServerTime, clock: Clock, timing: WorkTiming) -> SettlingTimes:
    """Return the times to write down now; Dataverse's time can be later by what its Date header rounds down."""
    now = read_at.at + timedelta(seconds=clock.monotonic() - read_at.monotonic)
    return SettlingTimes(now=now, look_up_after=now + timedelta(seconds=timing.post_commit + timing.clock_margin))
