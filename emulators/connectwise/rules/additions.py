"""Additions: dates, product defaults and computed members (connectwise.md 9.5)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from emulators.connectwise.draft import Draft
from emulators.connectwise.errors import bad_field
from emulators.connectwise.exact import EXACT
from emulators.connectwise.resources import ADDITIONS, AGREEMENTS, CATALOG, UNITS_OF_MEASURE
from emulators.connectwise.rows import INVOICED_THRU, Row
from emulators.connectwise.rules.agreements import AgreementRules
from emulators.connectwise.rules.base import Rules

_ZERO = Decimal(0)
TOO_EARLY = "effectiveDate cannot be less than the agreement billing start date"
ALREADY_INVOICED = (
    "Since this period has already been invoiced there will not be an invoice generated for additional products for "
    "this period. Please prorate the agreement or update the start date to on or after the Next Invoice Date."
)


class AdditionRules(Rules):
    """An addition takes price, cost, text and unit from its catalog item and obeys the billing dates."""

    def check(self, draft: Draft) -> None:
        """Fill what the catalog item gives; check dates, product class and signs."""
        values = draft.values
        values["agreementId"] = draft.parent_id
        agreements = self.store[AGREEMENTS]
        agreement = agreements.values(agreements.rows[draft.parent_id or 0])
        self._take_product(draft)
        if values.get("effectiveDate") is None:
            values["effectiveDate"] = max(self.desk.today(), agreement["billStartDate"] or "")
        if draft.verb == "POST" and values.get("sequenceNumber") is None:
            values["sequenceNumber"] = Decimal(len(self.store[ADDITIONS].children(draft.parent_id or 0)) + 1)
        self._check_dates(draft, agreement)
        if self.desk.switches.board.refuse_negative_additions:
            for name in ("quantity", "unitPrice"):
                if (values.get(name) or _ZERO) < 0:
                    draft.faults.append(bad_field(name, f"{name} cannot be negative."))

    def computed(self) -> Mapping[str, Callable[[Row], Any]]:
        """Return the amounts, the unit and the status of the agreement."""
        table = self.store[ADDITIONS]
        at = table.at
        product, agreement_id = at["product"], at["agreementId"]
        units, unit_at = self.store[UNITS_OF_MEASURE], self.store[CATALOG].at["unitOfMeasure"]
        catalog, agreements = self.store[CATALOG].rows, self.store[AGREEMENTS].rows
        status = AgreementRules(self.desk, AGREEMENTS).status

        def unit(row: Row) -> Any:
            unit_row = units.rows.get(catalog[row[product]][unit_at] or 0)
            return None if unit_row is None else units.value(unit_row, "name")

        def billed(row: Row) -> Decimal:
            return EXACT.subtract(row[at["quantity"]] or _ZERO, row[at["lessIncluded"]] or _ZERO)

        def extended(price: str) -> Callable[[Row], Decimal]:
            return lambda row: EXACT.multiply(billed(row), row[at[price]] or _ZERO)

        price, cost = extended("unitPrice"), extended("unitCost")
        return {
            "billedQuantity": billed,
            "uom": unit,
            "extPrice": price,
            "extCost": cost,
            "margin": lambda row: EXACT.subtract(price(row), cost(row)),
            "extendedProratePrice": extended("proratePrice"),
            "extendedProrateCost": extended("prorateCost"),
            "agreementStatus": lambda row: status(agreements[row[agreement_id]]),
        }

    def _take_product(self, draft: Draft) -> None:
        values = draft.values
        product_id = values.get("product")
        if product_id is None or not draft.changed("product"):
            values["description"] = (draft.before or {}).get("description")
            return
        catalog = self.store[CATALOG]
        item = catalog.values(catalog.rows[product_id])
        if item["productClass"] == "Bundle":
            draft.faults.append(bad_field("product/id", "A bundle cannot be an addition of an agreement."))
        values["description"] = item["description"]
        for name, source in (("unitPrice", "price"), ("unitCost", "cost"), ("taxableFlag", "taxableFlag")):
            if values.get(name) is None:
                values[name] = item[source]

    def _check_dates(self, draft: Draft, agreement: Mapping[str, Any]) -> None:
        values = draft.values
        effective, cancelled = values["effectiveDate"], values.get("cancelledDate")
        if cancelled is not None and cancelled < effective and draft.changed("cancelledDate", "effectiveDate"):
            draft.faults.append(bad_field("cancelledDate", "cancelledDate cannot be less than effectiveDate"))
        if not draft.changed("effectiveDate"):
            return
        start, invoiced_thru = agreement["billStartDate"], agreement[INVOICED_THRU]
        if start is not None and effective < start:
            draft.faults.append(bad_field("effectiveDate", TOO_EARLY))
        elif invoiced_thru is not None and effective[:10] <= invoiced_thru and not agreement["prorateFlag"]:
            draft.faults.append(bad_field("effectiveDate", ALREADY_INVOICED))
