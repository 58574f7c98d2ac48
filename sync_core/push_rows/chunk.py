"""One chunk of a job that pushes rows: read, plan, claim, create, settle, as the push of lines does.

Every step may be repeated and the process may die after any of them: what was not settled is found again by its claim
and by the identifier, marker or company that the claim names.
"""

import uuid
from collections.abc import Mapping, Sequence

from dataverse.psasync.records import (
    Connector,
    Job,
    JobItem,
    JobItemChange,
    JobKind,
    JobState,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.sources.records import RowMirror
from sync_core.errors import ConfigurationFault
from sync_core.linking.targets import NOUNS
from sync_core.push_rows.audit import AuditedRows
from sync_core.push_rows.making import HeldRow, Made, make_rows
from sync_core.push_rows.mirroring import mirror_rows
from sync_core.push_rows.planning import plan_rows
from sync_core.push_rows.plans import RowObjection, RowPlan
from sync_core.push_rows.ports import RowClaim
from sync_core.push_rows.reading import RowSources, RowsRead, read_rows, row_sources
from sync_core.push_rows.services import PushRowsServices
from sync_core.push_rows.settling import (
    RowSettlement,
    item_change,
    item_change_without_claim,
    mirror_of,
    settle_row,
    taken_back,
)
from sync_core.push_rows.waiting import run_again_in
from sync_core.push_rows.wishes import KINDS, wish_of_item
from sync_core.work.chunk import CANCELLED, CANCELLED_MESSAGE, OPEN_OUTCOMES, ChunkReport, ChunkRunner
from sync_core.work.job_log import JobLog
from sync_core.work.job_state import stop_job
from sync_core.work.stop_signal import StopSignal
from sync_core.work.times import SettlingTimes, lease_until, send_before, settling_times

MAPPING_KINDS = {JobKind[kind.name]: kind for kind in KINDS.values()}
"""Kinds of jobs that push rows, and what they map."""


def push_rows_runner(services: PushRowsServices) -> ChunkRunner:
    """Return what works on chunks of products, accounts or billing contracts."""

    def run(job: Job, items: Sequence[JobItem]) -> ChunkReport:
        return _ChunkRun(services, job, items).run()

    return run


class _ChunkRun:
    """The work on the open items of one chunk by one worker."""

    def __init__(self, services: PushRowsServices, job: Job, items: Sequence[JobItem]) -> None:
        self.services = services
        self.job = job
        self.kind = MAPPING_KINDS[job.kind]
        self.items = {item.source_id: item for item in items if item.source_id is not None}
        self.claimed_by = f"{job.id}/{uuid.uuid4()}"

    def run(self) -> ChunkReport:
        """Work through the items; the faults of `work_chunk` pass through."""
        sources = row_sources(self.services, self._connector(), self.kind, self.services.rows_as(self.job.requested_by))
        read = read_rows(self.services, sources, self.items.keys())
        plans = self._plans(sources, read)
        claimed = self._claim(plans, sources, read)
        held = [HeldRow(plan, claimed[plan.wish.source_id]) for plan in plans if plan.wish.source_id in claimed]
        made, stop = self._make(held, sources, read)
        settled, records = self._settle(made, sources, read)
        mirrors = self._mirrors(plans, settled, records, read)
        notes = mirror_rows(
            mirrors,
            kind=self.kind,
            rows=sources.rows,
            ledger=self.services.ledger,
            connector_id=sources.connector.id,
        )
        self._write_items(plans, settled, mirrors, notes, read)
        if stop.fault is not None:
            stop_job(self.services, self.job.id, stop.fault)
        return self._report(plans, settled, stop, read)

    def _connector(self) -> Connector:
        connector = self.services.ledger.connector(self.job.connector_id)
        if connector is None:
            raise ConfigurationFault(
                user_message="The connector of this job was deleted; choose another connector and save again.",
                code="connector_missing",
            )
        return connector

    def _plans(self, sources: RowSources, read: RowsRead) -> list[RowPlan]:
        wishes = [wish_of_item(item) for item in self.items.values()]
        plans = plan_rows(sources, read, wishes, job_id=self.job.id)
        if self.job.state not in {JobState.CANCELLED, JobState.FAILED}:
            return plans
        # a stopped job still follows what it left in doubt, and creates nothing more
        return [_stopped(plan) if plan.step in {"create", "map"} and plan.existing is None else plan for plan in plans]

    def _claim(self, plans: Sequence[RowPlan], sources: RowSources, read: RowsRead) -> Mapping[SourceId, PsaMapping]:
        until = lease_until(read.server_time, self.services.timing)
        claims = [
            RowClaim(
                kind=self.kind,
                source_id=plan.wish.source_id,
                existing=plan.mapping,
                intent=None if plan.step == "map" else plan.intent or _name_of(plan.mapping),
                claimed_by=self.claimed_by,
                claimed_until=until,
                parent_id=plan.parent_id,
            )
            for plan in plans
            if plan.needs_claim
        ]
        return self.services.claims.claim_rows(sources.connector.id, claims) if claims else {}

    def _make(self, held: Sequence[HeldRow], sources: RowSources, read: RowsRead) -> tuple[list[Made], StopSignal]:
        timing = self.services.timing
        return make_rows(
            held,
            kind=self.kind,
            psa=sources.creation,
            send_before=send_before(read.server_time, timing),
            in_parallel=timing.agreements_in_parallel,
        )

    def _settle(
        self, made: Sequence[Made], sources: RowSources, read: RowsRead
    ) -> tuple[dict[SourceId, RowSettlement], Mapping[SourceId, PsaMapping]]:
        """Write the integration records; rows that were taken over meanwhile are left to the worker that took them."""
        times = self._times(read)
        settlements = [
            settle_row(
                one,
                self.kind,
                times=times,
                psa_link=None if one.psa_id is None else sources.creation.link_to(self.kind, one.psa_id),
            )
            for one in made
        ]
        records = self.services.claims.settle_rows([one.settlement for one in settlements]) if settlements else {}
        kept = {one.made.held.plan.wish.source_id: one for one in settlements}
        kept = {source_id: one for source_id, one in kept.items() if source_id in records}
        return self._without_collisions(kept, records, sources)

    def _without_collisions(
        self,
        settled: dict[SourceId, RowSettlement],
        records: Mapping[SourceId, PsaMapping],
        sources: RowSources,
    ) -> tuple[dict[SourceId, RowSettlement], Mapping[SourceId, PsaMapping]]:
        """Take back mappings to records to which somebody mapped another row at the same moment.

        Both look after they have written, so at least the later one sees the other: never do two remain.
        """
        mapped = {
            source_id: one.made.psa_id
            for source_id, one in settled.items()
            if one.made.ending == "mapped" and one.made.psa_id is not None
        }
        if not mapped or sources.properties.several_records_per_psa_record:
            return settled, records
        joined = self.services.claims.mapped_to(sources.connector.id, self.kind, sorted(set(mapped.values())))
        doubled = [source_id for source_id, psa_id in mapped.items() if len(joined.get(psa_id, ())) > 1]
        if not doubled:
            return settled, records
        back = {source_id: taken_back(settled[source_id], records[source_id]) for source_id in doubled}
        returned = self.services.claims.settle_rows([one.settlement for one in back.values()])
        return settled | back, {**records, **returned}

    def _mirrors(
        self,
        plans: Sequence[RowPlan],
        settled: Mapping[SourceId, RowSettlement],
        records: Mapping[SourceId, PsaMapping],
        read: RowsRead,
    ) -> list[RowMirror]:
        """What was settled now, and what was settled before: Work 365's columns may have been missed or changed."""
        before = {
            plan.wish.source_id: plan.mapping
            for plan in plans
            if plan.step in {"done", "keep"} and plan.mapping is not None
        }
        now = {source_id: records[source_id] for source_id in settled}
        joined = ((read.rows.get(source_id), record) for source_id, record in (before | now).items())
        mirrors = (mirror_of(row, record) for row, record in joined if row is not None)
        return [mirror for mirror in mirrors if mirror is not None]

    def _write_items(
        self,
        plans: Sequence[RowPlan],
        settled: Mapping[SourceId, RowSettlement],
        mirrors: Sequence[RowMirror],
        notes: Mapping[SourceId, str],
        read: RowsRead,
    ) -> None:
        changes: list[JobItemChange] = []
        for plan in plans:
            source_id = plan.wish.source_id
            item, note = self.items[source_id], notes.get(source_id)
            if source_id in settled:
                changes.append(item_change(item, settled[source_id], note=note))
            elif not plan.needs_claim and plan.step != "leave":
                changes.append(item_change_without_claim(item, plan, note=note))
        log = AuditedRows(JobLog(self.job, self._times(read).now)).entries(
            settled.values(), mirrors, noun=NOUNS[self.kind][0], rows=read.rows, refusals=notes
        )
        if changes or log:
            self.services.jobs.settle_items(changes, log)

    def _times(self, read: RowsRead) -> SettlingTimes:
        return settling_times(read.server_time, self.services.clock, self.services.timing)

    def _report(
        self,
        plans: Sequence[RowPlan],
        settled: Mapping[SourceId, RowSettlement],
        stop: StopSignal,
        read: RowsRead,
    ) -> ChunkReport:
        open_rows = [one for one in settled.values() if one.outcome in OPEN_OUTCOMES]
        elsewhere = [
            plan for plan in plans if plan.step == "leave" or (plan.needs_claim and plan.wish.source_id not in settled)
        ]
        wait = run_again_in(open_rows, elsewhere, stop=stop, now=read.server_time.at, timing=self.services.timing)
        return ChunkReport(open_items=len(open_rows) + len(elsewhere), run_again_in=wait)


def _name_of(mapping: PsaMapping | None) -> str:
    return (mapping.psa_name if mapping is not None else None) or ""


def _stopped(plan: RowPlan) -> RowPlan:
    return RowPlan(
        plan.wish,
        "object",
        plan.row,
        plan.mapping,
        RowObjection(CANCELLED, CANCELLED_MESSAGE),
        intent=plan.intent,
    )
