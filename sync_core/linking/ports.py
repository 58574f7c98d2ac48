"""What mapping by hand needs from the outside world; the clients satisfy it structurally."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectwise.directory.records import Company
from connectwise.records import Agreement, AgreementId, CatalogItem, CatalogItemId, CompanyId
from dataverse.psasync.linking.records import MappingSearch, MappingWish
from dataverse.psasync.records import Connector, ConnectorId, EntraObjectId, MappingId, MappingKind, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.linked.records import LinkedRow
from sync_core.connectors.ports import ConnectorServices, Log


class HandMappings(Protocol):
    """Our integration records of products, accounts and billing contracts, written as the app."""

    def by_id(self, mapping_id: MappingId) -> PsaMapping | None:
        """Return the record, or None when it does not exist."""
        ...

    def find(self, search: MappingSearch) -> Sequence[PsaMapping]:
        """Return the records, 500 at most."""
        ...

    def put(self, wish: MappingWish) -> PsaMapping | None:
        """Make or change the record; None when it is not any more as the caller read it."""
        ...

    def remove(self, mapping: PsaMapping) -> bool:
        """Delete the record while it is as it was read; False when it is not."""
        ...


class LinkedRows(Protocol):
    """Work 365's products, accounts and billing contracts, with the rights of one person."""

    def rows(self, kind: MappingKind, row_ids: Sequence[SourceId]) -> Mapping[SourceId, LinkedRow]:
        """Return the rows that exist and that the person may read."""
        ...

    def mirror(self, row: LinkedRow, psa_id: int | None, psa_name: str | None) -> bool:
        """Write Work 365's own PSA columns while the row is as it was read; False when it is not any more."""
        ...


class PsaTargets(Protocol):
    """Records of one ConnectWise tenant by their ids."""

    def agreements(self, agreement_ids: Sequence[AgreementId]) -> Mapping[AgreementId, Agreement]:
        """Return the agreements that exist."""
        ...

    def catalog_items(self, catalog_item_ids: Sequence[CatalogItemId]) -> Mapping[CatalogItemId, CatalogItem]:
        """Return the catalog items that exist."""
        ...

    def link_to_agreement(self, agreement_id: AgreementId) -> str:
        """Return the address of the agreement's screen."""
        ...

    def link_to_company(self, company_id: CompanyId) -> str:
        """Return the address of the company's screen."""
        ...


class PsaCompanies(Protocol):
    """Companies of one ConnectWise tenant by their ids."""

    def companies(self, company_ids: Sequence[CompanyId]) -> Mapping[CompanyId, Company]:
        """Return the companies that exist, those in the recycle bin included."""
        ...


@dataclass(frozen=True, slots=True)
class LinkingServices:
    """The ports of mapping by hand; `rows_as` acts with the rights of one person."""

    connectors: ConnectorServices
    mappings: HandMappings
    log: Log
    rows_as: Callable[[EntraObjectId], LinkedRows]
    targets_of: Callable[[Connector], PsaTargets]
    companies_of: Callable[[Connector], PsaCompanies]

    def connector(self, connector_id: ConnectorId) -> Connector:
        """Return the connector or raise RecordRejected."""
        return self.connectors.existing(connector_id).connector
