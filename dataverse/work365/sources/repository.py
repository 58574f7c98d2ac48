"""Repository of the rows from which ConnectWise records are made; satisfies `sync_core.push_rows.ports.SourceRows`."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from dataverse import values
from dataverse.batch import Answer, Operation
from dataverse.client import LOST, DataverseClient
from dataverse.errors import CredentialsRefused, DataverseError, PermissionDenied, VersionMismatch
from dataverse.failures import TRANSIENT
from dataverse.odata import (
    MAX_ALTERNATIVES,
    Query,
    guid_literal,
    row_address,
    slices,
)
from dataverse.psasync.records import MappingKind, SourceId
from dataverse.values import Row
from dataverse.work365.linked.tables import LinkedTable, linked_tables
from dataverse.work365.queries import queries_by_key, with_names
from dataverse.work365.schema import Work365Schema
from dataverse.work365.sources.records import (
    RowMirror,
    RowMirrorReport,
    SourceAccount,
    SourceContract,
    SourceProduct,
)
from dataverse.work365.sources.tables import (
    AccountTable,
    ContractTable,
    ProductTable,
)


class SourceRepository:
    """Reads products, accounts and billing contracts, and mirrors PSA columns, with the rights of one person."""

    def __init__(self, client: DataverseClient, schema: Work365Schema) -> None:
        self._client = client
        self._products = ProductTable(schema.product, schema.price_list_item, schema.currency)
        self._accounts = AccountTable(schema.account, schema.contact, schema.currency)
        self._contracts = ContractTable(schema.billing_contract, schema.currency)
        self._mirrors = linked_tables(schema)

    def products(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceProduct]:
        """Return the products that exist with their price list items, in one request for 1,000 pages.

        A person who may not read price lists gets products without prices.
        """
        table, wanted = self._products, _wanted(row_ids)
        product_queries = _by_key(table.names.entity_set, table.names.key, table.columns(), wanted)
        item_queries = [
            with_names(
                Query(
                    table.items.entity_set,
                    select=table.item_columns(),
                    expand=table.item_expand(),
                    filter=table.items_of(piece),
                )
            )
            for piece in slices(wanted, MAX_ALTERNATIVES)
        ]
        product_rows, item_rows = self._read(product_queries, item_queries)
        items: dict[str, list[Row]] = {}
        for item in item_rows:
            items.setdefault(table.product_of(item) or "", []).append(item)
        of_row = (items.get(values.guid(row, table.names.key) or "", []) for row in product_rows)
        found = [table.product_from(row, own) for row, own in zip(product_rows, of_row, strict=True)]
        return {product.id: product for product in found}

    def accounts(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceAccount]:
        """Return the accounts that exist with their primary contacts, in one request for 1,000 pages."""
        table = self._accounts
        names, wanted = table.names, _wanted(row_ids)
        rows, _ = self._read(_by_key(names.entity_set, names.key, table.columns(), wanted, table.expand()), [])
        return {account.id: account for account in map(table.account_from, rows)}

    def billing_contracts(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceContract]:
        """Return the billing contracts that exist, in one request for 1,000 pages."""
        table = self._contracts
        names, wanted = table.names, _wanted(row_ids)
        rows, _ = self._read(_by_key(names.entity_set, names.key, table.columns(), wanted, table.expand()), [])
        return {contract.id: contract for contract in map(table.contract_from, rows)}

    def mirror_rows(self, kind: MappingKind, mirrors: Sequence[RowMirror]) -> RowMirrorReport:
        """Write Work 365's own PSA columns, 250 a request, each with `If-Match: <etag>`; return what was not written.

        A row that answers as if somebody else had been there first, or not at all, is read again: it counts as written
        when it holds what was to be written. Raises what is no refusal of one row (load, server faults, credentials)
        when a row is known to be as it was.
        """
        if not mirrors:
            return RowMirrorReport({}, frozenset())
        table = self._mirrors[kind]
        refused: dict[SourceId, str] = {}
        doubtful: dict[SourceId, RowMirror] = {}
        lost: DataverseError | None = None
        # Repeatable: the ETag lets only the first execution through, also before one that commits late.
        for mirror, answer in zip(mirrors, self._answers(table, mirrors), strict=True):
            failure = answer if isinstance(answer, DataverseError) else answer.failure
            if isinstance(failure, CredentialsRefused):
                raise failure
            if isinstance(failure, (VersionMismatch, *TRANSIENT, *LOST)):
                doubtful[mirror.source_id] = mirror
                lost = lost or (None if isinstance(failure, VersionMismatch) else failure)
            elif failure is not None:
                refused[mirror.source_id] = (
                    failure.vendor_message or f"Dataverse answered with status {failure.status}."
                )
        if not doubtful:
            return RowMirrorReport(refused, frozenset())
        current = self._as_they_are(table, doubtful)
        changed = set()
        for source_id, mirror in doubtful.items():
            row = current.get(source_id)
            if row is not None and values.holds(row, table.mirror_body(mirror.psa_id, mirror.psa_name)):
                continue
            if lost is not None and row is not None and values.etag(row) == mirror.etag:
                raise lost
            changed.add(source_id)
        return RowMirrorReport(refused, frozenset(changed))

    def _answers(self, table: LinkedTable, mirrors: Sequence[RowMirror]) -> Sequence[Answer | DataverseError]:
        """Return an answer a row, the error for all of them when the request as a whole was lost."""
        operations = [
            Operation(
                "PATCH",
                row_address(table.entity_set, mirror.source_id),
                table.mirror_body(mirror.psa_id, mirror.psa_name),
                {"If-Match": mirror.etag},
            )
            for mirror in mirrors
        ]
        try:
            return self._client.carry_out(operations).answers
        except LOST as lost:
            return [lost] * len(operations)

    def _as_they_are(self, table: LinkedTable, source_ids: Collection[SourceId]) -> dict[SourceId, Row]:
        columns = (table.key, table.psa_id, table.psa_name)
        rows, _ = self._read(_by_key(table.entity_set, table.key, columns, source_ids), [])
        return {SourceId(values.guid(row, table.key) or ""): row for row in rows}

    def _read(self, first: Sequence[Operation], second: Sequence[Operation]) -> tuple[list[Row], list[Row]]:
        """Read up to two tables in one request; a table that the person may not read counts as empty."""
        if not first and not second:
            return [], []
        rows = self._client.read_many([*first, *second], empty_when=(PermissionDenied,)).rows
        border = len(first)
        return [row for page in rows[:border] for row in page], [row for page in rows[border:] for row in page]


def _wanted(row_ids: Iterable[SourceId]) -> list[str]:
    return sorted({guid_literal(row_id) for row_id in row_ids})


def _by_key(
    entity_set: str, key: str, columns: Sequence[str], row_ids: Iterable[str], expand: str | None = None
) -> list[Operation]:
    return [with_names(query) for query in queries_by_key(entity_set, key, columns, row_ids, expand=expand)]
