"""Builders of records with sensible defaults: one pushable invoice line and everything that it refers to.

Each takes the record's own members as keywords, so that a test names only what it is about. Numbers may be given as
text, as int or as Decimal, dates of ConnectWise as `date`.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from connectwise.records import (
    Addition,
    AdditionId,
    Agreement,
    AgreementId,
    BillingCycle,
    BillingCycleId,
    CatalogItem,
    CatalogItemId,
    CurrencyReference,
    Reference,
)
from dataverse.psasync.records import (
    Connector,
    ConnectorId,
    EntraObjectId,
    ItemOutcome,
    Job,
    JobDirection,
    JobId,
    JobItem,
    JobItemId,
    JobKind,
    JobState,
    Mapping,
    MappingId,
    MappingKind,
    MappingStatus,
    SourceId,
)
from dataverse.work365.records import (
    AccountId,
    BillingContract,
    BillingContractId,
    Currency,
    CurrencyId,
    Invoice,
    InvoiceId,
    InvoiceLine,
    InvoiceLineId,
    ProductId,
)
from sync_core.policies import ConnectorPolicies
from sync_core.push.facts import LineFacts

CONNECTOR_ID = ConnectorId("88888888-8888-4888-8888-000000000001")
LINE_ID = InvoiceLineId("a0000000-0000-4000-8000-000000000001")
INVOICE_ID = InvoiceId("b0000000-0000-4000-8000-000000000001")
CONTRACT_ID = BillingContractId("c0000000-0000-4000-8000-000000000001")
ACCOUNT_ID = AccountId("d0000000-0000-4000-8000-000000000001")
PRODUCT_ID = ProductId("e0000000-0000-4000-8000-000000000001")
CURRENCY_ID = CurrencyId("77777777-7777-4777-8777-000000000001")
JOB_ID = JobId("f0000000-0000-4000-8000-000000000001")
USER_ID = EntraObjectId("33333333-3333-4333-8333-000000000002")

COMPANY_PSA_ID = 250
AGREEMENT_PSA_ID = 412
CATALOG_ITEM_PSA_ID = 1040
INVOICE_DATE = date(2026, 3, 2)

_MONEY = {"price_per_unit", "base_amount", "manual_discount_amount", "cost_price_per_unit", "quantity"}
_INVOICE_MONEY = {"discount_amount", "discount_percentage", "freight_amount", "total_line_item_amount"}


def currency(iso_code: str = "USD", decimals: int = 2, **overrides: Any) -> Currency:
    """Return a currency, US dollars by default."""
    return replace(Currency(CURRENCY_ID, iso_code, decimals), **overrides)


def policies(**overrides: Any) -> ConnectorPolicies:
    """Return a connector's policies, all at their defaults."""
    return ConnectorPolicies(**overrides)


def invoice_line(**overrides: Any) -> InvoiceLine:
    """Return a line of 10 x 12.00; `base_amount` follows quantity and price unless it is given."""
    line = InvoiceLine(
        id=LINE_ID,
        etag='W/"1"',
        invoice_id=INVOICE_ID,
        line_number=1,
        product_id=PRODUCT_ID,
        product_name="Microsoft 365 E3 - Monthly",
        is_write_in=False,
        product_description=None,
        description="02/03/2026 - 01/04/2026",
        line1="Microsoft 365 E3",
        line2=None,
        subscription_name="Microsoft 365 E3 - Monthly",
        non_recurring_item_name=None,
        quantity=Decimal(10),
        price_per_unit=Decimal("12.00"),
        base_amount=Decimal("120.00"),
        manual_discount_amount=Decimal(0),
        cost_price_per_unit=Decimal("9.60"),
        is_taxable=True,
        product_type=1,
        period_last_date=date(2026, 4, 1),
    )
    line = replace(line, **_with_decimals(overrides, _MONEY))
    if "base_amount" in overrides:
        return line
    return replace(line, base_amount=round(line.quantity * line.price_per_unit, 2))


def write_in_line(**overrides: Any) -> InvoiceLine:
    """Return a line without a product, as a clerk types it."""
    write_in: dict[str, Any] = {
        "is_write_in": True,
        "product_id": None,
        "product_name": None,
        "product_description": "Onboarding workshop",
        "subscription_name": None,
    }
    return invoice_line(**(write_in | overrides))


def invoice(**overrides: Any) -> Invoice:
    """Return an active invoice of 2 March 2026."""
    default = Invoice(
        id=INVOICE_ID,
        number="INV-1001",
        name="Contoso, March 2026",
        state=0,
        status=1,
        invoice_date=INVOICE_DATE,
        billing_contract_id=CONTRACT_ID,
        currency_id=CURRENCY_ID,
        discount_amount=Decimal(0),
        discount_percentage=Decimal(0),
        freight_amount=Decimal(0),
        total_line_item_amount=None,
    )
    return replace(default, **_with_decimals(overrides, _INVOICE_MONEY))


def billing_contract(**overrides: Any) -> BillingContract:
    """Return a billing contract of the default account."""
    return replace(BillingContract(CONTRACT_ID, "BC-1827", ACCOUNT_ID, "Contoso Ltd"), **overrides)


