"""Rows that are to be mapped to records that exist: the rules of mapping by hand, read for many at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectwise.directory.records import Company
from connectwise.records import Agreement, AgreementId, CatalogItem, CatalogItemId, CompanyId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.psasync.records import MappingKind, SourceId
from dataverse.work365.sources.records import SourceContract, SourceRow
from sync_core.errors import RecordRejected
from sync_core.linking.ports import PsaTargets
from sync_core.linking.rules import ACCOUNT_NOT_MAPPED, check_company, target_taken
from sync_core.linking.targets import NOUNS, Target, target_of
from sync_core.prerequisites import Prerequisite
from sync_core.push_rows.plans import RowObjection, RowPlan, is_settled, object_to
from sync_core.push_rows.reading import RowSources, RowsRead, rows_of_kind
from sync_core.push_rows.wishes import RowWish
from sync_core.work.claims import is_in_doubt


@dataclass(frozen=True, slots=True)
class _TargetsRead:
    """Records that were read for all rows at once, where the rules ask for one."""

    items: Mapping[CatalogItemId, CatalogItem]
    read_companies: Mapping[CompanyId, Company]
    read_agreements: Mapping[AgreementId, Agreement]
    links: PsaTargets

    def catalog_items(self, catalog_item_ids: Sequence[CatalogItemId]) -> Mapping[CatalogItemId, CatalogItem]:
        return {one: self.items[one] for one in catalog_item_ids if one in self.items}

    def companies(self, company_ids: Sequence[CompanyId]) -> Mapping[CompanyId, Company]:
        return {one: self.read_companies[one] for one in company_ids if one in self.read_companies}

    def agreements(self, agreement_ids: Sequence[AgreementId]) -> Mapping[AgreementId, Agreement]:
        return {one: self.read_agreements[one] for one in agreement_ids if one in self.read_agreements}

    def link_to_agreement(self, agreement_id: AgreementId) -> str:
        return self.links.link_to_agreement(agreement_id)

    def link_to_company(self, company_id: CompanyId) -> str:
        return self.links.link_to_company(company_id)


def map_plans(sources: RowSources, read: RowsRead, wishes: Sequence[RowWish]) -> Iterator[RowPlan]:
    """Yield a plan for each row that is to be mapped, from one read of ConnectWise and one of our records."""
    psa_ids = sorted({wish.psa_id for wish in wishes if wish.psa_id is not None})
    targets = _read_targets(sources, psa_ids)
    taken = _Taken(sources, psa_ids)
    for wish in wishes:
        row, mapping = read.rows[wish.source_id], read.mappings.get(wish.source_id)
        try:
            yield _plan(sources, read, wish, row, mapping, targets, taken)
        except RecordRejected as rejected:
            objection = RowObjection(
                rejected.code, rejected.user_message, prerequisite=_prerequisite(rejected.code, row)
            )
            yield object_to(wish, row, mapping, objection)


def _plan(
    sources: RowSources,
    read: RowsRead,
    wish: RowWish,
    row: SourceRow,
    mapping: PsaMapping | None,
    targets: _TargetsRead,
    taken: "_Taken",
) -> RowPlan:
    if mapping is not None and mapping.psa_id is None and is_in_doubt(mapping):
        raise RecordRejected(
            user_message=(
                f"It is not known yet whether ConnectWise has a new {NOUNS[sources.kind][1]} for this row; save it "
                "with Add New once more, which looks it up, and map it then."
            ),
            code="outcome_unknown",
        )
    assert wish.psa_id is not None  # noqa: S101  the request is checked
    target = target_of(sources.kind, wish.psa_id, targets, targets)
    if isinstance(row, SourceContract):
        check_company(row.account_name, read.account_of(row), target)
    taken.check(wish.source_id, target)
    if mapping is not None and mapping.psa_id == target.psa_id and is_settled(mapping):
        return RowPlan(wish, "keep", row, mapping, target=target)
    return RowPlan(wish, "map", row, mapping, target=target)


class _Taken:
    """Which records have a row already: in our records, or earlier in this very selection."""

    def __init__(self, sources: RowSources, psa_ids: Sequence[int]) -> None:
        self._kind = sources.kind
        self._rows = sources.rows
        self._may_share = sources.properties.several_records_per_psa_record
        self._chosen: dict[int, SourceId] = {}
        self._mapped: Mapping[int, Sequence[PsaMapping]] = {}
        self._names: Mapping[SourceId, SourceRow] | None = None
        if not self._may_share and psa_ids:
            self._mapped = sources.claims.mapped_to(sources.connector.id, sources.kind, psa_ids)

    def check(self, source_id: SourceId, target: Target) -> None:
        """Raise RecordRejected when another row is mapped to this record."""
        if self._may_share:
            return
        others = [one.source_id for one in self._mapped.get(target.psa_id, ()) if one.source_id != source_id]
        first = self._chosen.setdefault(target.psa_id, source_id)
        if first != source_id:
            others.append(first)
        if others:
            row = self._named().get(others[0])
            raise target_taken(self._kind, None if row is None else row.name)

    def _named(self) -> Mapping[SourceId, SourceRow]:
        """Return the rows that may have to be named, read at the first conflict."""
        if self._names is None:
            mapped = {one.source_id for found in self._mapped.values() for one in found}
            self._names = rows_of_kind(self._rows, self._kind, mapped | set(self._chosen.values()))
        return self._names


def _read_targets(sources: RowSources, psa_ids: Sequence[int]) -> _TargetsRead:
    kind, targets = sources.kind, sources.targets
    items = targets.catalog_items([CatalogItemId(one) for one in psa_ids]) if kind is MappingKind.PRODUCT else {}
    companies = sources.companies.companies([CompanyId(one) for one in psa_ids]) if kind is MappingKind.ACCOUNT else {}
    is_contract = kind is MappingKind.BILLING_CONTRACT
    agreements = targets.agreements([AgreementId(one) for one in psa_ids]) if is_contract else {}
    return _TargetsRead(items, companies, agreements, targets)


def _prerequisite(code: str, row: SourceRow) -> Prerequisite | None:
    """The step that a rule of mapping by hand names in its sentence."""
    if code == ACCOUNT_NOT_MAPPED and isinstance(row, SourceContract):
        return Prerequisite("account", row.account_id, row.account_name)
    return Prerequisite("contact", row.id, row.name) if code == "target_without_contact" else None
