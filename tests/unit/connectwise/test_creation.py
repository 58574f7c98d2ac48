"""Look-ups by identifier and the bodies of new records."""

import inspect
from datetime import date
from decimal import Decimal

import pytest

from connectwise.creation.records import (
    NewAgreement,
    NewCatalogItem,
    NewCompany,
    NewContact,
    StoredAgreement,
    StoredCatalogItem,
    StoredCompany,
    StoredContact,
)
from connectwise.creation.writer import ConnectWiseCreation
from connectwise.errors import AnswerNotUnderstood, DuplicateRecord, RequestInvalid
from connectwise.patch import PatchIgnored
from dataverse.psasync.records import MappingKind
from sync_core.push_rows.ports import PsaCatalog, PsaContracts, PsaCreation, PsaCustomers
from tests.unit.connectwise.scripted_transport import ScriptedTransport, client_of, reply

pytestmark = pytest.mark.unit

PORTS = [
    (port, name)
    for port in (PsaCatalog, PsaCustomers, PsaContracts, PsaCreation)
    for name in vars(port)
    if not name.startswith("_")
]
TYPES = [
    {"id": 1, "description": "Email", "emailFlag": True},
    {"id": 2, "description": "Cell", "phoneFlag": True},
    {"id": 4, "description": "Direct", "phoneFlag": True, "defaultFlag": True},
]
CURRENCIES = [
    {"id": 1, "currencyIdentifier": "USD"},
    {"id": 2, "currencyIdentifier": "Euro", "currencyCode": {"id": 9, "name": "EUR"}},
]
TAKEN = {
    "code": "InvalidObject",
    "message": "company object is invalid",
    "errors": [{"code": "ObjectExists", "message": "Company ID already in use.", "field": "identifier"}],
}


def creation_of(*script, **options):
    transport = ScriptedTransport(*script)
    return ConnectWiseCreation(client_of(transport), **options), transport


def item(**changes):
    members = {
        "identifier": "CFQ7TTC0LFLX -M",
        "description": "E3 - Monthly",
        "customer_description": "Microsoft 365 E3\n- Monthly",
        "category_id": None,
        "subcategory_id": 17,
        "type_id": 3,
        "product_class": "Agreement",
        "unit_of_measure_id": None,
        "price": None,
        "cost": None,
        "manufacturer_part_number": None,
        "integration_xref": "0f1e2d3c-4b5a-4678-8901-23456789abcd",
    }
    return NewCatalogItem(**(members | changes))


def agreement(**changes):
    members = {
        "name": "BC-1001",
        "type_id": 12,
        "company_id": 250,
        "contact_id": 3105,
        "start_date": date(2026, 1, 31),
        "end_date": None,
        "billing_cycle_id": 2,
        "is_one_time": False,
        "employee_comp_rate": "Actual",
        "employee_comp_not_exceed": "Billing",
        "invoicing_cycle": "ContractYear",
        "bill_time": "NoDefault",
        "bill_expenses": "NoDefault",
        "bill_products": "Billable",
        "work_order": "P365-0123456789abcde",
        "currency": None,
    }
    return NewAgreement(**(members | changes))


@pytest.mark.parametrize(("port", "method"), PORTS)
def test_the_creation_has_every_method_of_the_port_with_its_parameters(port, method):
    asked, given = (inspect.signature(getattr(owner, method)) for owner in (port, ConnectWiseCreation))
    assert [(p.name, p.kind) for p in asked.parameters.values()] == [
        (p.name, p.kind) for p in given.parameters.values()
    ]


# --- look-ups


def test_items_are_found_by_identifier_in_any_letter_case_and_others_are_dropped():
    rows = [
        {"id": 1, "identifier": "cfq7ttc0lflx -m ", "inactiveFlag": True, "integrationXRef": "x"},
        {"id": 2, "identifier": "CFQ7TTC0LFLX -MM"},
    ]
    creation, transport = creation_of(reply(200, rows))
    found = creation.catalog_items_with(["CFQ7TTC0LFLX -M", "B"])
    assert found == [
        StoredCatalogItem(1, "cfq7ttc0lflx -m ", "", None, is_inactive=True, integration_xref="x"),
    ]
    (asked,) = transport.asked
    assert asked.query["conditions"] == 'identifier in ("B","CFQ7TTC0LFLX -M")'
    assert set(asked.query["fields"].split(",")) == {
        "id",
        "identifier",
        "description",
        "productClass",
        "inactiveFlag",
        "integrationXRef",
    }


