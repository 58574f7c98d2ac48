"""An in-memory world behind the ports of the push: both systems, the queue and the clocks, with faults at any call.

Time is virtual and the same for everybody (`World.now`, seconds); a worker sees it through a monotonic clock of its own
with another origin. `Faults.at` decides at every call of a port: nothing, die before it, die after it, or do half of a
batch and die.
"""

import itertools
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from connectwise.errors import ConnectWiseError
from connectwise.errors import NoAnswer as PsaNoAnswer
from connectwise.records import (
    Addition,
    AdditionId,
    Agreement,
    AgreementId,
    BillingCycle,
    BillingCycleId,
    CatalogItem,
    CatalogItemId,
    NewAddition,
    ProductReference,
)
from dataverse.errors import VersionMismatch
from dataverse.psasync.records import (
    Connector,
    ConnectorId,
    EntraObjectId,
    ItemOutcome,
    Job,
    JobId,
    JobItem,
    JobItemChange,
    JobItemId,
    JobProgress,
    JobState,
    LogEntry,
    MappingId,
    MappingKind,
    MappingsRead,
    MappingStatus,
    NewJob,
    NewJobItem,
    OpenChunk,
    OutcomeCounts,
    ServerTime,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.records import (
    BillingContract,
    BillingContractId,
    Currency,
    CurrencyId,
    Invoice,
    InvoiceId,
    InvoiceLine,
    InvoiceLineId,
    LineMirror,
    LinesRead,
    MirrorReport,
)
from sync_core.ports import Claim, Settlement
from sync_core.push.services import PushServices
from sync_core.work.services import WorkTiming
from tests import builders

EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Fate = Literal["go", "die_before", "die_after", "die_halfway"]


class WorkerDied(BaseException):
    """The process is gone: nothing may catch this."""


@dataclass
class Faults:
    """What happens at each call of a port; `calls` holds the names of all calls so far."""

    at: Callable[[int, str], Fate] = lambda number, name: "go"
    calls: list[str] = field(default_factory=list)

    @contextmanager
    def call(self, name: str) -> Iterator[Fate]:
        """Run one call of a port."""
        fate = self.at(len(self.calls), name)
        self.calls.append(name)
        if fate == "die_before":
            raise WorkerDied(name)
        yield fate
        if fate != "go":
            raise WorkerDied(name)


@dataclass
class Posting:
    """How ConnectWise treats one POST.

    `answer`: "created", "lost" (committed, answer lost), "late" (committed `delay` seconds later, answer lost), or an
    error that is raised without a commit.
    """

    answer: Literal["created", "lost", "late"] | ConnectWiseError = "created"
    delay: float = 0.0
    takes: float = 0.0


@dataclass
class World:
    """Both systems and the queue."""

    now: float = 0.0
    timing: WorkTiming = field(default_factory=WorkTiming)
    faults: Faults = field(default_factory=Faults)
    connectors: dict[ConnectorId, Connector] = field(default_factory=dict)
    lines: dict[InvoiceLineId, InvoiceLine] = field(default_factory=dict)
    invoices: dict[InvoiceId, Invoice] = field(default_factory=dict)
    contracts: dict[BillingContractId, BillingContract] = field(default_factory=dict)
    currencies: dict[CurrencyId, Currency] = field(default_factory=dict)
    mirrors: dict[InvoiceLineId, LineMirror] = field(default_factory=dict)
    read_only_lines: set[InvoiceLineId] = field(default_factory=set)
    mappings: dict[tuple[MappingKind, SourceId], PsaMapping] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    jobs: dict[JobId, Job] = field(default_factory=dict)
    items: dict[JobId, list[JobItem]] = field(default_factory=dict)
    changed_on: dict[JobItemId, float] = field(default_factory=dict)
    job_changed_on: dict[JobId, float] = field(default_factory=dict)
    agreements: dict[AgreementId, Agreement] = field(default_factory=dict)
    catalog_items: dict[CatalogItemId, CatalogItem] = field(default_factory=dict)
    cycles: dict[BillingCycleId, BillingCycle] = field(default_factory=dict)
    additions: dict[AgreementId, list[Addition]] = field(default_factory=dict)
    late: list[tuple[float, AgreementId, Addition]] = field(default_factory=list)
    queue: list[tuple[float, JobId, int]] = field(default_factory=list)
    posting: Callable[[AgreementId, NewAddition], Posting] = lambda agreement_id, addition: Posting()
    psa_fault: Callable[[str], ConnectWiseError | None] = lambda method: None
    posts: list[NewAddition] = field(default_factory=list)
    versions: Iterator[int] = field(default_factory=lambda: itertools.count(2))
    addition_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(9001))

    @property
    def server_now(self) -> datetime:
        """Dataverse's clock, in whole seconds as in a Date header."""
        return EPOCH + timedelta(seconds=int(self.now))

    def advance(self, seconds: float) -> None:
        """Let time pass and late writes commit."""
        self.now += seconds
        due = [entry for entry in self.late if entry[0] <= self.now]
        self.late = [entry for entry in self.late if entry[0] > self.now]
        for _, agreement_id, addition in sorted(due, key=lambda entry: entry[0]):
            self.additions.setdefault(agreement_id, []).append(addition)

    def etag(self) -> str:
        """A new version."""
        return f'W/"{next(self.versions)}"'

    def services(self, clock_origin: float = 1000.0) -> PushServices:
        """The ports as one worker sees them."""
        return PushServices(
            jobs=FakeJobs(self, clock_origin),
            ledger=FakeLedger(self, clock_origin),
            queue=FakeQueue(self),
            clock=FakeClock(self, clock_origin),
            work365_as=lambda person: FakeWork365(self, person),
            psa_of=lambda connector: FakePsa(self, clock_origin),
            timing=self.timing,
        )

    def additions_of_line(self, line_id: InvoiceLineId) -> list[Addition]:
        """All additions that carry the line's marker."""
        return [addition for of in self.additions.values() for addition in of if addition.serial_number == line_id]

    def mapping_of(self, line_id: InvoiceLineId) -> PsaMapping | None:
        """The integration record of a line."""
        return self.mappings.get((MappingKind.INVOICE_LINE, SourceId(line_id)))

    def items_of(self, job_id: JobId) -> list[JobItem]:
        """The items of a job in order."""
        return self.items[job_id]


