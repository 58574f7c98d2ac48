"""Making, changing and removing tables, columns, keys, relationships and choices (dataverse.md 6, 12)."""

from typing import Any

import pytest

from tests.emulator.dataverse.definition_bodies import MAPPING, NAME, TABLE, label, text_column
from tests.emulator.dataverse.harness import CRM, Organization

pytestmark = pytest.mark.emulator
ACCOUNT = "EntityDefinitions(LogicalName='account')"


def test_a_made_table_behaves_like_any_other(made: Organization) -> None:
    """Section 12: the provisioner's calls, then rows; custom columns keep their schema-name casing when bound."""
    assert made.get(f"{MAPPING}?$select=EntitySetName").json["EntitySetName"] == "psa_mappings"
    row_id = made.create(
        "psa_mappings",
        psa_name="m",
        psa_syncstatus=778870001,
        **{"psa_AccountId@odata.bind": "/accounts(a0000000-0000-4000-8000-000000000001)"},
    )
    row = made.get(
        f"psa_mappings({row_id})?$select=psa_syncstatus,_psa_accountid_value&$expand=psa_AccountId($select=name)",
        {"Prefer": 'odata.include-annotations="*"'},
    ).json
    assert row["psa_syncstatus@OData.Community.Display.V1.FormattedValue"] == "Done"
    assert row["psa_AccountId"]["name"] == "Fabrikam Inc."
    trap = made.post("psa_mappings", {"psa_accountid@odata.bind": "/accounts(a0000000-0000-4000-8000-000000000001)"})
    assert (trap.status, trap.code) == (400, "0x80048d19")
    assert made.post("psa_mappings", {"psa_syncstatus": 1}).code == "0x8004431a"
    assert made.post("psa_mappings", {"psa_key": "x" * 101}).code == "0x80044331"
    assert made.get("psa_mappings", {"Prefer": "odata.track-changes"}).status == 200
    assert (
        made.post(
            "psa_mappings/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": [{"@odata.type": f"{CRM}psa_mapping"}]}
        ).status
        == 200
    )


def test_a_key_is_pending_first_then_active(made: Organization) -> None:
    """Section 6: the index is built in the background; until then the key neither guards nor addresses."""
    made.control("clock", {"now": "2026-05-01T00:00:00Z"})
    key = made.post(
        f"{MAPPING}/Keys", {"SchemaName": "psa_mapping_key", "DisplayName": label("Key"), "KeyAttributes": ["psa_key"]}
    )
    assert key.status == 204

    def status() -> str:
        return str(
            made.get(f"{MAPPING}/Keys(LogicalName='psa_mapping_key')?$select=EntityKeyIndexStatus").json[
                "EntityKeyIndexStatus"
            ]
        )

    assert status() == "Pending"
    made.create("psa_mappings", psa_key="7")
    assert made.get("psa_mappings(psa_key='7')").status == 400
    made.control("clock", {"advance_seconds": 1.5})
    assert status() == "InProgress"
    made.control("clock", {"advance_seconds": 1})
    assert status() == "Active"
    assert made.get("psa_mappings(psa_key='7')").status == 200
    assert made.post("psa_mappings", {"psa_key": "7"}).status == 412


def test_a_key_over_duplicates_fails_and_can_be_repaired(made: Organization) -> None:
    """Section 6: Failed, ReactivateEntityKey."""
    made.control("settings", {"key_index_seconds": 0})
    first, _ = made.create("psa_mappings", psa_key="7"), made.create("psa_mappings", psa_key="7")
    made.post(f"{MAPPING}/Keys", {"SchemaName": "psa_mapping_key", "KeyAttributes": ["psa_key"]})
    assert made.get(f"{MAPPING}/Keys").rows[0]["EntityKeyIndexStatus"] == "Failed"
    made.delete(f"psa_mappings({first})")
    assert (
        made.post(
            "ReactivateEntityKey", {"EntityLogicalName": "psa_mapping", "EntityKeyLogicalName": "psa_mapping_key"}
        ).status
        == 204
    )
    assert made.get(f"{MAPPING}/Keys").rows[0]["EntityKeyIndexStatus"] == "Active"


@pytest.mark.parametrize(
    "columns",
    [[], ["nothing"], ["psa_big"], ["psa_memo"], ["psa_key"] * 17, "psa_key"],
    ids=["none", "unknown", "900 bytes", "memo", "17", "text"],
)
def test_keys_have_documented_limits(made: Organization, columns: Any) -> None:
    """Section 6: 16 columns, 900 bytes, types."""
    made.post(f"{MAPPING}/Attributes", text_column("psa_Big", MaxLength=500))
    made.post(f"{MAPPING}/Attributes", {**text_column("psa_Memo"), "@odata.type": f"{CRM}MemoAttributeMetadata"})
    assert made.post(f"{MAPPING}/Keys", {"SchemaName": "psa_bad_key", "KeyAttributes": columns}).status == 400


def test_a_table_has_at_most_ten_keys(made: Organization) -> None:
    """Section 6."""
    replies = [
        made.post(f"{MAPPING}/Keys", {"SchemaName": f"psa_key_{n}", "KeyAttributes": ["psa_key"]}) for n in range(11)
    ]
    assert [reply.status for reply in replies] == [204] * 10 + [400]


