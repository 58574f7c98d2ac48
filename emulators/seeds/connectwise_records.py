"""Records of ConnectWise, as a GET would return them; the ids of setup lists are those of the emulator's own lists."""

from typing import Any, Final

from emulators.seeds.currencies import SeedCurrency

Record = dict[str, Any]

_CLIENT: Final = 1
_ACTIVE: Final = 1
_CLOUD_TYPE, _ONE_TIME_TYPE = 12, 13
_CLOUD_CATEGORY, _CLOUD_SUBCATEGORY, _SOFTWARE, _EACH = 4, 17, 3, 1
_EMAIL: Final = 1

CYCLE_MONTHLY, CYCLE_YEARLY = 2, 5


def company(
    company_id: int, identifier: str, name: str, currency: SeedCurrency, *, city: str, country_id: int
) -> Record:
    """Return a client with one site; its default contact has the id of the company plus 10,000."""
    return {
        "id": company_id,
        "identifier": identifier,
        "name": name,
        "status": {"id": _ACTIVE},
        "types": [{"id": _CLIENT}],
        "addressLine1": f"{company_id % 90 + 1} Sample Street",
        "city": city,
        "country": {"id": country_id},
        "site": {"id": company_id, "name": "Main"},
        "defaultContact": {"id": company_id + 10_000},
        "currency": {"id": currency.connectwise_id},
    }


def contact(company_id: int, first_name: str, last_name: str, email: str) -> Record:
    """Return the default contact of a company."""
    return {
        "id": company_id + 10_000,
        "firstName": first_name,
        "lastName": last_name,
        "company": {"id": company_id},
        "site": {"id": company_id},
        "defaultFlag": True,
        "communicationItems": [
            {"type": {"id": _EMAIL}, "value": email, "defaultFlag": True, "communicationType": "Email"}
        ],
    }


def catalog_item(catalog_item_id: int, identifier: str, description: str, **more: Any) -> Record:
    """Return a cloud product of class Agreement."""
    return {
        "id": catalog_item_id,
        "identifier": identifier,
        "description": description,
        "customerDescription": description,
        "category": {"id": _CLOUD_CATEGORY},
        "subcategory": {"id": _CLOUD_SUBCATEGORY},
        "type": {"id": _SOFTWARE},
        "productClass": "Agreement",
        "unitOfMeasure": {"id": _EACH},
        "taxableFlag": True,
        "inactiveFlag": False,
        **more,
    }


def agreement(
    agreement_id: int, name: str, company_id: int, currency: SeedCurrency, *, one_time: bool = False, **more: Any
) -> Record:
    """Return an agreement without proration that began with the year 2026: monthly, or one-time."""
    terms: Record = {"type": {"id": _CLOUD_TYPE}, "billingCycle": {"id": CYCLE_MONTHLY}}
    if one_time:
        terms = {"type": {"id": _ONE_TIME_TYPE}, "billOneTimeFlag": True}
    return {
        "id": agreement_id,
        "name": name,
        "company": {"id": company_id},
        "contact": {"id": company_id + 10_000},
        "site": {"id": company_id},
        "startDate": "2026-01-01T00:00:00Z",
        "billStartDate": "2026-01-01T00:00:00Z",
        "noEndingDateFlag": True,
        "cancelledFlag": False,
        "prorateFlag": False,
        "employeeCompRate": "Actual",
        "employeeCompNotExceed": "Billing",
        "invoicingCycle": "ContractYear",
        "billTime": "NoDefault",
        "billExpenses": "NoDefault",
        "billProducts": "Billable",
        "currency": {"id": currency.connectwise_id},
        **terms,
        **more,
    }


def additions_path(agreement_id: int) -> str:
    """Return the collection of an agreement's additions."""
    return f"/finance/agreements/{agreement_id}/additions"
