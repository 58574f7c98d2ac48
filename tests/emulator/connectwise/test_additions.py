"""Additions: the charges that this project is about."""

from typing import Any

import pytest

from emulators.connectwise.rules.additions import ALREADY_INVOICED, TOO_EARLY
from tests.emulator.connectwise.harness import Tenant

pytestmark = pytest.mark.emulator

PATH = "/finance/agreements/412/additions"
ADDITION = {"product": {"id": 990}, "billCustomer": "Billable", "effectiveDate": "2025-08-01T00:00:00Z"}


def test_an_addition_is_answered_with_its_computed_members(tenant: Tenant) -> None:
    """Fixture addition.json: the stored record with amounts, unit, text and status."""
    tenant.delete(f"{PATH}/77001")
    body = {**ADDITION, "quantity": 25, "lessIncluded": 0, "unitPrice": 12.5, "unitCost": 10, "serialNumber": "m-1"}
    reply = tenant.post(PATH, body)
    assert reply.status == 201
    expected = {
        "agreementId": 412,
        "description": "Sample 365 Business Standard (monthly)",
        "billedQuantity": 25,
        "uom": "Each",
        "extPrice": 312.5,
        "extCost": 250,
        "margin": 62.5,
        "sequenceNumber": 1,
        "prorateCost": 0,
        "proratePrice": 0,
        "extendedProrateCost": 0,
        "extendedProratePrice": 0,
        "prorateCurrentPeriodFlag": False,
        "purchaseItemFlag": False,
        "specialOrderFlag": False,
        "taxableFlag": True,
        "agreementStatus": "Active",
        "customFields": [],
    }
    assert {name: reply.json[name] for name in expected} == expected
    assert reply.json["product"]["identifier"] == "CFQ7TTC0LFLX:0001-M"


def test_product_and_bill_customer_are_required(tenant: Tenant) -> None:
    """connectwise.md 9.5: required product and billCustomer."""
    assert tenant.post(PATH, {}).faults == {
        ("MissingRequiredField", "product"),
        ("MissingRequiredField", "billCustomer"),
    }


def test_price_cost_and_tax_come_from_the_catalog_unless_given(tenant: Tenant) -> None:
    """connectwise.md 4.1: what the body leaves out is defaulted."""
    row = tenant.post(PATH, ADDITION).json
    assert (row["quantity"], row["unitPrice"], row["unitCost"], row["taxableFlag"]) == (1, 12.5, 10, True)
    zero = tenant.post(PATH, {**ADDITION, "unitPrice": 0, "taxableFlag": False}).json
    assert (zero["unitPrice"], zero["extPrice"], zero["taxableFlag"]) == (0, 0, False)


def test_less_included_reduces_the_billed_quantity(tenant: Tenant) -> None:
    """Domain 3.2: (quantity - lessIncluded) x price."""
    row = tenant.post(PATH, {**ADDITION, "quantity": 10, "lessIncluded": 4, "unitPrice": 2}).json
    assert (row["billedQuantity"], row["extPrice"]) == (6, 12)


def test_the_text_of_the_product_cannot_be_overwritten(tenant: Tenant) -> None:
    """connectwise.md 9.5: description is computed."""
    row = tenant.post(PATH, {**ADDITION, "description": "mine"}).json
    assert row["description"] == "Sample 365 Business Standard (monthly)"
    changed = tenant.patch(f"{PATH}/{row['id']}", ("replace", "description", "mine")).json
    assert changed["description"] == "Sample 365 Business Standard (monthly)"
    moved = tenant.patch(f"{PATH}/{row['id']}", ("replace", "product", {"id": 991})).json
    assert moved["description"] == "Sample 365 Business Standard (annual)"


def test_the_effective_date_cannot_precede_the_billing_start(tenant: Tenant) -> None:
    """connectwise.md 5 and 9.5: refused with the reported sentence."""
    reply = tenant.post(PATH, {**ADDITION, "effectiveDate": "2025-06-30T00:00:00Z"})
    assert reply.json == {
        "code": "InvalidObject",
        "message": "Addition object is invalid",
        "errors": [{"code": "InvalidField", "message": TOO_EARLY, "resource": "Addition", "field": "effectiveDate"}],
    }
    assert tenant.post(PATH, {**ADDITION, "effectiveDate": "2025-07-01T00:00:00Z"}).status == 201
    assert tenant.patch(f"{PATH}/77001", ("replace", "effectiveDate", "2025-06-30T00:00:00Z")).status == 400


