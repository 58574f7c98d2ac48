"""A billing contract becomes an agreement of the company to which its account is mapped."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from connectwise.creation.records import NewAgreement, StoredAgreement, StoredCompany
from connectwise.records import CompanyId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.psasync.records import SourceId
from dataverse.work365.sources.records import SourceContract
from sync_core.linking.rules import ACCOUNT_NOT_MAPPED, account_not_mapped_message
from sync_core.mapping.agreements import agreement_from_billing_contract, agreement_marker
from sync_core.mapping.creations import Blocked, Creation
from sync_core.prerequisites import Prerequisite
from sync_core.push_rows.plans import (
    Existing,
    RowObjection,
    RowPlan,
    blocked_by,
    object_to,
    row_not_found,
)
from sync_core.push_rows.reading import RowSources, RowsRead
from sync_core.push_rows.wishes import RowWish
from sync_core.work.claims import is_in_doubt


def contract_plans(sources: RowSources, read: RowsRead, wishes: Sequence[RowWish]) -> Iterator[RowPlan]:
    """Yield a plan for each billing contract that has no agreement yet, from two look-ups in ConnectWise.

    Agreements made for these contracts are looked for in any case: their names are not unique, so only the marker
    keeps a contract that was unmapped in between from getting a second one.
    """
    contracts = read.contracts()
    company_ids = {
        wish.source_id: CompanyId(account.psa_id)
        for wish in wishes
        if (contract := contracts.get(wish.source_id)) is not None
        and (account := read.account_of(contract)) is not None
        and account.psa_id is not None
    }
    companies = sources.creation.companies(sorted(set(company_ids.values()))) if company_ids else {}
    places = set(companies) | {place for wish in wishes if (place := _doubtful_place(read, wish)) is not None}
    made = _made_before(sources.creation.agreements_of(sorted(places)) if places else ())
    for wish in wishes:
        contract, mapping = contracts.get(wish.source_id), read.mappings.get(wish.source_id)
        agreement = made.get(agreement_marker(wish.source_id))
        if agreement is not None and (agreement.is_active or is_in_doubt(mapping)):
            yield _adoption(wish, contract, mapping, agreement)
        elif contract is None:
            yield object_to(wish, None, mapping, row_not_found(sources.kind))
        else:
            company = companies.get(company_ids.get(wish.source_id, CompanyId(0)))
            today = read.server_time.at.date()
            yield _creation(sources, wish, contract, mapping, read.account_of(contract), company, today)


def _doubtful_place(read: RowsRead, wish: RowWish) -> CompanyId | None:
    """The company to which an earlier POST was aimed; the account may be mapped to another one by now."""
    mapping = read.mappings.get(wish.source_id)
    if mapping is None or mapping.psa_parent_id is None or not is_in_doubt(mapping):
        return None
    return CompanyId(mapping.psa_parent_id)


def _made_before(agreements: Sequence[StoredAgreement]) -> Mapping[str, StoredAgreement]:
    """Return the agreements by marker: the oldest active one, else the oldest."""
    ordered = sorted(agreements, key=lambda one: (not one.is_active, one.id))
    made: dict[str, StoredAgreement] = {}
    for agreement in ordered:
        if agreement.work_order:
            made.setdefault(agreement.work_order.strip(), agreement)
    return made


def _adoption(
    wish: RowWish, contract: SourceContract | None, mapping: PsaMapping | None, agreement: StoredAgreement
) -> RowPlan:
    if not agreement.is_active:
        message = (
            f'The agreement "{agreement.name}" that was made for this contract is not active in ConnectWise; activate '
            "it there and save again, or map the contract to another one."
        )
        return object_to(wish, contract, mapping, RowObjection("target_inactive", message))
    existing = Existing(agreement.id, agreement.name)
    return RowPlan(wish, "create", contract, mapping, existing=existing, intent=agreement_marker(wish.source_id))


def _creation(
    sources: RowSources,
    wish: RowWish,
    contract: SourceContract,
    mapping: PsaMapping | None,
    account: PsaMapping | None,
    company: StoredCompany | None,
    today: date,
) -> RowPlan:
    objection = _without_company(contract, account, company)
    if objection is not None:
        return object_to(wish, contract, mapping, objection)
    assert company is not None  # noqa: S101  no objection
    assert company.default_contact_id is not None  # noqa: S101  as above
    draft = agreement_from_billing_contract(
        contract,
        sources.properties,
        company_id=company.id,
        contact_id=company.default_contact_id,
        one_time=wish.one_time,
        today=today,
    )
    if isinstance(draft, Blocked):
        return blocked_by(wish, contract, mapping, draft)
    return _agreement_plan(wish, contract, mapping, draft, company)


def _agreement_plan(
    wish: RowWish,
    contract: SourceContract,
    mapping: PsaMapping | None,
    draft: Creation[NewAgreement],
    company: StoredCompany,
) -> RowPlan:
    return RowPlan(
        wish,
        "create",
        contract,
        mapping,
        record=draft.record,
        company=company,
        intent=draft.record.work_order,
        warnings=draft.warnings,
    )


def _without_company(
    contract: SourceContract, account: PsaMapping | None, company: StoredCompany | None
) -> RowObjection | None:
    """The chain: an agreement needs a company, a company needs a contact (domain: B1)."""
    if contract.account_id is None:
        message = f'The billing contract "{contract.name}" has no customer; choose one in Work 365 and save again.'
        return RowObjection("contract_without_account", message)
    account_id, name = SourceId(contract.account_id), contract.account_name
    if account is None or account.psa_id is None:
        step = Prerequisite("account", account_id, name)
        return RowObjection(ACCOUNT_NOT_MAPPED, account_not_mapped_message(name), prerequisite=step)
    if company is None or company.is_deleted:
        message = (
            f'The company "{account.psa_name or account.psa_id}", to which the account is mapped, was deleted in '
            "ConnectWise; map the account to another one on the Customers tab first."
        )
        return RowObjection("company_deleted", message, prerequisite=Prerequisite("account", account_id, name))
    if company.default_contact_id is None:
        message = (
            f'The company "{company.name}" has no default contact, which agreements need; set one in ConnectWise and '
            "save again."
        )
        return RowObjection("company_without_contact", message, prerequisite=Prerequisite("contact", account_id, name))
    return None
