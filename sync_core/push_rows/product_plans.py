"""A product becomes a catalog item: once, with the price of this first time."""

from collections.abc import Iterator, Mapping, Sequence

from connectwise.creation.records import NewCatalogItem, StoredCatalogItem
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.sources.records import SourceProduct
from sync_core.mapping.catalog_items import catalog_item_from_product
from sync_core.mapping.creations import Blocked, Creation
from sync_core.push_rows.plans import Existing, RowObjection, RowPlan, blocked_by, intent_of, object_to, row_not_found
from sync_core.push_rows.reading import RowSources, RowsRead
from sync_core.push_rows.wishes import RowWish

IDENTIFIER_TAKEN = "identifier_taken"

_Draft = Creation[NewCatalogItem] | Blocked


def product_plans(sources: RowSources, read: RowsRead, wishes: Sequence[RowWish]) -> Iterator[RowPlan]:
    """Yield a plan for each product that has no catalog item yet, from one look-up in ConnectWise."""
    products = read.products()
    drafts: dict[str, _Draft] = {
        wish.source_id: catalog_item_from_product(products[wish.source_id], sources.properties)
        for wish in wishes
        if wish.source_id in products
    }
    wanted = {draft.record.identifier for draft in drafts.values() if isinstance(draft, Creation)}
    wanted |= {intent for wish in wishes if (intent := intent_of(read.mappings.get(wish.source_id)))}
    stored = sources.creation.catalog_items_with(sorted(wanted)) if wanted else ()
    by_identifier = {item.identifier.casefold(): item for item in stored}
    by_product = {item.integration_xref.strip().lower(): item for item in stored if item.integration_xref}
    planned: dict[str, SourceProduct] = {}
    for wish in wishes:
        product, mapping = products.get(wish.source_id), read.mappings.get(wish.source_id)
        ours = by_product.get(wish.source_id)
        if ours is not None:
            yield _adoption(wish, product, mapping, ours)
        elif product is None:
            yield object_to(wish, None, mapping, row_not_found(sources.kind))
        else:
            yield _creation(wish, product, mapping, drafts[wish.source_id], by_identifier, planned)


def _creation(
    wish: RowWish,
    product: SourceProduct,
    mapping: PsaMapping | None,
    draft: _Draft,
    stored: Mapping[str, StoredCatalogItem],
    planned: dict[str, SourceProduct],
) -> RowPlan:
    if isinstance(draft, Blocked):
        return blocked_by(wish, product, mapping, draft)
    identifier = draft.record.identifier
    other = stored.get(identifier.casefold())
    if other is not None:
        message = (
            f'ConnectWise has a catalog item "{other.identifier}" already; map the product to it, or give the product '
            "another number and save again."
        )
        return object_to(wish, product, mapping, RowObjection(IDENTIFIER_TAKEN, message))
    first = planned.setdefault(identifier.casefold(), product)
    if first.id != product.id:
        message = (
            f'The product "{first.name}" gets the same identifier "{identifier}"; give one of them another number and '
            "save again."
        )
        return object_to(wish, product, mapping, RowObjection(IDENTIFIER_TAKEN, message))
    return RowPlan(
        wish,
        "create",
        product,
        mapping,
        record=draft.record,
        intent=identifier,
        warnings=draft.warnings,
    )


def _adoption(
    wish: RowWish, product: SourceProduct | None, mapping: PsaMapping | None, item: StoredCatalogItem
) -> RowPlan:
    if item.is_inactive:
        message = f'The catalog item "{item.identifier}" is inactive in ConnectWise; activate it there and save again.'
        return object_to(wish, product, mapping, RowObjection("target_inactive", message))
    return RowPlan(
        wish, "create", product, mapping, existing=Existing(item.id, item.identifier), intent=item.identifier
    )
