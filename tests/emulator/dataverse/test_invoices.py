"""Read-only invoices, and the money of their lines (domain.md 2.4, 2.5, 7)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.emulator.dataverse.harness import INVOICE, JPY, KWD, LINE, MISSING, Organization, row

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("state", [2, 3])
def test_paid_and_cancelled_invoices_and_their_lines_are_read_only(org: Organization, state: int) -> None:
    """domain.md 2.4."""
    assert org.patch(f"invoices({INVOICE})", {"statecode": state}).status == 204
    refused = [
        org.patch(f"invoices({INVOICE})", {"description": "x"}),
        org.patch(f"invoicedetails({LINE})", {"work365_invoiceproduct_psasystem_syncstatus": "Synced"}),
        org.delete(f"invoicedetails({LINE})"),
        org.post("invoicedetails", {"quantity": 1, "invoiceid@odata.bind": f"/invoices({INVOICE})"}),
    ]
    assert [(reply.status, reply.message) for reply in refused] == [(400, "Cannot Update a Read-Only Entity")] * 4
    assert org.patch(f"invoices({INVOICE})", {"statecode": 0}).status == 204
    assert org.patch(f"invoicedetails({LINE})", {"description": "x"}).status == 204


def test_money_is_rounded_at_its_precision_half_away_from_zero(org: Organization) -> None:
    """domain.md 2.5, M4, M5: currency decimals for amounts, pricing decimals for prices, five for quantities."""

    def line(currency: str | None) -> dict[str, Any]:
        bind = {} if currency is None else {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({currency})"}
        reply = org.post(
            "invoicedetails?$select=baseamount,tax,priceperunit,quantity,_transactioncurrencyid_value",
            {
                "invoiceid@odata.bind": f"/invoices({INVOICE})",
                "baseamount": 0.0045,
                "tax": -1.5005,
                "priceperunit": 1.00005,
                "quantity": 0.123455,
                **bind,
            },
            {"Prefer": "return=representation"},
        )
        found: dict[str, Any] = reply.json
        return found

    dollars, yen, dinars = line(None), line(JPY), line(KWD)
    assert [str(r["baseamount"]) for r in (dollars, yen, dinars)] == ["0.00", "0", "0.005"]
    assert [str(r["tax"]) for r in (dollars, yen, dinars)] == ["-1.50", "-2", "-1.501"]
    assert str(dollars["priceperunit"]) == "1.0001"
    assert str(dollars["quantity"]) == "0.12346"


def test_amounts_of_a_line_are_not_worked_out_again(org: Organization) -> None:
    """Lines keep the amounts they were loaded with."""
    org.patch(f"invoicedetails({LINE})", {"quantity": 999})
    found = row(org, f"invoicedetails({LINE})?$select=baseamount,extendedamount")
    assert (found["baseamount"], found["extendedamount"]) == (220, Decimal("237.6"))


def test_seeded_amounts_are_kept_as_given(org: Organization) -> None:
    """Seeds know no business rules."""
    org.emulator.seed(
        {
            "invoicedetails": [
                {
                    "invoicedetailid": MISSING,
                    "baseamount": Decimal("1.23456"),
                    "invoiceid@odata.bind": f"/invoices({INVOICE})",
                }
            ]
        }
    )
    assert str(row(org, f"invoicedetails({MISSING})?$select=baseamount")["baseamount"]) == "1.23456"
