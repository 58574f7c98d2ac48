"""What is to be done with one row: the same plan for the preview and for Save (decision D8)."""

from dataclasses import dataclass, field
from typing import Literal

from connectwise.creation.records import (
    NewAgreement,
    NewCatalogItem,
    NewCompany,
    NewContact,
    StoredCompany,
    StoredContact,
)
from connectwise.records import CompanyId
from dataverse.psasync.records import Mapping, MappingKind, MappingStatus
from dataverse.work365.sources.records import SourceRow
from sync_core.linking.targets import NOUNS, Target
from sync_core.mapping.creations import Blocked, shown
from sync_core.prerequisites import Prerequisite
from sync_core.push_rows.wishes import RowWish
from sync_core.work.claims import IN_DOUBT, is_in_doubt

Step = Literal["done", "leave", "object", "keep", "map", "create"]
NewRecord = NewCatalogItem | NewCompany | NewAgreement


@dataclass(frozen=True, slots=True)
class RowObjection:
    """Why nothing is done with a row: `message` is one sentence that says what to do next."""

    code: str
    message: str
    outcome: Literal["skipped", "failed"] = "skipped"
    prerequisite: Prerequisite | None = None


@dataclass(frozen=True, slots=True)
class Existing:
    """A record of ConnectWise that was made for this very row before."""

    psa_id: int
    name: str


@dataclass(frozen=True, slots=True)
class RowPlan:
    """One row and what to do with it.

    `done`: this very job did it. `leave`: somebody else is at it, or it is too early to look. `object`: a rule forbids
    it. `keep`: it is mapped so already. `map`: join it to `target`. `create`: post `record`, unless `existing` is
    there. `intent` is the identifier or marker under which the record is found again. `company` is the one of a new
    agreement, or the one that an account already has; `contact` is the person it still needs, `known_contact` that
    person where ConnectWise has them.
    """

    wish: RowWish
    step: Step
    row: SourceRow | None = None
    mapping: Mapping | None = None
    objection: RowObjection | None = None
    target: Target | None = None
    record: NewRecord | None = None
    existing: Existing | None = None
    company: StoredCompany | None = None
    contact: NewContact | None = None
    known_contact: StoredContact | None = None
    intent: str = ""
    warnings: tuple[str, ...] = field(default=())

    @property
    def in_doubt(self) -> bool:
        """Whether a POST may have been sent before."""
        return is_in_doubt(self.mapping)

    @property
    def needs_claim(self) -> bool:
        """Whether the integration record is written."""
        return self.step in {"map", "create"} or (self.step == "object" and self.in_doubt)

    @property
    def parent_id(self) -> CompanyId | None:
        """The company to which a new agreement belongs, or in which one may have been made."""
        if isinstance(self.record, NewAgreement):
            return self.record.company_id
        return None

    @property
    def members(self) -> dict[str, str]:
        """Every member that will be written, as text."""
        if self.step == "map" and self.target is not None:
            return {"psa_id": str(self.target.psa_id), "psa_name": self.target.name}
        if self.step != "create" or self.record is None or self.existing is not None:
            return {}
        members = dict(shown(self.record))
        if self.contact is not None:
            members |= {f"contact.{name}": value for name, value in shown(self.contact).items()}
        return members


def object_to(wish: RowWish, row: SourceRow | None, mapping: Mapping | None, objection: RowObjection) -> RowPlan:
    """Return the plan of a row with which nothing is done."""
    return RowPlan(wish, "object", row, mapping, objection)


def blocked_by(wish: RowWish, row: SourceRow, mapping: Mapping | None, blocked: Blocked) -> RowPlan:
    """Return the plan of a row that a rule of the mapping forbids to create."""
    return object_to(wish, row, mapping, RowObjection(blocked.code, blocked.message, prerequisite=blocked.prerequisite))


def is_settled(mapping: Mapping) -> bool:
    """Whether nothing is left to do about this integration record."""
    return mapping.status not in IN_DOUBT | {MappingStatus.FAILED, MappingStatus.PENDING}


def is_joined(mapping: Mapping | None) -> bool:
    """Whether the row has its ConnectWise record; a company may still lack its default contact."""
    if mapping is None or mapping.psa_id is None:
        return False
    return mapping.kind is not MappingKind.ACCOUNT or is_settled(mapping)


def intent_of(mapping: Mapping | None) -> str | None:
    """Return the identifier or marker under which an earlier POST may have made a record, None without doubt."""
    return mapping.psa_name if mapping is not None and is_in_doubt(mapping) else None


def row_not_found(kind: MappingKind) -> RowObjection:
    """Return the objection to a row that the person cannot read."""
    return RowObjection(
        "record_not_found",
        f"This {NOUNS[kind][0]} does not exist in Work 365, or you may not read it; load the list again.",
        "failed",
    )
