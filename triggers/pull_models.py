"""Bodies and queries of the import; ids of ConnectWise are integers, those of Work 365 GUID strings."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectwise.directory.records import ListKind, Named
from dataverse.psasync.records import ConnectorId, EntraObjectId
from dataverse.work365.imports.records import ColumnValue, RowId
from sync_core.pull.filters import ONE_TIME, ListFilter, MappedView, SortName
from sync_core.pull.listing import ListedRecord, ListPage, ListQuestion
from sync_core.pull.preview import PlannedImport
from sync_core.pull.submit import PullRequest
from triggers.models import moment_text
from triggers.push_models import MOST_ITEMS

LARGEST_PAGE = 200

PsaId = Annotated[int, Field(gt=0, lt=2**31)]
_Text = Annotated[str, Field(max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PullItem(_Strict):
    """One selected record; `link_to` is the Work 365 row that it is to be joined to."""

    psa_id: PsaId
    link_to: UUID | None = None


class PullPreviewBody(_Strict):
    """Body of `POST /pull/preview`; `import_customers` belongs to agreements."""

    connector_id: UUID
    kind: Literal["company", "agreement"]
    items: Annotated[list[PullItem], Field(min_length=1, max_length=MOST_ITEMS)]
    import_customers: bool = False
    idempotency_key: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")] | None = None

    @model_validator(mode="after")
    def _says_one_thing_about_each_record(self) -> Self:
        links: dict[int, UUID | None] = {}
        for item in self.items:
            if links.setdefault(item.psa_id, item.link_to) != item.link_to:
                msg = f"items: record {item.psa_id} is named twice with different links"
                raise ValueError(msg)
        return self

    @property
    def wishes(self) -> dict[int, RowId | None]:
        """The selected records, each once, with the rows to link."""
        return {item.psa_id: None if item.link_to is None else RowId(str(item.link_to)) for item in self.items}


class PullBody(PullPreviewBody):
    """Body of `POST /pull`."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]

    def request(self, requested_by: EntraObjectId) -> PullRequest:
        """Return what the rules are asked to do."""
        return PullRequest(
            connector_id=ConnectorId(str(self.connector_id)),
            kind=ListKind(self.kind),
            wishes=self.wishes,
            idempotency_key=self.idempotency_key,
            requested_by=requested_by,
            import_customers=self.import_customers,
        )


class _ListQuery(_Strict):
    """What both lists can be asked."""

    connector_id: UUID
    modified_since: date | None = None
    type: tuple[_Text, ...] = ()
    name: _Text | None = None
    mapped: MappedView = "all"
    sort: SortName = "name"
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=2000)] | None = None


class CompaniesQuery(_ListQuery):
    """Query of `GET /pull/companies`."""

    status: _Text | None = None
    with_agreements: Literal["true", "false"] = "false"

    def question(self) -> ListQuestion:
        """Return what the rules are asked."""
        wanted = ListFilter(
            kind=ListKind.COMPANY,
            types=_given(self.type),
            status=self.status or None,
            name=self.name or None,
            modified_since=self.modified_since,
        )
        return _question(self, wanted, with_agreements=self.with_agreements == "true")


class AgreementsQuery(_ListQuery):
    """Query of `GET /pull/agreements`."""

    frequency: _Text | None = None
    company: _Text | None = None

    def question(self) -> ListQuestion:
        """Return what the rules are asked."""
        wanted = ListFilter(
            kind=ListKind.AGREEMENT,
            types=_given(self.type),
            frequency=self.frequency or None,
            name=self.name or None,
            company=self.company or None,
            modified_since=self.modified_since,
        )
        return _question(self, wanted)


def _question(query: _ListQuery, wanted: ListFilter, *, with_agreements: bool = False) -> ListQuestion:
    return ListQuestion(
        connector_id=ConnectorId(str(query.connector_id)),
        filter=wanted,
        view=query.mapped,
        with_agreements=with_agreements,
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
    )


def _given(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({text for text in texts if text}))


def list_json(page: ListPage, kind: ListKind) -> dict[str, Any]:
    """Return a page of a list as the API shows it."""
    show = _company_json if kind is ListKind.COMPANY else _agreement_json
    return {
        "items": [show(record) for record in page.records],
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


def _company_json(record: ListedRecord) -> dict[str, Any]:
    return {
        **_common_json(record),
        "identifier": record.entry.identifier,
        "types": [one.name for one in record.entry.types],
        "status": _name(record.entry.status),
        "has_agreements": record.has_agreements,
    }


def _agreement_json(record: ListedRecord) -> dict[str, Any]:
    entry = record.entry
    return {
        **_common_json(record),
        "type": entry.types[0].name if entry.types else None,
        "status": _name(entry.status),
        "frequency": ONE_TIME if entry.is_one_time else _name(entry.frequency),
        "company": None if entry.company is None else {"psa_id": entry.company.id, "name": entry.company.name},
    }


def _common_json(record: ListedRecord) -> dict[str, Any]:
    mapping = record.mapping
    return {
        "psa_id": record.entry.psa_id,
        "name": record.entry.name,
        "created_on": _time(record.entry.created_on),
        "modified_on": _time(record.entry.modified_on),
        "mapping": None
        if mapping is None
        else {
            "id": mapping.id,
            "source_id": mapping.source_id,
            "status": mapping.status.label,
            "message": mapping.message,
        },
    }


def planned_json(planned: PlannedImport) -> dict[str, Any]:
    """Return one record of a preview as the API shows it."""
    plan = planned.plan
    outcome = "pending"
    if plan.objection is not None:
        outcome = plan.objection.outcome
    elif plan.action == "unchanged":
        outcome = "unchanged"
    suggestion = plan.suggestion
    return {
        "id": plan.source_id,
        "psa_id": plan.psa_id,
        "outcome": outcome,
        "code": plan.objection.code if plan.objection is not None else None,
        "message": planned.message,
        "action": "blocked" if plan.action == "leave" else plan.action,
        "warnings": list(plan.warnings),
        "changes": [
            {"field": change.column, "from": _column(change.before), "to": _column(change.after)}
            for change in plan.all_changes()
        ],
        "suggestion": None
        if suggestion is None
        else {"id": suggestion.row_id, "name": suggestion.name, "reason": suggestion.reason},
    }


def _name(one: Named | None) -> str | None:
    return None if one is None else one.name


def _column(value: ColumnValue) -> str | int | None:
    return value.isoformat() if isinstance(value, date) else value


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)
