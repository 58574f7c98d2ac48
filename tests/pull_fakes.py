"""Both systems in memory behind the ports of the import; jobs, queue and faults are those of `tests.fakes`."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectwise.directory.records import (
    CommunicationItem,
    Company,
    Contact,
    ContactId,
    ListEntry,
    ListKind,
    Named,
    Narrowing,
)
from connectwise.records import AgreementId, CompanyId, CurrencyReference, Reference
from dataverse.psasync.imports import import_mapping_id
from dataverse.psasync.records import (
    ConnectorId,
    EntraObjectId,
    MappedRecord,
    MappingChanges,
    MappingId,
    MappingKind,
    MappingsOfPsa,
    MappingStatus,
    ServerTime,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.imports.records import Candidate, Choices, RowId, RowKind, RowState, RowWrite, WriteReport
from dataverse.work365.records import AccountId, Currency, CurrencyId
from sync_core.ports import Settlement
from sync_core.pull.index import RecordIndexes
from sync_core.pull.mapped import MappedSet
from sync_core.pull.ports import Hold
from sync_core.pull.services import PullServices
from tests import builders
from tests.fakes import FakeClock, FakeJobs, FakeLedger, FakePsa, FakeQueue, World, world_of

MODIFIED = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
CHOICES = Choices(1, 2, 10, 20, 30, 60)
EURO = Currency(CurrencyId("77777777-7777-4777-8777-000000000002"), "EUR", 2)


def company(psa_id: int, name: str = "Contoso", **overrides: Any) -> Company:
    """Return a company with an address, a default contact and a currency."""
    members: dict[str, Any] = {
        "id": psa_id,
        "identifier": f"C{psa_id}",
        "name": name,
        "address_line1": "1 Sample Street",
        "city": "Tampa",
        "country": Reference(id=1, name="United States"),
        "phone_number": "813 555 0100",
        "website": "https://contoso.example",
        "default_contact": Reference(id=psa_id + 10_000, name="Pat Sample"),
        "currency": CurrencyReference(id=1, currency_code="USD"),
    }
    return Company.model_validate(members | overrides)


def contact(contact_id: int, first_name: str = "Pat", last_name: str | None = "Sample") -> Contact:
    """Return a contact with an e-mail address."""
    email = CommunicationItem(value=f"p{contact_id}@contoso.example", communication_type="Email", default_flag=True)
    return Contact(id=ContactId(contact_id), first_name=first_name, last_name=last_name, communication_items=(email,))


def entry(psa_id: int, name: str = "Contoso", **overrides: Any) -> ListEntry:
    """Return an entry of a list."""
    made = ListEntry(
        psa_id=psa_id,
        name=name,
        identifier=None,
        types=(Named(1, "Client"),),
        status=Named(1, "Active"),
        frequency=None,
        is_one_time=False,
        company=None,
        created_on=MODIFIED,
        modified_on=MODIFIED,
    )
    return replace(made, **overrides)


@dataclass
class PullWorld:
    """ConnectWise's lists and records, Work 365's rows and our integration records; `base` holds jobs and time."""

    base: World = field(default_factory=lambda: world_of(lines=0, agreements=1))
    companies: dict[CompanyId, Company] = field(default_factory=dict)
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    entries: dict[ListKind, dict[int, ListEntry]] = field(
        default_factory=lambda: {ListKind.COMPANY: {}, ListKind.AGREEMENT: {}}
    )
    rows: dict[tuple[RowKind, RowId], RowState] = field(default_factory=dict)
    mappings: dict[MappingId, PsaMapping] = field(default_factory=dict)
    currencies: dict[str, Currency] = field(default_factory=lambda: {"USD": builders.currency(), "EUR": EURO})
    refused: dict[RowId, str] = field(default_factory=dict)
    writes: list[RowWrite] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    read_ids: list[int] = field(default_factory=list)
    stamps: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """Start without agreements and mappings."""
        self.base.agreements.clear()
        self.base.mappings.clear()

    def add_company(self, psa_id: int, name: str = "Contoso", **overrides: Any) -> None:
        """Add a company with its default contact."""
        made = company(psa_id, name, **overrides)
        self.companies[made.id] = made
        if made.default_contact is not None:
            contact_id = ContactId(made.default_contact.id)
            self.contacts.setdefault(contact_id, contact(contact_id))

    def add_agreement(self, psa_id: int, company_id: int = 250, **overrides: Any) -> None:
        """Add a monthly agreement."""
        reference = Reference(id=company_id, name=f"Company {company_id}")
        made = builders.agreement(id=AgreementId(psa_id), company=reference, **({"name": f"Deal {psa_id}"} | overrides))
        self.base.agreements[made.id] = made

    def map_row(self, kind: MappingKind, psa_id: int, source_id: str, **overrides: Any) -> PsaMapping:
        """Join a Work 365 row to a ConnectWise record."""
        mapping = builders.mapping(
            kind,
            id=MappingId(f"90000000-0000-4000-8000-{next(self.stamps):012d}"),
            source_id=SourceId(source_id),
            psa_id=psa_id,
            psa_name=f"Record {psa_id}",
            **overrides,
        )
        self.mappings[mapping.id] = mapping
        return mapping

    def add_row(self, kind: RowKind, row_id: str, **columns: Any) -> RowState:
        """Add a row of Work 365."""
        state = RowState(kind, RowId(row_id), self.base.etag(), dict(columns))
        self.rows[kind, state.row_id] = state
        return state

    def rows_of(self, kind: RowKind) -> list[RowState]:
        """Return all rows of a table."""
        return [row for row in self.rows.values() if row.kind is kind]

    def services(self, origin: float = 1000.0) -> PullServices:
        """Return the ports as one worker sees them, with lists that are not in memory yet."""
        clock = FakeClock(self.base, origin)
        return PullServices(
            jobs=FakeJobs(self.base, origin),
            queue=FakeQueue(self.base),
            clock=clock,
            timing=self.base.timing,
            mappings=_Mappings(self, origin),
            ledger=_ImportLedger(self, origin),
            work365_as=lambda person: _Work365(self, person),
            psa_of=lambda connector: FakePsa(self.base, origin),
            directory_of=lambda connector: FakeDirectory(self),
            mapped=MappedSet(_Feed(self)),
            indexes=RecordIndexes(clock.monotonic),
        )


@dataclass
class FakeDirectory:
    """ConnectWise's lists; `asked` notes each read, `read_ids` each record that left ConnectWise."""

    world: PullWorld

    def entries(self, kind: ListKind) -> Iterable[ListEntry]:
        """Return all entries out of the recycle bin."""
        self.world.asked.append("entries")
        return self._shown(kind, [one for one in self.world.entries[kind].values() if not one.is_deleted])

    def entries_changed_since(self, kind: ListKind, moment: datetime) -> Iterable[ListEntry]:
        """Return what changed, and one record too many, as an integrator has reported."""
        self.world.asked.append("changes")
        all_of_kind = list(self.world.entries[kind].values())
        changed = [one for one in all_of_kind if one.modified_on is not None and one.modified_on >= moment]
        return self._shown(kind, [*changed, *all_of_kind[:1]])

    def count(self, kind: ListKind) -> int:
        """Return the number of entries out of the recycle bin."""
        self.world.asked.append("count")
        return sum(not one.is_deleted for one in self.world.entries[kind].values())

    def entries_among(self, kind: ListKind, psa_ids: Sequence[int], narrowing: Narrowing) -> Sequence[ListEntry]:
        """Return these records, filtered as strictly as ConnectWise would."""
        self.world.asked.append("among")
        found = (self.world.entries[kind].get(psa_id) for psa_id in psa_ids)
        return self._shown(kind, [one for one in found if one is not None and passes(kind, one, narrowing)])

    def companies_with_agreements(self, company_ids: Sequence[CompanyId]) -> frozenset[CompanyId]:
        """Return the companies that a listed agreement names."""
        self.world.asked.append("with_agreements")
        having = {one.company.id for one in self.world.entries[ListKind.AGREEMENT].values() if one.company is not None}
        return frozenset(company_id for company_id in company_ids if company_id in having)

    def companies(self, company_ids: Sequence[CompanyId]) -> Mapping[CompanyId, Company]:
        """Return the companies that exist."""
        with self.world.base.faults.call("directory.companies"):
            return {one: self.world.companies[one] for one in company_ids if one in self.world.companies}

    def contacts(self, contact_ids: Sequence[ContactId]) -> Mapping[ContactId, Contact]:
        """Return the contacts that exist."""
        with self.world.base.faults.call("directory.contacts"):
            return {one: self.world.contacts[one] for one in contact_ids if one in self.world.contacts}

    def _shown(self, kind: ListKind, entries: list[ListEntry]) -> list[ListEntry]:
        self.world.read_ids.extend(one.psa_id for one in entries)
        return entries


