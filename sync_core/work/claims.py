"""What an integration record says about work that was begun on it; the same for lines and for rows."""

from dataverse.psasync.records import JobId, Mapping, MappingStatus

IN_DOUBT = frozenset({MappingStatus.SYNCING, MappingStatus.UNKNOWN})
"""With this status a POST may have been sent: what it made is looked for before anything else is decided."""


def is_in_doubt(mapping: Mapping | None) -> bool:
    """Tell whether a POST may have been sent for this record."""
    return mapping is not None and mapping.status in IN_DOUBT


def claimed_by_job(mapping: Mapping, job_id: JobId) -> bool:
    """Whether the record was last claimed by this job; a claim reads `<job>/<run>` and stays after it is settled."""
    return mapping.claimed_by is not None and mapping.claimed_by.startswith(f"{job_id}/")
