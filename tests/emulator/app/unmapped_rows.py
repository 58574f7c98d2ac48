"""Work 365 as it is on day one: products with prices, accounts with contacts, contracts, and nothing mapped."""

import json
from decimal import Decimal
from typing import Any

from emulators.seeds.currencies import EUR, USD
from emulators.seeds.dataverse_rows import UNIT_GROUP_ID, UNIT_ID, billing_contract, bind, currency_of_row, row_id
from tests.emulator.app.outsider import Outsider

Row = dict[str, Any]

PROPERTIES: dict[str, Any] = {
    "product_category": {"id": 4},
    "product_subcategory": {"id": 17},
    "product_type": {"id": 3},
    "agreement_type": {"id": 12},
    "billing_cycle": {"id": 2},
    "company_types": [{"id": 1}],
    "company_status": {"id": 1},
}

PRICE_LIST = row_id("pricelevel", 1)


def product_id(number: int) -> str:
    return row_id("product", number)


def account_id(number: int) -> str:
    return row_id("account", number)


def contract_id(number: int) -> str:
    return row_id("work365_billingcontract", number)


def product(number: int, **members: Any) -> Row:
    default = {
        "productid": product_id(number),
        "name": f"Product {number} - Monthly",
        "productnumber": f"P-{number:05d} -M",
        "quantitydecimal": 2,
        "statecode": 0,
        "statuscode": 1,
        "standardcost": Decimal("8.40"),
        **bind("defaultuomid", "uoms", UNIT_ID),
        **bind("defaultuomscheduleid", "uomschedules", UNIT_GROUP_ID),
        **bind("pricelevelid", "pricelevels", PRICE_LIST),
        **currency_of_row(USD),
    }
    return default | members


def price(number: int, amount: str = "10.50") -> Row:
    return {
        "productpricelevelid": row_id("productpricelevel", number),
        "amount": Decimal(amount),
        **bind("pricelevelid", "pricelevels", PRICE_LIST),
        **bind("productid", "products", product_id(number)),
        **bind("uomid", "uoms", UNIT_ID),
        **currency_of_row(USD),
    }


def account(number: int, **members: Any) -> Row:
    default = {
        "accountid": account_id(number),
        "name": f"Customer {number}",
        "address1_city": "Tampa",
        "telephone1": f"+1 813 555 {number:04d}",
        **currency_of_row(EUR if number % 7 == 3 else USD),
    }
    return default | members


def contact(number: int, **members: Any) -> Row:
    default = {
        "contactid": row_id("contact", number),
        "firstname": "Ada",
        "lastname": f"Lovelace {number}",
        "emailaddress1": f"ada{number}@customer{number}.example",
        **bind("parentcustomerid_account", "accounts", account_id(number)),
    }
    return default | members


def seed(
    *, products: int = 0, accounts: int = 0, contracts: int = 0, with_contacts: bool = True
) -> dict[str, dict[str, list[Row]]]:
    """Return so many rows; contract n is one of account n, and every account has a primary contact."""
    primary = [bind("primarycontactid", "contacts", row_id("contact", number)) for number in range(accounts)]
    return {
        "connectwise": {},
        "dataverse": {
            "pricelevels": [{"pricelevelid": PRICE_LIST, "name": "Price list", **currency_of_row(USD)}],
            "products": [product(number) for number in range(products)],
            "productpricelevels": [price(number) for number in range(products)],
            "accounts": [account(n, **(primary[n] if with_contacts else {})) for n in range(accounts)],
            "contacts": [contact(number) for number in range(accounts)] if with_contacts else [],
            "work365_billingcontracts": [
                billing_contract(contract_id(number), f"BC-{number:05d}", account_id(number), USD)
                for number in range(contracts)
            ],
        },
    }


def use(outsider: Outsider, rows: dict[str, dict[str, list[Row]]], **properties: Any) -> None:
    """Put these rows in place of all others, under a connector with properties."""
    outsider.replace_rows(rows)
    answer = outsider.call(
        "PATCH",
        f"connectors/{outsider.stack.connector_id}",
        {"properties": PROPERTIES | properties},
        user="admin",
    )
    assert answer.status_code == 200, answer.text
    outsider.forget_requests()


def wishes(*ids: str, action: str = "create", **members: Any) -> list[Row]:
    return [{"id": row, "action": action, **members} for row in ids]


def stored(outsider: Outsider, collection: str) -> list[Row]:
    """Return the records that ConnectWise holds."""
    found = outsider.stored("connectwise", f"state?collection={collection}")
    return json.loads(json.dumps(list(found), default=str))
