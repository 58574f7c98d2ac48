"""Agreement invoicing, just enough to reconcile: a wrong push becomes wrong money (domain.md 3.1 and 3.2).

The rules follow what the documents say of the product: quantity minus lessIncluded is billed, an addition without
cancelled date bills in every cycle, proration follows the agreement's flag, unit prices are rounded to 2 decimals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from emulators.connectwise.desk import Desk
from emulators.connectwise.exact import EXACT
from emulators.connectwise.periods import ONCE, Period, day, midnight, periods
from emulators.connectwise.resources import ADDITIONS, AGREEMENTS, BILLING_CYCLES, CURRENCIES, INVOICES
from emulators.connectwise.rows import INVOICED_THRU

_ZERO = Decimal(0)
_PRICE_DECIMALS = 2
_NEW_STATUS = 1
_DUE_AFTER = timedelta(days=30)
_FIRST_NUMBER = 100_000


@dataclass(frozen=True, slots=True)
class Line:
    """One addition on an invoice; the unit price is rounded, the amount has the decimals of the currency."""

    addition_id: int
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


def invoice_agreements(desk: Desk, thru: date) -> list[dict[str, Any]]:
    """Invoice every period that begins up to `thru`, mark it invoiced and return what was billed."""
    table = desk.store[AGREEMENTS]
    billed = []
    for agreement_id in tuple(table.ids):
        agreement = table.values(table.rows[agreement_id])
        for period in _open_periods(desk, agreement, thru):
            document = _invoice(desk, agreement, period, thru)
            if document is not None:
                billed.append(document)
    return billed


def _open_periods(desk: Desk, agreement: Mapping[str, Any], thru: date) -> Iterator[Period]:
    start, option = agreement["billStartDate"], _billing_option(desk, agreement)
    stop = _last_day(agreement)
    invoiced = agreement[INVOICED_THRU]
    if start is None or option is None or stop is None:
        return
    # the one period of a one-time agreement is invoiced once: what is added later stays unbilled
    for period in periods(day(start), option):
        if period.first > min(thru, stop):
            return
        if not invoiced or period.first.isoformat() > invoiced:
            yield period


def _billing_option(desk: Desk, agreement: Mapping[str, Any]) -> str | None:
    if agreement["billOneTimeFlag"]:
        return ONCE
    cycles = desk.store[BILLING_CYCLES]
    cycle = cycles.rows.get(agreement["billingCycle"] or 0)
    option: str | None = None if cycle is None else cycles.value(cycle, "billingOptions")
    return option


def _last_day(agreement: Mapping[str, Any]) -> date | None:
    """Return the last day on which a period may begin; None for an agreement cancelled without a date."""
    last = date.max
    if agreement["endDate"] and not agreement["noEndingDateFlag"]:
        last = day(agreement["endDate"])
    if agreement["dateCancelled"]:
        return min(last, day(agreement["dateCancelled"]))
    return None if agreement["cancelledFlag"] else last


def _invoice(desk: Desk, agreement: Mapping[str, Any], period: Period, thru: date) -> dict[str, Any] | None:
    decimals = _decimals(desk, agreement)
    lines = list(_lines(desk, agreement, period, decimals))
    fee = _rounded(agreement["billAmount"] or _ZERO, decimals)
    if not lines and not fee:
        return None
    products = sum((line.amount for line in lines), _ZERO)
    invoice_id = _write_invoice(desk, agreement, period, fee, products)
    once = agreement["billOneTimeFlag"] or period.last == date.max
    last = thru if once else period.last
    following = None if once else midnight(period.last + timedelta(days=1))
    desk.change(AGREEMENTS, agreement["id"], {INVOICED_THRU: last.isoformat(), "nextInvoiceDate": following})
    return {
        "id": invoice_id,
        "agreementId": agreement["id"],
        "periodStart": period.first.isoformat(),
        "periodEnd": None if once else period.last.isoformat(),
        "agreementAmount": fee,
        "total": fee + products,
        "lines": [
            {
                "additionId": line.addition_id,
                "quantity": line.quantity,
                "unitPrice": line.unit_price,
                "amount": line.amount,
            }
            for line in lines
        ],
    }


def _lines(desk: Desk, agreement: Mapping[str, Any], period: Period, decimals: int) -> Iterator[Line]:
    table = desk.store[ADDITIONS]
    for addition_id in table.children(agreement["id"]):
        addition = table.values(table.rows[addition_id])
        share = _share(agreement, addition, period)
        if addition["billCustomer"] == "DoNotBill" or not share:
            continue
        quantity = EXACT.subtract(addition["quantity"] or _ZERO, addition["lessIncluded"] or _ZERO)
        price = _ZERO if addition["billCustomer"] == "NoCharge" else addition["unitPrice"] or _ZERO
        rounded = _rounded(EXACT.multiply(price, share), max(_PRICE_DECIMALS, decimals))
        yield Line(addition_id, quantity, rounded, _rounded(EXACT.multiply(quantity, rounded), decimals))


def _share(agreement: Mapping[str, Any], addition: Mapping[str, Any], period: Period) -> Decimal:
    """Return which part of the period an addition bills: all or nothing, unless the agreement prorates."""
    if period.last == date.max:
        return Decimal(1)  # on a one-time agreement dates do not matter
    first = max(period.first, day(addition["effectiveDate"]) if addition["effectiveDate"] else period.first)
    last = min(period.last, day(addition["cancelledDate"]) if addition["cancelledDate"] else period.last)
    days = (last - first).days + 1
    if days <= 0:
        return _ZERO
    return EXACT.divide(Decimal(days), Decimal(period.days)) if agreement["prorateFlag"] else Decimal(1)


def _write_invoice(desk: Desk, agreement: Mapping[str, Any], period: Period, fee: Decimal, products: Decimal) -> int:
    total = fee + products
    number = _FIRST_NUMBER + desk.store[INVOICES].next_id
    row = desk.add(
        INVOICES,
        {
            "invoiceNumber": str(number),
            "type": "Agreement",
            "status": _NEW_STATUS,
            "company": agreement["company"],
            "billToCompany": agreement["billToCompany"] or agreement["company"],
            "billingSite": agreement["site"],
            "applyToType": "Agreement",
            "applyToId": agreement["id"],
            "agreement": agreement["id"],
            "reference": agreement["name"][:50],
            "customerPO": agreement["customerPO"],
            "date": midnight(period.first),
            "dueDate": midnight(period.first + _DUE_AFTER),
            "currency": agreement["currency"],
            "taxCode": agreement["taxCode"],
            "agreementAmount": fee,
            "productTotal": products,
            "serviceTotal": _ZERO,
            "expenseTotal": _ZERO,
            "salesTax": _ZERO,
            "subtotal": total,
            "total": total,
            "payments": _ZERO,
            "credits": _ZERO,
            "balance": total,
        },
    )
    invoice_id: int = row[0]
    return invoice_id


def _decimals(desk: Desk, agreement: Mapping[str, Any]) -> int:
    currencies = desk.store[CURRENCIES]
    row = currencies.rows.get(agreement["currency"] or 0)
    decimals = None if row is None else currencies.value(row, "numberOfDecimals")
    return _PRICE_DECIMALS if decimals is None else int(decimals)


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=EXACT)
