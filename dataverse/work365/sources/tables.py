"""The tables from whose rows ConnectWise records are made, under the names of the schema map."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataverse import values
from dataverse.odata import any_of
from dataverse.psasync.records import SourceId
from dataverse.values import Row
from dataverse.work365.imports.records import RowId
from dataverse.work365.line_rows import lookup
from dataverse.work365.records import AccountId
from dataverse.work365.schema import (
    AccountNames,
    BillingContractNames,
    ContactNames,
    CurrencyNames,
    PriceListItemNames,
    ProductNames,
)
from dataverse.work365.sources.records import (
    SourceAccount,
    SourceContact,
    SourceContract,
    SourcePrice,
    SourceProduct,
)

_ACTIVE, _PRODUCT = 0, 1


@dataclass(frozen=True, slots=True)
class ProductTable:
    """Products and the items of price lists."""

    names: ProductNames
    items: PriceListItemNames
    currency: CurrencyNames

    def columns(self) -> list[str]:
        """Return the properties of a product that `product_from` reads."""
        one = self.names
        texts = (one.key, one.name, one.number, one.part_number, one.description, one.psa_id, one.psa_name)
        lookups = (lookup(one.default_unit), lookup(one.default_price_list))
        return [*texts, one.state, one.structure, one.current_cost, one.standard_cost, *lookups]

    def item_columns(self) -> list[str]:
        """Return the properties of a price list item that `product_from` reads."""
        one = self.items
        return [lookup(one.product), lookup(one.price_list), lookup(one.unit), one.amount, one.pricing_method]

    def item_expand(self) -> str:
        """Return the expansion of a price list item."""
        return f"{self.items.currency_navigation}($select={self.currency.iso_code})"

    def items_of(self, product_ids: Sequence[str]) -> str:
        """Return the condition that an item is one of these products'."""
        return any_of(lookup(self.items.product), product_ids)

    def product_of(self, item: Row) -> str | None:
        """Return the id of the product of a price list item."""
        return values.guid(item, lookup(self.items.product))

    def product_from(self, row: Row, items: Sequence[Row]) -> SourceProduct:
        """Return the product with those of its price list items that are for its default unit."""
        names = self.names
        unit_id, list_id = (
            values.guid(row, lookup(names.default_unit)),
            values.guid(row, lookup(names.default_price_list)),
        )
        in_unit = [item for item in items if unit_id and values.guid(item, lookup(self.items.unit)) == unit_id]
        on_list = [item for item in in_unit if list_id and self._price_list(item) == list_id]
        current_cost = values.exact(row, names.current_cost)
        return SourceProduct(
            id=SourceId(values.required(values.guid(row, names.key), names.key)),
            etag=values.etag(row),
            name=values.text(row, names.name) or "",
            number=values.text(row, names.number),
            part_number=values.text(row, names.part_number),
            description=values.text(row, names.description),
            state=values.whole(row, names.state) or _ACTIVE,
            structure=values.whole(row, names.structure) or _PRODUCT,
            unit_name=values.formatted(row, lookup(names.default_unit)),
            default_price=self._price(on_list[0], unit_id or "") if on_list else None,
            prices=tuple(self._price(item, unit_id or "") for item in sorted(in_unit, key=self._price_list)),
            cost=values.exact(row, names.standard_cost) if current_cost is None else current_cost,
            psa_id=values.text(row, names.psa_id),
            psa_name=values.text(row, names.psa_name),
        )

    def _price_list(self, item: Row) -> str:
        return values.guid(item, lookup(self.items.price_list)) or ""

    def _price(self, item: Row, unit_id: str) -> SourcePrice:
        is_amount = values.whole(item, self.items.pricing_method) == self.items.method_amount
        return SourcePrice(
            price_list_name=values.formatted(item, lookup(self.items.price_list)),
            unit_id=unit_id,
            amount=values.exact(item, self.items.amount) if is_amount else None,
            currency=_iso_code(item, self.items.currency_navigation, self.currency),
        )


