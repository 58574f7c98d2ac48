"""What a preview shows is what is sent, under ConnectWise's own names."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from connectwise.creation.catalog import catalog_item_body
from connectwise.creation.contracts import agreement_body
from connectwise.creation.customers import company_body, contact_body
from connectwise.directory.records import ContactId
from connectwise.records import CompanyId
from sync_core.connectors.properties import Picked
from sync_core.mapping.agreements import agreement_from_billing_contract
from sync_core.mapping.catalog_items import catalog_item_from_product
from sync_core.mapping.companies import company_from_account, contact_of_account
from sync_core.mapping.creations import shown
from tests.unit.sync_core.mapping.samples import (
    PROPERTIES,
    TEXTS,
    account,
    contact,
    contract,
    made,
    product,
    properties,
)

pytestmark = pytest.mark.unit


def agreement() -> Any:
    one = contract(end_date=date(2026, 12, 31))
    ids = {"company_id": CompanyId(250), "contact_id": ContactId(3105)}
    return made(agreement_from_billing_contract(one, PROPERTIES, one_time=None, **ids)).record


def as_text(value: object) -> str:
    match value:
        case {"id": reference}:
            return str(reference)
        case {"name": str(name)}:
            return name
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(str(one["id"]) for one in value)
        case str():
            return value.removesuffix("T00:00:00Z")
        case _:
            return str(value)


def test_an_item_is_shown_as_it_is_sent() -> None:
    configured = properties(unit_of_measure=Picked(id=3, name="User"))
    record = made(catalog_item_from_product(product(cost=Decimal("1E+1")), configured)).record
    assert shown(record) == {
        "identifier": "CFQ7TTC0LFLX -M",
        "description": "Microsoft 365 E3 - Monthly",
        "customerDescription": "Microsoft 365 E3 - Monthly | Office apps",
        "category": "4",
        "subcategory": "17",
        "type": "3",
        "productClass": "Agreement",
        "unitOfMeasure": "3",
        "price": "12.50",
        "cost": "10.00",
        "manufacturerPartNumber": "CFQ7TTC0LFLX:0001",
        "integrationXRef": record.integration_xref,
    }
    assert set(shown(record)) == set(catalog_item_body(record))


def test_a_company_is_shown_as_it_is_sent() -> None:
    record = made(company_from_account(account(address_line2="Suite 2", fax="1"), PROPERTIES)).record
    sent = {name: as_text(value) for name, value in company_body(record).items()} | {"currency": "USD"}
    assert shown(record) == sent
    assert (sent["types"], sent["site"], sent["status"]) == ("1", "Main", "1")


def test_a_contact_is_shown_as_it_is_sent() -> None:
    record = made(contact_of_account(account(contact=contact()))).record
    sent = {name: as_text(value) for name, value in contact_body(CompanyId(250), record).items() if name != "company"}
    items = {"communicationItems/Email": "ada@fabrikam.example", "communicationItems/Phone": "+1 555 0100"}
    assert shown(record) == sent | items


def test_an_agreement_is_shown_as_it_is_sent() -> None:
    record = agreement()
    sent = {name: as_text(value) for name, value in agreement_body(record).items()} | {"currency": "USD"}
    assert shown(record) == sent
    assert (sent["startDate"], sent["endDate"], sent["noEndingDateFlag"]) == ("2026-01-01", "2026-12-31", "false")
    assert (sent["prorateFlag"], sent["billOneTimeFlag"]) == ("false", "false")
    endless = replace(record, end_date=None, billing_cycle_id=None)
    assert "endDate" not in shown(endless)
    assert "billingCycle" not in shown(endless)
    assert shown(endless)["noEndingDateFlag"] == "true"


def test_what_is_empty_is_not_shown() -> None:
    record = made(catalog_item_from_product(product(), PROPERTIES)).record
    assert set(shown(replace(record, price=None, cost=Decimal(0)))) == set(shown(record)) - {"price"}
    bare = made(company_from_account(account(), properties(company_types=(), company_status=None))).record
    assert not {"types", "status", "faxNumber", "country"} & set(shown(bare))


@given(TEXTS, TEXTS)
def test_no_text_is_sent_otherwise_than_it_is_shown(one: str, other: str) -> None:
    item = product(name=one, number=f"N{other}", description=other)
    customer = account(name=one, address_line1=other, website=one, city=other)
    for outcome, body_of in (
        (catalog_item_from_product(item, PROPERTIES), catalog_item_body),
        (company_from_account(customer, PROPERTIES), company_body),
    ):
        record = made(outcome).record
        sent = {name: value for name, value in body_of(record).items() if isinstance(value, str)}
        assert {name: shown(record)[name] for name in sent} == sent
    person = made(contact_of_account(account(contact=contact(first_name=f"N{one}", job_title=other)))).record
    texts = {name: value for name, value in contact_body(CompanyId(1), person).items() if isinstance(value, str)}
    assert {name: shown(person)[name] for name in texts} == texts
