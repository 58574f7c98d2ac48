"""Jobs and their items as the HTTP API shows them; ids of Work 365 are GUID strings."""

from datetime import UTC, datetime
from typing import Any

from dataverse.psasync.records import ItemOutcome, Job, JobItem, JobState, OutcomeCounts
from sync_core.jobs import state_from_counts
from sync_core.prerequisites import Prerequisite, prerequisite_from


def moment_text(moment: datetime) -> str:
    """Return a time in UTC as the API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def job_json(job: Job, counts: OutcomeCounts) -> dict[str, Any]:
    """Return a job as the API shows it; state and counts are those of its items now."""
    state = state_from_counts(counts, job.state)
    total = max(job.total, counts.total)
    return {
        "job_id": job.id,
        # Until all items are written the job waits, as far as a caller is concerned.
        "state": ("queued" if state is JobState.PREPARING else state.name.lower()),
        "message": job.message,
        "counts": {
            "total": total,
            "done": counts.total - counts.open,
            **{
                outcome.name.lower(): counts.of(outcome)
                for outcome in (
                    ItemOutcome.CREATED,
                    ItemOutcome.UPDATED,
                    ItemOutcome.UNCHANGED,
                    ItemOutcome.SKIPPED,
                    ItemOutcome.FAILED,
                    ItemOutcome.UNKNOWN,
                )
            },
        },
    }


def item_json(item: JobItem) -> dict[str, Any]:
    """Return an item as the API shows it."""
    return {
        "id": item.source_id,
        "psa_id": item.psa_id,
        "outcome": item.outcome.name.lower(),
        "code": item.code,
        "message": item.message,
        "invoice_id": item.invoice_id,
        "prerequisite": prerequisite_json(prerequisite_from(item.prerequisite)),
    }


def prerequisite_json(prerequisite: Prerequisite | None) -> dict[str, Any] | None:
    """Return the step that must come first as the API shows it: `id` is the Work 365 row to jump to."""
    if prerequisite is None:
        return None
    return {"step": prerequisite.step, "id": prerequisite.source_id, "name": prerequisite.name}
