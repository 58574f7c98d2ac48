"""The ConnectWise tenant of a provider on the day that it gets PSA Sync: other business first, a little of this one."""

from decimal import Decimal
from typing import Any, Final

from emulators.seeds.connectwise_records import Record, additions_path, agreement, catalog_item, company, contact
from emulators.seeds.contoso_first_day.customers import (
    CAFE_ZURICH,
    CITY_POWER,
    FABRIKAM,
    KNOWN,
    KNOWN_BY_NUMBER,
    LITWARE,
    NORTHWIND,
    PROSEWARE,
    WIDE_WORLD,
    KnownCompany,
)
from emulators.seeds.currencies import USD

_OTHER_CLIENTS: Final = (
    (211, "ADATUMDENTAL", "Adatum Dental Group", "Tucson", "Rosa", "Diaz"),
    (212, "FIRSTSTREET", "First Street Veterinary Clinic", "Reno", "Omar", "Haddad"),
    (213, "MUNICIPAL", "Municipal Water District 7", "Fresno", "June", "Park"),
    (214, "TAILWIND", "Tailwind Traders", "Mesa", "Noel", "Ortiz"),
    (215, "FOURTHCOFFEE-BOI", "Fourth Coffee", "Boise", "Lou", "Berg"),
    (216, "FOURTHCOFFEE-TPA", "Fourth Coffee", "Tampa", "Max", "Stein"),
)
"""Nobody of them is a customer in Work 365; two shops have the name of one that is."""

_PROSPECT: Final = (217, "WOODLANDCARE", "Woodland Care Homes", "Salem", "Iris", "Chen")
_PROSPECT_TYPE: Final = 2

_MANAGED, _BLOCK_TIME = {"type": {"id": 10}}, {"type": {"id": 11}}
_CANCELLED: Final = {
    "cancelledFlag": True,
    "dateCancelled": "2025-12-31T00:00:00Z",
    "reasonCancelled": "Billed in Work 365 from 2026 on",
}
_FIRST_AGREEMENT_ID: Final = 401
_AGREEMENTS: Final[tuple[tuple[int, str, dict[str, Any]], ...]] = (
    (CAFE_ZURICH, "Managed Services", _MANAGED),
    (CITY_POWER, "BC-1809", {}),
    (CITY_POWER, "Helpdesk hours", _BLOCK_TIME),
    (FABRIKAM, "BC-1814", {}),
    (FABRIKAM, "Managed Services", _MANAGED),
    (LITWARE, "BC-1822", {}),
    (NORTHWIND, "BC-1827 Cloud", {}),
    (WIDE_WORLD, "Cloud subscriptions 2025", _CANCELLED),
)

_OF_E3: Final = {"manufacturerPartNumber": "CFQ7TTC0LFLX:0001"}
_LABOR: Final = {
    "category": {"id": 2},
    "subcategory": {"id": 12},
    "type": {"id": 4},
    "unitOfMeasure": {"id": 2},
    "productClass": "Service",
}
_HARDWARE: Final = {
    "category": {"id": 1},
    "subcategory": {"id": 10},
    "type": {"id": 1},
    "productClass": "Inventory",
}
_LABOR_ONSITE_ID: Final = 606
_CATALOG: Final[tuple[tuple[int, str, str, str, str, dict[str, Any]], ...]] = (
    (601, "M365-E3-MONTHLY", "Microsoft 365 E3 (monthly commitment)", "46.80", "39.00", _OF_E3),
    (602, "M365-E3-ANNUAL", "Microsoft 365 E3 (annual commitment)", "468.00", "390.00", _OF_E3),
    (603, "CFQ7TTC0LH18 -M", "M365 Business Basic, monthly", "6.90", "6.00", {}),
    (604, "MSP-BACKUP-GB", "Managed backup, per GB", "0.06", "0.04", {}),
    (605, "MSP-CONSULT-H", "Consulting, per hour", "145.00", "90.00", _LABOR),
    (_LABOR_ONSITE_ID, "LABOR-ONSITE", "Technician on site, per hour", "120.00", "80.00", _LABOR),
    (607, "HW-LAPTOP-14", "Laptop 14 inch, business", "1290.00", "1010.00", _HARDWARE),
    (608, "NEW-HIRE-KIT", "Laptop and accounts for a new colleague", "1490.00", "0", {"productClass": "Bundle"}),
)


def records() -> dict[str, list[Record]]:
    """Return the records of each collection."""
    agreements = [
        _agreement(_FIRST_AGREEMENT_ID + place, KNOWN_BY_NUMBER[number], name, members)
        for place, (number, name, members) in enumerate(_AGREEMENTS)
    ]
    return {
        "/company/companies": [*(_company(known) for known in KNOWN), *_other_companies()],
        "/company/contacts": [*(_contact(known) for known in KNOWN), *_other_contacts()],
        "/procurement/catalog": [
            catalog_item(item_id, identifier, description, **{**_prices(price, cost), **members})
            for item_id, identifier, description, price, cost, members in _CATALOG
        ],
        "/finance/agreements": agreements,
        **_additions(agreements),
    }


def _company(known: KnownCompany) -> Record:
    customer = known.customer
    record = company(
        known.company_id,
        known.identifier,
        known.name,
        customer.currency,
        city=customer.city,
        country_id=customer.country_id,
    )
    if known.number == PROSEWARE:
        del record["defaultContact"]
    return {**record, "addressLine1": f"{customer.number + 1} Sample Street", **known.members}


def _contact(known: KnownCompany) -> Record:
    customer = known.customer
    record = contact(known.company_id, customer.first_name, customer.last_name, customer.email)
    return {**record, "defaultFlag": known.number != PROSEWARE}


def _other_companies() -> list[Record]:
    clients = [
        company(company_id, identifier, name, USD, city=city, country_id=1)
        for company_id, identifier, name, city, _, _ in (*_OTHER_CLIENTS, _PROSPECT)
    ]
    clients[-1]["types"] = [{"id": _PROSPECT_TYPE}]
    return clients


def _other_contacts() -> list[Record]:
    return [
        contact(company_id, first_name, last_name, f"{first_name.lower()}@{identifier.lower()}.example")
        for company_id, identifier, _, _, first_name, last_name in (*_OTHER_CLIENTS, _PROSPECT)
    ]


def _agreement(agreement_id: int, known: KnownCompany, name: str, members: dict[str, Any]) -> Record:
    return agreement(agreement_id, name, known.company_id, known.customer.currency, **members)


def _prices(price: str, cost: str) -> dict[str, Decimal]:
    return {"price": Decimal(price), "cost": Decimal(cost)}


def _additions(agreements: list[Record]) -> dict[str, list[Record]]:
    """Return what technicians have put on the managed services by hand; a push must leave it alone."""
    managed = [record for record in agreements if record["type"] == _MANAGED["type"]]
    return {
        additions_path(record["id"]): [
            {
                "id": 50_000 + record["id"],
                "product": {"id": _LABOR_ONSITE_ID},
                "quantity": Decimal(2),
                "lessIncluded": Decimal(0),
                "unitPrice": Decimal("120.00"),
                "unitCost": Decimal("80.00"),
                "billCustomer": "Billable",
                "effectiveDate": "2026-01-01T00:00:00Z",
                "taxableFlag": True,
                "invoiceDescription": "Monthly visit, entered by hand",
            }
        ]
        for record in managed
    }
