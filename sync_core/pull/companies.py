"""Plans for companies: accounts with their primary contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectwise.directory.records import Company, Contact, ContactId
from connectwise.records import CompanyId
from dataverse.psasync.records import ConnectorId, MappingKind, SourceId
from dataverse.work365.imports.records import RowId, RowKind
from dataverse.work365.records import Currency
from sync_core.mapping.accounts import account_from_company, contact_from_contact, iso_code
from sync_core.mapping.fitting import one_line, shortened
from sync_core.pull import objections
from sync_core.pull.columns import ColumnPolicy, changes_of
from sync_core.pull.identity import import_row_id
from sync_core.pull.plans import ContactPlan, ImportPlan, KnownRows, Subject, Target, plan_for, plan_without, target_of
from sync_core.pull.ports import MappingReader, PsaDirectory, PullLedger, PullWork365
from sync_core.push.facts import Objection

LONGEST_MAPPING_NAME = 200

_ROW_KINDS = {MappingKind.ACCOUNT: RowKind.ACCOUNT, MappingKind.BILLING_CONTRACT: RowKind.BILLING_CONTRACT}

Wishes = Mapping[int, RowId | None]
"""ConnectWise ids to the rows that the request links, None without one."""


@dataclass(frozen=True, slots=True)
class ImportSources:
    """Where plans read from, for one connector and one person."""

    connector_id: ConnectorId
    policies: Mapping[str, ColumnPolicy]
    mappings: MappingReader
    ledger: PullLedger
    work365: PullWork365
    directory: PsaDirectory


def company_plans(sources: ImportSources, wishes: Wishes) -> Mapping[int, ImportPlan]:
    """Return a plan for each company: everything is read fresh, in bulk."""
    companies = sources.directory.companies([CompanyId(psa_id) for psa_id in wishes])
    kept = {company_id: company for company_id, company in companies.items() if not company.deleted_flag}
    contact_ids = [ContactId(one.default_contact.id) for one in kept.values() if one.default_contact is not None]
    contacts = sources.directory.contacts(contact_ids)
    known = _known(sources, wishes, contact_ids)
    currencies = sources.work365.currencies()
    return {
        psa_id: _plan(psa_id, kept.get(CompanyId(psa_id)), wishes[psa_id], contacts, currencies, known)
        for psa_id in wishes
    }


def known_rows(
    sources: ImportSources,
    kind: RowKind,
    mapping_kind: MappingKind,
    wishes: Wishes,
    *,
    also: Mapping[RowKind, Sequence[RowId]],
    also_mapped: Mapping[MappingKind, Sequence[int]],
) -> KnownRows:
    """Read the mappings of these records and the rows that they may go to, in three requests at most."""
    wanted = {mapping_kind: list(wishes), **also_mapped}
    mappings = sources.ledger.mappings_of_psa(sources.connector_id, wanted)
    links = [link for link in wishes.values() if link is not None]
    of_links = (
        sources.mappings.read_mappings(sources.connector_id, {mapping_kind: [SourceId(link) for link in links]})
        if links
        else None
    )
    rows: dict[RowKind, set[RowId]] = {other: set(ids) for other, ids in also.items()}
    of_kind = rows.setdefault(kind, set())
    of_kind.update(links, (import_row_id(sources.connector_id, kind, psa_id) for psa_id in wishes))
    for (joined_kind, _), mapping in mappings.joined.items():
        rows.setdefault(_ROW_KINDS[joined_kind], set()).add(RowId(mapping.source_id))
    return KnownRows(
        connector_id=sources.connector_id,
        mapping_kind=mapping_kind,
        mappings=mappings,
        by_source={source: one for (_, source), one in of_links.by_source.items()} if of_links is not None else {},
        rows=sources.work365.read_rows({one: sorted(ids) for one, ids in rows.items()}),
        policies=sources.policies,
        now=mappings.server_time.at,
    )


def mapping_name(name: str) -> str:
    """Return the name of a ConnectWise record as the integration record holds it."""
    return shortened(one_line(name) or "", LONGEST_MAPPING_NAME)


def _known(sources: ImportSources, wishes: Wishes, contact_ids: Sequence[ContactId]) -> KnownRows:
    made = [import_row_id(sources.connector_id, RowKind.CONTACT, contact_id) for contact_id in contact_ids]
    return known_rows(
        sources, RowKind.ACCOUNT, MappingKind.ACCOUNT, wishes, also={RowKind.CONTACT: made}, also_mapped={}
    )


def _plan(
    psa_id: int,
    company: Company | None,
    link_to: RowId | None,
    contacts: Mapping[ContactId, Contact],
    currencies: Mapping[str, Currency],
    known: KnownRows,
) -> ImportPlan:
    subject = Subject(RowKind.ACCOUNT, psa_id, mapping_name(company.name) if company else "", None, link_to)
    if company is None:
        return plan_without(subject, objections.company_missing(psa_id))
    target = target_of(subject, known)
    if target is None or isinstance(target, Objection):
        return plan_without(subject, target)
    code = iso_code(company.currency)
    currency = currencies.get(code) if code else None
    warnings = [f"Work 365 has no currency {code}, so it was left out."] if code and currency is None else []
    contact = contacts.get(ContactId(company.default_contact.id)) if company.default_contact is not None else None
    if contact is None:
        warnings.append("The company has no default contact in ConnectWise.")
    draft = account_from_company(company, currency_id=None if currency is None else currency.id)
    plan = plan_for(
        subject,
        draft,
        target,
        known,
        contact=None if contact is None else _contact_plan(contact, target, known),
        warnings=tuple(warnings),
    )
    return replace(plan, numbers=tuple(filter(None, (company.account_number, company.identifier))))


def _contact_plan(contact: Contact, target: Target, known: KnownRows) -> ContactPlan | None:
    """Return what happens to the primary contact; None when Work 365 has one of its own."""
    row_id = import_row_id(known.connector_id, RowKind.CONTACT, contact.id)
    named = target.row.columns.get("primary_contact") if target.row is not None else None
    policy = known.policies["account.primary_contact"]
    keeps_its_own = (policy == "when_empty" and named is not None) or (policy == "never" and target.row is not None)
    if named != row_id and keeps_its_own:
        return None
    row = known.rows.get((RowKind.CONTACT, row_id))
    draft = contact_from_contact(contact, account_id=target.source_id)
    changes = tuple(changes_of(RowKind.CONTACT, draft, row, known.policies))
    return ContactPlan(row_id, row, changes, links=named != row_id)
