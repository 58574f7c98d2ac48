"""Accept an import: write the job and its items, then run them now or queue them."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectwise.directory.records import ListKind
from dataverse.psasync.records import ConnectorId, EntraObjectId, JobDirection, JobId, JobKind, NewJobItem, SourceId
from dataverse.work365.imports.records import RowId
from sync_core.pull.chunk import CUSTOMER_FIRST, RECORD_ALONE, pull_runner
from sync_core.pull.services import CHUNK_RECORDS, PullServices
from sync_core.work.start import JobRequest, start_job

JOB_KINDS = {ListKind.COMPANY: JobKind.COMPANY, ListKind.AGREEMENT: JobKind.AGREEMENT}


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a person asks for: ConnectWise ids, and for some the Work 365 row that they are to be joined to.

    `import_customers` imports the customers of agreements first where they are not mapped.
    """

    connector_id: ConnectorId
    kind: ListKind
    wishes: Mapping[int, RowId | None]
    idempotency_key: str
    requested_by: EntraObjectId
    import_customers: bool = False


def submit_pull(services: PullServices, request: PullRequest) -> JobId:
    """Create the job of a request and start it; the same idempotency key returns the same job.

    At most `inline_limit` records run before this returns, more are queued. Raises RecordRejected when the connector
    does not exist or the key was used for another request; errors of the Dataverse client pass through.
    """
    services.existing_connector(request.connector_id)
    return start_job(
        services,
        _job_request(request),
        _items(request),
        runner=pull_runner(services),
        inline_limit=inline_limit(services, request.kind),
    )


def inline_limit(services: PullServices, kind: ListKind) -> int:
    """Return how many records run inside the request."""
    return services.companies_inline if kind is ListKind.COMPANY else services.timing.inline_limit


def _items(request: PullRequest) -> list[NewJobItem]:
    action = CUSTOMER_FIRST if request.import_customers else RECORD_ALONE
    return [
        NewJobItem(
            position=position,
            chunk=position // CHUNK_RECORDS,
            source_id=None if link_to is None else SourceId(link_to),
            action=action,
            psa_id=psa_id,
        )
        for position, (psa_id, link_to) in enumerate(request.wishes.items())
    ]


def _job_request(request: PullRequest) -> JobRequest:
    plural = "companies" if request.kind is ListKind.COMPANY else "agreements"
    return JobRequest(
        name=f"Import of {len(request.wishes)} {plural}",
        connector_id=request.connector_id,
        direction=JobDirection.PULL,
        kind=JOB_KINDS[request.kind],
        requested_by=request.requested_by,
        idempotency_key=request.idempotency_key,
        body={
            "connector_id": request.connector_id,
            "kind": request.kind.value,
            "items": {str(psa_id): link_to for psa_id, link_to in request.wishes.items()},
            "import_customers": request.import_customers,
        },
    )
