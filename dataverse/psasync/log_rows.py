"""`psasync_logentry` as rows of the Web API."""

import uuid
from collections.abc import Sequence
from typing import Any

from dataverse import values
from dataverse.batch import Operation
from dataverse.odata import guid_literal
from dataverse.psasync.records import ConnectorId, EntraObjectId, JobId, LogEntry, SourceId
from dataverse.values import Row

ENTRIES = "psasync_logentries"
ENTRIES_PER_REQUEST = 1_000

COLUMNS = (
    "_psasync_connectorid_value",
    "_psasync_jobid_value",
    "psasync_when",
    "psasync_who",
    "psasync_what",
    "psasync_sourceid",
    "psasync_psaid",
    "psasync_before",
    "psasync_after",
    "psasync_vendorstatus",
    "psasync_requestids",
    "psasync_correlationid",
)


def log_operation(entries: Sequence[LogEntry]) -> Operation:
    """Return the request that appends the entries, all or none.

    The rows get their primary keys here: executed twice, the second time is refused as a duplicate, and because
    CreateMultiple is one transaction, a duplicate means that all of them are there.
    """
    return Operation(
        "POST",
        f"{ENTRIES}/Microsoft.Dynamics.CRM.CreateMultiple",
        {"Targets": [_target(entry) for entry in entries]},
    )


def entry_from(row: Row) -> LogEntry:
    """Return the entry that a row holds."""
    job_id, source_id = values.guid(row, "_psasync_jobid_value"), values.guid(row, "psasync_sourceid")
    return LogEntry(
        job_id=None if job_id is None else JobId(job_id),
        connector_id=ConnectorId(values.guid(row, "_psasync_connectorid_value") or ""),
        when=values.required(values.moment(row, "psasync_when"), "psasync_when"),
        who=EntraObjectId(values.text(row, "psasync_who") or ""),
        what=values.text(row, "psasync_what") or "",
        source_id=None if source_id is None else SourceId(source_id),
        psa_id=values.whole(row, "psasync_psaid"),
        before=values.text(row, "psasync_before"),
        after=values.text(row, "psasync_after"),
        vendor_status=values.whole(row, "psasync_vendorstatus"),
        request_ids=values.text(row, "psasync_requestids"),
        correlation_id=values.text(row, "psasync_correlationid") or "",
    )


def _target(entry: LogEntry) -> dict[str, Any]:
    target = {
        "@odata.type": "Microsoft.Dynamics.CRM.psasync_logentry",
        "psasync_logentryid": str(uuid.uuid4()),
        "psasync_name": values.fitted(entry.what, 200),
        "psasync_connectorid@odata.bind": f"/psasync_connectors({guid_literal(entry.connector_id)})",
        "psasync_when": values.stored_time(entry.when),
        "psasync_who": values.fitted(entry.who, 100),
        "psasync_what": values.fitted(entry.what, 200),
        "psasync_sourceid": entry.source_id,
        "psasync_psaid": entry.psa_id,
        "psasync_before": values.fitted(entry.before, 100_000),
        "psasync_after": values.fitted(entry.after, 100_000),
        "psasync_vendorstatus": entry.vendor_status,
        "psasync_requestids": values.fitted(entry.request_ids, 400),
        "psasync_correlationid": values.fitted(entry.correlation_id, 36),
    }
    if entry.job_id is not None:
        target["psasync_jobid@odata.bind"] = f"/psasync_jobs({guid_literal(entry.job_id)})"
    return {name: value for name, value in target.items() if value is not None}
