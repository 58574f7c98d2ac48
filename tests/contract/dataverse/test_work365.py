"""Work 365's rows against a strict Dataverse, read and written with a person's rights."""

import time
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dataverse.psasync.records import EntraObjectId
from dataverse.work365.records import InvoiceId, InvoiceLineId, LineMirror
from dataverse.work365.repository import Work365Repository
from dataverse.work365.schema import Work365Schema
from tests.contract.dataverse.target import CLERK, JPY, READER, USD, Target, guid

pytestmark = pytest.mark.contract

OPEN, PAID = InvoiceId(guid("invoice", 1)), InvoiceId(guid("invoice", 2))
CONTRACT, ACCOUNT, PRODUCT = guid("contract"), guid("account"), guid("product")


def line_id(number: int) -> InvoiceLineId:
    return InvoiceLineId(guid("line", number))


@pytest.fixture
def invoices(target: Target) -> Target:
    """An open invoice in dollars with 200 lines, a paid one in yen with one."""

    def invoice(invoice_id: str, currency: str, state: int, status: int) -> dict[str, object]:
        return {
            "invoiceid": invoice_id,
            "name": "January",
            "invoicenumber": f"INV-{invoice_id[:4]}",
            "_transactioncurrencyid_value": currency,
            "customerid_account@odata.bind": f"/accounts({ACCOUNT})",
            "work365_invoice_billingcontract@odata.bind": f"/work365_billingcontracts({CONTRACT})",
            "work365_invoice_billingdate": "2026-01-31",
            "statecode": state,
            "statuscode": status,
        }

    def line(number: int, invoice_id: str, position: int) -> dict[str, object]:
        return {
            "invoicedetailid": line_id(number),
            "invoiceid@odata.bind": f"/invoices({invoice_id})",
            "productid@odata.bind": f"/products({PRODUCT})",
            "quantity": 7.41935,
            "priceperunit": 14.9,
            "baseamount": 110.55,
            "manualdiscountamount": 0.55,
            "lineitemnumber": position,
            "description": f"Line {number}",
            "work365_invoiceproduct_line1": "L1",
            "work365_invoiceproduct_istaxable": True,
            "work365_invoiceproduct_costpriceperunit": 10,
            "work365_invoiceproduct_poplastdate": "2026-02-27",
        }

    target.seed(
        accounts=[{"accountid": ACCOUNT, "name": "Contoso"}],
        products=[{"productid": PRODUCT, "name": "Microsoft 365 E3", "productnumber": "E3"}],
        work365_billingcontracts=[
            {
                "work365_billingcontractid": CONTRACT,
                "work365_name": "BC-1827",
                "work365_billingcontract_customer@odata.bind": f"/accounts({ACCOUNT})",
            }
        ],
        invoices=[invoice(OPEN, USD, 0, 4), invoice(PAID, JPY, 2, 100001)],
        invoicedetails=[*(line(number, OPEN, 200 - number) for number in range(200)), line(900, PAID, 1)],
    )
    return target


def repository_of(target: Target, user: str = CLERK) -> Work365Repository:
    return Work365Repository(target.client().acting_as(EntraObjectId(user)), Work365Schema())


def test_a_chunk_of_lines_is_read_in_two_requests(invoices: Target) -> None:
    with invoices.counted(2):
        read = repository_of(invoices).read_lines(
            [*(line_id(number) for number in range(200)), line_id(900), line_id(7_777)]
        )

    assert len(read.lines) == 201
    line = read.lines[line_id(3)]
    assert (line.quantity, line.price_per_unit) == (Decimal("7.41935"), Decimal("14.9"))
    assert (line.base_amount, line.manual_discount_amount) == (Decimal("110.55"), Decimal("0.55"))
    assert (line.product_id, line.product_name) == (PRODUCT, "Microsoft 365 E3")
    assert (line.line_number, line.is_taxable, line.period_last_date) == (197, True, date(2026, 2, 27))
    assert (line.line1, line.description, line.cost_price_per_unit) == ("L1", "Line 3", Decimal(10))
    assert not line.is_write_in
    invoice = read.invoices[line.invoice_id]
    assert (invoice.state, invoice.status, invoice.invoice_date) == (0, 4, date(2026, 1, 31))
    (contract,) = read.billing_contracts.values()
    assert (contract.id, contract.name, contract.account_id, contract.account_name) == (
        CONTRACT,
        "BC-1827",
        ACCOUNT,
        "Contoso",
    )
    assert {(currency.iso_code, currency.decimals) for currency in read.currencies.values()} == {("USD", 2), ("JPY", 0)}


def test_lines_of_invoices_come_in_line_order_in_one_request(invoices: Target) -> None:
    missing = InvoiceId(guid("invoice", 9))
    with invoices.counted(1):
        found = repository_of(invoices).line_ids_of_invoices([PAID, OPEN, missing])

    assert found[OPEN] == [line_id(number) for number in reversed(range(200))]
    assert found[PAID] == [line_id(900)]
    assert missing not in found


def mirrors_of(target: Target, *numbers: int) -> list[LineMirror]:
    lines = repository_of(target).read_lines([line_id(number) for number in numbers]).lines
    return [
        LineMirror(line_id(number), lines[line_id(number)].etag, 7, "Microsoft 365 E3", "Synced", "Addition 7.")
        for number in numbers
    ]


def test_the_mirror_of_a_chunk_is_one_request_and_is_written_as_the_user(invoices: Target) -> None:
    mirrors = mirrors_of(invoices, *range(200))

    with invoices.counted(1):
        report = repository_of(invoices).mirror_lines(mirrors)

    assert (report.refused, report.changed) == ({}, frozenset())
    row = invoices.control("GET", "state?table=invoicedetails")
    assert "work365_invoiceproduct_psasystem_syncstatus" in str(row)


def test_a_paid_invoice_and_a_missing_line_are_refused_with_a_reason_and_a_stale_one_is_changed(
    invoices: Target,
) -> None:
    first, second, paid = mirrors_of(invoices, 1, 2, 900)
    repository = repository_of(invoices)
    repository.mirror_lines([second])

    report = repository.mirror_lines([first, second, paid, replace(first, line_id=line_id(7_777))])

    assert report.changed == {second.line_id}
    assert set(report.refused) == {paid.line_id, line_id(7_777)}
    assert all(report.refused.values())


def test_a_user_who_may_only_read_is_refused_line_by_line(invoices: Target) -> None:
    mirrors = mirrors_of(invoices, 1, 2)

    assert set(repository_of(invoices, READER).mirror_lines(mirrors).refused) == {line_id(1), line_id(2)}


@pytest.mark.parametrize(
    ("kind", "more", "seen"),
    [
        ("drop_before", {}, 0),
        ("drop_after_commit", {}, 2),
        ("commit_late", {"delay_ms": 400}, 0),
        ("status", {"status": 503}, 0),
        ("rate_limit", {"retry_after": 1}, 0),
        ("truncate", {}, 2),
    ],
)
def test_a_mirror_whose_answer_was_lost_is_written_once_and_reported_as_changed(
    invoices: Target, kind: str, more: dict[str, int], seen: int
) -> None:
    mirrors = mirrors_of(invoices, 1, 2)
    invoices.fault(kind, path=r"\$batch", **more)

    report = repository_of(invoices).mirror_lines(mirrors)

    if kind == "commit_late":
        time.sleep(0.6)
    assert len(report.changed) == seen
    assert report.refused == {}
    after = mirrors_of(invoices, 1, 2)
    assert [mirror.etag for mirror in after] != [mirror.etag for mirror in mirrors]
