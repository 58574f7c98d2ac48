"""The lists of the push tabs through the real parts."""

from typing import Any

import pytest

from emulators.seeds import bulk
from tests.emulator.app.outsider import Outsider

pytestmark = pytest.mark.emulator


def listed(outsider: Outsider, path: str, query: str = "", user: str = "billing") -> dict[str, Any]:
    answer = outsider.call("GET", f"push/{path}?connector_id={outsider.stack.connector_id}&{query}", user=user)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def everything(outsider: Outsider, path: str, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = listed(outsider, path, query + (f"&cursor={cursor}" if cursor else ""))
        items.extend(page["items"])
        cursor = page["next_cursor"]
    return items


@pytest.mark.parametrize(
    ("path", "table", "kind"),
    [
        ("products", "products", 451000001),
        ("accounts", "accounts", 451000000),
        ("billing-contracts", "work365_billingcontracts", 451000002),
    ],
)
def test_every_row_is_listed_once_with_its_mapping(outsider: Outsider, path: str, table: str, kind: int) -> None:
    items = everything(outsider, path, "limit=1")
    assert len(items) == len({item["id"] for item in items}) == len(outsider.rows(table))
    assert [item["name"].casefold() for item in items] == sorted(item["name"].casefold() for item in items)
    mapped = {
        row["psasync_sourceid"]: row["psasync_psaid"]
        for row in outsider.rows("psasync_mappings")
        if row["psasync_kind"] == kind
    }
    assert {item["id"]: item["mapping"]["psa_id"] for item in items if item["mapping"]} == mapped


def test_a_row_moves_to_the_unmapped_view_when_it_is_unmapped(outsider: Outsider) -> None:
    (first, *others) = everything(outsider, "accounts")
    outsider.call("DELETE", f"mappings/{first['mapping']['id']}")
    assert [item["id"] for item in everything(outsider, "accounts", "view=unmapped")] == [first["id"]]
    assert {item["id"] for item in everything(outsider, "accounts", "view=mapped")} == {one["id"] for one in others}
    (shown,) = everything(outsider, "accounts", "view=unmapped")
    assert (shown["status"], shown["mapping"]) == ("Not Synced", None)


def test_contracts_name_their_account(outsider: Outsider) -> None:
    (contract, *_) = everything(outsider, "billing-contracts")
    accounts = {item["id"]: item["name"] for item in everything(outsider, "accounts")}
    assert contract["account"] == {"id": contract["account"]["id"], "name": accounts[contract["account"]["id"]]}


def test_invoices_and_lines_show_what_a_push_did(outsider: Outsider) -> None:
    outsider.push([bulk.line_id(0), bulk.line_id(2)])
    invoices = {item["id"]: item["lines"] for item in everything(outsider, "invoices", "limit=1&sort=-number")}
    assert invoices == {
        bulk.invoice_id(0): {"mapped": 2, "failed": 0, "unmapped": 13},
        bulk.invoice_id(1): {"mapped": 0, "failed": 0, "unmapped": 15},
    }
    path = f"invoices/{bulk.invoice_id(0)}/lines"
    lines = everything(outsider, path, "sort=number&limit=4")
    assert len(lines) == 15
    assert [line["line_number"] for line in lines] == sorted(line["line_number"] for line in lines)
    synced = everything(outsider, path, "view=mapped")
    assert {line["id"] for line in synced} == {bulk.line_id(0), bulk.line_id(2)}
    assert {line["status"] for line in synced} == {"Synced"}
    assert all(line["message"].startswith("Added to agreement") and line["mapping"]["psa_link"] for line in synced)
    outsider.push([bulk.invoice_id(0)], kind="invoice")
    assert [item["id"] for item in everything(outsider, "invoices", "view=mapped")] == [bulk.invoice_id(0)]


def test_a_page_costs_three_requests_to_dataverse(outsider: Outsider) -> None:
    outsider.control("dataverse", "DELETE", "requests")
    listed(outsider, "accounts")
    assert sum(outsider.counts("dataverse").values()) == 3


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("colours", "", 404, "push_list_not_found"),
        ("accounts", "&view=red", 400, "request_invalid"),
        ("accounts", "&cursor=nonsense", 400, "request_invalid"),
        ("invoices/none/lines", "", 400, "request_invalid"),
        ("invoices/a0000000-0000-4000-8000-0000000000ff/lines", "", 422, "invoice_not_found"),
    ],
)
def test_what_cannot_be_listed_is_refused(outsider: Outsider, path: str, query: str, status: int, code: str) -> None:
    answer = outsider.call("GET", f"push/{path}?connector_id={outsider.stack.connector_id}{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_readers_see_the_lists(outsider: Outsider) -> None:
    assert listed(outsider, "accounts", user="reader")["items"] is not None
