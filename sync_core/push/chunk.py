"""One chunk of a push job: read, decide, claim, look up, post once, settle (protocol steps 4 to 9).

Every step may be repeated and the process may die after any of them: what was not settled is found again by its claim
(a lease on the mapping row) and by its marker in ConnectWise.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dataverse.psasync.records import (
    Connector,
    ItemOutcome,
    Job,
    JobId,
    JobItem,
    JobItemChange,
    JobKind,
    LogEntry,
    ServerTime,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.records import InvoiceLineId, LineMirror
from sync_core.errors import ConfigurationFault
from sync_core.policies import ConnectorPolicies, policies_from_properties
from sync_core.ports import Claim, Psa, Settlement
from sync_core.push.audit import AuditedChunk
from sync_core.push.decisions import Decision, decide
from sync_core.push.mirroring import mirror_lines
from sync_core.push.posting import HeldLine, LineResult, post_lines
from sync_core.push.reading import FactsRead, read_facts
from sync_core.push.services import PushServices
from sync_core.push.settling import (
    LineSettlement,
    flag_settlement,
    item_change,
    item_change_without_row,
    mirror_of_row,
    settle_line,
    with_note,
)
from sync_core.push.waiting import run_again_in
from sync_core.work.chunk import OPEN_OUTCOMES, ChunkReport, ChunkRunner, work_chunk
from sync_core.work.job_log import JobLog
from sync_core.work.job_state import stop_job
from sync_core.work.stop_signal import StopSignal
from sync_core.work.times import SettlingTimes, lease_until, send_before, settling_times


def push_runner(services: PushServices) -> ChunkRunner:
    """Return what works on chunks of invoice lines."""

    def run(job: Job, items: Sequence[JobItem]) -> ChunkReport:
        return _ChunkRun(services, job, items).run()

    return run


def run_chunk(services: PushServices, job_id: JobId, chunk: int) -> ChunkReport:
    """Push what is open in one chunk; see `work_chunk`."""
    return work_chunk(services, job_id, chunk, runner_of=lambda _: push_runner(services))


def _mirrors_of(
    settled: Mapping[InvoiceLineId, LineSettlement], decisions: Sequence[Decision], flags: Sequence[LineMirror]
) -> list[LineMirror]:
    """What was settled now, and what an earlier run settled: it may have died before it wrote Work 365's columns."""
    settled_now = [line.mirror for line in settled.values() if line.mirror is not None]
    settled_before = [
        mirror_of_row(decision.facts.line, decision.mapping)
        for decision in decisions
        if decision.step == "already_done" and decision.facts is not None and decision.mapping is not None
    ]
    return [*settled_now, *settled_before, *flags]


