"""Which chunks of jobs hold open items: groups that Dataverse counts, so at most 50,000 items (aggregate data)."""

from collections.abc import Sequence
from datetime import datetime

from dataverse import values
from dataverse.odata import Query, guid_literal, time_literal
from dataverse.psasync.job_rows import ITEMS
from dataverse.psasync.records import ItemOutcome, JobId, JobState, OpenChunk
from dataverse.values import Row


def stale_chunks_query(*, unknown_since: datetime, pending_since: datetime) -> Query:
    """Ask for chunks with an unknown item last changed at or before `unknown_since`, or a pending one at or before
    `pending_since`, unless its job was sent again after that.

    Jobs in preparation do not count, and of cancelled ones only the unknown items.
    """
    state, requeued = "psasync_jobid/psasync_state", "psasync_jobid/psasync_requeuedon"
    unknown = f"psasync_outcome eq {int(ItemOutcome.UNKNOWN)} and modifiedon le {time_literal(unknown_since)}"
    pending = (
        f"psasync_outcome eq {int(ItemOutcome.PENDING)} and modifiedon le {time_literal(pending_since)}"
        f" and {state} ne {int(JobState.CANCELLED)}"
        f" and ({requeued} eq null or {requeued} le {time_literal(pending_since)})"
    )
    return Query(
        ITEMS,
        apply=f"filter({state} ne {int(JobState.PREPARING)} and (({unknown}) or ({pending})))"
        "/groupby((_psasync_jobid_value,psasync_chunk,psasync_outcome),aggregate(modifiedon with min as oldest))",
    )


def open_chunk_from(group: Row) -> OpenChunk:
    """Return the record of one group of `stale_chunks_query`."""
    return OpenChunk(
        job_id=JobId(values.required(values.guid(group, "_psasync_jobid_value"), "_psasync_jobid_value")),
        chunk=values.whole(group, "psasync_chunk") or 0,
        outcome=ItemOutcome(values.required(values.whole(group, "psasync_outcome"), "psasync_outcome")),
        oldest_change=values.required(values.moment(group, "oldest"), "oldest"),
    )


def chunks_behind_query(job_id: JobId, chunk: int) -> Query:
    """Ask for the chunks of a job behind this one that hold pending items."""
    return Query(
        ITEMS,
        apply=f"filter(_psasync_jobid_value eq {guid_literal(job_id)} and psasync_chunk gt {int(chunk)}"
        f" and psasync_outcome eq {int(ItemOutcome.PENDING)})/groupby((psasync_chunk))",
    )


def chunks_from(groups: Sequence[Row]) -> list[int]:
    """Return the chunk numbers of groups, in ascending order."""
    return sorted(values.required(values.whole(group, "psasync_chunk"), "psasync_chunk") for group in groups)
