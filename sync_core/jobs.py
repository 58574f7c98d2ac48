"""What a job's state is, and how its chunks are cut."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from connectwise.records import AgreementId
from dataverse.psasync.records import EntraObjectId, ItemOutcome, JobState, OutcomeCounts

_T = TypeVar("_T")

TERMINAL_STATES = frozenset({JobState.SUCCEEDED, JobState.PARTLY_FAILED, JobState.FAILED, JobState.CANCELLED})


def state_from_counts(counts: OutcomeCounts, stored: JobState) -> JobState:
    """Return the state that the items prove; the stored one only decides what items cannot show.

    Derived, never counted up: two workers that finish at once cannot leave a wrong number behind. A cancelled job stays
    cancelled, although its unknown items are still followed.
    """
    if stored in {JobState.CANCELLED, JobState.PREPARING} or not counts.total:
        return stored
    pending, failed = counts.of(ItemOutcome.PENDING), counts.of(ItemOutcome.FAILED)
    if counts.open:
        untouched = pending == counts.total and stored == JobState.QUEUED
        return JobState.QUEUED if untouched else JobState.RUNNING
    if failed and failed == counts.total:
        return JobState.FAILED
    return JobState.PARTLY_FAILED if failed else JobState.SUCCEEDED


def request_key(requested_by: EntraObjectId, idempotency_key: str) -> str:
    """Return the unique key of a request: nobody can reach the job of another person with a guessed key."""
    return hashlib.sha256(f"{requested_by}\n{idempotency_key}".encode()).hexdigest()


def request_hash(body: Mapping[str, Any]) -> str:
    """Return a digest of what was asked for, so that a key that is used for something else is noticed."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def chunks_by_agreement(
    entries: Iterable[tuple[_T, AgreementId | None]], *, chunk_lines: int
) -> Sequence[Sequence[_T]]:
    """Cut entries into chunks of about `chunk_lines`, the entries of one agreement together.

    One chunk reads an agreement's additions once, and no two chunks post to one agreement at the same time unless the
    agreement alone is larger than a chunk.
    """
    groups: dict[AgreementId | None, list[_T]] = {}
    for entry, agreement_id in entries:
        groups.setdefault(agreement_id, []).append(entry)
    chunks: list[list[_T]] = []
    for group in groups.values():
        if chunks and len(chunks[-1]) + len(group) <= chunk_lines:
            chunks[-1].extend(group)
            continue
        chunks.extend(group[start : start + chunk_lines] for start in range(0, len(group), chunk_lines))
    return chunks
