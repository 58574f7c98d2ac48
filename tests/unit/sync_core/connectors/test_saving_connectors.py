"""Connectors are made and changed, or refused with a sentence; nobody undoes what another person saved."""

import json
from typing import Any

import pytest

from connectwise.errors import CredentialsRefused
from connectwise.records import CatalogItemId
from connectwise.setup.records import Option, OptionList
from sync_core.connectors.saving import ConnectorChange, PropertiesRefused, change_connector, create_connector
from sync_core.errors import ConfigurationFault, RecordRejected
from sync_core.policies import policies_from_properties
from tests import builders
from tests.connector_fakes import Office, office_with

pytestmark = pytest.mark.unit

NEW = {"name": "Second", "site_url": "https://psa.example", "company": "fabrikam", "credential_ref": "F"}


def save(office: Office, **properties: Any) -> dict[str, Any]:
    stored = change_connector(
        office.services(), builders.CONNECTOR_ID, ConnectorChange(properties=properties), who=builders.USER_ID
    )
    saved: dict[str, Any] = json.loads(stored.connector.properties or "{}")
    return saved


def refusal_of(office: Office, **properties: Any) -> list[tuple[str, str]]:
    before = office.rows[builders.CONNECTOR_ID]
    with pytest.raises(PropertiesRefused) as refused:
        save(office, **properties)
    assert office.rows[builders.CONNECTOR_ID] == before
    return [(fault.path, fault.message) for fault in refused.value.faults]


def test_several_connectors_are_made_and_logged() -> None:
    office = office_with()
    created = create_connector(office.services(), NEW, who=builders.USER_ID)
    assert created.connector.properties is None
    assert len(office.rows) == 2
    assert [(entry.what, entry.who) for entry in office.log] == [("connector.create", builders.USER_ID)]


@pytest.mark.parametrize("name", ["Second", "SECOND"])
def test_a_name_is_taken_once(name: str) -> None:
    office = office_with()
    create_connector(office.services(), NEW, who=builders.USER_ID)
    with pytest.raises(RecordRejected) as refused:
        create_connector(office.services(), NEW | {"name": name}, who=builders.USER_ID)
    assert refused.value.code == "connector_name_taken"
    assert len(office.rows) == 2


def test_of_two_who_make_one_name_at_once_one_succeeds() -> None:
    office = office_with()
    create_connector(office.services(), NEW, who=builders.USER_ID)
    hidden = Office(rows=office.rows)
    hidden.all = list  # type: ignore[method-assign]  # the other one's row is not there yet when names are compared
    with pytest.raises(RecordRejected) as refused:
        create_connector(hidden.services(), NEW, who=builders.USER_ID)
    assert refused.value.code == "connector_name_taken"


def test_an_address_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(RecordRejected) as refused:
        create_connector(office_with().services(), NEW | {"site_url": "https://evil"}, who=builders.USER_ID)
    assert (refused.value.code, refused.value.user_message) == (
        "connector_address_invalid",
        "This host is not allowed. Enter another address.",
    )


def test_properties_are_saved_with_the_names_of_today() -> None:
    saved = save(office_with(), agreement_type={"id": 10}, company_types=[{"id": 2}, {"id": 1, "name": "Old name"}])
    assert saved["agreement_type"] == {"id": 10, "name": "Managed Services"}
    assert saved["company_types"] == [{"id": 2, "name": "Prospect"}, {"id": 1, "name": "Client"}]


def test_what_is_not_given_stays_and_the_push_reads_its_policies() -> None:
    office = office_with('{"rounding": "half_even", "a_member_of_old": 1}')
    save(office, product_type={"id": 2})
    save(office, price_decimals=4)
    properties = office.rows[builders.CONNECTOR_ID].connector.properties
    policies = policies_from_properties(properties)
    assert (policies.rounding, policies.price_decimals) == ("half_even", 4)
    assert json.loads(properties or "")["product_type"] == {"id": 2, "name": "Non-Inventory"}


def test_each_pick_list_is_read_once() -> None:
    office = office_with()
    save(office, company_types=[{"id": 1}, {"id": 2}], billing_cycle={"id": 2})
    assert sorted(office.asked) == [OptionList.BILLING_CYCLES, OptionList.COMPANY_TYPES]


