"""New records in the emulated tenant: found again, refused, made once, and what nobody can know."""

import time
from datetime import date
from decimal import Decimal

import pytest

from connectwise.creation.records import NewAgreement, NewCatalogItem, NewCompany, NewContact
from connectwise.creation.writer import ConnectWiseCreation
from connectwise.errors import ConnectWiseError, DuplicateRecord, NoAnswer, RequestInvalid
from connectwise.patch import PatchIgnored, replaced
from transport import Timeouts

ALWAYS = float("inf")
MARKER = "P365-0123456789abcde"
PATHS = {"company": "/company/companies", "item": "/procurement/catalog", "agreement": "/finance/agreements"}


def creation(target, **options):
    return ConnectWiseCreation(target.client(**options))


def item(identifier="NEW-1", **changes):
    members = {
        "identifier": identifier,
        "description": "Microsoft 365 E3 - Monthly",
        "customer_description": "Microsoft 365 E3 - Monthly | Office apps",
        "category_id": 4,
        "subcategory_id": 17,
        "type_id": 3,
        "product_class": "Agreement",
        "unit_of_measure_id": 3,
        "price": Decimal("12.50"),
        "cost": Decimal("10.0000"),
        "manufacturer_part_number": "CFQ7TTC0LFLX:0001",
        "integration_xref": "0f1e2d3c-4b5a-4678-8901-23456789abcd",
    }
    return NewCatalogItem(**(members | changes))


def company(identifier="ACME", **changes):
    members = {"address_line1": "1 Main Street", "city": "Tampa", "country": "USA", "type_ids": (1, 3), "status_id": 1}
    return NewCompany(identifier, 'Acme "Sample" [50%]', "Main", **(members | {"currency": "EUR"} | changes))


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
        "work_order": MARKER,
        "currency": "USD",
    }
    return NewAgreement(**(members | changes))


def post(writer, kind):
    match kind:
        case "company":
            return writer.create_company(company(), send_before=ALWAYS)
        case "item":
            return writer.create_catalog_item(item(), send_before=ALWAYS)
        case _:
            return writer.create_agreement(agreement(), send_before=ALWAYS)


def found(writer, kind):
    """The records that a look-up finds under the identifier or the marker."""
    match kind:
        case "company":
            return writer.companies_with(["ACME"])
        case "item":
            return writer.catalog_items_with(["NEW-1"])
        case _:
            return [one for one in writer.agreements_of([250]) if one.work_order == MARKER]


def stored(target, path):
    return target.control("GET", f"state?collection={path}")["rows"]


def eventually(probe):
    """Wait until the probe returns something true, or until it is clear that it will not."""
    deadline = time.monotonic() + 20
    while not probe() and time.monotonic() < deadline:
        time.sleep(0.02)


# --- made and found


@pytest.mark.parametrize("kind", PATHS)
def test_what_is_made_is_found_as_it_was_answered(target, kind):
    writer = creation(target)
    made = post(writer, kind)
    assert list(found(writer, kind)) == [made]
    assert list(found(creation(target), kind)) == [made]


def test_an_item_is_stored_with_its_class_price_and_reference(target):
    creation(target).create_catalog_item(item(), send_before=ALWAYS)
    row = stored(target, "/procurement/catalog")[-1]
    assert (row["identifier"], row["productClass"], row["price"], row["cost"]) == ("NEW-1", "Agreement", 12.5, 10)
    assert row["integrationXRef"] == "0f1e2d3c-4b5a-4678-8901-23456789abcd"
    assert (row["subcategory"]["id"], row["type"]["id"], row["unitOfMeasure"]["id"]) == (17, 3, 3)
    assert row["customerDescription"] == "Microsoft 365 E3 - Monthly | Office apps"


@pytest.mark.parametrize(
    "identifier",
    [
        'A "quoted" one',
        "back\\slash",
        "50%",
        "[brackets]",
        "st*r",
        "O'Brian",
        "CFQ7TTC0LFLX:0001 -M",
        "Ümläut 😀",
        '"%"',
    ],
)
def test_an_identifier_of_any_characters_is_found_or_proven_absent(target, identifier):
    writer = creation(target)
    assert writer.catalog_items_with([identifier, identifier.lower()]) == []
    made = writer.create_catalog_item(item(identifier), send_before=ALWAYS)
    assert writer.catalog_items_with([identifier.swapcase()]) == [made]


