"""Microsoft's own Python client, unmodified and over https, believes the emulator (dataverse.md 18)."""

import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError, MetadataError
from PowerPlatform.Dataverse.models import (
    CascadeConfiguration,
    Label,
    LocalizedLabel,
    LookupAttributeMetadata,
    ManyToManyRelationshipMetadata,
    OneToManyRelationshipMetadata,
    UpsertItem,
)
from PowerPlatform.Dataverse.models.filters import col

from emulators.stack.part import ROOT, Part

pytestmark = pytest.mark.emulator


class _Credential:
    """Accepted by the client: anything with `get_token`."""

    def get_token(self, *scopes: str, **_options: object) -> AccessToken:
        assert scopes[0].endswith("/.default")
        return AccessToken("emulator", 4102444800)


class Priority(IntEnum):
    """Becomes a local choice."""

    Low = 100000000
    High = 100000001


@pytest.fixture(scope="module")
def _https_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    command = [sys.executable, "-m", "emulators", "dataverse", "--port", "0", "--tls", str(folder)]
    with Part("dataverse", command, environment={"PYTHONPATH": str(ROOT)}) as part:
        yield part.ready()["url"], folder / "ca.pem"


@pytest.fixture
def client(_https_emulator: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseClient]:
    url, authority = _https_emulator
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    with DataverseClient(url, _Credential()) as client:
        yield client


def test_creates_reads_updates_and_deletes_rows(client: DataverseClient) -> None:
    account_id = client.records.create("account", {"name": "Contoso PY", "telephone1": "1"})
    client.records.update("account", account_id, {"telephone1": "2"})
    row = client.records.retrieve("account", account_id, select=["name", "telephone1"])
    assert row is not None
    assert (row["name"], row["telephone1"]) == ("Contoso PY", "2")
    client.records.delete("account", account_id)
    with pytest.raises(HttpError) as caught:
        client.records.update("account", account_id, {"telephone1": "3"})
    assert caught.value.status_code == 404
    assert client.records.retrieve("account", account_id) is None


def test_turns_choice_labels_into_values_from_metadata(client: DataverseClient) -> None:
    account_id = client.records.create("account", {"name": "Labelled", "customertypecode": "reseller"})
    row = client.records.retrieve("account", account_id, select=["customertypecode"])
    assert row is not None
    assert row["customertypecode"] == 9


def test_writes_many_rows_at_once(client: DataverseClient) -> None:
    ids = client.records.create("contact", [{"lastname": f"Bulk {n}"} for n in range(3)])
    client.records.update("contact", ids, {"jobtitle": "Clerk"})
    client.records.update("contact", ids, [{"firstname": str(n)} for n in range(3)])
    found = client.records.list("contact", filter="jobtitle eq 'Clerk'", orderby=["firstname"], select=["fullname"])
    assert [row["fullname"] for row in found] == ["0 Bulk 0", "1 Bulk 1", "2 Bulk 2"]
    assert client.records.delete("contact", ids)
    assert not list(client.records.list("contact", filter="jobtitle eq 'Clerk'"))


def test_queries_with_builder_pages_expansions_and_annotations(client: DataverseClient) -> None:
    parent = client.records.create("account", {"name": "Query parent"})
    for number in range(5):
        client.records.create(
            "account",
            {"name": f"Query {number}", "revenue": number, "parentaccountid@odata.bind": f"/accounts({parent})"},
        )
    result = (
        client.query.builder("account")
        .select("name", "revenue")
        .where((col("revenue") >= 1) & col("name").like("Query%"))
        .order_by("revenue", descending=True)
        .expand("parentaccountid")
        .page_size(2)
        .execute()
    )
    assert [row["name"] for row in result] == ["Query 4", "Query 3", "Query 2", "Query 1"]
    assert {row["parentaccountid"]["name"] for row in result} == {"Query parent"}
    page_sizes = [
        len(list(page))
        for page in client.records.list_pages("account", filter="startswith(name,'Query ')", page_size=4)
    ]
    assert page_sizes == [4, 2]


def test_upserts_by_alternate_key(client: DataverseClient) -> None:
    key = {"psasync_requestkey": "python-1"}
    client.records.upsert("psasync_job", [UpsertItem(alternate_key=key, record={"psasync_name": "one"})])
    client.records.upsert("psasync_job", [UpsertItem(alternate_key=key, record={"psasync_name": "two"})])
    several = [
        UpsertItem(alternate_key={"psasync_requestkey": f"python-{n}"}, record={"psasync_total": n}) for n in (1, 2)
    ]
    client.records.upsert("psasync_job", several)
    found = client.records.list(
        "psasync_job", filter="startswith(psasync_requestkey,'python-')", orderby=["psasync_requestkey"]
    )
    assert [(row["psasync_name"], row["psasync_total"]) for row in found] == [("two", 1), (None, 2)]