@pytest.mark.parametrize(
    ("identifier", "piece"),
    [
        ('The "big" one', "The"),
        ("back\\slash", "slash"),
        ("100% CLOUD [new]", "CLOUD"),
        ("a*bc", "bc"),
    ],
)
def test_unclear_characters_are_never_part_of_a_condition(identifier, piece):
    rows = [{"id": 1, "identifier": identifier.upper()}, {"id": 2, "identifier": f"{identifier}!"}]
    creation, transport = creation_of(reply(200, rows))
    assert [found.id for found in creation.catalog_items_with([identifier])] == [1]
    assert transport.asked[0].query["conditions"] == f'identifier contains "{piece}"'


def test_an_identifier_of_nothing_but_unclear_characters_makes_the_whole_list_be_read():
    creation, transport = creation_of(reply(200, [{"id": 1, "identifier": '"%"'}, {"id": 2, "identifier": "A"}]))
    assert [found.id for found in creation.catalog_items_with(['"%"', 'A "b"'])] == [1]
    assert "conditions" not in transport.asked[0].query


def test_clear_and_unclear_identifiers_are_told_once_each():
    rows = [{"id": 1, "identifier": "A"}, {"id": 2, "identifier": 'A "x"'}]
    creation, transport = creation_of(reply(200, rows), reply(200, rows))
    assert [found.id for found in creation.catalog_items_with(["A", 'A "x"'])] == [1, 2]
    assert len(transport.asked) == 2


def test_many_unclear_identifiers_are_asked_for_in_few_requests_of_a_legal_length():
    wanted = [f'"x" NUMBER {number:03} {"x" * 30}%' for number in range(60)]
    rows = [reply(200, [{"id": 1, "identifier": wanted[7]}]) for _ in range(20)]
    creation, transport = creation_of(*rows)
    assert [found.id for found in creation.catalog_items_with(wanted)] == [1]
    assert len(transport.asked) < 12
    assert max(len(asked.url) for asked in transport.asked) <= 1900


def test_nothing_wanted_needs_no_request():
    creation, transport = creation_of()
    assert list(creation.catalog_items_with([])) == list(creation.companies_with([])) == []
    assert creation.companies([]) == creation.contacts_of([]) == {}
    assert list(creation.agreements_of([])) == []
    assert transport.asked == []


def test_companies_are_found_in_the_recycle_bin_too():
    row = {"id": 5, "identifier": "ACME", "name": "Acme", "deletedFlag": True, "defaultContact": {"id": 8}}
    creation, transport = creation_of(reply(200, [row]), reply(200, [row]))
    expected = StoredCompany(5, "ACME", "Acme", 8, is_deleted=True)
    assert creation.companies_with(["acme"]) == [expected]
    assert creation.companies([5, 5, 6]) == {5: expected}
    assert "deletedFlag" not in transport.asked[0].query["conditions"]
    assert transport.asked[1].query["conditions"] == "id in (5,6)"


def test_contacts_come_by_company_in_order_with_their_default_address():
    items = [
        {"type": {"id": 1}, "value": "old@x.example", "communicationType": "Email"},
        {"type": {"id": 1}, "value": "new@x.example", "communicationType": "Email", "defaultFlag": True},
        {"type": {"id": 2}, "value": "+1", "communicationType": "Phone", "defaultFlag": True},
    ]
    rows = [
        {"id": 1, "firstName": "Ada", "lastName": "L", "company": {"id": 5}, "communicationItems": items},
        {"id": 2, "firstName": "Bob", "company": {"id": 5}},
    ]
    creation, transport = creation_of(reply(200, rows))
    assert creation.contacts_of([6, 5]) == {
        5: [StoredContact(1, 5, "Ada", "L", "new@x.example"), StoredContact(2, 5, "Bob", None, None)]
    }
    assert transport.asked[0].query["conditions"] == "company/id in (5,6)"


@pytest.mark.parametrize(
    ("shown", "is_active"),
    [
        ({}, True),
        ({"agreementStatus": "Active"}, True),
        ({"agreementStatus": "Inactive"}, True),
        ({"agreementStatus": "Cancelled"}, False),
        ({"agreementStatus": "Expired"}, False),
        ({"agreementStatus": "Active", "cancelledFlag": True}, False),
    ],
)
def test_agreements_tell_their_marker_and_whether_they_are_over(shown, is_active):
    row = {"id": 412, "name": "Deal", "company": {"id": 5}, "workOrder": "P365-1"} | shown
    creation, _ = creation_of(reply(200, [row]))
    assert list(creation.agreements_of([5])) == [StoredAgreement(412, "Deal", 5, "P365-1", is_active)]


