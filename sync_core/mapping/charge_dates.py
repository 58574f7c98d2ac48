"""The dates of an addition; equal dates make it a one-time charge, for which ConnectWise has no flag of its own."""

from dataclasses import dataclass
from datetime import date

from sync_core.push.facts import LineFacts


@dataclass(frozen=True, slots=True)
class ChargeDates:
    """Effective and cancelled date, without a zone; `warning` says why the connector's policy could not be followed."""

    effective: date
    cancelled: date
    warning: str | None = None


def charge_dates_of(facts: LineFacts) -> ChargeDates:
    """Return the dates by the connector's policy, the invoice date where the policy finds no date of its own.

    Raises ValueError when the invoice has no date, to which the prechecks object first.
    """
    invoice_date = facts.invoice.invoice_date
    if invoice_date is None:
        raise ValueError(f"invoice {facts.invoice.number} has no date")
    if facts.policies.date_policy == "period":
        return _period(facts, invoice_date)
    if facts.policies.date_policy == "next_agreement_invoice":
        return _next_agreement_invoice(facts, invoice_date)
    return ChargeDates(invoice_date, invoice_date)


def _period(facts: LineFacts, invoice_date: date) -> ChargeDates:
    last_date = facts.line.period_last_date
    if last_date is None:
        reason = "The line has no last date of its period"
    elif last_date < invoice_date:
        # Billed in arrears: only the end of the period is known, and an addition cannot end before it begins.
        reason = f"The line's period ended on {last_date}, before the invoice date"
    else:
        return ChargeDates(invoice_date, last_date)
    return ChargeDates(invoice_date, invoice_date, f"{reason}; the charge is dated {invoice_date}, the invoice date.")


def _next_agreement_invoice(facts: LineFacts, invoice_date: date) -> ChargeDates:
    agreement = facts.agreement
    if agreement is not None and agreement.next_invoice_date is not None:
        next_invoice = agreement.next_invoice_date.date()
        return ChargeDates(next_invoice, next_invoice)
    warning = f"The agreement has no next invoice date; the charge is dated {invoice_date}, the invoice date."
    return ChargeDates(invoice_date, invoice_date, warning)
