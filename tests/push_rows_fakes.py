"""Everything behind the push of rows, in memory: rows of Work 365, and a tenant with its rules on what is unique.

Jobs, integration records, the queue, clocks and faults are those of `tests.fakes`.
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from connectwise.creation.records import (
    NewAgreement,
    NewCatalogItem,
    NewCompany,
    NewContact,
    StoredAgreement,
    StoredCatalogItem,
    StoredCompany,
    StoredContact,
)
from connectwise.directory.records import Company, ContactId
from connectwise.errors import ConnectWiseError, DuplicateRecord, FieldError, NoAnswer, RequestInvalid
from connectwise.records import Agreement, AgreementId, CatalogItem, CatalogItemId, CompanyId
from dataverse.psasync.records import (
    ConnectorId,
    EntraObjectId,
    MappingKind,
    MappingStatus,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.imports.records import RowId
from dataverse.work365.sources.records import (
    RowMirror,
    RowMirrorReport,
    SourceAccount,
    SourceContact,
    SourceContract,
    SourcePrice,
    SourceProduct,
    SourceRow,
)
from sync_core.push_rows.ports import RowClaim
from sync_core.push_rows.services import PushRowsServices
from sync_core.push_rows.wishes import RowKindName
from sync_core.work.services import WorkTiming
from tests import builders
from tests.fakes import FakeClock, FakeJobs, FakeLedger, FakeQueue, Fate, World

PROPERTIES = (
    '{"product_category": {"id": 4}, "product_subcategory": {"id": 17}, "product_type": {"id": 3}, '
    '"agreement_type": {"id": 12}, "billing_cycle": {"id": 2}, "company_types": [{"id": 1}], '
    '"company_status": {"id": 1}}'
)

Answer = Literal["created", "lost", "late"] | ConnectWiseError


@dataclass
class Tenant:
    """What ConnectWise holds. `answering` decides how a POST is answered; `sent` holds every POST that arrived."""

    items: list[StoredCatalogItem] = field(default_factory=list)
    companies: list[StoredCompany] = field(default_factory=list)
    contacts: list[StoredContact] = field(default_factory=list)
    agreements: list[StoredAgreement] = field(default_factory=list)
    prices: dict[int, Decimal | None] = field(default_factory=dict)
    late: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    answering: Callable[[Any], Answer] = lambda record: "created"
    read_fault: Callable[[str], ConnectWiseError | None] = lambda name: None
    late_by: float = 30.0
    makes_default: bool = True
    default_contact_fault: ConnectWiseError | None = None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(5001))


@dataclass
class RowsWorld:
    """Both systems as the push of rows sees them; `world` has jobs, records, queue and time."""

    world: World
    rows: dict[SourceId, SourceRow] = field(default_factory=dict)
    tenant: Tenant = field(default_factory=Tenant)
    read_only: set[SourceId] = field(default_factory=set)
    before_claim: Callable[[], None] = lambda: None
    before_settle: Callable[[], None] = lambda: None

    def services(self, clock_origin: float = 1000.0) -> PushRowsServices:
        """The ports as one worker sees them."""
        psa = FakeCreation(self, clock_origin)
        return PushRowsServices(
            jobs=FakeJobs(self.world, clock_origin),
            queue=FakeQueue(self.world),
            clock=FakeClock(self.world, clock_origin),
            timing=self.world.timing,
            ledger=FakeLedger(self.world, clock_origin),
            claims=FakeRowLedger(self),
            rows_as=lambda person: FakeRows(self, person),
            creation_of=lambda connector: psa,
            targets_of=lambda connector: FakeTargets(self),
            companies_of=lambda connector: FakeTargets(self),
        )

    def advance(self, seconds: float) -> None:
        """Let time pass and late writes commit."""
        self.world.advance(seconds)
        due = [commit for at, commit in self.tenant.late if at <= self.world.now]
        self.tenant.late = [entry for entry in self.tenant.late if entry[0] > self.world.now]
        for commit in due:
            commit()

    def mapping(self, kind: MappingKind, source_id: str) -> PsaMapping | None:
        """The integration record of a row."""
        return self.world.mappings.get((kind, SourceId(source_id)))


def rows_world(*rows: SourceRow, properties: str = PROPERTIES, **timing: Any) -> RowsWorld:
    """Return a world with these rows of Work 365 and an empty tenant."""
    world = World(timing=WorkTiming(**{"agreements_in_parallel": 1, **timing}))
    world.connectors[builders.CONNECTOR_ID] = builders.connector(properties=properties)
    return RowsWorld(world, {row.id: row for row in rows})


def product(nth: int = 1, /, **members: Any) -> SourceProduct:
    """Return an active product with a price."""
    price = SourcePrice("Price list", "unit", Decimal("10.50"), "USD")
    row = SourceProduct(
        id=SourceId(f"dddd0001-0000-4000-8000-{nth:012d}"),
        etag='W/"1"',
        name=f"Product {nth} - Monthly",
        number=f"P-{nth:03d} -M",
        part_number="CFQ7TTC0LFLX:0001",
        description=None,
        state=0,
        structure=1,
        unit_name="Monthly",
        default_price=price,
        prices=(price,),
        cost=Decimal("8.40"),
        psa_id=None,
        psa_name=None,
    )
    return replace(row, **members)


def account(nth: int = 1, /, **members: Any) -> SourceAccount:
    """Return an account with a primary contact."""
    contact = SourceContact(
        id=RowId(f"c0a7ac01-0000-4000-8000-{nth:012d}"),
        first_name="Ada",
        last_name=f"Lovelace {nth}",
        job_title=None,
        email=f"ada{nth}@customer.example",
        phone=None,
    )
    absent = {one.name: None for one in fields(SourceAccount)}
    row = SourceAccount(
        **{
            **absent,
            "id": SourceId(f"acc00001-0000-4000-8000-{nth:012d}"),
            "etag": 'W/"1"',
            "name": f"Customer {nth}",
            "city": "Tampa",
            "currency": "USD",
            "contact": contact,
        }
    )
    return replace(row, **members)


def contract(nth: int = 1, /, **members: Any) -> SourceContract:
    """Return a recurring billing contract of the account with the same number."""
    row = SourceContract(
        id=SourceId(f"bc000001-0000-4000-8000-{nth:012d}"),
        etag='W/"1"',
        name=f"BC-{nth:03d}",
        account_id=account(nth).id,  # type: ignore[arg-type]  # the same GUID under another name
        account_name=f"Customer {nth}",
        is_recurring=True,
        start_date=date(2026, 1, 1),
        end_date=None,
        currency="USD",
        psa_id=None,
        psa_name=None,
    )
    return replace(row, **members)


def mapped(world: RowsWorld, kind: MappingKind, source_id: str, psa_id: int, **members: Any) -> PsaMapping:
    """Put an integration record into the world and return it."""
    record = builders.mapping(kind, source_id=SourceId(source_id), psa_id=psa_id, **members)
    world.world.mappings[kind, SourceId(source_id)] = record
    return record


def company(world: RowsWorld, psa_id: int = 301, **members: Any) -> StoredCompany:
    """Put a company with a default contact into the tenant and return it."""
    stored = StoredCompany(CompanyId(psa_id), f"COMPANY{psa_id}", f"Company {psa_id}", ContactId(psa_id + 1000), False)
    stored = replace(stored, **members)
    world.tenant.companies.append(stored)
    return stored


@dataclass
class FakeRows:
    """Work 365's rows with the rights of one person."""

    world: RowsWorld
    person: EntraObjectId

    def products(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceProduct]:
        """Return the products that exist."""
        return self._read(row_ids, SourceProduct)

    def accounts(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceAccount]:
        """Return the accounts that exist."""
        return self._read(row_ids, SourceAccount)

    def billing_contracts(self, row_ids: Collection[SourceId]) -> Mapping[SourceId, SourceContract]:
        """Return the billing contracts that exist."""
        return self._read(row_ids, SourceContract)

    def mirror_rows(self, kind: MappingKind, mirrors: Sequence[RowMirror]) -> RowMirrorReport:
        """Write the mirror columns of rows that are not read-only and still at the ETag."""
        with self.world.world.faults.call("rows.mirror_rows") as fate:
            refused, changed = {}, set()
            for mirror in _part(mirrors, fate):
                row = self.world.rows.get(mirror.source_id)
                if row is None or mirror.source_id in self.world.read_only:
                    refused[mirror.source_id] = "The row is read-only."
                elif row.etag != mirror.etag:
                    changed.add(mirror.source_id)
                else:
                    etag = self.world.world.etag()
                    self.world.rows[row.id] = replace(row, etag=etag, psa_id=mirror.psa_id, psa_name=mirror.psa_name)
            return RowMirrorReport(refused, frozenset(changed))

    def _read(self, row_ids: Collection[SourceId], kind: type[Any]) -> dict[SourceId, Any]:
        with self.world.world.faults.call("rows.read"):
            found = {row_id: self.world.rows.get(row_id) for row_id in row_ids}
            return {row_id: row for row_id, row in found.items() if isinstance(row, kind)}


