"""What ConnectWise holds: clients with their contacts, the catalog, agreements, and additions that are not ours."""

from decimal import Decimal
from typing import Final

from emulators.seeds.connectwise_records import Record, additions_path, agreement, catalog_item, company, contact
from emulators.seeds.contoso.contracts import CONTRACTS
from emulators.seeds.contoso.customers import CUSTOMERS, Customer
from emulators.seeds.contoso.products import CONSULTING, PRODUCTS, Product

_FIRST_ADDITION_ID: Final = 60_001
_EVERY: Final = 6


def records() -> dict[str, list[Record]]:
    """Return the records of each collection."""
    return {
        "/company/companies": [_company(customer) for customer in CUSTOMERS],
        "/company/contacts": [
            contact(customer.company_id, customer.first_name, customer.last_name, customer.email)
            for customer in CUSTOMERS
        ],
        "/procurement/catalog": [_catalog_item(product) for product in PRODUCTS],
        "/finance/agreements": [
            agreement(
                contract.agreement_id,
                contract.agreement_name,
                contract.agreement_company_id,
                contract.agreement_currency,
                one_time=contract.is_one_time,
                **contract.agreement_members,
            )
            for contract in CONTRACTS
        ],
        **_additions(),
    }


def _company(customer: Customer) -> Record:
    return company(
        customer.company_id,
        customer.identifier,
        customer.name,
        customer.currency,
        city=customer.city,
        country_id=customer.country_id,
    )


def _catalog_item(product: Product) -> Record:
    return catalog_item(
        product.catalog_item_id,
        product.product_number,
        product.name,
        manufacturerPartNumber=product.part_number,
        price=product.price,
        cost=product.cost,
        **product.in_psa,
    )


def _additions() -> dict[str, list[Record]]:
    """Return what technicians have put on some agreements by hand; a push must leave it alone."""
    return {
        additions_path(contract.agreement_id): [
            {
                "id": _FIRST_ADDITION_ID + contract.number,
                "product": {"id": CONSULTING.catalog_item_id},
                "quantity": Decimal(1),
                "lessIncluded": Decimal(0),
                "unitPrice": Decimal("145.00"),
                "unitCost": Decimal("90.00"),
                "billCustomer": "Billable",
                "effectiveDate": "2026-01-01T00:00:00Z",
                "taxableFlag": True,
                "serialNumber": f"SN-{contract.number:05d}",
                "invoiceDescription": "Monthly review, entered by hand",
            }
        ]
        for contract in CONTRACTS[::_EVERY]
    }
