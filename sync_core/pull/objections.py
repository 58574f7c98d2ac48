"""Why a record is not imported: each a stable code and a sentence that says what to do next."""

from connectwise.records import Agreement
from sync_core.mapping.billing_contracts import NoCounterpart
from sync_core.push.facts import Objection


def company_missing(psa_id: int) -> Objection:
    """The company was deleted after it was listed."""
    return Objection(
        "company_missing", f"Company {psa_id} no longer exists in ConnectWise; open the list again.", "failed"
    )


def agreement_missing(psa_id: int) -> Objection:
    """The agreement was deleted after it was listed."""
    return Objection(
        "agreement_missing", f"Agreement {psa_id} no longer exists in ConnectWise; open the list again.", "failed"
    )


def customer_not_mapped(agreement: Agreement) -> Objection:
    """The customer of an agreement must be imported first."""
    return Objection(
        "customer_not_mapped",
        f'The customer "{_company_name(agreement)}" is not in Work 365 yet; import the customer first, '
        "or choose to import customers together with their agreements.",
    )


def customer_not_imported(agreement: Agreement, reason: str) -> Objection:
    """The customer was to be imported first, and that did not succeed."""
    return Objection(
        "customer_not_imported",
        f'The customer "{_company_name(agreement)}" could not be imported, so neither was its agreement: {reason}',
        "failed",
    )


def customer_gone(agreement: Agreement) -> Objection:
    """The customer is mapped to an account that does not exist, or that the person may not read."""
    return Objection(
        "customer_gone",
        f'The account that the customer "{_company_name(agreement)}" is mapped to was not found; '
        "import the customer again or map it to another account.",
    )


def frequency_unsupported(none: NoCounterpart) -> Objection:
    """Work 365 has no such billing frequency."""
    if none.cycle is None:
        return Objection(
            "frequency_missing",
            "The agreement has no billing cycle and is not one-time; choose a billing cycle in ConnectWise and import "
            "it again.",
        )
    return Objection(
        "frequency_unsupported",
        f'Work 365 has no counterpart for the billing cycle "{none.cycle}"; choose monthly, quarterly, yearly or '
        "one-time in ConnectWise and import the agreement again.",
    )


def currency_not_in_work365(iso_code: str) -> Objection:
    """The currency must exist in Dynamics first."""
    return Objection(
        "currency_not_in_work365",
        f"The agreement is in {iso_code}, a currency that Work 365 does not have; ask an administrator to add it and "
        "import the agreement again.",
    )


def mapped_elsewhere() -> Objection:
    """The request links a record that is joined to another row."""
    return Objection(
        "mapped_elsewhere",
        "The ConnectWise record is mapped to another row of Work 365 already; remove that mapping first, or import "
        "without a link.",
    )


def already_linked(psa_id: int) -> Objection:
    """The row to link is joined to another record."""
    return Objection(
        "already_linked",
        f"The chosen row of Work 365 is mapped to ConnectWise record {psa_id} already; choose another row or remove "
        "that mapping first.",
    )


def link_target_missing() -> Objection:
    """The row to link does not exist."""
    return Objection(
        "link_target_missing",
        "The chosen row of Work 365 does not exist, or you may not read it; choose another one.",
        "failed",
    )


def contract_of_other_account() -> Objection:
    """The billing contract to link bills another customer."""
    return Objection(
        "contract_of_other_account",
        "The chosen billing contract belongs to another account than the agreement's customer; choose one of that "
        "customer.",
    )


def _company_name(agreement: Agreement) -> str:
    return agreement.company.name or f"company {agreement.company.id}"