@dataclass
class FakeRowLedger:
    """Integration records with versions."""

    world: RowsWorld

    def claim_rows(self, connector_id: ConnectorId, claims: Sequence[RowClaim]) -> Mapping[SourceId, PsaMapping]:
        """Create or take over the records that are as the caller saw them."""
        self.world.before_claim()
        with self.world.world.faults.call("claims.claim_rows") as fate:
            won = {}
            for claim in _part(claims, fate):
                key = (claim.kind, claim.source_id)
                current = self.world.world.mappings.get(key)
                seen = claim.existing.etag if claim.existing is not None else None
                if (current.etag if current is not None else None) != seen:
                    continue
                before = current or builders.mapping(
                    claim.kind, source_id=claim.source_id, psa_id=None, psa_name=None, attempts=0, claimed_by=None
                )
                record = replace(
                    before,
                    etag=self.world.world.etag(),
                    status=MappingStatus.PENDING if claim.intent is None else MappingStatus.SYNCING,
                    psa_name=before.psa_name if claim.intent is None else claim.intent,
                    psa_parent_id=claim.parent_id if claim.parent_id is not None else before.psa_parent_id,
                    claimed_by=claim.claimed_by,
                    claimed_until=claim.claimed_until,
                    attempts=before.attempts + 1,
                )
                self.world.world.mappings[key] = won[claim.source_id] = record
            return won

    def settle_rows(self, settlements: Sequence[Any]) -> Mapping[SourceId, PsaMapping]:
        """Write records that are still as the caller holds them."""
        self.world.before_settle()
        return FakeLedger(self.world.world, 0.0).settle(settlements)

    def mapped_to(
        self, connector_id: ConnectorId, kind: MappingKind, psa_ids: Collection[int]
    ) -> Mapping[int, Sequence[PsaMapping]]:
        """Return the records that name these ids."""
        with self.world.world.faults.call("claims.mapped_to"):
            found: dict[int, list[PsaMapping]] = {}
            for (of_kind, _), record in self.world.world.mappings.items():
                if of_kind is kind and record.psa_id in psa_ids:
                    found.setdefault(record.psa_id, []).append(record)
            return found


