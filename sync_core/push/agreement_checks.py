"""What ConnectWise's own records object to: the agreement that would be charged and the catalog item."""

import re

from connectwise.records import Agreement, CurrencyReference
from sync_core.mapping.charge_dates import charge_dates_of
from sync_core.mapping.invoice_lines import product_of_line
from sync_core.push import precheck_codes as codes
from sync_core.push.facts import LineFacts, Objection

_CYCLES_LONGER_THAN_A_MONTH = {"BiMonthly", "Quarterly", "SemiAnnual", "Yearly"}
_CODES_BY_STATUS = {
    "Cancelled": codes.AGREEMENT_CANCELLED,
    "Expired": codes.AGREEMENT_EXPIRED,
    "Inactive": codes.AGREEMENT_INACTIVE,
}
_ISO_CODE = re.compile("[A-Za-z]{3}")
_MAP_ACTIVE_AGREEMENT = "map the billing contract to an active agreement on the Agreements tab"


def agreement_objection(facts: LineFacts) -> Objection | None:
    """Return what stands against charging the mapped agreement; the charge's date decides, not the day of the push."""
    agreement = facts.agreement
    if agreement is None:
        return _agreement_missing(facts)
    return (
        _company_objection(facts, agreement)
        or _currency_objection(facts, agreement)
        or _term_objection(facts, agreement)
        or _proration_objection(agreement)
    )


def catalog_item_objection(facts: LineFacts) -> Objection | None:
    """Return what stands against the catalog item that the line would be pushed as."""
    item = facts.catalog_item
    if item is None:
        product_id = product_of_line(facts.line, facts.product_mapping, facts.policies)
        return Objection(
            codes.CATALOG_ITEM_MISSING,
            f"The ConnectWise product with id {product_id} was not found; map the product again on the Products tab.",
            outcome="failed",
        )
    if item.product_class == "Bundle":
        return Objection(
            codes.CATALOG_ITEM_IS_BUNDLE,
            f'The ConnectWise product "{item.identifier}" is a bundle, which cannot be an addition; '
            "map another product on the Products tab.",
        )
    if item.inactive_flag:
        return Objection(
            codes.CATALOG_ITEM_INACTIVE,
            f'The ConnectWise product "{item.identifier}" is inactive; make it active there, or map another one.',
        )
    return None


def agreement_warnings(facts: LineFacts) -> tuple[str, ...]:
    """Return what a person should know about the agreement although the line can be pushed."""
    agreement = facts.agreement
    if agreement is None:
        return ()
    warnings = []
    cycle = facts.billing_cycle
    if cycle and cycle.billing_options in _CYCLES_LONGER_THAN_A_MONTH and not agreement.bill_one_time_flag:
        warnings.append(
            f'The agreement "{agreement.name}" is invoiced {cycle.name}, so this charge can wait for months; '
            "a monthly or a one-time agreement bills it sooner."
        )
    if facts.currency is not None and _iso_code_of(agreement.currency) is None:
        warnings.append(
            f'The agreement "{agreement.name}" names no currency; '
            f"make sure that ConnectWise bills it in {facts.currency.iso_code}, amounts are not converted."
        )
    return tuple(warnings)


def _agreement_missing(facts: LineFacts) -> Objection:
    mapping = facts.contract_mapping
    name = (mapping.psa_name or f"with id {mapping.psa_id}") if mapping else "of the billing contract"
    return Objection(
        codes.AGREEMENT_MISSING,
        f"The agreement {name} was not found in ConnectWise; map the billing contract again on the Agreements tab.",
        outcome="failed",
    )


def _company_objection(facts: LineFacts, agreement: Agreement) -> Objection | None:
    account = facts.account_mapping
    if account is None or account.psa_id == agreement.company.id:
        return None
    owner, customer = agreement.company.name or "another company", account.psa_name or f"company {account.psa_id}"
    return Objection(
        codes.AGREEMENT_OF_OTHER_COMPANY,
        f'The agreement "{agreement.name}" belongs to {owner}, but the customer is mapped to {customer}; '
        "map the billing contract to an agreement of the customer's company on the Agreements tab.",
    )


def _currency_objection(facts: LineFacts, agreement: Agreement) -> Objection | None:
    agreed = _iso_code_of(agreement.currency)
    if facts.currency is None or agreed is None or agreed == facts.currency.iso_code.upper():
        return None
    return Objection(
        codes.CURRENCY_DIFFERS,
        f'The invoice is in {facts.currency.iso_code}, but the agreement "{agreement.name}" is in {agreed}; '
        f"map the billing contract to an agreement in {facts.currency.iso_code}.",
    )


def _iso_code_of(currency: CurrencyReference | None) -> str | None:
    """Return the ISO code, whichever member this version of ConnectWise puts it in; None when there is none."""
    members = (currency.currency_code, currency.currency_identifier, currency.name) if currency else ()
    return next((member.upper() for member in members if member and _ISO_CODE.fullmatch(member)), None)


def _term_objection(facts: LineFacts, agreement: Agreement) -> Objection | None:
    # "Inactive" comes last: an agreement that has not started yet can be inactive too, and its dates say why.
    ended = _status_objection(agreement, {"Cancelled", "Expired"})
    return ended or _date_objection(facts, agreement) or _status_objection(agreement, {"Inactive"})


def _status_objection(agreement: Agreement, statuses: set[str]) -> Objection | None:
    status = "Cancelled" if agreement.cancelled_flag else agreement.agreement_status
    if status not in statuses:
        return None
    return Objection(
        _CODES_BY_STATUS[status],
        f'The agreement "{agreement.name}" is {status.lower()}; {_MAP_ACTIVE_AGREEMENT}.',
    )


def _date_objection(facts: LineFacts, agreement: Agreement) -> Objection | None:
    charged = charge_dates_of(facts).effective
    end_date = None if agreement.no_ending_date_flag else agreement.end_date
    for last, code, words in (
        (agreement.date_cancelled, codes.AGREEMENT_CANCELLED, "is cancelled as of"),
        (end_date, codes.AGREEMENT_ENDED, "ends on"),
    ):
        if last is not None and last.date() < charged:
            return Objection(
                code,
                f'The agreement "{agreement.name}" {words} {last.date()}, before the charge of {charged}; '
                f"{_MAP_ACTIVE_AGREEMENT}.",
            )
    for first, code, words in (
        (agreement.start_date, codes.AGREEMENT_NOT_STARTED, "starts on"),
        (agreement.bill_start_date, codes.AGREEMENT_BILLING_NOT_STARTED, "starts billing on"),
    ):
        if first is not None and first.date() > charged:
            return Objection(
                code,
                f'The agreement "{agreement.name}" {words} {first.date()}, after the charge of {charged}; '
                "correct that date in ConnectWise, or map the billing contract to another agreement.",
            )
    return None


def _proration_objection(agreement: Agreement) -> Objection | None:
    if not agreement.prorate_flag:
        return None
    return Objection(
        codes.AGREEMENT_PRORATES,
        f'The agreement "{agreement.name}" prorates its additions, which would prorate this charge twice; '
        "switch proration off on the agreement in ConnectWise.",
    )
