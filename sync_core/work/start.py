"""Start a job: write it with its items once, then run it now or queue its chunks."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dataverse.psasync.records import (
    ConnectorId,
    EntraObjectId,
    Job,
    JobDirection,
    JobId,
    JobKind,
    JobState,
    NewJob,
    NewJobItem,
)
from sync_core.errors import RecordRejected, TransientFault
from sync_core.jobs import request_hash, request_key
from sync_core.work.chunk import ChunkRunner, work_chunk
from sync_core.work.services import WorkServices
from sync_core.work.turns import first_in_line

RETRY_WHEN_TOO_MANY = 60.0
"""Seconds; a chunk takes less."""

INTERRUPTED = "interrupted"
INTERRUPTED_MESSAGE = "The request was interrupted before it was queued and nothing was done; save again."


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a person asked for; `body` is all that the job depends on, so that a reused key is noticed."""

    name: str
    connector_id: ConnectorId
    direction: JobDirection
    kind: JobKind
    requested_by: EntraObjectId
    idempotency_key: str
    body: Mapping[str, Any]


def start_job(
    services: WorkServices,
    request: JobRequest,
    items: Sequence[NewJobItem],
    *,
    runner: ChunkRunner,
    inline_limit: int,
) -> JobId:
    """Create the job of a request and start it; the same idempotency key returns the same job.

    At most `inline_limit` items run before this returns, more are queued, a window of chunks at a time. Raises
    RecordRejected when the key was used for another request, TransientFault when a job for the queue is one too many;
    errors of the Dataverse client pass through.
    """
    if len(items) > inline_limit:
        _check_share(services, request)
    job, is_new = services.jobs.create(_new_job(request, total=len(items)))
    if not is_new:
        if job.request_hash != request_hash(request.body):
            raise RecordRejected(
                user_message="This idempotency key was used for another selection; save again with a new key.",
                code="idempotency_key_reused",
            )
        if not _is_interrupted(services, job):
            return job.id
        services.jobs.remove_items(job.id)
    services.jobs.add_items(job.id, items)
    chunks = sorted({item.chunk for item in items})
    in_this_request = len(items) <= inline_limit
    at_once = chunks if in_this_request else first_in_line(services, chunks)
    # Queued before it is sent: a message that is lost here is found by the timer, an unprepared job would not be.
    mark = at_once[-1] if at_once else None
    services.jobs.update(job.id, state=JobState.QUEUED, total=len(items), queued_chunk=mark)
    for chunk in at_once:
        if in_this_request:
            work_chunk(services, job.id, chunk, runner_of=lambda _: runner)
        else:
            services.queue.send(job.id, chunk)
    return job.id


def _check_share(services: WorkServices, request: JobRequest) -> None:
    """Keep one person from filling the queue that everybody shares; a request that is sent again is not one more.

    Two requests at the same moment can both pass: the limit is a fair share, not a lock.
    """
    unfinished = services.jobs.unfinished_of(request.requested_by)
    key = request_key(request.requested_by, request.idempotency_key)
    if len(unfinished) < services.timing.jobs_per_person or any(job.request_key == key for job in unfinished):
        return
    raise TransientFault(
        user_message=f"You have {len(unfinished)} jobs that are not finished; wait until one has ended and save again.",
        code="too_many_jobs",
        retry_after=RETRY_WHEN_TOO_MANY,
    )


def _new_job(request: JobRequest, *, total: int) -> NewJob:
    return NewJob(
        id=JobId(str(uuid.uuid4())),
        name=request.name,
        connector_id=request.connector_id,
        direction=request.direction,
        kind=request.kind,
        state=JobState.PREPARING,
        requested_by=request.requested_by,
        request_key=request_key(request.requested_by, request.idempotency_key),
        request_hash=request_hash(request.body),
        correlation_id=str(uuid.uuid4()),
        total=total,
    )


def _is_interrupted(services: WorkServices, job: Job) -> bool:
    """Whether the request that made the job died before it was queued, so that nothing of it was started.

    The lease is longer than any HTTP request lives (Azure Functions: 230 s), so nobody prepares such a job any more.
    """
    if job.state == JobState.FAILED:
        return job.message == INTERRUPTED_MESSAGE
    if job.state != JobState.PREPARING:
        return False
    age = services.jobs.server_time().at - job.created_on
    return age > timedelta(seconds=services.timing.lease)
