"""Reads a seed as a push would, without any server: the facts about each invoice line."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from connectwise.records import Agreement, BillingCycle, CatalogItem
from dataverse.psasync.records import MappingKind, MappingStatus
from dataverse.work365.records import BillingContract, Currency, Invoice, InvoiceLine
from sync_core.policies import ConnectorPolicies
from sync_core.push.facts import LineFacts
from tests.builders import mapping

Seed = dict[str, dict[str, list[dict[str, Any]]]]

_CURRENCIES = {
    "77777777-7777-4777-8777-000000000001": ("USD", 2, 1),
    "77777777-7777-4777-8777-000000000002": ("EUR", 2, 2),
    "77777777-7777-4777-8777-000000000004": ("JPY", 0, 4),
}
_CYCLES = {2: BillingCycle(id=2, name="Monthly", billing_options="Monthly")}
_CYCLES[5] = BillingCycle(id=5, name="Yearly", billing_options="Yearly")


def target(row: dict[str, Any], navigation: str) -> str | None:
    """Return the id that a lookup of a seed row points to."""
    bound = row.get(f"{navigation}@odata.bind")
    return None if bound is None else bound.split("(")[1].rstrip(")")


class SeedReader:
    """The records of a seed by id."""

    def __init__(self, seed: Seed, policies: ConnectorPolicies) -> None:
        self._policies = policies
        rows = seed["dataverse"]
        self._lines = rows["invoicedetails"]
        self._products = {row["productid"]: row for row in rows["products"]}
        self._accounts = {row["accountid"]: row for row in rows["accounts"]}
        self._contracts = {row["work365_billingcontractid"]: row for row in rows["work365_billingcontracts"]}
        self._invoices = {row["invoiceid"]: row for row in rows["invoices"]}
        self._mappings = {
            (MappingKind(row["psasync_kind"]), row["psasync_sourceid"]): mapping(
                MappingKind(row["psasync_kind"]),
                source_id=row["psasync_sourceid"],
                psa_id=row["psasync_psaid"],
                psa_name=row["psasync_psaname"],
                status=MappingStatus(row["psasync_status"]),
            )
            for row in rows["psasync_mappings"]
        }
        records = seed["connectwise"]
        companies = {row["id"]: row["name"] for row in records["/company/companies"]}
        currencies = {number: iso_code for iso_code, _, number in _CURRENCIES.values()}
        self._agreements = {
            row["id"]: Agreement.model_validate(
                row
                | {
                    "company": {"id": row["company"]["id"], "name": companies[row["company"]["id"]]},
                    "currency": {"currencyCode": currencies[row["currency"]["id"]]},
                }
            )
            for row in records["/finance/agreements"]
        }
        self._items = {row["id"]: CatalogItem.model_validate(row) for row in records["/procurement/catalog"]}

    def facts(self) -> Iterator[LineFacts]:
        """Yield the facts about each line, in the order of the seed."""
        for row in self._lines:
            yield self._facts(row)

    def _facts(self, row: dict[str, Any]) -> LineFacts:
        invoice_row = self._invoices[target(row, "invoiceid") or ""]
        contract_id = target(invoice_row, "work365_invoice_billingcontract") or ""
        account_id = target(self._contracts[contract_id], "work365_billingcontract_customer") or ""
        product_mapping = self._mapping(MappingKind.PRODUCT, target(row, "productid"))
        contract_mapping = self._mapping(MappingKind.BILLING_CONTRACT, contract_id)
        agreement = self._agreements.get(contract_mapping.psa_id) if contract_mapping else None
        cycle = agreement.billing_cycle if agreement else None
        return LineFacts(
            line=self._line(row),
            invoice=_invoice(invoice_row, contract_id),
            currency=_currency(invoice_row),
            billing_contract=BillingContract(
                contract_id,  # type: ignore[arg-type]
                self._contracts[contract_id]["work365_name"],
                account_id,  # type: ignore[arg-type]
                self._accounts[account_id]["name"],
            ),
            product_mapping=product_mapping,
            contract_mapping=contract_mapping,
            account_mapping=self._mapping(MappingKind.ACCOUNT, account_id),
            line_mapping=None,
            agreement=agreement,
            billing_cycle=_CYCLES[cycle.id] if cycle else None,
            catalog_item=self._items.get(product_mapping.psa_id) if product_mapping else None,
            policies=self._policies,
        )

    def _mapping(self, kind: MappingKind, source_id: str | None) -> Any:
        return self._mappings.get((kind, source_id))

    def _line(self, row: dict[str, Any]) -> InvoiceLine:
        product_id = target(row, "productid")
        last_date = row.get("work365_invoiceproduct_poplastdate")
        return InvoiceLine(
            id=row["invoicedetailid"],
            etag="",
            invoice_id=target(row, "invoiceid"),  # type: ignore[arg-type]
            line_number=row["lineitemnumber"],
            product_id=product_id,  # type: ignore[arg-type]
            product_name=self._products[product_id]["name"] if product_id else None,
            is_write_in=row["isproductoverridden"],
            product_description=row.get("productdescription"),
            description=row["description"],
            line1=row["work365_invoiceproduct_line1"],
            line2=None,
            subscription_name=row.get("work365_invoiceproduct_subscriptionname"),
            non_recurring_item_name=row.get("work365_invoiceproduct_nriname"),
            quantity=row["quantity"],
            price_per_unit=row["priceperunit"],
            base_amount=row["baseamount"],
            manual_discount_amount=row["manualdiscountamount"],
            cost_price_per_unit=row.get("work365_invoiceproduct_costpriceperunit"),
            is_taxable=row["work365_invoiceproduct_istaxable"],
            product_type=row["producttypecode"],
            period_last_date=date.fromisoformat(last_date) if last_date else None,
        )


def _invoice(row: dict[str, Any], contract_id: str) -> Invoice:
    return Invoice(
        id=row["invoiceid"],
        number=row["invoicenumber"],
        name=row["name"],
        state=row["statecode"],
        status=row["statuscode"],
        invoice_date=date.fromisoformat(row["work365_invoice_billingdate"]),
        billing_contract_id=contract_id,  # type: ignore[arg-type]
        currency_id=target(row, "transactioncurrencyid"),  # type: ignore[arg-type]
        discount_amount=row["discountamount"],
        discount_percentage=Decimal(0),
        freight_amount=row["freightamount"],
        total_line_item_amount=row["totallineitemamount"],
    )


def _currency(row: dict[str, Any]) -> Currency:
    currency_id = target(row, "transactioncurrencyid") or ""
    iso_code, decimals, _ = _CURRENCIES[currency_id]
    return Currency(currency_id, iso_code, decimals)  # type: ignore[arg-type]
