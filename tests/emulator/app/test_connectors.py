"""Connectors through the real parts: made, tested, set up from live pick lists, kept from those who may not."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.app.outsider import Outsider

pytestmark = pytest.mark.emulator


@pytest.fixture
def admin(outsider: Outsider) -> Iterator[Outsider]:
    """Give rights back that a test takes from the API member: they outlive a reset."""
    yield outsider
    outsider.control("connectwise", "POST", "permissions", {"area": "Agreement", "inquire": True})


def connector(outsider: Outsider) -> str:
    return f"connectors/{outsider.stack.connector_id}"


def checked(outsider: Outsider) -> dict[str, Any]:
    answer = outsider.call("POST", f"{connector(outsider)}/test", user="admin")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def new_connector(outsider: Outsider, **members: Any) -> dict[str, Any]:
    default = {"name": "Second", "site_url": outsider.stack.connectwise, "company": "contoso", "credential_ref": "C2"}
    return default | members


def test_a_test_names_the_tenant_and_opens_the_properties(admin: Outsider) -> None:
    test = checked(admin)
    assert (test["connected"], test["message"]) == (True, "Connected to Contoso Cloud Services.")
    assert test["tenant"] == {"name": "Contoso Cloud Services", "version": "v2025.1"}
    assert (test["role_problems"], test["property_problems"]) == ([], [])
    assert test["properties"]["marker_field"] == "serialNumber"
    assert test["property_schema"]["properties"]["product_type"]["options"] == "product-types"
    assert len(test["notes"]) == 1
    assert "properties" not in admin.call("GET", connector(admin), user="reader").json()


def test_a_missing_right_is_named(admin: Outsider) -> None:
    admin.control("connectwise", "POST", "permissions", {"area": "Agreement", "inquire": False})
    assert checked(admin)["role_problems"] == [
        (
            "The API member's role lacks Finance > Agreements (Inquire); give it this right in ConnectWise under "
            "System > Security Roles and test again."
        )
    ]


def test_without_keys_the_properties_stay_closed(admin: Outsider) -> None:
    created = admin.call("POST", "connectors", new_connector(admin), user="admin")
    assert created.status_code == 201
    path = f"connectors/{created.json()['id']}"
    test = admin.call("POST", f"{path}/test", user="admin").json()
    assert (test["connected"], test["code"], test["properties"]) == (False, "credential_missing", None)
    saved = admin.call("PATCH", path, {"properties": {"price_decimals": 3}}, user="admin")
    assert (saved.status_code, saved.json()["code"]) == (502, "credential_missing")


def test_a_wrong_company_is_told_in_a_sentence(admin: Outsider) -> None:
    body = new_connector(admin, company="nobody", credential_ref="CONTOSO")
    created = admin.call("POST", "connectors", body, user="admin").json()
    test = admin.call("POST", f"connectors/{created['id']}/test", user="admin").json()
    assert (test["connected"], test["code"]) == (False, "psa_address_invalid")


def test_properties_are_picked_from_live_lists_and_kept(admin: Outsider) -> None:
    options = admin.call("GET", f"{connector(admin)}/options/product-subcategories", user="admin").json()["items"]
    licences = next(option for option in options if option["id"] == 17)
    assert licences == {"id": 17, "name": "Cloud subscriptions", "inactive": False, "category_id": 4}
    chosen = {"product_category": {"id": 4}, "product_subcategory": {"id": 17}, "company_types": [{"id": 1}]}
    saved = admin.call("PATCH", connector(admin), {"properties": chosen}, user="admin")
    assert saved.status_code == 200, saved.text
    properties = checked(admin)["properties"]
    assert properties["product_subcategory"] == {"id": 17, "name": "Cloud subscriptions"}
    assert properties["company_types"] == [{"id": 1, "name": "Client"}]
    assert {row["psasync_what"] for row in admin.rows("psasync_logentries")} == {"connector.change"}


def test_an_entry_that_is_not_there_is_refused_by_name(admin: Outsider) -> None:
    answer = admin.call("PATCH", connector(admin), {"properties": {"billing_cycle": {"id": 999}}}, user="admin")
    assert (answer.status_code, answer.json()["code"]) == (422, "connector_properties_refused")
    assert answer.json()["errors"] == [
        {
            "path": "properties.billing_cycle",
            "message": "There is no billing cycle with id 999 in ConnectWise; choose one from the list.",
        }
    ]


def test_of_two_people_who_save_at_once_the_second_is_told(admin: Outsider) -> None:
    version = admin.call("GET", connector(admin), user="admin").json()["version"]
    first = admin.call("PATCH", connector(admin), {"name": "Mine", "version": version}, user="admin")
    second = admin.call("PATCH", connector(admin), {"name": "Yours", "version": version}, user="admin")
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 409, "connector_changed")
    assert [item["name"] for item in admin.call("GET", "connectors").json()["items"]] == ["Mine"]


def test_keys_cannot_be_sent_and_are_never_shown(admin: Outsider) -> None:
    answer = admin.call("POST", "connectors", new_connector(admin, private_key="hidden-private"), user="admin")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"path": "private_key", "message": "Extra inputs are not permitted"}]
    assert "hidden-private" not in answer.text
    assert "emulator-private" not in str(checked(admin)) + admin.call("GET", "connectors").text


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ({"site_url": "https://evil.example"}, None),
        ({"name": " "}, "name"),
        ({"credential_ref": "a/../b"}, "credential_ref"),
    ],
)
def test_what_cannot_be_a_connector_is_refused(admin: Outsider, member: dict[str, str], path: str | None) -> None:
    answer = admin.call("POST", "connectors", new_connector(admin, **member), user="admin")
    if path is None:
        assert (answer.status_code, answer.json()["code"]) == (422, "connector_address_invalid")
    else:
        assert [fault["path"] for fault in answer.json()["errors"]] == [path]


@pytest.mark.parametrize("user", ["billing", "reader"])
def test_only_administrators_make_change_and_test_connectors(admin: Outsider, user: str) -> None:
    calls = [
        ("POST", "connectors"),
        ("PATCH", connector(admin)),
        ("POST", f"{connector(admin)}/test"),
        ("GET", f"{connector(admin)}/options/product-types"),
    ]
    assert [admin.call(method, path, {}, user=user).status_code for method, path in calls] == [403] * 4
    assert admin.call("GET", "connectors", user=user).status_code == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("connectors/none", "connector_not_found"),
        ("connectors/88888888-8888-4888-8888-0000000000ff", "connector_not_found"),
        ("connectors/88888888-8888-4888-8888-000000000001/options/colours", "option_list_not_found"),
    ],
)
def test_what_does_not_exist_is_a_404(admin: Outsider, path: str, code: str) -> None:
    answer = admin.call("GET", path, user="admin")
    assert (answer.status_code, answer.json()["code"]) == (404, code)
