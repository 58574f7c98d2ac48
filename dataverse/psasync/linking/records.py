"""A mapping that a person wants."""

from dataclasses import dataclass

from dataverse.psasync.records import ConnectorId, Mapping, MappingChange, MappingKind, SourceId


@dataclass(frozen=True, slots=True)
class MappingWish:
    """A Work 365 row is to be joined to a ConnectWise record; `existing` is the row as it was read, None to make it."""

    connector_id: ConnectorId
    kind: MappingKind
    source_id: SourceId
    change: MappingChange
    existing: Mapping | None


@dataclass(frozen=True, slots=True)
class MappingSearch:
    """Which integration records to find; what is None does not count."""

    connector_id: ConnectorId | None = None
    kind: MappingKind | None = None
    source_id: SourceId | None = None
    psa_id: int | None = None
