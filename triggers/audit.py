"""HTTP function that exports the audit log."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field

from dataverse.psasync.records import LogEntry
from triggers.composition import composition
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.parameters import query_as

blueprint = func.Blueprint()

MOST_ENTRIES = 4_000
_LARGEST_VERSION = 2**63 - 1
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


class AuditQuery(BaseModel):
    """Query of `GET /audit`: whole days in UTC, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    cursor: Annotated[int, Field(ge=0, le=_LARGEST_VERSION)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = 1_000
    format: Literal["json", "csv"] = "json"


@blueprint.function_name("audit")
@blueprint.route(route="audit", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("audit")
def audit(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return what was written to ConnectWise and Work 365 on these days, and by whom, as JSON or CSV."""
    wanted = query_as(req, AuditQuery)
    page = (
        composition()
        .audit_log()
        .page(
            since=_midnight(wanted.first),
            before=_midnight(wanted.last + timedelta(days=1)),
            after=wanted.cursor,
            limit=wanted.limit,
        )
    )
    rows = [_row(entry) for entry in page.entries]
    cursor = None if page.next_after is None else str(page.next_after)
    if wanted.format == "json":
        return json_response({"items": rows, "next_cursor": cursor})
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="psa-sync-audit.csv"'}
    if cursor is not None:
        headers["X-Next-Cursor"] = cursor
    return func.HttpResponse(_csv(rows), mimetype="text/csv", charset="utf-8", headers=headers)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _row(entry: LogEntry) -> dict[str, Any]:
    return asdict(entry) | {"when": entry.when.isoformat().replace("+00:00", "Z")}


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as RFC 4180 text in which no cell is a formula for a spreadsheet (OWASP: CSV injection)."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    columns = [column.name for column in fields(LogEntry)]
    writer.writerow(columns)
    writer.writerows([_harmless(row[name]) for name in columns] for row in rows)
    return text.getvalue()


def _harmless(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
