"""The collections of the emulator: where they live, what they hold, who may refer to them.

A collection is named by its path in the slice. Lists that the slice only knows as targets of references (countries,
locations, members and so on) are collections too: no route serves them, a seed can fill them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from emulators.connectwise.schema import Kind, Member, Model, model

SETUP = "Setup"

COMPANIES = "/company/companies"
COMPANY_STATUSES = "/company/companies/statuses"
COMPANY_TYPES = "/company/companies/types"
SITES = "/company/companies/{parentId}/sites"
TYPE_ASSOCIATIONS = "/company/companies/{parentId}/typeAssociations"
CONTACTS = "/company/contacts"
COMMUNICATION_TYPES = "/company/communicationTypes"
AGREEMENTS = "/finance/agreements"
AGREEMENT_TYPES = "/finance/agreements/types"
ADDITIONS = "/finance/agreements/{parentId}/additions"
BILLING_CYCLES = "/finance/billingCycles"
CURRENCIES = "/finance/currencies"
TAX_CODES = "/finance/taxCodes"
INVOICES = "/finance/invoices"
CATALOG = "/procurement/catalog"
CATEGORIES = "/procurement/categories"
SUBCATEGORIES = "/procurement/subcategories"
CATEGORY_SUBCATEGORIES = "/procurement/categories/{parentId}/subcategories"
MANUFACTURERS = "/procurement/manufacturers"
PRODUCT_TYPES = "/procurement/types"
UNITS_OF_MEASURE = "/procurement/unitOfMeasures"
CALLBACKS = "/system/callbacks"
LOCATIONS = "/system/locations"
DEPARTMENTS = "/system/departments"
MEMBERS = "/system/members"
COUNTRIES = "/company/countries"
INVOICE_STATUSES = "/finance/billingStatuses"
CONTACT_TYPES = "/company/contacts/types"
USER_DEFINED_FIELDS = "/system/userDefinedFields"


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection.

    `parent` is the reference or number that places a row under another row; `indexed` are the columns with an equality
    index, `sorted_by` those by which large lists are usually sorted; `setup` lists outlive a reset; `area` is the
    security area of the role (connectwise.md 2.2).
    """

    path: str
    model: Model
    noun: str
    resource: str
    area: str = SETUP
    parent: str = ""
    parent_collection: str = ""
    indexed: tuple[str, ...] = ()
    sorted_by: tuple[str, ...] = ()
    setup: bool = True
    served: bool = True


_NOUNS = {"CompanySite": "Site"}


def _collection(path: str, model_name: str, area: str = SETUP, **more: Any) -> Collection:
    resource = _lower_first(model_name)
    settings = {"resource": resource, "setup": area == SETUP, **more}
    noun = _NOUNS.get(model_name, model_name)
    return Collection(path=path, model=model(model_name), noun=noun, area=area, **settings)


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


_SERVED = (
    _collection(COMPANY_STATUSES, "CompanyStatus"),
    _collection(COMPANY_TYPES, "CompanyType"),
    _collection(COMMUNICATION_TYPES, "CommunicationType"),
    _collection(AGREEMENT_TYPES, "AgreementType"),
    _collection(BILLING_CYCLES, "BillingCycle"),
    _collection(CURRENCIES, "Currency"),
    _collection(TAX_CODES, "TaxCode"),
    _collection(CATEGORIES, "Category"),
    _collection(SUBCATEGORIES, "SubCategory", parent="category", parent_collection=CATEGORIES),
    _collection(MANUFACTURERS, "Manufacturer"),
    _collection(PRODUCT_TYPES, "ProductType"),
    _collection(UNITS_OF_MEASURE, "UnitOfMeasure"),
    _collection(
        COMPANIES,
        "Company",
        "Company",
        indexed=("identifier", "name"),
        sorted_by=("name", "lastUpdated"),
    ),
    _collection(SITES, "CompanySite", "Company", parent="company", parent_collection=COMPANIES),
    _collection(
        TYPE_ASSOCIATIONS,
        "CompanyTypeAssociation",
        "Company",
        parent="company",
        parent_collection=COMPANIES,
        indexed=("type",),
    ),
    _collection(CONTACTS, "Contact", "Contact", indexed=("company",)),
    _collection(CATALOG, "CatalogItem", "Catalog", indexed=("identifier", "vendorSku", "manufacturerPartNumber")),
    _collection(
        AGREEMENTS,
        "Agreement",
        "Agreement",
        indexed=("company", "name"),
        sorted_by=("name", "lastUpdated"),
    ),
    _collection(
        ADDITIONS,
        "Addition",
        "Agreement",
        parent="agreementId",
        parent_collection=AGREEMENTS,
        indexed=("product",),
        resource="Addition",
    ),
    _collection(INVOICES, "Invoice", "Invoice", indexed=("agreement", "company")),
    _collection(CALLBACKS, "CallbackEntry", "Callback"),
)

