"""What the push of rows needs from the outside world, beside `sync_core.ports`; the clients satisfy it structurally.

Every method raises the errors of the client behind it, as those of `sync_core.ports`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectwise.creation.records import (
    NewAgreement,
    NewCatalogItem,
    NewCompany,
    NewContact,
    StoredAgreement,
    StoredCatalogItem,
    StoredCompany,
    StoredContact,
)
from connectwise.directory.records import ContactId
from connectwise.records import CompanyId
from dataverse.psasync.records import ConnectorId, MappingKind, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.sources.records import (
    RowMirror,
    RowMirrorReport,
    SourceAccount,
    SourceContract,
    SourceProduct,
)
from sync_core.ports import Settlement


class SourceRows(Protocol):
    """Work 365's rows with the rights of one person; rows that the person may not read are absent."""

    def products(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceProduct]:
        """Return the products with their price list items, in one request for 1,000 pages."""
        ...

    def accounts(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceAccount]:
        """Return the accounts with their primary contacts, in one request for 1,000 pages."""
        ...

    def billing_contracts(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceContract]:
        """Return the billing contracts, in one request for 1,000 pages."""
        ...

    def mirror_rows(self, kind: MappingKind, mirrors: Sequence[RowMirror]) -> RowMirrorReport:
        """Write Work 365's own PSA columns in one batch, each with `If-Match`; return what was not written.

        `changed` are rows that are not at the given version any more and do not hold what was to be written.
        """
        ...


class PsaCatalog(Protocol):
    """The catalog of one tenant."""

    def catalog_items_with(self, identifiers: Collection[str]) -> Sequence[StoredCatalogItem]:
        """Return the items with these identifiers, in any letter case, inactive ones included."""
        ...

    def create_catalog_item(self, item: NewCatalogItem, *, send_before: float) -> StoredCatalogItem:
        """Post the item once, as `sync_core.ports.Psa.create_addition`."""
        ...


class PsaCustomers(Protocol):
    """The companies and contacts of one tenant."""

    def companies_with(self, identifiers: Collection[str]) -> Sequence[StoredCompany]:
        """Return the companies with these identifiers, in any letter case, deleted ones included."""
        ...

    def companies(self, company_ids: Collection[CompanyId]) -> Mapping[CompanyId, StoredCompany]:
        """Return the companies that exist, deleted ones included."""
        ...

    def contacts_of(self, company_ids: Collection[CompanyId]) -> Mapping[CompanyId, Sequence[StoredContact]]:
        """Return the contacts of these companies in ascending order of id; a company without contacts is absent."""
        ...

    def create_company(self, company: NewCompany, *, send_before: float) -> StoredCompany:
        """Post the company once, as `sync_core.ports.Psa.create_addition`."""
        ...

    def create_contact(self, company_id: CompanyId, contact: NewContact, *, send_before: float) -> StoredContact:
        """Post the contact once, asking that it becomes the default contact of its company."""
        ...

    def set_default_contact(self, company_id: CompanyId, contact_id: ContactId) -> None:
        """Make a contact the default contact of its company; may be repeated."""
        ...


class PsaContracts(Protocol):
    """The agreements of one tenant."""

    def agreements_of(self, company_ids: Collection[CompanyId]) -> Sequence[StoredAgreement]:
        """Return all agreements of these companies."""
        ...

    def create_agreement(self, agreement: NewAgreement, *, send_before: float) -> StoredAgreement:
        """Post the agreement once, as `sync_core.ports.Psa.create_addition`."""
        ...


class PsaCreation(PsaCatalog, PsaCustomers, PsaContracts, Protocol):
    """All that is created in one tenant, and the addresses of its screens."""

    def link_to(self, kind: MappingKind, psa_id: int) -> str | None:
        """Return the address of the record's screen; None for catalog items, whose screen has no known address."""
        ...


@dataclass(frozen=True, slots=True)
class RowClaim:
    """A wish to hold the integration record of one row; `existing` is the record as it was read, None to create it.

    `intent` is written to `psasync_psaname` before anything is posted: the identifier (or marker) under which the
    record will be found again, whatever Work 365's row is called by then; the status becomes Syncing. None: nothing
    will be posted, so the name stays, and the status becomes Pending, which leaves nothing in doubt. `parent_id` is
    written to `psasync_psaparentid`: the company in which a new agreement is looked for; None leaves it as it is.
    """

    kind: MappingKind
    source_id: SourceId
    existing: PsaMapping | None
    intent: str | None
    claimed_by: str
    claimed_until: datetime
    parent_id: int | None = None


class RowLedger(Protocol):
    """Our integration records of products, accounts and billing contracts, written as the app."""

    def claim_rows(self, connector_id: ConnectorId, claims: Sequence[RowClaim]) -> Mapping[SourceId, PsaMapping]:
        """Create or take over the records in one batch, as `sync_core.ports.Ledger.claim`; return those that are ours.

        `psasync_psaid` stays as it is, the lookup to the row is bound.
        """
        ...

    def settle_rows(self, settlements: Sequence[Settlement]) -> Mapping[SourceId, PsaMapping]:
        """Write settled states in one batch with `If-Match`; return the records as they are now, lost ones absent."""
        ...

    def mapped_to(
        self, connector_id: ConnectorId, kind: MappingKind, psa_ids: Collection[int]
    ) -> Mapping[int, Sequence[PsaMapping]]:
        """Return the records of a kind that name these ConnectWise ids."""
        ...
