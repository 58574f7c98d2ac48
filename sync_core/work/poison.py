"""What happens to a chunk whose message ended in the poison queue: a bug, or hosts that died again and again."""

from dataverse.psasync.records import JobId
from sync_core.work.services import WorkServices
from sync_core.work.turns import let_next_in


def give_up_chunk(services: WorkServices, job_id: JobId, chunk: int, *, reference: str) -> int:
    """Settle the pending items of the chunk as failed with a reference for support; return how many.

    Items whose outcome is unknown, and lines that a claim still holds, are left to the timer: an addition may exist.
    The chunk's place in the window goes to the next one.
    """
    message = (
        f"This record could not be written because of an internal error; save it again, and if it fails again tell "
        f"support the reference {reference}."
    )
    failed = services.jobs.fail_open_items(job_id, code="internal_error", message=message, chunk=chunk)
    let_next_in(services, job_id, behind=chunk, redelivered=True)
    return failed
