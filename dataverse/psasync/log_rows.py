"""`psasync_logentry` as rows of the Web API."""

import uuid
from collections.abc import Sequence
from typing import Any

from dataverse import values
from dataverse.batch import Operation
from dataverse.odata import guid_literal
from dataverse.psasync.records import LogEntry

ENTRIES_PER_REQUEST = 1_000


def log_operation(entries: Sequence[LogEntry]) -> Operation:
    """Return the request that appends the entries, all or none.

    The rows get their primary keys here: executed twice, the second time is refused as a duplicate, and because
    CreateMultiple is one transaction, a duplicate means that all of them are there.
    """
    return Operation(
        "POST",
        "psasync_logentries/Microsoft.Dynamics.CRM.CreateMultiple",
        {"Targets": [_target(entry) for entry in entries]},
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
