"""What is to be done with one invoice line: the same decision for the preview and for the push (decision D8)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from connectwise.records import AgreementId
from dataverse.psasync.records import ItemOutcome, JobItem, Mapping, MappingStatus
from dataverse.work365.records import InvoiceLineId
from sync_core.mapping.invoice_lines import addition_from_invoice_line
from sync_core.money import billed_amount, net_amount_of, plain, same_amount
from sync_core.push.facts import LineFacts, Objection, PlannedAddition
from sync_core.push.precheck_codes import ALREADY_SYNCED, CHANGED_AFTER_SYNC
from sync_core.push.prechecks import objection_to, warnings_about
from sync_core.push.reading import SETTLED_IN_PSA, FactsRead
from sync_core.work.claims import claimed_by_job, is_in_doubt

Step = Literal["already_done", "leave", "object", "push"]

LINE_NOT_FOUND = "line_not_found"
HELD_ELSEWHERE = "held_elsewhere"
AMOUNT_MISMATCH = "amount_mismatch"


@dataclass(frozen=True, slots=True)
class Decision:
    """One line and what to do with it.

    `already_done`: its addition exists by this very job. `leave`: somebody else holds it, or it is too early to look it
    up. `object`: a rule forbids the push. `push`: look up, then post `plan`. `in_doubt`: a POST may have been sent
    before, so it is looked up even when a rule objects now.
    """

    line_id: InvoiceLineId
    step: Step
    facts: LineFacts | None = None
    mapping: Mapping | None = None
    objection: Objection | None = None
    plan: PlannedAddition | None = None
    in_doubt: bool = False

    @property
    def agreement_id(self) -> AgreementId | None:
        """The agreement that the addition goes to."""
        if self.plan is None or self.facts is None or self.facts.agreement is None:
            return None
        return self.facts.agreement.id

    @property
    def needs_claim(self) -> bool:
        """Whether the mapping row is written: a line that does not exist gets no row, a settled one keeps its own."""
        if self.step == "push" or self.in_doubt:
            return True
        return self.step == "object" and self.facts is not None and not _is_in_psa(self.mapping)

    @property
    def flag(self) -> MappingStatus | None:
        """The status that a settled row gets because its line was changed, or changed back, in Work 365 (F9)."""
        if self.mapping is None or self.objection is None:
            return None
        wanted = _FLAGS.get(self.objection.code)
        return wanted if wanted is not None and self.mapping.status is not wanted else None


_FLAGS = {
    CHANGED_AFTER_SYNC: MappingStatus.CHANGED_AFTER_SYNC,
    ALREADY_SYNCED: MappingStatus.SYNCED,
}


def decide(item: JobItem, read: FactsRead, *, line_id: InvoiceLineId, asked_for_line: bool) -> Decision:
    """Decide about the line of a job's item; `asked_for_line`: a person selected this very line, not its invoice."""
    mapping = read.line_mappings.get(line_id)
    # An earlier run of this job got as far as the mapping row and then died, or another job found the addition.
    is_ours = mapping is not None and (claimed_by_job(mapping, item.job_id) or item.outcome is ItemOutcome.UNKNOWN)
    if is_ours and _is_in_psa(mapping):
        return Decision(line_id, "already_done", read.facts.get(line_id), mapping)
    return decide_line(line_id, read, asked_for_line=asked_for_line)


def decide_line(line_id: InvoiceLineId, read: FactsRead, *, asked_for_line: bool) -> Decision:
    """Decide about a line, whoever asks."""
    facts, mapping = read.facts.get(line_id), read.line_mappings.get(line_id)
    if mapping is not None and _is_held(mapping, read.server_time.at):
        return Decision(line_id, "leave", facts, mapping)
    in_doubt = is_in_doubt(mapping)
    if facts is None:
        return Decision(line_id, "object", None, mapping, _NOT_FOUND, in_doubt=in_doubt)
    objection = objection_to(facts, asked_for_line=asked_for_line)
    if objection is not None:
        return Decision(line_id, "object", facts, mapping, objection, in_doubt=in_doubt)
    plan = addition_from_invoice_line(facts)
    plan = replace(plan, warnings=(*plan.warnings, *warnings_about(facts)))
    mismatch = amount_objection(plan, facts)
    if mismatch is not None:
        return Decision(line_id, "object", facts, mapping, mismatch, in_doubt=in_doubt)
    return Decision(line_id, "push", facts, mapping, plan=plan, in_doubt=in_doubt)


_NOT_FOUND = Objection(
    code=LINE_NOT_FOUND,
    message=(
        "This invoice line does not exist in Work 365 or you may not read it; refresh the list and select it again."
    ),
    outcome="failed",
)


def amount_objection(plan: PlannedAddition, facts: LineFacts) -> Objection | None:
    """Object to an addition that would not bill the line's net amount (M10): a guard against mistakes of our own."""
    currency, policies = facts.currency, facts.policies
    if currency is None:
        return None
    net_amount = net_amount_of(facts.line, currency, policies)
    billed = billed_amount(plan.addition.quantity, plan.addition.unit_price, currency, policies)
    if same_amount(billed, net_amount, currency, policies) and same_amount(
        plan.net_amount, net_amount, currency, policies
    ):
        return None
    wrong, right = plain(billed, currency.decimals), plain(net_amount, currency.decimals)
    return Objection(
        AMOUNT_MISMATCH,
        f"ConnectWise would bill {wrong} for a line of {right} {currency.iso_code}; nothing is pushed, tell support "
        "about this line.",
        outcome="failed",
    )


def _is_held(mapping: Mapping, now: datetime) -> bool:
    """A claim is taken over only after its lease, an unknown outcome is looked up only after T has passed."""
    return is_in_doubt(mapping) and mapping.claimed_until is not None and mapping.claimed_until > now


def _is_in_psa(mapping: Mapping | None) -> bool:
    return mapping is not None and mapping.status in SETTLED_IN_PSA
