"""Everything behind mapping by hand, in memory: rows of Work 365, integration records and a ConnectWise tenant."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from connectwise.directory.records import Company
from connectwise.records import Agreement, AgreementId, CatalogItem, CatalogItemId, CompanyId, Reference
from dataverse.errors import DataverseError
from dataverse.psasync.linking.records import MappingSearch, MappingWish
from dataverse.psasync.records import LogEntry, Mapping, MappingId, MappingKind, SourceId
from dataverse.work365.linked.records import LinkedRow
from dataverse.work365.records import AccountId
from sync_core.linking.ports import LinkingServices
from tests import builders
from tests.connector_fakes import Office, office_with
from tests.fakes import EPOCH

__all__ = ["EPOCH", "Desk", "company", "desk", "linked_row"]


def linked_row(kind: MappingKind, source_id: str, **members: object) -> LinkedRow:
    """Return a row that is not mapped; a billing contract is one of the default account."""
    account = builders.ACCOUNT_ID if kind is MappingKind.BILLING_CONTRACT else None
    row = LinkedRow(kind, SourceId(source_id), 'W/"1"', f"Row {source_id[-2:]}", None, account, None, None, None)
    return replace(row, **members)  # type: ignore[arg-type]  # members of the record, by name


def company(company_id: int = builders.COMPANY_PSA_ID, **members: object) -> Company:
    """Return a company with a default contact."""
    default: dict[str, object] = {
        "id": company_id,
        "identifier": "CONTOSO",
        "name": "Contoso",
        "default_contact": Reference(id=1, name="Ada"),
    }
    return Company.model_validate(default | members)


@dataclass
class Desk:
    """The world; `before_put` runs right before a record is written, `mirror_fault` meets every mirror."""

    office: Office
    rows_by_id: dict[SourceId, LinkedRow] = field(default_factory=dict)
    mappings: dict[MappingId, Mapping] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    companies_by_id: dict[int, Company] = field(default_factory=dict)
    agreements_by_id: dict[int, Agreement] = field(default_factory=dict)
    items_by_id: dict[int, CatalogItem] = field(default_factory=dict)
    before_put: Callable[[], None] = lambda: None
    after_put: Callable[[], None] = lambda: None
    mirror_fault: DataverseError | None = None
    edits_to_come: int = 0
    mirrors: int = 0
    versions: int = 1

    def services(self) -> LinkingServices:
        """Return the ports."""
        return LinkingServices(
            connectors=self.office.services(),
            mappings=self,
            log=self,
            rows_as=lambda person: self,
            targets_of=lambda connector: self,
            companies_of=lambda connector: self,
        )

    def of_source(self, source_id: str) -> list[Mapping]:
        """Return the mappings of a row."""
        return [mapping for mapping in self.mappings.values() if mapping.source_id == source_id]

    # --- HandMappings

    def by_id(self, mapping_id: MappingId) -> Mapping | None:
        return self.mappings.get(mapping_id)

    def find(self, search: MappingSearch) -> Sequence[Mapping]:
        return [
            one
            for one in self.mappings.values()
            if search.connector_id in {None, one.connector_id}
            and search.kind in {None, one.kind}
            and search.source_id in {None, one.source_id}
            and search.psa_id in {None, one.psa_id}
        ]

    def put(self, wish: MappingWish) -> Mapping | None:
        self.before_put()
        current = self.find(MappingSearch(wish.connector_id, wish.kind, wish.source_id))
        if [one.etag for one in current] != ([] if wish.existing is None else [wish.existing.etag]):
            return None
        self.versions += 1
        base = current[0] if current else builders.mapping(wish.kind, id=MappingId(str(uuid.uuid4())))
        columns = {name: getattr(wish.change, name) for name in wish.change.__slots__}
        written = replace(
            base, connector_id=wish.connector_id, source_id=wish.source_id, etag=f'W/"{self.versions}"', **columns
        )
        self.mappings[written.id] = written
        self.after_put()
        return written

    def remove(self, mapping: Mapping) -> bool:
        if self.mappings[mapping.id].etag != mapping.etag:
            return False
        del self.mappings[mapping.id]
        return True

    def append_log(self, entries: Sequence[LogEntry]) -> None:
        self.log.extend(entries)

    # --- LinkedRows

    def rows(self, kind: MappingKind, row_ids: Sequence[SourceId]) -> dict[SourceId, LinkedRow]:
        found = {row_id: self.rows_by_id[row_id] for row_id in row_ids if row_id in self.rows_by_id}
        return {row_id: row for row_id, row in found.items() if row.kind is kind}

    def mirror(self, row: LinkedRow, psa_id: int | None, psa_name: str | None) -> bool:
        self.mirrors += 1
        if self.mirror_fault is not None:
            raise self.mirror_fault
        if self.edits_to_come:
            self.edits_to_come -= 1
            self.rows_by_id[row.id] = replace(self.rows_by_id[row.id], etag=f'W/"edit {self.edits_to_come}"')
        if self.rows_by_id[row.id].etag != row.etag:
            return False
        shown = None if psa_id is None else str(psa_id)
        self.rows_by_id[row.id] = replace(row, etag=f"{row.etag}+", psa_id=shown, psa_name=psa_name)
        return True

    # --- PsaTargets and PsaCompanies

    def agreements(self, agreement_ids: Sequence[AgreementId]) -> dict[AgreementId, Agreement]:
        return {one: self.agreements_by_id[one] for one in agreement_ids if one in self.agreements_by_id}

    def catalog_items(self, item_ids: Sequence[CatalogItemId]) -> dict[CatalogItemId, CatalogItem]:
        return {one: self.items_by_id[one] for one in item_ids if one in self.items_by_id}

    def companies(self, company_ids: Sequence[CompanyId]) -> dict[CompanyId, Company]:
        return {one: self.companies_by_id[one] for one in company_ids if one in self.companies_by_id}

    def link_to_agreement(self, agreement_id: AgreementId) -> str:
        return f"https://psa.example/agreements/{agreement_id}"

    def link_to_company(self, company_id: CompanyId) -> str:
        return f"https://psa.example/companies/{company_id}"


def desk(properties: str | None = None) -> Desk:
    """Return a product, an account and a contract of it, none mapped, and a record of ConnectWise for each."""
    rows = [
        linked_row(MappingKind.PRODUCT, builders.PRODUCT_ID, name="Microsoft 365 E3"),
        linked_row(MappingKind.ACCOUNT, builders.ACCOUNT_ID, name="Contoso Ltd"),
        linked_row(
            MappingKind.BILLING_CONTRACT,
            builders.CONTRACT_ID,
            name="BC-1827",
            account_id=AccountId(builders.ACCOUNT_ID),
            account_name="Contoso Ltd",
        ),
    ]
    return Desk(
        office_with(properties),
        rows_by_id={row.id: row for row in rows},
        companies_by_id={builders.COMPANY_PSA_ID: company()},
        agreements_by_id={builders.AGREEMENT_PSA_ID: builders.agreement()},
        items_by_id={builders.CATALOG_ITEM_PSA_ID: builders.catalog_item()},
    )
