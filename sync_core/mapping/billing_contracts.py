"""A ConnectWise agreement as a Work 365 billing contract."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from connectwise.records import Agreement, BillingCycle
from dataverse.work365.imports.records import Choices
from dataverse.work365.records import AccountId, CurrencyId
from sync_core.mapping.drafts import DraftMaker, RowDraft

EARLIEST_DATE = date(1753, 1, 1)
"""Dataverse holds no date before this one."""

Frequency = Literal["monthly", "quarterly", "annual", "one_time"]

_LENGTHS = {"name": 100, "psa_name": 300}
_FREQUENCIES: dict[str, Frequency] = {
    "monthly": "monthly",
    "quarterly": "quarterly",
    "yearly": "annual",
    "notrecurring": "one_time",
}


@dataclass(frozen=True, slots=True)
class NoCounterpart:
    """The agreement is billed in a way that Work 365 does not know; `cycle` is what ConnectWise calls it."""

    cycle: str | None


def frequency_of(agreement: Agreement, cycle: BillingCycle | None) -> Frequency | NoCounterpart:
    """Return how often Work 365 bills this agreement; one-time and not recurring ones once.

    The recurrence counts, not the name: staff may rename the cycles of their ConnectWise.
    """
    if agreement.bill_one_time_flag:
        return "one_time"
    name = cycle.name if cycle is not None else agreement.billing_cycle.name if agreement.billing_cycle else None
    recurrence = (cycle.billing_options if cycle is not None else None) or name
    if recurrence is None:
        return NoCounterpart(None)
    known = _FREQUENCIES.get("".join(letter for letter in recurrence.lower() if letter.isalpha()))
    return known or NoCounterpart(name)


def billing_contract_from_agreement(
    agreement: Agreement,
    frequency: Frequency,
    *,
    account_id: AccountId | None,
    currency_id: CurrencyId | None,
    choices: Choices,
) -> RowDraft:
    """Return the billing contract of an agreement; dates have no zone and are never converted through one."""
    made = DraftMaker(_LENGTHS)
    made.put_name("name", agreement.name)
    one_time = frequency == "one_time"
    made.put("contract_type", choices.type_non_recurring if one_time else choices.type_recurring)
    made.put("billing_frequency", _choice_of(frequency, choices))
    made.put("start_date", _storable_date("start date", agreement.start_date, made))
    ends = None if agreement.no_ending_date_flag else agreement.end_date
    made.put("end_date", _storable_date("end date", ends, made))
    made.put("account", account_id)
    made.put("currency", currency_id)
    made.put("psa_id", str(agreement.id))
    made.put_name("psa_name", agreement.name)
    if agreement.cancelled_flag:
        made.warnings.append("The agreement is cancelled in ConnectWise.")
    return made.draft()


def _choice_of(frequency: Frequency, choices: Choices) -> int | None:
    match frequency:
        case "monthly":
            return choices.frequency_monthly
        case "quarterly":
            return choices.frequency_quarterly
        case "annual":
            return choices.frequency_annual
        case "one_time":
            return choices.frequency_one_time


def _storable_date(name: str, moment: datetime | None, made: DraftMaker) -> date | None:
    if moment is None:
        return None
    if moment.date() < EARLIEST_DATE:
        made.warnings.append(f"The {name} {moment.date().isoformat()} is before 1753 and was left out.")
        return None
    return moment.date()
