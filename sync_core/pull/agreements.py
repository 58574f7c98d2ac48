"""Plans for agreements: billing contracts of accounts that are mapped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from connectwise.records import Agreement, AgreementId, BillingCycle, BillingCycleId, CompanyId
from dataverse.psasync.records import MappingKind
from dataverse.work365.imports.records import RowId, RowKind
from dataverse.work365.records import AccountId, Currency
from sync_core.mapping.accounts import iso_code
from sync_core.mapping.billing_contracts import NoCounterpart, billing_contract_from_agreement, frequency_of
from sync_core.pull import objections
from sync_core.pull.companies import ImportSources, Wishes, known_rows, mapping_name
from sync_core.pull.plans import ImportPlan, KnownRows, Subject, Target, plan_for, plan_without, target_of
from sync_core.pull.ports import PsaAgreements
from sync_core.push.facts import Objection


class Elsewhere(Enum):
    """Another import works on the customer: the agreement waits for it."""

    HELD = "another import works on it"


Customer = AccountId | Objection | Elsewhere
"""The account of a company, or why there is none (yet)."""

CustomersOf = Callable[[Mapping[int, Agreement], Mapping[CompanyId, AccountId]], Mapping[CompanyId, Customer]]
"""Finds (or imports first) the customers of agreements; gets the accounts that are mapped already."""


@dataclass(frozen=True, slots=True)
class _Facts:
    agreements: Mapping[AgreementId, Agreement]
    cycles: Mapping[BillingCycleId, BillingCycle]
    customers: Mapping[CompanyId, Customer]
    currencies: Mapping[str, Currency]
    mapped: frozenset[AccountId]


def agreement_plans(
    sources: ImportSources, psa: PsaAgreements, wishes: Wishes, customers_of: CustomersOf
) -> Mapping[int, ImportPlan]:
    """Return a plan for each agreement: everything is read fresh, in bulk."""
    agreements = psa.agreements([AgreementId(psa_id) for psa_id in wishes])
    company_ids = sorted({agreement.company.id for agreement in agreements.values()})
    known = known_rows(
        sources,
        RowKind.BILLING_CONTRACT,
        MappingKind.BILLING_CONTRACT,
        wishes,
        also={},
        also_mapped={MappingKind.ACCOUNT: company_ids},
    )
    mapped = {
        CompanyId(psa_id): AccountId(mapping.source_id)
        for (kind, psa_id), mapping in known.mappings.joined.items()
        if kind is MappingKind.ACCOUNT
    }
    facts = _Facts(
        agreements=agreements,
        cycles=psa.billing_cycles() if agreements else {},
        customers=customers_of({agreement.id: agreement for agreement in agreements.values()}, mapped),
        currencies=sources.work365.currencies(),
        mapped=frozenset(mapped.values()),
    )
    return {psa_id: _plan(psa_id, wishes[psa_id], facts, known, sources) for psa_id in wishes}


def _plan(psa_id: int, link_to: RowId | None, facts: _Facts, known: KnownRows, sources: ImportSources) -> ImportPlan:
    agreement = facts.agreements.get(AgreementId(psa_id))
    if agreement is None:
        subject = Subject(RowKind.BILLING_CONTRACT, psa_id, "", None, link_to)
        return plan_without(subject, objections.agreement_missing(psa_id))
    subject = Subject(RowKind.BILLING_CONTRACT, psa_id, mapping_name(agreement.name), agreement.company.id, link_to)
    target = target_of(subject, known)
    if target is None or isinstance(target, Objection):
        return plan_without(subject, target)
    return _plan_with_target(subject, agreement, target, facts, known, sources)


def _plan_with_target(
    subject: Subject, agreement: Agreement, target: Target, facts: _Facts, known: KnownRows, sources: ImportSources
) -> ImportPlan:
    customer = facts.customers.get(CompanyId(agreement.company.id)) or objections.customer_not_mapped(agreement)
    if isinstance(customer, Objection | Elsewhere):
        return plan_without(subject, customer if isinstance(customer, Objection) else None)
    if (RowKind.ACCOUNT, RowId(customer)) not in known.rows and customer in facts.mapped:
        return plan_without(subject, objections.customer_gone(agreement))
    cycle_id = agreement.billing_cycle.id if agreement.billing_cycle is not None else None
    frequency = frequency_of(agreement, facts.cycles.get(BillingCycleId(cycle_id)) if cycle_id is not None else None)
    if isinstance(frequency, NoCounterpart):
        return plan_without(subject, objections.frequency_unsupported(frequency))
    code = iso_code(agreement.currency)
    currency = facts.currencies.get(code) if code else None
    if code and currency is None:
        return plan_without(subject, objections.currency_not_in_work365(code))
    account = target.row.columns.get("account") if target.row is not None else None
    if subject.link_to is not None and account not in {None, customer}:
        return plan_without(subject, objections.contract_of_other_account())
    draft = billing_contract_from_agreement(
        agreement,
        frequency,
        account_id=customer,
        currency_id=None if currency is None else currency.id,
        choices=sources.work365.choices(),
    )
    differs = ("The billing contract bills another account than the agreement's customer; that was left as it is.",)
    return plan_for(subject, draft, target, known, warnings=differs if account not in {None, customer} else ())
