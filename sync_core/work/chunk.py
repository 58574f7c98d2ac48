"""One chunk of a job: what is the same whatever the work is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectwise.errors import ConnectWiseError
from dataverse.errors import DataverseError
from dataverse.psasync.records import ItemOutcome, Job, JobId, JobItem, JobState
from sync_core.classify import classify
from sync_core.errors import ConfigurationFault, SyncError, TransientFault
from sync_core.work.job_state import stop_job
from sync_core.work.services import WorkServices
from sync_core.work.turns import let_next_in

CANCELLED = "cancelled"
CANCELLED_MESSAGE = "Skipped because the job was cancelled before this record's turn; start a new one to do it."

OPEN_OUTCOMES = frozenset({ItemOutcome.PENDING, ItemOutcome.UNKNOWN})


class UnknownChunk(LookupError):
    """The message names a job or a chunk that does not exist: it is not ours, or the job was deleted."""


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """What a run left behind: `open_items` are pending or unknown; `run_again_in` seconds, None when nothing waits."""

    open_items: int
    run_again_in: float | None


ChunkRunner = Callable[[Job, Sequence[JobItem]], ChunkReport]
"""Works on the open items of one chunk of a job and settles them."""


def work_chunk(
    services: WorkServices,
    job_id: JobId,
    chunk: int,
    *,
    runner_of: Callable[[Job], ChunkRunner],
    redelivered: bool = False,
) -> ChunkReport:
    """Work on what is open in one chunk, let the next chunk into the queue, and come back later if something waits.

    `redelivered`: the same message came before. Raises UnknownChunk for a message that is not ours. A configuration
    fault stops the whole job; a transient fault leaves the items as they are, and the chunk keeps its place. Anything
    else is a bug and propagates.
    """
    try:
        found = services.jobs.items_of_chunk(job_id, chunk)
        if found is None or not found[1]:
            raise UnknownChunk(f"no chunk {chunk} of job {job_id}")
        job, items = found
        if job.state in {JobState.FAILED, JobState.CANCELLED}:
            _close_pending(services, job, chunk, items)
        to_do = [item for item in items if _is_to_do(job, item)]
        report = runner_of(job)(job, to_do) if to_do else ChunkReport(0, None)
        let_next_in(services, job_id, behind=chunk, redelivered=redelivered)
    except (ConnectWiseError, DataverseError) as error:
        # Outside of posting every write can be repeated, so even a lost answer is only a reason to come back later.
        return _after_fault(services, job_id, chunk, classify(error, writing=False))
    except (ConfigurationFault, TransientFault) as fault:
        return _after_fault(services, job_id, chunk, fault)
    if report.run_again_in is not None:
        services.queue.send(job_id, chunk, delay=report.run_again_in)
    return report


def _close_pending(services: WorkServices, job: Job, chunk: int, items: Sequence[JobItem]) -> None:
    """Settle what a stopped job still shows as pending: another worker may have written it after the stop."""
    if not any(item.outcome is ItemOutcome.PENDING for item in items):
        return
    if job.state == JobState.CANCELLED:
        services.jobs.skip_open_items(job.id, code=CANCELLED, message=CANCELLED_MESSAGE, chunk=chunk)
    else:
        message = job.message or "This job was stopped; save again."
        services.jobs.fail_open_items(job.id, code="job_stopped", message=message, chunk=chunk)


def _is_to_do(job: Job, item: JobItem) -> bool:
    """A stopped job sends nothing more, but what it left unknown is still followed."""
    if job.state in {JobState.CANCELLED, JobState.FAILED}:
        return item.outcome is ItemOutcome.UNKNOWN
    return item.outcome in OPEN_OUTCOMES


def _after_fault(services: WorkServices, job_id: JobId, chunk: int, fault: SyncError) -> ChunkReport:
    if isinstance(fault, ConfigurationFault):
        stop_job(services, job_id, fault)
        return ChunkReport(0, None)
    retry_after = fault.retry_after if isinstance(fault, TransientFault) else None
    delay = max(retry_after or 0.0, services.timing.retry_delay)
    services.queue.send(job_id, chunk, delay=delay)
    return ChunkReport(open_items=0, run_again_in=delay)
