"""Entries of the audit log that belong to a job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dataverse.psasync.records import Job, LogEntry, SourceId


@dataclass(frozen=True, slots=True)
class JobLog:
    """What all entries of one run have in common; `when` is Dataverse's time."""

    job: Job
    when: datetime

    def entry(
        self,
        what: str,
        source_id: SourceId,
        *,
        psa_id: int | None,
        after: Mapping[str, object],
        before: Mapping[str, object] | None = None,
        vendor_status: int | None = None,
        request_ids: str | None = None,
    ) -> LogEntry:
        """Return an entry about one row of Work 365."""
        return LogEntry(
            job_id=self.job.id,
            connector_id=self.job.connector_id,
            when=self.when,
            who=self.job.requested_by,
            what=what,
            source_id=source_id,
            psa_id=psa_id,
            before=None if before is None else _text(before),
            after=_text(after),
            vendor_status=vendor_status,
            request_ids=request_ids,
            correlation_id=self.job.correlation_id,
        )


def _text(members: Mapping[str, object]) -> str:
    return json.dumps(members, ensure_ascii=False, sort_keys=True)
