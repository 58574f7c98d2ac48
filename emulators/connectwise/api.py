"""The API proper: one request in, one answer out."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.connectwise import selection, writes
from emulators.connectwise.access import Access
from emulators.connectwise.desk import Desk
from emulators.connectwise.errors import JSON_TYPE, ApiError, api_error, not_found
from emulators.connectwise.exact import dumps
from emulators.connectwise.limiter import Limiter
from emulators.connectwise.parameters import (
    Parameters,
    forward_link,
    navigable_link,
    paging_of,
    parse_parameters,
)
from emulators.connectwise.render import parse_fields
from emulators.connectwise.resource import Resource
from emulators.connectwise.resources import COMMUNICATION_TYPES, Collection, collections
from emulators.connectwise.routes import Place, Shape, find_place, may_exist
from emulators.connectwise.rows import Row
from emulators.connectwise.schema import api_slice
from emulators.connectwise.versions import accepted_version

_WRITES = ("POST", "PUT", "PATCH")
_ITEM_WRITES = ("PUT", "PATCH", "DELETE")
_INFO = {
    "version": "v2025.1",
    "isCloud": True,
    "serverTimeZone": "Eastern Standard Time",
    "licenseBits": [],
    "cloudRegion": "NA",
    "maxWorkFlowRecordsAllowed": 1000,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request below the API root; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; no content type stands for no body."""

    status: int
    body: bytes = b""
    content_type: str | None = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


