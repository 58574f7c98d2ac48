"""GET on rows, collections, single columns and navigation properties (dataverse.md 2, 4)."""

from http import HTTPStatus
from typing import Any, Final

from emulators.dataverse import change_tracking, errors
from emulators.dataverse.answers import RowWriter, context_columns, etag
from emulators.dataverse.environment import Environment
from emulators.dataverse.json_text import dumps
from emulators.dataverse.model import CollectionNavigation, Column, OneToMany, Table
from emulators.dataverse.odata.apply import apply_rows
from emulators.dataverse.odata.options import QueryOptions, read_options
from emulators.dataverse.odata.paging import Cookie, read_cookie
from emulators.dataverse.odata.runner import COUNT_LIMIT, MOST_ROWS, Query
from emulators.dataverse.paths import RowAddress
from emulators.dataverse.rows import Row
from emulators.dataverse.security import Right
from emulators.dataverse.values import shown, shown_value
from emulators.dataverse.web import JSON_TYPE, Request, Response, json_response

_CRM: Final = "Microsoft.Dynamics.CRM."
_ROW_OPTIONS: Final = frozenset({"$select", "$expand"})


def find_row(environment: Environment, address: RowAddress) -> Row | None:
    """Return the row at an address, None when there is none."""
    rows = environment.store.rows(address.table)
    row_id = address.row_id
    if address.key is not None:
        row_id = rows.with_key(address.key, address.values)
    return None if row_id is None else rows.by_id.get(row_id)


def missing(address: RowAddress) -> Exception:
    """Return the 404 for an address."""
    if address.key is not None:
        return errors.key_not_found(address.table.logical_name)
    return errors.not_found(address.table.logical_name, address.row_id or "")


def required_row(environment: Environment, request: Request, address: RowAddress) -> Row:
    """Return a row that the caller may read; raises 404 and 403."""
    row = find_row(environment, address)
    if row is None:
        raise missing(address)
    request.caller.require(address.table, Right.READ, row[address.table.primary_id], row)
    return row


def get_row(environment: Environment, request: Request, address: RowAddress) -> Response:
    """Answer GET of one row, 304 when `If-None-Match` names its version."""
    row = required_row(environment, request, address)
    scope = environment.scope(request.caller)
    options = read_options(scope, address.table, request.query, _ROW_OPTIONS)
    version = etag(row)
    if request.headers.get("if-none-match") == version and not options.expand and not request.preferences.annotations:
        return Response(HTTPStatus.NOT_MODIFIED, [("ETag", version)])
    return shown_row(environment, request, address.table, row, options)


def shown_row(
    environment: Environment,
    request: Request,
    table: Table,
    row: Row,
    options: QueryOptions,
    status: int = HTTPStatus.OK,
) -> Response:
    """Return one row as an answer."""
    writer = RowWriter(environment, request.caller, request.base, request.preferences)
    context = f"{request.base}/$metadata#{table.set_name}{context_columns(options)}/$entity"
    body = {"@odata.context": context, **writer.rows(table, [row], options)[0]}
    return json_response(body, status, [("ETag", etag(row)), *applied_preferences(request)])


def applied_preferences(request: Request) -> list[tuple[str, str]]:
    """Return the Preference-Applied header."""
    applied = request.preferences.applied
    return [("Preference-Applied", ",".join(applied))] if applied else []


def get_collection(environment: Environment, request: Request, table: Table) -> Response:
    """Answer GET of an entity set."""
    scope = environment.scope(request.caller)
    visible = request.caller.visible(table)
    options = read_options(scope, table, request.query)
    if options.delta_token is not None:
        return change_tracking.get_changes(environment, request, table, options)
    if request.preferences.track_changes:
        change_tracking.check(table, options)
    query = Query(scope, table, options, visible)
    if options.apply is not None:
        rows = apply_rows(scope, table, options.apply, query)
        return json_response({"@odata.context": f"{request.base}/$metadata#{table.set_name}", "value": rows})
    return _page(environment, request, table, options, query)


def _page(environment: Environment, request: Request, table: Table, options: QueryOptions, query: Query) -> Response:
    preferences = request.preferences
    size, with_next = MOST_ROWS, True
    if preferences.max_page_size is not None:  # $top is ignored when a page size is sent
        size = min(preferences.max_page_size, MOST_ROWS)
    elif options.top is not None:
        size, with_next = min(options.top, MOST_ROWS), options.top > MOST_ROWS
    cookie = None if options.skip_token is None else read_cookie(options.skip_token)
    page = query.page(size, cookie, with_next=with_next)
    body: dict[str, Any] = {"@odata.context": f"{request.base}/$metadata#{table.set_name}{context_columns(options)}"}
    _count(body, request, options, query)
    writer = RowWriter(environment, request.caller, request.base, preferences)
    body["value"] = writer.rows(table, page.rows, options)
    if preferences.track_changes:
        change_tracking.finish_page(environment, request, table, page, cookie, body)
    elif page.next is not None:
        body["@odata.nextLink"] = next_link(request, table, options, page.next)
    return Response(HTTPStatus.OK, [("Content-Type", JSON_TYPE), *applied_preferences(request)], dumps(body))