def passes(kind: ListKind, one: ListEntry, narrowing: Narrowing) -> bool:
    """Tell whether ConnectWise lets an entry through: case-blind, without knowing more than it was told."""
    company_name = one.company.name if one.company is not None else ""
    return (
        not one.is_deleted
        and (narrowing.name_piece or "").lower() in one.name.lower()
        and (kind is ListKind.COMPANY or (narrowing.company_piece or "").lower() in company_name.lower())
        and (not narrowing.types or any(_names(wanted, named) for wanted in narrowing.types for named in one.types))
        and (kind is ListKind.AGREEMENT or narrowing.status is None or _names(narrowing.status, one.status))
        and (narrowing.modified_since is None or _since(one.modified_on, narrowing))
    )


def _names(wanted: int | str, named: Named | None) -> bool:
    if named is None:
        return False
    return named.id == wanted if isinstance(wanted, int) else named.name.lower() == wanted.lower()


def _since(moment: datetime | None, narrowing: Narrowing) -> bool:
    return moment is not None and narrowing.modified_since is not None and moment.date() >= narrowing.modified_since


@dataclass
class _Feed:
    world: PullWorld

    def follow(self, delta_link: str | None) -> MappingChanges:
        """Return all records each time, as after an expired link."""
        records = [
            MappedRecord(
                one.id, one.connector_id, one.kind, one.source_id, one.psa_id, one.status, one.status_message or ""
            )
            for one in self.world.mappings.values()
        ]
        return MappingChanges(records, frozenset(), "link", is_full=True)


