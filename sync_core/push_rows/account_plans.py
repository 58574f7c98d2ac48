"""An account becomes a company with a default contact; half a customer is completed, never made again."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectwise.creation.records import NewCompany, NewContact, StoredCompany, StoredContact
from connectwise.records import CompanyId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.psasync.records import SourceId
from dataverse.work365.sources.records import SourceAccount
from sync_core.connectors.properties import ConnectorProperties
from sync_core.mapping.companies import company_from_account, contact_of_account
from sync_core.mapping.creations import Blocked, Creation
from sync_core.push_rows.customers import same_person
from sync_core.push_rows.plans import Existing, RowObjection, RowPlan, blocked_by, intent_of, object_to, row_not_found
from sync_core.push_rows.reading import RowSources, RowsRead
from sync_core.push_rows.wishes import RowWish

COMPANY_EXISTS = "company_exists"


class _Identifiers:
    """Which identifiers are taken: in ConnectWise, and by rows that were planned before."""

    def __init__(self, sources: RowSources, properties: ConnectorProperties) -> None:
        self._psa = sources.creation
        self._properties = properties
        self.stored: dict[str, StoredCompany] = {}
        self.planned: dict[str, SourceAccount] = {}

    def look_up(self, identifiers: Iterable[str]) -> None:
        """Learn which of these identifiers ConnectWise has."""
        wanted = sorted(set(identifiers))
        found = self._psa.companies_with(wanted) if wanted else ()
        self.stored |= {company.identifier.casefold(): company for company in found}

    def look_up_drafts(self, accounts: Iterable[SourceAccount]) -> None:
        """Learn it of the accounts' own identifiers, and of those that take the place of taken ones."""
        drafts = {account: self._identifier(account, taken=False) for account in accounts}
        self.look_up(identifier for identifier in drafts.values() if identifier)
        times = Counter(identifier.casefold() for identifier in drafts.values() if identifier)
        second = [
            self._identifier(account, taken=True)
            for account, identifier in drafts.items()
            if identifier and (identifier.casefold() in self.stored or times[identifier.casefold()] > 1)
        ]
        self.look_up(identifier for identifier in second if identifier)

    def _identifier(self, account: SourceAccount, *, taken: bool) -> str | None:
        draft = company_from_account(account, self._properties, taken=taken)
        return draft.record.identifier if isinstance(draft, Creation) else None


def account_plans(sources: RowSources, read: RowsRead, wishes: Sequence[RowWish]) -> Iterator[RowPlan]:
    """Yield a plan for each account that has no complete company yet, from at most four look-ups in ConnectWise."""
    accounts, properties = read.account_rows(), sources.properties
    begun = _begun_companies(sources, read, wishes)
    identifiers = _Identifiers(sources, properties)
    identifiers.look_up(intent for wish in wishes if (intent := intent_of(read.mappings.get(wish.source_id))))
    identifiers.look_up_drafts(accounts[wish.source_id] for wish in wishes if wish.source_id in accounts)
    found: dict[SourceId, StoredCompany | None] = {
        wish.source_id: begun.get(wish.source_id) or _made_before(read.mappings.get(wish.source_id), identifiers)
        for wish in wishes
    }
    contacts = _contacts_of(sources, found.values())
    for wish in wishes:
        account, mapping = accounts.get(wish.source_id), read.mappings.get(wish.source_id)
        company = found[wish.source_id]
        if account is None:
            yield _of_absent_row(sources, wish, mapping, company)
        elif company is not None:
            yield _completion(wish, account, mapping, company, contacts.get(company.id, ()))
        else:
            yield _creation(wish, account, mapping, identifiers, properties)


def _begun_companies(sources: RowSources, read: RowsRead, wishes: Sequence[RowWish]) -> dict[SourceId, StoredCompany]:
    """Return the companies that an earlier run made and could not complete, by account."""
    ids = {
        wish.source_id: CompanyId(mapping.psa_id)
        for wish in wishes
        if (mapping := read.mappings.get(wish.source_id)) is not None and mapping.psa_id is not None
    }
    stored = sources.creation.companies(sorted(set(ids.values()))) if ids else {}
    there = {source_id: stored[company_id] for source_id, company_id in ids.items() if company_id in stored}
    return {source_id: company for source_id, company in there.items() if not company.is_deleted}


def _made_before(mapping: PsaMapping | None, identifiers: _Identifiers) -> StoredCompany | None:
    """The identifier was free when it was claimed, so whoever has it now was made by that POST, whatever its name."""
    intent = intent_of(mapping)
    company = identifiers.stored.get(intent.casefold()) if intent else None
    return company if company is not None and not company.is_deleted else None


