"""Answers about mappings."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from triggers.openapi_answers.shared import Answer, MappingStatusName, PsaId, SourceId


class MappingAnswer(Answer):
    """The integration record of one Work 365 row on one connector."""

    id: UUID
    connector_id: UUID
    kind: Literal["account", "product", "billing_contract", "invoice_line"]
    source_id: SourceId
    psa_id: PsaId | None
    psa_name: str | None
    psa_parent_id: PsaId | None
    psa_link: str | None
    status: MappingStatusName
    message: str | None
    last_synced_on: datetime | None


class MappingsAnswer(Answer):
    """All mappings of one record."""

    items: list[MappingAnswer]


class UnmappedAnswer(Answer):
    """`mirror_problem` says why Work 365's own columns could not be written."""

    mirror_problem: str | None


class MappedAnswer(MappingAnswer):
    """A mapping that was just made; `mirror_problem` says why Work 365's own columns could not be written."""

    mirror_problem: str | None
