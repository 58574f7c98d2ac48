"""When a chunk that left something open is worth another run."""

from collections.abc import Sequence
from datetime import datetime

from dataverse.psasync.records import ItemOutcome
from sync_core.push.decisions import Decision
from sync_core.push.settling import LineSettlement
from sync_core.work.services import WorkTiming
from sync_core.work.stop_signal import StopSignal
from sync_core.work.times import back_off, look_up_in


def run_again_in(
    open_lines: Sequence[LineSettlement],
    unknown_elsewhere: Sequence[Decision],
    *,
    stop: StopSignal,
    now: datetime,
    timing: WorkTiming,
) -> float | None:
    """Return the seconds after which the chunk should run again, None when nothing waits for it.

    `unknown_elsewhere`: lines whose outcome this job does not know and whose row is not yet due. A pending line that
    another worker holds is that worker's business, or the timer's when it died.
    """
    waits = [*_own_waits(open_lines, stop, timing), *_waits_for_others(unknown_elsewhere, now, timing)]
    return min(waits, default=None)


def _own_waits(open_lines: Sequence[LineSettlement], stop: StopSignal, timing: WorkTiming) -> list[float]:
    waits: list[float] = []
    if any(line.outcome is ItemOutcome.UNKNOWN for line in open_lines):
        waits.append(look_up_in(timing))
    if stop.fault is None and any(line.result.ending == "released" for line in open_lines):
        attempts = max(line.result.held.row.attempts for line in open_lines)
        waits.append(back_off(attempts, stop.pause, timing))
    return waits


def _waits_for_others(held: Sequence[Decision], now: datetime, timing: WorkTiming) -> list[float]:
    return [
        max((decision.mapping.claimed_until - now).total_seconds(), 0.0) + timing.clock_margin
        for decision in held
        if decision.mapping is not None and decision.mapping.claimed_until is not None
    ]
