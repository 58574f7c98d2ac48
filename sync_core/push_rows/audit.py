"""What the audit log says about a chunk of rows: one entry for each write to ConnectWise and to Work 365."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dataverse.psasync.records import LogEntry, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.sources.records import RowMirror, SourceRow
from sync_core.errors import OutcomeUnknown
from sync_core.push_rows.plans import RowPlan
from sync_core.push_rows.sending import SentWrite
from sync_core.push_rows.settling import RowSettlement
from sync_core.work.job_log import JobLog

_CREATED, _CHANGED = 201, 200


@dataclass(frozen=True, slots=True)
class AuditedRows:
    """The entries of one run."""

    log: JobLog

    def entries(
        self,
        settled: Iterable[RowSettlement],
        mirrors: Sequence[RowMirror],
        *,
        noun: str,
        rows: Mapping[SourceId, SourceRow],
        refusals: Mapping[SourceId, str],
    ) -> list[LogEntry]:
        """Return the entries of a run, ConnectWise first; `rows` are Work 365's, called `noun`, as they were before."""
        entries: list[LogEntry] = []
        for one in settled:
            plan = one.made.held.plan
            entries += [self._of_write(plan, write) for write in one.made.sent]
            if one.made.ending in {"adopted", "mapped"}:
                entries.append(self._of_mapping(one))
        entries += [self._of_mirror(noun, one, rows.get(one.source_id), refusals.get(one.source_id)) for one in mirrors]
        return entries

    def _of_write(self, plan: RowPlan, write: SentWrite) -> LogEntry:
        error = write.error
        if error is not None:
            what, status = ("unknown" if isinstance(error, OutcomeUnknown) else "refused"), error.vendor_status
        else:
            what, status = ("changed", _CHANGED) if write.what == "default contact" else ("created", _CREATED)
        after: dict[str, object] = {write.what.replace(" ", "_"): dict(write.members)}
        return self.log.entry(
            f"{what} {write.what}",
            plan.wish.source_id,
            psa_id=write.psa_id,
            after=after | ({} if error is None else {"error": error.user_message}),
            vendor_status=status,
            request_ids=None if error is None else error.request_id,
        )

    def _of_mapping(self, settled: RowSettlement) -> LogEntry:
        before, change = settled.made.held.plan.mapping, settled.settlement.change
        return self.log.entry(
            "mapping.create" if before is None or before.psa_id is None else "mapping.change",
            settled.made.held.plan.wish.source_id,
            psa_id=change.psa_id,
            before=_mapping_text(before),
            after={"psa_id": change.psa_id, "psa_name": change.psa_name},
        )

    def _of_mirror(self, noun: str, mirror: RowMirror, row: SourceRow | None, refusal: str | None) -> LogEntry:
        after: dict[str, object] = {"psa_id": mirror.psa_id, "psa_name": mirror.psa_name}
        return self.log.entry(
            f"refused columns of {noun}" if refusal else f"wrote columns of {noun}",
            mirror.source_id,
            psa_id=None if mirror.psa_id is None else int(mirror.psa_id),
            before=None if row is None else {"psa_id": row.psa_id, "psa_name": row.psa_name},
            after=after | ({"error": refusal} if refusal else {}),
        )


def _mapping_text(mapping: PsaMapping | None) -> Mapping[str, object] | None:
    return None if mapping is None else {"psa_id": mapping.psa_id, "psa_name": mapping.psa_name}