# --- bodies


def test_an_item_is_posted_with_exact_numbers_on_one_line():
    creation, transport = creation_of(reply(201, {"id": 1, "identifier": "CFQ7TTC0LFLX -M"}))
    new = item(category_id=4, unit_of_measure_id=3, price=Decimal("12.50"), cost=Decimal("1E+1"))
    assert creation.create_catalog_item(new, send_before=9.0).id == 1
    (asked,) = transport.asked
    assert (asked.method, asked.options["send_before"], asked.repeatable) == ("POST", 9.0, False)
    assert asked.json == {
        "identifier": "CFQ7TTC0LFLX -M",
        "description": "E3 - Monthly",
        "customerDescription": "Microsoft 365 E3 | - Monthly",
        "integrationXRef": "0f1e2d3c-4b5a-4678-8901-23456789abcd",
        "category": {"id": 4},
        "subcategory": {"id": 17},
        "type": {"id": 3},
        "unitOfMeasure": {"id": 3},
        "productClass": "Agreement",
        "price": 12.5,
        "cost": 10,
    }
    assert b'"price":12.50' in asked.content
    assert "integrationXRef" in asked.query["fields"]


def test_a_taken_identifier_is_a_duplicate():
    creation, _ = creation_of(reply(400, TAKEN))
    with pytest.raises(DuplicateRecord):
        creation.create_company(NewCompany("ACME", "Acme", "Main"), send_before=9.0)


def test_a_company_is_posted_with_what_is_known_and_always_a_site():
    stored = {"id": 5, "identifier": "ACME", "name": "Acme"}
    creation, transport = creation_of(reply(201, stored), reply(200, CURRENCIES), reply(201, stored))
    creation.create_company(NewCompany("ACME", "Acme", "Main"), send_before=9.0)
    full = NewCompany(
        "ACME", "Acme", "Main", "1 St", "Suite", "Tampa", "FL", "33601", "USA", "1", "2", "w", (1, 3), 7, "eur"
    )
    assert creation.create_company(full, send_before=9.0) == StoredCompany(5, "ACME", "Acme", None, is_deleted=False)
    bare, _, whole = transport.asked
    assert bare.json == {"identifier": "ACME", "name": "Acme", "site": {"name": "Main"}}
    assert whole.json == bare.json | {
        "addressLine1": "1 St",
        "addressLine2": "Suite",
        "city": "Tampa",
        "state": "FL",
        "zip": "33601",
        "phoneNumber": "1",
        "faxNumber": "2",
        "website": "w",
        "types": [{"id": 1}, {"id": 3}],
        "status": {"id": 7},
        "currency": {"id": 2},
    }


@pytest.mark.parametrize(
    "post",
    [
        lambda creation: creation.create_company(NewCompany("A", "A", "Main", currency="GBP"), send_before=9.0),
        lambda creation: creation.create_agreement(agreement(currency="GBP"), send_before=9.0),
    ],
    ids=["company", "agreement"],
)
def test_without_its_currency_nothing_is_created(post):
    creation, transport = creation_of(reply(200, CURRENCIES))
    with pytest.raises(RequestInvalid, match="there is no currency GBP in ConnectWise; add it there") as caught:
        post(creation)
    assert caught.value.delivery == "not_sent"
    assert [asked.method for asked in transport.asked] == ["GET"]


def test_a_currency_that_was_added_meanwhile_is_found_at_once():
    now = [100.0]
    added = [*CURRENCIES, {"id": 3, "currencyIdentifier": "GBP"}]
    stored = reply(201, {"id": 412, "name": "BC-1001", "company": {"id": 250}})
    creation, transport = creation_of(
        reply(200, CURRENCIES), stored, reply(200, added), stored, stored, clock=lambda: now[0]
    )
    creation.create_agreement(agreement(currency="USD"), send_before=9.0)
    now[0] += 31.0
    creation.create_agreement(agreement(currency="GBP"), send_before=9.0)
    creation.create_agreement(agreement(currency="GBP"), send_before=9.0)
    posted = [asked.json["currency"]["id"] for asked in transport.asked if asked.method == "POST"]
    assert posted == [1, 3, 3]


