"""A connector with the version of its row."""

from dataclasses import dataclass

from dataverse.psasync.records import Connector


@dataclass(frozen=True, slots=True)
class StoredConnector:
    """A connector as it is stored; `etag` changes with every change of the row."""

    connector: Connector
    etag: str
