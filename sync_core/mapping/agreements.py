"""A Work 365 billing contract becomes a ConnectWise agreement of the mapped company."""

import hashlib
from datetime import date

from connectwise.creation.records import NewAgreement
from connectwise.directory.records import ContactId
from connectwise.records import BillingCycle, BillingCycleId, CompanyId
from dataverse.work365.sources.records import SourceContract
from sync_core.connectors.properties import ConnectorProperties, Picked
from sync_core.mapping.creations import Blocked, Creation
from sync_core.mapping.fitting import one_line
from sync_core.mapping.lacking import connector_lacks
from sync_core.mapping.trimming import Trimmer

_LONGEST_NAME = 100
_MARK = "P365-"
_MARK_DIGITS = 15

# the recurrences of ConnectWise that are longer than a month, and what their cycles are called
_LONG_CYCLES = frozenset({"bimonthly", "quarterly", "semiannual", "yearly", "annual", "annually", "triennial"})


def agreement_marker(contract_id: str) -> str:
    """Return the marker of a billing contract's agreement in `workOrder`, which holds 20 characters.

    ConnectWise has no external id on agreements and their names are not unique. 15 hexadecimal digits of a digest tell
    any two contracts of one environment apart.
    """
    return _MARK + hashlib.sha256(contract_id.lower().encode("ascii")).hexdigest()[:_MARK_DIGITS]


def agreement_from_billing_contract(
    contract: SourceContract,
    properties: ConnectorProperties,
    *,
    company_id: CompanyId,
    contact_id: ContactId,
    one_time: bool | None,
    billing_cycle: BillingCycle | None = None,
    today: date | None = None,
) -> Creation[NewAgreement] | Blocked:
    """Return the agreement of a billing contract, or why it cannot be made.

    `one_time` is a person's choice, None: the connector's. `billing_cycle` is ConnectWise's entry of the connector's
    cycle, whose recurrence tells more than its name; `today` tells whether the contract has ended.
    """
    needed = _needed(contract, properties)
    if isinstance(needed, Blocked):
        return needed
    type_id, start_date = needed
    is_one_time, trimmer = _is_one_time(contract, properties, one_time), Trimmer()
    record = NewAgreement(
        name=trimmer.cut("name", contract.name, _LONGEST_NAME) or agreement_marker(contract.id),
        type_id=type_id,
        company_id=company_id,
        contact_id=contact_id,
        start_date=start_date,
        end_date=contract.end_date,
        billing_cycle_id=None if is_one_time else _cycle_id(properties.billing_cycle),
        is_one_time=is_one_time,
        employee_comp_rate=properties.employee_comp_rate,
        employee_comp_not_exceed=properties.employee_comp_not_exceed,
        invoicing_cycle=properties.invoicing_cycle,
        bill_time=properties.bill_time,
        bill_expenses=properties.bill_expenses,
        bill_products=properties.bill_products,
        work_order=agreement_marker(contract.id),
        currency=(one_line(contract.currency) or "").upper() or None,
    )
    term = (_warning_of_end(record.end_date, today), _warning_of_cycle(record, properties.billing_cycle, billing_cycle))
    return Creation(record, (*trimmer.warnings, *filter(None, term)))


def _needed(contract: SourceContract, properties: ConnectorProperties) -> tuple[int, date] | Blocked:
    """Return the id of the agreement type and the start date, without which there is no agreement."""
    if contract.start_date is None:
        return Blocked(
            code="contract_without_start_date",
            message=f'The billing contract "{contract.name}" has no start date, and ConnectWise refuses charges before '
            "an agreement starts; enter one in Work 365 and save again.",
        )
    if contract.end_date is not None and contract.end_date < contract.start_date:
        return Blocked(
            code="contract_ends_before_start",
            message=f'The billing contract "{contract.name}" ends on {contract.end_date}, before its start on '
            f"{contract.start_date}; correct its dates in Work 365 and save again.",
        )
    if properties.agreement_type is None:
        return connector_lacks(["Agreement type"], "an agreement")
    return properties.agreement_type.id, contract.start_date


def _is_one_time(contract: SourceContract, properties: ConnectorProperties, choice: bool | None) -> bool:
    if choice is not None:
        return choice
    return properties.one_time_agreements or contract.is_recurring is False


def _cycle_id(picked: Picked | None) -> BillingCycleId | None:
    return None if picked is None else BillingCycleId(picked.id)


def _warning_of_end(end_date: date | None, today: date | None) -> str | None:
    if end_date is None or today is None or end_date >= today:
        return None
    return f"The billing contract ended on {end_date}; later charges are not pushed to its agreement."


def _warning_of_cycle(record: NewAgreement, picked: Picked | None, billing_cycle: BillingCycle | None) -> str | None:
    if record.is_one_time:
        return None
    if picked is None:
        return "The connector names no billing cycle; the agreement gets that of its type in ConnectWise."
    name = (billing_cycle.name if billing_cycle else None) or picked.name or f"by cycle {picked.id}"
    recurrence = (billing_cycle.billing_options if billing_cycle else None) or name
    if "".join(letter for letter in recurrence.lower() if letter.isalpha()) not in _LONG_CYCLES:
        return None
    return (
        f"The agreement is invoiced {name}, so a charge can wait for months; "
        "a monthly or a one-time agreement bills it sooner."
    )