# Targets of references that the slice serves nowhere: model of the reference -> path a seed may fill.
_UNSERVED_PATHS = {
    "BatchReference": "/finance/batches",
    "BillingDeliveryReference": "/finance/billingDeliveries",
    "BillingSetupReference": "/finance/billingSetups",
    "BillingStatusReference": INVOICE_STATUSES,
    "BillingTermsReference": "/finance/billingTerms",
    "BillingUnitReference": "/finance/billingUnits",
    "CalendarReference": "/schedule/calendars",
    "ContactDepartmentReference": "/company/contacts/departments",
    "ContactTypeReference": CONTACT_TYPES,
    "CountryReference": COUNTRIES,
    "CurrencyCodeReference": "/finance/currencyCodes",
    "DocumentReference": "/system/documents",
    "EmailTemplateReference": "/system/emailTemplates",
    "EntityTypeReference": "/company/entityTypes",
    "InvoiceGroupingReference": "/finance/invoiceGroupings",
    "InvoiceTemplateDetailReference": "/finance/invoiceTemplateDetails",
    "InvoiceTemplateReference": "/finance/invoiceTemplates",
    "MarketDescriptionReference": "/company/marketDescriptions",
    "MemberReference": MEMBERS,
    "OpportunityReference": "/sales/opportunities",
    "OwnershipTypeReference": "/company/ownershipTypes",
    "PricingScheduleReference": "/finance/pricingSchedules",
    "ProjectPhaseReference": "/project/phases",
    "ProjectReference": "/project/projects",
    "ProjectTypeReference": "/project/projectTypes",
    "RelationshipReference": "/company/contacts/relationships",
    "SLAReference": "/service/SLAs",
    "SalesOrderReference": "/sales/orders",
    "SicCodeReference": "/company/sicCodes",
    "StateReference": "/company/states",
    "SystemDepartmentReference": DEPARTMENTS,
    "SystemLocationReference": LOCATIONS,
    "TicketReference": "/service/tickets",
    "TimeZoneSetupReference": "/system/timeZoneSetups",
    "TrackReference": "/company/tracks",
    "WorkRoleReference": "/time/workRoles",
    "WorkTypeReference": "/time/workTypes",
}

_SERVED_TARGETS = {
    "AgreementReference": AGREEMENTS,
    "AgreementTypeReference": AGREEMENT_TYPES,
    "BillingCycleReference": BILLING_CYCLES,
    "CommunicationTypeReference": COMMUNICATION_TYPES,
    "CompanyReference": COMPANIES,
    "CompanyStatusReference": COMPANY_STATUSES,
    "CompanyTypeReference": COMPANY_TYPES,
    "ContactReference": CONTACTS,
    "CurrencyReference": CURRENCIES,
    "IvItemReference": CATALOG,
    "ManufacturerReference": MANUFACTURERS,
    "ProductCategoryReference": CATEGORIES,
    "ProductSubCategoryReference": SUBCATEGORIES,
    "ProductTypeReference": PRODUCT_TYPES,
    "SiteReference": SITES,
    "TaxCodeReference": TAX_CODES,
    "UnitOfMeasureReference": UNITS_OF_MEASURE,
}

# Reference model -> path of the collection that it points into.
TARGETS: Mapping[str, str] = {**_SERVED_TARGETS, **_UNSERVED_PATHS}


@cache
def collections() -> Mapping[str, Collection]:
    """Return all collections by path, setup lists before the records that refer to them."""
    unserved = {path: _unserved(name, path) for name, path in _UNSERVED_PATHS.items()}
    unserved[USER_DEFINED_FIELDS] = _user_defined_fields()
    return {**unserved, **{collection.path: collection for collection in _SERVED}}


def _unserved(reference_model: str, path: str) -> Collection:
    noun = reference_model.removesuffix("Reference")
    members = {name: member for name, member in model(reference_model).members.items() if member.kind is not Kind.INFO}
    own = Model(noun, members, (), {name.lower(): member for name, member in members.items()})
    return Collection(path=path, model=own, noun=noun, resource=_lower_first(noun), served=False)


def _user_defined_fields() -> Collection:
    custom = model("CustomFieldValue").members
    names = ("id", "caption", "type", "entryMethod", "numberOfDecimals", "podId")
    members = {name: replace(custom[name], observed_only=False) for name in names}
    members["object"] = Member("object", Kind.TEXT, nullable=False)
    own = Model("UserDefinedField", members, ("caption", "object"), {name.lower(): m for name, m in members.items()})
    return Collection(
        path=USER_DEFINED_FIELDS, model=own, noun="UserDefinedField", resource="userDefinedField", served=False
    )
