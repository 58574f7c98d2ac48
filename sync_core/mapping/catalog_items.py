"""A Work 365 product becomes a ConnectWise catalog item."""

import re
from decimal import Decimal

from connectwise.creation.records import NewCatalogItem
from dataverse.work365.sources.records import SourcePrice, SourceProduct
from sync_core.connectors.properties import ConnectorProperties
from sync_core.mapping.creations import Blocked, Creation
from sync_core.mapping.fitting import fits, one_line, shortened, utf16_length
from sync_core.mapping.identifiers import digits_of, told_apart, typed
from sync_core.mapping.lacking import connector_lacks
from sync_core.mapping.trimming import Trimmer

_LONGEST_CUSTOMER_DESCRIPTION = 6000
_LONGEST_PART_NUMBER = 50

_RETIRED, _DRAFT = 1, 2
_FAMILY, _BUNDLE = 2, 3

# where the last parts of a name begin: " - Annual", " (Annual", ", Annual", or the bare word of a term
_PARTS = re.compile(
    r"\s[-\u2010-\u2015|/]\s?|\s?[(\[,]\s?|\s(?=(?:monthly|quarterly|annual|yearly|triennial|P\d[MY])\b)",
    re.IGNORECASE,
)


def catalog_item_from_product(
    product: SourceProduct, properties: ConnectorProperties
) -> Creation[NewCatalogItem] | Blocked:
    """Return the catalog item of a product, or why it cannot be made; the same for the same product at any time.

    Price and cost are those of this moment: a later push never changes them (ConnectWise is master of its prices).
    """
    objection = _objection(product)
    if objection is not None:
        return objection
    subcategory, item_type = properties.product_subcategory, properties.product_type
    if subcategory is None or item_type is None:
        needed = {"Product subcategory": subcategory, "Product type": item_type}
        return connector_lacks([label for label, picked in needed.items() if picked is None], "a catalog item")
    trimmer = Trimmer()
    record = NewCatalogItem(
        identifier=_identifier(product, properties, trimmer),
        description=_description(product, properties.product_description_length, trimmer),
        customer_description=_customer_description(product, trimmer),
        category_id=properties.product_category.id if properties.product_category else None,
        subcategory_id=subcategory.id,
        type_id=item_type.id,
        product_class=properties.product_class,
        unit_of_measure_id=properties.unit_of_measure.id if properties.unit_of_measure else None,
        price=_price(product, trimmer),
        cost=product.cost,
        manufacturer_part_number=trimmer.whole("provider part number", product.part_number, _LONGEST_PART_NUMBER),
        integration_xref=product.id,
    )
    return Creation(record, tuple(trimmer.warnings))


def _objection(product: SourceProduct) -> Blocked | None:
    name = product.name
    if product.structure == _FAMILY:
        return Blocked(
            code="product_is_family",
            message=f'"{name}" is a product family, which is not sold itself; push the products of the family.',
        )
    if product.structure == _BUNDLE:
        return Blocked(
            code="product_is_bundle",
            message=f'"{name}" is a bundle, which cannot be an addition in ConnectWise; push the products in it.',
        )
    if product.state == _RETIRED:
        return Blocked(
            code="product_retired",
            message=f'The product "{name}" is retired; map it to a catalog item that exists, or activate it first.',
        )
    if product.state == _DRAFT:
        return Blocked(
            code="product_draft",
            message=f'The product "{name}" is a draft; publish it in Work 365 and save again.',
        )
    if not typed(product.number):
        return Blocked(
            code="product_without_number",
            message=f'The product "{name}" has no product ID, which becomes its identifier in ConnectWise; '
            "enter one in Work 365 and save again.",
        )
    return None


def _identifier(product: SourceProduct, properties: ConnectorProperties, trimmer: Trimmer) -> str:
    whole = typed(f"{properties.product_identifier_prefix or ''}{typed(product.number)}")
    longest = properties.product_identifier_length
    if fits(whole, longest):
        return whole
    identifier = told_apart(whole, longest, f"~{digits_of(product.id)}")
    trimmer.warn(
        f'The product ID is longer than {longest} characters; the identifier in ConnectWise is "{identifier}".'
    )
    return identifier


def _description(product: SourceProduct, longest: int, trimmer: Trimmer) -> str:
    name = one_line(product.name) or typed(product.number)
    if fits(name, longest):
        return name
    trimmer.warn(f"The name is shortened to {longest} characters; the customer description holds all of it.")
    ending = _ending(name, longest // 2)
    return shortened(name.removesuffix(ending), longest - utf16_length(ending)) + ending


def _ending(name: str, longest: int) -> str:
    """Return the last parts of the name that fit: they tell a monthly product from its annual twin."""
    starts = (match.start() for match in _PARTS.finditer(name))
    return next((name[start:] for start in starts if fits(name[start:], longest)), "")


def _customer_description(product: SourceProduct, trimmer: Trimmer) -> str:
    texts = (one_line(product.name) or typed(product.number), one_line(product.description))
    whole = " | ".join(dict.fromkeys(text for text in texts if text))
    return trimmer.cut("customer description", whole, _LONGEST_CUSTOMER_DESCRIPTION) or ""


def _price(product: SourceProduct, trimmer: Trimmer) -> Decimal | None:
    price = product.default_price or (product.prices[0] if len(product.prices) == 1 else None)
    if price is None and product.prices:
        lists = ", ".join(sorted({f'"{one.price_list_name or "without a name"}"' for one in product.prices}))
        trimmer.warn(
            f'The product "{product.name}" is on several price lists ({lists}) and none of them is its default; the '
            "catalog item gets no price. Set the default price list in Work 365, or enter the price in ConnectWise."
        )
    elif price is None:
        trimmer.warn(
            f'The product "{product.name}" has no price list item for its default unit; the catalog item gets no price.'
        )
    elif price.amount is None:
        trimmer.warn(_no_amount(product, price))
    return price.amount if price is not None else None


def _no_amount(product: SourceProduct, price: SourcePrice) -> str:
    return (
        f'The price of the product "{product.name}" on the price list "{price.price_list_name or "without a name"}" is '
        "not an amount but a percentage; the catalog item gets no price. Enter it in ConnectWise."
    )
