"""Work 365's rows: reading lines with all they refer to, lines of invoices, and the mirror."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest

from dataverse import errors
from dataverse.work365.records import InvoiceId, InvoiceLineId, LineMirror, LinesRead
from dataverse.work365.repository import Work365Repository
from dataverse.work365.schema import Work365Schema
from tests.unit.dataverse.samples import line_id
from tests.unit.dataverse.wire import Reply, ScriptedTransport, batch_reply, client_of, error_reply, json_reply

pytestmark = pytest.mark.unit

INVOICE = InvoiceId(line_id(100))
CONTRACT = line_id(200)
CURRENCY = line_id(300)
PRODUCT = line_id(400)
ACCOUNT = line_id(500)
FORMATTED = "@OData.Community.Display.V1.FormattedValue"


def repository_of(transport: object) -> Work365Repository:
    return Work365Repository(client_of(transport), Work365Schema())


def rows(*found: dict[str, Any]) -> Reply:
    return json_reply({"value": list(found)})


def invoice_row(**changes: Any) -> dict[str, Any]:
    return {
        "invoiceid": INVOICE,
        "invoicenumber": "INV-1",
        "name": "January",
        "statecode": 0,
        "statuscode": 4,
        "work365_invoice_billingdate": "2026-01-31",
        "_work365_invoice_billingcontract_value": CONTRACT.upper(),
        "_transactioncurrencyid_value": CURRENCY,
        "discountamount": None,
        "discountpercentage": 0,
        "freightamount": 2,
        "totallineitemamount": 24,
        **changes,
    }


def line_row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "@odata.etag": 'W/"5"',
        "invoicedetailid": line_id(number),
        "_invoiceid_value": INVOICE,
        "invoiceid": invoice_row(),
        "lineitemnumber": number,
        "_productid_value": PRODUCT,
        f"_productid_value{FORMATTED}": "Microsoft 365 E3",
        "isproductoverridden": False,
        "productdescription": None,
        "description": "Prorated",
        "work365_invoiceproduct_line1": "L1",
        "work365_invoiceproduct_line2": "L2",
        "work365_invoiceproduct_subscriptionname": "E3",
        "work365_invoiceproduct_nriname": None,
        "quantity": 2,
        "priceperunit": 12,
        "baseamount": 24,
        "manualdiscountamount": None,
        "work365_invoiceproduct_costpriceperunit": 10,
        "work365_invoiceproduct_istaxable": True,
        "producttypecode": 1,
        "work365_invoiceproduct_poplastdate": "2026-02-27",
        **changes,
    }


CONTRACT_ROW = {
    "work365_billingcontractid": CONTRACT,
    "work365_name": "BC-1827",
    "_work365_billingcontract_customer_value": ACCOUNT,
    f"_work365_billingcontract_customer_value{FORMATTED}": "Contoso",
}
CURRENCY_ROW = {"transactioncurrencyid": CURRENCY, "isocurrencycode": "JPY", "currencyprecision": 0}


# --- read lines


def test_lines_are_read_with_all_they_refer_to_in_two_requests() -> None:
    transport = ScriptedTransport(
        batch_reply(rows(line_row(1), line_row(2, _productid_value=None))),
        batch_reply(rows(CONTRACT_ROW), rows(CURRENCY_ROW)),
    )

    read = repository_of(transport).read_lines([line_id(1), line_id(2), InvoiceLineId(line_id(1).upper())])

    line = read.lines[line_id(1)]
    assert (line.etag, line.invoice_id, line.line_number) == ('W/"5"', INVOICE, 1)
    assert (line.product_id, line.product_name, line.is_write_in) == (PRODUCT, "Microsoft 365 E3", False)
    assert (line.description, line.line1, line.line2) == ("Prorated", "L1", "L2")
    assert (line.subscription_name, line.non_recurring_item_name, line.product_description) == ("E3", None, None)
    assert (line.quantity, line.price_per_unit, line.base_amount) == (Decimal(2), Decimal(12), Decimal(24))
    assert (line.manual_discount_amount, line.cost_price_per_unit) == (Decimal(0), Decimal(10))
    assert (line.is_taxable, line.product_type, line.period_last_date) == (True, 1, date(2026, 2, 27))
    assert read.lines[line_id(2)].product_id is None
    invoice = read.invoices[INVOICE]
    assert (invoice.number, invoice.name, invoice.state, invoice.status) == ("INV-1", "January", 0, 4)
    assert (invoice.invoice_date, invoice.billing_contract_id) == (date(2026, 1, 31), CONTRACT)
    assert (invoice.discount_amount, invoice.freight_amount) == (Decimal(0), Decimal(2))
    assert (invoice.discount_percentage, invoice.total_line_item_amount) == (Decimal(0), Decimal(24))
    contract = read.billing_contracts[invoice.billing_contract_id]  # type: ignore[index]
    assert (contract.name, contract.account_id, contract.account_name) == ("BC-1827", ACCOUNT, "Contoso")
    currency = read.currencies[invoice.currency_id]  # type: ignore[index]
    assert (currency.iso_code, currency.decimals) == ("JPY", 0)
    assert len(transport.sent) == 2


def test_lines_are_asked_for_once_each_with_invoice_and_formatted_values() -> None:
    transport = ScriptedTransport(batch_reply(rows()))

    repository_of(transport).read_lines([line_id(2), line_id(1), line_id(2)])

    (part,) = transport.sent[0].parts
    target = unquote(part.target)
    assert "$expand=invoiceid($select=invoiceid,invoicenumber," in target
    assert "In(PropertyName='invoicedetailid',PropertyValues=@ids)" in target
    assert target.count(line_id(1)) == target.count(line_id(2)) == 1
    assert "FormattedValue" in part.headers["Prefer"]


def test_lines_that_do_not_exist_are_absent_and_ask_for_nothing_more() -> None:
    transport = ScriptedTransport(batch_reply(rows()))

    assert repository_of(transport).read_lines([line_id(1)]) == LinesRead({}, {}, {}, {})
    assert len(transport.sent) == 1


def test_no_line_ids_are_no_request() -> None:
    assert repository_of(ScriptedTransport()).read_lines([]) == LinesRead({}, {}, {}, {})


def test_contracts_and_currencies_that_the_user_may_not_read_are_absent() -> None:
    transport = ScriptedTransport(
        batch_reply(rows(line_row(1))), batch_reply(error_reply(403, "0x80040220"), rows(CURRENCY_ROW))
    )

    read = repository_of(transport).read_lines([line_id(1)])

    assert read.billing_contracts == {}
    assert list(read.currencies) == [CURRENCY]


def test_lines_that_the_user_may_not_read_raise() -> None:
    with pytest.raises(errors.PermissionDenied):
        repository_of(ScriptedTransport(batch_reply(error_reply(403)))).read_lines([line_id(1)])


def test_an_invoice_without_contract_and_currency_and_one_that_is_hidden_are_read() -> None:
    bare = invoice_row(_work365_invoice_billingcontract_value=None, _transactioncurrencyid_value=None)
    hidden = line_row(2, _invoiceid_value=line_id(101), invoiceid=None)
    transport = ScriptedTransport(batch_reply(rows(line_row(1, invoiceid=bare), hidden)))

    read = repository_of(transport).read_lines([line_id(1), line_id(2)])

    assert list(read.invoices) == [INVOICE]
    assert read.invoices[INVOICE].billing_contract_id is None
    assert read.invoices[INVOICE].currency_id is None
    assert len(read.lines) == 2
    assert len(transport.sent) == 1


def test_a_contract_without_an_account_is_read() -> None:
    contract = {**CONTRACT_ROW, "_work365_billingcontract_customer_value": None}
    transport = ScriptedTransport(batch_reply(rows(line_row(1))), batch_reply(rows(contract), rows()))

    read = repository_of(transport).read_lines([line_id(1)])

    assert [found.account_id for found in read.billing_contracts.values()] == [None]


def test_other_names_come_from_the_schema_map() -> None:
    standard = Work365Schema()
    schema = standard.model_copy(
        update={"invoice_line": standard.invoice_line.model_copy(update={"line1": "new_line1"})}
    )
    transport = ScriptedTransport(batch_reply(rows(line_row(1, new_line1="other"))), batch_reply(rows(), rows()))

    read = Work365Repository(client_of(transport), schema).read_lines([line_id(1)])

    assert read.lines[line_id(1)].line1 == "other"
    assert ",new_line1," in unquote(transport.sent[0].parts[0].target)


# --- lines of invoices


def test_lines_of_invoices_come_in_line_order_in_one_request() -> None:
    other, missing = InvoiceId(line_id(101)), InvoiceId(line_id(102))

    def line(number: int, invoice: str, position: int | None) -> dict[str, Any]:
        return {"invoicedetailid": line_id(number), "_invoiceid_value": invoice, "lineitemnumber": position}

    transport = ScriptedTransport(
        batch_reply(
            rows({"invoiceid": INVOICE.upper()}, {"invoiceid": other}),
            rows(line(1, INVOICE, 3), line(2, INVOICE, 1), line(3, INVOICE, None), line(4, missing, 1)),
        )
    )

    found = repository_of(transport).line_ids_of_invoices([INVOICE, other, missing, INVOICE])

    assert found == {INVOICE: [line_id(3), line_id(2), line_id(1)], other: []}
    assert len(transport.sent[0].parts) == 2
    assert f"(_invoiceid_value eq {INVOICE} or _invoiceid_value eq {other} or" in unquote(
        transport.sent[0].parts[1].target
    )


def test_many_invoices_share_one_request() -> None:
    transport = ScriptedTransport(lambda sent: batch_reply(*[rows()] * len(sent.parts)))

    repository_of(transport).line_ids_of_invoices([InvoiceId(line_id(number)) for number in range(250)])

    assert len(transport.sent[0].parts) == 1 + 3


def test_no_invoices_are_no_request() -> None:
    assert repository_of(ScriptedTransport()).line_ids_of_invoices([]) == {}


# --- mirror


def mirror_of(number: int, **changes: Any) -> LineMirror:
    return replace(LineMirror(line_id(number), f'W/"{number}"', 7, "Addition", "Synced", "Pushed."), **changes)


def test_the_mirror_is_written_at_the_version_of_each_line_in_one_batch() -> None:
    transport = ScriptedTransport(batch_reply(Reply(204), Reply(204)))

    report = repository_of(transport).mirror_lines([mirror_of(1), mirror_of(2, psa_id=None, psa_name=None, message="")])

    first, second = transport.sent[0].parts
    assert (first.method, first.target) == ("PATCH", f"/api/data/v9.2/invoicedetails({line_id(1)})")
    assert first.headers["If-Match"] == 'W/"1"'
    assert first.body == {
        "work365_invoiceproduct_psasystem_id": "7",
        "work365_invoiceproduct_psasystem_name": "Addition",
        "work365_invoiceproduct_psasystem_syncstatus": "Synced",
        "work365_invoiceproduct_psasystem_syncmessage": "Pushed.",
    }
    assert second.body["work365_invoiceproduct_psasystem_id"] is None
    assert second.body["work365_invoiceproduct_psasystem_syncmessage"] is None
    assert (report.refused, report.changed) == ({}, frozenset())


def test_refused_lines_come_with_dataverses_reason_and_changed_ones_apart() -> None:
    transport = ScriptedTransport(
        batch_reply(
            json_reply({"error": {"code": "0x80040265", "message": "The invoice is read-only."}}, 400),
            error_reply(404, "0x80040217"),
            Reply(403),
            error_reply(412, "0x80060882"),
            Reply(204),
        )
    )

    report = repository_of(transport).mirror_lines([mirror_of(number) for number in range(5)])

    assert report.refused == {
        line_id(0): "The invoice is read-only.",
        line_id(1): "no",
        line_id(2): "Dataverse answered with status 403.",
    }
    assert report.changed == {line_id(3)}


def test_texts_are_cut_to_the_columns_of_work_365() -> None:
    transport = ScriptedTransport(batch_reply(Reply(204)))

    repository_of(transport).mirror_lines([mirror_of(1, psa_name="n" * 400, status="s" * 200, message="m" * 5_000)])

    assert sorted(len(value) for value in transport.sent[0].parts[0].body.values()) == [1, 100, 300, 4_000]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (error_reply(503), errors.ServerFault),
        (error_reply(429), errors.RateLimited),
        (Reply(401), errors.CredentialsRefused),
    ],
)
def test_what_is_no_refusal_of_one_line_raises(reply: Reply, kind: type[errors.DataverseError]) -> None:
    transport = ScriptedTransport(*[batch_reply(reply)] * 5)

    with pytest.raises(kind):
        repository_of(transport).mirror_lines([mirror_of(1)])


def test_no_mirror_is_no_request() -> None:
    assert repository_of(ScriptedTransport()).mirror_lines([]).refused == {}
