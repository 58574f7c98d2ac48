"""Columns beside name and number that tell which record of ConnectWise a row is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dataverse import values
from dataverse.values import Row
from dataverse.work365.line_rows import lookup
from dataverse.work365.linked.records import AccountEvidence, ContractEvidence, Frequency, ProductEvidence
from dataverse.work365.schema import AccountNames, BillingContractNames, ContactNames, ProductNames


@dataclass(frozen=True, slots=True)
class EvidenceColumns:
    """What one table is asked for, and how it is read; `expand` belongs to a table behind a lookup."""

    columns: Sequence[str]
    expand: str | None
    read: Callable[[Row], ProductEvidence | AccountEvidence | ContractEvidence]


def product_evidence(names: ProductNames) -> EvidenceColumns:
    """Return the evidence of products; the unit's name comes as the formatted value of its lookup."""
    unit = lookup(names.default_unit)

    def read(row: Row) -> ProductEvidence:
        return ProductEvidence(
            part_number=values.text(row, names.part_number),
            unit_name=values.formatted(row, unit),
            description=values.text(row, names.description),
        )

    return EvidenceColumns((names.part_number, unit, names.description), None, read)


def account_evidence(names: AccountNames, contact: ContactNames) -> EvidenceColumns:
    """Return the evidence of accounts."""
    columns = (
        names.email,
        names.website,
        names.phone,
        names.address_line1,
        names.city,
        names.postal_code,
        lookup(names.primary_contact),
    )

    def read(row: Row) -> AccountEvidence:
        primary = values.child(row, names.primary_contact_navigation) or {}
        emails = (values.text(row, names.email), values.text(primary, contact.email))
        return AccountEvidence(
            website=values.text(row, names.website),
            emails=tuple(dict.fromkeys(email for email in emails if email)),
            phone=values.text(row, names.phone),
            address_line1=values.text(row, names.address_line1),
            city=values.text(row, names.city),
            postal_code=values.text(row, names.postal_code),
            has_primary_contact=values.guid(row, lookup(names.primary_contact)) is not None,
        )

    return EvidenceColumns(columns, f"{names.primary_contact_navigation}($select={contact.email})", read)


def contract_evidence(names: BillingContractNames) -> EvidenceColumns:
    """Return the evidence of billing contracts."""
    frequencies = {
        names.frequency_monthly: Frequency.MONTHLY,
        names.frequency_quarterly: Frequency.QUARTERLY,
        names.frequency_annual: Frequency.ANNUAL,
        names.frequency_one_time: Frequency.ONE_TIME,
    }

    def read(row: Row) -> ContractEvidence:
        chosen = values.whole(row, names.billing_frequency)
        is_one_time = values.whole(row, names.contract_type) == names.type_non_recurring
        return ContractEvidence(
            frequency=Frequency.ONE_TIME if is_one_time else frequencies.get(chosen) if chosen is not None else None,
            start_date=values.day(row, names.start_date),
        )

    return EvidenceColumns((names.contract_type, names.billing_frequency, names.start_date), None, read)
