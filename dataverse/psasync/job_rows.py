"""`psasync_job` and `psasync_jobitem` as rows of the Web API: columns, and records from and to rows."""

from collections.abc import Iterable
from typing import Any

from dataverse import values
from dataverse.odata import guid_literal
from dataverse.psasync.records import (
    ConnectorId,
    EntraObjectId,
    ItemOutcome,
    Job,
    JobDirection,
    JobId,
    JobItem,
    JobItemChange,
    JobItemId,
    JobKind,
    JobState,
    NewJob,
    NewJobItem,
    OutcomeCounts,
    SourceId,
)
from dataverse.values import Row

JOBS = "psasync_jobs"
ITEMS = "psasync_jobitems"

LONGEST_NAME = 200
LONGEST_CODE = 100
LONGEST_MESSAGE = 4_000

JOB_COLUMNS = (
    "psasync_jobid",
    "_psasync_connectorid_value",
    "psasync_direction",
    "psasync_kind",
    "psasync_state",
    "psasync_requestedby",
    "psasync_requestkey",
    "psasync_requesthash",
    "psasync_correlationid",
    "psasync_message",
    "psasync_total",
    "createdon",
    "psasync_startedon",
    "psasync_endedon",
    "psasync_requeuedon",
    "psasync_queuedchunk",
)

_COUNTED = {
    "psasync_created": ItemOutcome.CREATED,
    "psasync_updated": ItemOutcome.UPDATED,
    "psasync_unchanged": ItemOutcome.UNCHANGED,
    "psasync_skipped": ItemOutcome.SKIPPED,
    "psasync_failed": ItemOutcome.FAILED,
    "psasync_unknown": ItemOutcome.UNKNOWN,
}
COUNT_COLUMNS = tuple(_COUNTED)

ITEM_COLUMNS = (
    "psasync_jobitemid",
    "_psasync_jobid_value",
    "psasync_position",
    "psasync_chunk",
    "psasync_sourceid",
    "psasync_psaid",
    "psasync_psaparentid",
    "psasync_outcome",
    "psasync_action",
    "psasync_code",
    "psasync_message",
    "psasync_previewedamount",
    "psasync_invoiceid",
    "psasync_previewed",
    "psasync_prerequisite",
)


def job_from(row: Row) -> Job:
    """Return the record of a row that holds `JOB_COLUMNS`."""
    return Job(
        id=JobId(values.required(values.guid(row, "psasync_jobid"), "psasync_jobid")),
        etag=values.etag(row),
        connector_id=ConnectorId(values.guid(row, "_psasync_connectorid_value") or ""),
        direction=JobDirection(values.required(values.whole(row, "psasync_direction"), "psasync_direction")),
        kind=JobKind(values.required(values.whole(row, "psasync_kind"), "psasync_kind")),
        state=JobState(values.required(values.whole(row, "psasync_state"), "psasync_state")),
        requested_by=EntraObjectId(values.text(row, "psasync_requestedby") or ""),
        request_key=values.text(row, "psasync_requestkey") or "",
        request_hash=values.text(row, "psasync_requesthash") or "",
        correlation_id=values.text(row, "psasync_correlationid") or "",
        message=values.text(row, "psasync_message"),
        total=values.whole(row, "psasync_total") or 0,
        created_on=values.required(values.moment(row, "createdon"), "createdon"),
        started_on=values.moment(row, "psasync_startedon"),
        ended_on=values.moment(row, "psasync_endedon"),
        requeued_on=values.moment(row, "psasync_requeuedon"),
        queued_chunk=values.whole(row, "psasync_queuedchunk"),
    )


def new_job_body(job: NewJob) -> dict[str, Any]:
    """Return the body that creates the job under its own id."""
    return {
        "psasync_jobid": guid_literal(job.id),
        "psasync_name": values.fitted(job.name, LONGEST_NAME),
        "psasync_connectorid@odata.bind": f"/psasync_connectors({guid_literal(job.connector_id)})",
        "psasync_direction": int(job.direction),
        "psasync_kind": int(job.kind),
        "psasync_state": int(job.state),
        "psasync_requestedby": job.requested_by,
        "psasync_requestkey": job.request_key,
        "psasync_requesthash": job.request_hash,
        "psasync_correlationid": job.correlation_id,
        "psasync_total": job.total,
    }


