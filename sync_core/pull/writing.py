"""Carry out plans: hold the integration records, write Work 365's rows, settle; every step may be repeated.

Nothing here relies on having looked before: integration records and new rows have ids that follow from the ConnectWise
record, and every write has a condition, so of two processes that import the same record only one succeeds with each.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dataverse.psasync.records import ConnectorId, ItemOutcome, MappingChange, MappingKind, MappingStatus, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.imports.records import RowId, RowKind, RowWrite
from sync_core.ports import Settlement
from sync_core.pull.plans import ImportPlan, row_write
from sync_core.pull.ports import Hold, PullLedger, PullWork365
from sync_core.pull.wording import done_message, outcome_told, refused_message

WORK365_REFUSED = "work365_refused"
_KEPT_OPEN = "Waits for another try of the import."


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a record; `outcome` is PENDING while it must be tried again."""

    plan: ImportPlan
    outcome: ItemOutcome
    code: str | None
    message: str
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class ImportRun:
    """Who imports, and until when records are held."""

    connector_id: ConnectorId
    row_kind: RowKind
    mapping_kind: MappingKind
    claimed_by: str
    claimed_until: datetime
    now: datetime


@dataclass(slots=True)
class _Progress:
    """Which rows could not be written, by ConnectWise id: with a reason, or open."""

    refused: dict[int, str] = field(default_factory=dict)
    contested: set[int] = field(default_factory=set)
    notes: dict[int, str] = field(default_factory=dict)


def carry_out(
    plans: Collection[ImportPlan], run: ImportRun, *, ledger: PullLedger, work365: PullWork365
) -> Mapping[int, ImportResult]:
    """Write what the plans say; return a result for each. Errors of requests as a whole pass through."""
    wanted = [plan for plan in plans if plan.needs_hold]
    held = ledger.hold(run.connector_id, [_hold(plan, run) for plan in wanted]) if wanted else {}
    holding = [plan for plan in wanted if plan.psa_id in held]
    progress = _Progress()
    _write_rows(holding, run.row_kind, work365, progress)
    settlements = {plan.psa_id: _settlement(plan, held[plan.psa_id], run, progress) for plan in holding}
    settled = ledger.settle_imports(list(settlements.values())) if settlements else ()
    results = (_result(plan, held, settled, progress) for plan in plans)
    return {result.plan.psa_id: _as_first_told(result, run) for result in results}


def _hold(plan: ImportPlan, run: ImportRun) -> Hold:
    return Hold(
        kind=run.mapping_kind,
        psa_id=plan.psa_id,
        source_id=_source(plan),
        existing=plan.mapping,
        claimed_by=run.claimed_by,
        claimed_until=run.claimed_until,
    )


def _write_rows(plans: Sequence[ImportPlan], kind: RowKind, work365: PullWork365, progress: _Progress) -> None:
    """Write the rows; then their contacts, which need the account; then the accounts' lookups to the contacts."""
    writes = {plan.psa_id: row_write(kind, RowId(_source(plan)), plan.row, plan.changes) for plan in plans}
    etags = _write(writes, work365, progress)
    written = [plan for plan in plans if plan.psa_id not in progress.refused | dict.fromkeys(progress.contested)]
    contacts = {plan.psa_id: plan.contact.write() for plan in written if plan.contact is not None}
    refusals = _Progress()
    _write(contacts, work365, refusals)
    links = {
        plan.psa_id: _link(plan, etags.get(plan.psa_id))
        for plan in written
        if plan.contact is not None and plan.contact.links and plan.psa_id not in refusals.refused
    }
    _write(links, work365, refusals)
    # an account without its contact is imported all the same; the next import tries again
    progress.notes |= {
        psa_id: f"The primary contact could not be written: {reason}" for psa_id, reason in refusals.refused.items()
    }
    progress.contested |= refusals.contested


