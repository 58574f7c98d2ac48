"""Repository of Work 365's invoices and lines; satisfies `sync_core.ports.Work365`."""

from collections.abc import Iterable, Sequence

from dataverse import values
from dataverse.batch import Operation
from dataverse.client import DataverseClient
from dataverse.errors import CredentialsRefused, DataverseError, PermissionDenied, VersionMismatch
from dataverse.failures import TRANSIENT
from dataverse.odata import (
    MAX_ALTERNATIVES,
    Query,
    any_of,
    guid_literal,
    row_address,
    slices,
)
from dataverse.values import Row
from dataverse.work365 import line_rows
from dataverse.work365.line_rows import lookup
from dataverse.work365.queries import queries_by_key, with_names
from dataverse.work365.records import InvoiceId, InvoiceLineId, LineMirror, LinesRead, MirrorReport
from dataverse.work365.schema import Work365Schema

_LONGEST_ID = 100
_LONGEST_NAME = 300
_LONGEST_STATUS = 100
_LONGEST_MESSAGE = 4_000


class Work365Repository:
    """Reads and writes Work 365's rows with the rights of the client it is given, normally those of one person."""

    def __init__(self, client: DataverseClient, schema: Work365Schema) -> None:
        self._client = client
        self._schema = schema

    def read_lines(self, line_ids: Sequence[InvoiceLineId]) -> LinesRead:
        """Return the lines with their invoices, billing contracts and currencies, in two requests.

        What does not exist is absent; so are contracts and currencies that the user may not read.
        """
        names = self._schema
        lines, invoices = {}, {}
        for row in self._rows(self._line_queries(line_ids)):
            line = line_rows.line_from(row, names.invoice_line)
            lines[line.id] = line
            invoice_row = values.child(row, names.invoice_line.invoice_navigation)
            if invoice_row is not None and line.invoice_id not in invoices:
                invoices[line.invoice_id] = line_rows.invoice_from(invoice_row, names.invoice)
        contract_queries = _by_key(
            names.billing_contract.entity_set,
            names.billing_contract.key,
            line_rows.contract_columns(names.billing_contract),
            {invoice.billing_contract_id for invoice in invoices.values() if invoice.billing_contract_id},
        )
        currency_queries = _by_key(
            names.currency.entity_set,
            names.currency.key,
            line_rows.currency_columns(names.currency),
            {invoice.currency_id for invoice in invoices.values() if invoice.currency_id},
        )
        contract_rows, currency_rows = self._two_tables(contract_queries, currency_queries)
        contracts = [line_rows.contract_from(row, names.billing_contract) for row in contract_rows]
        currencies = [line_rows.currency_from(row, names.currency) for row in currency_rows]
        return LinesRead(
            lines=lines,
            invoices=invoices,
            billing_contracts={contract.id: contract for contract in contracts},
            currencies={currency.id: currency for currency in currencies},
        )

    def line_ids_of_invoices(self, invoice_ids: Sequence[InvoiceId]) -> dict[InvoiceId, Sequence[InvoiceLineId]]:
        """Return the lines of each invoice that exists, in line order, in one request; others are absent."""
        line, invoice = self._schema.invoice_line, self._schema.invoice
        wanted = list(dict.fromkeys(guid_literal(invoice_id) for invoice_id in invoice_ids))
        if not wanted:
            return {}
        invoice_queries = _by_key(invoice.entity_set, invoice.key, [invoice.key], wanted)
        line_queries = [
            with_names(
                Query(
                    line.entity_set,
                    select=(line.key, lookup(line.invoice), line.line_number),
                    filter=any_of(lookup(line.invoice), piece),
                )
            )
            for piece in slices(wanted, MAX_ALTERNATIVES)
        ]
        invoice_rows, found_lines = self._two_tables(invoice_queries, line_queries)
        found: dict[InvoiceId, list[tuple[int, str]]] = {
            InvoiceId(values.required(values.guid(row, invoice.key), invoice.key)): [] for row in invoice_rows
        }
        for row in found_lines:
            owner = found.get(InvoiceId(values.guid(row, lookup(line.invoice)) or ""))
            if owner is not None:
                line_id = values.required(values.guid(row, line.key), line.key)
                owner.append((values.whole(row, line.line_number) or 0, line_id))
        return {owner: [InvoiceLineId(line_id) for _, line_id in sorted(lines)] for owner, lines in found.items()}

    def mirror_lines(self, mirrors: Sequence[LineMirror]) -> MirrorReport:
        """Write Work 365's own PSA columns in one batch, each with `If-Match: <etag>`; return what was not written.

        A line that does not exist is never created by this. Raises what is no refusal of one line: load, server
        faults, credentials.
        """
        if not mirrors:
            return MirrorReport({}, frozenset())
        # Repeatable: the ETag lets only the first execution through, also before one that commits late. A line whose
        # first answer was lost is reported as changed, and the caller reads it again.
        answers = self._client.carry_out([self._mirror_operation(mirror) for mirror in mirrors]).answers
        refused, changed = {}, set()
        for mirror, answer in zip(mirrors, answers, strict=True):
            if isinstance(answer.failure, (*TRANSIENT, CredentialsRefused)):
                raise answer.failure
            if isinstance(answer.failure, VersionMismatch):
                changed.add(mirror.line_id)
            elif answer.failure is not None:
                refused[mirror.line_id] = _reason(answer.failure)
        return MirrorReport(refused, frozenset(changed))

    def _line_queries(self, line_ids: Iterable[InvoiceLineId]) -> list[Operation]:
        names = self._schema.invoice_line
        invoice_columns = ",".join(line_rows.invoice_columns(self._schema.invoice))
        return _by_key(
            names.entity_set,
            names.key,
            line_rows.line_columns(names),
            dict.fromkeys(line_ids),
            expand=f"{names.invoice_navigation}($select={invoice_columns})",
        )

    def _rows(self, queries: Sequence[Operation]) -> list[Row]:
        return [row for rows in self._client.read_many(queries).rows for row in rows] if queries else []

    def _two_tables(self, first: Sequence[Operation], second: Sequence[Operation]) -> tuple[list[Row], list[Row]]:
        """Read two tables in one request; a table that the user may not read counts as empty."""
        if not first and not second:
            return [], []
        rows = self._client.read_many([*first, *second], empty_when=(PermissionDenied,)).rows
        border = len(first)
        return [row for page in rows[:border] for row in page], [row for page in rows[border:] for row in page]

    def _mirror_operation(self, mirror: LineMirror) -> Operation:
        names = self._schema.invoice_line
        body = {
            names.psa_id: None if mirror.psa_id is None else values.fitted(str(mirror.psa_id), _LONGEST_ID),
            names.psa_name: values.fitted(mirror.psa_name, _LONGEST_NAME),
            names.sync_status: values.fitted(mirror.status, _LONGEST_STATUS),
            names.sync_message: values.fitted(mirror.message, _LONGEST_MESSAGE),
        }
        return Operation("PATCH", row_address(names.entity_set, mirror.line_id), body, {"If-Match": mirror.etag})


def _by_key(
    entity_set: str, key: str, columns: Sequence[str], row_ids: Iterable[str], *, expand: str | None = None
) -> list[Operation]:
    return [with_names(query) for query in queries_by_key(entity_set, key, columns, row_ids, expand=expand)]


def _reason(failure: DataverseError) -> str:
    return failure.vendor_message or f"Dataverse answered with status {failure.status}."