def test_a_hundred_identifiers_are_looked_up_in_a_handful_of_requests(target):
    writer = creation(target)
    target.client().count("/company/companies")
    before = target.total()
    writer.catalog_items_with([f"CFQ7TTC0LFLX:{number:04}-M" for number in range(100)])
    assert target.total() - before <= 5


def test_a_company_and_its_contact_cost_two_requests_and_the_contact_is_the_default_one(target):
    writer = creation(target)
    writer.create_company(company("FIRST"), send_before=ALWAYS)
    writer.create_contact(250, NewContact("Ada", "B", "C", "ada@x.example", "+1"), send_before=ALWAYS)
    before = target.total()
    made = writer.create_company(company(), send_before=ALWAYS)
    contact = writer.create_contact(made.id, NewContact("Ada", "B", "C", "ada@x.example", "+1"), send_before=ALWAYS)
    assert target.total() - before == 2
    assert writer.companies([made.id])[made.id].default_contact_id == contact.id
    assert list(writer.contacts_of([made.id])[made.id]) == [contact]
    row = next(row for row in stored(target, "/company/companies") if row["id"] == made.id)
    assert [one["id"] for one in row["types"]] == [1, 3]
    assert (row["site"]["name"], row["currency"]["currencyCode"], row["addressLine1"]) == (
        "Main",
        "EUR",
        "1 Main Street",
    )
    person = next(row for row in stored(target, "/company/contacts") if row["id"] == contact.id)
    assert [(one["value"], one["communicationType"], one["defaultFlag"]) for one in person["communicationItems"]] == [
        ("ada@x.example", "Email", True),
        ("+1", "Phone", True),
    ]


def test_another_contact_becomes_the_default_one_and_again(target):
    writer = creation(target)
    second = writer.create_contact(250, NewContact("Bob"), send_before=ALWAYS)
    for contact_id in (3105, second.id, second.id):
        writer.set_default_contact(250, contact_id)
        assert writer.companies([250])[250].default_contact_id == contact_id
    assert [contact.first_name for contact in writer.contacts_of([250])[250]] == ["Ada", "Bob"]


def test_a_contact_of_another_company_cannot_be_the_default_one(target):
    writer = creation(target)
    made = writer.create_company(company(), send_before=ALWAYS)
    with pytest.raises(RequestInvalid) as caught:
        writer.set_default_contact(made.id, 3105)
    assert not isinstance(caught.value, PatchIgnored)


@pytest.mark.parametrize("one_time", [True, False])
def test_an_agreement_is_stored_with_its_settings_and_never_prorates(target, one_time):
    new = agreement(is_one_time=one_time, billing_cycle_id=None if one_time else 3, end_date=date(2026, 12, 31))
    creation(target).create_agreement(new, send_before=ALWAYS)
    row = stored(target, "/finance/agreements")[-1]
    assert (row["startDate"], row["endDate"]) == ("2026-01-31T00:00:00Z", "2026-12-31T00:00:00Z")
    assert (row["noEndingDateFlag"], row["prorateFlag"], row["billOneTimeFlag"]) == (False, False, one_time)
    assert (row["employeeCompRate"], row["invoicingCycle"], row["billProducts"]) == (
        "Actual",
        "ContractYear",
        "Billable",
    )
    assert (row["workOrder"], row["currency"]["currencyCode"]) == (MARKER, "USD")
    assert one_time or row["billingCycle"]["id"] == 3


def test_an_agreement_that_begins_later_counts_as_active_and_a_cancelled_one_does_not(target):
    writer = creation(target)
    later = writer.create_agreement(agreement(start_date=date(2999, 1, 1)), send_before=ALWAYS)
    assert later.is_active
    target.client().patch(f"/finance/agreements/{later.id}", [replaced("cancelledFlag", True)])
    assert [one.is_active for one in writer.agreements_of([250]) if one.id == later.id] == [False]


# --- refused