def _contacts_of(
    sources: RowSources, companies: Iterable[StoredCompany | None]
) -> Mapping[CompanyId, Sequence[StoredContact]]:
    """Return the people of companies that have no default contact yet: an earlier run may have made it."""
    without = {one.id for one in companies if one is not None and one.default_contact_id is None}
    return sources.creation.contacts_of(sorted(without)) if without else {}


def _of_absent_row(
    sources: RowSources, wish: RowWish, mapping: PsaMapping | None, company: StoredCompany | None
) -> RowPlan:
    if company is None or company.default_contact_id is None:
        return object_to(wish, None, mapping, row_not_found(sources.kind))
    return _completed(wish, None, mapping, company)


def _completion(
    wish: RowWish,
    account: SourceAccount,
    mapping: PsaMapping | None,
    company: StoredCompany,
    contacts: Sequence[StoredContact],
) -> RowPlan:
    if company.default_contact_id is not None:
        return _completed(wish, account, mapping, company)
    contact = contact_of_account(account)
    if isinstance(contact, Blocked):
        return blocked_by(wish, account, mapping, contact)
    return RowPlan(
        wish,
        "create",
        account,
        mapping,
        existing=Existing(company.id, company.name),
        company=company,
        contact=contact.record,
        known_contact=same_person(contact.record, contacts),
        intent=company.identifier,
        warnings=contact.warnings,
    )


def _completed(
    wish: RowWish, account: SourceAccount | None, mapping: PsaMapping | None, company: StoredCompany
) -> RowPlan:
    existing = Existing(company.id, company.name)
    return RowPlan(wish, "create", account, mapping, existing=existing, company=company, intent=company.identifier)


def _creation(
    wish: RowWish,
    account: SourceAccount,
    mapping: PsaMapping | None,
    identifiers: _Identifiers,
    properties: ConnectorProperties,
) -> RowPlan:
    contact = contact_of_account(account)
    if isinstance(contact, Blocked):
        return blocked_by(wish, account, mapping, contact)
    plain = company_from_account(account, properties)
    if isinstance(plain, Blocked):
        return blocked_by(wish, account, mapping, plain)
    objection = _same_customer(account, plain.record, identifiers)
    if objection is not None:
        return object_to(wish, account, mapping, objection)
    draft = _with_free_identifier(account, plain, identifiers, properties)
    if isinstance(draft, RowObjection):
        return object_to(wish, account, mapping, draft)
    identifiers.planned[draft.record.identifier.casefold()] = account
    return _company_plan(wish, account, mapping, draft, contact)


def _company_plan(
    wish: RowWish,
    account: SourceAccount,
    mapping: PsaMapping | None,
    company: Creation[NewCompany],
    contact: Creation[NewContact],
) -> RowPlan:
    return RowPlan(
        wish,
        "create",
        account,
        mapping,
        record=company.record,
        contact=contact.record,
        intent=company.record.identifier,
        warnings=(*company.warnings, *contact.warnings),
    )


def _same_customer(account: SourceAccount, company: NewCompany, identifiers: _Identifiers) -> RowObjection | None:
    """Identifier and name alike: this is the same customer, and a second company would split their invoices."""
    key = company.identifier.casefold()
    stored = identifiers.stored.get(key)
    if stored is not None and not stored.is_deleted and stored.name.casefold() == company.name.casefold():
        message = (
            f'ConnectWise has a company "{stored.name}" ({stored.identifier}) already; map the account to it, or give '
            "the account another name and save again."
        )
        return RowObjection(COMPANY_EXISTS, message)
    first = identifiers.planned.get(key)
    if first is not None and first.name.casefold() == account.name.casefold():
        message = (
            f'Two accounts are called "{account.name}", and one of them gets a company already; give the other one '
            "another name, or map it to that company."
        )
        return RowObjection(COMPANY_EXISTS, message)
    return None


def _with_free_identifier(
    account: SourceAccount,
    plain: Creation[NewCompany],
    identifiers: _Identifiers,
    properties: ConnectorProperties,
) -> Creation[NewCompany] | RowObjection:
    if not _is_taken(plain, identifiers):
        return plain
    other = company_from_account(account, properties, taken=True)
    if isinstance(other, Creation) and not _is_taken(other, identifiers):
        return other
    message = (
        f'The company identifier "{plain.record.identifier}" is taken in ConnectWise; map the account to that company, '
        "or give the account another name and save again."
    )
    return RowObjection("identifier_taken", message)


def _is_taken(draft: Creation[NewCompany], identifiers: _Identifiers) -> bool:
    key = draft.record.identifier.casefold()
    return key in identifiers.stored or key in identifiers.planned