class _ChunkRun:
    """The work on the open items of one chunk by one worker."""

    def __init__(self, services: PushServices, job: Job, items: Sequence[JobItem]) -> None:
        self.services = services
        self.job = job
        self.items = {InvoiceLineId(item.source_id): item for item in items if item.source_id is not None}
        self.claimed_by = f"{job.id}/{uuid.uuid4()}"

    def run(self) -> ChunkReport:
        """Work through the items; the faults of `run_chunk` pass through."""
        connector = self._connector()
        policies = policies_from_properties(connector.properties)
        work365 = self.services.work365_as(self.job.requested_by)
        psa = self.services.psa_of(connector)
        read = read_facts(
            list(self.items),
            work365=work365,
            ledger=self.services.ledger,
            psa=psa,
            connector_id=connector.id,
            policies=policies,
        )
        decisions = [self._decide(item, read) for item in self.items.values()]
        claimed = self._claim(decisions, connector, read.server_time)
        held = [HeldLine(decision, claimed[decision.line_id]) for decision in decisions if decision.line_id in claimed]
        results, stop = self._post(held, psa, policies, read.server_time)
        flagged = [flag for decision in decisions if (flag := flag_settlement(decision)) is not None]
        settled, rows = self._settle(results, flagged, psa, read.server_time)
        flags = [mirror for settlement, mirror in flagged if settlement.held.source_id in rows]
        mirrors = _mirrors_of(settled, decisions, flags)
        notes = mirror_lines(mirrors, work365=work365, ledger=self.services.ledger, connector_id=connector.id)
        self._note_refused_mirrors(settled, rows, notes)
        log = AuditedChunk(JobLog(self.job, self._times(read.server_time).now)).entries(
            settled.values(),
            mirrors,
            rows_before={one.line_id: one.mapping for one in decisions if one.mapping is not None},
            refusals=notes,
        )
        self._write_items(settled, self._without_row(decisions), notes, log)
        if stop.fault is not None:
            stop_job(self.services, self.job.id, stop.fault)
        return self._report(decisions, settled, stop, read.server_time)

    def _connector(self) -> Connector:
        connector = self.services.ledger.connector(self.job.connector_id)
        if connector is None:
            raise ConfigurationFault(
                user_message="The connector of this job was deleted; choose another connector and push again.",
                code="connector_missing",
            )
        return connector

    def _decide(self, item: JobItem, read: FactsRead) -> Decision:
        return decide(
            item,
            read,
            line_id=InvoiceLineId(item.source_id or ""),
            asked_for_line=self.job.kind == JobKind.INVOICE_LINE,
        )

    def _claim(
        self, decisions: Sequence[Decision], connector: Connector, server_time: ServerTime
    ) -> Mapping[InvoiceLineId, PsaMapping]:
        until = lease_until(server_time, self.services.timing)
        claims = [
            Claim(
                decision.line_id,
                # A doubt keeps the agreement that its POST went to.
                None if decision.in_doubt else decision.agreement_id,
                decision.mapping,
                self.claimed_by,
                until,
            )
            for decision in decisions
            if decision.needs_claim and decision.step != "leave"
        ]
        return self.services.ledger.claim(connector.id, claims) if claims else {}

    def _post(
        self, held: Sequence[HeldLine], psa: Psa, policies: ConnectorPolicies, server_time: ServerTime
    ) -> tuple[list[LineResult], StopSignal]:
        timing = self.services.timing
        return post_lines(
            held,
            psa=psa,
            policies=policies,
            send_before=send_before(server_time, timing),
            agreements_in_parallel=timing.agreements_in_parallel,
        )

    def _settle(
        self,
        results: Sequence[LineResult],
        flagged: Sequence[tuple[Settlement, LineMirror]],
        psa: Psa,
        server_time: ServerTime,
    ) -> tuple[dict[InvoiceLineId, LineSettlement], Mapping[SourceId, PsaMapping]]:
        """Write the mapping rows; lines whose row was taken over meanwhile are left to the worker that took it."""
        times = self._times(server_time)
        settlements = [
            settle_line(
                result,
                self.items[result.held.decision.line_id],
                times=times,
                psa_link=psa.link_to_agreement(result.agreement_id) if result.agreement_id is not None else None,
            )
            for result in results
        ]
        wanted = [settled.settlement for settled in settlements] + [settlement for settlement, _ in flagged]
        rows = self.services.ledger.settle(wanted) if wanted else {}
        kept = [settled for settled in settlements if settled.settlement.held.source_id in rows]
        return {settled.result.held.decision.line_id: settled for settled in kept}, rows

    def _note_refused_mirrors(
        self,
        settled: Mapping[InvoiceLineId, LineSettlement],
        rows: Mapping[SourceId, PsaMapping],
        notes: Mapping[InvoiceLineId, str],
    ) -> None:
        """Say in the mapping row too why Work 365 shows something else; the row stays as it was settled."""
        noted = [
            Settlement(
                rows[SourceId(line_id)],
                replace(line.settlement.change, status_message=with_note(line.message, notes.get(line_id))),
            )
            for line_id, line in settled.items()
            if line_id in notes
        ]
        if noted:
            self.services.ledger.settle(noted)

    def _times(self, server_time: ServerTime) -> SettlingTimes:
        return settling_times(server_time, self.services.clock, self.services.timing)

    def _without_row(self, decisions: Sequence[Decision]) -> list[JobItemChange]:
        return [
            item_change_without_row(self.items[decision.line_id], decision)
            for decision in decisions
            if not decision.needs_claim and decision.step != "leave"
        ]

    def _write_items(
        self,
        settled: Mapping[InvoiceLineId, LineSettlement],
        without_row: Sequence[JobItemChange],
        notes: Mapping[InvoiceLineId, str],
        log: Sequence[LogEntry],
    ) -> None:
        changes = [
            *without_row,
            *(item_change(self.items[line_id], line, note=notes.get(line_id)) for line_id, line in settled.items()),
        ]
        if changes or log:
            self.services.jobs.settle_items(changes, log)

    def _report(
        self,
        decisions: Sequence[Decision],
        settled: Mapping[InvoiceLineId, LineSettlement],
        stop: StopSignal,
        server_time: ServerTime,
    ) -> ChunkReport:
        open_lines = [line for line in settled.values() if line.outcome in OPEN_OUTCOMES]
        elsewhere = [decision for decision in decisions if decision.step == "leave"]
        unknown = [one for one in elsewhere if self.items[one.line_id].outcome is ItemOutcome.UNKNOWN]
        wait = run_again_in(open_lines, unknown, stop=stop, now=server_time.at, timing=self.services.timing)
        return ChunkReport(open_items=len(open_lines) + len(elsewhere), run_again_in=wait)
