"""The metadata API: reading and changing definitions (dataverse.md 12)."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.emulator.dataverse.harness import BATCH_HEADERS, CONNECTOR, Organization, batch, part

pytestmark = pytest.mark.emulator

CRM = "Microsoft.Dynamics.CRM."
ACCOUNT = "EntityDefinitions(LogicalName='account')"


def label(text: str) -> dict[str, Any]:
    """Return a label as the provisioner of section 12 writes it."""
    localized = {"@odata.type": f"{CRM}LocalizedLabel", "Label": text, "LanguageCode": 1033}
    return {"@odata.type": f"{CRM}Label", "LocalizedLabels": [localized]}


def text_column(name: str, **members: Any) -> dict[str, Any]:
    """Return string attribute metadata."""
    return {
        "@odata.type": f"{CRM}StringAttributeMetadata",
        "SchemaName": name,
        "DisplayName": label(name),
        "MaxLength": 100,
        **members,
    }


TABLE = {
    "@odata.type": f"{CRM}EntityMetadata",
    "SchemaName": "psa_Mapping",
    "DisplayName": label("Mapping"),
    "DisplayCollectionName": label("Mappings"),
    "OwnershipType": "UserOwned",
    "IsActivity": False,
    "HasActivities": False,
    "HasNotes": False,
    "ChangeTrackingEnabled": True,
    "Attributes": [text_column("psa_Name", IsPrimaryName=True, FormatName={"Value": "Text"})],
}
NAME = text_column("psa_A", IsPrimaryName=True)
MAPPING = "EntityDefinitions(LogicalName='psa_mapping')"


@pytest.fixture
def made(org: Organization) -> Organization:
    """An environment with the table of section 12, its choice, columns, lookup and key."""
    options = [{"Value": 778870000, "Label": label("Pending")}, {"Value": 778870001, "Label": label("Done")}]
    choice = org.post(
        "GlobalOptionSetDefinitions",
        {
            "@odata.type": f"{CRM}OptionSetMetadata",
            "IsGlobal": True,
            "Name": "psa_syncstatus",
            "OptionSetType": "Picklist",
            "DisplayName": label("Sync status"),
            "Options": options,
        },
    )
    assert choice.status == 204
    assert org.post("EntityDefinitions", TABLE).status == 204
    picklist = {
        "@odata.type": f"{CRM}PicklistAttributeMetadata",
        "SchemaName": "psa_SyncStatus",
        "DisplayName": label("Sync status"),
        "GlobalOptionSet@odata.bind": f"/GlobalOptionSetDefinitions({choice.entity_id})",
    }
    for column in (picklist, text_column("psa_Key")):
        assert org.post(f"{MAPPING}/Attributes", column).status == 204
    relationship = {
        "@odata.type": f"{CRM}OneToManyRelationshipMetadata",
        "SchemaName": "psa_account_mapping", "ReferencedEntity": "account",
        "ReferencedAttribute": "accountid", "ReferencingEntity": "psa_mapping",
        "CascadeConfiguration": {"Assign": "NoCascade", "Delete": "RemoveLink", "Merge": "NoCascade"},
        "Lookup": {
            "@odata.type": f"{CRM}LookupAttributeMetadata", "SchemaName": "psa_AccountId",
            "DisplayName": label("Account"), "RequiredLevel": {"Value": "None"},
        },
    }  # fmt: skip
    assert org.post("RelationshipDefinitions", relationship).status == 204
    return org


def test_what_microsofts_client_asks_first(org: Organization) -> None:
    """Section 12: entity set by logical name, options sent encoded; choices with their options."""
    query = "%24select=LogicalName,EntitySetName,PrimaryIdAttribute&%24filter=LogicalName+eq+'account'"
    [found] = org.get(f"EntityDefinitions?{query}").rows
    assert (found["EntitySetName"], found["PrimaryIdAttribute"]) == ("accounts", "accountid")
    assert set(found) == {"LogicalName", "EntitySetName", "PrimaryIdAttribute", "MetadataId"}
    path = f"{ACCOUNT}/Attributes/{CRM}PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)"
    columns = {row["LogicalName"]: row for row in org.get(path).rows}
    options = columns["customertypecode"]["OptionSet"]["Options"]
    assert {option["Value"]: option["Label"]["UserLocalizedLabel"]["Label"] for option in options}[3] == "Customer"


def test_definitions_are_not_paged_and_keep_their_ids(org: Organization) -> None:
    """Section 12: MetadataId always comes back, the same after every start."""
    rows = org.get("EntityDefinitions?$select=LogicalName", {"Prefer": "odata.maxpagesize=1"}).rows
    assert len(rows) > 40
    other = Organization().get("EntityDefinitions?$select=LogicalName").rows
    assert rows == other


def test_enum_filters_need_their_type(org: Organization) -> None:
    """Section 12."""
    owned = org.get(
        f"EntityDefinitions?$select=LogicalName&$filter=OwnershipType eq {CRM}OwnershipTypes'UserOwned'"
    ).rows
    assert {"account", "invoice"} <= {row["LogicalName"] for row in owned}
    assert "organization" not in {row["LogicalName"] for row in owned}
    assert org.get("EntityDefinitions?$filter=OwnershipType eq 'UserOwned'").status == 400


def test_managed_properties_are_filtered_by_path(org: Organization) -> None:
    """Section 12."""
    assert org.get(
        "EntityDefinitions?$select=LogicalName&$filter=CanCreateAttributes/Value eq true and IsPrivate eq false"
    ).rows
    assert org.get("EntityDefinitions?$select=LogicalName&$filter=CanCreateAttributes/Value eq false").rows == []


def test_type_specific_properties_need_a_cast(org: Organization) -> None:
    """Section 12: a cast per concrete type."""
    assert org.get(f"{ACCOUNT}/Attributes?$select=MaxLength").status == 400
    rows = org.get(f"{ACCOUNT}/Attributes/{CRM}StringAttributeMetadata?$select=LogicalName,MaxLength").rows
    assert {row["LogicalName"]: row["MaxLength"] for row in rows}["name"] == 160
    one = org.get(f"{ACCOUNT}/Attributes(LogicalName='name')").json
    assert (one["@odata.type"], one["MaxLength"]) == (f"#{CRM}StringAttributeMetadata", 160)
    assert org.get(f"{ACCOUNT}/Attributes(LogicalName='name')/{CRM}MemoAttributeMetadata").status == 404
    money = org.get(
        f"EntityDefinitions(LogicalName='invoicedetail')/Attributes(LogicalName='priceperunit')/{CRM}MoneyAttributeMetadata"
    ).json
    assert (money["PrecisionSource"], money["Precision"]) == (1, 4)


def test_unknown_definitions_are_404_and_unknown_properties_400(org: Organization) -> None:
    """Section 12."""
    assert org.get("EntityDefinitions(LogicalName='nothing')").status == 404
    assert org.get(f"{ACCOUNT}/Attributes(LogicalName='nothing')").status == 404
    assert org.get("EntityDefinitions?$select=logicalname").status == 400
    assert org.get("EntityDefinitions?$top=1").status == 400
    assert org.get("EntityDefinitions?$filter=startswith(LogicalName,'acc')").status == 400
    assert org.get(f"{ACCOUNT}/Nothing").status == 404


def test_relationships_tell_the_navigation_names(org: Organization) -> None:
    """Section 5: read the name for binding from ReferencingEntityNavigationPropertyName."""
    [found] = org.get("RelationshipDefinitions?$filter=SchemaName eq 'invoice_customer_accounts'").rows
    assert found["ReferencingEntityNavigationPropertyName"] == "customerid_account"
    many = org.get(f"RelationshipDefinitions/{CRM}ManyToManyRelationshipMetadata?$select=SchemaName").rows
    assert "systemuserroles_association" in {row["SchemaName"] for row in many}
    assert org.get("EntityDefinitions(LogicalName='systemuser')/ManyToManyRelationships").rows
    names = {
        row["SchemaName"]
        for row in org.get("EntityDefinitions(LogicalName='invoice')/OneToManyRelationships?$select=SchemaName").rows
    }
    assert "invoice_details" in names
    lookups = org.get(
        "EntityDefinitions(LogicalName='invoicedetail')/ManyToOneRelationships?$select=SchemaName,ReferencedEntity"
    ).rows
    assert ("invoice_details", "invoice") in {(row["SchemaName"], row["ReferencedEntity"]) for row in lookups}


def test_expansions_of_a_table(org: Organization) -> None:
    """Section 12: $expand."""
    found = org.get(
        "EntityDefinitions(LogicalName='psasync_mapping')?$select=LogicalName&$expand="
        "Attributes($select=LogicalName;$filter=LogicalName eq 'psasync_kind'),Keys($select=KeyAttributes)"
    ).json
    assert [column["LogicalName"] for column in found["Attributes"]] == ["psasync_kind"]
    assert found["Keys"][0]["KeyAttributes"] == ["psasync_connectorid", "psasync_kind", "psasync_sourceid"]


def test_the_tables_of_the_contract_are_there(org: Organization) -> None:
    """Architecture, section 4: names, types, choices, keys, flags."""
    table = org.get("EntityDefinitions(LogicalName='psasync_mapping')").json
    assert (table["EntitySetName"], table["PrimaryNameAttribute"]) == ("psasync_mappings", "psasync_name")
    assert table["ChangeTrackingEnabled"] is True
    assert table["IsOptimisticConcurrencyEnabled"] is True
    status = org.get(
        f"EntityDefinitions(LogicalName='psasync_mapping')/Attributes(LogicalName='psasync_status')/{CRM}PicklistAttributeMetadata?$expand=OptionSet"
    ).json
    labels = [option["Label"]["UserLocalizedLabel"]["Label"] for option in status["OptionSet"]["Options"]]
    assert labels == [
        "Not Synced",
        "Pending",
        "Syncing",
        "Synced",
        "Failed",
        "Unknown",
        "Skipped",
        "Changed After Sync",
        "Missing in PSA",
    ]
    assert org.get("EntityDefinitions(LogicalName='psasync_logentry')").json["EntitySetName"] == "psasync_logentries"
    item = org.get("EntityDefinitions(LogicalName='psasync_jobitem')/Keys").rows
    assert item[0]["KeyAttributes"] == ["psasync_jobid", "psasync_position"]


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


def test_typed_metadata_by_query_expression(org: Organization) -> None:
    """Section 12: RetrieveMetadataChanges, as Microsoft's client sends it."""
    value = {"Type": "System.String", "Value": "account"}
    condition = {"PropertyName": "LogicalName", "ConditionOperator": "Equals", "Value": value}
    attribute = {**condition, "Value": {"Type": "System.String", "Value": "revenue"}}
    query = {
        "Properties": {"PropertyNames": ["LogicalName", "Attributes"]},
        "Criteria": {"Conditions": [condition]},
        "AttributeQuery": {
            "Properties": {"PropertyNames": ["LogicalName", "Precision"]},
            "Criteria": {"Conditions": [attribute]},
        },
    }

    [table] = org.get(f"RetrieveMetadataChanges(Query=@p1)?@p1={json.dumps(query)}").json["EntityMetadata"]
    [column] = table["Attributes"]
    assert (table["LogicalName"], column["LogicalName"], column["Precision"]) == ("account", "revenue", 4)
    assert org.get("RetrieveMetadataChanges(Query=@p1)?@p1=rubbish").status == 400