@pytest.mark.parametrize(
    ("properties", "path", "sentence"),
    [
        (
            {"product_type": {"id": 99}},
            "product_type",
            "There is no product type with id 99 in ConnectWise; choose one from the list.",
        ),
        (
            {"company_types": [{"id": 1}, {"id": 9, "name": "Reseller"}]},
            "company_types.1",
            'The company type "Reseller" no longer exists in ConnectWise; choose another one and save.',
        ),
        (
            {"agreement_type": {"id": 11}},
            "agreement_type",
            'The agreement type "Old" is inactive in ConnectWise; choose an active one and save.',
        ),
        (
            {"product_category": {"id": 1}, "product_subcategory": {"id": 17}},
            "product_subcategory",
            (
                'The product subcategory "Licences" does not belong to the category "Hardware"; '
                "choose a subcategory of this category."
            ),
        ),
        (
            {"fallback_product_psa_id": 7},
            "fallback_product_psa_id",
            "There is no catalog item with id 7 in ConnectWise; choose another fallback product.",
        ),
        ({"colour": "red"}, "colour", "Extra inputs are not permitted"),
        ({"price_decimals": 9}, "price_decimals", "Input should be less than or equal to 5"),
    ],
)
def test_properties_that_cannot_be_saved_are_named(properties: dict[str, Any], path: str, sentence: str) -> None:
    assert refusal_of(office_with(), **properties) == [(path, sentence)]


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (
            {"inactive_flag": True},
            'The catalog item "M365-E3-M" is inactive in ConnectWise; choose an active fallback product.',
        ),
        (
            {"product_class": "Bundle"},
            'The catalog item "M365-E3-M" is a bundle, which cannot be an addition; choose another one.',
        ),
    ],
)
def test_a_fallback_product_must_be_usable(item: dict[str, Any], sentence: str) -> None:
    office = office_with()
    office.items[CatalogItemId(7)] = builders.catalog_item(id=7, **item)
    assert refusal_of(office, fallback_product_psa_id=7) == [("fallback_product_psa_id", sentence)]


def test_an_entry_that_was_deleted_since_must_be_replaced_first() -> None:
    office = office_with()
    save(office, product_type={"id": 2})
    office.lists[OptionList.PRODUCT_TYPES] = [Option(3, "Software")]
    assert refusal_of(office, price_decimals=3) == [
        (
            "product_type",
            'The product type "Non-Inventory" no longer exists in ConnectWise; choose another one and save.',
        )
    ]
    assert save(office, product_type={"id": 3}, price_decimals=3)["product_type"]["name"] == "Software"


def test_without_a_connection_properties_stay_closed() -> None:
    office = office_with()
    office.fault = CredentialsRefused(method="GET", path="/company/companies", status=401)
    with pytest.raises(ConfigurationFault) as refused:
        save(office, product_type={"id": 2})
    assert refused.value.code == "psa_credentials_refused"
    assert office.rows[builders.CONNECTOR_ID].connector.properties is None


def test_a_second_person_who_saves_at_the_same_moment_is_told() -> None:
    office = office_with()
    seen = office.rows[builders.CONNECTOR_ID].etag
    rename = ConnectorChange(columns={"name": "Mine"}, version=seen)
    change_connector(office.services(), builders.CONNECTOR_ID, rename, who=builders.USER_ID)
    other = ConnectorChange(columns={"name": "Yours"}, version=seen)
    with pytest.raises(RecordRejected) as refused:
        change_connector(office.services(), builders.CONNECTOR_ID, other, who=builders.USER_ID)
    assert (refused.value.code, refused.value.user_message) == (
        "connector_changed",
        "Somebody else saved this connector in the meantime; open it again and repeat your change.",
    )
    assert office.rows[builders.CONNECTOR_ID].connector.name == "Mine"


def test_a_save_that_is_overtaken_writes_nothing() -> None:
    office = office_with()
    office.change = lambda connector, etag: None  # type: ignore[method-assign]  # the row changed between read and write
    with pytest.raises(RecordRejected) as refused:
        save(office, price_decimals=3)
    assert refused.value.code == "connector_changed"
    assert office.log == []


def test_the_same_save_twice_writes_once() -> None:
    office = office_with()
    save(office, price_decimals=3)
    save(office, price_decimals=3)
    assert len(office.log) == 1


def test_the_company_is_fixed_once_something_is_mapped() -> None:
    office = office_with()
    office.mapped = True
    move = ConnectorChange(columns={"company": "fabrikam"})
    with pytest.raises(RecordRejected) as refused:
        change_connector(office.services(), builders.CONNECTOR_ID, move, who=builders.USER_ID)
    assert (refused.value.code, refused.value.user_message) == (
        "connector_company_fixed",
        (
            "Records are mapped to the ConnectWise company contoso through this connector; "
            "make another connector for another company."
        ),
    )
