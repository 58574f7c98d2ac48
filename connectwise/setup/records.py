"""Pick lists and facts about a tenant."""

from dataclasses import dataclass
from enum import StrEnum


class OptionList(StrEnum):
    """The pick lists, by the name that the HTTP API gives them."""

    PRODUCT_CATEGORIES = "product-categories"
    PRODUCT_SUBCATEGORIES = "product-subcategories"
    PRODUCT_TYPES = "product-types"
    UNITS_OF_MEASURE = "units-of-measure"
    AGREEMENT_TYPES = "agreement-types"
    BILLING_CYCLES = "billing-cycles"
    COMPANY_TYPES = "company-types"
    COMPANY_STATUSES = "company-statuses"


class Area(StrEnum):
    """Areas of a security role that this project needs, by the names on ConnectWise's screen (Security Roles)."""

    COMPANIES = "Companies > Company Maintenance"
    CONTACTS = "Companies > Contacts"
    AGREEMENTS = "Finance > Agreements"
    CATALOG = "Procurement > Product Catalog"
    SETUP_TABLES = "System > Table Setup"


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a pick list; `parent_id` is the category of a product subcategory."""

    id: int
    name: str
    is_inactive: bool = False
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class TenantInformation:
    """What ConnectWise tells about a tenant; `version` is such as `v2025.1`. Empty texts were not told."""

    name: str
    version: str
