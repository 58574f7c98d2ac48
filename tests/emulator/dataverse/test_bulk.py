"""CreateMultiple, UpdateMultiple, UpsertMultiple, DeleteMultiple (dataverse.md 8)."""

from typing import Any

import pytest

from tests.emulator.dataverse.harness import ACCOUNT, MISSING, OTHER_ACCOUNT, Organization

pytestmark = pytest.mark.emulator

JOB = {"@odata.type": "Microsoft.Dynamics.CRM.psasync_job"}
ROW = {"@odata.type": "Microsoft.Dynamics.CRM.account"}


def bulk(org: Organization, name: str, *targets: dict[str, Any], entity_set: str = "accounts") -> Any:
    """Call a bulk message."""
    return org.post(f"{entity_set}/Microsoft.Dynamics.CRM.{name}", {"Targets": list(targets)})


def test_create_multiple_answers_the_ids_in_order(org: Organization) -> None:
    """Section 8."""
    reply = bulk(org, "CreateMultiple", {**ROW, "name": "b"}, {**ROW, "name": "a"})
    assert reply.status == 200
    assert reply.json["@odata.context"].endswith("$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse")
    assert [org.get(f"accounts({row_id})?$select=name").json["name"] for row_id in reply.json["Ids"]] == ["b", "a"]


def test_update_multiple_needs_the_primary_key(org: Organization) -> None:
    """Section 8."""
    assert (
        bulk(
            org,
            "UpdateMultiple",
            {**ROW, "accountid": ACCOUNT, "fax": "1"},
            {**ROW, "accountid": OTHER_ACCOUNT, "fax": "2"},
        ).status
        == 204
    )
    assert org.get(f"accounts({OTHER_ACCOUNT})?$select=fax").json["fax"] == "2"
    assert bulk(org, "UpdateMultiple", {**ROW, "fax": "1"}).status == 400
    assert bulk(org, "UpdateMultiple", {**ROW, "accountid": MISSING, "fax": "1"}).status == 404


def test_bulk_messages_are_all_or_nothing(org: Organization) -> None:
    """Section 8: standard tables."""
    before = org.get("accounts/$count").body
    assert bulk(org, "CreateMultiple", {**ROW, "name": "x"}, {**ROW, "name": "y" * 161}).status == 400
    assert (
        bulk(org, "UpdateMultiple", {**ROW, "accountid": ACCOUNT, "fax": "z"}, {**ROW, "accountid": MISSING}).status
        == 404
    )
    assert org.get("accounts/$count").body == before
    assert org.get(f"accounts({ACCOUNT})?$select=fax").json["fax"] is None


def test_every_target_needs_its_type(org: Organization) -> None:
    """Section 8: `@odata.type` is mandatory."""
    for target in ({"name": "x"}, {"@odata.type": "Microsoft.Dynamics.CRM.contact", "name": "x"}):
        assert bulk(org, "CreateMultiple", target).status == 400
    assert org.post("accounts/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": [], "More": 1}).status == 400
    assert bulk(org, "CreateMultiple").status == 400


def test_upsert_multiple_creates_and_updates_without_telling(org: Organization) -> None:
    """Section 8: by `@odata.id` with a key, or by primary key."""

    def job(number: int, **columns: Any) -> dict[str, Any]:
        return {**JOB, "@odata.id": f"psasync_jobs(psasync_requestkey='r{number}')", **columns}

    for total in (1, 2):
        reply = bulk(
            org, "UpsertMultiple", job(1, psasync_total=total), job(2, psasync_total=total), entity_set="psasync_jobs"
        )
        assert (reply.status, reply.body) == (204, b"")
    rows = org.get("psasync_jobs?$select=psasync_requestkey,psasync_total&$orderby=psasync_requestkey").rows
    assert [(r["psasync_requestkey"], r["psasync_total"]) for r in rows] == [("r1", 2), ("r2", 2)]
    by_id = {**ROW, "accountid": MISSING, "name": "by id"}
    assert bulk(org, "UpsertMultiple", by_id, {**by_id, "name": "again"}).status == 204
    assert org.get(f"accounts({MISSING})?$select=name").json["name"] == "again"


def test_key_columns_repeated_in_an_upsert_body(org: Organization) -> None:
    """Section 8: the create path answers 0x80040216, the update path accepts."""
    target = {**JOB, "@odata.id": "psasync_jobs(psasync_requestkey='r1')", "psasync_requestkey": "r1"}
    reply = bulk(org, "UpsertMultiple", target, entity_set="psasync_jobs")
    assert (reply.status, reply.code, reply.message) == (400, "0x80040216", "An unexpected error occurred.")
    org.create("psasync_jobs", psasync_requestkey="r1")
    assert bulk(org, "UpsertMultiple", target, entity_set="psasync_jobs").status == 204


def test_delete_multiple_is_for_elastic_tables(org: Organization) -> None:
    """Section 8."""
    reply = bulk(org, "DeleteMultiple", {**ROW, "accountid": ACCOUNT})
    assert (reply.status, reply.message) == (400, "DeleteMultiple has not yet been implemented.")


def test_support_differs_per_table(org: Organization) -> None:
    """Section 8: sdkmessagefilters."""
    query = (
        "sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq @message and "
        "primaryobjecttypecode eq @table&@message='CreateMultiple'&@table="
    )
    assert len(org.get(f"{query}'account'").rows) == 1
    assert org.get(f"{query}'webresource'").rows == []
    assert bulk(org, "CreateMultiple", {"name": "x"}, entity_set="webresourceset").status == 404


def test_bulk_delete_runs_a_job(org: Organization) -> None:
    """Section 18: Microsoft's client deletes many rows so; the job is done before the answer."""
    condition = {"AttributeName": "accountid", "Operator": "In", "Values": [{"Value": ACCOUNT}, {"Value": MISSING}]}
    body = {
        "JobName": "clean",
        "QuerySet": [{"EntityName": "account", "Criteria": {"FilterOperator": "And", "Conditions": [condition]}}],
    }
    job = org.post("BulkDelete", body).json["JobId"]
    assert org.get(f"asyncoperations({job})?$select=statuscode").json["statuscode"] == 30
    assert org.get(f"accounts({ACCOUNT})").status == 404
    everything = {"QuerySet": [{"EntityName": "account", "Criteria": {"Conditions": []}}]}
    assert org.post("BulkDelete", everything).status == 501
