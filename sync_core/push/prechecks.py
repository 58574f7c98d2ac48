"""Prechecks: why an invoice line is not pushed, in one sentence that says what to do next.

The checks form a table and the first objection wins, so a person gets the one answer that helps most:

1. the line's own history: what is in ConnectWise already needs nothing else, whatever became of the rest;
2. the invoice: one fact about it concerns all of its lines, and no mapping can put it right;
3. the line itself: a line that never becomes an addition should not ask anybody to map its product;
4. what must be mapped, in the order of the tabs: products, customers, agreements;
5. the agreement and then the product as ConnectWise has them: they cost requests to read, and only a mapped line has
   them.

A rule that forbids the push makes the line `skipped`; a mapped record that ConnectWise no longer has makes it `failed`.
Who else holds a claim on the line is not asked here.
"""

from collections.abc import Callable

from dataverse.psasync.records import Mapping, MappingStatus
from sync_core.mapping.invoice_lines import product_of_line
from sync_core.mapping.line_texts import name_of_line
from sync_core.money import net_amount_of, plain, same_amount
from sync_core.prerequisites import Prerequisite
from sync_core.push import precheck_codes as codes
from sync_core.push.agreement_checks import agreement_objection, agreement_warnings, catalog_item_objection
from sync_core.push.facts import LineFacts, Objection
from sync_core.push.precheck_codes import PRECHECK_CODES

__all__ = ["PRECHECK_CODES", "objection_to", "warnings_about"]

_ACTIVE = 0
_BUNDLE_HEADER = 2
_CODES_BY_STATE = {2: (codes.INVOICE_PAID, "paid"), 3: (codes.INVOICE_CANCELLED, "cancelled")}


def objection_to(facts: LineFacts, *, asked_for_line: bool) -> Objection | None:
    """Return the first objection to pushing the line, or None.

    `asked_for_line`: the person selected this very line and not only its invoice, which is how an addition that was
    deleted in ConnectWise is asked for again.
    """
    objection = _history_objection(facts, asked_for_line=asked_for_line)
    return objection or next((found for check in _CHECKS if (found := check(facts))), None)


def warnings_about(facts: LineFacts) -> tuple[str, ...]:
    """Return what a person should know before the line is pushed: about its invoice (M9) and its agreement."""
    return (*_header_warnings(facts), *agreement_warnings(facts))


def _history_objection(facts: LineFacts, *, asked_for_line: bool) -> Objection | None:
    mapping = facts.line_mapping
    if mapping is None:
        return None
    if mapping.status is MappingStatus.MISSING_IN_PSA and not asked_for_line:
        return Objection(
            codes.MISSING_IN_PSA,
            f"{_line(facts)} had an addition that was deleted in ConnectWise; "
            "select the line itself and push it again to create a new one.",
        )
    if mapping.status not in (MappingStatus.SYNCED, MappingStatus.CHANGED_AFTER_SYNC):
        return None
    return _change_objection(facts, mapping) or Objection(
        codes.ALREADY_SYNCED,
        f"{_line(facts)} is in ConnectWise already{_addition(mapping)}; nothing needs to be done.",
    )


def _change_objection(facts: LineFacts, mapping: Mapping) -> Objection | None:
    """Object to a line whose amount is no longer what was pushed; one that was changed back is simply synced."""
    currency, pushed = facts.currency, mapping.pushed_amount
    if currency is None or pushed is None:
        changed, amounts = mapping.status is MappingStatus.CHANGED_AFTER_SYNC, ""
    else:
        net_amount = net_amount_of(facts.line, currency, facts.policies)
        changed = not same_amount(pushed, net_amount, currency, facts.policies)
        now = f"{plain(net_amount, currency.decimals)} {currency.iso_code}"
        amounts = f" from {plain(pushed, currency.decimals)} to {now}"
    if not changed:
        return None
    return Objection(
        codes.CHANGED_AFTER_SYNC,
        f"{_line(facts)} was changed{amounts} after it was pushed{_addition(mapping)}; "
        "correct the addition in ConnectWise, or change the line back.",
    )


def _invoice_objection(facts: LineFacts) -> Objection | None:
    invoice, allowed = facts.invoice, facts.policies.pushable_invoice_statuses
    if invoice.state != _ACTIVE:
        code, word = _CODES_BY_STATE.get(invoice.state, (codes.INVOICE_CLOSED, "closed"))
        return Objection(code, f"Invoice {invoice.number} is {word}; reactivate it in Work 365 to push its lines.")
    if allowed is not None and invoice.status not in allowed:
        return Objection(
            codes.INVOICE_STATUS_NOT_ALLOWED,
            f"Invoice {invoice.number} has a status reason that the connector does not push; "
            "change the invoice's status reason, or the connector's policy.",
        )
    if invoice.invoice_date is None:
        return Objection(
            codes.INVOICE_WITHOUT_DATE, f"Invoice {invoice.number} has no date; enter its billing date in Work 365."
        )
    if facts.currency is None:
        return Objection(
            codes.CURRENCY_UNKNOWN,
            f"The currency of invoice {invoice.number} could not be read; "
            "make sure that the invoice has one and that you may read it.",
        )
    return _contract_of_invoice_objection(facts)


