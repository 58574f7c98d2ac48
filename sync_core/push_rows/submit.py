"""Accept a Save of products, accounts or billing contracts: write the job and its items, then run or queue them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataverse.psasync.records import ConnectorId, EntraObjectId, JobDirection, JobId, JobKind, NewJobItem
from sync_core.push_rows.chunk import push_rows_runner
from sync_core.push_rows.services import CHUNK_ROWS, PushRowsServices
from sync_core.push_rows.wishes import KINDS, RowKindName, RowWish
from sync_core.work.start import JobRequest, start_job

_PLURALS: Mapping[RowKindName, str] = {
    "product": "product(s)",
    "account": "account(s)",
    "billing_contract": "billing contract(s)",
}


@dataclass(frozen=True, slots=True)
class RowsRequest:
    """What a person asks for: one wish a row."""

    connector_id: ConnectorId
    kind: RowKindName
    wishes: Sequence[RowWish]
    idempotency_key: str
    requested_by: EntraObjectId


def submit_rows(services: PushRowsServices, request: RowsRequest) -> JobId:
    """Create the job of a request and start it; the same idempotency key returns the same job.

    At most `inline_limit` rows run before this returns, more are queued. Raises RecordRejected when the connector does
    not exist or the key was used for another request; errors of the Dataverse client pass through.
    """
    services.existing_connector(request.connector_id)
    return start_job(
        services,
        _job_request(request),
        [_item(position, wish) for position, wish in enumerate(request.wishes)],
        runner=push_rows_runner(services),
        inline_limit=services.timing.inline_limit,
    )


def _item(position: int, wish: RowWish) -> NewJobItem:
    return NewJobItem(
        position=position,
        chunk=position // CHUNK_ROWS,
        source_id=wish.source_id,
        action=wish.stored_action,
        psa_id=wish.psa_id,
        previewed=wish.previewed,
    )


def _job_request(request: RowsRequest) -> JobRequest:
    return JobRequest(
        name=f"Push {len(request.wishes)} {_PLURALS[request.kind]}",
        connector_id=request.connector_id,
        direction=JobDirection.PUSH,
        kind=JobKind[KINDS[request.kind].name],
        requested_by=request.requested_by,
        idempotency_key=request.idempotency_key,
        body={
            "connector_id": request.connector_id,
            "kind": request.kind,
            "items": [_body_of(wish) for wish in request.wishes],
        },
    )


def _body_of(wish: RowWish) -> list[Any]:
    return [wish.source_id, wish.stored_action, wish.psa_id, wish.previewed]
