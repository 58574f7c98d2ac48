"""Turn the ending of each line into what is written: mapping row, mirror, job item, log (protocol step 9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dataverse.psasync.records import (
    ItemOutcome,
    JobItem,
    JobItemChange,
    Mapping,
    MappingChange,
    MappingStatus,
)
from dataverse.work365.records import InvoiceLine, LineMirror
from sync_core.ports import Settlement
from sync_core.prerequisites import prerequisite_text
from sync_core.push.decisions import Decision
from sync_core.push.facts import Objection
from sync_core.push.posting import LineResult, exact_amount
from sync_core.push.wording import message_of
from sync_core.work.times import SettlingTimes

ALREADY_DONE_MESSAGE = "Added to the agreement in ConnectWise."


@dataclass(frozen=True, slots=True)
class LineSettlement:
    """All that is written about one line; `mirror` is None where Work 365 has no row to write to."""

    result: LineResult
    settlement: Settlement
    mirror: LineMirror | None
    message: str
    outcome: ItemOutcome
    code: str | None


def settle_line(result: LineResult, item: JobItem, *, times: SettlingTimes, psa_link: str | None) -> LineSettlement:
    """Work out what is written about a line whose row this run holds."""
    status = _status_of(result)
    outcome, code = _outcome_of(result)
    message = message_of(result, item.previewed_amount)
    amount = pushed_amount_of(result)
    change = MappingChange(
        status=status,
        status_message=message,
        psa_id=result.addition.id if result.addition is not None else None,
        psa_name=_psa_name(result),
        psa_parent_id=result.agreement_id if result.agreement_id is not None else result.held.row.psa_parent_id,
        psa_link=psa_link if result.addition is not None else None,
        last_synced_on=times.now if result.addition is not None else result.held.row.last_synced_on,
        pushed_amount=amount,
        pushed_quantity=result.addition.quantity if result.addition is not None else None,
        pushed_hash=_fingerprint(result),
        claimed_by=result.held.row.claimed_by,
        claimed_until=_claimed_until(result, status, times),
        attempts=result.held.row.attempts,
    )
    mirror = None
    if result.held.decision.facts is not None and result.ending != "released":
        mirror = LineMirror(
            line_id=result.held.decision.line_id,
            etag=result.held.decision.facts.line.etag,
            psa_id=change.psa_id,
            psa_name=change.psa_name,
            status=status.label,
            message=message,
        )
    return LineSettlement(result, Settlement(result.held.row, change), mirror, message, outcome, code)


def flag_settlement(decision: Decision) -> tuple[Settlement, LineMirror] | None:
    """Return what is written about a line that is in ConnectWise and was changed, or changed back, in Work 365.

    None when the line needs no flag.
    """
    row, status, objection, facts = decision.mapping, decision.flag, decision.objection, decision.facts
    if row is None or status is None or objection is None or facts is None:
        return None
    change = MappingChange(
        status=status,
        status_message=objection.message,
        psa_id=row.psa_id,
        psa_name=row.psa_name,
        psa_parent_id=row.psa_parent_id,
        psa_link=row.psa_link,
        last_synced_on=row.last_synced_on,
        pushed_amount=row.pushed_amount,
        pushed_quantity=row.pushed_quantity,
        pushed_hash=row.pushed_hash,
        claimed_by=row.claimed_by,
        claimed_until=None,
        attempts=row.attempts,
    )
    mirror = LineMirror(decision.line_id, facts.line.etag, row.psa_id, row.psa_name, status.label, objection.message)
    return Settlement(row, change), mirror


def mirror_of_row(line: InvoiceLine, row: Mapping) -> LineMirror:
    """Return Work 365's columns of a line as its mapping row says."""
    return LineMirror(line.id, line.etag, row.psa_id, row.psa_name, row.status.label, row.status_message or "")


def item_change(item: JobItem, settled: LineSettlement, *, note: str | None) -> JobItemChange:
    """Return the new state of a job item; `note` says why Work 365's own columns could not be written."""
    return JobItemChange(
        id=item.id,
        outcome=settled.outcome,
        code=settled.code,
        message=with_note(settled.message, note),
        psa_id=settled.settlement.change.psa_id,
        psa_parent_id=settled.settlement.change.psa_parent_id,
        prerequisite=_missing_step(settled.result.held.decision.objection),
    )


