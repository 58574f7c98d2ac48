"""What the timer does: send again what was left open (protocol step 10)."""

from dataclasses import dataclass
from datetime import timedelta

from dataverse.psasync.records import JobId, JobState
from sync_core.work.job_state import refresh_job
from sync_core.work.services import WorkServices
from sync_core.work.start import INTERRUPTED, INTERRUPTED_MESSAGE


@dataclass(frozen=True, slots=True)
class Reopened:
    """What one run of the timer sent again and gave up."""

    chunks: int
    interrupted_jobs: int


def reopen_unsettled(services: WorkServices) -> Reopened:
    """Send the chunks again that hold unknown outcomes, stale claims or lines whose message was lost.

    An unknown outcome is due when T has passed since it was written; a pending item when the lease has passed without
    anything happening to it: its worker died, or its message was lost. A chunk that waits in the queue for longer than
    the lease is sent once more at every run; a message too many finds nothing open, which costs a few requests.
    """
    timing = services.timing
    now = services.jobs.server_time().at
    reopened: set[tuple[JobId, int]] = set()
    for open_chunk in services.jobs.open_chunks(
        unknown_since=now - timedelta(seconds=timing.post_commit + timing.clock_margin),
        pending_since=now - timedelta(seconds=timing.lease),
    ):
        if (open_chunk.job_id, open_chunk.chunk) in reopened:
            continue
        reopened.add((open_chunk.job_id, open_chunk.chunk))
        services.queue.send(open_chunk.job_id, open_chunk.chunk)
    quiet_since = now - timedelta(seconds=timing.lease)
    interrupted = services.jobs.unchanged_jobs({JobState.PREPARING}, quiet_since)
    for job in interrupted:
        services.jobs.update(job.id, state=JobState.FAILED, message=INTERRUPTED_MESSAGE, ended_on=now)
        services.jobs.fail_open_items(job.id, code=INTERRUPTED, message=INTERRUPTED_MESSAGE)
        refresh_job(services, job.id)
    # A state that was written late, or never, because its writer died: the items prove what it is.
    for job in services.jobs.unchanged_jobs({JobState.QUEUED, JobState.RUNNING}, quiet_since):
        refresh_job(services, job.id)
    return Reopened(len(reopened), len(interrupted))
