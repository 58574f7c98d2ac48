"""The eighty invoices of March 2026: sixty cycles, twelve weekly change logs, and eight others."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Final

from emulators.seeds.contoso.charges import Charge, ChargeMaker
from emulators.seeds.contoso.contracts import CONTRACTS, Contract
from emulators.seeds.dataverse_rows import InvoiceHeader, Row, bind, invoice, row_id

_CHANGE_LOG_DAYS: Final = ("2026-03-09", "2026-03-16", "2026-03-23")
_LONG_INVOICE, _LONG_INVOICE_LINES = 13, 110
_PAID, _CANCELLED, _BILLED = (2, 100001), (3, 100003), (0, 4)
_BUNDLE, _BUNDLE_ITEM = 2, 3


@dataclass(frozen=True, slots=True)
class InvoicePlan:
    """One invoice with its charges."""

    header: InvoiceHeader
    charges: tuple[Charge, ...]


def invoices() -> tuple[InvoicePlan, ...]:
    """Return all invoices; each call gives the same."""
    return tuple(_plans())


def invoice_row(plan: InvoicePlan) -> Row:
    """Return the row of an invoice."""
    return invoice(plan.header, [charge.amounts for charge in plan.charges])


def line_rows(plans: tuple[InvoicePlan, ...]) -> Iterator[Row]:
    """Yield the rows of all lines."""
    number = 0
    for plan in plans:
        heading: str | None = None
        for position, charge in enumerate(plan.charges, start=1):
            line_id = row_id("invoicedetail", number)
            yield _line_row(line_id, plan.header.invoice_id, position, charge, heading)
            heading = line_id if charge.product_type == _BUNDLE else None
            number += 1


def _plans() -> Iterator[InvoicePlan]:
    draw = Random(365)
    for contract in CONTRACTS:
        number = _LONG_INVOICE_LINES if contract.number == _LONG_INVOICE else draw.randint(8, 26)
        maker = ChargeMaker(contract, draw)
        charges = maker.project(number // 2) if contract.frequency == "One Time" else maker.month(number)
        yield _plan(contract.number, contract, charges)
    first = len(CONTRACTS)
    for number, contract in enumerate(CONTRACTS[40:52]):
        charges = ChargeMaker(contract, draw).change_log(draw.randint(3, 9))
        plan = _plan(first + number, contract, charges, _CHANGE_LOG_DAYS[number % 3])
        yield replace(plan, header=replace(plan.header, category="Change Log"))
    yield from _unusual_plans(first + 12, draw)


def _unusual_plans(first: int, draw: Random) -> Iterator[InvoicePlan]:
    """Yield billed, booked, paid, cancelled and empty invoices, and ones with amounts in the header."""
    yield _with_state(_plan(first, CONTRACTS[54], ChargeMaker(CONTRACTS[54], draw).project(6)), _BILLED)
    yield _with_state(_plan(first + 1, CONTRACTS[0], ChargeMaker(CONTRACTS[0], draw).month(14)), _BILLED)
    yield _plan(first + 2, CONTRACTS[12], ChargeMaker(CONTRACTS[12], draw).month(12))
    yield _plan(first + 3, CONTRACTS[7], ChargeMaker(CONTRACTS[7], draw).month(16))
    yield _plan(first + 4, CONTRACTS[2], [])
    yield _with_state(_plan(first + 5, CONTRACTS[3], ChargeMaker(CONTRACTS[3], draw).month(15)), _PAID)
    yield _with_state(_plan(first + 6, CONTRACTS[4], ChargeMaker(CONTRACTS[4], draw).month(9)), _CANCELLED)
    plan = _plan(first + 7, CONTRACTS[9], ChargeMaker(CONTRACTS[9], draw).month(11))
    yield replace(plan, header=replace(plan.header, discount=Decimal("50.00"), freight=Decimal("12.50")))


def _with_state(plan: InvoicePlan, state: tuple[int, int]) -> InvoicePlan:
    return replace(plan, header=replace(plan.header, state=state[0], status=state[1]))


def _plan(number: int, contract: Contract, charges: list[Charge], billing_date: str = "2026-03-02") -> InvoicePlan:
    header = InvoiceHeader(
        invoice_id=row_id("invoice", number),
        number=f"INV-{4001 + number}",
        name=f"{contract.customer.name}, March 2026",
        account_id=contract.customer.account_id,
        contract_id=contract.contract_id,
        currency=contract.customer.currency,
        billing_date=billing_date,
        due_date="2026-04-22",
    )
    return InvoicePlan(header, tuple(charges))


def _line_row(line_id: str, invoice_id: str, position: int, charge: Charge, heading: str | None) -> Row:
    row: Row = {
        "invoicedetailid": line_id,
        **bind("invoiceid", "invoices", invoice_id),
        "lineitemnumber": position,
        "invoicedetailname": charge.text[:100],
        "description": charge.note,
        "work365_invoiceproduct_line1": charge.text,
        "work365_invoiceproduct_istaxable": charge.is_taxable,
        "producttypecode": charge.product_type,
        "isproductoverridden": charge.product is None,
        **charge.amounts.row(),
    }
    if charge.product is None:
        row["productdescription"] = charge.text
    else:
        row |= bind("productid", "products", charge.product.product_id) | bind("uomid", "uoms", charge.product.unit_id)
        row["work365_invoiceproduct_costpriceperunit"] = charge.cost
    if charge.subscription is not None:
        subscription_id = charge.subscription.subscription_id
        row |= bind("work365_invoiceproduct_subscription", "work365_subscriptions", subscription_id)
        row["work365_invoiceproduct_subscriptionname"] = charge.text
        row["work365_invoiceproduct_poplastdate"] = (
            "2026-04-01" if charge.subscription.product.term == "Monthly" else "2027-03-01"
        )
    else:
        row["work365_invoiceproduct_nriname"] = charge.text
    if charge.product_type == _BUNDLE_ITEM and heading is not None:
        row["parentbundleid"] = heading
    return row
