"""Bodies of the HTTP API; money and quantities are decimal strings, ids of Work 365 are GUID strings."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dataverse.psasync.records import ConnectorId, EntraObjectId, ItemOutcome, Job, JobItem, JobState, OutcomeCounts
from dataverse.work365.records import InvoiceLineId
from sync_core.jobs import state_from_counts
from sync_core.push.preview import Amount, Preview, PreviewItem
from sync_core.push.submit import PushRequest

MOST_ITEMS = 20_000
"""Records in one request; a month of a large provider is about half of it."""

DecimalText = Annotated[str, Field(pattern=r"^-?\d{1,13}(\.\d{1,10})?$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PushItem(_Body):
    """One selected record."""

    id: UUID
    action: Literal["push"] = "push"


class PreviewBody(_Body):
    """Body of `POST /push/preview`."""

    connector_id: UUID
    kind: Literal["invoice_line", "invoice"]
    items: Annotated[list[PushItem], Field(min_length=1, max_length=MOST_ITEMS)]
    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    previewed_amounts: Annotated[dict[UUID, DecimalText], Field(max_length=MOST_ITEMS)] = Field(default_factory=dict)

    @property
    def record_ids(self) -> list[str]:
        """The selected records as GUIDs in lower case."""
        return [str(item.id) for item in self.items]


class PushBody(PreviewBody):
    """Body of `POST /push`; `previewed_amounts` are the amounts that the preview showed, by line."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)]

    @field_validator("idempotency_key")
    @classmethod
    def _has_a_visible_character(cls, value: str) -> str:
        if not value.strip():
            msg = "must hold a character other than a blank"
            raise ValueError(msg)
        return value

    def request(self, requested_by: EntraObjectId) -> PushRequest:
        """Return what the rules are asked to do."""
        return PushRequest(
            connector_id=ConnectorId(str(self.connector_id)),
            kind=self.kind,
            record_ids=self.record_ids,
            idempotency_key=self.idempotency_key,
            requested_by=requested_by,
            previewed_amounts={
                InvoiceLineId(str(line_id)): Decimal(amount) for line_id, amount in self.previewed_amounts.items()
            },
        )


def moment_text(moment: datetime) -> str:
    """Return a time in UTC as the API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def job_json(job: Job, counts: OutcomeCounts) -> dict[str, Any]:
    """Return a job as the API shows it; state and counts are those of its items now."""
    state = state_from_counts(counts, job.state)
    total = max(job.total, counts.total)
    return {
        "job_id": job.id,
        # Until all items are written the job waits, as far as a caller is concerned.
        "state": ("queued" if state is JobState.PREPARING else state.name.lower()),
        "message": job.message,
        "counts": {
            "total": total,
            "done": counts.total - counts.open,
            **{
                outcome.name.lower(): counts.of(outcome)
                for outcome in (
                    ItemOutcome.CREATED,
                    ItemOutcome.UPDATED,
                    ItemOutcome.UNCHANGED,
                    ItemOutcome.SKIPPED,
                    ItemOutcome.FAILED,
                    ItemOutcome.UNKNOWN,
                )
            },
        },
    }


def item_json(item: JobItem) -> dict[str, Any]:
    """Return an item as the API shows it."""
    return {
        "id": item.source_id,
        "psa_id": item.psa_id,
        "outcome": item.outcome.name.lower(),
        "code": item.code,
        "message": item.message,
        "invoice_id": item.invoice_id,
    }


def preview_json(preview: Preview) -> dict[str, Any]:
    """Return a preview as the API shows it."""
    return {
        "items": [_preview_item_json(item) for item in preview.items],
        "totals": [_amount_json(total) for total in preview.totals],
    }


def _preview_item_json(item: PreviewItem) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": item.record_id,
        "psa_id": item.psa_id,
        "outcome": item.outcome,
        "code": item.code,
        "message": item.message,
        "action": item.action,
        "warnings": list(item.warnings),
        "changes": [{"field": change.member, "from": change.before, "to": change.after} for change in item.changes],
    }
    if item.amount is not None:
        shown["amount"] = _amount_json(item.amount)
    return shown


def _amount_json(amount: Amount) -> dict[str, str]:
    return {
        "work365": f"{amount.work365:f}",
        "connectwise": f"{amount.connectwise:f}",
        "currency": amount.currency,
    }