@dataclass(frozen=True, slots=True)
class AccountTable:
    """Accounts with their primary contacts."""

    names: AccountNames
    contact: ContactNames
    currency: CurrencyNames

    def columns(self) -> list[str]:
        """Return the properties that `account_from` reads."""
        one = self.names
        address = (one.address_line1, one.address_line2, one.city, one.state, one.postal_code, one.country)
        return [one.key, one.name, one.number, one.phone, one.fax, one.website, *address, one.psa_id, one.psa_name]

    def expand(self) -> str:
        """Return the expansion of an account."""
        one = self.contact
        columns = (one.key, one.first_name, one.last_name, one.job_title, one.email, one.phone)
        return (
            f"{self.names.primary_contact_navigation}($select={','.join(columns)}),"
            f"{self.names.currency_navigation}($select={self.currency.iso_code})"
        )

    def account_from(self, row: Row) -> SourceAccount:
        """Return the account of a row that holds `columns` and `expand`."""
        names = self.names
        contact = values.child(row, names.primary_contact_navigation)
        return SourceAccount(
            id=SourceId(values.required(values.guid(row, names.key), names.key)),
            etag=values.etag(row),
            name=values.text(row, names.name) or "",
            number=values.text(row, names.number),
            phone=values.text(row, names.phone),
            fax=values.text(row, names.fax),
            website=values.text(row, names.website),
            address_line1=values.text(row, names.address_line1),
            address_line2=values.text(row, names.address_line2),
            city=values.text(row, names.city),
            state=values.text(row, names.state),
            postal_code=values.text(row, names.postal_code),
            country=values.text(row, names.country),
            currency=_iso_code(row, names.currency_navigation, self.currency),
            contact=None if contact is None else self._contact_from(contact),
            psa_id=values.text(row, names.psa_id),
            psa_name=values.text(row, names.psa_name),
        )

    def _contact_from(self, row: Row) -> SourceContact:
        names = self.contact
        return SourceContact(
            id=RowId(values.required(values.guid(row, names.key), names.key)),
            first_name=values.text(row, names.first_name),
            last_name=values.text(row, names.last_name),
            job_title=values.text(row, names.job_title),
            email=values.text(row, names.email),
            phone=values.text(row, names.phone),
        )


@dataclass(frozen=True, slots=True)
class ContractTable:
    """Billing contracts."""

    names: BillingContractNames
    currency: CurrencyNames

    def columns(self) -> list[str]:
        """Return the properties that `contract_from` reads."""
        one = self.names
        dates = (one.start_date, one.end_date)
        return [one.key, one.name, lookup(one.account), one.contract_type, *dates, one.psa_id, one.psa_name]

    def expand(self) -> str:
        """Return the expansion of a billing contract."""
        return f"{self.names.currency_navigation}($select={self.currency.iso_code})"

    def contract_from(self, row: Row) -> SourceContract:
        """Return the billing contract of a row that holds `columns` and `expand`."""
        names = self.names
        account_id = values.guid(row, lookup(names.account))
        kinds = {names.type_recurring: True, names.type_non_recurring: False}
        contract_type = values.whole(row, names.contract_type)
        return SourceContract(
            id=SourceId(values.required(values.guid(row, names.key), names.key)),
            etag=values.etag(row),
            name=values.text(row, names.name) or "",
            account_id=None if account_id is None else AccountId(account_id),
            account_name=values.formatted(row, lookup(names.account)),
            is_recurring=None if contract_type is None else kinds.get(contract_type),
            start_date=values.day(row, names.start_date),
            end_date=values.day(row, names.end_date),
            currency=_iso_code(row, names.currency_navigation, self.currency),
            psa_id=values.text(row, names.psa_id),
            psa_name=values.text(row, names.psa_name),
        )


def _iso_code(row: Row, navigation: str, names: CurrencyNames) -> str | None:
    currency = values.child(row, navigation)
    return None if currency is None else values.text(currency, names.iso_code)
