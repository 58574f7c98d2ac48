"""The state of a job as its items prove it, and the end of a job that cannot go on."""

from dataverse.psasync.records import Job, JobId, JobState, OutcomeCounts
from sync_core.errors import ConfigurationFault
from sync_core.jobs import TERMINAL_STATES, state_from_counts
from sync_core.work.services import WorkServices


def refresh_job(services: WorkServices, job_id: JobId) -> None:
    """Write the job's counts and state as its items prove them."""
    read = services.jobs.read(job_id)
    if read is not None:
        write_state(services, *read)


def write_state(services: WorkServices, job: Job, counts: OutcomeCounts, *, queued_chunk: int | None = None) -> None:
    """Write these counts and the state that they prove.

    With `queued_chunk`, the mark of the window, only if nobody has written to the job since it was read: raises
    VersionMismatch otherwise.
    """
    state = state_from_counts(counts, job.state)
    if state == JobState.QUEUED:
        state = JobState.RUNNING
    ended = state in TERMINAL_STATES and not counts.open
    now = services.jobs.server_time().at if job.started_on is None or ended else None
    services.jobs.update(
        job.id,
        state=state,
        counts=counts,
        started_on=now if job.started_on is None else None,
        ended_on=now if ended else None,
        queued_chunk=queued_chunk,
        if_at=None if queued_chunk is None else job.etag,
    )


def stop_job(services: WorkServices, job_id: JobId, fault: ConfigurationFault) -> None:
    """Stop the whole job: every other line would fail in the same way, so all open items carry the same sentence."""
    services.jobs.update(job_id, state=JobState.FAILED, message=fault.user_message)
    services.jobs.fail_open_items(job_id, code=fault.code, message=fault.user_message)
    refresh_job(services, job_id)
