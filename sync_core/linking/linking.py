"""Map, map anew and unmap; what was is kept in the log.

Our record is written first and Work 365's own columns after it: a mapping whose columns could not be written says so,
and the same request again writes them.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dataverse.errors import DataverseError
from dataverse.psasync.linking.records import MappingSearch, MappingWish
from dataverse.psasync.records import (
    ConnectorId,
    EntraObjectId,
    LogEntry,
    MappingChange,
    MappingId,
    MappingKind,
    MappingStatus,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.linked.records import LinkedRow
from sync_core.classify import classify
from sync_core.connectors.stored import read_properties
from sync_core.errors import RecordRejected
from sync_core.linking.ports import LinkingServices
from sync_core.linking.rules import check_company, target_taken
from sync_core.linking.targets import NOUNS, Target, target_of


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """A person wants this Work 365 row joined to this record of ConnectWise."""

    connector_id: ConnectorId
    kind: MappingKind
    source_id: SourceId
    psa_id: int
    requested_by: EntraObjectId


@dataclass(frozen=True, slots=True)
class Linked:
    """The integration record as it is now; `mirror_problem` says why Work 365's own columns do not show it, if so."""

    mapping: PsaMapping
    mirror_problem: str | None


def link(services: LinkingServices, request: LinkRequest) -> Linked:
    """Map a row, or map it anew; the same twice changes nothing.

    Raises RecordRejected with the reason, and the errors of both clients.
    """
    connector = services.connector(request.connector_id)
    row = _readable_row(services, request)
    existing = _mapping_of(services, request.connector_id, request.kind, request.source_id)
    now = services.connectors.connectors.server_time().at
    _check_not_held(existing, now)
    target = target_of(request.kind, request.psa_id, services.targets_of(connector), services.companies_of(connector))
    _check_company(services, request, row, target)
    may_share = read_properties(connector.properties).properties.several_records_per_psa_record
    if not may_share:
        _check_not_taken(services, request)
    wish = MappingWish(request.connector_id, request.kind, request.source_id, _change(request, target, now), existing)
    if existing is not None and _is_as_wished(existing, wish.change):
        return Linked(existing, _mirrored(services, request.requested_by, row, target.psa_id, target.name))
    mapping = services.mappings.put(wish)
    if mapping is None:
        raise _changed_meanwhile()
    if not may_share:
        _give_way(services, request, mapping, existing)
    _log(services, "mapping.change" if existing else "mapping.create", existing, mapping, request.requested_by, now)
    return Linked(mapping, _mirrored(services, request.requested_by, row, target.psa_id, target.name))


def unlink(services: LinkingServices, mapping_id: MappingId, *, requested_by: EntraObjectId) -> str | None:
    """Remove a mapping; return why Work 365's own columns still show it, None when they do not.

    Raises RecordRejected when it does not exist, belongs to an invoice line or is being written to just now.
    """
    mapping = services.mappings.by_id(mapping_id)
    if mapping is None:
        raise RecordRejected(
            user_message="This mapping does not exist any more; load the list again.", code="mapping_not_found"
        )
    if mapping.kind is MappingKind.INVOICE_LINE:
        raise RecordRejected(
            user_message="The record of an invoice line is kept by the push; it cannot be removed by hand.",
            code="mapping_of_line",
        )
    now = services.connectors.connectors.server_time().at
    _check_not_held(mapping, now)
    if not services.mappings.remove(mapping):
        raise _changed_meanwhile()
    _log(services, "mapping.remove", mapping, None, requested_by, now)
    row = services.rows_as(requested_by).rows(mapping.kind, [mapping.source_id]).get(mapping.source_id)
    # Work 365 has one place for all connectors: what another one wrote there stays
    if row is None or row.psa_id != str(mapping.psa_id):
        return None
    return _mirrored(services, requested_by, row, None, None)


def _readable_row(services: LinkingServices, request: LinkRequest) -> LinkedRow:
    rows = services.rows_as(request.requested_by).rows(request.kind, [request.source_id])
    if request.source_id not in rows:
        raise RecordRejected(
            user_message=f"This {NOUNS[request.kind][0]} does not exist in Work 365, or you may not read it.",
            code="record_not_found",
        )
    return rows[request.source_id]


def _check_company(services: LinkingServices, request: LinkRequest, row: LinkedRow, target: Target) -> None:
    """An agreement must be one of the company of the contract's account (domain: E3)."""
    if request.kind is not MappingKind.BILLING_CONTRACT:
        return
    account = None
    if row.account_id is not None:
        account = _mapping_of(services, request.connector_id, MappingKind.ACCOUNT, SourceId(row.account_id))
    check_company(row.account_name, account, target)


