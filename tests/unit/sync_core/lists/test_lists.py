"""The lists of the push tabs: joined, filtered, ordered, and paged without losing or repeating a row."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse.psasync.records import ConnectorId, MappingKind, MappingsRead, MappingStatus, ServerTime, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.linked.records import LinkedRow
from dataverse.work365.records import Invoice, InvoiceId, InvoiceLine, InvoiceLineId, LinesRead
from sync_core.errors import RecordRejected
from sync_core.lists.invoices import MOST_BLOCKS, ListedInvoice, ListedLine, list_invoices, list_lines
from sync_core.lists.paging import CursorInvalid, ListPage, ListQuestion, SortName, View
from sync_core.lists.ports import ListServices
from sync_core.lists.records import ListedRecord, join_rows, page_of_rows
from tests import builders
from tests.connector_fakes import office_with
from tests.fakes import EPOCH
from tests.linking_fakes import linked_row

pytestmark = pytest.mark.unit

ACCOUNT, LINE = MappingKind.ACCOUNT, MappingKind.INVOICE_LINE
VIEWS: tuple[View, ...] = ("all", "mapped", "unmapped", "failed")


@dataclass
class Shelf:
    """Rows, invoices, lines and integration records."""

    rows: list[LinkedRow] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    lines: dict[InvoiceLineId, InvoiceLine] = field(default_factory=dict)
    mappings: list[PsaMapping] = field(default_factory=list)
    reads: int = 0

    def services(self) -> ListServices:
        return ListServices(office_with().services(), self, self, lambda person: self, lambda person: self)

    def of_kind(self, connector_id: ConnectorId, kind: MappingKind) -> Iterable[PsaMapping]:
        return [one for one in self.mappings if (one.connector_id, one.kind) == (connector_id, kind)]

    def read_mappings(
        self, connector_id: ConnectorId, wanted: Mapping[MappingKind, Iterable[SourceId]]
    ) -> MappingsRead:
        self.reads += 1
        asked: Collection[tuple[MappingKind, SourceId]] = {(kind, one) for kind, ids in wanted.items() for one in ids}
        found = {(one.kind, one.source_id): one for one in self.of_kind(connector_id, LINE)}
        return MappingsRead({key: found[key] for key in asked if key in found}, ServerTime(EPOCH, 0.0))

    def all_rows(self, kind: MappingKind) -> Iterable[LinkedRow]:
        return [row for row in self.rows if row.kind is kind]

    def active_invoices(self) -> Iterable[Invoice]:
        return self.invoices

    def read_lines(self, line_ids: Sequence[InvoiceLineId]) -> LinesRead:
        return LinesRead({one: self.lines[one] for one in line_ids}, {}, {}, {})

    def line_ids_of_invoices(self, invoice_ids: Sequence[InvoiceId]) -> dict[InvoiceId, Sequence[InvoiceLineId]]:
        known = {invoice.id for invoice in self.invoices}
        return {
            invoice_id: [one.id for one in self.lines.values() if one.invoice_id == invoice_id]
            for invoice_id in invoice_ids
            if invoice_id in known
        }


def row_id(number: int) -> str:
    return f"d0000000-0000-4000-8000-{number:012d}"


def mapping_of(kind: MappingKind, source_id: str, status: MappingStatus = MappingStatus.SYNCED) -> PsaMapping:
    return builders.mapping(kind, source_id=SourceId(source_id), status=status, psa_name=f"PSA {source_id[-2:]}")


def accounts(*names: str, mapped: Mapping[int, MappingStatus] | None = None) -> Shelf:
    rows = [linked_row(ACCOUNT, row_id(number), name=name, number=f"A{number}") for number, name in enumerate(names)]
    return Shelf(
        rows, mappings=[mapping_of(ACCOUNT, row_id(number), status) for number, status in (mapped or {}).items()]
    )


def question(
    name: str = "accounts",
    *,
    view: View = "all",
    search: str = "",
    sort: SortName = "name",
    limit: int = 50,
    cursor: str | None = None,
) -> ListQuestion:
    return ListQuestion(name, builders.CONNECTOR_ID, view, search, sort, limit, cursor)


def page(shelf: Shelf, asked: ListQuestion) -> ListPage[ListedRecord]:
    return page_of_rows(join_rows(shelf.services(), ACCOUNT, asked.connector_id, person=builders.USER_ID), asked)


def names(found: ListPage[ListedRecord]) -> list[str]:
    return [one.row.name for one in found.rows]


def test_rows_come_with_their_mappings_in_order() -> None:
    found = page(accounts("b", "A", "c", mapped={2: MappingStatus.SYNCED}), question())
    assert names(found) == ["A", "b", "c"]
    assert [one.mapping is not None for one in found.rows] == [False, False, True]
    assert names(page(accounts("b", "A", "c"), question(sort="-name"))) == ["c", "b", "A"]
    assert names(page(accounts("b", "A"), question(sort="-number"))) == ["A", "b"]


@pytest.mark.parametrize(
    ("view", "expected"),
    [("all", "abcd"), ("mapped", "ac"), ("unmapped", "bd"), ("failed", "cd")],
)
def test_views(view: View, expected: str) -> None:
    mapped = {0: MappingStatus.SYNCED, 2: MappingStatus.FAILED, 3: MappingStatus.MISSING_IN_PSA}
    assert names(page(accounts("a", "b", "c", "d", mapped=mapped), question(view=view))) == list(expected)


@pytest.mark.parametrize("text", ["50%", '"x"', "o'n", "[", "🙂", "CONTOSO"])
def test_search_is_literal_in_any_letter_case(text: str) -> None:
    shelf = accounts(f"the {text.lower()} one", "another")
    assert names(page(shelf, question(search=text))) == [f"the {text.lower()} one"]


def test_search_finds_numbers_and_names_in_connectwise_too() -> None:
    shelf = accounts("a", "b", mapped={1: MappingStatus.SYNCED})
    assert names(page(shelf, question(search="a0"))) == ["a"]
    assert names(page(shelf, question(search="psa 01"))) == ["b"]


@given(
    st.lists(st.sampled_from(["a", "A", "b", "", "é"]), max_size=12),
    st.integers(1, 4),
    st.sampled_from(["name", "-name", "number", "-number"]),
)
def test_pages_hold_every_row_once(given_names: list[str], limit: int, sort: SortName) -> None:
    shelf = accounts(*given_names)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        found = page(shelf, question(sort=sort, limit=limit, cursor=cursor))
        seen.extend(one.row.id for one in found.rows)
        cursor = found.next_cursor
        if cursor is None:
            break
        assert len(found.rows) == limit
    assert seen == [one.row.id for one in page(shelf, question(sort=sort, limit=200)).rows]
    assert len(seen) == len(given_names)


@pytest.mark.parametrize("cursor", ["!", "bm90", "WyJ4IiwxLDJd", pytest.param("W1tb" * 500, id="deep JSON")])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        page(accounts("a"), question(cursor=cursor))


def test_a_cursor_fits_its_own_list_only() -> None:
    cursor = page(accounts("a", "b"), question(limit=1)).next_cursor
    with pytest.raises(CursorInvalid):
        page(accounts("a", "b"), question(limit=1, view="mapped", cursor=cursor))


def test_a_connector_that_does_not_exist_is_refused() -> None:
    asked = replace(question(), connector_id=ConnectorId(row_id(9)))
    with pytest.raises(RecordRejected):
        page(accounts("a"), asked)


# --- invoices


def ledger(*states: str) -> Shelf:
    """Return one invoice a text: each letter is a line, s(ynced), f(ailed) or n(ot there)."""
    shelf = Shelf()
    for number, lines in enumerate(states):
        invoice_id = InvoiceId(row_id(1000 + number))
        shelf.invoices.append(builders.invoice(id=invoice_id, name=f"Invoice {number:03d}", number=f"N{number}"))
        for position, letter in enumerate(lines):
            line_id = InvoiceLineId(row_id(2000 + 10 * number + position))
            line = builders.invoice_line(id=line_id, invoice_id=invoice_id, line_number=position + 1)
            shelf.lines[line_id] = replace(line, line1=f"Line {letter}")
            status = {"s": MappingStatus.SYNCED, "f": MappingStatus.FAILED}.get(letter)
            if status is not None:
                shelf.mappings.append(mapping_of(LINE, line_id, status))
    return shelf


def invoices(shelf: Shelf, asked: ListQuestion) -> ListPage[ListedInvoice]:
    return list_invoices(shelf.services(), asked, person=builders.USER_ID)


def test_invoices_count_their_lines() -> None:
    found = invoices(ledger("ssf", "n", ""), question("invoices")).rows
    assert [(one.mapped, one.failed, one.unmapped) for one in found] == [(2, 1, 0), (0, 0, 1), (0, 0, 0)]


@pytest.mark.parametrize(
    ("view", "expected"), [("all", [0, 1, 2, 3]), ("mapped", [0]), ("unmapped", [1, 2]), ("failed", [2])]
)
def test_views_of_invoices(view: View, expected: list[int]) -> None:
    found = invoices(ledger("ss", "sn", "sf", ""), question("invoices", view=view)).rows
    assert [int(one.invoice.name[-3:]) for one in found] == expected


@given(
    st.lists(st.text("sfn", max_size=2), max_size=40),
    st.integers(1, 3),
    st.sampled_from(VIEWS),
    st.sampled_from(["name", "-name", "number", "-number"]),
)
def test_pages_of_invoices_hold_each_once(states: list[str], limit: int, view: View, sort: SortName) -> None:
    shelf = ledger(*states)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        shelf.reads = 0
        found = invoices(shelf, question("invoices", view=view, limit=limit, sort=sort, cursor=cursor))
        assert len(found.rows) <= limit
        assert shelf.reads <= MOST_BLOCKS
        seen.extend(one.invoice.id for one in found.rows)
        cursor = found.next_cursor
        if cursor is None:
            break
    everything = invoices(shelf, question("invoices", view=view, limit=200, sort=sort))
    assert seen == [one.invoice.id for one in everything.rows]


def lines_of(shelf: Shelf, number: int, asked: ListQuestion) -> ListPage[ListedLine]:
    return list_lines(shelf.services(), InvoiceId(row_id(1000 + number)), asked, person=builders.USER_ID)


def test_lines_of_an_invoice_by_their_number() -> None:
    shelf = ledger("s", "fsn")
    found = lines_of(shelf, 1, question("lines", sort="number")).rows
    assert [one.name for one in found] == ["Line f", "Line s", "Line n"]
    assert {one.amount for one in found} == {Decimal("120.00")}
    assert [one.name for one in lines_of(shelf, 1, question("lines", view="failed")).rows] == ["Line f"]
    assert lines_of(ledger(""), 0, question("lines")).rows == []


def test_an_invoice_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(RecordRejected) as refused:
        lines_of(ledger("s"), 5, question("lines"))
    assert refused.value.code == "invoice_not_found"
