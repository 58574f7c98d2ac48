"""What the lists need from the outside world; the clients satisfy it structurally."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dataverse.psasync.records import ConnectorId, EntraObjectId, MappingKind, MappingsRead, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.linked.records import LinkedRow
from dataverse.work365.records import Invoice, InvoiceId, InvoiceLineId, LinesRead
from sync_core.connectors.ports import ConnectorServices


class ListedMappings(Protocol):
    """Our integration records, read as the app."""

    def of_kind(self, connector_id: ConnectorId, kind: MappingKind) -> Iterable[PsaMapping]:
        """Return all records of a kind on a connector, 5,000 a request."""
        ...


class MappingsBySource(Protocol):
    """Our integration records of certain rows."""

    def read_mappings(
        self, connector_id: ConnectorId, wanted: Mapping[MappingKind, Iterable[SourceId]]
    ) -> MappingsRead:
        """Return the mappings that exist for these source ids on this connector."""
        ...


class ListedRows(Protocol):
    """Work 365's rows with the rights of one person."""

    def all_rows(self, kind: MappingKind) -> Iterable[LinkedRow]:
        """Return all products, accounts or billing contracts that the person may read, 5,000 a request."""
        ...

    def active_invoices(self) -> Iterable[Invoice]:
        """Return all active invoices that the person may read, 5,000 a request."""
        ...


class InvoiceLines(Protocol):
    """Work 365's lines with the rights of one person."""

    def read_lines(self, line_ids: Sequence[InvoiceLineId]) -> LinesRead:
        """Return the lines with what they refer to."""
        ...

    def line_ids_of_invoices(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, Sequence[InvoiceLineId]]:
        """Return the lines of each invoice that exists, in line order."""
        ...


@dataclass(frozen=True, slots=True)
class ListServices:
    """The ports of the lists; `rows_as` and `lines_as` act with the rights of one person."""

    connectors: ConnectorServices
    all_mappings: ListedMappings
    mappings: MappingsBySource
    rows_as: Callable[[EntraObjectId], ListedRows]
    lines_as: Callable[[EntraObjectId], InvoiceLines]
