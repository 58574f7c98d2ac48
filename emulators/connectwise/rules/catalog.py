"""Catalog items and subcategories (connectwise.md 9.3)."""

import uuid

from emulators.connectwise.draft import Draft
from emulators.connectwise.errors import duplicate
from emulators.connectwise.resources import CATALOG, SUBCATEGORIES
from emulators.connectwise.rules.base import Rules, check_belongs


class CatalogRules(Rules):
    """Unique identifier; the category is that of the subcategory."""

    def check(self, draft: Draft) -> None:
        """Check identifier and category; fill category and GUID."""
        values = draft.values
        other = self.store[CATALOG].lookup("identifier", values.get("identifier"))
        if other not in (None, draft.row_id) and draft.changed("identifier"):
            draft.faults.append(duplicate("identifier", "Product ID already in use."))
        if draft.verb == "POST":
            values["connectWiseID"] = str(uuid.uuid4())
        if values.get("subcategory") is None:
            return
        subcategories = self.store[SUBCATEGORIES]
        category_id = subcategories.value(subcategories.rows[values["subcategory"]], "category")
        if values.get("category") is None or (draft.changed("subcategory") and not draft.given.get("category")):
            values["category"] = category_id
        message = "The category must be that of the subcategory."
        check_belongs(draft, "category", values["category"], category_id, message)


class SubcategoryRules(Rules):
    """A subcategory posted under a category belongs to it."""

    def check(self, draft: Draft) -> None:
        """Fill the category of the path."""
        if draft.parent_id is not None:
            draft.values["category"] = draft.parent_id
