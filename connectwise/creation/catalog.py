"""Catalog items: looked up and created (`sync_core.push_rows.ports.PsaCatalog`)."""

from collections.abc import Collection, Sequence
from typing import Any

from connectwise.creation.lookups import rows_with_identifiers
from connectwise.creation.part import CreationPart, texts
from connectwise.creation.records import NewCatalogItem, StoredCatalogItem
from connectwise.creation.rows import CatalogItemRow
from connectwise.endpoints import CATALOG
from connectwise.parsing import parsed
from connectwise.queries import fields_of


class CatalogCreation(CreationPart):
    """The catalog of one tenant."""

    def catalog_items_with(self, identifiers: Collection[str]) -> Sequence[StoredCatalogItem]:
        """Return the items with these identifiers, in any letter case, inactive ones included."""
        rows = rows_with_identifiers(self._client, CATALOG, identifiers, fields_of(CatalogItemRow))
        return [parsed(CatalogItemRow, row, "GET", CATALOG).stored() for row in rows]

    def create_catalog_item(self, item: NewCatalogItem, *, send_before: float) -> StoredCatalogItem:
        """Post the item once; never sent after `send_before` (monotonic clock of this process).

        Repeated only when it was certainly not carried out. Raises DuplicateRecord when the identifier is taken.
        """
        row = self._client.create(
            CATALOG, catalog_item_body(item), fields=fields_of(CatalogItemRow), send_before=send_before
        )
        return parsed(CatalogItemRow, row, "POST", CATALOG).stored()


def catalog_item_body(item: NewCatalogItem) -> dict[str, Any]:
    """Return the body of a POST: every member that is not None."""
    body: dict[str, Any] = texts(
        {
            "identifier": (item.identifier, 75),
            "description": (item.description, 60),
            "customerDescription": (item.customer_description, 6000),
            "manufacturerPartNumber": (item.manufacturer_part_number, 50),
            "integrationXRef": (item.integration_xref, 50),
        }
    )
    references = {"category": item.category_id, "unitOfMeasure": item.unit_of_measure_id}
    body |= {member: {"id": setup_id} for member, setup_id in references.items() if setup_id is not None}
    body |= {member: amount for member, amount in (("price", item.price), ("cost", item.cost)) if amount is not None}
    body |= {"subcategory": {"id": item.subcategory_id}, "type": {"id": item.type_id}}
    return body | {"productClass": item.product_class}
