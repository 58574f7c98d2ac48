"""The test of a connection: who answers, what the role lacks, and which properties no longer hold."""

import pytest

from connectwise.errors import CredentialsRefused, RouteInvalid, ServerFault
from connectwise.setup.records import Area, OptionList
from sync_core.connectors.connection import check_connection
from sync_core.connectors.properties import ConnectorProperties
from sync_core.errors import ConfigurationFault, RecordRejected, TransientFault
from tests import builders
from tests.connector_fakes import Office, office_with

pytestmark = pytest.mark.unit


def test_a_working_connection_names_the_tenant_and_opens_the_properties() -> None:
    test = check_connection(office_with().services(), builders.CONNECTOR_ID)
    assert test.failure is None
    assert test.tenant is not None
    assert (test.tenant.name, test.tenant.version) == ("Contoso Cloud Services", "v2025.1")
    assert test.properties == ConnectorProperties()
    assert (list(test.role_problems), list(test.property_faults)) == ([], [])


def test_a_missing_right_is_named_as_the_screen_of_connectwise_names_it() -> None:
    office = office_with('{"product_type": {"id": 99, "name": "Gone"}}')
    office.unreadable = [Area.AGREEMENTS]
    test = check_connection(office.services(), builders.CONNECTOR_ID)
    assert list(test.role_problems) == [
        (
            "The API member's role lacks Finance > Agreements (Inquire); give it this right in ConnectWise under "
            "System > Security Roles and test again."
        )
    ]
    assert office.asked == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (CredentialsRefused(method="GET", path="/x", status=401), "psa_credentials_refused"),
        (RouteInvalid(method="GET", path="/x", delivery="not_sent"), "psa_address_invalid"),
        (ConfigurationFault(user_message="No keys.", code="credential_missing"), "credential_missing"),
    ],
)
def test_without_a_connection_everything_else_stays_closed(fault: ConfigurationFault, code: str) -> None:
    office = office_with('{"price_decimals": 4}')
    office.fault = fault
    test = check_connection(office.services(), builders.CONNECTOR_ID)
    assert test.failure is not None
    assert test.failure.code == code
    assert (test.tenant, test.properties) == (None, None)


def test_a_passing_fault_is_no_verdict_about_the_connector() -> None:
    office = office_with()
    office.fault = ServerFault(method="GET", path="/x", status=503)
    with pytest.raises(TransientFault):
        check_connection(office.services(), builders.CONNECTOR_ID)


def test_a_deleted_entry_is_told_with_its_name() -> None:
    office = office_with('{"company_status": {"id": 5, "name": "Gold"}}')
    test = check_connection(office.services(), builders.CONNECTOR_ID)
    assert [(fault.path, fault.message) for fault in test.property_faults] == [
        ("company_status", 'The company status "Gold" no longer exists in ConnectWise; choose another one and save.')
    ]


@pytest.mark.parametrize("text", ["no json", "[]", '{"price_decimals": "many"}'])
def test_stored_properties_that_are_not_valid_can_be_mended(text: str) -> None:
    test = check_connection(office_with(text).services(), builders.CONNECTOR_ID)
    assert test.properties == ConnectorProperties()
    assert [fault.path for fault in test.property_faults] == (["price_decimals"] if "many" in text else [])


def test_a_connector_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RecordRejected) as refused:
        check_connection(Office().services(), builders.CONNECTOR_ID)
    assert refused.value.code == "connector_not_found"


@pytest.mark.parametrize("name", sorted(ConnectorProperties.model_fields))
def test_every_property_is_explained_in_one_sentence(name: str) -> None:
    explanation = ConnectorProperties.model_fields[name].description or ""
    assert explanation.endswith(".")
    assert explanation.count(". ") == 0


def test_every_pick_list_serves_a_property() -> None:
    schema = ConnectorProperties.model_json_schema()["properties"]
    assert {schema[name]["options"] for name in schema if "options" in schema[name]} == {*OptionList}
