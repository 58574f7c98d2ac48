"""Paths of the API that this project uses, relative to `.../apis/3.0` (companyinfo: to the host)."""

from connectwise.records import AgreementId

AGREEMENTS = "/finance/agreements"
BILLING_CYCLES = "/finance/billingCycles"
CATALOG = "/procurement/catalog"
COMMUNICATION_TYPES = "/company/communicationTypes"
COMPANIES = "/company/companies"
CONTACTS = "/company/contacts"
CURRENCIES = "/finance/currencies"
SYSTEM_INFO = "/system/info"


def additions_of(agreement_id: AgreementId) -> str:
    """Return the path of an agreement's additions; there is no list across agreements."""
    return f"{AGREEMENTS}/{agreement_id}/additions"


def company_info(company: str) -> str:
    """Return the path that tells the codebase of an (encoded) login company."""
    return f"/login/companyinfo/{company}"