def counts_body(counts: OutcomeCounts) -> dict[str, Any]:
    """Return the count columns; done are the items that are settled, so neither pending nor unknown."""
    columns = {name: counts.of(outcome) for name, outcome in _COUNTED.items()}
    return {"psasync_done": counts.total - counts.open, **columns}


def outcome_counts_from(groups: Iterable[Row]) -> OutcomeCounts:
    """Return the counts of items that Dataverse grouped by outcome as `items`."""
    return OutcomeCounts(
        {
            ItemOutcome(values.required(values.whole(group, "psasync_outcome"), "psasync_outcome")): values.required(
                values.whole(group, "items"), "items"
            )
            for group in groups
        }
    )


def counts_from(row: Row) -> OutcomeCounts:
    """Return the counts as they were last written; what is not counted is pending."""
    counted = {outcome: values.whole(row, name) or 0 for name, outcome in _COUNTED.items()}
    pending = max(0, (values.whole(row, "psasync_total") or 0) - sum(counted.values()))
    return OutcomeCounts({**counted, ItemOutcome.PENDING: pending})


def item_from(row: Row) -> JobItem:
    """Return the record of a row that holds `ITEM_COLUMNS`."""
    source_id = values.guid(row, "psasync_sourceid")
    return JobItem(
        id=JobItemId(values.required(values.guid(row, "psasync_jobitemid"), "psasync_jobitemid")),
        job_id=JobId(values.required(values.guid(row, "_psasync_jobid_value"), "_psasync_jobid_value")),
        position=values.required(values.whole(row, "psasync_position"), "psasync_position"),
        chunk=values.whole(row, "psasync_chunk") or 0,
        source_id=None if source_id is None else SourceId(source_id),
        psa_id=values.whole(row, "psasync_psaid"),
        psa_parent_id=values.whole(row, "psasync_psaparentid"),
        outcome=ItemOutcome(values.required(values.whole(row, "psasync_outcome"), "psasync_outcome")),
        action=values.text(row, "psasync_action") or "",
        code=values.text(row, "psasync_code"),
        message=values.text(row, "psasync_message") or "",
        previewed_amount=values.exact(row, "psasync_previewedamount"),
        invoice_id=values.guid(row, "psasync_invoiceid"),
        previewed=values.text(row, "psasync_previewed"),
        prerequisite=values.text(row, "psasync_prerequisite"),
    )


def new_item_target(job_id: JobId, item: NewJobItem) -> dict[str, Any]:
    """Return the item as one target of CreateMultiple."""
    name = item.source_id or (f"PSA {item.psa_id}" if item.psa_id is not None else f"#{item.position}")
    target = {
        "@odata.type": "Microsoft.Dynamics.CRM.psasync_jobitem",
        "psasync_jobid@odata.bind": f"/{JOBS}({guid_literal(job_id)})",
        "psasync_name": name,
        "psasync_position": item.position,
        "psasync_chunk": item.chunk,
        "psasync_sourceid": item.source_id,
        "psasync_psaid": item.psa_id,
        "psasync_outcome": int(item.outcome),
        "psasync_action": item.action,
        "psasync_code": values.fitted(item.code, LONGEST_CODE),
        "psasync_message": values.fitted(item.message, LONGEST_MESSAGE),
        "psasync_previewedamount": values.stored_decimal(item.previewed_amount),
        "psasync_invoiceid": item.invoice_id,
        "psasync_previewed": item.previewed,
    }
    return {name: value for name, value in target.items() if value is not None}


def item_change_body(change: JobItemChange) -> dict[str, Any]:
    """Return the columns that a settled (or unknown) item gets."""
    body: dict[str, Any] = {
        "psasync_outcome": int(change.outcome),
        "psasync_code": values.fitted(change.code, LONGEST_CODE),
        "psasync_message": values.fitted(change.message, LONGEST_MESSAGE),
        "psasync_psaid": change.psa_id,
        "psasync_psaparentid": change.psa_parent_id,
        "psasync_prerequisite": change.prerequisite,
    }
    return body if change.source_id is None else {**body, "psasync_sourceid": change.source_id}
