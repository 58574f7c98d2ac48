"""Records for tests of the repositories."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from dataverse.psasync.records import (
    ConnectorId,
    EntraObjectId,
    JobDirection,
    JobId,
    JobKind,
    JobState,
    LogEntry,
    Mapping,
    MappingChange,
    MappingStatus,
    NewJob,
    SourceId,
)
from dataverse.work365.records import InvoiceLineId

CONNECTOR = ConnectorId("88888888-8888-4888-8888-000000000001")
CLERK = EntraObjectId("33333333-3333-4333-8333-000000000002")
JOB = JobId("99999999-9999-4999-8999-000000000001")
NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)


def line_id(number: int) -> InvoiceLineId:
    return InvoiceLineId(str(uuid.UUID(int=number, version=4)))


@dataclass(frozen=True, slots=True)
class Claim:
    line_id: InvoiceLineId
    agreement_id: int | None
    existing: Mapping | None
    claimed_by: str
    claimed_until: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    held: Mapping
    change: MappingChange


def claim_of(number: int, existing: Mapping | None = None, *, by: str = "run-1") -> Claim:
    return Claim(line_id(number), 3, existing, by, NOW + timedelta(minutes=10, microseconds=5))


SYNCED = MappingChange(
    status=MappingStatus.SYNCED,
    status_message="Addition 7 in agreement 3.\nPushed as 2 x 1.50.",
    psa_id=7,
    psa_name="Microsoft 365 E3",
    psa_parent_id=3,
    psa_link="https://na.myconnectwise.net/v4_6_release/services?id=3",
    last_synced_on=NOW + timedelta(microseconds=9),
    pushed_amount=Decimal("3.00"),
    pushed_quantity=Decimal(2),
    pushed_hash="f" * 64,
    claimed_by=None,
    claimed_until=None,
    attempts=1,
)


def settlement_of(held: Mapping, **changes: object) -> Settlement:
    return Settlement(held, replace(SYNCED, attempts=held.attempts, **changes))  # type: ignore[arg-type]


def log_entry(**changes: object) -> LogEntry:
    entry = LogEntry(
        job_id=JOB,
        connector_id=CONNECTOR,
        when=NOW,
        who=CLERK,
        what="create addition",
        source_id=SourceId(line_id(1)),
        psa_id=7,
        before=None,
        after='{"quantity":"2"}',
        vendor_status=201,
        request_ids="r-1",
        correlation_id=str(uuid.UUID(int=9)),
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


def new_job(number: int = 1, **changes: object) -> NewJob:
    job = NewJob(
        id=JobId(str(uuid.UUID(int=number, version=4))),
        name="Push of 3 lines",
        connector_id=CONNECTOR,
        direction=JobDirection.PUSH,
        kind=JobKind.INVOICE_LINE,
        state=JobState.PREPARING,
        requested_by=CLERK,
        request_key="k" * 64,
        request_hash="h" * 64,
        correlation_id=str(uuid.UUID(int=9)),
        total=3,
    )
    return replace(job, **changes)  # type: ignore[arg-type]