def _count(body: dict[str, Any], request: Request, options: QueryOptions, query: Query) -> None:
    includes = request.preferences.includes
    total, exceeded = -1, False
    if options.count:
        found = query.count(COUNT_LIMIT + 1)
        total, exceeded = min(found, COUNT_LIMIT), found > COUNT_LIMIT
        body["@odata.count"] = total
    if includes(f"{_CRM}totalrecordcount"):
        body[f"@{_CRM}totalrecordcount"] = total
    if includes(f"{_CRM}totalrecordcountlimitexceeded"):
        body[f"@{_CRM}totalrecordcountlimitexceeded"] = exceeded


def next_link(request: Request, table: Table, options: QueryOptions, cookie: Cookie) -> str:
    """Return the absolute URL of the next page: the same query with a new cookie."""
    kept = [part for part in request.raw_query.split("&") if part and not _is_skip_token(part)]
    columns = [table.properties if len(term.path) == 1 else {} for term in options.order]
    names = tuple(
        found[term.path[0]].logical_name if term.path[0] in found else "_".join(term.path)
        for term, found in zip(options.order, columns, strict=True)
    )
    token = cookie.text(names, table.primary_id)
    return f"{request.base}/{request.path}?{'&'.join([*kept, f'$skiptoken={token}'])}"


def _is_skip_token(part: str) -> bool:
    return part.partition("=")[0].replace("%24", "$") == "$skiptoken"


def get_count(environment: Environment, request: Request, table: Table) -> Response:
    """Answer GET of `/$count` as text, at most 5000."""
    visible = request.caller.visible(table)
    allowed = frozenset({"$filter", "$deltatoken"})
    options = read_options(environment.scope(request.caller), table, request.query, allowed)
    if options.delta_token is not None:
        return _text(str(change_tracking.count_changes(environment, table, options.delta_token)))
    query = Query(environment.scope(request.caller), table, options, visible)
    return _text(str(query.count(COUNT_LIMIT)))


def get_column(environment: Environment, request: Request, address: RowAddress, column: Column) -> Response:
    """Answer GET of one column: its value, or 204 for null."""
    row = required_row(environment, request, address)
    kept = row.get(column.logical_name)
    if kept is None:
        return Response(HTTPStatus.NO_CONTENT)
    context = f"{request.base}/$metadata#{address.table.set_name}({address.text})/{column.property_name}"
    return json_response({"@odata.context": context, "value": shown_value(column, kept)})


def get_raw_column(environment: Environment, request: Request, address: RowAddress, column: Column) -> Response:
    """Answer GET of `<column>/$value` as text."""
    kept = required_row(environment, request, address).get(column.logical_name)
    return Response(HTTPStatus.NO_CONTENT) if kept is None else _text(shown(shown_value(column, kept)))


def get_related_row(
    environment: Environment, request: Request, address: RowAddress, relationship: OneToMany, *, reference: bool
) -> Response:
    """Answer GET of a single-valued navigation property, or of its `/$ref`; 204 when it is empty."""
    row = required_row(environment, request, address)
    related = environment.scope(request.caller).follow(relationship)(row)
    if related is None:
        return Response(HTTPStatus.NO_CONTENT)
    target = environment.table(relationship.referenced_table)
    row_id = related[target.primary_id]
    if reference:
        body = {
            "@odata.context": f"{request.base}/$metadata#$ref",
            "@odata.id": f"{request.base}/{target.set_name}({row_id})",
        }
        return json_response(body)
    return get_row(environment, request, RowAddress(target, row_id, text=row_id))


def get_related_rows(
    environment: Environment,
    request: Request,
    address: RowAddress,
    navigation: CollectionNavigation,
    *,
    reference: bool = False,
    count: bool = False,
) -> Response:
    """Answer GET of a collection-valued navigation property, filtered and ordered like an entity set."""
    row = required_row(environment, request, address)
    target = environment.table(navigation.target)
    scope = environment.scope(request.caller)
    options = read_options(scope, target, request.query)
    query = Query(scope, target, options, request.caller.visible(target))
    row_id = row[address.table.primary_id]
    query.restrict([related_id for related_id, _ in scope.related(address.table, navigation, row_id)])
    if count:
        return _text(str(query.count(COUNT_LIMIT)))
    if reference:
        found = [{"@odata.id": f"{request.base}/{target.set_name}({r[target.primary_id]})"} for r in query.all_rows()]
        return json_response({"@odata.context": f"{request.base}/$metadata#Collection($ref)", "value": found})
    return _page(environment, request, target, options, query)


def _text(text: str) -> Response:
    return Response(HTTPStatus.OK, [("Content-Type", "text/plain")], text.encode())
