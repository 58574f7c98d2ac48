"""One page of companies or agreements with their mappings: the join of two systems.

*Mapped only* starts from our mappings and asks ConnectWise by ids. The other views start from all records of a tenant,
which are read once over several connections and then kept fresh by their time of change.
"""

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from connectwise.directory.records import ListEntry, ListKind
from connectwise.records import CompanyId
from dataverse.psasync.records import ConnectorId, MappedRecord, MappingKind
from sync_core.pull.cursor import Cursor, cursor_from, cursor_text
from sync_core.pull.filters import ListFilter, MappedView, SortKey, SortName, sort_key
from sync_core.pull.index import RecordIndex
from sync_core.pull.ports import PsaDirectory
from sync_core.pull.services import PullServices

MAPPING_KINDS = {ListKind.COMPANY: MappingKind.ACCOUNT, ListKind.AGREEMENT: MappingKind.BILLING_CONTRACT}

MOST_BY_IDS = 2_000
"""Records that are rather asked for by ids, some 200 a request, than taken from a list that is in memory already."""


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """What a list shows; `with_agreements` leaves out companies without any. `limit` records a page."""

    connector_id: ConnectorId
    filter: ListFilter
    view: MappedView = "all"
    with_agreements: bool = False
    sort: SortName = "name"
    limit: int = 50
    cursor: str | None = None

    def identity(self) -> str:
        """Return the question without the page, to recognise its cursors."""
        return repr(replace(self, limit=0, cursor=None))


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """One row of the list; `has_agreements` belongs to companies."""

    entry: ListEntry
    mapping: MappedRecord | None
    has_agreements: bool | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page: full unless the list ends. `total` counts the whole list, as it was when the page was read."""

    records: Sequence[ListedRecord]
    next_cursor: str | None
    total: int


def list_records(services: PullServices, question: ListQuestion) -> ListPage:
    """Return a page of the list; raises CursorInvalid, and RecordRejected without a connector.

    A list is stable while data changes: what was changed after its first page is not shown on later ones, so no record
    appears twice, and none is lost that stood still.
    """
    cursor = None if question.cursor is None else cursor_from(question.cursor, asked=question.identity())
    connector = services.existing_connector(question.connector_id)
    return _Listing(services, question, services.directory_of(connector), cursor).page()


class _Listing:
    """One answer to one question."""

    def __init__(
        self, services: PullServices, question: ListQuestion, directory: PsaDirectory, cursor: Cursor | None
    ) -> None:
        self._services = services
        self._question = question
        self._kind = question.filter.kind
        self._directory = directory
        self._cursor = cursor
        self._index = self._index_of(self._kind)
        self._mapped: Mapping[int, MappedRecord] = {}
        self._key = sort_key(question.sort)
        self._descending = question.sort.startswith("-")

    def page(self) -> ListPage:
        """Read what is needed and return the page."""
        entries = self._entries()
        as_of = self._cursor.as_of if self._cursor is not None else _newest(entries)
        having = self._having_agreements(entries) if self._question.with_agreements else None
        matching = self._matching(entries, as_of, having)
        page, more = self._select(matching)
        last = Cursor(self._key(page[-1]), as_of) if more else None
        return ListPage(
            records=self._records(page),
            next_cursor=None if last is None else cursor_text(last, asked=self._question.identity()),
            total=len(matching),
        )

    def _entries(self) -> Collection[ListEntry]:
        """Read both systems; return what the list is made of."""
        if self._question.view == "mapped":
            return self._entries_of_mapped(self._read_mapped())
        # Neither side needs the other, and cold each takes seconds.
        with ThreadPoolExecutor(1, thread_name_prefix="mapped") as beside:
            mapped = beside.submit(self._read_mapped)
            entries = self._index.refreshed(self._directory)
            mapped.result()
        return entries

    def _entries_of_mapped(self, mapped: Mapping[int, MappedRecord]) -> Collection[ListEntry]:
        if len(mapped) > MOST_BY_IDS and self._index.is_warm:
            return self._index.refreshed(self._directory)
        return self._directory.entries_among(self._kind, list(mapped), self._question.filter.narrowing())

    def _read_mapped(self) -> Mapping[int, MappedRecord]:
        self._mapped = self._services.mapped.by_psa_id(self._question.connector_id, MAPPING_KINDS[self._kind])
        return self._mapped

    def _matching(
        self, entries: Iterable[ListEntry], as_of: datetime | None, having: frozenset[int] | None
    ) -> list[ListEntry]:
        view, matches, mapped = self._question.view, self._question.filter.matches, self._mapped
        return [
            entry
            for entry in entries
            if matches(entry)
            and (view == "all" or (entry.psa_id in mapped) is (view == "mapped"))
            and (having is None or entry.psa_id in having)
            and (as_of is None or entry.modified_on is None or entry.modified_on <= as_of)
        ]

    def _select(self, matching: Iterable[ListEntry]) -> tuple[list[ListEntry], bool]:
        """Return the page behind the cursor, and whether more follow."""
        behind = matching if self._cursor is None else filter(self._is_behind(self._cursor.after), matching)
        choose = heapq.nlargest if self._descending else heapq.nsmallest
        page = choose(self._question.limit + 1, behind, key=self._key)
        return page[: self._question.limit], len(page) > self._question.limit

    def _is_behind(self, after: SortKey) -> Callable[[ListEntry], bool]:
        key = self._key
        if self._descending:
            return lambda entry: key(entry) < after
        return lambda entry: key(entry) > after

    def _having_agreements(self, entries: Collection[ListEntry]) -> frozenset[int]:
        """Return the companies with an agreement: asked for by ids, or from the list of all agreements."""
        agreements = self._index_of(ListKind.AGREEMENT)
        if len(entries) <= MOST_BY_IDS and not agreements.is_warm:
            return frozenset(self._directory.companies_with_agreements([CompanyId(one.psa_id) for one in entries]))
        found = agreements.refreshed(self._directory)
        return frozenset(agreement.company.id for agreement in found if agreement.company is not None)

    def _records(self, page: Sequence[ListEntry]) -> list[ListedRecord]:
        having: frozenset[CompanyId] | None = None
        if self._kind is ListKind.COMPANY and not self._question.with_agreements:
            having = self._directory.companies_with_agreements([CompanyId(one.psa_id) for one in page])
        return [ListedRecord(one, self._mapped.get(one.psa_id), self._has_agreements(one, having)) for one in page]

    def _has_agreements(self, entry: ListEntry, having: frozenset[CompanyId] | None) -> bool | None:
        if self._kind is not ListKind.COMPANY:
            return None
        return having is None or CompanyId(entry.psa_id) in having

    def _index_of(self, kind: ListKind) -> RecordIndex:
        return self._services.indexes.of(self._question.connector_id, kind)


def _newest(entries: Iterable[ListEntry]) -> datetime | None:
    return max((entry.modified_on for entry in entries if entry.modified_on is not None), default=None)
