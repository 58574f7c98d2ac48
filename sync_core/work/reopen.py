"""What the timer does: send again what was left open (protocol step 10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dataverse.psasync.records import ItemOutcome, JobId, JobState, OpenChunk
from sync_core.work.job_state import refresh_job
from sync_core.work.services import WorkServices
from sync_core.work.start import INTERRUPTED, INTERRUPTED_MESSAGE
from sync_core.work.turns import first_in_line


@dataclass(frozen=True, slots=True)
class Reopened:
    """What one run of the timer sent again and gave up."""

    chunks: int
    interrupted_jobs: int


def reopen_unsettled(services: WorkServices) -> Reopened:
    """Send the chunks again that hold unknown outcomes, stale claims or lines whose message was lost.

    An unknown outcome is due when T has passed since it was written; a pending item when the lease has passed without
    anything happening to it: its worker died, or its message was lost. Of a job that merely waits no more is sent than
    its window holds, and pending items only once a lease; a message too many finds nothing open.
    """
    timing = services.timing
    now = services.jobs.server_time().at
    quiet_since = now - timedelta(seconds=timing.lease)
    stale = services.jobs.open_chunks(
        unknown_since=now - timedelta(seconds=timing.post_commit + timing.clock_margin), pending_since=quiet_since
    )
    sent = sum(_send_again(services, job_id, of_job, now) for job_id, of_job in _by_job(stale).items())
    interrupted = services.jobs.unchanged_jobs({JobState.PREPARING}, quiet_since)
    for job in interrupted:
        services.jobs.update(job.id, state=JobState.FAILED, message=INTERRUPTED_MESSAGE, ended_on=now)
        services.jobs.fail_open_items(job.id, code=INTERRUPTED, message=INTERRUPTED_MESSAGE)
        refresh_job(services, job.id)
    # A state that was written late, or never, because its writer died: the items prove what it is.
    for job in services.jobs.unchanged_jobs({JobState.QUEUED, JobState.RUNNING}, quiet_since):
        refresh_job(services, job.id)
    return Reopened(sent, len(interrupted))


def _by_job(chunks: Iterable[OpenChunk]) -> dict[JobId, list[OpenChunk]]:
    found: dict[JobId, list[OpenChunk]] = {}
    for chunk in chunks:
        found.setdefault(chunk.job_id, []).append(chunk)
    return found


def _send_again(services: WorkServices, job_id: JobId, stale: Iterable[OpenChunk], now: datetime) -> int:
    """Send the lowest of these chunks and let the window begin there; return how many were sent."""
    is_pending: dict[int, bool] = {}
    for one in stale:
        is_pending[one.chunk] = is_pending.get(one.chunk, False) or one.outcome is ItemOutcome.PENDING
    chunks = first_in_line(services, list(is_pending))
    for chunk in chunks:
        services.queue.send(job_id, chunk)
    pending = [chunk for chunk in chunks if is_pending[chunk]]
    if pending:
        # Back to what was sent now: whatever stood in the queue behind it may be lost, and twice does no harm.
        services.jobs.update(job_id, requeued_on=now, queued_chunk=pending[-1])
    return len(chunks)
