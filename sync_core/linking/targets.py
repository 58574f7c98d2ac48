"""Whether a record of ConnectWise can be mapped to, and what a mapping keeps of it."""

from dataclasses import dataclass

from connectwise.records import AgreementId, CatalogItemId, CompanyId
from dataverse.psasync.records import MappingKind
from sync_core.errors import RecordRejected
from sync_core.linking.ports import PsaCompanies, PsaTargets

NOUNS = {
    MappingKind.PRODUCT: ("product", "catalog item"),
    MappingKind.ACCOUNT: ("account", "company"),
    MappingKind.BILLING_CONTRACT: ("billing contract", "agreement"),
}
"""What a kind is called in Work 365 and in ConnectWise."""


@dataclass(frozen=True, slots=True)
class Target:
    """A record that can be mapped to; `company_id` is the company of an agreement."""

    psa_id: int
    name: str
    link: str | None
    company_id: int | None = None


def target_of(kind: MappingKind, psa_id: int, targets: PsaTargets, companies: PsaCompanies) -> Target:
    """Return the record, from one request; raises RecordRejected when it cannot be mapped to."""
    match kind:
        case MappingKind.PRODUCT:
            return _catalog_item(CatalogItemId(psa_id), targets)
        case MappingKind.ACCOUNT:
            return _company(CompanyId(psa_id), targets, companies)
        case MappingKind.BILLING_CONTRACT:
            return _agreement(AgreementId(psa_id), targets)
        case MappingKind.INVOICE_LINE:
            raise ValueError("invoice lines are not mapped by hand")


def _catalog_item(item_id: CatalogItemId, targets: PsaTargets) -> Target:
    item = targets.catalog_items([item_id]).get(item_id)
    if item is None:
        raise _missing(MappingKind.PRODUCT, item_id)
    if item.inactive_flag:
        raise RecordRejected(
            user_message=f'The catalog item "{item.identifier}" is inactive in ConnectWise; choose an active one.',
            code="target_inactive",
        )
    if item.product_class == "Bundle":
        raise RecordRejected(
            user_message=(
                f'The catalog item "{item.identifier}" is a bundle, which cannot be an addition; choose another one.'
            ),
            code="target_is_bundle",
        )
    return Target(item_id, item.identifier, None)


def _company(company_id: CompanyId, targets: PsaTargets, companies: PsaCompanies) -> Target:
    company = companies.companies([company_id]).get(company_id)
    if company is None:
        raise _missing(MappingKind.ACCOUNT, company_id)
    if company.deleted_flag:
        raise RecordRejected(
            user_message=f'The company "{company.name}" was deleted in ConnectWise; choose another one.',
            code="target_deleted",
        )
    if company.default_contact is None:
        raise RecordRejected(
            user_message=(
                f'The company "{company.name}" has no default contact, which agreements need; '
                "set one in ConnectWise and map it again."
            ),
            code="target_without_contact",
        )
    return Target(company_id, company.name, targets.link_to_company(company_id))


def _agreement(agreement_id: AgreementId, targets: PsaTargets) -> Target:
    agreement = targets.agreements([agreement_id]).get(agreement_id)
    if agreement is None:
        raise _missing(MappingKind.BILLING_CONTRACT, agreement_id)
    status = "Cancelled" if agreement.cancelled_flag else (agreement.agreement_status or "Active")
    if status != "Active":
        raise RecordRejected(
            user_message=f'The agreement "{agreement.name}" is {status.lower()} in ConnectWise; choose an active one.',
            code="target_inactive",
        )
    return Target(agreement_id, agreement.name, targets.link_to_agreement(agreement_id), agreement.company.id)


def _missing(kind: MappingKind, psa_id: int) -> RecordRejected:
    return RecordRejected(
        user_message=f"There is no {NOUNS[kind][1]} with id {psa_id} in ConnectWise; choose another one.",
        code="target_missing",
    )
