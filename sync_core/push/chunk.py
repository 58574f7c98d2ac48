"""One chunk of a push job: read, decide, claim, look up, post once, settle (protocol steps 4 to 9).

Every step may be repeated and the process may die after any of them: what was not settled is found again by its claim
(a lease on the mapping row) and by its marker in ConnectWise.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from connectwise.errors import ConnectWiseError
from dataverse.errors import DataverseError
from dataverse.psasync.records import (
    Connector,
    ItemOutcome,
    Job,
    JobId,
    JobItem,
    JobItemChange,
    JobKind,
    JobState,
    LogEntry,
    ServerTime,
    SourceId,
)
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.records import InvoiceLineId, LineMirror
from sync_core.classify import classify
from sync_core.errors import ConfigurationFault, SyncError, TransientFault
from sync_core.policies import ConnectorPolicies, policies_from_properties
from sync_core.ports import Claim, Psa, Settlement
from sync_core.push.decisions import Decision, decide
from sync_core.push.job_state import refresh_job, stop_job
from sync_core.push.mirroring import mirror_lines
from sync_core.push.posting import HeldLine, LineResult, StopSignal, post_lines
from sync_core.push.reading import FactsRead, read_facts
from sync_core.push.services import PushServices
from sync_core.push.settling import (
    LineSettlement,
    SettlingTimes,
    flag_settlement,
    item_change,
    item_change_without_row,
    log_entry,
    mirror_of_row,
    settle_line,
    with_note,
)
from sync_core.push.waiting import run_again_in

OPEN_OUTCOMES = frozenset({ItemOutcome.PENDING, ItemOutcome.UNKNOWN})


class UnknownChunk(LookupError):
    """The message names a job or a chunk that does not exist: it is not ours, or the job was deleted."""


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """What a run left behind: `open_items` are pending or unknown; `run_again_in` seconds, None when nothing waits."""

    open_items: int
    run_again_in: float | None


def run_chunk(services: PushServices, job_id: JobId, chunk: int) -> ChunkReport:
    """Push what is open in one chunk and send the chunk again, delayed, if something must wait.

    Raises UnknownChunk for a message that is not ours. A configuration fault stops the whole job; a transient fault
    leaves the items as they are. Anything else is a bug and propagates.
    """
    try:
        found = services.jobs.items_of_chunk(job_id, chunk)
        if found is None or not found[1]:
            raise UnknownChunk(f"no chunk {chunk} of job {job_id}")
        job, items = found
        if job.state == JobState.FAILED:
            _close_pending(services, job, chunk, items)
        run = _ChunkRun(services, job, chunk, [item for item in items if _is_to_do(job, item)])
        report = run.run() if run.items else ChunkReport(0, None)
        refresh_job(services, job_id)
    except (ConnectWiseError, DataverseError) as error:
        # Outside posting every write can be repeated, so even a lost answer is only a reason to come back later.
        return _after_fault(services, job_id, chunk, classify(error, writing=False))
    except (ConfigurationFault, TransientFault) as fault:
        return _after_fault(services, job_id, chunk, fault)
    if report.run_again_in is not None:
        services.queue.send(job_id, chunk, delay=report.run_again_in)
    return report


def _close_pending(services: PushServices, job: Job, chunk: int, items: Sequence[JobItem]) -> None:
    """Settle what a stopped job still shows as pending: another worker may have written it after the stop."""
    if any(item.outcome is ItemOutcome.PENDING for item in items):
        message = job.message or "This job was stopped; save again."
        services.jobs.fail_open_items(job.id, code="job_stopped", message=message, chunk=chunk)


def _is_to_do(job: Job, item: JobItem) -> bool:
    """A stopped job sends nothing more, but what it left unknown is still followed."""
    if job.state in {JobState.CANCELLED, JobState.FAILED}:
        return item.outcome is ItemOutcome.UNKNOWN
    return item.outcome in OPEN_OUTCOMES


def _after_fault(services: PushServices, job_id: JobId, chunk: int, fault: SyncError) -> ChunkReport:
    if isinstance(fault, ConfigurationFault):
        stop_job(services, job_id, fault)
        return ChunkReport(0, None)
    retry_after = fault.retry_after if isinstance(fault, TransientFault) else None
    delay = max(retry_after or 0.0, services.timing.retry_delay)
    services.queue.send(job_id, chunk, delay=delay)
    return ChunkReport(open_items=0, run_again_in=delay)


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

    def __init__(self, services: PushServices, job: Job, chunk: int, items: Sequence[JobItem]) -> None:
        self.services = services
        self.job = job
        self.chunk = chunk
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
        flagged = [flag_settlement(decision) for decision in decisions if decision.flag is not None]
        settled, rows = self._settle(results, flagged, psa, read.server_time)
        flags = [mirror for settlement, mirror in flagged if settlement.held.source_id in rows]
        notes = mirror_lines(
            _mirrors_of(settled, decisions, flags),
            work365=work365,
            ledger=self.services.ledger,
            connector_id=connector.id,
        )
        self._note_refused_mirrors(settled, rows, notes)
        self._write_items(settled, self._without_row(decisions), notes, connector, read.server_time)
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
        until = server_time.at + timedelta(seconds=self.services.timing.lease)
        claims = [
            Claim(decision.line_id, decision.agreement_id, decision.mapping, self.claimed_by, until)
            if not decision.in_doubt
            else Claim(decision.line_id, None, decision.mapping, self.claimed_by, until)
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
            send_before=server_time.monotonic + timing.lease - timing.post_commit - timing.clock_margin,
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
        """Dataverse's time now can be later than this by what the Date header rounds down, never earlier."""
        timing = self.services.timing
        elapsed = self.services.clock.monotonic() - server_time.monotonic
        now = server_time.at + timedelta(seconds=elapsed)
        return SettlingTimes(now=now, look_up_after=now + timedelta(seconds=timing.post_commit + timing.clock_margin))

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
        connector: Connector,
        server_time: ServerTime,
    ) -> None:
        changes = list(without_row)
        log: list[LogEntry] = []
        now = self._times(server_time).now
        for line_id, line in settled.items():
            changes.append(item_change(self.items[line_id], line, note=notes.get(line_id)))
            entry = log_entry(line, self.job, connector.id, when=now)
            if entry is not None:
                log.append(entry)
        if changes:
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
