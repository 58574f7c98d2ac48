"""Show what a push would do, by the code of the push, and stop before the first write (decision D8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dataverse.psasync.records import ConnectorId, EntraObjectId, MappingStatus
from dataverse.work365.records import InvoiceId
from sync_core.money import net_amount_of, plain
from sync_core.policies import policies_from_properties
from sync_core.prerequisites import Prerequisite
from sync_core.push.decisions import HELD_ELSEWHERE, Decision, decide_line
from sync_core.push.facts import Objection
from sync_core.push.reading import read_facts
from sync_core.push.services import PushServices
from sync_core.push.submit import LineEntry, PushKind, existing_connector, resolve_entries
from sync_core.push.totals import warnings_by_invoice


@dataclass(frozen=True, slots=True)
class Change:
    """One member that would be written; `before` is what ConnectWise has now."""

    member: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Amount:
    """The net amount of a line in Work 365 and what ConnectWise would bill for it."""

    work365: Decimal
    connectwise: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PreviewItem:
    """What would happen to one record; `action` is create, skip or blocked."""

    record_id: str
    action: str
    outcome: str
    code: str | None
    message: str
    psa_id: int | None = None
    warnings: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    amount: Amount | None = None
    prerequisite: Prerequisite | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """All records of a request with the totals of what would be pushed, by currency."""

    items: tuple[PreviewItem, ...]
    totals: tuple[Amount, ...]


def preview_push(
    services: PushServices,
    *,
    connector_id: ConnectorId,
    kind: PushKind,
    record_ids: Sequence[str],
    requested_by: EntraObjectId,
) -> Preview:
    """Return the plan of a push; nothing is written to either system.

    Raises RecordRejected when the connector does not exist; errors of the clients pass through.
    """
    connector = existing_connector(services, connector_id)
    work365 = services.work365_as(requested_by)
    # Where lines go does not matter for the order of a preview, so their agreements are not read twice.
    entries = resolve_entries(work365, kind, record_ids, lambda _contract_ids: {})
    line_ids = [entry.line_id for entry in entries if entry.line_id is not None]
    if not line_ids:
        return Preview(tuple(_not_found(entry) for entry in entries), ())
    read = read_facts(
        line_ids,
        work365=work365,
        ledger=services.ledger,
        psa=services.psa_of(connector),
        connector_id=connector.id,
        policies=policies_from_properties(connector.properties),
    )
    decisions = {line_id: decide_line(line_id, read, asked_for_line=kind == "invoice_line") for line_id in line_ids}
    # Single lines say nothing about the total of their invoice.
    warnings = warnings_by_invoice(decisions.values()) if kind == "invoice" else {}
    items = tuple(
        _item(decisions[entry.line_id], warnings) if entry.line_id is not None else _not_found(entry)
        for entry in entries
    )
    return Preview(items, _totals(items))


def _not_found(entry: LineEntry) -> PreviewItem:
    return PreviewItem(entry.record_id, "blocked", "failed", entry.code, entry.message)


def _item(decision: Decision, invoice_warnings: Mapping[InvoiceId, str]) -> PreviewItem:
    mapping = decision.mapping
    psa_id = mapping.psa_id if mapping is not None else None
    if decision.step == "leave":
        unknown = mapping is not None and mapping.status is MappingStatus.UNKNOWN
        message = (
            "It is not known yet whether ConnectWise has this line; it is looked up by itself in a moment."
            if unknown
            else "Another push is working on this line; wait until it is done."
        )
        return PreviewItem(
            decision.line_id, "blocked", "skipped", HELD_ELSEWHERE, message, psa_id, amount=_amount(decision)
        )
    if decision.objection is not None:
        return _objected(decision, decision.objection, psa_id)
    plan = decision.plan
    assert plan is not None  # noqa: S101  a decision without objection has a plan
    agreement = decision.facts.agreement.name if decision.facts and decision.facts.agreement else ""
    units = f"{plain(plan.addition.quantity)} x {plain(plan.addition.unit_price, 2)}"
    return PreviewItem(
        decision.line_id,
        "create",
        "pending",
        None,
        f'Will be added to agreement "{agreement}": {units}.',
        psa_id,
        (*plan.warnings, *_of_invoice(decision, invoice_warnings)),
        _changes(decision),
        _amount(decision),
    )


def _objected(decision: Decision, objection: Objection, psa_id: int | None) -> PreviewItem:
    return PreviewItem(
        decision.line_id,
        "blocked" if objection.outcome == "failed" else "skip",
        objection.outcome,
        objection.code,
        objection.message,
        psa_id,
        amount=_amount(decision),
        prerequisite=objection.prerequisite,
    )


def _of_invoice(decision: Decision, invoice_warnings: Mapping[InvoiceId, str]) -> tuple[str, ...]:
    warning = invoice_warnings.get(decision.facts.invoice.id) if decision.facts is not None else None
    return (warning,) if warning is not None else ()


def _changes(decision: Decision) -> tuple[Change, ...]:
    """Every member of the addition; nothing exists before, so `before` is always empty."""
    assert decision.plan is not None  # noqa: S101  as above
    members = decision.plan.addition.model_dump(mode="json", by_alias=True, exclude_none=True)
    return tuple(Change(member, None, _shown(value)) for member, value in members.items())


def _shown(value: object) -> str:
    """Return a member's value as it stands in JSON, without quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _amount(decision: Decision) -> Amount | None:
    facts = decision.facts
    if facts is None or facts.currency is None:
        return None
    net = net_amount_of(facts.line, facts.currency, facts.policies)
    pushed = decision.plan.net_amount if decision.plan is not None else Decimal(0)
    return Amount(net, pushed, facts.currency.iso_code)


def _totals(items: Sequence[PreviewItem]) -> tuple[Amount, ...]:
    """Sums of the lines that would be pushed, so that both sides of a total speak of the same lines."""
    sums: dict[str, Amount] = {}
    for item in items:
        if item.amount is None or item.action != "create":
            continue
        before = sums.get(item.amount.currency, Amount(Decimal(0), Decimal(0), item.amount.currency))
        sums[item.amount.currency] = Amount(
            before.work365 + item.amount.work365, before.connectwise + item.amount.connectwise, before.currency
        )
    return tuple(sums[currency] for currency in sorted(sums))