@dataclass
class FakeTargets:
    """Records of the tenant by id, as mapping by hand reads them."""

    world: RowsWorld

    def catalog_items(self, catalog_item_ids: Sequence[CatalogItemId]) -> Mapping[CatalogItemId, CatalogItem]:
        """Return the catalog items that exist."""
        with self.world.world.faults.call("targets.catalog_items"):
            return {
                one.id: CatalogItem(
                    id=one.id,
                    identifier=one.identifier,
                    product_class=one.product_class,
                    inactive_flag=one.is_inactive,
                )
                for one in self.world.tenant.items
                if one.id in catalog_item_ids
            }

    def companies(self, company_ids: Sequence[CompanyId]) -> Mapping[CompanyId, Company]:
        """Return the companies that exist."""
        with self.world.world.faults.call("targets.companies"):
            return {
                one.id: Company.model_validate(
                    {
                        "id": one.id,
                        "identifier": one.identifier,
                        "name": one.name,
                        "default_contact": None if one.default_contact_id is None else {"id": one.default_contact_id},
                        "deleted_flag": one.is_deleted,
                    }
                )
                for one in self.world.tenant.companies
                if one.id in company_ids
            }

    def agreements(self, agreement_ids: Sequence[AgreementId]) -> Mapping[AgreementId, Agreement]:
        """Return the agreements that exist."""
        with self.world.world.faults.call("targets.agreements"):
            return {
                one.id: Agreement.model_validate(
                    {
                        "id": one.id,
                        "name": one.name,
                        "company": {"id": one.company_id},
                        "agreement_status": "Active" if one.is_active else "Cancelled",
                    }
                )
                for one in self.world.tenant.agreements
                if one.id in agreement_ids
            }

    def link_to_agreement(self, agreement_id: AgreementId) -> str:
        """Return an address."""
        return f"https://psa.example/agreements/{agreement_id}"

    def link_to_company(self, company_id: CompanyId) -> str:
        """Return an address."""
        return f"https://psa.example/companies/{company_id}"


