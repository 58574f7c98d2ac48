"""The metadata API: reading and changing definitions (dataverse.md 12)."""

import json
from xml.etree import ElementTree

import pytest

from tests.emulator.dataverse.definition_bodies import MAPPING, TABLE, text_column
from tests.emulator.dataverse.harness import BATCH_HEADERS, CONNECTOR, CRM, Organization, batch, part

pytestmark = pytest.mark.emulator

ACCOUNT = "EntityDefinitions(LogicalName='account')"


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