def with_note(message: str, note: str | None) -> str:
    """Return the message with the reason why Work 365's own columns could not be written."""
    return f"{message} Work 365 could not be updated: {note}" if note else message


def item_change_without_row(item: JobItem, decision: Decision) -> JobItemChange:
    """Return the new state of an item whose mapping row this run does not write."""
    mapping = decision.mapping
    if decision.step == "already_done":
        message = (mapping.status_message if mapping else None) or ALREADY_DONE_MESSAGE
        return JobItemChange(
            id=item.id,
            outcome=ItemOutcome.CREATED,
            code=None,
            message=message,
            psa_id=mapping.psa_id if mapping else None,
            psa_parent_id=mapping.psa_parent_id if mapping else None,
        )
    objection = decision.objection
    assert objection is not None  # noqa: S101  `leave` writes nothing and `push` has a row
    return JobItemChange(
        id=item.id,
        outcome=ItemOutcome.FAILED if objection.outcome == "failed" else ItemOutcome.SKIPPED,
        code=objection.code,
        message=objection.message,
        psa_id=mapping.psa_id if mapping else None,
        psa_parent_id=mapping.psa_parent_id if mapping else None,
        prerequisite=_missing_step(objection),
    )


def _missing_step(objection: Objection | None) -> str | None:
    return None if objection is None else prerequisite_text(objection.prerequisite)


def pushed_amount_of(result: LineResult) -> Decimal | None:
    """Return what ConnectWise will bill for the line, in the invoice's currency; None when there is no addition."""
    if result.addition is None:
        return None
    plan = result.held.decision.plan
    if result.ending == "posted" and plan is not None:
        return plan.net_amount
    return exact_amount(result.addition)


def _status_of(result: LineResult) -> MappingStatus:
    match result.ending:
        case "posted":
            return MappingStatus.SYNCED
        case "adopted":
            return MappingStatus.CHANGED_AFTER_SYNC if result.bills_other_amount else MappingStatus.SYNCED
        case "refused":
            return MappingStatus.FAILED
        case "unknown":
            return MappingStatus.UNKNOWN
        case "objected":
            objection = result.held.decision.objection
            failed = objection is not None and objection.outcome == "failed"
            return MappingStatus.FAILED if failed else MappingStatus.SKIPPED
        case "released":
            return MappingStatus.UNKNOWN if result.still_in_doubt else MappingStatus.PENDING


def _outcome_of(result: LineResult) -> tuple[ItemOutcome, str | None]:
    code = result.error.code if result.error is not None else None
    match result.ending:
        case "posted" | "adopted":
            return ItemOutcome.CREATED, None
        case "refused":
            return ItemOutcome.FAILED, code
        case "unknown":
            return ItemOutcome.UNKNOWN, code
        case "objected":
            objection = result.held.decision.objection
            if objection is None:
                return ItemOutcome.SKIPPED, code
            return (ItemOutcome.FAILED if objection.outcome == "failed" else ItemOutcome.SKIPPED), objection.code
        case "released":
            return (ItemOutcome.UNKNOWN if result.still_in_doubt else ItemOutcome.PENDING), code


def _claimed_until(result: LineResult, status: MappingStatus, times: SettlingTimes) -> datetime | None:
    if status is not MappingStatus.UNKNOWN:
        return None
    # A line that was in doubt before this run, and that this run did not send, need not wait for T once more.
    return times.look_up_after if result.ending == "unknown" else times.now - timedelta(seconds=1)


def _psa_name(result: LineResult) -> str | None:
    if result.addition is None:
        return result.held.row.psa_name
    facts = result.held.decision.facts
    agreement = facts.agreement if facts is not None else None
    name = agreement.name if agreement is not None else f"agreement {result.agreement_id}"
    return f"{name} / addition {result.addition.id}"[:200]


def _fingerprint(result: LineResult) -> str | None:
    plan = result.held.decision.plan
    return plan.fingerprint if result.addition is not None and plan is not None else result.held.row.pushed_hash
