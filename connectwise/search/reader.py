"""Reads what may match a text (`sync_core.search.ports.PsaSearch`); whoever asks ranks and filters exactly."""

import re

from connectwise.client import ConnectWiseClient
from connectwise.conditions import Condition, all_of, any_of, compare, contains, encoded
from connectwise.endpoints import AGREEMENTS, CATALOG, COMPANIES
from connectwise.paging import LARGEST_PAGE
from connectwise.queries import Query
from connectwise.records import CompanyId
from connectwise.search.entries import hit_from
from connectwise.search.records import SearchHits, SearchKind

_PATHS = {
    SearchKind.CATALOG_ITEM: CATALOG,
    SearchKind.COMPANY: COMPANIES,
    SearchKind.AGREEMENT: AGREEMENTS,
}
_SEARCHED = {
    SearchKind.CATALOG_ITEM: ("identifier", "description"),
    SearchKind.COMPANY: ("name", "identifier"),
    SearchKind.AGREEMENT: ("name",),
}
_FIELDS = {
    SearchKind.CATALOG_ITEM: ("id", "identifier", "description", "type/name", "productClass", "inactiveFlag"),
    SearchKind.COMPANY: ("id", "identifier", "name", "types/name", "status/name", "city", "deletedFlag"),
    SearchKind.AGREEMENT: (
        "id",
        "name",
        "type/name",
        "agreementStatus",
        "cancelledFlag",
        "company/id",
        "company/name",
    ),
}
_UNCLEAR = re.compile(r"""["'\\\[\]%_*]""")
"""How ConnectWise reads these in a value is not documented, or they are wildcards."""
_LONGEST_ENCODED = 300
"""Encoded characters of a text, which may stand in the address twice, escaped; the whole has about 1,900."""


class ConnectWiseSearch:
    """Search in one tenant; keeps nothing."""

    def __init__(self, client: ConnectWiseClient) -> None:
        self._client = client

    def hits(self, kind: SearchKind, text: str, *, company_id: CompanyId | None = None) -> SearchHits:
        """Return the first 1,000 records by name that may hold the text, in one request; all for an empty text.

        `company_id` leaves only agreements of this company. The answer can hold more than what matches, never less.
        """
        query = Query(
            conditions=_conditions(kind, text, company_id), fields=_FIELDS[kind], order_by=f"{_SEARCHED[kind][0]} asc"
        )
        page = self._client.page(_PATHS[kind], query, page_size=LARGEST_PAGE)
        return SearchHits(tuple(hit_from(kind, row) for row in page.rows), page.has_next)


def _conditions(kind: SearchKind, text: str, company_id: CompanyId | None) -> Condition | None:
    conditions = []
    piece = _clear_piece(text)
    if piece:
        conditions.append(any_of(*(contains(member, piece) for member in _SEARCHED[kind])))
    if company_id is not None and kind is SearchKind.AGREEMENT:
        conditions.append(compare("company/id", "=", company_id))
    return all_of(*conditions) if conditions else None


def _clear_piece(text: str) -> str:
    """Return the longest piece between unclear characters, or the whole text when there is none of them to go by.

    What begins a long text finds no less than the text, and the address has room for it.
    """
    pieces = [piece.strip() for piece in _UNCLEAR.split(text)]
    piece = max(pieces, key=len) or text
    while len(encoded(piece)) > _LONGEST_ENCODED:
        piece = piece[: len(piece) * 3 // 4]
    return piece