def test_an_invoiced_period_takes_no_addition_without_proration(tenant: Tenant) -> None:
    """connectwise.md 9.5: refused in a period that is already invoiced, with proration off."""
    assert tenant.control("POST", "invoice-agreements", thru="2025-08-31").status == 200
    reply = tenant.post(PATH, {**ADDITION, "effectiveDate": "2025-08-31T00:00:00Z"})
    assert reply.json["errors"][0]["message"] == ALREADY_INVOICED
    assert tenant.post(PATH, {**ADDITION, "effectiveDate": "2025-09-01T00:00:00Z"}).status == 201
    assert tenant.patch(f"{PATH}/77001", ("replace", "unitPrice", 1)).status == 200
    tenant.patch("/finance/agreements/412", ("replace", "prorateFlag", True))
    assert tenant.post(PATH, {**ADDITION, "effectiveDate": "2025-08-31T00:00:00Z"}).status == 201


def test_an_addition_cannot_be_cancelled_before_it_is_effective(tenant: Tenant) -> None:
    """connectwise.md 9.5: dates; both on one day are a charge of that day."""
    assert tenant.post(PATH, {**ADDITION, "cancelledDate": "2025-07-31T00:00:00Z"}).faults == {
        ("InvalidField", "cancelledDate")
    }
    assert tenant.post(PATH, {**ADDITION, "cancelledDate": ADDITION["effectiveDate"]}).status == 201


def test_a_bundle_cannot_be_an_addition(tenant: Tenant) -> None:
    """Domain 3.2: no Bundle-class product."""
    assert tenant.post(PATH, {**ADDITION, "product": {"id": 992}}).faults == {("InvalidField", "product/id")}


@pytest.mark.parametrize("member", ["quantity", "unitPrice"])
def test_negative_additions_are_kept_unless_the_switch_refuses_them(tenant: Tenant, member: str) -> None:
    """connectwise.md 9.5 and 14.3: whether credits are allowed is unknown; both can be tested."""
    body: dict[str, Any] = {**ADDITION, "unitPrice": 12, member: -2}
    assert tenant.post(PATH, body).json[member] == -2
    tenant.switch(refuse_negative_additions=True)
    assert tenant.post(PATH, body).faults == {("InvalidField", member)}


def test_the_same_charge_twice_is_two_additions(tenant: Tenant) -> None:
    """connectwise.md 7: nothing is unique on an addition; duplicates can be counted."""
    body = {**ADDITION, "serialNumber": "same"}
    ids = [tenant.post(PATH, body).json["id"], tenant.post("/finance/agreements/413/additions", body).json["id"]]
    assert tenant.control("GET", "duplicates").json == {"additions": [{"serialNumber": "same", "ids": ids}]}


def test_the_status_of_the_agreement_shows_on_its_additions(tenant: Tenant) -> None:
    """connectwise.md 9.5: agreementStatus is computed."""
    tenant.patch("/finance/agreements/412", ("replace", "cancelledFlag", True))
    assert tenant.get(f"{PATH}/77001").json["agreementStatus"] == "Cancelled"


def test_effective_date_and_sequence_have_defaults(tenant: Tenant) -> None:
    """connectwise.md 4.1: what the body leaves out is defaulted."""
    tenant.set_clock("2025-08-20T10:00:00Z")
    body = {"product": {"id": 990}, "billCustomer": "NoCharge"}
    row = tenant.post(PATH, body).json
    assert (row["effectiveDate"], row["sequenceNumber"]) == ("2025-08-20T00:00:00Z", 2)
    tenant.set_clock("2025-05-20T10:00:00Z")
    assert tenant.post(PATH, body).json["effectiveDate"] == "2025-07-01T00:00:00Z"


def test_a_given_sequence_is_kept(tenant: Tenant) -> None:
    """Domain 3.2: lines are ordered by sequenceNumber."""
    row = tenant.post(PATH, {**ADDITION, "sequenceNumber": 7}).json
    assert row["sequenceNumber"] == 7
    assert tenant.patch(f"{PATH}/{row['id']}", ("replace", "quantity", 2)).json["sequenceNumber"] == 7


def test_a_product_without_a_unit_leaves_it_out(tenant: Tenant) -> None:
    """connectwise.md 4.1: empty members are missing."""
    tenant.patch("/procurement/catalog/990", ("remove", "unitOfMeasure", None))
    assert "uom" not in tenant.get(f"{PATH}/77001").json


def test_deleting_an_agreement_takes_its_additions_along(tenant: Tenant) -> None:
    """connectwise.md 4.3: additions live under their agreement."""
    assert tenant.delete("/finance/agreements/412").status == 204
    assert tenant.control("GET", "state", collection="/finance/agreements/additions").json["total"] == 0
