"""When a chunk of rows that left something open is worth another run."""

from collections.abc import Sequence
from datetime import datetime

from dataverse.psasync.records import ItemOutcome
from sync_core.push_rows.plans import RowPlan
from sync_core.push_rows.settling import RowSettlement
from sync_core.work.services import WorkTiming
from sync_core.work.stop_signal import StopSignal
from sync_core.work.times import back_off, look_up_in

LOOK_AGAIN_FIRST, LOOK_AGAIN_LAST = 2.0, 30.0
"""Seconds after which a row that somebody else holds is looked at again, at first and at most."""

PLAN_ANEW = 1.0
"""Seconds after which a row whose identifier was taken gets another plan."""


def run_again_in(
    open_rows: Sequence[RowSettlement],
    elsewhere: Sequence[RowPlan],
    *,
    stop: StopSignal,
    now: datetime,
    timing: WorkTiming,
) -> float | None:
    """Return the seconds after which the chunk should run again, None when nothing waits for it."""
    waits: list[float] = []
    if any(one.outcome is ItemOutcome.UNKNOWN for one in open_rows):
        waits.append(look_up_in(timing))
    released = [one for one in open_rows if one.made.ending == "released"]
    if any(one.made.plan_anew for one in released):
        waits.append(PLAN_ANEW)
    if stop.fault is None and any(not one.made.plan_anew for one in released):
        attempts = max(one.made.held.record.attempts for one in released)
        waits.append(back_off(attempts, stop.pause, timing))
    waits += [_wait_for(plan, now, timing) for plan in elsewhere]
    return min(waits, default=None)


def _wait_for(plan: RowPlan, now: datetime, timing: WorkTiming) -> float:
    """Most rows are settled long before their lease: wait as long again as they have been held, to the lease at most.

    A row that was lost to another worker between reading and claiming has no lease that this run knows of.
    """
    until = plan.mapping.claimed_until if plan.mapping is not None else None
    if until is None or until <= now:
        return LOOK_AGAIN_FIRST
    left = (until - now).total_seconds()
    held = timing.lease - left
    return min(max(held, LOOK_AGAIN_FIRST), LOOK_AGAIN_LAST, left + timing.clock_margin)
