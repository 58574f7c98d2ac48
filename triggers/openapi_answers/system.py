"""Answers of the audit export, the routes of health, and this description; and errors."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from triggers.openapi_answers.shared import Answer, NextCursor, PsaId, SourceId


class AuditEntry(Answer):
    """One attempted write; `who` is an Entra object id, `before` and `after` are JSON texts."""

    job_id: UUID | None
    connector_id: UUID
    when: datetime
    who: UUID
    what: str
    source_id: SourceId | None
    psa_id: PsaId | None
    before: str | None
    after: str | None
    vendor_status: int | None
    request_ids: str | None
    correlation_id: str


class AuditAnswer(Answer):
    """A page of the audit log in the order of writing."""

    items: list[AuditEntry]
    next_cursor: NextCursor


class HealthAnswer(Answer):
    """The app runs."""

    version: str


class ReadyAnswer(Answer):
    """The settings are complete and Dataverse answers; `dataverse_time` is its clock."""

    version: str
    dataverse_time: datetime


class OpenApiAnswer(Answer):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]


class RequestFault(Answer):
    """One fault of a request."""

    path: str
    message: str


class ProblemDocument(Answer):
    """An error (RFC 9457); `claims` is what the next sign-in has to ask for."""

    model_config = ConfigDict(title="Problem", frozen=True)

    type: str
    title: str
    status: int
    code: str
    detail: str
    reference: str
    errors: list[RequestFault] = Field(default_factory=list)
    claims: str | None = None
