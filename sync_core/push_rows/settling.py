"""Turn the ending of each row into what is written: integration record, mirror, job item (protocol step 9)."""

from dataclasses import dataclass, replace
from decimal import Decimal

from connectwise.creation.records import NewCatalogItem
from dataverse.psasync.records import (
    ItemOutcome,
    JobItem,
    JobItemChange,
    Mapping,
    MappingChange,
    MappingKind,
    MappingStatus,
)
from dataverse.work365.sources.records import RowMirror, SourceRow
from sync_core.ports import Settlement
from sync_core.prerequisites import prerequisite_text
from sync_core.push_rows.making import Made
from sync_core.push_rows.plans import RowPlan
from sync_core.push_rows.wording import kept_message, message_of
from sync_core.work.times import SettlingTimes

_JOINED = frozenset({"created", "adopted", "mapped"})


@dataclass(frozen=True, slots=True)
class RowSettlement:
    """All that is written about one held row."""

    made: Made
    settlement: Settlement
    outcome: ItemOutcome
    code: str | None
    message: str


def settle_row(made: Made, kind: MappingKind, *, times: SettlingTimes, psa_link: str | None) -> RowSettlement:
    """Work out what is written about a row whose integration record this run holds."""
    held, message = made.held.record, message_of(made, kind)
    joined = made.ending in _JOINED
    status = _status_of(made)
    # a company that waits for its contact is joined already, so that no later run can make another one
    psa_id = made.psa_id if joined or made.psa_id is not None else held.psa_id
    change = MappingChange(
        status=status,
        status_message=message,
        psa_id=psa_id,
        psa_name=_psa_name(made, status),
        psa_parent_id=_parent_id(made, joined=joined),
        psa_link=psa_link if psa_id == made.psa_id else held.psa_link,
        last_synced_on=times.now if joined else held.last_synced_on,
        pushed_amount=_price(made) if made.ending == "created" else held.pushed_amount,
        pushed_quantity=held.pushed_quantity,
        pushed_hash=held.pushed_hash,
        claimed_by=held.claimed_by,
        claimed_until=times.look_up_after if status is MappingStatus.UNKNOWN and made.ending == "unknown" else None,
        attempts=held.attempts,
    )
    outcome, code = _outcome_of(made)
    return RowSettlement(made, Settlement(held, change), outcome, code, message)


def taken_back(settled: RowSettlement, record: Mapping) -> RowSettlement:
    """Return what is written about a row whose new mapping collides with that of another row: what was before."""
    before = settled.made.held.plan.mapping
    message = (
        "Somebody mapped another row to the same record at the same moment; look at what is mapped and save again."
    )
    was_joined = before is not None and before.psa_id is not None
    change = replace(
        settled.settlement.change,
        status=before.status if before is not None and was_joined else MappingStatus.FAILED,
        status_message=message,
        psa_id=before.psa_id if before is not None else None,
        psa_name=before.psa_name if before is not None else None,
        psa_parent_id=before.psa_parent_id if before is not None else None,
        psa_link=before.psa_link if before is not None else None,
        last_synced_on=before.last_synced_on if before is not None else None,
    )
    return replace(
        settled,
        made=replace(settled.made, ending="refused", psa_id=None, psa_name=None),
        settlement=replace(settled.settlement, held=record, change=change),
        outcome=ItemOutcome.FAILED,
        code="mapping_changed",
        message=message,
    )


def item_change(item: JobItem, settled: RowSettlement, *, note: str | None) -> JobItemChange:
    """Return the new state of a job item; `note` says why Work 365's own columns could not be written."""
    objection = settled.made.held.plan.objection
    return JobItemChange(
        id=item.id,
        outcome=settled.outcome,
        code=settled.code,
        message=with_note(settled.message, note),
        psa_id=settled.settlement.change.psa_id if settled.settlement.change.psa_id is not None else item.psa_id,
        psa_parent_id=settled.settlement.change.psa_parent_id,
        prerequisite=prerequisite_text(objection.prerequisite) if objection is not None else None,
    )


