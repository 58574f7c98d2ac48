"""Repository of the rows that an import reads and writes; satisfies `sync_core.pull.ports.PullWork365`."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from dataverse import values
from dataverse.batch import Answer, Operation
from dataverse.client import LOST, DataverseClient
from dataverse.errors import CredentialsRefused, DuplicateRow, PermissionDenied, RowNotFound, VersionMismatch
from dataverse.failures import TRANSIENT
from dataverse.odata import Query, prefer, row_address
from dataverse.work365.imports.records import (
    Candidate,
    Choices,
    RowId,
    RowKind,
    RowState,
    RowWrite,
    WriteReport,
)
from dataverse.work365.imports.tables import tables_of
from dataverse.work365.line_rows import currency_columns, currency_from, lookup
from dataverse.work365.queries import queries_by_key
from dataverse.work365.records import AccountId, Currency
from dataverse.work365.schema import Work365Schema

_DOUBTFUL = (VersionMismatch, DuplicateRow, *TRANSIENT)
"""None of these says for sure whether the row is as it was to be written."""


class ImportRepository:
    """Reads and writes accounts, contacts and billing contracts with the rights of the client it is given."""

    def __init__(self, client: DataverseClient, schema: Work365Schema) -> None:
        self._client = client
        self._schema = schema
        self._tables = tables_of(schema)

    def choices(self) -> Choices:
        """Return the values of Work 365's choices, as the schema map names them."""
        names = self._schema.billing_contract
        return Choices(
            type_recurring=names.type_recurring,
            type_non_recurring=names.type_non_recurring,
            frequency_monthly=names.frequency_monthly,
            frequency_quarterly=names.frequency_quarterly,
            frequency_annual=names.frequency_annual,
            frequency_one_time=names.frequency_one_time,
        )

    def read_rows(self, wanted: Mapping[RowKind, Collection[RowId]]) -> Mapping[tuple[RowKind, RowId], RowState]:
        """Return the rows that exist and that the person may read, in one request for 1,000 pages."""
        asked = [(self._tables[kind], query) for kind, ids in wanted.items() for query in self._queries(kind, ids)]
        if not asked:
            return {}
        read = self._client.read_many([query for _, query in asked], empty_when=(PermissionDenied,))
        states = (table.state_from(row) for (table, _), rows in zip(asked, read.rows, strict=True) for row in rows)
        return {(state.kind, state.row_id): state for state in states}

    def currencies(self) -> Mapping[str, Currency]:
        """Return the currencies of the environment by ISO code."""
        names = self._schema.currency
        query = Query(names.entity_set, select=currency_columns(names))
        found = (currency_from(row, names) for row in self._client.rows(Operation("GET", query.address())))
        return {currency.iso_code.upper(): currency for currency in found}

    def candidates(self, kind: RowKind) -> Iterator[Candidate]:
        """Yield all accounts or billing contracts that the person may read, for matching; 5,000 a request."""
        table, account = self._tables[kind], self._schema.account
        number = account.number if kind is RowKind.ACCOUNT else None
        owner = lookup(self._schema.billing_contract.account) if kind is RowKind.BILLING_CONTRACT else None
        name = table.columns["name"].name
        select = [table.key, name, *(one for one in (number, owner) if one)]
        for row in self._client.rows(Operation("GET", Query(table.entity_set, select=select).address())):
            account_id = values.guid(row, owner) if owner else None
            yield Candidate(
                row_id=RowId(values.required(values.guid(row, table.key), table.key)),
                name=values.text(row, name) or "",
                number=values.text(row, number) if number else None,
                account_id=None if account_id is None else AccountId(account_id),
            )

    def write_rows(self, writes: Sequence[RowWrite]) -> WriteReport:
        """Write the rows, 250 a request, each under its condition; a row that fails does not stop the others.

        Repeatable: `If-None-Match: *` or the ETag lets only the first execution through, also one that commits late.
        A row that answers as if somebody else had been there first, or not at all, is read again: it counts as written
        when it holds what was to be written. Raises credentials that are refused.
        """
        if not writes:
            return WriteReport({}, frozenset(), {})
        written: dict[RowId, str] = {}
        refused: dict[RowId, str] = {}
        doubtful: list[RowWrite] = []
        for write, answer in zip(writes, self._answers(writes), strict=True):
            if answer is None or _is_doubtful(write, answer):
                doubtful.append(write)
            elif isinstance(answer.failure, CredentialsRefused):
                raise answer.failure
            elif answer.failure is not None:
                refused[write.row_id] = answer.failure.vendor_message or f"status {answer.failure.status}"
            else:
                written[write.row_id] = values.etag(answer.document())
        held = self._still_held(doubtful)
        contested = frozenset(write.row_id for write in doubtful) - held.keys()
        return WriteReport(written | held, contested, refused)

    def _answers(self, writes: Sequence[RowWrite]) -> Sequence[Answer | None]:
        """Return an answer a write, None for all of them when the request as a whole was lost."""
        try:
            return self._client.carry_out([self._operation(write) for write in writes]).answers
        except LOST:
            return [None] * len(writes)

    def _still_held(self, writes: Sequence[RowWrite]) -> dict[RowId, str]:
        """Return the ETags of the rows that hold what was to be written."""
        if not writes:
            return {}
        wanted: dict[RowKind, set[RowId]] = {}
        for write in writes:
            wanted.setdefault(write.kind, set()).add(write.row_id)
        rows = self.read_rows(wanted)
        found = ((write, rows.get((write.kind, write.row_id))) for write in writes)
        return {
            write.row_id: state.etag
            for write, state in found
            if state is not None and all(state.columns[word] == value for word, value in write.columns.items())
        }

    def _operation(self, write: RowWrite) -> Operation:
        table = self._tables[write.kind]
        address = Query(row_address(table.entity_set, write.row_id), select=[table.key]).address()
        condition = {"If-None-Match": "*"} if write.etag is None else {"If-Match": write.etag}
        return Operation("PATCH", address, table.body(write.columns), {**condition, **prefer(representation=True)})

    def _queries(self, kind: RowKind, row_ids: Collection[RowId]) -> list[Operation]:
        table = self._tables[kind]
        queries = queries_by_key(table.entity_set, table.key, table.select(), row_ids)
        return [Operation("GET", query.address()) for query in queries]


def _is_doubtful(write: RowWrite, answer: Answer) -> bool:
    """Tell whether the row must be read again; "not found" is about a lookup when the row itself is to be created."""
    if isinstance(answer.failure, RowNotFound):
        return write.etag is not None
    return isinstance(answer.failure, _DOUBTFUL)
