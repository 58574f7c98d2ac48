"""What a person may ask of a job that runs or has ended: stop it, try the failed records again."""

from dataverse.psasync.records import ItemOutcome, Job, JobId, JobState, OutcomeCounts
from sync_core.errors import RecordRejected
from sync_core.jobs import TERMINAL_STATES, state_from_counts
from sync_core.work.chunk import CANCELLED, CANCELLED_MESSAGE
from sync_core.work.services import WorkServices
from sync_core.work.turns import first_in_line

_RETRIED = "The records that had failed are tried again."


def cancel_job(services: WorkServices, job_id: JobId) -> None:
    """Stop a job: what is pending becomes skipped, what runs right now still ends, what is unknown is still followed.

    A job that has ended stays as it is. Raises RecordRejected when there is no such job, or while it is being written.
    """
    job, counts = _existing(services, job_id)
    if job.state is JobState.PREPARING:
        raise RecordRejected(
            user_message="The job is still being prepared; cancel it again in a moment.", code="job_preparing"
        )
    if state_from_counts(counts, job.state) in TERMINAL_STATES:
        return
    services.jobs.update(job_id, state=JobState.CANCELLED)
    services.jobs.skip_open_items(job_id, code=CANCELLED, message=CANCELLED_MESSAGE)
    _, counts = _existing(services, job_id)
    # Once more: a worker that read the job before may have written its own state in between.
    now = services.jobs.server_time().at
    services.jobs.update(job_id, state=JobState.CANCELLED, counts=counts, ended_on=None if counts.open else now)


def retry_job(services: WorkServices, job_id: JobId) -> int:
    """Try the failed records of a job that has ended again, in the same job; return how many chunks hold some.

    Raises RecordRejected when there is no such job, while it runs, and when nothing failed.
    """
    job, counts = _existing(services, job_id)
    if state_from_counts(counts, job.state) not in TERMINAL_STATES:
        raise RecordRejected(
            user_message="The job has not ended yet; try the failed records again when it has.", code="job_not_ended"
        )
    if not counts.of(ItemOutcome.FAILED):
        raise RecordRejected(user_message="No record of this job has failed.", code="nothing_to_retry")
    # First the state: in a job that is stopped, pending items would be closed again.
    services.jobs.update(job_id, state=JobState.RUNNING, message=_RETRIED)
    chunks = services.jobs.reopen_failed_items(job_id)
    at_once = first_in_line(services, chunks)
    if at_once:
        services.jobs.update(job_id, queued_chunk=at_once[-1])
    for chunk in at_once:
        services.queue.send(job_id, chunk)
    return len(chunks)


def _existing(services: WorkServices, job_id: JobId) -> tuple[Job, OutcomeCounts]:
    read = services.jobs.read(job_id)
    if read is None:
        raise RecordRejected(user_message="This job does not exist; open the list of jobs again.", code="job_not_found")
    return read