def _write(writes: Mapping[int, RowWrite | None], work365: PullWork365, progress: _Progress) -> Mapping[int, str]:
    """Write the rows and note what failed; return the new ETags."""
    by_row: dict[RowId, list[int]] = {}
    wanted: dict[RowId, RowWrite] = {}
    for psa_id, write in writes.items():
        if write is not None:
            by_row.setdefault(write.row_id, []).append(psa_id)
            # one contact may be that of two companies: it is written once
            wanted[write.row_id] = write
    report = work365.write_rows(list(wanted.values()))
    progress.refused |= {psa_id: why for row_id, why in report.refused.items() for psa_id in by_row[row_id]}
    progress.contested |= {psa_id for row_id in report.contested for psa_id in by_row[row_id]}
    return {psa_id: etag for row_id, etag in report.written.items() for psa_id in by_row[row_id]}


def _link(plan: ImportPlan, etag: str | None) -> RowWrite | None:
    contact, current = plan.contact, etag or (plan.row.etag if plan.row is not None else None)
    if contact is None or current is None:
        return None
    return RowWrite(RowKind.ACCOUNT, RowId(_source(plan)), current, {"primary_contact": contact.row_id})


def _settlement(plan: ImportPlan, held: PsaMapping, run: ImportRun, progress: _Progress) -> Settlement:
    psa_id = plan.psa_id
    # without a Work 365 row nothing is joined yet, so that the record stays in the list of unmapped ones
    joined_before = plan.mapping.psa_id if plan.mapping is not None else None
    change = MappingChange(
        status=MappingStatus.SYNCED,
        status_message=_message(plan, progress),
        psa_id=psa_id,
        psa_name=plan.psa_name,
        psa_parent_id=plan.psa_parent_id,
        psa_link=held.psa_link,
        last_synced_on=run.now,
        pushed_amount=held.pushed_amount,
        pushed_quantity=held.pushed_quantity,
        pushed_hash=held.pushed_hash,
        claimed_by=held.claimed_by,
        claimed_until=None,
        attempts=held.attempts,
    )
    if psa_id in progress.refused or psa_id in progress.contested:
        refused = progress.refused.get(psa_id)
        change = replace(
            change,
            status=MappingStatus.PENDING if refused is None else MappingStatus.FAILED,
            status_message=_KEPT_OPEN if refused is None else refused_message(refused),
            psa_id=joined_before,
            last_synced_on=held.last_synced_on,
        )
    return Settlement(held, change)


def _result(
    plan: ImportPlan, held: Mapping[int, PsaMapping], settled: Collection[SourceId], progress: _Progress
) -> ImportResult:
    if plan.objection is not None:
        outcome = ItemOutcome.FAILED if plan.objection.outcome == "failed" else ItemOutcome.SKIPPED
        return ImportResult(plan, outcome, plan.objection.code, plan.objection.message)
    if plan.action == "leave" or plan.psa_id in progress.contested:
        return ImportResult(plan, ItemOutcome.PENDING, None, "")
    if plan.psa_id in progress.refused:
        message = refused_message(progress.refused[plan.psa_id])
        return ImportResult(plan, ItemOutcome.FAILED, WORK365_REFUSED, message, is_written=True)
    if plan.needs_hold and (plan.psa_id not in held or _source(plan) not in settled):
        return ImportResult(plan, ItemOutcome.PENDING, None, "")
    outcomes = {"create": ItemOutcome.CREATED, "update": ItemOutcome.UPDATED}
    outcome = outcomes.get(plan.action, ItemOutcome.UNCHANGED)
    return ImportResult(plan, outcome, None, _message(plan, progress), is_written=bool(plan.all_changes()))


def _as_first_told(result: ImportResult, run: ImportRun) -> ImportResult:
    """Return what this very job did to the record before its worker died, when nothing is left to do now."""
    mapping = result.plan.mapping
    job = run.claimed_by.partition("/")[0]
    if result.outcome is not ItemOutcome.UNCHANGED or mapping is None or not (mapping.claimed_by or "").startswith(job):
        return result
    message = mapping.status_message or result.message
    outcome = outcome_told(message)
    return replace(result, outcome=outcome, message=message, is_written=outcome is not ItemOutcome.UNCHANGED)


def _message(plan: ImportPlan, progress: _Progress) -> str:
    note = progress.notes.get(plan.psa_id)
    return done_message(plan, notes=[*plan.warnings, *([note] if note else [])])


def _source(plan: ImportPlan) -> SourceId:
    assert plan.source_id is not None  # noqa: S101  every plan that is carried out has a row
    return SourceId(plan.source_id)