@pytest.mark.parametrize("kind", ["company", "item"])
def test_a_duplicate_identifier_is_told_apart_from_other_refusals(target, kind):
    writer = creation(target)
    post(writer, kind)
    with pytest.raises(DuplicateRecord) as caught:
        post(writer, kind)
    assert isinstance(caught.value, RequestInvalid)
    assert [(error.code, error.field) for error in caught.value.field_errors] == [("ObjectExists", "identifier")]
    assert len(found(writer, kind)) == 1


def test_a_deleted_company_keeps_its_identifier_and_is_found(target):
    writer = creation(target)
    made = writer.create_company(company(), send_before=ALWAYS)
    target.client().patch(f"/company/companies/{made.id}", [replaced("deletedFlag", True)])
    assert [one.is_deleted for one in writer.companies_with(["acme"])] == [True]
    with pytest.raises(DuplicateRecord):
        writer.create_company(company(), send_before=ALWAYS)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (company(type_ids=(4711,)), "types"),
        (company(status_id=4711), "status"),
        (company("N" * 26), "identifier"),
    ],
)
def test_a_refusal_of_a_company_names_the_member(target, new, field):
    with pytest.raises(RequestInvalid) as caught:
        creation(target).create_company(new, send_before=ALWAYS)
    assert any((error.field or "").startswith(field) for error in caught.value.field_errors)


def test_without_its_currency_nothing_is_sent(target):
    with pytest.raises(RequestInvalid, match="no currency XYZ"):
        creation(target).create_company(company(currency="XYZ"), send_before=ALWAYS)
    assert target.calls("POST /company/companies") == 0


def test_nothing_is_sent_after_the_send_window(target):
    writer = creation(target)
    post(writer, "agreement")
    with pytest.raises(NoAnswer) as caught:
        writer.create_agreement(agreement(), send_before=time.monotonic() - 0.001)
    assert caught.value.delivery == "not_sent"
    assert len(found(writer, "agreement")) == 1


# --- doubtful


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize(("fault", "made"), [("drop_before", 0), ("drop_after_commit", 1), ("truncate", 1)])
def test_a_lost_answer_is_never_repeated_and_the_look_up_tells(target, kind, fault, made):
    writer = creation(target)
    found(writer, kind)
    target.fault(fault, path=PATHS[kind] + "$")
    with pytest.raises(ConnectWiseError) as caught:
        post(writer, kind)
    assert not isinstance(caught.value, RequestInvalid)
    assert target.calls(f"POST {PATHS[kind]}") == 1
    assert len(found(writer, kind)) == made


@pytest.mark.parametrize("kind", PATHS)
def test_a_late_commit_is_found_later(target, kind):
    writer = creation(target)
    target.fault("commit_late", path=PATHS[kind] + "$", delay_ms=100)
    with pytest.raises(NoAnswer) as caught:
        post(writer, kind)
    assert caught.value.delivery == "maybe_sent"
    eventually(lambda: found(writer, kind))
    assert len(found(writer, kind)) == 1


@pytest.mark.parametrize("fault", ["drop_after_commit", "commit_late"])
def test_a_contact_whose_answer_was_lost_is_found_in_its_company(target, fault):
    writer = creation(target)
    target.fault(fault, path="/company/contacts$", **({"delay_ms": 50} if fault == "commit_late" else {}))
    with pytest.raises(NoAnswer):
        writer.create_contact(250, NewContact("Bob", email="bob@x.example"), send_before=ALWAYS)
    eventually(lambda: len(writer.contacts_of([250])[250]) > 1)
    assert [one.email for one in writer.contacts_of([250])[250]] == [None, "bob@x.example"]
    assert writer.companies([250])[250].default_contact_id == writer.contacts_of([250])[250][1].id


def test_a_post_that_times_out_may_be_carried_out_later(target):
    writer = creation(target, transport=target.transport(timeouts=Timeouts(connect=2, read=0.3)))
    found(writer, "company")
    target.fault("delay", path="/company/companies$", delay_ms=600)
    with pytest.raises(NoAnswer) as caught:
        writer.create_company(company(currency=None), send_before=ALWAYS)
    assert caught.value.delivery == "maybe_sent"
    # the emulator goes on with it: left alone it would be carried out in the middle of the next test
    eventually(lambda: found(writer, "company"))
    assert len(found(writer, "company")) == 1
