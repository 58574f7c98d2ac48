"""Queries that all repositories of Work 365's rows send."""

from collections.abc import Iterable, Sequence

from dataverse.batch import Operation
from dataverse.odata import Query, guid_literal, in_list, json_list, list_slices, prefer


def queries_by_key(
    entity_set: str, key: str, columns: Sequence[str], row_ids: Iterable[str], *, expand: str | None = None
) -> list[Query]:
    """Return the queries that read these rows, as many as the length of an address demands."""
    return [
        Query(
            entity_set, select=columns, expand=expand, filter=in_list(key, "@ids"), aliases={"@ids": json_list(piece)}
        )
        for piece in list_slices(sorted({guid_literal(row_id) for row_id in row_ids}))
    ]


def with_names(query: Query) -> Operation:
    """Return the request that also tells what rows behind lookups are called, as formatted values."""
    return Operation("GET", query.address(), headers=prefer(annotations=True))
