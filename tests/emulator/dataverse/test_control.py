"""Seeds, state, reset and data that survive a restart (architecture, section 10)."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emulators import dataverse
from emulators.control_plane import SeedError
from tests.emulator.dataverse.harness import ACCOUNT, CONNECTOR, CONTACT, INVOICE, MISSING, Organization, mapping_key

pytestmark = pytest.mark.emulator


def test_lookups_in_a_seed_take_any_documented_form(org: Organization) -> None:
    """A binding in any letter case, the logical name, or the `_x_value` property."""
    rows = [
        {"name": "one", "primarycontactid@odata.bind": f"/contacts({CONTACT})"},
        {"name": "two", "PrimaryContactId@odata.bind": f"contacts({CONTACT})"},
        {"name": "three", "_primarycontactid_value": CONTACT},
        {"name": "four", "primarycontactid": CONTACT.upper()},
    ]
    assert org.control("seed", {"accounts": rows}).json == {"counts": {"accounts": 4}}
    assert len(org.get(f"accounts?$filter=_primarycontactid_value eq {CONTACT}").rows) == 4


def test_rows_of_a_seed_may_refer_to_later_ones(org: Organization) -> None:
    """Order does not matter, within and across entity sets."""
    other = "00000000-0000-4000-8000-0000000000aa"
    document = {
        "invoicedetails": [{"invoiceid@odata.bind": f"/invoices({other})", "quantity": 1}],
        "invoices": [{"invoiceid": other, "name": "i", "customerid_account@odata.bind": f"/accounts({MISSING})"}],
        "accounts": [{"accountid": MISSING, "name": "later"}],
    }
    assert org.control("seed", document).status == 200
    found = org.get(f"invoices({other})?$expand=customerid_account($select=name)").json
    assert found["customerid_account"]["name"] == "later"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"nothings": []}, "nothings: no such entity set"),
        ({"accounts": {}}, "accounts: a list of rows is expected"),
        ({"accounts": [5]}, "accounts[0]: an object is expected"),
        ({"accounts": [{"name": "a"}, {"Nothing": 1}]}, "accounts[1].Nothing: account has no such member"),
        ({"accounts": [{"name": 5}]}, "accounts[0]: Error identified in Payload"),
        (
            {"accounts": [{"accountid": MISSING, "_primarycontactid_value": MISSING}]},
            f"accounts({MISSING})._primarycontactid_value: contacts({MISSING}) does not exist",
        ),
        (
            {"accounts": [{"primarycontactid@odata.bind": f"/accounts({ACCOUNT})"}]},
            "accounts[0].primarycontactid@odata.bind: accounts is not a target",
        ),
        (
            {"psasync_jobs": [{"psasync_requestkey": "k"}, {"psasync_requestkey": "K"}]},
            "psasync_jobs[1]: Entity Key psasync_job_requestkey violated",
        ),
    ],
)
def test_a_bad_seed_is_refused_as_a_whole_and_named(org: Organization, document: dict[str, Any], message: str) -> None:
    """Bad input names the member; referential checks are made."""
    before = org.emulator.state({})
    reply = org.control("seed", document)
    assert reply.status == 400
    assert reply.json["error"].startswith(message)
    assert org.emulator.state({}) == before


def test_seeds_know_no_business_rules(org: Organization) -> None:
    """Paid invoices, odd states, given dates and amounts are loaded as they are."""
    row = {
        "invoiceid": MISSING,
        "name": "paid",
        "statecode": 2,
        "totalamount": Decimal("1.239"),
        "createdon": "2020-01-01T00:00:00Z",
        "invoicenumber": "x" * 150,
    }
    org.emulator.seed(
        {"invoices": [row], "invoicedetails": [{"invoiceid@odata.bind": f"/invoices({MISSING})", "quantity": 1}]}
    )
    found = org.get(f"invoices({MISSING})").json
    assert (found["statecode"], found["statuscode"], found["createdon"]) == (2, 100001, "2020-01-01T00:00:00Z")
    assert found["totalamount"] == Decimal("1.239")


def test_state_answers_stored_rows_in_pages(org: Organization) -> None:
    """`GET state?table=` so that any outside program can compare."""
    org.emulator.seed({"contacts": [{"lastname": str(n)} for n in range(24)]})
    assert org.get("/_emulator/state").json["tables"]["contacts"] == 25
    found: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = org.get(f"/_emulator/state?table=contacts&offset={offset}&limit=10").json
        assert page["total"] == 25
        found += [row["contactid"] for row in page["rows"]]
        offset = page["next"]
    assert len(set(found)) == 25
    by_logical_name = org.get("/_emulator/state?table=invoicedetail").json["rows"][0]
    assert by_logical_name["_invoiceid_value"] == INVOICE
    assert by_logical_name["createdon"].endswith("Z")
    for query in ("table=nothing", "table=contacts&offset=x"):
        assert org.get(f"/_emulator/state?{query}").status == 400


def test_reset_keeps_users_roles_currencies_units_and_metadata(org: Organization) -> None:
    """`POST reset`."""
    org.create("webresourceset", name="psa_/a.css", webresourcetype=2)
    org.create("serviceendpoints", name="h", contract=8, authtype=4, url="https://app.example/hook")
    org.control("reset", {})
    tables = org.get("/_emulator/state").json["tables"]
    assert tables["accounts"] == tables["invoices"] == tables["psasync_connectors"] == 0
    assert (tables["systemusers"], tables["transactioncurrencies"], tables["uoms"], tables["uomschedules"]) == (
        4,
        5,
        1,
        1,
    )
    assert org.get("WhoAmI").status == 200
    assert org.get("accounts").rows == []
    assert (tables["webresourceset"], tables["serviceendpoints"]) == (1, 0)


def test_a_seed_without_connector_gets_the_default_one(org: Organization) -> None:
    """Only when there is none yet; its counts name the given rows only."""
    org.control("reset", {})
    assert org.control("seed", {"accounts": [{"name": "a"}]}).json == {"counts": {"accounts": 1}}
    row = org.get(f"psasync_connectors({CONNECTOR})").json
    assert (row["psasync_name"], row["psasync_credentialref"]) == ("ConnectWise", "CONTOSO")
    own = Organization(seed={"psasync_connectors": [{"psasync_name": "mine"}]})
    assert [row["psasync_name"] for row in own.get("psasync_connectors").rows] == ["mine"]
    placed = Organization(seed={}, connectwise_url="http://127.0.0.1:5")
    assert placed.get(f"psasync_connectors({CONNECTOR})").json["psasync_siteurl"] == "http://127.0.0.1:5"


def test_rows_definitions_and_deletions_survive_a_restart(tmp_path: Path) -> None:
    """`--data DIR`: everything is as it was, numbers exactly, and versions go on."""
    first = Organization(data=tmp_path)
    first.patch(mapping_key("kept"), b'{"psasync_pushedamount": 0.1234567891}')
    text = {
        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
        "IsPrimaryName": True,
        "SchemaName": "psa_Name",
    }
    first.post(
        "EntityDefinitions",
        {"SchemaName": "psa_Thing", "OwnershipType": "UserOwned", "Attributes": [text], "ChangeTrackingEnabled": True},
    )
    first.control("settings", {"key_index_seconds": 0})
    first.post(
        "EntityDefinitions(LogicalName='psa_thing')/Keys",
        {"SchemaName": "psa_thing_key", "KeyAttributes": ["psa_name"]},
    )
    first.post(
        "EntityDefinitions(LogicalName='account')/Attributes",
        {"@odata.type": "Microsoft.Dynamics.CRM.BooleanAttributeMetadata", "SchemaName": "psa_Flag"},
    )
    first.get("psa_things(psa_name='x')")
    first.create("psa_things", psa_name="x")
    first.patch(f"accounts({ACCOUNT})", {"psa_flag": True})
    link = first.get("contacts?$select=lastname", {"Prefer": "odata.track-changes"}).json["@odata.deltaLink"]
    first.delete(f"contacts({CONTACT})")
    tag = first.get(mapping_key("kept")).headers["etag"]

    second = Organization(data=tmp_path)
    assert second.emulator.state({}) == first.emulator.state({})
    kept = second.get(mapping_key("kept"))
    assert (kept.headers["etag"], kept.json["psasync_pushedamount"]) == (tag, Decimal("0.1234567891"))
    assert second.get("psa_things(psa_name='x')").status == 200
    assert second.get(f"accounts({ACCOUNT})?$select=psa_flag").json["psa_flag"] is True
    assert [row["reason"] for row in second.get(link.partition("/v9.2/")[2]).rows] == ["deleted"]
    second.patch(mapping_key("kept"), {"psasync_name": "n"})
    assert second.get(mapping_key("kept")).headers["etag"] not in (tag, None)
    second.control("reset", {})
    assert Organization(data=tmp_path).emulator.state({})["tables"]["accounts"] == 0


def test_settings_are_shown_and_checked(org: Organization) -> None:
    """Control route of this emulator."""
    assert org.control("settings", {"key_index_seconds": 0.5}).json["key_index_seconds"] == 0.5
    assert org.control("settings", {"nested_change_set_errors": 1}).status == 400
    assert org.control("settings", b"x").status == 400
    assert org.control("nothing", {}).status == 404


def test_coverage_names_each_route_once() -> None:
    """For the generated table."""
    routes = dataverse.coverage()
    assert len({(method, template) for method, template, _ in routes}) == len(routes) > 40
    assert ("GET", "/api/data/v9.2/WhoAmI", "") in routes


def test_seed_errors_are_seed_errors(org: Organization) -> None:
    """The interface of the control plane."""
    with pytest.raises(SeedError, match="nothings: no such entity set"):
        org.emulator.seed({"nothings": []})
    assert json.dumps(org.emulator.seed({})) == "{}"