class Api:
    """Answers requests below `/{codebase}/apis/3.0`."""

    def __init__(self, desk: Desk, access: Access) -> None:
        self._desk = desk
        self._access = access
        self._limiter = Limiter(desk.clock)
        self.resources = {path: Resource(desk, collection) for path, collection in collections().items()}

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, refusals included."""
        try:
            return self._answer(request)
        except ApiError as error:
            return Answer(error.status, error.body, error.content_type, error.headers)

    def build_orders(self) -> None:
        """Build the order indexes that large lists usually need, so that no first search pays for them."""
        for resource in self.resources.values():
            resource.build_orders()

    def _answer(self, request: Request) -> Answer:
        board = self._desk.switches.board
        key = self._access.check_caller(request.headers, html_for_wrong_keys=board.wrong_key_html_404)
        self._limiter.admit(key, board.requests_per_minute)
        place = find_place(request.path)
        if place is None:
            raise _no_such_path(request.path)
        _check_method(place, request.method)
        parameters = parse_parameters(request.query)
        if place.route.collection is None:
            return Answer(200, dumps(_INFO))
        return self._resource_answer(request, place, place.route.collection, parameters)

    def _resource_answer(
        self, request: Request, place: Place, collection: Collection, parameters: Parameters
    ) -> Answer:
        self._access.check_permission(collection.area, request.method)
        version = accepted_version(request.headers.get("accept", ""))
        if collection.path == COMMUNICATION_TYPES and version < (2020, 4):
            raise api_error(400, "ConnectWiseApi", "The version of the accept header is not supported here.")
        if request.method in _WRITES and not _is_json(request.headers.get("content-type", "")):
            raise api_error(415, "ConnectWiseApi", "The request entity's media type is not supported.")
        resource = self.resources[collection.path]
        self._check_parent(resource, place)
        call = _Call(resource, place, parameters, version)
        match place.route.shape, request.method:
            case Shape.COUNT, _:
                return call.count()
            case Shape.LIST, "GET":
                return call.list(request.headers)
            case Shape.LIST, _:
                return call.created(request.body)
            case _, "GET":
                return call.one()
            case _, "DELETE":
                return call.deleted()
            case _, method:
                return call.changed(method, request.body)

    def _check_parent(self, resource: Resource, place: Place) -> None:
        parent_path = resource.collection.parent_collection
        if place.parent_id is not None and place.parent_id not in self.resources[parent_path].table.rows:
            raise not_found(self.resources[parent_path].collection.noun, place.parent_id)


class _Call:
    """One admitted request on one resource."""

    def __init__(self, resource: Resource, place: Place, parameters: Parameters, version: tuple[int, int]) -> None:
        self._resource = resource
        self._place = place
        self._parameters = parameters
        self._version = version
        self._selected = parse_fields(parameters.text("fields"))

    def count(self) -> Answer:
        """Answer `/count`."""
        return Answer(200, dumps({"count": selection.count(self._resource.table, self._filter())}))

    def list(self, headers: Mapping[str, str]) -> Answer:
        """Answer a list in either paging mode."""
        paging = paging_of(self._parameters, headers)
        wanted = self._filter()
        table = self._resource.table
        path = _path(self._place)
        if paging.forward_only:
            rows, last_id = selection.forward_page(table, wanted, paging)
            link: str | None = forward_link(path, self._parameters, paging, last_id)
        else:
            order_by = self._parameters.text("orderby")
            rows, total = selection.navigable_page(table, self._resource.names, wanted, order_by, paging)
            link = navigable_link(path, self._parameters, paging, total) or None
        body = dumps([self._show(row) for row in rows])
        return Answer(200, body, headers={} if link is None else {"Link": link})

    def one(self) -> Answer:
        """Answer a single record."""
        return Answer(200, dumps(self._show(self._row())))

    def created(self, body: bytes) -> Answer:
        """Create a record and answer it."""
        row = writes.create(self._resource, self._place, body, self._version)
        shown = self._show(row)
        for name in self._resource.rules.left_out_on_create:
            shown.pop(name, None)
        return Answer(201, dumps(shown))

    def changed(self, method: str, body: bytes) -> Answer:
        """Change a record and answer it."""
        write = writes.replace if method == "PUT" else writes.patch
        row = write(self._resource, self._place, self._row(), body, self._version)
        return Answer(200, dumps(self._show(row)))

    def deleted(self) -> Answer:
        """Delete a record."""
        writes.delete(self._resource, self._row()[0], self._parameters.named)
        return Answer(204, content_type=None)

    def _filter(self) -> selection.Filter:
        resource = self._resource
        wanted = selection.filter_of(
            resource.table, resource.names, self._parameters, resource.arrays, resource.child_matches
        )
        under = resource.under(self._place.parent_id)
        return wanted if under is None else selection.within(under, wanted)

    def _row(self) -> Row:
        row_id = self._place.row_id or 0
        row = self._resource.table.rows.get(row_id)
        parent = self._resource.collection.parent
        under_other = (
            row is not None
            and self._place.parent_id is not None
            and self._resource.table.value(row, parent) != self._place.parent_id
        )
        if row is None or under_other:
            raise not_found(self._resource.collection.noun, row_id)
        return row

    def _show(self, row: Row) -> dict[str, Any]:
        extra = self._resource.desk.switches.board.extra_members
        return self._resource.show(row, self._place.route.model, self._selected, self._version, extra=extra)


def answer_headers() -> dict[str, str]:
    """Return the headers that every answer of the API carries (connectwise.md 2.2)."""
    version: str = api_slice()["info"]["version"]
    return {
        "x-cw-request-id": str(uuid.uuid4()),
        "x-server-name": "EMULATOR",
        "api-current-version": version.partition("-")[0],
    }


def _path(place: Place) -> str:
    return place.route.template.replace("{parentId}", str(place.parent_id))


def _check_method(place: Place, method: str) -> None:
    if method in place.route.methods:
        return
    item_write = place.route.shape is Shape.ITEM and method in _ITEM_WRITES
    if item_write or (place.route.shape is Shape.LIST and method == "POST"):
        # the vendor has these verbs; the slice leaves them out
        raise api_error(501, "NotEmulated", f"{method} {place.route.template} is not emulated.")
    raise ApiError(
        405,
        dumps(
            {"code": "ConnectWiseApi", "message": f"The requested resource does not support http method '{method}'."}
        ),
        headers={"Allow": ", ".join(sorted(place.route.methods))},
    )


def _no_such_path(path: str) -> ApiError:
    if may_exist(path):
        return api_error(501, "NotEmulated", f"{path} is not emulated.")
    return api_error(404, "ConnectWiseApi", "The endpoint does not exist.")


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))
