"""Business rules of the single objects, and the table that says which object has which."""

from collections.abc import Mapping

from emulators.connectwise.resources import (
    ADDITIONS,
    AGREEMENTS,
    CALLBACKS,
    CATALOG,
    COMPANIES,
    CONTACTS,
    SITES,
    SUBCATEGORIES,
    TYPE_ASSOCIATIONS,
)
from emulators.connectwise.rules.additions import AdditionRules
from emulators.connectwise.rules.agreements import AgreementRules
from emulators.connectwise.rules.base import Rules
from emulators.connectwise.rules.callbacks import CallbackRules
from emulators.connectwise.rules.catalog import CatalogRules, SubcategoryRules
from emulators.connectwise.rules.companies import CompanyRules, SiteRules, TypeAssociationRules
from emulators.connectwise.rules.contacts import ContactRules

RULES: Mapping[str, type[Rules]] = {
    ADDITIONS: AdditionRules,
    AGREEMENTS: AgreementRules,
    CALLBACKS: CallbackRules,
    CATALOG: CatalogRules,
    COMPANIES: CompanyRules,
    CONTACTS: ContactRules,
    SITES: SiteRules,
    SUBCATEGORIES: SubcategoryRules,
    TYPE_ASSOCIATIONS: TypeAssociationRules,
}