class _Mappings(FakeLedger):
    def __init__(self, world: PullWorld, origin: float) -> None:
        super().__init__(world.base, origin)
        self._pull = world

    def read_mappings(self, connector_id, wanted):  # type: ignore[no-untyped-def]  # as the port
        self.world.mappings = {(one.kind, one.source_id): one for one in self._pull.mappings.values()}
        return super().read_mappings(connector_id, wanted)


@dataclass
class _ImportLedger:
    world: PullWorld
    origin: float

    def mappings_of_psa(
        self, connector_id: ConnectorId, wanted: Mapping[MappingKind, Collection[int]]
    ) -> MappingsOfPsa:
        """Return the records by ConnectWise id, and those that an import made."""
        with self.world.base.faults.call("ledger.mappings_of_psa"):
            keys = [(kind, psa_id) for kind, psa_ids in wanted.items() for psa_id in psa_ids]
            joined = {(one.kind, one.psa_id): one for one in self.world.mappings.values() if one.psa_id is not None}
            made = {key: self.world.mappings.get(import_mapping_id(connector_id, *key)) for key in keys}
            now = ServerTime(self.world.base.server_now, self.world.base.now + self.origin)
            return MappingsOfPsa(
                joined={key: joined[key] for key in keys if key in joined},
                unfinished={key: one for key, one in made.items() if one is not None and one.psa_id is None},
                server_time=now,
            )

    def hold(self, connector_id: ConnectorId, holds: Sequence[Hold]) -> Mapping[int, PsaMapping]:
        """Make or take over records under the two keys of the table."""
        with self.world.base.faults.call("ledger.hold") as fate:
            ours = {}
            for hold in holds[: len(holds) // 2] if fate == "die_halfway" else holds:
                mapping_id = (
                    hold.existing.id if hold.existing else import_mapping_id(connector_id, hold.kind, hold.psa_id)
                )
                current = self.world.mappings.get(mapping_id)
                seen = hold.existing.etag if hold.existing else None
                taken = any(
                    (one.kind, one.source_id) == (hold.kind, hold.source_id) and one.id != mapping_id
                    for one in self.world.mappings.values()
                )
                if (current.etag if current else None) != seen or taken:
                    continue
                before = current or builders.mapping(
                    hold.kind, id=mapping_id, psa_id=None, psa_name=None, last_synced_on=None, attempts=0
                )
                row = replace(
                    before,
                    etag=self.world.base.etag(),
                    source_id=hold.source_id,
                    status=MappingStatus.SYNCING,
                    claimed_by=hold.claimed_by,
                    claimed_until=hold.claimed_until,
                    attempts=before.attempts + 1,
                )
                self.world.mappings[mapping_id] = ours[hold.psa_id] = row
            return ours

    def settle_imports(self, settlements: Sequence[Settlement]) -> Collection[SourceId]:
        """Write records that are still as the caller holds them."""
        with self.world.base.faults.call("ledger.settle_imports") as fate:
            kept = set()
            for one in settlements[: len(settlements) // 2] if fate == "die_halfway" else settlements:
                current = self.world.mappings[one.held.id]
                if current.etag != one.held.etag:
                    continue
                change = {name: getattr(one.change, name) for name in one.change.__slots__}
                self.world.mappings[one.held.id] = replace(current, etag=self.world.base.etag(), **change)
                kept.add(one.held.source_id)
            return kept


@dataclass
class _Work365:
    world: PullWorld
    person: EntraObjectId

    def choices(self) -> Choices:
        """Return the choices."""
        return CHOICES

    def read_rows(self, wanted: Mapping[RowKind, Collection[RowId]]) -> Mapping[tuple[RowKind, RowId], RowState]:
        """Return the rows that exist."""
        with self.world.base.faults.call("work365.read_rows"):
            keys = [(kind, row_id) for kind, row_ids in wanted.items() for row_id in row_ids]
            return {key: self.world.rows[key] for key in keys if key in self.world.rows}

    def currencies(self) -> Mapping[str, Currency]:
        """Return the currencies."""
        return self.world.currencies

    def candidates(self, kind: RowKind) -> Iterable[Candidate]:
        """Return all rows."""
        for row in self.world.rows_of(kind):
            account, number = row.columns.get("account"), row.columns.get("number")
            yield Candidate(
                row.row_id,
                str(row.columns["name"]),
                None if number is None else str(number),
                None if account is None else AccountId(str(account)),
            )

    def write_rows(self, writes: Sequence[RowWrite]) -> WriteReport:
        """Write the rows that are as the caller believes."""
        written, contested, refused = {}, set(), {}
        with self.world.base.faults.call("work365.write_rows") as fate:
            for write in writes[: len(writes) // 2] if fate == "die_halfway" else writes:
                key = (write.kind, write.row_id)
                current = self.world.rows.get(key)
                if write.row_id in self.world.refused:
                    refused[write.row_id] = self.world.refused[write.row_id]
                elif (current.etag if current else None) != write.etag:
                    contested.add(write.row_id)
                else:
                    columns = {**(current.columns if current else {}), **write.columns}
                    self.world.rows[key] = RowState(write.kind, write.row_id, self.world.base.etag(), columns)
                    self.world.writes.append(write)
                    written[write.row_id] = self.world.rows[key].etag
        return WriteReport(written, frozenset(contested), refused)