def _check_not_held(mapping: PsaMapping | None, now: datetime) -> None:
    if mapping is None or mapping.claimed_until is None or mapping.claimed_until <= now:
        return
    raise RecordRejected(
        user_message="This record is being written to at the moment; try again in a minute.", code="mapping_in_use"
    )


def _check_not_taken(services: LinkingServices, request: LinkRequest) -> None:
    others = _others(services, request)
    if not others:
        return
    rows = services.rows_as(request.requested_by).rows(request.kind, [others[0].source_id])
    other = rows.get(others[0].source_id)
    raise target_taken(request.kind, None if other is None else other.name)


def _give_way(
    services: LinkingServices, request: LinkRequest, mapping: PsaMapping, existing: PsaMapping | None
) -> None:
    """Take the mapping back when somebody mapped another record to the same target at the same moment.

    Both look after they have written, so at least the later one sees the other: never do two remain, perhaps none does.
    """
    if not _others(services, request):
        return
    if existing is None:
        services.mappings.remove(mapping)
    else:
        back = MappingWish(request.connector_id, request.kind, request.source_id, _columns_of(existing), mapping)
        services.mappings.put(back)
    raise _changed_meanwhile()


def _others(services: LinkingServices, request: LinkRequest) -> Sequence[PsaMapping]:
    found = services.mappings.find(
        MappingSearch(connector_id=request.connector_id, kind=request.kind, psa_id=request.psa_id)
    )
    return [mapping for mapping in found if mapping.source_id != request.source_id]


def _mapping_of(
    services: LinkingServices, connector_id: ConnectorId, kind: MappingKind, source_id: SourceId
) -> PsaMapping | None:
    search = MappingSearch(connector_id=connector_id, kind=kind, source_id=source_id)
    return next(iter(services.mappings.find(search)), None)


def _mirrored(
    services: LinkingServices, person: EntraObjectId, row: LinkedRow, psa_id: int | None, psa_name: str | None
) -> str | None:
    """Write Work 365's own columns; return what a person has to know when that was not possible."""
    if row.psa_id == (None if psa_id is None else str(psa_id)) and row.psa_name == psa_name:
        return None
    rows = services.rows_as(person)
    try:
        for current in (row, None):
            # once more with the row as it is now: somebody saved its form meanwhile
            latest = current or rows.rows(row.kind, [row.id]).get(row.id)
            if latest is None or rows.mirror(latest, psa_id, psa_name):
                return None
    except DataverseError as error:
        return f"Work 365's own columns were not written: {classify(error, writing=True).user_message}"
    return "Work 365's own columns were not written because somebody else was saving the row; save once more."


def _change(request: LinkRequest, target: Target, now: datetime) -> MappingChange:
    return MappingChange(
        status=MappingStatus.SYNCED,
        status_message=f'Mapped to "{target.name}" by hand.',
        psa_id=request.psa_id,
        psa_name=target.name,
        psa_parent_id=None,
        psa_link=target.link,
        last_synced_on=now,
        pushed_amount=None,
        pushed_quantity=None,
        pushed_hash=None,
        claimed_by=None,
        claimed_until=None,
        attempts=0,
    )


def _columns_of(mapping: PsaMapping) -> MappingChange:
    return MappingChange(
        **{name: getattr(mapping, name) for name in MappingChange.__slots__ if name != "status_message"},
        status_message=mapping.status_message or "",
    )


def _is_as_wished(mapping: PsaMapping, change: MappingChange) -> bool:
    return (mapping.psa_id, mapping.psa_name, mapping.psa_link, mapping.status) == (
        change.psa_id,
        change.psa_name,
        change.psa_link,
        change.status,
    )


def _changed_meanwhile() -> RecordRejected:
    return RecordRejected(
        user_message="Somebody else mapped this at the same moment; look at what is mapped now and save again.",
        code="mapping_changed",
    )


def _log(
    services: LinkingServices,
    what: str,
    before: PsaMapping | None,
    after: PsaMapping | None,
    who: EntraObjectId,
    now: datetime,
) -> None:
    subject = after or before
    assert subject is not None  # noqa: S101  one of the two is always there
    services.log.append_log(
        [
            LogEntry(
                job_id=None,
                connector_id=subject.connector_id,
                when=now,
                who=who,
                what=what,
                source_id=subject.source_id,
                psa_id=subject.psa_id,
                before=_logged(before),
                after=_logged(after),
                vendor_status=None,
                request_ids=None,
                correlation_id=str(uuid.uuid4()),
            )
        ]
    )


def _logged(mapping: PsaMapping | None) -> str | None:
    if mapping is None:
        return None
    return json.dumps({"kind": mapping.kind.name.lower(), "psa_id": mapping.psa_id, "psa_name": mapping.psa_name})