def test_updates_are_puts_of_the_whole_definition(made: Organization) -> None:
    """Section 12; change tracking cannot be turned off again (section 9)."""
    path = f"{MAPPING}/Attributes(LogicalName='psa_key')"
    whole = made.get(f"{path}/{CRM}StringAttributeMetadata").json
    whole |= {"@odata.type": f"{CRM}StringAttributeMetadata", "MaxLength": 5}
    assert made.call("PUT", path, whole, {"MSCRM.MergeLabels": "true"}).status == 204
    assert made.post("psa_mappings", {"psa_key": "123456"}).status == 400
    assert made.call("PUT", path, {"MaxLength": 5}).status == 400
    assert made.patch(path, whole).status == 405
    table = made.get(MAPPING).json
    assert made.call("PUT", MAPPING, {**table, "DisplayName": label("Renamed")}).status == 204
    assert made.get(MAPPING).json["DisplayName"]["UserLocalizedLabel"]["Label"] == "Renamed"
    assert made.call("PUT", MAPPING, {**table, "ChangeTrackingEnabled": False}).status == 400
    assert made.post("PublishXml", {"ParameterXml": "<importexportxml />"}).status == 204


def test_options_are_inserted_renamed_and_removed(made: Organization) -> None:
    """Section 12: choices."""
    name = {"OptionSetName": "psa_syncstatus"}
    assert (
        made.post("InsertOptionValue", {**name, "Value": 778870002, "Label": label("Late")}).json["NewOptionValue"]
        == 778870002
    )
    assert made.post("psa_mappings", {"psa_syncstatus": 778870002}).status == 204
    assert made.post("UpdateOptionValue", {**name, "Value": 778870002, "Label": label("Very late")}).status == 204
    shown = made.get("GlobalOptionSetDefinitions(Name='psa_syncstatus')").json["Options"]
    assert shown[-1]["Label"]["UserLocalizedLabel"]["Label"] == "Very late"
    assert made.post("DeleteOptionValue", {**name, "Value": 778870002}).status == 204
    assert made.post("psa_mappings", {"psa_syncstatus": 778870002}).status == 400


def test_what_others_need_cannot_be_deleted(made: Organization) -> None:
    """Section 12: dependencies, and system components."""
    choice = made.get("GlobalOptionSetDefinitions(Name='psa_syncstatus')").json["MetadataId"]
    assert made.delete(f"GlobalOptionSetDefinitions({choice})").status == 400
    made.post(f"{MAPPING}/Keys", {"SchemaName": "psa_mapping_key", "KeyAttributes": ["psa_key"]})
    assert made.delete(f"{MAPPING}/Attributes(LogicalName='psa_key')").code == "0x8004f01f"
    assert made.delete(f"{MAPPING}/Attributes(LogicalName='psa_name')").status == 400
    assert made.delete(ACCOUNT).status == 400
    assert made.delete(f"{ACCOUNT}/Attributes(LogicalName='name')").status == 400
    assert made.delete("RelationshipDefinitions(SchemaName='invoice_details')").status == 400


def test_deleted_parts_are_gone(made: Organization) -> None:
    """Section 12."""
    made.create(
        "psa_mappings", psa_key="1", **{"psa_AccountId@odata.bind": "/accounts(a0000000-0000-4000-8000-000000000001)"}
    )
    assert made.delete("RelationshipDefinitions(SchemaName='psa_account_mapping')").status == 204
    assert made.get("psa_mappings?$select=_psa_accountid_value").status == 400
    assert made.get("accounts?$expand=psa_account_mapping").status == 400
    assert made.delete(f"{MAPPING}/Attributes(LogicalName='psa_key')").status == 204
    assert made.get("psa_mappings?$filter=psa_key eq '1'").status == 400
    assert made.delete(MAPPING).status == 204
    assert made.get("psa_mappings").status == 404
    assert made.get(MAPPING).status == 404
    assert made.post("EntityDefinitions", TABLE).status == 204


@pytest.mark.parametrize(
    "change",
    [
        {"SchemaName": "Mapping"}, {"SchemaName": "psasync_mapping"}, {"Attributes": []}, {"OwnershipType": "Nobody"},
        {"Attributes": [NAME, text_column("Plain")]},
        {"Attributes": [text_column("psa_A", IsPrimaryName=True, MaxLength=5000)]},
        {"Attributes": [NAME, {"@odata.type": f"{CRM}LookupAttributeMetadata", "SchemaName": "psa_L"}]},
        {"Attributes": [NAME, {"@odata.type": f"{CRM}PicklistAttributeMetadata", "SchemaName": "psa_P"}]},
    ],
)  # fmt: skip
def test_bad_tables_are_refused(org: Organization, change: dict[str, Any]) -> None:
    """Section 12."""
    assert org.post("EntityDefinitions", {**TABLE, **change}).status == 400
    assert org.get(MAPPING).status == 404


def test_many_to_many_relationships_can_be_made(made: Organization) -> None:
    """Section 12: RelationshipDefinitions."""
    body = {
        "@odata.type": f"{CRM}ManyToManyRelationshipMetadata",
        "SchemaName": "psa_mapping_product",
        "Entity1LogicalName": "psa_mapping",
        "Entity2LogicalName": "product",
        "IntersectEntityName": "psa_mapping_product",
    }
    assert made.post("RelationshipDefinitions", body).status == 204
    assert made.post("RelationshipDefinitions", body).status == 400
    row = made.create("psa_mappings", psa_name="m")
    link = {"@odata.id": "products(b0000000-0000-4000-8000-000000000001)"}
    assert made.post(f"psa_mappings({row})/psa_mapping_product/$ref", link).status == 204
    assert (
        len(made.get(f"psa_mappings({row})?$expand=psa_mapping_product($select=name)").json["psa_mapping_product"]) == 1
    )
    assert len(made.get("products(b0000000-0000-4000-8000-000000000001)/psa_mapping_product").rows) == 1