def line_id_number(number: int) -> InvoiceLineId:
    """Return the id of the nth line of a world."""
    return InvoiceLineId(f"a0000000-0000-4000-8000-{number:012d}")


def world_of(lines: int = 3, agreements: int = 1, **timing: Any) -> World:
    """Return a world with pushable lines, spread over agreements in turn; one invoice an agreement."""
    world = World(timing=WorkTiming(**timing))
    world.connectors[builders.CONNECTOR_ID] = builders.connector()
    world.currencies[builders.CURRENCY_ID] = builders.currency()
    world.cycles[BillingCycleId(2)] = builders.billing_cycle()
    world.catalog_items[CatalogItemId(builders.CATALOG_ITEM_PSA_ID)] = builders.catalog_item()
    for kind in (MappingKind.ACCOUNT, MappingKind.PRODUCT):
        mapping = builders.mapping(kind)
        world.mappings[kind, mapping.source_id] = mapping
    for number in range(agreements):
        _add_agreement(world, number)
    for number in range(lines):
        invoice_id = InvoiceId(f"b0000000-0000-4000-8000-{number % agreements:012d}")
        line_id = line_id_number(number)
        world.lines[line_id] = builders.invoice_line(id=line_id, invoice_id=invoice_id, line_number=number + 1)
    return world


def _add_agreement(world: World, number: int) -> None:
    contract_id = BillingContractId(f"c0000000-0000-4000-8000-{number:012d}")
    invoice_id = InvoiceId(f"b0000000-0000-4000-8000-{number:012d}")
    agreement_id = AgreementId(builders.AGREEMENT_PSA_ID + number)
    world.contracts[contract_id] = builders.billing_contract(id=contract_id)
    world.invoices[invoice_id] = builders.invoice(id=invoice_id, billing_contract_id=contract_id)
    world.agreements[agreement_id] = builders.agreement(id=agreement_id)
    world.mappings[MappingKind.BILLING_CONTRACT, SourceId(contract_id)] = builders.mapping(
        MappingKind.BILLING_CONTRACT, source_id=SourceId(contract_id), psa_id=agreement_id
    )


@dataclass
class FakeClock:
    """A monotonic clock with an origin of its own."""

    world: World
    origin: float

    def monotonic(self) -> float:
        """Seconds since the origin."""
        return self.world.now + self.origin

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.world.advance(seconds)


