"""Reads whole lists of candidates (`sync_core.suggestions.ports.PsaCandidates`)."""

from collections.abc import Iterator

from connectwise.candidates.entries import (
    AGREEMENT_FIELDS,
    CATALOG_FIELDS,
    COMPANY_FIELDS,
    agreement_candidate,
    catalog_candidate,
    company_candidate,
)
from connectwise.candidates.records import AgreementCandidate, CatalogCandidate, CompanyCandidate
from connectwise.client import ConnectWiseClient
from connectwise.conditions import compare
from connectwise.directory.spans import pages_of_spans
from connectwise.endpoints import AGREEMENTS, CATALOG, COMPANIES
from connectwise.paging import Row
from connectwise.queries import Query

MOST_CHAINS = 3
"""Chains of pages that are read at the same time: a list costs a request per 1,000 records and 5 more at most."""


class ConnectWiseCandidates:
    """What may be mapped to in one tenant; keeps nothing. All methods read a list whole, in any order."""

    def __init__(self, client: ConnectWiseClient) -> None:
        self._client = client

    def catalog_items(self) -> Iterator[CatalogCandidate]:
        """Yield the active catalog items that are no bundles."""
        query = Query(conditions=compare("inactiveFlag", "=", False), fields=CATALOG_FIELDS)
        return (found for row in self._rows(CATALOG, query) if (found := catalog_candidate(row)) is not None)

    def companies(self) -> Iterator[CompanyCandidate]:
        """Yield the companies that are not deleted."""
        query = Query(conditions=compare("deletedFlag", "=", False), fields=COMPANY_FIELDS)
        return (found for row in self._rows(COMPANIES, query) if (found := company_candidate(row)) is not None)

    def agreements(self) -> Iterator[AgreementCandidate]:
        """Yield the active agreements."""
        query = Query(conditions=compare("cancelledFlag", "=", False), fields=AGREEMENT_FIELDS)
        return (found for row in self._rows(AGREEMENTS, query) if (found := agreement_candidate(row)) is not None)

    def _rows(self, path: str, query: Query) -> Iterator[Row]:
        pages = pages_of_spans(
            lambda after: self._client.page_after(path, query, after=after),
            lambda: self._newest_id(path),
            in_parallel=MOST_CHAINS,
        )
        return (row for page in pages for row in page.rows)

    def _newest_id(self, path: str) -> int | None:
        page = self._client.page(path, Query(fields=("id",), order_by="id desc"), page_size=1)
        return int(page.rows[0]["id"]) if page.rows else None
