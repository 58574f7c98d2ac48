"""What the import needs from the outside world, beside `sync_core.ports`; the clients satisfy it structurally.

Every method raises the errors of the client behind it, as those of `sync_core.ports`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectwise.directory.records import Company, Contact, ContactId, ListEntry, ListKind, Narrowing
from connectwise.records import Agreement, AgreementId, BillingCycle, BillingCycleId, CompanyId
from dataverse.psasync.records import (
    Connector,
    ConnectorId,
    MappingChanges,
    MappingKind,
    MappingsOfPsa,
    MappingsRead,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.imports.records import Candidate, Choices, RowId, RowKind, RowState, RowWrite, WriteReport
from dataverse.work365.records import Currency
from sync_core.ports import Settlement


class PsaDirectory(Protocol):
    """Companies and agreements of one ConnectWise tenant as lists and as records to import."""

    def entries(self, kind: ListKind) -> Iterable[ListEntry]:
        """Return all entries in any order, without the recycle bin."""
        ...

    def entries_changed_since(self, kind: ListKind, moment: datetime) -> Iterable[ListEntry]:
        """Return what was changed at or after this time, the recycle bin included; perhaps more than that."""
        ...

    def count(self, kind: ListKind) -> int:
        """Return how many entries there are, without the recycle bin."""
        ...

    def entries_among(self, kind: ListKind, psa_ids: Sequence[int], narrowing: Narrowing) -> Sequence[ListEntry]:
        """Return those of these records that exist and that the narrowing lets through; nothing else is read."""
        ...

    def companies_with_agreements(self, company_ids: Sequence[CompanyId]) -> frozenset[CompanyId]:
        """Return those of these companies that have an agreement."""
        ...

    def companies(self, company_ids: Sequence[CompanyId]) -> Mapping[CompanyId, Company]:
        """Return the companies that exist."""
        ...

    def contacts(self, contact_ids: Sequence[ContactId]) -> Mapping[ContactId, Contact]:
        """Return the contacts that exist."""
        ...


class PsaAgreements(Protocol):
    """What the import reads of the tenant that the push reads too."""

    def agreements(self, agreement_ids: Sequence[AgreementId]) -> Mapping[AgreementId, Agreement]:
        """Return the agreements that exist."""
        ...

    def billing_cycles(self) -> Mapping[BillingCycleId, BillingCycle]:
        """Return the billing cycles of the tenant; may be up to 15 minutes old."""
        ...


class PullWork365(Protocol):
    """Work 365's accounts, contacts and billing contracts, with the rights of one person."""

    def choices(self) -> Choices:
        """Return the values of Work 365's choices."""
        ...

    def read_rows(self, wanted: Mapping[RowKind, Collection[RowId]]) -> Mapping[tuple[RowKind, RowId], RowState]:
        """Return the rows that exist and that the person may read, in one request."""
        ...

    def currencies(self) -> Mapping[str, Currency]:
        """Return the currencies of the environment by ISO code in capitals."""
        ...

    def candidates(self, kind: RowKind) -> Iterable[Candidate]:
        """Return all accounts or billing contracts that the person may read, for matching."""
        ...

    def write_rows(self, writes: Sequence[RowWrite]) -> WriteReport:
        """Write the rows, each under its condition; a row that fails does not stop the others."""
        ...


@dataclass(frozen=True, slots=True)
class Hold:
    """A wish to hold the integration record of one ConnectWise record while Work 365's row `source_id` is written.

    `existing` is the record as it was read, None to make it.
    """

    kind: MappingKind
    psa_id: int
    source_id: SourceId
    existing: PsaMapping | None
    claimed_by: str
    claimed_until: datetime


class PullLedger(Protocol):
    """Our integration records by ConnectWise id, written as the app."""

    def mappings_of_psa(
        self, connector_id: ConnectorId, wanted: Mapping[MappingKind, Collection[int]]
    ) -> MappingsOfPsa:
        """Return the records that are joined to these ConnectWise ids, and those of unfinished imports of them."""
        ...

    def hold(self, connector_id: ConnectorId, holds: Sequence[Hold]) -> Mapping[int, PsaMapping]:
        """Make or take over the records in one batch; return those that are ours now, by ConnectWise id.

        The keys of the table decide: of two that make the record for one ConnectWise id, or that join one Work 365 row,
        only one succeeds, whatever process they run in.
        """
        ...

    def settle_imports(self, settlements: Sequence[Settlement]) -> Collection[SourceId]:
        """Write settled states of records that the caller holds; return the Work 365 rows of those written."""
        ...


class MappingFeed(Protocol):
    """All joined accounts and billing contracts, and what changes about them."""

    def follow(self, delta_link: str | None) -> MappingChanges:
        """Return all of them, or what changed since `delta_link`; `is_full` says which it was."""
        ...


class MappingReader(Protocol):
    """The part of `sync_core.ports.Ledger` that the import reads."""

    def connector(self, connector_id: ConnectorId) -> Connector | None:
        """Return the connector, or None when it does not exist."""
        ...

    def read_mappings(
        self, connector_id: ConnectorId, wanted: Mapping[MappingKind, Iterable[SourceId]]
    ) -> MappingsRead:
        """Return the mappings that exist for these source ids on this connector."""
        ...
