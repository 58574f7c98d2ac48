"""What an import does with one record; pure, and the same for the preview."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from dataverse.psasync.records import ConnectorId, MappingKind, MappingsOfPsa, MappingStatus, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.imports.records import RowId, RowKind, RowState, RowWrite
from sync_core.mapping.drafts import RowDraft
from sync_core.pull import objections
from sync_core.pull.columns import ColumnChange, ColumnPolicy, changes_of
from sync_core.pull.identity import import_row_id
from sync_core.pull.matching import Suggestion
from sync_core.push.facts import Objection

Action = Literal["create", "update", "unchanged", "skip", "leave"]

_UNFINISHED = frozenset({MappingStatus.SYNCING, MappingStatus.PENDING})


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What happens to one ConnectWise record.

    `skip` has an objection; `leave` means that another import holds the record. `mapping` is the integration record as
    it was read, None to make it; `settles_mapping` says that it must be written even if the row is not.
    `contact` is the primary contact that goes with an account, `contact_is_linked` whether the account names it.
    """

    psa_id: int
    psa_name: str
    psa_parent_id: int | None
    action: Action
    source_id: RowId | None = None
    mapping: PsaMapping | None = None
    row: RowState | None = None
    changes: tuple[ColumnChange, ...] = ()
    contact: "ContactPlan | None" = None
    settles_mapping: bool = False
    warnings: tuple[str, ...] = ()
    objection: Objection | None = None
    suggestion: Suggestion | None = None
    numbers: tuple[str, ...] = ()
    """Numbers by which a company is known: its account number and its identifier."""

    @property
    def needs_hold(self) -> bool:
        """Whether anything is written, so that the integration record must be held."""
        return self.action in {"create", "update"} or (self.action == "unchanged" and self.settles_mapping)

    def all_changes(self) -> tuple[ColumnChange, ...]:
        """Return the changes of the row and of its primary contact."""
        return self.changes + (self.contact.all_changes() if self.contact is not None else ())


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """The primary contact of an account: `links` says that the account does not name it yet."""

    row_id: RowId
    row: RowState | None
    changes: tuple[ColumnChange, ...]
    links: bool

    def all_changes(self) -> tuple[ColumnChange, ...]:
        """Return the changes of the contact and of the account's column that names it."""
        link = ColumnChange("account.primary_contact", None, self.row_id)
        return self.changes + ((link,) if self.links else ())

    def write(self) -> RowWrite | None:
        """Return the write of the contact's row, None when it is as it should be."""
        return row_write(RowKind.CONTACT, self.row_id, self.row, self.changes)


@dataclass(frozen=True, slots=True)
class Subject:
    """One record of a request, with what the join of both systems knows about it."""

    kind: RowKind
    psa_id: int
    psa_name: str
    psa_parent_id: int | None
    link_to: RowId | None


@dataclass(frozen=True, slots=True)
class KnownRows:
    """What was read about all records of a chunk."""

    connector_id: ConnectorId
    mapping_kind: MappingKind
    mappings: MappingsOfPsa
    by_source: Mapping[SourceId, PsaMapping]
    rows: Mapping[tuple[RowKind, RowId], RowState]
    policies: Mapping[str, ColumnPolicy]
    now: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """The row that a record goes to: `is_new` when this import creates it, or did so before it was interrupted."""

    source_id: RowId
    mapping: PsaMapping | None
    row: RowState | None
    is_new: bool


def target_of(subject: Subject, known: KnownRows) -> Target | Objection | None:
    """Return the row of a record, why there is none, or None while another import holds the record.

    The stored mapping comes first, then the row that the request links, else a new one.
    """
    key = (known.mapping_kind, subject.psa_id)
    joined, unfinished = known.mappings.joined.get(key), known.mappings.unfinished.get(key)
    if any(_is_held(mapping, known.now) for mapping in (joined, unfinished)):
        return None
    if joined is not None:
        if subject.link_to is not None and subject.link_to != RowId(joined.source_id):
            return objections.mapped_elsewhere()
        row = known.rows.get((subject.kind, RowId(joined.source_id)))
        return Target(RowId(joined.source_id), joined, row, is_new=row is None)
    if subject.link_to is not None:
        return _linked(subject, subject.link_to, unfinished, known)
    made = import_row_id(known.connector_id, subject.kind, subject.psa_id)
    row = known.rows.get((subject.kind, made))
    interrupted = unfinished is not None and RowId(unfinished.source_id) == made and unfinished.status in _UNFINISHED
    return Target(made, unfinished, row, is_new=row is None or interrupted)


def _linked(
    subject: Subject, link_to: RowId, unfinished: PsaMapping | None, known: KnownRows
) -> Target | Objection | None:
    row = known.rows.get((subject.kind, link_to))
    if row is None:
        return objections.link_target_missing()
    of_row = known.by_source.get(SourceId(link_to))
    if of_row is None:
        return Target(link_to, unfinished, row, is_new=False)
    if of_row.psa_id is not None and of_row.psa_id != subject.psa_id:
        return objections.already_linked(of_row.psa_id)
    if _is_held(of_row, known.now):
        return None
    return Target(link_to, of_row, row, is_new=False)


def plan_for(
    subject: Subject,
    draft: RowDraft,
    target: Target,
    known: KnownRows,
    *,
    contact: ContactPlan | None = None,
    warnings: tuple[str, ...] = (),
) -> ImportPlan:
    """Return the plan for a record whose row is known: what to write, or that nothing is to be written."""
    changes = tuple(changes_of(subject.kind, draft, target.row, known.policies))
    plan = ImportPlan(
        psa_id=subject.psa_id,
        psa_name=subject.psa_name,
        psa_parent_id=subject.psa_parent_id,
        action="unchanged",
        source_id=target.source_id,
        mapping=target.mapping,
        row=target.row,
        changes=changes,
        contact=contact,
        settles_mapping=not _says(target.mapping, subject),
        warnings=draft.warnings + warnings,
    )
    if target.is_new:
        return replace(plan, action="create")
    return replace(plan, action="update") if plan.all_changes() or target.mapping is None else plan


def plan_without(subject: Subject, objection: Objection | None) -> ImportPlan:
    """Return the plan for a record that is not imported: for a reason, or (None) because another import holds it."""
    return ImportPlan(
        psa_id=subject.psa_id,
        psa_name=subject.psa_name,
        psa_parent_id=subject.psa_parent_id,
        action="leave" if objection is None else "skip",
        objection=objection,
    )


def row_write(kind: RowKind, row_id: RowId, row: RowState | None, changes: tuple[ColumnChange, ...]) -> RowWrite | None:
    """Return the write of these changes, None without any."""
    if not changes:
        return None
    columns = {change.column.partition(".")[2]: change.after for change in changes}
    return RowWrite(kind, row_id, None if row is None else row.etag, columns)


def _is_held(mapping: PsaMapping | None, now: datetime) -> bool:
    return mapping is not None and mapping.claimed_until is not None and mapping.claimed_until > now


def _says(mapping: PsaMapping | None, subject: Subject) -> bool:
    """Whether the integration record needs no change."""
    return (
        mapping is not None
        and mapping.status is MappingStatus.SYNCED
        and (mapping.psa_id, mapping.psa_parent_id) == (subject.psa_id, subject.psa_parent_id)
        and mapping.psa_name == subject.psa_name
    )