def test_a_contact_is_posted_as_the_default_one_with_typed_addresses():
    stored = {"id": 8, "firstName": "Ada", "company": {"id": 5}}
    creation, transport = creation_of(reply(200, TYPES), reply(201, stored), reply(201, stored))
    new = NewContact("Ada", "L", "Buyer", "ada@x.example", "+1 555")
    assert creation.create_contact(5, new, send_before=9.0) == StoredContact(8, 5, "Ada", None, "ada@x.example")
    assert creation.create_contact(5, NewContact("Ada"), send_before=9.0).email is None
    types, full, bare = transport.asked
    assert types.path.endswith("/company/communicationTypes")
    assert bare.json == {"firstName": "Ada", "company": {"id": 5}, "defaultFlag": True}
    assert full.json == bare.json | {
        "lastName": "L",
        "title": "Buyer",
        "communicationItems": [
            {"type": {"id": 1}, "value": "ada@x.example", "communicationType": "Email", "defaultFlag": True},
            {"type": {"id": 4}, "value": "+1 555", "communicationType": "Phone", "defaultFlag": True},
        ],
    }
    assert full.options["send_before"] == 9.0


@pytest.mark.parametrize(
    ("contact", "what"),
    [
        (NewContact("Ada", email="ada@x.example"), "communication type for e-mail"),
        (NewContact("Ada", phone="1"), "communication type for phone numbers"),
    ],
)
def test_an_address_without_a_type_is_not_lost_silently(contact, what):
    creation, transport = creation_of(reply(200, []))
    with pytest.raises(RequestInvalid, match=f"there is no {what} in ConnectWise"):
        creation.create_contact(5, contact, send_before=9.0)
    assert [asked.method for asked in transport.asked] == ["GET"]


def test_the_default_contact_is_set_and_a_200_without_effect_is_found():
    done = {"id": 5, "identifier": "ACME", "name": "Acme", "defaultContact": {"id": 8, "name": "Ada"}}
    creation, transport = creation_of(reply(200, done), reply(200, done | {"defaultContact": {"id": 7}}))
    creation.set_default_contact(5, 8)
    assert transport.asked[0].path.endswith("/company/companies/5")
    assert transport.asked[0].json == [{"op": "replace", "path": "defaultContact", "value": {"id": 8}}]
    with pytest.raises(PatchIgnored, match="defaultContact"):
        creation.set_default_contact(5, 8)


def test_an_agreement_is_posted_with_every_setting_and_never_prorates():
    stored = {"id": 412, "name": "BC-1001", "company": {"id": 250}, "workOrder": "P365-0123456789abcde"}
    creation, transport = creation_of(reply(201, stored), reply(201, stored))
    assert creation.create_agreement(agreement(), send_before=9.0).work_order == "P365-0123456789abcde"
    once = agreement(end_date=date(2026, 12, 31), billing_cycle_id=None, is_one_time=True)
    creation.create_agreement(once, send_before=9.0)
    first, second = transport.asked
    assert first.json == {
        "name": "BC-1001",
        "type": {"id": 12},
        "company": {"id": 250},
        "contact": {"id": 3105},
        "startDate": "2026-01-31T00:00:00Z",
        "noEndingDateFlag": True,
        "billingCycle": {"id": 2},
        "billOneTimeFlag": False,
        "prorateFlag": False,
        "employeeCompRate": "Actual",
        "employeeCompNotExceed": "Billing",
        "invoicingCycle": "ContractYear",
        "billTime": "NoDefault",
        "billExpenses": "NoDefault",
        "billProducts": "Billable",
        "workOrder": "P365-0123456789abcde",
    }
    assert second.json["endDate"] == "2026-12-31T00:00:00Z"
    assert (second.json["noEndingDateFlag"], second.json["billOneTimeFlag"]) == (False, True)
    assert "billingCycle" not in second.json
    assert first.options["send_before"] == 9.0


def test_a_record_of_another_shape_is_not_understood():
    creation, _ = creation_of(reply(201, {"id": 8, "firstName": "Ada"}))
    with pytest.raises(AnswerNotUnderstood, match="company"):
        creation.create_contact(5, NewContact("Ada"), send_before=9.0)


def test_links_lead_to_screens_that_are_known():
    creation, transport = creation_of()
    assert "recordType=CompanyFV&recid=5" in creation.link_to(MappingKind.ACCOUNT, 5)
    assert "recordType=AgreementFV&recid=6" in creation.link_to(MappingKind.BILLING_CONTRACT, 6)
    assert creation.link_to(MappingKind.PRODUCT, 7) is None
    assert transport.asked == transport.info_asked == []
