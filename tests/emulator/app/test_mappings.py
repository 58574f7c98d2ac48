"""Mapping by hand through the real parts: both systems agree on what is mapped, and nobody overwrites anybody."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from emulators.seeds import bulk
from tests.emulator.app.outsider import Outsider

pytestmark = pytest.mark.emulator

KINDS = {"product": 451000001, "account": 451000000, "billing_contract": 451000002}
TABLES = {
    "product": ("products", "productid", "work365_product_psasystem"),
    "account": ("accounts", "accountid", "work365_account_psasystem"),
    "billing_contract": ("work365_billingcontracts", "work365_billingcontractid", "work365_billingcontract_psasystem"),
}


def mapping_of(outsider: Outsider, kind: str, number: int = 0) -> dict[str, Any]:
    rows = [row for row in outsider.rows("psasync_mappings") if row["psasync_kind"] == KINDS[kind]]
    return sorted(rows, key=lambda row: row["psasync_psaid"])[number]


def put(outsider: Outsider, kind: str, source_id: str, psa_id: int, user: str = "billing") -> requests.Response:
    body = {
        "connector_id": outsider.stack.connector_id,
        "kind": kind,
        "source_id": source_id,
        "psa_id": psa_id,
    }
    return outsider.call("PUT", "mappings", body, user=user)


def work365_of(outsider: Outsider, kind: str, source_id: str) -> tuple[str | None, str | None]:
    table, key, column = TABLES[kind]
    (row,) = [row for row in outsider.rows(table) if row[key] == source_id]
    return row.get(f"{column}_id"), row.get(f"{column}_name")


@pytest.mark.parametrize("kind", ["product", "account", "billing_contract"])
def test_unmapped_and_mapped_again_everything_is_equal(outsider: Outsider, kind: str) -> None:
    before = mapping_of(outsider, kind)
    source_id, psa_id = before["psasync_sourceid"], before["psasync_psaid"]
    removed = outsider.call("DELETE", f"mappings/{before['psasync_mappingid']}")
    assert (removed.status_code, removed.json()) == (200, {"mirror_problem": None})
    assert outsider.call("GET", f"mappings?source_id={source_id}").json() == {"items": []}
    answer = put(outsider, kind, source_id, psa_id)
    assert answer.status_code == 200, answer.text
    mapping = answer.json()
    assert (mapping["psa_id"], mapping["status"], mapping["mirror_problem"]) == (psa_id, "Synced", None)
    assert work365_of(outsider, kind, source_id) == (str(psa_id), mapping["psa_name"])
    (shown,) = outsider.call("GET", f"mappings?source_id={source_id}", user="reader").json()["items"]
    assert shown == {name: value for name, value in mapping.items() if name != "mirror_problem"}
    (row,) = [row for row in outsider.rows("psasync_mappings") if row["psasync_sourceid"] == source_id]
    lookup = f"_psasync_{kind.replace('_', '')}id_value"
    assert row[lookup] == source_id
    written = {entry["psasync_what"] for entry in outsider.rows("psasync_logentries")}
    assert written == {"mapping.remove", "mapping.create"}
    assert put(outsider, kind, source_id, psa_id).json() == mapping
    assert len(outsider.rows("psasync_logentries")) == 2


def test_an_unmapped_product_stops_its_lines_and_mapped_again_they_go(outsider: Outsider) -> None:
    mapping = mapping_of(outsider, "product")
    outsider.call("DELETE", f"mappings/{mapping['psasync_mappingid']}")
    lines = [bulk.line_id(number) for number in range(25)]
    outcomes = {item["code"] for item in outsider.push(lines).json()["items"]}
    assert "product_not_mapped" in outcomes
    put(outsider, "product", mapping["psasync_sourceid"], mapping["psasync_psaid"])
    assert {item["outcome"] for item in outsider.push(lines).json()["items"]} == {"created", "skipped"}
    assert outsider.push(lines).json()["counts"]["created"] == 0


def test_a_taken_target_is_refused_with_the_name_of_the_other(outsider: Outsider) -> None:
    first, second = mapping_of(outsider, "account", 0), mapping_of(outsider, "account", 1)
    answer = put(outsider, "account", first["psasync_sourceid"], second["psasync_psaid"])
    assert (answer.status_code, answer.json()["code"]) == (422, "target_taken")
    assert mapping_of(outsider, "account", 0)["psasync_psaid"] == first["psasync_psaid"]


def test_an_agreement_of_another_company_is_refused(outsider: Outsider) -> None:
    first, second = mapping_of(outsider, "billing_contract", 0), mapping_of(outsider, "billing_contract", 1)
    answer = put(outsider, "billing_contract", first["psasync_sourceid"], second["psasync_psaid"])
    assert (answer.status_code, answer.json()["code"]) == (422, "target_of_other_company")


def test_of_two_who_map_one_row_at_once_one_mapping_remains(outsider: Outsider) -> None:
    before = mapping_of(outsider, "account")
    outsider.call("DELETE", f"mappings/{before['psasync_mappingid']}")
    with ThreadPoolExecutor(4) as people:
        answers = list(
            people.map(
                lambda _: put(outsider, "account", before["psasync_sourceid"], before["psasync_psaid"]), range(4)
            )
        )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}
    rows = [row for row in outsider.rows("psasync_mappings") if row["psasync_sourceid"] == before["psasync_sourceid"]]
    assert [row["psasync_psaid"] for row in rows] == [before["psasync_psaid"]]


def test_lines_cannot_be_mapped_or_unmapped_by_hand(outsider: Outsider) -> None:
    line_id = bulk.line_id(0)
    outsider.push([line_id])
    answer = put(outsider, "invoice_line", line_id, 9001)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "kind")
    (shown,) = outsider.call("GET", f"mappings?source_id={line_id}").json()["items"]
    refused = outsider.call("DELETE", f"mappings/{shown['id']}")
    assert (refused.status_code, refused.json()["code"]) == (422, "mapping_of_line")


@pytest.mark.parametrize("path", ["mappings/none", "mappings/00000000-0000-4000-8000-00000000dead"])
def test_a_mapping_that_does_not_exist_is_a_404(outsider: Outsider, path: str) -> None:
    answer = outsider.call("DELETE", path)
    assert (answer.status_code, answer.json()["code"]) == (404, "mapping_not_found")


def test_a_list_of_mappings_needs_a_record(outsider: Outsider) -> None:
    answer = outsider.call("GET", "mappings")
    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")


def test_readers_neither_map_nor_unmap(outsider: Outsider) -> None:
    assert put(outsider, "account", str(uuid.uuid4()), 1, user="reader").status_code == 403
    assert outsider.call("DELETE", f"mappings/{uuid.uuid4()}", user="reader").status_code == 403
