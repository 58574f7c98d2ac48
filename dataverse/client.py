"""Client of the Dataverse Web API v9.2: single requests, paged queries and batches with an answer per part."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from urllib.parse import urlsplit

from dataverse.batch import (
    MAX_OPERATIONS,
    Answer,
    BatchMalformed,
    ChangeSet,
    Operation,
    answer_to,
    decode,
    encode,
    last_failure,
    operations_of,
)
from dataverse.errors import AnswerNotUnderstood, DataverseError, NoAnswer
from dataverse.exchange import Endpoint, HttpTransport
from dataverse.failures import TRANSIENT
from dataverse.odata import slices
from dataverse.patience import Patience
from dataverse.psasync.records import EntraObjectId, ServerTime
from dataverse.values import Row

LOST = (NoAnswer, AnswerNotUnderstood, *TRANSIENT)
"""Errors after which it is open whether a write was carried out."""

OPERATIONS_PER_REQUEST = 250
"""Operations that `carry_out` puts into one batch: Dataverse runs them one after the other, and 1,000 writes would take
longer than any sensible time-out."""


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """Answers in the order of the operations, and Dataverse's time of the (first) request that they came with."""

    answers: Sequence[Answer]
    server_time: ServerTime


@dataclass(frozen=True, slots=True)
class RowsRead:
    """The rows of each query, all pages, and Dataverse's time of the first request."""

    rows: Sequence[Sequence[Row]]
    server_time: ServerTime


@dataclass(frozen=True, slots=True)
class TrackedRows:
    """Rows of a table that is followed: all of them, or those that changed since `delta_link` was given the last time.

    `deleted` are primary keys in lower case. `delta_link` asks for what changes from here on.
    """

    rows: Sequence[Row]
    deleted: frozenset[str]
    delta_link: str


