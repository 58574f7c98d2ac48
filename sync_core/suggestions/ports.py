"""What suggestions need from the outside world; the clients satisfy it structurally."""

from collections.abc import Iterable
from typing import Protocol

from connectwise.candidates.records import AgreementCandidate, CatalogCandidate, CompanyCandidate


class PsaCandidates(Protocol):
    """What may be mapped to in one tenant, each list read whole and in any order, 1,000 records a request.

    Every method raises the errors of the client behind it.
    """

    def catalog_items(self) -> Iterable[CatalogCandidate]:
        """Return the active catalog items that are no bundles."""
        ...

    def companies(self) -> Iterable[CompanyCandidate]:
        """Return the companies that are not deleted."""
        ...

    def agreements(self) -> Iterable[AgreementCandidate]:
        """Return the active agreements."""
        ...