def test_the_csdl_document_names_types_keys_and_sets(made: Organization) -> None:
    """Section 2: $metadata."""
    reply = made.get("$metadata")
    assert reply.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(reply.body)  # noqa: S314 - our own emulator's answer
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    types = {element.get("Name"): element for element in root.iter(f"{edm}EntityType")}
    properties = {element.get("Name"): element.get("Type") for element in types["psa_mapping"].iter(f"{edm}Property")}
    assert properties["_psa_accountid_value"] == "Edm.Guid"
    assert properties["createdon"] == "Edm.DateTimeOffset"
    navigations = {element.get("Name") for element in types["psa_mapping"].iter(f"{edm}NavigationProperty")}
    assert "psa_AccountId" in navigations
    assert "accounts" in {element.get("Name") for element in root.iter(f"{edm}EntitySet")}


def test_tables_can_be_made_inside_a_batch(org: Organization) -> None:
    """Section 7 and 12."""
    reply = org.post(
        "$batch",
        batch(part("POST", "EntityDefinitions", TABLE), part("POST", f"{MAPPING}/Attributes", text_column("psa_Key"))),
        BATCH_HEADERS,
    )
    assert reply.status == 200
    assert org.post("psa_mappings", {"psa_key": "x"}).status == 204


def test_reset_keeps_definitions(made: Organization) -> None:
    """The control plane empties rows, not metadata."""
    made.create("psa_mappings", psa_name="x")
    made.control("reset", {})
    assert made.get("psa_mappings").rows == []
    assert made.get(f"psasync_connectors({CONNECTOR})").status == 404