class DataverseClient:
    """Sends requests to one Dataverse environment; it keeps no state, so threads may share it.

    `base_url` is the environment's address without the API path, https unless loopback. `token` is called for each
    request and must cache; a source with a method `discard` is told of a token that was refused. All methods raise the
    errors of `dataverse.errors`.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: Callable[[], str],
        transport: HttpTransport,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._endpoint = Endpoint(base_url.rstrip("/"), token, transport, self._patience.monotonic)

    def acting_as(self, entra_object_id: EntraObjectId) -> "DataverseClient":
        """Return a client whose requests have the rights that both the app and this user have.

        Rows show the user as the one who changed them (Dataverse: impersonation).
        """
        client = copy(self)
        client._endpoint = self._endpoint.impersonating(entra_object_id)  # noqa: SLF001 - a copy of itself
        return client

    def send(self, operation: Operation, *, repeatable: bool) -> Answer:
        """Send one request and return its answer; raise the typed error of a failing one.

        `repeatable` may only be True when a second execution is harmless or detected.
        """
        answer, _ = self._endpoint.exchange(operation, repeatable=repeatable)
        if answer.failure is not None:
            raise answer.failure
        return answer

    def rows(self, query: Operation) -> Iterator[Row]:
        """Return the rows of a query, page by page as they are consumed."""
        following: Operation | None = query
        while following is not None:
            rows, following = self._page(self.send(following, repeatable=True))
            yield from rows

    def batch(self, entries: Sequence[Operation | ChangeSet], *, repeatable: bool) -> BatchAnswer:
        """Send up to 1,000 operations in one request that goes on after errors; return an answer for each.

        A failing part has its error in `Answer.failure`; only a batch that failed as a whole raises. The answers of a
        failed change set all hold the one error. `repeatable` as in `send`, for every part.
        """
        count = len(list(operations_of(entries)))
        if not 0 < count <= MAX_OPERATIONS:
            raise ValueError(f"a batch holds 1 to {MAX_OPERATIONS} operations, not {count}")
        # The caller goes onto the batch and onto each part: which of the two counts is not documented.
        part_headers = {"Accept": "application/json", **self._endpoint.caller_headers}
        content_type, content = encode(entries, urlsplit(self._endpoint.service_root).path, part_headers)
        outer = Operation("POST", "$batch", headers={"Content-Type": content_type, "Prefer": "odata.continue-on-error"})
        answer, server_time = self._endpoint.exchange(outer, repeatable=repeatable, content=content)
        received_type = answer.headers.get("content-type", "")
        try:
            if answer.failure is not None:
                raise _failure_of_whole(answer, answer.failure, received_type)
            answers = decode(received_type, answer.content, entries)
        except BatchMalformed as malformed:
            raise answer.not_understood(str(malformed)) from malformed
        return BatchAnswer(answers, _known(server_time, answer))

    def carry_out(self, operations: Sequence[Operation]) -> BatchAnswer:
        """Carry out operations of which each may be executed more than once, 250 a request; at least one.

        Parts that were refused for load or failed on the server are sent again, for a few seconds; what fails
        nevertheless is in `Answer.failure`. Raises when a request as a whole got no usable answer.
        """
        if not operations:
            raise ValueError("there is nothing to carry out")
        pages = [self._carry_out_page(page) for page in slices(operations, OPERATIONS_PER_REQUEST)]
        return BatchAnswer([answer for page in pages for answer in page.answers], pages[0].server_time)

    def read_many(self, queries: Sequence[Operation], *, empty_when: tuple[type[DataverseError], ...] = ()) -> RowsRead:
        """Return all rows of each query (of one row, for the address of a row), the first pages in one request.

        A query that fails with one of `empty_when` has no rows; any other failure is raised. At least one query.
        """
        rows: list[list[Row]] = [[] for _ in queries]
        outstanding = list(enumerate(queries))
        server_time: ServerTime | None = None
        while outstanding or server_time is None:
            carried = self.carry_out([query for _, query in outstanding])
            server_time = server_time or carried.server_time
            further = []
            for (index, _), answer in zip(outstanding, carried.answers, strict=True):
                if isinstance(answer.failure, empty_when):
                    continue
                if answer.failure is not None:
                    raise answer.failure
                page, following = self._page(answer)
                rows[index].extend(page)
                if following is not None:
                    further.append((index, following))
            outstanding = further
        return RowsRead(rows, server_time)

    def tracked(self, query: Operation, *, keep: Callable[[Row], bool]) -> TrackedRows:
        """Return all rows of a table, or with a delta link as the address what changed, and the next delta link.

        Dataverse: change tracking; it takes no filter, so rows that `keep` does not want are dropped page by page.
        An expired link is a RequestInvalid.
        """
        following = Operation("GET", query.address, headers={"Prefer": "odata.track-changes"})
        rows: list[Row] = []
        deleted: set[str] = set()
        while True:
            answer = self.send(following, repeatable=True)
            page, further = self._page(answer)
            deleted.update(str(row["id"]).lower() for row in page if _is_deletion(row))
            rows.extend(row for row in page if not _is_deletion(row) and keep(row))
            if further is None:
                break
            following = further
        link = answer.document().get("@odata.deltaLink")
        if not isinstance(link, str) or not link.startswith(self._endpoint.service_root):
            raise answer.not_understood("the link to the changes is missing or leads to another server")
        return TrackedRows(rows, frozenset(deleted), link)

    def server_time(self) -> ServerTime:
        """Return Dataverse's own time, from the cheapest request there is."""
        answer, server_time = self._endpoint.exchange(Operation("GET", "WhoAmI"), repeatable=True)
        if answer.failure is not None:
            raise answer.failure
        return _known(server_time, answer)

    def _carry_out_page(self, operations: Sequence[Operation]) -> BatchAnswer:
        repetition = self._patience.begin()
        batch = self.batch(operations, repeatable=True)
        answers = list(batch.answers)
        while True:
            failures = {
                index: answer.failure
                for index, answer in enumerate(answers)
                if answer.failure is not None and isinstance(answer.failure, TRANSIENT)
            }
            if not failures or not repetition.allowed_after(max(failures.values(), key=_wished_pause)):
                return BatchAnswer(answers, batch.server_time)
            try:
                again = self.batch([operations[index] for index in failures], repeatable=True)
            except LOST:
                # the failures that are known say enough: these parts are not known to be carried out
                return BatchAnswer(answers, batch.server_time)
            for index, answer in zip(failures, again.answers, strict=True):
                answers[index] = answer

    def _page(self, answer: Answer) -> tuple[list[Row], Operation | None]:
        """Return the rows of a page and the request of the next one."""
        document = answer.document()
        if "value" not in document:
            return [document], None
        rows, link = document["value"], document.get("@odata.nextLink")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise answer.not_understood("the rows are not a list of objects")
        if link is None:
            return rows, None
        if not isinstance(link, str) or not link.startswith(self._endpoint.service_root):
            # the token would go wherever the link leads
            raise answer.not_understood("the link to the next page leads to another server")
        # byte for byte, with the same page size (Dataverse: query)
        return rows, Operation("GET", link, headers=answer.operation.headers)


def _failure_of_whole(answer: Answer, failure: DataverseError, content_type: str) -> DataverseError:
    """Return why a batch failed: rejected as a whole (plain JSON), or ended by its first failing part."""
    if not content_type.lower().startswith("multipart/mixed"):
        return failure
    return answer_to(answer.operation, *last_failure(content_type, answer.content)).failure or failure


def _is_deletion(row: Row) -> bool:
    return str(row.get("@odata.context", "")).endswith("/$deletedEntity")


def _known(server_time: ServerTime | None, answer: Answer) -> ServerTime:
    if server_time is None:
        raise answer.not_understood("the Date header is missing")
    return server_time


def _wished_pause(failure: DataverseError) -> float:
    return failure.retry_after or 0.0
