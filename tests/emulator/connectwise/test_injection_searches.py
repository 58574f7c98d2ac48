"""10,000 hostile texts through every search and filter, those of ConnectWise down to its own evaluation.

ConnectWise only narrows, and the app filters exactly behind it: together they must show what a person would find by
reading every name, no record more and none less.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from connectwise.client import ConnectWiseClient
from connectwise.directory.narrowing import conditions_of, joined
from connectwise.directory.records import ListEntry, ListKind, Named
from connectwise.paging import Page
from connectwise.queries import LONGEST_URL, Query, url_with
from connectwise.search.reader import ConnectWiseSearch
from connectwise.search.records import SearchKind
from emulators.connectwise.conditions.names import Name
from emulators.connectwise.conditions.predicates import compile_expression
from emulators.connectwise.conditions.syntax import parse
from emulators.connectwise.schema import Kind
from sync_core.lists.paging import ListQuestion, holds, page_of
from sync_core.pull.filters import ListFilter
from sync_core.search.ranking import SHORTEST_TEXT, search_psa
from tests import builders
from tests.emulator.security.fuzz import factor_of, seed_of
from tests.emulator.security.hostile import NAMES, hostile_texts

pytestmark = pytest.mark.emulator

COUNT = 10_000
BATCH = 10
ADDRESS = "https://na.myconnectwise.net/v2025_1/apis/3.0/company/companies"
TEXTS = ("identifier", "name", "description", "company/name", "type/name", "status/name")
SEARCHED = {
    SearchKind.COMPANY: ("name", "identifier"),
    SearchKind.CATALOG_ITEM: ("description", "identifier"),
    SearchKind.AGREEMENT: ("name",),
}
Row = dict[str, Any]


def _of(path: str) -> Name:
    first, _, second = path.partition("/")
    return Name(lambda row: row[first][second] if second else row[first], Kind.TEXT)


COLUMNS = {path: _of(path) for path in TEXTS}
COLUMNS["deletedFlag"] = Name(lambda row: row["deletedFlag"], Kind.BOOLEAN)


def narrowed(rows: list[Row], query: Query) -> list[Row]:
    """Read the conditions as they stand in an address, and evaluate them as ConnectWise does."""
    address = url_with(ADDRESS, query.parameters() | {"pageSize": "1000", "page": "1"})
    assert len(address) <= LONGEST_URL
    given = parse_qs(urlsplit(address).query)
    if "conditions" not in given:
        return rows
    (text,) = given["conditions"]
    test = compile_expression(parse(text), COLUMNS.__getitem__)
    return [row for row in rows if test(row)]


@dataclass
class Reader:
    """As much of a client as a search needs."""

    rows: list[Row] = field(default_factory=list)

    def page(self, path: str, query: Query, *, page_size: int) -> Page:
        return Page(tuple(narrowed(self.rows, query)), False)


def folded(text: str) -> str:
    """Without letter case, letter by letter: the lower case of a sigma depends on its place in the word."""
    return text.lower().replace("\u03c2", "\u03c3")


def batches(config: pytest.Config, part: int, parts: int) -> Iterator[list[str]]:
    texts = hostile_texts(COUNT * factor_of(config), seed=seed_of(config))[part::parts]
    return (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))


def rows_named(names: list[str]) -> list[Row]:
    return [
        {
            "id": number,
            "name": name,
            "description": name,
            "identifier": names[-number],
            "company": {"id": number, "name": names[-number]},
            "type": {"id": number, "name": name},
            "status": {"id": number, "name": names[-number]},
            "deletedFlag": False,
        }
        for number, name in enumerate(names, 1)
    ]


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("kind", SearchKind)
def test_the_live_search_finds_what_holds_the_text_and_nothing_else(
    kind: SearchKind, part: int, pytestconfig: pytest.Config
) -> None:
    reader, wrong, differing = Reader(), [], 0
    search = ConnectWiseSearch(cast("ConnectWiseClient", reader))
    for batch in batches(pytestconfig, part, 3):
        names = [*NAMES, *batch, *(f"({text.swapcase()})" for text in batch)]
        reader.rows = rows_named(names)
        for text in batch:
            if len(text.strip()) < SHORTEST_TEXT:
                continue
            result = search_psa(search, kind, text, company_id=None, show_all=True, limit=10_000)
            found = {one.hit.psa_id for one in result.found}
            wanted = text.strip()
            # what only casefold brings together (a sharp s and two s) may be found: ConnectWise's collation decides
            least = {
                row["id"] for row in reader.rows if any(folded(wanted) in folded(row[at]) for at in SEARCHED[kind])
            }
            most = {
                row["id"]
                for row in reader.rows
                if any(wanted.casefold() in row[at].casefold() for at in SEARCHED[kind])
            }
            if not least <= found <= most:
                wrong.append((text, least - found, found - most))
            differing += least != most
    assert wrong == []
    assert differing < 0.05 * COUNT * factor_of(pytestconfig)


def entry_of(row: Row) -> ListEntry:
    return ListEntry(
        psa_id=row["id"],
        name=row["name"],
        created_on=None,
        modified_on=None,
        identifier=row["identifier"],
        types=(Named(**row["type"]),),
        status=Named(**row["status"]),
        company=Named(**row["company"]),
        frequency=Named(**row["status"]),
        is_one_time=False,
    )


@pytest.mark.parametrize("kind", ListKind)
def test_the_filters_of_the_import_find_what_they_name_and_nothing_else(
    kind: ListKind, pytestconfig: pytest.Config
) -> None:
    wrong = []
    for batch in batches(pytestconfig, 0, 1):
        names = [*NAMES, *batch]
        rows = rows_named(names)
        entries = {row["id"]: entry_of(row) for row in rows}
        for text in batch:
            wanted = folded(text)
            named = {row["id"] for row in rows if text in (row["name"], str(row["id"]))}
            of_other = {row["id"] for row in rows if text in (row["status"]["name"], str(row["id"]))}
            asked = {
                ListFilter(kind, name=text): {row["id"] for row in rows if wanted in folded(row["name"])},
                ListFilter(kind, types=(text,)): named,
            }
            if kind is ListKind.COMPANY:
                asked[ListFilter(kind, status=text)] = of_other
            else:
                holding = {row["id"] for row in rows if wanted in folded(row["company"]["name"])}
                asked |= {ListFilter(kind, company=text): holding, ListFilter(kind, frequency=text): of_other}
            for filters, expected in asked.items():
                conditions = joined(conditions_of(kind, filters.narrowing()))
                seen = narrowed(rows, Query(conditions=conditions))
                if {row["id"] for row in seen if filters.matches(entries[row["id"]])} != expected:
                    wrong.append((filters, text))
    assert wrong == []


def test_the_lists_of_the_push_tabs_find_what_holds_the_text_and_go_on_behind_it(pytestconfig: pytest.Config) -> None:
    wrong = []
    for batch in batches(pytestconfig, 0, 1):
        rows = [(text, str(number)) for number, text in enumerate([*NAMES, *batch])]
        for text in batch:
            question = ListQuestion("accounts", builders.CONNECTOR_ID, search=text.strip(), limit=200)
            page = page_of((row for row in rows if holds(question.search, row[0], None)), lambda row: row, question)
            expected = [row for row in rows if text.strip().casefold() in row[0].casefold()]
            place = replace(question, cursor=question.cursor_at((text, "7"))).after()
            if page.rows != sorted(expected) or page.next_cursor is not None or place != (text, "7"):
                wrong.append(text)
    assert wrong == []
