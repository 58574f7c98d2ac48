"""Work 365 before anybody mapped anything: the rows of `contoso` without a trace of ConnectWise.

Contracts have no end: an agreement made of one that has ended takes no charges, and the seed must outlive 2026.
"""

from typing import Final

from emulators.seeds.contoso import dataverse as contoso
from emulators.seeds.contoso.customers import CUSTOMERS
from emulators.seeds.contoso_first_day.customers import RELECLOUD, domain_of
from emulators.seeds.dataverse_rows import Row

_MAPPINGS: Final = "psasync_mappings"
_PSA_COLUMN: Final = "_psasystem_"
_PRIMARY_CONTACT: Final = "primarycontactid@odata.bind"
_END_DATE: Final = "work365_billingcontract_enddate"


def rows() -> dict[str, list[Row]]:
    """Return the rows of each entity set."""
    found = {
        entity_set: [_unmapped(row) for row in of_set]
        for entity_set, of_set in contoso.rows().items()
        if entity_set != _MAPPINGS
    }
    for customer, account in zip(CUSTOMERS, found["accounts"], strict=True):
        account["websiteurl"] = f"https://www.{domain_of(customer)}"
    del found["accounts"][RELECLOUD][_PRIMARY_CONTACT]
    for contract in found["work365_billingcontracts"]:
        del contract[_END_DATE]
    return found


def _unmapped(row: Row) -> Row:
    return {column: value for column, value in row.items() if _PSA_COLUMN not in column}
