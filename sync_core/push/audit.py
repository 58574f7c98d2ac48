"""What the audit log says about a chunk: one entry for each write to ConnectWise and to Work 365 that was tried."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dataverse.psasync.records import LogEntry, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.records import InvoiceLineId, LineMirror
from sync_core.push.posting import LineResult
from sync_core.push.settling import LineSettlement
from sync_core.work.job_log import JobLog

_CREATED = 201


@dataclass(frozen=True, slots=True)
class AuditedChunk:
    """The entries of one run."""

    log: JobLog

    def entries(
        self,
        settled: Iterable[LineSettlement],
        mirrors: Sequence[LineMirror],
        *,
        rows_before: Mapping[InvoiceLineId, PsaMapping],
        refusals: Mapping[InvoiceLineId, str],
    ) -> list[LogEntry]:
        """Return the entries of a run, ConnectWise first.

        `rows_before` are our records before the run: Work 365's columns mirror them. `refusals` say why columns could
        not be written.
        """
        additions = (self._of_addition(line) for line in settled)
        return [
            *(entry for entry in additions if entry is not None),
            *(self._of_mirror(one, rows_before.get(one.line_id), refusals.get(one.line_id)) for one in mirrors),
        ]

    def _of_addition(self, settled: LineSettlement) -> LogEntry | None:
        result = settled.result
        if not result.was_sent and result.ending != "adopted":
            return None
        error = result.error
        return self.log.entry(
            f"{result.ending} addition of agreement {result.agreement_id}",
            SourceId(result.held.decision.line_id),
            psa_id=settled.settlement.change.psa_id,
            after=_written(result),
            vendor_status=_CREATED if result.ending == "posted" else error.vendor_status if error is not None else None,
            request_ids=error.request_id if error is not None else None,
        )

    def _of_mirror(self, mirror: LineMirror, before: PsaMapping | None, refusal: str | None) -> LogEntry:
        after: dict[str, object] = {
            "status": mirror.status,
            "psa_id": mirror.psa_id,
            "psa_name": mirror.psa_name,
            "message": mirror.message,
        }
        return self.log.entry(
            "refused columns of invoice line" if refusal else "wrote columns of invoice line",
            SourceId(mirror.line_id),
            psa_id=mirror.psa_id,
            before=None if before is None else {"status": before.status.label, "psa_id": before.psa_id},
            after=after | ({"error": refusal} if refusal else {}),
        )


def _written(result: LineResult) -> dict[str, object]:
    plan, error = result.held.decision.plan, result.error
    written: dict[str, object] = {}
    if plan is not None:
        written["addition"] = plan.addition.model_dump(mode="json", by_alias=True, exclude_none=True)
    if error is not None:
        written["error"] = error.user_message
    return written
