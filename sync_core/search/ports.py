"""What the search needs of ConnectWise."""

from typing import Protocol

from connectwise.records import CompanyId
from connectwise.search.records import SearchHits, SearchKind


class PsaSearch(Protocol):
    """Search in one tenant."""

    def hits(self, kind: SearchKind, text: str, *, company_id: CompanyId | None = None) -> SearchHits:
        """Return records that may hold the text, in one request; more than what matches, never less.

        `company_id` leaves only agreements of this company. Raises the errors of the client.
        """
        ...
