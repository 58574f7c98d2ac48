"""Answers of the import: previews and lists."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from triggers.openapi_answers.shared import (
    Answer,
    ChangedField,
    Count,
    MappingStatusName,
    NamedPsaRecord,
    NextCursor,
    Outcome,
    PsaId,
    SourceId,
)


class ImportSuggestion(Answer):
    """The Work 365 row that seems to be the same, and why."""

    id: SourceId
    name: str
    reason: str


class PullPreviewItem(Answer):
    """What would happen to one record."""

    id: SourceId | None
    psa_id: PsaId
    outcome: Outcome
    code: str | None
    message: str
    action: Literal["create", "update", "unchanged", "skip", "blocked"]
    warnings: list[str]
    changes: list[ChangedField]
    suggestion: ImportSuggestion | None


class PullPreviewAnswer(Answer):
    """What an import of the same body would do; there are no amounts to sum."""

    items: list[PullPreviewItem]
    totals: list[None]


class PullMapping(Answer):
    """What a record of ConnectWise is mapped to."""

    id: UUID
    source_id: SourceId
    status: MappingStatusName
    message: str


class _ListedPsaRecord(Answer):
    """What companies and agreements have in common."""

    psa_id: PsaId
    name: str
    created_on: datetime | None
    modified_on: datetime | None
    mapping: PullMapping | None


class PullListCompany(_ListedPsaRecord):
    """A company; `has_agreements` is null unless it was asked for."""

    identifier: str | None
    types: list[str]
    status: str | None
    has_agreements: bool | None


class PullListAgreement(_ListedPsaRecord):
    """An agreement."""

    type: str | None
    status: str | None
    frequency: str | None
    company: NamedPsaRecord | None


class PullCompaniesAnswer(Answer):
    """A page of companies; `total` counts the whole list."""

    items: list[PullListCompany]
    next_cursor: NextCursor
    total: Count


class PullAgreementsAnswer(Answer):
    """A page of agreements; `total` counts the whole list."""

    items: list[PullListAgreement]
    next_cursor: NextCursor
    total: Count
