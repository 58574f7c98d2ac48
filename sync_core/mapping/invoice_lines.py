"""An invoice line of Work 365 becomes an addition of a ConnectWise agreement."""

import hashlib
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal

from connectwise.records import CatalogItemId, NewAddition
from dataverse.psasync.records import Mapping
from dataverse.work365.records import Currency, InvoiceLine
from sync_core.mapping.charge_dates import charge_dates_of
from sync_core.mapping.line_texts import MAX_DESCRIPTION_LENGTH, calculation_of, description_of
from sync_core.marker import marker_of
from sync_core.money import Charge, charge_of, fits_decimals, plain
from sync_core.policies import ConnectorPolicies
from sync_core.push.facts import LineFacts, PlannedAddition


def addition_from_invoice_line(facts: LineFacts) -> PlannedAddition:
    """Return the addition that the line becomes, with what a person should know about it before it is posted.

    The facts must be ones that no precheck objects to; ValueError is raised when the product, the currency or the
    invoice date is missing all the same. Prices and amounts are in the currency of invoice and agreement alike.
    """
    currency = facts.currency
    product_id = product_of_line(facts.line, facts.product_mapping, facts.policies)
    if currency is None or product_id is None:
        raise ValueError(f"invoice line {facts.line.id} has no currency or no product in ConnectWise")
    charge = charge_of(facts.line, currency, facts.policies)
    dates = charge_dates_of(facts)
    marker = marker_of(facts.line.id)
    in_description = facts.policies.marker_field == "invoiceDescription"
    description = description_of(
        facts.line,
        facts.invoice,
        calculation=calculation_of(facts.line, currency) if charge.is_lump else None,
        marker=marker if in_description else None,
    )
    line_number = facts.line.line_number
    addition = NewAddition(
        product_id=product_id,
        quantity=charge.quantity,
        unit_price=charge.unit_price,
        unit_cost=charge.unit_cost,
        # Only the policy "no_charge" lets a line without a quantity come this far (M8).
        bill_customer="Billable" if facts.line.quantity else "NoCharge",
        effective_date=_midnight(dates.effective),
        cancelled_date=_midnight(dates.cancelled),
        taxable_flag=facts.line.is_taxable,
        invoice_description=description.text,
        serial_number=None if in_description else marker,
        sequence_number=None if line_number is None else Decimal(line_number),
    )
    warnings = (
        dates.warning,
        _shortened_warning() if description.is_shortened else None,
        _price_warning(charge, currency, facts.policies),
    )
    return PlannedAddition(
        addition=addition,
        net_amount=charge.net_amount,
        fingerprint=fingerprint_of(addition),
        warnings=tuple(warning for warning in warnings if warning),
    )


def product_of_line(
    line: InvoiceLine, product_mapping: Mapping | None, policies: ConnectorPolicies
) -> CatalogItemId | None:
    """Return the catalog item that the line is pushed as: the mapped one, or the fallback of a line without product."""
    if line.is_write_in or line.product_id is None:
        return policies.fallback_product_psa_id
    if product_mapping is None or product_mapping.psa_id is None:
        return None
    return CatalogItemId(product_mapping.psa_id)


def fingerprint_of(addition: NewAddition) -> str:
    """Return a digest (64 hexadecimal digits) of everything that is written; equal numbers give equal digests."""
    members = {name: _canonical(value) for name, value in addition}
    return hashlib.sha256(json.dumps(members, sort_keys=True).encode("ascii")).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _midnight(day: date) -> datetime:
    """Return the UTC midnight that stands for a date without a zone (ConnectWise Developer Guide)."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def _shortened_warning() -> str:
    return f"The description is longer than {MAX_DESCRIPTION_LENGTH} characters and was shortened at its end."


def _price_warning(charge: Charge, currency: Currency, policies: ConnectorPolicies) -> str | None:
    """Warn of a lump in a currency with more decimals than the connector allows: there is no shorter exact price."""
    if fits_decimals(charge.unit_price, policies.price_decimals):
        return None
    price = f"{plain(charge.unit_price)} {currency.iso_code}"
    return (
        f"The unit price {price} has more than {policies.price_decimals} decimals; "
        "check it in ConnectWise before the charge is exported to accounting."
    )
