"""The three tables under the names of the schema map."""

from collections.abc import Mapping
from dataclasses import dataclass

from dataverse import values
from dataverse.psasync.records import MappingKind, SourceId
from dataverse.values import Row
from dataverse.work365.line_rows import lookup
from dataverse.work365.linked.evidence import EvidenceColumns, account_evidence, contract_evidence, product_evidence
from dataverse.work365.linked.records import LinkedRow
from dataverse.work365.records import AccountId
from dataverse.work365.schema import Work365Schema

_LONGEST_ID = 100
_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class LinkedTable:
    """One table; `number` and `account` are None where the table has no such column."""

    kind: MappingKind
    entity_set: str
    key: str
    name: str
    number: str | None
    account: str | None
    psa_id: str
    psa_name: str
    evidence: EvidenceColumns

    def columns(self) -> list[str]:
        """Return the properties that `row_from` reads."""
        account = None if self.account is None else lookup(self.account)
        return [
            name for name in (self.key, self.name, self.number, account, self.psa_id, self.psa_name) if name is not None
        ]

    def mirror_body(self, psa_id: str | None, psa_name: str | None) -> dict[str, str | None]:
        """Return the body that writes Work 365's own PSA columns."""
        return {
            self.psa_id: values.fitted(psa_id, _LONGEST_ID),
            self.psa_name: values.fitted(psa_name, _LONGEST_NAME),
        }

    def row_from(self, row: Row, *, with_evidence: bool = False) -> LinkedRow:
        """Return the record of a row that holds `columns`, and those of the evidence if it is wanted."""
        account = None if self.account is None else lookup(self.account)
        account_id = None if account is None else values.guid(row, account)
        return LinkedRow(
            kind=self.kind,
            id=SourceId(values.required(values.guid(row, self.key), self.key)),
            etag=values.etag(row),
            name=values.text(row, self.name) or "",
            number=None if self.number is None else values.text(row, self.number),
            account_id=None if account_id is None else AccountId(account_id),
            account_name=None if account is None else values.formatted(row, account),
            psa_id=values.text(row, self.psa_id),
            psa_name=values.text(row, self.psa_name),
            evidence=self.evidence.read(row) if with_evidence else None,
        )


def linked_tables(schema: Work365Schema) -> Mapping[MappingKind, LinkedTable]:
    """Return the tables by kind of mapping."""
    product, account, contract = schema.product, schema.account, schema.billing_contract
    return {
        MappingKind.PRODUCT: LinkedTable(
            MappingKind.PRODUCT,
            product.entity_set,
            product.key,
            product.name,
            product.number,
            None,
            product.psa_id,
            product.psa_name,
            product_evidence(product),
        ),
        MappingKind.ACCOUNT: LinkedTable(
            MappingKind.ACCOUNT,
            account.entity_set,
            account.key,
            account.name,
            account.number,
            None,
            account.psa_id,
            account.psa_name,
            account_evidence(account, schema.contact),
        ),
        MappingKind.BILLING_CONTRACT: LinkedTable(
            MappingKind.BILLING_CONTRACT,
            contract.entity_set,
            contract.key,
            contract.name,
            None,
            contract.account,
            contract.psa_id,
            contract.psa_name,
            contract_evidence(contract),
        ),
    }
