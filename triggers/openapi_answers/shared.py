"""What the answers have in common."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
PsaId = Annotated[int, Field(gt=0, description="id in ConnectWise")]
SourceId = Annotated[UUID, Field(description="id of the Work 365 row")]
AmountText = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="a decimal number as text")]
NextCursor = Annotated[str | None, Field(description="`cursor` of the next page; null at the end")]
Outcome = Literal["pending", "created", "updated", "unchanged", "skipped", "failed", "unknown"]
MappingStatusName = Literal[
    "Not Synced",
    "Pending",
    "Syncing",
    "Synced",
    "Failed",
    "Unknown",
    "Skipped",
    "Changed After Sync",
    "Missing in PSA",
]


class Answer(BaseModel):
    """Open: members may be added to answers at any time, and callers ignore those that they do not know."""

    model_config = ConfigDict(frozen=True)


class ChangedField(Answer):
    """One member that would be written; `from` is what is there now."""

    field: str
    before: Annotated[str | int | None, Field(alias="from")]
    after: Annotated[str | int | None, Field(alias="to")]


class PrerequisiteAnswer(Answer):
    """The step that must come first; `id` is the Work 365 row to jump to, null for the connector's properties."""

    step: Literal["connector", "product", "account", "contact", "billing_contract"]
    id: UUID | None
    name: str | None


class NamedRow(Answer):
    """A row of Work 365 with its name."""

    id: SourceId
    name: str | None


class NamedPsaRecord(Answer):
    """A record of ConnectWise with its name."""

    psa_id: PsaId
    name: str | None