def mapping(kind: MappingKind = MappingKind.INVOICE_LINE, **overrides: Any) -> Mapping:
    """Return a synced integration record of this kind, pointing to the default ConnectWise record."""
    source_id, psa_id, psa_name = _MAPPED[kind]
    default = Mapping(
        id=MappingId(f"90000000-0000-4000-8000-{kind:012d}"),
        etag='W/"1"',
        connector_id=CONNECTOR_ID,
        kind=kind,
        source_id=SourceId(source_id),
        psa_id=psa_id,
        psa_name=psa_name,
        psa_parent_id=AGREEMENT_PSA_ID if kind is MappingKind.INVOICE_LINE else None,
        status=MappingStatus.SYNCED,
        status_message=None,
        last_synced_on=None,
        pushed_amount=Decimal("120.00") if kind is MappingKind.INVOICE_LINE else None,
        pushed_quantity=Decimal(10) if kind is MappingKind.INVOICE_LINE else None,
        pushed_hash=None,
        claimed_by=None,
        claimed_until=None,
        attempts=0,
    )
    return replace(default, **_with_decimals(overrides, {"pushed_amount", "pushed_quantity"}))


_MAPPED = {
    MappingKind.ACCOUNT: (ACCOUNT_ID, COMPANY_PSA_ID, "Contoso"),
    MappingKind.PRODUCT: (PRODUCT_ID, CATALOG_ITEM_PSA_ID, "M365-E3-M"),
    MappingKind.BILLING_CONTRACT: (CONTRACT_ID, AGREEMENT_PSA_ID, "Contoso CSP"),
    MappingKind.INVOICE_LINE: (LINE_ID, 9001, "Contoso CSP"),
}


def agreement(**overrides: Any) -> Agreement:
    """Return an active monthly agreement of the default company in US dollars, without proration and without an end."""
    default: dict[str, Any] = {
        "id": AgreementId(AGREEMENT_PSA_ID),
        "name": "Contoso CSP",
        "company": Reference(id=COMPANY_PSA_ID, name="Contoso"),
        "start_date": date(2026, 1, 1),
        "no_ending_date_flag": True,
        "agreement_status": "Active",
        "billing_cycle": Reference(id=2, name="Monthly"),
        "bill_start_date": date(2026, 1, 1),
        "next_invoice_date": date(2026, 4, 1),
        "currency": CurrencyReference(id=1, currency_code="USD"),
    }
    return Agreement(**_with_midnights(default | overrides))


def billing_cycle(**overrides: Any) -> BillingCycle:
    """Return the monthly billing cycle."""
    default: dict[str, Any] = {"id": BillingCycleId(2), "name": "Monthly", "billing_options": "Monthly"}
    return BillingCycle(**(default | overrides))


def catalog_item(**overrides: Any) -> CatalogItem:
    """Return an active catalog item of class Agreement."""
    default: dict[str, Any] = {
        "id": CatalogItemId(CATALOG_ITEM_PSA_ID),
        "identifier": "M365-E3-M",
        "description": "Microsoft 365 E3 - Monthly",
        "product_class": "Agreement",
    }
    return CatalogItem(**(default | overrides))


def addition(**overrides: Any) -> Addition:
    """Return the addition of the default line, marked in its serial number."""
    default: dict[str, Any] = {
        "id": AdditionId(9001),
        "quantity": Decimal(10),
        "unit_price": Decimal("12.00"),
        "bill_customer": "Billable",
        "effective_date": INVOICE_DATE,
        "cancelled_date": INVOICE_DATE,
        "serial_number": LINE_ID,
        "invoice_description": "Microsoft 365 E3",
    }
    return Addition(**_with_midnights(default | overrides))


def line_facts(**overrides: Any) -> LineFacts:
    """Return the facts of one pushable line: everything is mapped and nothing stands against it."""
    default = LineFacts(
        line=invoice_line(),
        invoice=invoice(),
        currency=currency(),
        billing_contract=billing_contract(),
        product_mapping=mapping(MappingKind.PRODUCT),
        contract_mapping=mapping(MappingKind.BILLING_CONTRACT),
        account_mapping=mapping(MappingKind.ACCOUNT),
        line_mapping=None,
        agreement=agreement(),
        billing_cycle=billing_cycle(),
        catalog_item=catalog_item(),
        policies=policies(),
    )
    return replace(default, **overrides)


def connector(**overrides: Any) -> Connector:
    """Return a connector without properties, so with default policies."""
    default = Connector(CONNECTOR_ID, "ConnectWise", "https://psa.example", "contoso", "CONTOSO", None, None)
    return replace(default, **overrides)


def job(**overrides: Any) -> Job:
    """Return a running push of one invoice line."""
    default = Job(
        id=JOB_ID,
        etag='W/"1"',
        connector_id=CONNECTOR_ID,
        direction=JobDirection.PUSH,
        kind=JobKind.INVOICE_LINE,
        state=JobState.RUNNING,
        requested_by=USER_ID,
        request_key="request-key",
        request_hash="request-hash",
        correlation_id="00000000-0000-4000-8000-00000000c0de",
        message=None,
        total=1,
        created_on=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        started_on=None,
        ended_on=None,
        requeued_on=None,
    )
    return replace(default, **overrides)


def job_item(**overrides: Any) -> JobItem:
    """Return a pending item about the default line."""
    default = JobItem(
        id=JobItemId("91000000-0000-4000-8000-000000000001"),
        job_id=JOB_ID,
        position=0,
        chunk=0,
        source_id=SourceId(LINE_ID),
        psa_id=None,
        psa_parent_id=None,
        outcome=ItemOutcome.PENDING,
        action="push",
        code=None,
        message="",
        previewed_amount=None,
        invoice_id=None,
    )
    return replace(default, **overrides)


def midnight(day: date) -> datetime:
    """Return the UTC midnight by which ConnectWise writes a date."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def _with_decimals(members: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {
        name: Decimal(value) if name in names and isinstance(value, (str, int)) else value
        for name, value in members.items()
    }


def _with_midnights(members: dict[str, Any]) -> dict[str, Any]:
    return {name: midnight(value) if type(value) is date else value for name, value in members.items()}