def test_runs_batches_with_change_sets_and_content_references(client: DataverseClient) -> None:
    batch = client.batch.new()
    with batch.changeset() as changes:
        account = changes.records.create("account", {"name": "Batch account"})
        changes.records.create("contact", {"lastname": "Batch contact", "parentcustomerid_account@odata.bind": account})
        changes.records.update("account", account, {"telephone1": "42"})
    batch.records.list("account", filter="name eq 'Batch account'", select=["name", "telephone1"])
    result = batch.execute()
    assert not result.has_errors
    assert result.responses[-1].data["value"][0]["telephone1"] == "42"
    failing = client.batch.new()
    failing.records.retrieve("account", "00000000-0000-4000-8000-0000000000aa")
    failing.records.create("account", {"name": "After the error"})
    outcome = failing.execute(continue_on_error=True)
    assert [response.status_code for response in outcome.responses] == [404, 204]
    assert outcome.responses[0].error_code == "0x80040217"


def test_makes_tables_columns_and_keys(client: DataverseClient) -> None:
    columns = {
        "new_Text": "string",
        "new_Count": {"type": "int", "min_value": 1, "max_value": 5},
        "new_Amount": "decimal",
        "new_Ratio": "float",
        "new_When": "datetime",
        "new_Done": "bool",
        "new_Notes": "memo",
        "new_Priority": Priority,
    }
    info = client.tables.create("new_PyTable", columns)
    assert (info["table_logical_name"], info["entity_set_name"]) == ("new_pytable", "new_pytables")
    with pytest.raises(MetadataError):
        client.tables.create("new_PyTable", {})
    row = {"new_Name": "first", "new_Text": "t", "new_Count": 5, "new_Priority": "High", "new_Done": True}
    row_id = client.records.create("new_PyTable", row)
    with pytest.raises(HttpError):
        client.records.create("new_PyTable", {"new_Count": 6})
    client.tables.add_columns("new_PyTable", {"new_Extra": "string"})
    client.tables.update_column("new_PyTable", "new_Extra", {"max_length": 10})
    extra = client.tables.get_column("new_PyTable", "new_Extra", typed=True)
    assert extra is not None
    assert extra["MaxLength"] == 10
    names = {column["LogicalName"] for column in client.tables.list_columns("new_PyTable", select=["LogicalName"])}
    assert {"new_text", "new_extra", "new_priority", "statecode", "ownerid"} <= names
    key = client.tables.create_alternate_key("new_PyTable", "new_py_key", ["new_text"])
    [found] = client.tables.get_alternate_keys("new_PyTable")
    assert (found.schema_name, list(found.key_attributes)) == ("new_py_key", ["new_text"])
    client.tables.delete_alternate_key("new_PyTable", key.metadata_id)
    client.tables.remove_columns("new_PyTable", ["new_extra"])
    client.records.delete("new_PyTable", row_id)
    assert any(
        table["LogicalName"] == "new_pytable" for table in client.tables.list(filter="SchemaName eq 'new_PyTable'")
    )
    client.tables.delete("new_PyTable")
    assert client.tables.get("new_PyTable") is None


def test_makes_relationships_and_lookups(client: DataverseClient) -> None:
    client.tables.create("new_PyParent", {})
    client.tables.create("new_PyChild", {})
    label = Label(localized_labels=[LocalizedLabel(label="Parent", language_code=1033)])
    relation = client.tables.create_one_to_many_relationship(
        LookupAttributeMetadata(schema_name="new_ParentId", display_name=label),
        OneToManyRelationshipMetadata(
            schema_name="new_pyparent_pychild",
            referenced_entity="new_pyparent",
            referencing_entity="new_pychild",
            referenced_attribute="new_pyparentid",
            cascade_configuration=CascadeConfiguration(),
        ),
    )
    parent = client.records.create("new_PyParent", {"new_Name": "p"})
    child = client.records.create(
        "new_PyChild", {"new_Name": "c", "new_ParentId@odata.bind": f"/new_pyparents({parent})"}
    )
    row = client.records.retrieve("new_PyChild", child, expand=["new_ParentId"])
    assert row is not None
    assert row["new_ParentId"]["new_name"] == "p"
    with pytest.raises(HttpError, match="undeclared property"):
        client.records.update("new_PyChild", child, {"new_parentid@odata.bind": f"/new_pyparents({parent})"})
    client.tables.create_lookup_field("new_PyChild", "new_AccountId", "account")
    many = client.tables.create_many_to_many_relationship(
        ManyToManyRelationshipMetadata(
            schema_name="new_pyparent_account", entity1_logical_name="new_pyparent", entity2_logical_name="account"
        )
    )
    found = client.tables.get_relationship("new_pyparent_account")
    assert found is not None
    assert found.relationship_id == many.relationship_id
    assert len(client.tables.list_table_relationships("new_PyChild")) >= 2
    client.tables.delete_relationship(many.relationship_id)
    client.tables.delete_relationship(relation.relationship_id)
    client.tables.delete("new_PyChild")
    client.tables.delete("new_PyParent")


def test_carries_the_service_error(client: DataverseClient) -> None:
    with pytest.raises(HttpError) as caught:
        client.records.create("account", {"name": "x" * 161})
    assert caught.value.details["service_error_code"] == "0x80044331"
