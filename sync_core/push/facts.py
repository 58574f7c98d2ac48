"""Everything a decision about one invoice line needs, read fresh, and what the decision can be."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from connectwise.records import Agreement, BillingCycle, CatalogItem, NewAddition
from dataverse.psasync.records import Mapping
from dataverse.work365.records import BillingContract, Currency, Invoice, InvoiceLine
from sync_core.policies import ConnectorPolicies
from sync_core.prerequisites import Prerequisite


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One invoice line with all that it refers to; what does not exist (or is not mapped) is None.

    `product_mapping`, `contract_mapping` and `account_mapping` are the integration records of the line's product, its
    invoice's billing contract and that contract's account; `line_mapping` is the line's own.
    """

    line: InvoiceLine
    invoice: Invoice
    currency: Currency | None
    billing_contract: BillingContract | None
    product_mapping: Mapping | None
    contract_mapping: Mapping | None
    account_mapping: Mapping | None
    line_mapping: Mapping | None
    agreement: Agreement | None
    billing_cycle: BillingCycle | None
    catalog_item: CatalogItem | None
    policies: ConnectorPolicies


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a line is not pushed: a stable code and one sentence that says what to do next."""

    code: str
    message: str
    outcome: Literal["skipped", "failed"] = "skipped"
    prerequisite: Prerequisite | None = None


@dataclass(frozen=True, slots=True)
class PlannedAddition:
    """The addition that a line becomes; `net_amount` is quantity x unit price at the currency's decimals (M3).

    `fingerprint` is a digest of everything that is written, for the snapshot of the push.
    """

    addition: NewAddition
    net_amount: Decimal
    fingerprint: str
    warnings: tuple[str, ...] = ()