@dataclass
class FakeCreation:
    """The tenant as something to create in: identifiers are unique, and nothing else is."""

    world: RowsWorld
    clock_origin: float

    def catalog_items_with(self, identifiers: Collection[str]) -> Sequence[StoredCatalogItem]:
        """Return the items with these identifiers."""
        wanted = {one.casefold() for one in identifiers}
        return self._read(
            "catalog_items_with", [one for one in self.world.tenant.items if one.identifier.casefold() in wanted]
        )

    def companies_with(self, identifiers: Collection[str]) -> Sequence[StoredCompany]:
        """Return the companies with these identifiers."""
        wanted = {one.casefold() for one in identifiers}
        return self._read(
            "companies_with", [one for one in self.world.tenant.companies if one.identifier.casefold() in wanted]
        )

    def companies(self, company_ids: Collection[CompanyId]) -> Mapping[CompanyId, StoredCompany]:
        """Return the companies that exist."""
        found = [one for one in self.world.tenant.companies if one.id in company_ids]
        return {one.id: one for one in self._read("companies", found)}

    def contacts_of(self, company_ids: Collection[CompanyId]) -> Mapping[CompanyId, Sequence[StoredContact]]:
        """Return the contacts of these companies."""
        found: dict[CompanyId, list[StoredContact]] = {}
        for one in self._read("contacts_of", self.world.tenant.contacts):
            if one.company_id in company_ids:
                found.setdefault(one.company_id, []).append(one)
        return found

    def agreements_of(self, company_ids: Collection[CompanyId]) -> Sequence[StoredAgreement]:
        """Return the agreements of these companies."""
        found = [one for one in self.world.tenant.agreements if one.company_id in company_ids]
        return self._read("agreements_of", found)

    def create_catalog_item(self, item: NewCatalogItem, *, send_before: float) -> StoredCatalogItem:
        """Create, unless the identifier is taken."""

        def commit() -> StoredCatalogItem:
            self._check_free(item.identifier, [one.identifier for one in self.world.tenant.items])
            stored = StoredCatalogItem(
                CatalogItemId(next(self.world.tenant.numbers)),
                item.identifier,
                item.description,
                item.product_class,
                False,
                item.integration_xref,
            )
            self.world.tenant.items.append(stored)
            self.world.tenant.prices[stored.id] = item.price
            return stored

        return self._post("create_catalog_item", item, send_before, commit)

    def create_company(self, company: NewCompany, *, send_before: float) -> StoredCompany:
        """Create, unless the identifier is taken."""

        def commit() -> StoredCompany:
            self._check_free(company.identifier, [one.identifier for one in self.world.tenant.companies])
            stored = StoredCompany(
                CompanyId(next(self.world.tenant.numbers)), company.identifier, company.name, None, False
            )
            self.world.tenant.companies.append(stored)
            return stored

        return self._post("create_company", company, send_before, commit)

    def create_contact(self, company_id: CompanyId, contact: NewContact, *, send_before: float) -> StoredContact:
        """Create."""

        def commit() -> StoredContact:
            stored = StoredContact(
                ContactId(next(self.world.tenant.numbers)),
                company_id,
                contact.first_name,
                contact.last_name,
                contact.email,
            )
            self.world.tenant.contacts.append(stored)
            if self.world.tenant.makes_default:
                self._choose(company_id, stored.id)
            return stored

        return self._post("create_contact", contact, send_before, commit)

    def set_default_contact(self, company_id: CompanyId, contact_id: ContactId) -> None:
        """Choose."""
        with self.world.world.faults.call("psa.set_default_contact"):
            if self.world.tenant.default_contact_fault is not None:
                raise self.world.tenant.default_contact_fault
            self._choose(company_id, contact_id)

    def create_agreement(self, agreement: NewAgreement, *, send_before: float) -> StoredAgreement:
        """Create."""

        def commit() -> StoredAgreement:
            stored = StoredAgreement(
                AgreementId(next(self.world.tenant.numbers)),
                agreement.name,
                agreement.company_id,
                agreement.work_order,
                True,
            )
            self.world.tenant.agreements.append(stored)
            return stored

        return self._post("create_agreement", agreement, send_before, commit)

    def link_to(self, kind: MappingKind, psa_id: int) -> str | None:
        """Return an address."""
        return None if kind is MappingKind.PRODUCT else f"https://psa.example/{kind.name.lower()}/{psa_id}"

    def _post(self, name: str, record: Any, send_before: float, commit: Callable[[], Any]) -> Any:
        tenant, world = self.world.tenant, self.world.world
        with world.faults.call(f"psa.{name}"):
            if world.now + self.clock_origin > send_before:
                raise NoAnswer(method="POST", path=name, delivery="not_sent")
            tenant.sent.append(record)
            answer = tenant.answering(record)
            if isinstance(answer, ConnectWiseError):
                raise answer
            if answer == "late":
                tenant.late.append((world.now + tenant.late_by, lambda: _commit_late(commit)))
                raise NoAnswer(method="POST", path=name, delivery="maybe_sent")
            stored = commit()
            if answer == "lost":
                raise NoAnswer(method="POST", path=name, delivery="maybe_sent")
            return stored

    def _choose(self, company_id: CompanyId, contact_id: ContactId) -> None:
        companies = self.world.tenant.companies
        companies[:] = [
            replace(one, default_contact_id=contact_id) if one.id == company_id else one for one in companies
        ]

    def _check_free(self, identifier: str, taken: Sequence[str]) -> None:
        if identifier.casefold() in {one.casefold() for one in taken}:
            raise DuplicateRecord(method="POST", path="/", status=400, vendor_message="Company ID already in use.")

    def _read(self, name: str, found: Any) -> Any:
        with self.world.world.faults.call(f"psa.{name}"):
            fault = self.world.tenant.read_fault(name)
            if fault is not None:
                raise fault
            return list(found)


def refused(code: str, member: str, message: str) -> RequestInvalid:
    """Return ConnectWise's refusal of a record."""
    return RequestInvalid(
        method="POST",
        path="/",
        status=400,
        vendor_message="object is invalid",
        field_errors=(FieldError(code=code, message=message, field=member),),
    )


KIND_OF: dict[RowKindName, MappingKind] = {
    "product": MappingKind.PRODUCT,
    "account": MappingKind.ACCOUNT,
    "billing_contract": MappingKind.BILLING_CONTRACT,
}


def _commit_late(commit: Callable[[], Any]) -> None:
    try:
        commit()
    except ConnectWiseError:
        return  # refused by then, as ConnectWise would


def _part(parts: Sequence[Any], fate: Fate) -> Sequence[Any]:
    return parts[: len(parts) // 2] if fate == "die_halfway" else parts
