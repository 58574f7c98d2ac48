"""Bodies of `POST /push` and `POST /push/preview`, and what they answer.

Money and quantities are decimal strings, ids of Work 365 are GUID strings.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dataverse.psasync.records import ConnectorId, EntraObjectId, SourceId
from dataverse.work365.records import InvoiceLineId
from sync_core.push.decisions import HELD_ELSEWHERE
from sync_core.push.preview import Amount, Preview, PreviewItem
from sync_core.push.submit import PushKind, PushRequest
from sync_core.push_rows.plans import RowPlan
from sync_core.push_rows.preview import PlannedRow
from sync_core.push_rows.submit import RowsRequest
from sync_core.push_rows.wishes import KINDS, RowKindName, RowWish, fingerprint
from triggers.models import prerequisite_json
from triggers.problems import Fault, FaultsFound

MOST_ITEMS = 20_000
"""Records in one request; a month of a large provider is about half of it."""

DecimalText = Annotated[str, Field(pattern=r"^-?\d{1,13}(\.\d{1,10})?$")]
PsaId = Annotated[int, Field(gt=0, lt=2**31)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PushItem(_Body):
    """One selected record: lines and invoices are pushed; products, accounts and billing contracts created or mapped.

    `one_time` chooses how a new agreement bills. `previewed` is what the preview answered under this name.
    """

    id: UUID
    action: Literal["push", "create", "map"] = "push"
    psa_id: PsaId | None = None
    one_time: bool | None = None
    previewed: Annotated[str, Field(max_length=1000)] | None = None

    def wish(self) -> RowWish:
        """Return what is to be done with a row."""
        action: Literal["create", "map"] = "map" if self.action == "map" else "create"
        return RowWish(SourceId(str(self.id)), action, self.psa_id, self.one_time, self.previewed)


class PreviewBody(_Body):
    """Body of `POST /push/preview`."""

    connector_id: UUID
    kind: Literal["invoice_line", "invoice", "product", "account", "billing_contract"]
    items: Annotated[list[PushItem], Field(min_length=1, max_length=MOST_ITEMS)]
    idempotency_key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    previewed_amounts: Annotated[dict[UUID, DecimalText], Field(max_length=MOST_ITEMS)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _items_fit_the_kind(self) -> "PreviewBody":
        faults: list[Fault] = []
        seen: set[UUID] = set()
        for position, item in enumerate(self.items):
            found = _fault_of(item, self.kind)
            if found is not None:
                faults.append(Fault(f"items.{position}.{found[0]}", found[1]))
            if self.row_kind is not None and item.id in seen:
                faults.append(Fault(f"items.{position}.id", "is in the list twice"))
            seen.add(item.id)
        if faults:
            raise FaultsFound(faults)
        return self

    @property
    def row_kind(self) -> RowKindName | None:
        """The kind when it is one of rows that are created or mapped, None for lines and invoices."""
        return next((kind for kind in KINDS if kind == self.kind), None)

    @property
    def line_kind(self) -> PushKind:
        """The kind when it is one of lines."""
        return "invoice" if self.kind == "invoice" else "invoice_line"

    @property
    def record_ids(self) -> list[str]:
        """The selected records as GUIDs in lower case."""
        return [str(item.id) for item in self.items]

    @property
    def wishes(self) -> list[RowWish]:
        """What is to be done with each row."""
        return [item.wish() for item in self.items]


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
        """Return what the rules of lines are asked to do."""
        return PushRequest(
            connector_id=ConnectorId(str(self.connector_id)),
            kind=self.line_kind,
            record_ids=self.record_ids,
            idempotency_key=self.idempotency_key,
            requested_by=requested_by,
            previewed_amounts={
                InvoiceLineId(str(line_id)): Decimal(amount) for line_id, amount in self.previewed_amounts.items()
            },
        )

    def rows_request(self, kind: RowKindName, requested_by: EntraObjectId) -> RowsRequest:
        """Return what the rules of rows are asked to do."""
        return RowsRequest(
            connector_id=ConnectorId(str(self.connector_id)),
            kind=kind,
            wishes=self.wishes,
            idempotency_key=self.idempotency_key,
            requested_by=requested_by,
        )


def preview_json(preview: Preview) -> dict[str, Any]:
    """Return a preview of lines as the API shows it."""
    return {
        "items": [_preview_item_json(item) for item in preview.items],
        "totals": [_amount_json(total) for total in preview.totals],
    }


def rows_preview_json(planned: list[PlannedRow]) -> dict[str, Any]:
    """Return a preview of rows as the API shows it."""
    return {"items": [_planned_row_json(one) for one in planned], "totals": []}


def _fault_of(item: PushItem, kind: str) -> tuple[str, str] | None:
    """Return the member that does not fit the kind, and what is wrong with it."""
    if kind not in KINDS:
        if item.action != "push":
            return "action", f"must be push for the kind {kind}"
        given = {"psa_id": item.psa_id, "one_time": item.one_time, "previewed": item.previewed}
        extra = next((name for name, value in given.items() if value is not None), None)
        return None if extra is None else (extra, f"is not known for the kind {kind}")
    if item.action == "push":
        return "action", f"must be create or map for the kind {kind}"
    if (item.action == "map") is (item.psa_id is None):
        return "psa_id", "is needed to map" if item.action == "map" else "is only for the action map"
    if item.one_time is not None and (kind != "billing_contract" or item.action != "create"):
        return "one_time", "is only for the creation of an agreement"
    return None


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
        "prerequisite": prerequisite_json(item.prerequisite),
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


def _planned_row_json(one: PlannedRow) -> dict[str, Any]:
    plan, members = one.plan, one.plan.members
    objection, mapping = plan.objection, plan.mapping
    psa_id = plan.target.psa_id if plan.target is not None else mapping.psa_id if mapping is not None else None
    return {
        "id": plan.wish.source_id,
        "psa_id": plan.existing.psa_id if plan.existing is not None else psa_id,
        "outcome": _outcome_of(plan),
        "code": objection.code if objection is not None else HELD_ELSEWHERE if plan.step == "leave" else None,
        "message": one.message,
        "action": _ACTIONS[plan.step],
        "warnings": list(plan.warnings),
        "changes": [{"field": name, "from": _before(plan, name), "to": value} for name, value in members.items()],
        "previewed": fingerprint(members) if members else None,
        "prerequisite": prerequisite_json(objection.prerequisite if objection is not None else None),
    }


_ACTIONS = {
    "create": "create",
    "map": "map",
    "keep": "skip",
    "done": "skip",
    "leave": "blocked",
    "object": "blocked",
}


def _outcome_of(plan: RowPlan) -> str:
    if plan.step in {"keep", "done"}:
        return "unchanged"
    if plan.step == "leave":
        return "skipped"
    return "pending" if plan.objection is None else plan.objection.outcome


def _before(plan: RowPlan, member: str) -> str | None:
    mapping = plan.mapping
    if plan.step != "map" or mapping is None or mapping.psa_id is None:
        return None
    return str(mapping.psa_id) if member == "psa_id" else mapping.psa_name