def item_change_without_claim(item: JobItem, plan: RowPlan, *, note: str | None) -> JobItemChange:
    """Return the new state of an item whose integration record this run does not write."""
    mapping, objection = plan.mapping, plan.objection
    psa_id = mapping.psa_id if mapping is not None else None
    if objection is not None:
        return JobItemChange(
            id=item.id,
            outcome=ItemOutcome.FAILED if objection.outcome == "failed" else ItemOutcome.SKIPPED,
            code=objection.code,
            message=objection.message,
            psa_id=psa_id if psa_id is not None else item.psa_id,
            psa_parent_id=mapping.psa_parent_id if mapping is not None else None,
            prerequisite=prerequisite_text(objection.prerequisite),
        )
    assert mapping is not None  # noqa: S101  only a mapped row is kept or done
    return JobItemChange(
        id=item.id,
        outcome=_outcome_of_kept(plan),
        code=None,
        message=with_note(kept_message(plan, mapping), note),
        psa_id=psa_id,
        psa_parent_id=mapping.psa_parent_id,
    )


def mirror_of(row: SourceRow, mapping: Mapping) -> RowMirror | None:
    """Return what Work 365's own columns are to hold; None when they hold it already or nothing is joined."""
    if mapping.psa_id is None or (row.psa_id, row.psa_name) == (str(mapping.psa_id), mapping.psa_name):
        return None
    return RowMirror(row.id, row.etag, str(mapping.psa_id), mapping.psa_name)


def with_note(message: str, note: str | None) -> str:
    """Return the message with the reason why Work 365's own columns could not be written."""
    return f"{message} Work 365's own columns were not written: {note}" if note else message


def _outcome_of_kept(plan: RowPlan) -> ItemOutcome:
    if plan.step == "keep":
        return ItemOutcome.UNCHANGED
    return ItemOutcome.UPDATED if plan.wish.action == "map" else ItemOutcome.CREATED


def _status_of(made: Made) -> MappingStatus:
    match made.ending:
        case "created" | "adopted" | "mapped":
            return MappingStatus.SYNCED
        case "refused":
            return MappingStatus.FAILED
        case "unknown":
            return MappingStatus.UNKNOWN
        case "objected":
            objection = made.held.plan.objection
            # a company that still lacks its contact must not look settled: the next Save goes on with it
            failed = (objection is not None and objection.outcome == "failed") or made.held.record.psa_id is not None
            return MappingStatus.FAILED if failed else MappingStatus.SKIPPED
        case "released":
            # the plan has looked for what an earlier run may have sent, so nothing is in doubt any more
            return MappingStatus.PENDING


def _outcome_of(made: Made) -> tuple[ItemOutcome, str | None]:
    code = made.error.code if made.error is not None else None
    match made.ending:
        case "created" | "adopted":
            return ItemOutcome.CREATED, None
        case "mapped":
            return ItemOutcome.UPDATED, None
        case "refused":
            return ItemOutcome.FAILED, code
        case "unknown":
            return ItemOutcome.UNKNOWN, code
        case "objected":
            objection = made.held.plan.objection
            failed = objection is not None and objection.outcome == "failed"
            return ItemOutcome.FAILED if failed else ItemOutcome.SKIPPED, objection.code if objection else None
        case "released":
            return ItemOutcome.PENDING, code


def _psa_name(made: Made, status: MappingStatus) -> str | None:
    if made.psa_id is not None:
        return made.psa_name
    if made.held.record.psa_id is not None:
        return made.held.record.psa_name
    # the identifier by which the record is found again is needed only while it may be there
    return made.held.plan.intent if status is MappingStatus.UNKNOWN else None


def _parent_id(made: Made, *, joined: bool) -> int | None:
    plan = made.held.plan
    if plan.target is not None and joined:
        return plan.target.company_id
    return plan.parent_id if plan.parent_id is not None else made.held.record.psa_parent_id


def _price(made: Made) -> Decimal | None:
    record = made.held.plan.record
    return record.price if isinstance(record, NewCatalogItem) else None
