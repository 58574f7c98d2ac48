"""Change tracking: `odata.track-changes`, delta links and their expiry (dataverse.md 9)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from emulators.dataverse.answers import RowWriter, context_columns
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import DataverseError, query_syntax
from emulators.dataverse.model import Table
from emulators.dataverse.odata.options import QueryOptions
from emulators.dataverse.odata.paging import Cookie
from emulators.dataverse.odata.runner import Page
from emulators.dataverse.security import Depth, Right
from emulators.dataverse.web import Request, Response, json_response

_TOKEN: Final = re.compile(r"(\d+)!(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d)")
_TIME: Final = "%m/%d/%Y %H:%M:%S"
_DEFAULT_DAYS: Final = 7


def check(table: Table, options: QueryOptions) -> None:
    """Refuse change tracking where the table or the query does not allow it."""
    if not table.change_tracking:
        raise DataverseError(
            400, "0x80072491", f"Change tracking is not enabled for the entity '{table.logical_name}'."
        )
    for name in ("$filter", "$orderby", "$expand", "$top", "$apply"):
        if name in options.texts:
            raise query_syntax(f'The "{name}" query parameter isn\'t supported when Change Tracking is enabled.')


def finish_page(
    environment: Environment, request: Request, table: Table, page: Page, cookie: Cookie | None, body: dict[str, Any]
) -> None:
    """Put the link behind a page of a first, full read: the next page, or the delta link on the last one.

    The token holds the version at which the first page was read, so that nothing in between is lost.
    """
    _require_organization_depth(request, table)
    version = environment.store.version if cookie is None or cookie.version is None else cookie.version
    if page.next is None:
        body["@odata.deltaLink"] = _delta_link(environment, request, table, version)
        return
    following = Cookie(page.next.page, (), page.next.row_id, version)
    kept = [part for part in request.raw_query.split("&") if part and "skiptoken" not in part]
    query = "&".join([*kept, f"$skiptoken={following.text((), table.primary_id)}"])
    body["@odata.nextLink"] = f"{request.base}/{request.path}?{query}"


def get_changes(environment: Environment, request: Request, table: Table, options: QueryOptions) -> Response:
    """Answer GET of a delta link: changed rows by version, then deletions, and a new delta link."""
    check(table, options)
    _require_organization_depth(request, table)
    version = _read_token(environment, options.delta_token or "")
    rows = environment.store.rows(table)
    changed = [rows.by_id[row_id] for row_id in environment.store.log(table).changed_since(version, rows)]
    writer = RowWriter(environment, request.caller, request.base, request.preferences)
    value = writer.rows(table, changed, options)
    context = f"{request.base}/$metadata#{table.set_name}"
    for row_id in environment.store.log(table).deleted_since(version):
        if row_id not in rows.by_id:
            value.append({"@odata.context": f"{context}/$deletedEntity", "id": row_id, "reason": "deleted"})
    body = {
        "@odata.context": f"{context}{context_columns(options)}/$delta",
        "value": value,
        "@odata.deltaLink": _delta_link(environment, request, table, environment.store.version),
    }
    return json_response(body)


def count_changes(environment: Environment, table: Table, token: str) -> int:
    """Return how many changes a delta token would bring."""
    version = _read_token(environment, token)
    log = environment.store.log(table)
    return len(log.changed_since(version, environment.store.rows(table))) + len(log.deleted_since(version))


def _require_organization_depth(request: Request, table: Table) -> None:
    if request.caller.depth(table, Right.READ) is not Depth.GLOBAL:
        raise DataverseError(
            403,
            "0x80040220",
            f"Change tracking needs the read privilege on {table.logical_name} at organization level.",
        )


def _read_token(environment: Environment, token: str) -> int:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise query_syntax(f"The delta token '{token}' is not valid.")
    days = environment.setting("expirechangetrackingindays") or _DEFAULT_DAYS
    taken = datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)
    if environment.clock.now() - taken > timedelta(days=days) or int(match[1]) < environment.store.cleared_at:
        raise DataverseError(
            400,
            "0x80044352",
            "Version stamp associated with the client has expired. Please perform a full sync.",
        )
    return int(match[1])


def _delta_link(environment: Environment, request: Request, table: Table, version: int) -> str:
    select = [part for part in request.raw_query.split("&") if part.replace("%24", "$").startswith("$select=")]
    token = quote(f"{version}!{environment.clock.now().strftime(_TIME)}", safe="").lower()
    return f"{request.base}/{table.set_name}?{'&'.join([*select, f'$deltatoken={token}'])}"
