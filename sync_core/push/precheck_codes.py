"""The codes of all objections to pushing an invoice line, with their meanings; documentation lists this table."""

from typing import Final

ALREADY_SYNCED: Final = "already_synced"
CHANGED_AFTER_SYNC: Final = "changed_after_sync"
MISSING_IN_PSA: Final = "missing_in_psa"
INVOICE_PAID: Final = "invoice_paid"
INVOICE_CANCELLED: Final = "invoice_cancelled"
INVOICE_CLOSED: Final = "invoice_closed"
INVOICE_STATUS_NOT_ALLOWED: Final = "invoice_status_not_allowed"
INVOICE_WITHOUT_DATE: Final = "invoice_without_date"
CURRENCY_UNKNOWN: Final = "currency_unknown"
INVOICE_WITHOUT_CONTRACT: Final = "invoice_without_contract"
BUNDLE_HEADER: Final = "bundle_header"
ZERO_QUANTITY: Final = "zero_quantity"
ZERO_QUANTITY_WITH_AMOUNT: Final = "zero_quantity_with_amount"
WRITE_IN_WITHOUT_PRODUCT: Final = "write_in_without_product"
PRODUCT_NOT_MAPPED: Final = "product_not_mapped"
ACCOUNT_NOT_MAPPED: Final = "account_not_mapped"
CONTRACT_NOT_MAPPED: Final = "contract_not_mapped"
AGREEMENT_MISSING: Final = "agreement_missing"
AGREEMENT_OF_OTHER_COMPANY: Final = "agreement_of_other_company"
CURRENCY_DIFFERS: Final = "currency_differs"
AGREEMENT_CANCELLED: Final = "agreement_cancelled"
AGREEMENT_EXPIRED: Final = "agreement_expired"
AGREEMENT_ENDED: Final = "agreement_ended"
AGREEMENT_NOT_STARTED: Final = "agreement_not_started"
AGREEMENT_BILLING_NOT_STARTED: Final = "agreement_billing_not_started"
AGREEMENT_INACTIVE: Final = "agreement_inactive"
AGREEMENT_PRORATES: Final = "agreement_prorates"
CATALOG_ITEM_MISSING: Final = "catalog_item_missing"
CATALOG_ITEM_IS_BUNDLE: Final = "catalog_item_is_bundle"
CATALOG_ITEM_INACTIVE: Final = "catalog_item_inactive"

PRECHECK_CODES: Final[dict[str, str]] = {
    ALREADY_SYNCED: "The line's addition exists in ConnectWise and its amount has not changed since.",
    CHANGED_AFTER_SYNC: "The line's amount was changed in Work 365 after its addition was created.",
    MISSING_IN_PSA: "The line's addition was deleted in ConnectWise; it returns only when somebody selects the line.",
    INVOICE_PAID: "The invoice is paid.",
    INVOICE_CANCELLED: "The invoice is cancelled.",
    INVOICE_CLOSED: "The invoice is neither active nor paid nor cancelled.",
    INVOICE_STATUS_NOT_ALLOWED: "The invoice's status reason is not one that the connector lets through.",
    INVOICE_WITHOUT_DATE: "The invoice has no date, so the charge cannot be dated.",
    CURRENCY_UNKNOWN: "The invoice's currency could not be read.",
    INVOICE_WITHOUT_CONTRACT: "The invoice names no billing contract, or one that could not be read.",
    BUNDLE_HEADER: "The line is the heading of a bundle and has no amount of its own.",
    ZERO_QUANTITY: "The line has quantity 0 and no amount.",
    ZERO_QUANTITY_WITH_AMOUNT: "The line has quantity 0 and yet an amount.",
    WRITE_IN_WITHOUT_PRODUCT: "The line has no product, and the connector has no fallback product.",
    PRODUCT_NOT_MAPPED: "The line's product is not mapped to a catalog item.",
    ACCOUNT_NOT_MAPPED: "The billing contract's account is not mapped to a company.",
    CONTRACT_NOT_MAPPED: "The invoice's billing contract is not mapped to an agreement.",
    AGREEMENT_MISSING: "The mapped agreement was not found in ConnectWise.",
    AGREEMENT_OF_OTHER_COMPANY: "The mapped agreement belongs to another company than the mapped account.",
    CURRENCY_DIFFERS: "Invoice and agreement have different currencies; amounts are never converted.",
    AGREEMENT_CANCELLED: "The agreement is cancelled.",
    AGREEMENT_EXPIRED: "The agreement is expired.",
    AGREEMENT_ENDED: "The agreement ends before the date of the charge.",
    AGREEMENT_NOT_STARTED: "The agreement starts after the date of the charge.",
    AGREEMENT_BILLING_NOT_STARTED: "The agreement's billing starts after the date of the charge.",
    AGREEMENT_INACTIVE: "The agreement is inactive.",
    AGREEMENT_PRORATES: "The agreement prorates its additions, and Work 365 has prorated already.",
    CATALOG_ITEM_MISSING: "The mapped catalog item was not found in ConnectWise.",
    CATALOG_ITEM_IS_BUNDLE: "The mapped catalog item is of class Bundle, which cannot be an addition.",
    CATALOG_ITEM_INACTIVE: "The mapped catalog item is inactive.",
}
