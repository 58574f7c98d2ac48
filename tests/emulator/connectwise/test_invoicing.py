"""Agreement invoicing, so that a wrong push becomes wrong money."""

from decimal import Decimal
from typing import Any

import pytest

from tests.emulator.connectwise.harness import Reply, Tenant

pytestmark = pytest.mark.emulator

MONTHLY, ONE_TIME, MANAGED = 412, 413, 414


def add(tenant: Tenant, agreement: int, **members: Any) -> int:
    """Post one addition and return its id."""
    body = {"product": {"id": 990}, "billCustomer": "Billable", "effectiveDate": "2025-07-01T00:00:00Z", **members}
    reply = tenant.post(f"/finance/agreements/{agreement}/additions", body)
    assert reply.status == 201, reply.body
    row_id: int = reply.json["id"]
    return row_id


def invoice(tenant: Tenant, thru: str) -> Reply:
    """Run agreement invoicing."""
    reply = tenant.control("POST", "invoice-agreements", thru=thru)
    assert reply.status == 200, reply.body
    return reply


def totals(tenant: Tenant, agreement: int) -> list[Decimal]:
    """Return the totals of the invoices of an agreement, oldest first."""
    rows = tenant.get("/finance/invoices", conditions=f"agreement/id={agreement}", pageSize=1000).json
    return [row["total"] for row in rows]


def test_invoices_are_written_as_the_api_shows_them(tenant: Tenant) -> None:
    """connectwise.md 9.6: type Agreement, found by agreement/id; fixture agreement 412 has one August addition."""
    reply = invoice(tenant, "2025-08-15")
    assert [each["agreementId"] for each in reply.json["invoices"]].count(MONTHLY) == 1
    row = tenant.get("/finance/invoices", conditions="agreement/id=412").json[0]
    assert (row["type"], row["applyToType"], row["applyToId"]) == ("Agreement", "Agreement", MONTHLY)
    assert (row["total"], row["balance"], row["agreement"]["name"]) == (
        Decimal("312.5"),
        Decimal("312.5"),
        "Cloud subscriptions (monthly)",
    )
    assert (row["date"], row["company"]["id"], row["currency"]["symbol"]) == ("2025-08-01T00:00:00Z", 250, "€")
    assert len(row["invoiceNumber"]) <= 15


def test_quantity_minus_less_included_is_billed(tenant: Tenant) -> None:
    """Domain 3.2: ConnectWise bills (quantity - lessIncluded) x price."""
    add(tenant, ONE_TIME, quantity=10, lessIncluded=4, unitPrice=2)
    invoice(tenant, "2025-07-31")
    assert totals(tenant, ONE_TIME) == [12]


@pytest.mark.parametrize(
    ("quantity", "price", "total"),
    [
        (100, "5.2456", "525"),
        (3, "3.3333", "9.99"),
        (-2, "12", "-24"),
        ("0.33333", "30", "10"),
        ("7.41935", "14.9", "110.55"),
        (1, "0.005", "0.01"),
        (-1, "0.005", "-0.01"),
    ],
)
def test_unit_prices_are_rounded_to_two_decimals_first(tenant: Tenant, quantity: Any, price: str, total: str) -> None:
    """Domain 3.2 and vectors 2 to 5: 5.2456 becomes 5.25, so that 100 units give 525.00; half up, away from zero."""
    add(tenant, ONE_TIME, quantity=float(quantity), unitPrice=float(price))
    invoice(tenant, "2025-07-31")
    assert totals(tenant, ONE_TIME) == [Decimal(total)]


@pytest.mark.parametrize(
    ("currency", "price", "total"), [(4, "1500.4", "1500"), (5, "1.234", "1.234"), (1, "1.234", "1.23")]
)
def test_amounts_have_the_decimals_of_the_currency(tenant: Tenant, currency: int, price: str, total: str) -> None:
    """Domain M5: JPY 0, KWD 3."""
    tenant.patch(f"/finance/agreements/{ONE_TIME}", ("replace", "currency", {"id": currency}))
    add(tenant, ONE_TIME, unitPrice=float(price))
    invoice(tenant, "2025-07-31")
    assert totals(tenant, ONE_TIME) == [Decimal(total)]


def test_an_addition_without_cancelled_date_bills_in_every_cycle(tenant: Tenant) -> None:
    """connectwise.md 9.5: a charge for one period needs a cancelled date."""
    tenant.delete("/finance/agreements/412/additions/77001")
    add(tenant, MONTHLY, unitPrice=10)
    add(tenant, MONTHLY, unitPrice=1, cancelledDate="2025-07-01T00:00:00Z")
    invoice(tenant, "2025-09-30")
    assert totals(tenant, MONTHLY) == [11, 10, 10]


def test_proration_follows_the_flag_of_the_agreement(tenant: Tenant) -> None:
    """Domain 3.2: with prorateFlag ConnectWise prorates mid-month additions, without it bills them whole."""
    tenant.delete("/finance/agreements/412/additions/77001")
    half = {"unitPrice": 31, "effectiveDate": "2025-07-17T00:00:00Z", "cancelledDate": "2025-07-31T00:00:00Z"}
    add(tenant, MONTHLY, **half)
    add(tenant, MANAGED, **half)
    tenant.patch(f"/finance/agreements/{MANAGED}", ("replace", "prorateFlag", True), ("replace", "billAmount", 0))
    invoice(tenant, "2025-07-31")
    assert totals(tenant, MONTHLY) == [31]
    assert totals(tenant, MANAGED) == [15]


