"""Whether what a connector's properties name still exists in ConnectWise, and is of use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from connectwise.setup.records import Option, OptionList
from sync_core.connectors.ports import TenantSetup
from sync_core.connectors.properties import ConnectorProperties, Picked
from sync_core.ports import Psa


@dataclass(frozen=True, slots=True)
class PropertyFault:
    """What is wrong with one property: its path (`company_types.0`) and a sentence that says what to do."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckedProperties:
    """The properties with the names as ConnectWise has them now, and what stands against them."""

    properties: ConnectorProperties
    faults: Sequence[PropertyFault]


def check_properties(properties: ConnectorProperties, setup: TenantSetup, psa: Psa) -> CheckedProperties:
    """Hold every chosen entry against its live pick list, each read once, and the fallback product against the catalog.

    Raises the errors of the client.
    """
    picks = list(properties.picks())
    lists = {which: {one.id: one for one in setup.options(which)} for which in {which for _, which, _ in picks}}
    faults = [fault for path, which, one in picks for fault in _faults_of_pick(path, which, one, lists[which])]
    faults += _fault_of_subcategory(properties, lists)
    faults += _faults_of_fallback(properties, psa)
    return CheckedProperties(_with_names(properties, lists), faults)


def faults_of_validation(invalid: ValidationError) -> list[PropertyFault]:
    """Return what the model itself refuses."""
    return [PropertyFault(".".join(map(str, entry["loc"])), entry["msg"]) for entry in invalid.errors()]


def _faults_of_pick(path: str, which: OptionList, picked: Picked, options: Mapping[int, Option]) -> list[PropertyFault]:
    label, option = _label(which), options.get(picked.id)
    if option is None and picked.name is not None:
        sentence = f'The {label} "{picked.name}" no longer exists in ConnectWise; choose another one and save.'
    elif option is None:
        sentence = f"There is no {label} with id {picked.id} in ConnectWise; choose one from the list."
    elif option.is_inactive:
        sentence = f'The {label} "{option.name}" is inactive in ConnectWise; choose an active one and save.'
    else:
        return []
    return [PropertyFault(path, sentence)]


def _fault_of_subcategory(
    properties: ConnectorProperties, lists: Mapping[OptionList, Mapping[int, Option]]
) -> list[PropertyFault]:
    category, subcategory = properties.product_category, properties.product_subcategory
    if category is None or subcategory is None:
        return []
    parent = lists[OptionList.PRODUCT_CATEGORIES].get(category.id)
    child = lists[OptionList.PRODUCT_SUBCATEGORIES].get(subcategory.id)
    if parent is None or child is None or child.parent_id in {None, parent.id}:
        return []
    sentence = (
        f'The product subcategory "{child.name}" does not belong to the category "{parent.name}"; '
        "choose a subcategory of this category."
    )
    return [PropertyFault("product_subcategory", sentence)]


def _faults_of_fallback(properties: ConnectorProperties, psa: Psa) -> list[PropertyFault]:
    item_id = properties.fallback_product_psa_id
    if item_id is None:
        return []
    item = psa.catalog_items([item_id]).get(item_id)
    if item is None:
        sentence = f"There is no catalog item with id {item_id} in ConnectWise; choose another fallback product."
    elif item.inactive_flag:
        sentence = (
            f'The catalog item "{item.identifier}" is inactive in ConnectWise; choose an active fallback product.'
        )
    elif item.product_class == "Bundle":
        sentence = f'The catalog item "{item.identifier}" is a bundle, which cannot be an addition; choose another one.'
    else:
        return []
    return [PropertyFault("fallback_product_psa_id", sentence)]


def _with_names(
    properties: ConnectorProperties, lists: Mapping[OptionList, Mapping[int, Option]]
) -> ConnectorProperties:
    named: dict[str, Any] = {}
    for path, which, picked in properties.picks():
        option = lists[which].get(picked.id)
        current = picked if option is None else Picked(id=picked.id, name=option.name[:100])
        member, _, place = path.partition(".")
        named[member] = (*named.get(member, ()), current) if place else current
    return properties.model_copy(update=named)


def _label(which: OptionList) -> str:
    return {
        OptionList.PRODUCT_CATEGORIES: "product category",
        OptionList.PRODUCT_SUBCATEGORIES: "product subcategory",
        OptionList.PRODUCT_TYPES: "product type",
        OptionList.UNITS_OF_MEASURE: "unit of measure",
        OptionList.AGREEMENT_TYPES: "agreement type",
        OptionList.BILLING_CYCLES: "billing cycle",
        OptionList.COMPANY_TYPES: "company type",
        OptionList.COMPANY_STATUSES: "company status",
    }[which]
