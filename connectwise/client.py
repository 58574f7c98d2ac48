"""Client of one ConnectWise tenant: typed errors, forward-only reading, and writes that are never repeated blindly."""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectwise.conditions import Condition, Value, all_of, encoded, split_in
from connectwise.credentials import Credentials
from connectwise.endpoints import SYSTEM_INFO
from connectwise.errors import AnswerNotUnderstood, CredentialsRefused, RequestInvalid
from connectwise.paging import LARGEST_PAGE, Page, PagesOutOfOrder, Row, announces_next, forward_only
from connectwise.patch import Operation, PatchIgnored, without_effect
from connectwise.queries import LONGEST_URL, Query, url_with
from connectwise.refusals import Refusals, cannot_route, error_body, timed_out_inside
from connectwise.routes import Route, Routes, Site, site_of
from transport import DeliveryFailed, Reply, Transport
from transport.decimal_json import NotJson, dumps, loads
from transport.redaction import Headers

_API_VERSION = re.compile(r"20[0-9]{2}\.[0-9]{1,2}")
_NO_FILTER = Query()


@dataclass(frozen=True, slots=True)
class _Call:
    """One request, apart from the route and the credentials."""

    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    send_before: float | None = None
    read_timeout: float | None = None


class ConnectWiseClient:
    """Reads and writes records of one tenant; share one instance between threads.

    `site_url` is the address that people use (`https://na.myconnectwise.net`); it is checked against `allowed_hosts`
    and turned into the API's address at the first request. `list_read_timeout` in seconds; lists without a narrow
    filter have been seen to take half a minute. All methods raise `connectwise.errors`; reads are repeated within
    the limits of the transport, writes only when they were certainly not carried out.
    """

    def __init__(
        self,
        *,
        site_url: str,
        company: str,
        credentials: Credentials,
        api_version: str,
        transport: Transport,
        allowed_hosts: Collection[str],
        list_read_timeout: float = 100.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not _API_VERSION.fullmatch(api_version):
            raise ValueError(f"{api_version!r} is not a version of the ConnectWise API such as 2025.1")
        self.company = company
        self._site_url = site_url
        self._allowed_hosts = frozenset(allowed_hosts)
        self._transport = transport
        self._list_read_timeout = list_read_timeout
        self._credentials = credentials
        self._accept = f"application/vnd.connectwise.com+json; version={api_version}"
        self._refusals = Refusals(tuple(credentials.concealed_texts(company)))
        self.routes = Routes(site=self.site, company=company, transport=transport, refusals=self._refusals, clock=clock)

    def site(self) -> Site:
        """Return the tenant's origins; raises RouteInvalid for an address that is not allowed."""
        return site_of(self._site_url, self._allowed_hosts)

    def record(self, path: str, *, fields: Sequence[str] = ()) -> Row:
        """Return one record."""
        return self._record_of("GET", path, self._call(_Call("GET", path, Query(fields=fields).parameters())))

    def rows(self, path: str, query: Query = _NO_FILTER, *, page_size: int = LARGEST_PAGE) -> Iterator[Row]:
        """Yield all records of a list in ascending order of id, one page in memory.

        Raises ValueError when the query has an order or its `fields` lack `id`: forward-only paging needs the id.
        """
        if query.order_by or (query.fields and "id" not in query.fields):
            raise ValueError("forward-only paging goes by id: it takes no order, and the fields must include the id")

        try:
            yield from forward_only(
                lambda after: self.page_after(path, query, after=after, page_size=page_size), page_size
            )
        except PagesOutOfOrder as disorder:
            raise AnswerNotUnderstood(method="GET", path=path, status=200, vendor_message=str(disorder)) from None

    def rows_where_in(
        self,
        path: str,
        member: str,
        values: Sequence[Value],
        *,
        fields: Sequence[str],
        within: Query = _NO_FILTER,
    ) -> Iterator[Row]:
        """Yield the records whose member is one of the values, in as many requests as the length of a URL demands.

        `within` filters them further.
        """
        query = replace(within, fields=fields)
        also = [within.conditions] if within.conditions is not None else []
        # The place of the longest page mark is kept free, so that the second page fits as well.
        frame = query.parameters() | {"pageSize": str(LARGEST_PAGE), "pageId": "2147483647", "conditions": ""}
        room = LONGEST_URL - len(url_with(self.routes.current().api_root + path, frame))

        def fits(condition: Condition) -> bool:
            return len(encoded(all_of(*also, condition).text)) <= room

        for condition in split_in(member, values, fits):
            yield from self.rows(path, query.narrowed(all_of(*also, condition)))

    def page_after(self, path: str, query: Query, *, after: int | None, page_size: int = LARGEST_PAGE) -> Page:
        """Return the forward-only page of the records with ids above `after`, ascending by id."""
        paging = {"pageSize": str(page_size)} | ({} if after is None else {"pageId": str(after)})
        return self._page(path, query.parameters() | paging, {"pagination-type": "forward-only"})

    def page(self, path: str, query: Query = _NO_FILTER, *, number: int = 1, page_size: int = 50) -> Page:
        """Return one numbered page, for interactive search; rows may repeat or be missed when the set changes."""
        return self._page(path, query.parameters() | {"pageSize": str(page_size), "page": str(number)}, {})

    def count(self, path: str, query: Query = _NO_FILTER) -> int:
        """Return how many records of a list fulfil the query at this moment; no base for paging."""
        counting = f"{path}/count"
        reply = self._call(_Call("GET", counting, query.parameters(), read_timeout=self._list_read_timeout))
        answer = self._json_of("GET", counting, reply)
        if not isinstance(answer, dict) or type(answer.get("count")) is not int:
            raise self._refusals.not_understood("GET", counting, reply, "the answer is not a count")
        return int(answer["count"])

    def create(
        self, path: str, body: Mapping[str, Any], *, fields: Sequence[str] = (), send_before: float | None = None
    ) -> Row:
        """Post a record and return it as stored, trimmed to `fields`; never sent after `send_before` (monotonic)."""
        call = _Call("POST", path, Query(fields=fields).parameters(), body, send_before=send_before)
        return self._record_of("POST", path, self._call(call))

    def patch(self, path: str, operations: Sequence[Operation]) -> Row:
        """Change members of a record and return it; raises PatchIgnored when it does not show the changes."""
        reply = self._call(_Call("PATCH", path, body=[operation.as_json() for operation in operations]))
        record = self._record_of("PATCH", path, reply)
        ignored = without_effect(operations, record)
        if ignored:
            raise PatchIgnored(
                method="PATCH",
                path=path,
                status=reply.status,
                vendor_message=f"ConnectWise answered as if done but did not change {', '.join(ignored)}",
                request_id=reply.headers.get("x-cw-request-id"),
            )
        return record

    def _page(self, path: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Page:
        reply = self._call(_Call("GET", path, parameters, headers=headers, read_timeout=self._list_read_timeout))
        rows = self._json_of("GET", path, reply)
        if not isinstance(rows, list) or not all(_is_record(row) for row in rows):
            raise self._refusals.not_understood("GET", path, reply, "the answer is not a list of records")
        return Page(tuple(rows), announces_next(reply.headers))

    def _record_of(self, method: str, path: str, reply: Reply) -> Row:
        record = self._json_of(method, path, reply)
        if not _is_record(record):
            raise self._refusals.not_understood(method, path, reply, "the answer is not a record")
        return dict(record)

    def _json_of(self, method: str, path: str, reply: Reply) -> Any:
        if not reply.says_json:
            raise self._refusals.not_understood(method, path, reply, "the answer is not JSON")
        try:
            return loads(reply.content)
        except NotJson as not_json:
            raise self._refusals.not_understood(method, path, reply, f"not whole JSON, {not_json}") from None

    def _call(self, call: _Call) -> Reply:
        """Return the answer with status 2xx; when the codebase moved, repeat once on the new one."""
        route = self.routes.current()
        reply = self._send(route, call)
        page_instead_of_answer = reply.status == 404 and error_body(reply) is None
        if page_instead_of_answer or cannot_route(reply):
            fresh = self.routes.reread(route)
            if fresh != route:
                # 404 and "Cannot route" mean that nothing was carried out, so this is safe for every verb.
                return self._success(call, self._send(fresh, call))
            if page_instead_of_answer:
                self._check_credentials(route, reply)
        return self._success(call, reply)

    def _success(self, call: _Call, reply: Reply) -> Reply:
        if 200 <= reply.status < 300:
            return reply
        raise self._refusals.from_reply(call.method, call.path, reply)

    def _check_credentials(self, route: Route, page: Reply) -> None:
        """Raise CredentialsRefused when even /system/info is refused: on cloud wrong keys can yield an HTML 404."""
        probe = self._send(route, _Call("GET", SYSTEM_INFO))
        if probe.status in {401, 404}:
            raise CredentialsRefused(
                method="GET",
                path=SYSTEM_INFO,
                status=probe.status,
                vendor_message="ConnectWise shows a page instead of an answer; the credentials do not work",
                request_id=page.headers.get("x-cw-request-id"),
            )
        if probe.status != 403:  # a missing permission proves that the credentials work
            self._success(_Call("GET", SYSTEM_INFO), probe)

    def _send(self, route: Route, call: _Call) -> Reply:
        url = url_with(route.api_root + call.path, call.parameters)
        if len(url) > LONGEST_URL:
            raise RequestInvalid(
                method=call.method,
                path=call.path,
                delivery="not_sent",
                vendor_message=f"the filter is too long for a URL ({len(url)} of {LONGEST_URL} characters)",
            )
        headers = Headers({"Accept": self._accept} | self._credentials.headers(self.company) | dict(call.headers))
        content = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = dumps(call.body)
        try:
            return self._transport.exchange(
                call.method,
                url,
                headers=headers,
                content=content,
                repeatable=call.method == "GET",
                send_before=call.send_before,
                read_timeout=call.read_timeout,
                passing=timed_out_inside,
            )
        except DeliveryFailed as failure:
            raise self._refusals.from_failure(call.method, call.path, failure) from failure


def _is_record(value: object) -> bool:
    return isinstance(value, dict) and type(value.get("id")) is int
