"""The export for auditors: days, pages, JSON, and CSV that no spreadsheet takes for formulas."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse.psasync.audit import AuditPage
from dataverse.psasync.records import LogEntry
from tests import builders
from tests.unit.triggers import door
from triggers import audit, http

pytestmark = pytest.mark.unit

ENTRY = LogEntry(
    job_id=builders.JOB_ID,
    connector_id=builders.CONNECTOR_ID,
    when=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    who=builders.USER_ID,
    what="posted addition of agreement 412",
    source_id=None,
    psa_id=9001,
    before=None,
    after='{"addition": {}}',
    vendor_status=201,
    request_ids=None,
    correlation_id="c",
)


class Log(door.Door):
    """A log with one page of entries."""

    def __init__(self, entries: Sequence[LogEntry], next_after: int | None = None) -> None:
        super().__init__()
        self.answer = AuditPage(entries, next_after)
        self.asked: list[dict[str, Any]] = []

    def audit_log(self) -> "Log":
        return self

    def page(self, **wanted: Any) -> AuditPage:
        self.asked.append(wanted)
        return self.answer


def export(monkeypatch: pytest.MonkeyPatch, log: Log, **query: str) -> Any:
    for module in (audit, http):
        monkeypatch.setattr(module, "composition", lambda: log)
    days = {"from": "2026-11-01", "to": "2026-11-30"}
    return door.request("audit", headers={"Authorization": door.signed("PsaSync.Admin")}, query=days | query)


def test_whole_days_are_asked_for_and_the_cursor_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log([ENTRY], next_after=17)
    body = json.loads(export(monkeypatch, log, cursor="9", limit="5").get_body())
    assert log.asked == [
        {
            "since": datetime(2026, 11, 1, tzinfo=UTC),
            "before": datetime(2026, 12, 1, tzinfo=UTC),
            "after": 9,
            "limit": 5,
        }
    ]
    assert body["next_cursor"] == "17"
    assert body["items"][0]["when"] == "2026-11-24T08:00:00Z"
    assert body["items"][0]["psa_id"] == 9001
    assert body["items"][0].keys() == {*LogEntry.__dataclass_fields__}


def test_a_csv_carries_the_cursor_in_a_header_and_is_a_download(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = export(monkeypatch, Log([ENTRY], next_after=17), format="csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["X-Next-Cursor"] == "17"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.get_body().decode())))
    assert (rows[0]["what"], rows[0]["psa_id"], rows[0]["source_id"]) == (ENTRY.what, "9001", "")


@pytest.mark.parametrize(
    "query",
    [
        {"from": ""},
        {"from": "yesterday"},
        {"from": "1999-12-31"},
        {"to": "9999-12-31"},
        {"cursor": "-1"},
        {"cursor": str(2**63)},
        {"cursor": "1 or 1 eq 1"},
        {"limit": "0"},
        {"limit": "5000"},
        {"format": "xlsx"},
        {"surprise": "1"},
    ],
)
def test_anything_else_is_named_and_refused(monkeypatch: pytest.MonkeyPatch, query: dict[str, str]) -> None:
    log = Log([])
    answer = export(monkeypatch, log, **query)
    body = json.loads(answer.get_body())
    assert (answer.status_code, body["code"]) == (400, "request_invalid")
    assert [fault["path"] for fault in body["errors"]] == list(query)
    assert log.asked == []


@given(st.text(max_size=50), st.sampled_from(["", " ", "  "]), st.sampled_from("=+-@\t\r\na"))
def test_no_cell_starts_like_a_formula(text: str, blanks: str, first: str) -> None:
    written = audit._csv([audit._row(replace(ENTRY, what=f"{blanks}{first}{text}", after=f"{first}{text}"))])
    for row in list(csv.reader(io.StringIO(written, newline="")))[1:]:
        for cell in row:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
