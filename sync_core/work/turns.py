"""Whose turn it is: few chunks of a job stand in the queue at a time, so that no job stands before all others.

The window of a job is as wide as `WorkTiming.chunks_queued`. `Job.queued_chunk` is the last chunk that was sent: after
every run of a chunk the next open chunks behind it are sent as far as they lie beyond that mark. Whoever moves the mark
sends them, and nobody else, so the window neither breaks nor grows when messages come twice (decision 18).
"""

from collections.abc import Sequence

from dataverse.errors import DataverseError, VersionMismatch
from dataverse.psasync.records import JobId
from sync_core.work.job_state import write_state
from sync_core.work.services import WorkServices

_ATTEMPTS = 10
"""Each that fails means that another run wrote to the job in between, so that this one ends."""


def first_in_line(services: WorkServices, chunks: Sequence[int]) -> Sequence[int]:
    """Return those of the chunks, in ascending order, that may stand in the queue at once."""
    return sorted(chunks)[: services.timing.chunks_queued]


def let_next_in(services: WorkServices, job_id: JobId, *, behind: int, redelivered: bool = False) -> None:
    """Send what the window has room for now that the chunk `behind` has run, and write the state of the job.

    `redelivered`: an earlier run of the same message may have died after it moved the mark and before it sent, so the
    window is sent again. Pending items decide what is open: a job that was stopped, and chunks without failed items in
    a retry, need no case of their own.
    """
    due: Sequence[int] = []
    for _ in range(_ATTEMPTS):
        progress = services.jobs.read_progress(job_id, behind=behind)
        if progress is None:
            return
        mark = progress.job.queued_chunk
        window = first_in_line(services, progress.open_behind)
        # a job without a mark was put into the queue as a whole
        due = [] if mark is None else [chunk for chunk in window if redelivered or chunk > mark]
        moved = due[-1] if mark is not None and due and due[-1] > mark else None
        try:
            write_state(services, progress.job, progress.counts, queued_chunk=moved)
        except VersionMismatch:
            continue
        except DataverseError:
            # It may have been written: then nobody else sends them, and twice does no harm.
            _send(services, job_id, due)
            raise
        break
    _send(services, job_id, due)


def _send(services: WorkServices, job_id: JobId, chunks: Sequence[int]) -> None:
    for chunk in chunks:
        services.queue.send(job_id, chunk)
