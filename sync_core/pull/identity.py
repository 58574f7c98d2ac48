"""Ids of the rows that an import creates: they follow from what is imported, so importing twice is creating once."""

import uuid

from dataverse.psasync.records import ConnectorId
from dataverse.work365.imports.records import RowId, RowKind

_NAMESPACE = uuid.UUID("0c5f2c0e-6a4b-4f57-8f0a-2b1a3e6c9d40")


def import_row_id(connector_id: ConnectorId, kind: RowKind, psa_id: int) -> RowId:
    """Return the primary key of the row that an import of this ConnectWise record creates.

    Dataverse takes primary keys that a client gives. Of two processes that create the row, one is told that it exists.
    """
    return RowId(str(uuid.uuid5(_NAMESPACE, f"{kind}/{connector_id.lower()}/{psa_id}")))