@dataclass
class FakeQueue:
    """The Storage queue."""

    world: World

    def send(self, job_id: JobId, chunk: int, *, delay: float = 0.0) -> None:
        """Enqueue."""
        with self.world.faults.call("queue.send"):
            self.world.queue.append((self.world.now + delay, job_id, chunk))


@dataclass
class FakeWork365:
    """Work 365's rows."""

    world: World
    person: EntraObjectId

    def read_lines(self, line_ids: Sequence[InvoiceLineId]) -> LinesRead:
        """Return what exists."""
        with self.world.faults.call("work365.read_lines"):
            world = self.world
            return LinesRead(
                lines={line_id: world.lines[line_id] for line_id in line_ids if line_id in world.lines},
                invoices=dict(world.invoices),
                billing_contracts=dict(world.contracts),
                currencies=dict(world.currencies),
            )

    def line_ids_of_invoices(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[InvoiceId, Sequence[InvoiceLineId]]:
        """Return the lines of the invoices that exist."""
        with self.world.faults.call("work365.line_ids_of_invoices"):
            return {
                invoice_id: [line.id for line in self.world.lines.values() if line.invoice_id == invoice_id]
                for invoice_id in invoice_ids
                if invoice_id in self.world.invoices
            }

    def mirror_lines(self, mirrors: Sequence[LineMirror]) -> MirrorReport:
        """Write the mirror columns of lines that are not read-only and still at the ETag."""
        with self.world.faults.call("work365.mirror_lines") as fate:
            refused, changed = {}, set()
            for mirror in _part(mirrors, fate):
                line = self.world.lines.get(mirror.line_id)
                if line is None or mirror.line_id in self.world.read_only_lines:
                    refused[mirror.line_id] = "The invoice is read-only."
                elif line.etag != mirror.etag:
                    changed.add(mirror.line_id)
                else:
                    self.world.mirrors[mirror.line_id] = mirror
                    self.world.lines[mirror.line_id] = replace(line, etag=self.world.etag())
            return MirrorReport(refused, frozenset(changed))


@dataclass
class FakeLedger:
    """Mapping rows with versions."""

    world: World
    clock_origin: float

    def connector(self, connector_id: ConnectorId) -> Connector | None:
        """Return the connector."""
        with self.world.faults.call("ledger.connector"):
            return self.world.connectors.get(connector_id)

    def read_mappings(
        self, connector_id: ConnectorId, wanted: Mapping[MappingKind, Iterable[SourceId]]
    ) -> MappingsRead:
        """Return the rows that exist."""
        with self.world.faults.call("ledger.read_mappings"):
            time = _server_time(self.world, self.clock_origin)
            keys = [(kind, source_id) for kind, source_ids in wanted.items() for source_id in source_ids]
            return MappingsRead({key: self.world.mappings[key] for key in keys if key in self.world.mappings}, time)

    def claim(self, connector_id: ConnectorId, claims: Sequence[Claim]) -> Mapping[InvoiceLineId, PsaMapping]:
        """Create or take over rows that are as the caller saw them."""
        with self.world.faults.call("ledger.claim") as fate:
            won = {}
            for claim in _part(claims, fate):
                key = (MappingKind.INVOICE_LINE, SourceId(claim.line_id))
                current = self.world.mappings.get(key)
                seen = claim.existing.etag if claim.existing is not None else None
                if (current.etag if current is not None else None) != seen:
                    continue
                before = current or _new_row(connector_id, claim.line_id)
                parent = claim.agreement_id if claim.agreement_id is not None else before.psa_parent_id
                row = replace(
                    before,
                    etag=self.world.etag(),
                    status=MappingStatus.SYNCING,
                    psa_parent_id=parent,
                    claimed_by=claim.claimed_by,
                    claimed_until=claim.claimed_until,
                    attempts=before.attempts + 1,
                )
                self.world.mappings[key] = won[claim.line_id] = row
            return won

    def settle(self, settlements: Sequence[Settlement]) -> Mapping[SourceId, PsaMapping]:
        """Write rows that are still as the caller holds them."""
        with self.world.faults.call("ledger.settle") as fate:
            kept = {}
            for settlement in _part(settlements, fate):
                key = (settlement.held.kind, settlement.held.source_id)
                if self.world.mappings[key].etag != settlement.held.etag:
                    continue
                change = settlement.change
                row = replace(
                    self.world.mappings[key],
                    etag=self.world.etag(),
                    **{name: getattr(change, name) for name in change.__slots__},
                )
                self.world.mappings[key] = kept[settlement.held.source_id] = row
            return kept

    def append_log(self, entries: Sequence[LogEntry]) -> None:
        """Append."""
        with self.world.faults.call("ledger.append_log"):
            self.world.log.extend(entries)


@dataclass
class FakeJobs:
    """Jobs and items."""

    world: World
    clock_origin: float

    def create(self, job: NewJob) -> tuple[Job, bool]:
        """Create the job unless its request key is taken."""
        with self.world.faults.call("jobs.create"):
            for existing in self.world.jobs.values():
                if existing.request_key == job.request_key:
                    return existing, False
            created = Job(
                etag=self.world.etag(),
                message=None,
                created_on=self.world.server_now,
                started_on=None,
                ended_on=None,
                requeued_on=None,
                **{name: getattr(job, name) for name in job.__slots__ if name != "name"},
            )
            self.world.jobs[job.id] = created
            self.world.job_changed_on[job.id] = self.world.now
            self.world.items[job.id] = []
            return created, True

    def add_items(self, job_id: JobId, items: Sequence[NewJobItem]) -> None:
        """Write the items."""
        with self.world.faults.call("jobs.add_items") as fate:
            for item in _part(items, fate):
                row = JobItem(
                    id=JobItemId(str(uuid.uuid4())),
                    job_id=job_id,
                    psa_parent_id=None,
                    **{name: getattr(item, name) for name in item.__slots__},
                )
                self.world.items[job_id].append(row)
                self.world.changed_on[row.id] = self.world.now

    def remove_items(self, job_id: JobId) -> None:
        """Delete all items."""
        with self.world.faults.call("jobs.remove_items"):
            self.world.items[job_id] = []

    def read(self, job_id: JobId) -> tuple[Job, OutcomeCounts] | None:
        """Return the job and its counts."""
        with self.world.faults.call("jobs.read"):
            job = self.world.jobs.get(job_id)
            return (job, self._counts(job_id)) if job is not None else None

    def read_progress(self, job_id: JobId, *, behind: int) -> JobProgress | None:
        """Return the job, its counts and the later chunks with pending items."""
        with self.world.faults.call("jobs.read_progress"):
            job = self.world.jobs.get(job_id)
            if job is None:
                return None
            pending = {item.chunk for item in self.world.items[job_id] if item.outcome is ItemOutcome.PENDING}
            return JobProgress(job, self._counts(job_id), sorted(chunk for chunk in pending if chunk > behind))

    def update(
        self, job_id: JobId, *, counts: OutcomeCounts | None = None, if_at: str | None = None, **columns: Any
    ) -> None:
        """Write the columns that are given, if the job is as the caller read it."""
        with self.world.faults.call("jobs.update"):
            if if_at not in {None, self.world.jobs[job_id].etag}:
                raise VersionMismatch(method="PATCH", path="psasync_jobs", status=412)
            given = {name: value for name, value in columns.items() if value is not None}
            self.world.jobs[job_id] = replace(self.world.jobs[job_id], etag=self.world.etag(), **given)
            self.world.job_changed_on[job_id] = self.world.now

    def items_of_chunk(self, job_id: JobId, chunk: int) -> tuple[Job, Sequence[JobItem]] | None:
        """Return the job and the items of the chunk."""
        with self.world.faults.call("jobs.items_of_chunk"):
            job = self.world.jobs.get(job_id)
            if job is None:
                return None
            return job, [item for item in self.world.items[job_id] if item.chunk == chunk]

    def items(
        self, job_id: JobId, *, outcome: Iterable[str] = (), after: int | None = None, limit: int = 100
    ) -> Sequence[JobItem]:
        """Return a page of items."""
        wanted = set(outcome)
        return [
            item
            for item in self.world.items[job_id]
            if (not wanted or item.outcome.name.lower() in wanted) and (after is None or item.position > after)
        ][:limit]

    def settle_items(self, changes: Sequence[JobItemChange], log: Sequence[LogEntry] = ()) -> None:
        """Write outcomes and log."""
        with self.world.faults.call("jobs.settle_items") as fate:
            for change in _part(changes, fate):
                self._write(change)
            self.world.log.extend(log)

    def fail_open_items(self, job_id: JobId, *, code: str, message: str, chunk: int | None = None) -> int:
        """Fail pending items."""
        with self.world.faults.call("jobs.fail_open_items"):
            failed = 0
            for item in self.world.items[job_id]:
                if item.outcome is ItemOutcome.PENDING and chunk in {None, item.chunk}:
                    self._write(JobItemChange(item.id, ItemOutcome.FAILED, code, message, None, None))
                    failed += 1
            return failed

    def skip_open_items(self, job_id: JobId, *, code: str, message: str, chunk: int | None = None) -> int:
        """Skip pending items."""
        with self.world.faults.call("jobs.skip_open_items"):
            skipped = 0
            for item in list(self.world.items[job_id]):
                if item.outcome is ItemOutcome.PENDING and chunk in {None, item.chunk}:
                    self._write(JobItemChange(item.id, ItemOutcome.SKIPPED, code, message, item.psa_id, None))
                    skipped += 1
            return skipped

    def reopen_failed_items(self, job_id: JobId) -> Sequence[int]:
        """Make failed items pending."""
        with self.world.faults.call("jobs.reopen_failed_items"):
            failed = [item for item in self.world.items[job_id] if item.outcome is ItemOutcome.FAILED]
            for item in failed:
                self._write(JobItemChange(item.id, ItemOutcome.PENDING, None, "", item.psa_id, item.psa_parent_id))
            return sorted({item.chunk for item in failed})

    def recent(
        self,
        *,
        limit: int,
        until: datetime | None = None,
        without: Collection[JobId] = (),
        requested_by: EntraObjectId | None = None,
    ) -> Sequence[tuple[Job, OutcomeCounts]]:
        """Return jobs, newest first."""
        with self.world.faults.call("jobs.recent"):
            newest = sorted(self.world.jobs.values(), key=lambda job: job.created_on, reverse=True)
            wanted = [
                job
                for job in newest
                if job.id not in without
                and (until is None or job.created_on <= until)
                and requested_by in {None, job.requested_by}
            ]
            return [(job, self._counts(job.id)) for job in wanted[:limit]]

    def open_chunks(self, *, unknown_since: datetime, pending_since: datetime) -> Sequence[OpenChunk]:
        """Return chunks with open items that have not changed for long enough."""
        with self.world.faults.call("jobs.open_chunks"):
            limits = {ItemOutcome.UNKNOWN: unknown_since, ItemOutcome.PENDING: pending_since}
            found: dict[tuple[JobId, int, ItemOutcome], OpenChunk] = {}
            for job_id, items in self.world.items.items():
                job = self.world.jobs[job_id]
                for item in items:
                    changed = EPOCH + timedelta(seconds=self.world.changed_on[item.id])
                    due = item.outcome in limits and changed <= limits[item.outcome]
                    if not due or job.state == JobState.PREPARING or _is_muted(job, item, pending_since):
                        continue
                    key = (job_id, item.chunk, item.outcome)
                    found.setdefault(key, OpenChunk(job_id, item.chunk, item.outcome, changed))
            return list(found.values())

    def unfinished_of(self, person: EntraObjectId) -> Sequence[Job]:
        """Return the person's jobs that have not ended."""
        with self.world.faults.call("jobs.unfinished_of"):
            unfinished = {JobState.PREPARING, JobState.QUEUED, JobState.RUNNING}
            return [job for job in self.world.jobs.values() if job.requested_by == person and job.state in unfinished]

    def unchanged_jobs(self, states: Collection[JobState], unchanged_since: datetime) -> Sequence[Job]:
        """Return jobs in these states that nobody wrote to for long enough."""
        with self.world.faults.call("jobs.unchanged_jobs"):
            return [
                job
                for job in self.world.jobs.values()
                if job.state in states
                and EPOCH + timedelta(seconds=self.world.job_changed_on[job.id]) <= unchanged_since
            ]

    def server_time(self) -> ServerTime:
        """Return Dataverse's time."""
        with self.world.faults.call("jobs.server_time"):
            return _server_time(self.world, self.clock_origin)

    def _counts(self, job_id: JobId) -> OutcomeCounts:
        counts: dict[ItemOutcome, int] = {}
        for item in self.world.items[job_id]:
            counts[item.outcome] = counts.get(item.outcome, 0) + 1
        return OutcomeCounts(counts)

    def _write(self, change: JobItemChange) -> None:
        for items in self.world.items.values():
            for index, item in enumerate(items):
                if item.id == change.id:
                    written = {name: getattr(change, name) for name in change.__slots__}
                    if change.source_id is None:
                        del written["source_id"]
                    items[index] = replace(item, **written)
                    self.world.changed_on[item.id] = self.world.now


@dataclass
class FakePsa:
    """One ConnectWise tenant."""

    world: World
    clock_origin: float

    def agreements(self, agreement_ids: Sequence[AgreementId]) -> Mapping[AgreementId, Agreement]:
        """Return the agreements that exist."""
        return self._read("psa.agreements", self.world.agreements, agreement_ids)

    def catalog_items(self, catalog_item_ids: Sequence[CatalogItemId]) -> Mapping[CatalogItemId, CatalogItem]:
        """Return the catalog items that exist."""
        return self._read("psa.catalog_items", self.world.catalog_items, catalog_item_ids)

    def billing_cycles(self) -> Mapping[BillingCycleId, BillingCycle]:
        """Return the billing cycles."""
        return self._read("psa.billing_cycles", self.world.cycles, list(self.world.cycles))

    def additions(self, agreement_id: AgreementId) -> Sequence[Addition]:
        """Return the additions that are committed by now."""
        with self.world.faults.call("psa.additions"):
            self._raise_fault("additions")
            return list(self.world.additions.get(agreement_id, []))

    def create_addition(self, agreement_id: AgreementId, addition: NewAddition, *, send_before: float) -> Addition:
        """Commit now, later or never, as `World.posting` says."""
        with self.world.faults.call("psa.create_addition"):
            if self.world.now + self.clock_origin > send_before:
                raise PsaNoAnswer(method="POST", path="additions", delivery="not_sent")
            self._raise_fault("create_addition")
            self.world.posts.append(addition)
            posting = self.world.posting(agreement_id, addition)
            created = self._created(addition)
            if posting.answer == "late":
                self.world.late.append((self.world.now + posting.delay, agreement_id, created))
            elif not isinstance(posting.answer, ConnectWiseError):
                self.world.additions.setdefault(agreement_id, []).append(created)
            self.world.advance(posting.takes)
            if isinstance(posting.answer, ConnectWiseError):
                raise posting.answer
            if posting.answer != "created":
                raise PsaNoAnswer(method="POST", path="additions", delivery="maybe_sent")
            return created

    def link_to_agreement(self, agreement_id: AgreementId) -> str:
        """Return an address."""
        return f"https://psa.example/agreements/{agreement_id}"

    def _created(self, addition: NewAddition) -> Addition:
        return Addition(
            id=AdditionId(next(self.world.addition_numbers)),
            product=ProductReference(id=addition.product_id),
            quantity=addition.quantity,
            less_included=addition.less_included,
            unit_price=addition.unit_price,
            serial_number=addition.serial_number,
            invoice_description=addition.invoice_description,
        )

    def _read(self, name: str, rows: Mapping[Any, Any], ids: Sequence[Any]) -> dict[Any, Any]:
        with self.world.faults.call(name):
            self._raise_fault(name.removeprefix("psa."))
            return {key: rows[key] for key in ids if key in rows}

    def _raise_fault(self, method: str) -> None:
        fault = self.world.psa_fault(method)
        if fault is not None:
            raise fault


def _is_muted(job: Job, item: JobItem, pending_since: datetime) -> bool:
    """Whether the timer leaves a pending item alone: its job was cancelled, or sent again not long ago."""
    sent_again = job.requeued_on is not None and job.requeued_on > pending_since
    return item.outcome is ItemOutcome.PENDING and (sent_again or job.state == JobState.CANCELLED)


def _server_time(world: World, clock_origin: float) -> ServerTime:
    return ServerTime(world.server_now, world.now + clock_origin)


def _part(parts: Sequence[Any], fate: Fate) -> Sequence[Any]:
    return parts[: len(parts) // 2] if fate == "die_halfway" else parts


def _new_row(connector_id: ConnectorId, line_id: InvoiceLineId) -> PsaMapping:
    return PsaMapping(
        id=MappingId(str(uuid.uuid4())),
        etag="",
        connector_id=connector_id,
        kind=MappingKind.INVOICE_LINE,
        source_id=SourceId(line_id),
        psa_id=None,
        psa_name=None,
        psa_parent_id=None,
        status=MappingStatus.NOT_SYNCED,
        status_message=None,
        last_synced_on=None,
        pushed_amount=None,
        pushed_quantity=None,
        pushed_hash=None,
        claimed_by=None,
        claimed_until=None,
        attempts=0,
    )