def _contract_of_invoice_objection(facts: LineFacts) -> Objection | None:
    if facts.billing_contract is not None:
        return None
    number = facts.invoice.number
    if facts.invoice.billing_contract_id is None:
        sentence = f"Invoice {number} has no billing contract; choose one on the invoice in Work 365."
    else:
        sentence = f"The billing contract of invoice {number} could not be read; make sure that you may read it."
    return Objection(codes.INVOICE_WITHOUT_CONTRACT, sentence)


def _line_objection(facts: LineFacts) -> Objection | None:
    line, currency = facts.line, facts.currency
    net_amount = net_amount_of(line, currency, facts.policies) if currency else None
    if line.product_type == _BUNDLE_HEADER and not net_amount:
        return Objection(
            codes.BUNDLE_HEADER,
            f"{_line(facts)} is the heading of a bundle without an amount; push the lines of the bundle instead.",
        )
    if line.quantity:
        return None
    if net_amount:
        # Skipping it as empty would lose money, and guessing a quantity would bill something nobody has entered.
        return Objection(
            codes.ZERO_QUANTITY_WITH_AMOUNT,
            f"{_line(facts)} has quantity 0 and yet an amount of {net_amount:f}; "
            "correct its quantity or its amount in Work 365.",
        )
    if facts.policies.zero_quantity == "no_charge":
        return None
    return Objection(codes.ZERO_QUANTITY, f"{_line(facts)} has quantity 0, so there is nothing to bill.")


def _product_mapping_objection(facts: LineFacts) -> Objection | None:
    name = name_of_line(facts.line) or "without a name"
    if facts.line.is_write_in or facts.line.product_id is None:
        if product_of_line(facts.line, facts.product_mapping, facts.policies) is not None:
            return None
        return Objection(
            codes.WRITE_IN_WITHOUT_PRODUCT,
            f'The write-in line "{name}" has no product; '
            "choose a fallback product on the connector, or give the line a product in Work 365.",
        )
    if _is_usable(facts.product_mapping):
        return None
    return Objection(
        codes.PRODUCT_NOT_MAPPED,
        f'The product "{facts.line.product_name or name}" is not mapped to a ConnectWise product; '
        "map it on the Products tab.",
        prerequisite=Prerequisite("product", facts.line.product_id, facts.line.product_name or name),
    )


def _account_mapping_objection(facts: LineFacts) -> Objection | None:
    contract = facts.billing_contract
    if contract is None or _is_usable(facts.account_mapping):
        return None
    if contract.account_id is None:
        sentence = f'The billing contract "{contract.name}" has no customer; choose one on the contract in Work 365.'
        return Objection(codes.ACCOUNT_NOT_MAPPED, sentence)
    name = f'customer "{contract.account_name}"' if contract.account_name else f'customer of "{contract.name}"'
    return Objection(
        codes.ACCOUNT_NOT_MAPPED,
        f"The {name} is not mapped to a ConnectWise company; map it on the Customers tab.",
        prerequisite=Prerequisite("account", contract.account_id, contract.account_name),
    )


def _contract_mapping_objection(facts: LineFacts) -> Objection | None:
    contract = facts.billing_contract
    if contract is None or _is_usable(facts.contract_mapping):
        return None
    return Objection(
        codes.CONTRACT_NOT_MAPPED,
        f'The billing contract "{contract.name}" is not mapped to a ConnectWise agreement; '
        "map it on the Agreements tab.",
        prerequisite=Prerequisite("billing_contract", contract.id, contract.name),
    )


_CHECKS: tuple[Callable[[LineFacts], Objection | None], ...] = (
    _invoice_objection,
    _line_objection,
    _product_mapping_objection,
    _account_mapping_objection,
    _contract_mapping_objection,
    agreement_objection,
    catalog_item_objection,
)


def _header_warnings(facts: LineFacts) -> tuple[str, ...]:
    invoice = facts.invoice
    code, decimals = (f" {facts.currency.iso_code}", facts.currency.decimals) if facts.currency else ("", 0)
    found = []
    if invoice.discount_amount:
        found.append(f"a discount of {plain(invoice.discount_amount, decimals)}{code}")
    if invoice.discount_percentage:
        found.append(f"a discount of {plain(invoice.discount_percentage)} %")
    if invoice.freight_amount:
        found.append(f"freight of {plain(invoice.freight_amount, decimals)}{code}")
    return tuple(
        f"Invoice {invoice.number} has {what} that is not on its lines and is not pushed; "
        "enter it on the agreement in ConnectWise."
        for what in found
    )


def _is_usable(mapping: Mapping | None) -> bool:
    """Whether the mapping points to a record that ConnectWise is believed to have."""
    return mapping is not None and mapping.psa_id is not None and mapping.status is not MappingStatus.MISSING_IN_PSA


def _line(facts: LineFacts) -> str:
    number = facts.line.line_number
    return f"{'A line' if number is None else f'Line {number}'} of invoice {facts.invoice.number}"


def _addition(mapping: Mapping) -> str:
    return "" if mapping.psa_id is None else f" (addition {mapping.psa_id})"