@pytest.mark.parametrize(("bill_customer", "expected"), [("Billable", [12.5]), ("NoCharge", [0]), ("DoNotBill", [])])
def test_bill_customer_decides(tenant: Tenant, bill_customer: str, expected: list[float]) -> None:
    """connectwise.md 9.5: Billable, NoCharge, DoNotBill."""
    add(tenant, ONE_TIME, billCustomer=bill_customer)
    invoice(tenant, "2025-07-31")
    assert totals(tenant, ONE_TIME) == [Decimal(str(each)) for each in expected]


def test_the_agreement_amount_is_billed_each_period(tenant: Tenant) -> None:
    """connectwise.md 9.4: billAmount."""
    invoice(tenant, "2025-03-31")
    assert totals(tenant, MANAGED) == [500, 500, 500]


def test_an_invoiced_period_is_not_invoiced_again(tenant: Tenant) -> None:
    """Domain 3.1: invoicing runs up to a thru date; the next run continues behind it."""
    invoice(tenant, "2025-03-31")
    assert invoice(tenant, "2025-03-31").json == {"invoices": []}
    assert tenant.get(f"/finance/agreements/{MANAGED}").json["nextInvoiceDate"] == "2025-04-01T00:00:00Z"
    invoice(tenant, "2025-04-01")
    assert totals(tenant, MANAGED) == [500, 500, 500, 500]


def test_a_one_time_agreement_is_invoiced_once(tenant: Tenant) -> None:
    """Domain 3.1: billOneTimeFlag means invoice once, whatever the dates; what comes later stays unbilled."""
    add(tenant, ONE_TIME, unitPrice=1, effectiveDate="2025-12-01T00:00:00Z")
    invoice(tenant, "2025-07-31")
    add(tenant, ONE_TIME, unitPrice=5, effectiveDate="2025-12-01T00:00:00Z")
    invoice(tenant, "2025-12-31")
    assert totals(tenant, ONE_TIME) == [1]


def test_a_one_time_charge_is_not_prorated(tenant: Tenant) -> None:
    """connectwise.md 9.5: on a one-time agreement dates do not matter."""
    tenant.patch(f"/finance/agreements/{ONE_TIME}", ("replace", "prorateFlag", True))
    add(tenant, ONE_TIME, unitPrice=31, cancelledDate="2025-07-01T00:00:00Z")
    billed = next(each for each in invoice(tenant, "2025-07-31").json["invoices"] if each["agreementId"] == ONE_TIME)
    assert (billed["total"], billed["periodStart"], billed["periodEnd"]) == (31, "2025-07-01", None)


def test_cancelled_and_ended_agreements_are_not_billed_beyond_their_end(tenant: Tenant) -> None:
    """Domain 3.1: cancelledFlag, dateCancelled, endDate."""
    path = f"/finance/agreements/{MANAGED}"
    tenant.patch(path, ("replace", "endDate", "2025-02-28T00:00:00Z"), ("replace", "noEndingDateFlag", False))
    invoice(tenant, "2025-06-30")
    assert len(totals(tenant, MANAGED)) == 2
    tenant.patch(path, ("replace", "noEndingDateFlag", True), ("replace", "dateCancelled", "2025-03-15T00:00:00Z"))
    invoice(tenant, "2025-06-30")
    assert len(totals(tenant, MANAGED)) == 3
    tenant.patch(path, ("remove", "dateCancelled", None), ("replace", "cancelledFlag", True))
    invoice(tenant, "2025-06-30")
    assert len(totals(tenant, MANAGED)) == 3


@pytest.mark.parametrize(
    ("cycle", "starts"),
    [
        (1, ["2025-01-31", "2025-02-07"]),
        (6, ["2025-01-31", "2025-02-14"]),
        (2, ["2025-01-31", "2025-02-28"]),
        (7, ["2025-01-31", "2025-03-31"]),
        (3, ["2025-01-31", "2025-04-30"]),
        (4, ["2025-01-31", "2025-07-31"]),
        (5, ["2025-01-31", "2026-01-31"]),
    ],
)
def test_periods_follow_the_billing_cycle(tenant: Tenant, cycle: int, starts: list[str]) -> None:
    """connectwise.md 9.4: billingOptions; a month has no 31st always."""
    agreement = {
        "name": "C",
        "type": {"id": 10},
        "company": {"id": 251},
        "contact": {"id": 3106},
        "startDate": "2025-01-31T00:00:00Z",
        "billingCycle": {"id": cycle},
        "billAmount": 7,
    }
    row_id = tenant.post("/finance/agreements", agreement).json["id"]
    invoice(tenant, starts[1])
    rows = tenant.get("/finance/invoices", conditions=f"agreement/id={row_id}").json
    assert [row["date"][:10] for row in rows] == starts


def test_an_agreement_without_a_cycle_is_never_invoiced() -> None:
    """Domain 3.1: peers reject agreements whose billing cycle is None."""
    row = {"id": 1, "name": "A", "startDate": "2025-01-01T00:00:00Z", "billAmount": 5}
    tenant = Tenant(seed={"/finance/agreements": [row, {**row, "id": 2, "startDate": None}]})
    assert invoice(tenant, "2025-12-31").json == {"invoices": []}


def test_invoicing_needs_a_date(tenant: Tenant) -> None:
    """Architecture 10: bad input of a control route is a 400 that names the member."""
    for thru in ("", "soon"):
        reply = tenant.control("POST", "invoice-agreements", thru=thru)
        assert (reply.status, reply.json["error"][:5]) == (400, "thru:")
    assert tenant.control("POST", "invoice-agreements", {"thru": "2025-07-31"}).status == 200
    assert tenant.control("POST", "invoice-everything", {}).status == 404


def test_an_invoiced_agreement_cannot_be_deleted(tenant: Tenant) -> None:
    """connectwise.md 5: 409, record in use."""
    invoice(tenant, "2025-08-31")
    assert tenant.delete("/finance/agreements/412").status == 409
