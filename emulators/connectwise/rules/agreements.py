"""Agreements: whose contact, which defaults, when invoiced next (connectwise.md 9.4)."""

from collections.abc import Callable, Mapping
from datetime import date
from operator import itemgetter
from typing import Any, ClassVar

from emulators.connectwise.desk import Desk
from emulators.connectwise.draft import Draft
from emulators.connectwise.errors import bad_field
from emulators.connectwise.periods import day, midnight, next_period_start
from emulators.connectwise.references import LINK_ROOT
from emulators.connectwise.resources import (
    ADDITIONS,
    AGREEMENT_TYPES,
    AGREEMENTS,
    BILLING_CYCLES,
    COMPANIES,
    CONTACTS,
    SITES,
)
from emulators.connectwise.rows import Row
from emulators.connectwise.rules.base import Rules, check_belongs

# Members that an agreement takes over from its type, with their name in the type.
_FROM_TYPE = {
    "employeeCompRate": "employeeCompRate",
    "employeeCompNotExceed": "employeeCompNotExceed",
    "invoicingCycle": "invoicingCycle",
    "billTime": "billTime",
    "billExpenses": "billExpenses",
    "billProducts": "billProducts",
    "billingCycle": "billingCycle",
    "billOneTimeFlag": "billOneTimeFlag",
    "oneTimeFlag": "oneTimeFlag",
    "prorateFlag": "prorateFlag",
    "taxable": "taxableFlag",
    "location": "location",
    "department": "department",
}
_STATUS_COLUMNS = ("agreementStatus", "cancelledFlag", "dateCancelled", "endDate", "noEndingDateFlag", "startDate")
_TERM = ("startDate", "endDate", "noEndingDateFlag", "cancelledFlag", "dateCancelled")


class AgreementRules(Rules):
    """Contact and site of the same company, settings of the type, a term that makes sense."""

    owned: ClassVar[tuple[str, ...]] = (ADDITIONS,)
    required_on_put: ClassVar[tuple[str, ...]] = (
        "employeeCompRate",
        "invoicingCycle",
        "billTime",
        "billExpenses",
        "billProducts",
    )

    def __init__(self, desk: Desk, path: str) -> None:
        super().__init__(desk, path)
        at = self.store[AGREEMENTS].at
        self._status_columns = itemgetter(*(at[name] for name in _STATUS_COLUMNS))

    def check(self, draft: Draft) -> None:
        """Fill settings and dates; check owners and dates."""
        values = draft.values
        if draft.verb == "POST":
            self._take_settings_of_type(values)
        self._fill_dates(draft)
        self._check_owners(draft)
        if values.get("endDate") and values["endDate"] < values["startDate"]:
            draft.faults.append(bad_field("endDate", "endDate cannot be before startDate."))
        if draft.changed(*_TERM):
            values["agreementStatus"] = None
        if draft.changed("billStartDate", "billingCycle", "billOneTimeFlag"):
            values["nextInvoiceDate"] = None

    def computed(self) -> Mapping[str, Callable[[Row], Any]]:
        """Return status and next invoice date."""
        return {"agreementStatus": self.status, "nextInvoiceDate": self.next_invoice_date}

    def links(self, row_id: int) -> Mapping[str, str]:
        """Return the link to the additions."""
        return {"additions_href": f"{LINK_ROOT}/finance/agreements/{row_id}/additions"}

    def status(self, row: Row) -> str:
        """Return Active, Cancelled, Expired or Inactive as of today, unless a seed fixed it."""
        fixed, cancelled, cancelled_on, end, endless, start = self._status_columns(row)
        if fixed:
            return str(fixed)
        today = self.desk.today()
        if cancelled or (cancelled_on and cancelled_on <= today):
            return "Cancelled"
        if end and end < today and not endless:
            return "Expired"
        return "Inactive" if start and start > today else "Active"

    def next_invoice_date(self, row: Row) -> str | None:
        """Return the first day that is not invoiced, or of the first period behind the day of creation."""
        at = self.store[AGREEMENTS].at
        fixed: str | None = row[at["nextInvoiceDate"]]
        start, cycle_id = row[at["billStartDate"]], row[at["billingCycle"]]
        if fixed or not start:
            return fixed
        cycles = self.store[BILLING_CYCLES]
        cycle = cycles.rows.get(cycle_id or 0)
        if row[at["billOneTimeFlag"]] or cycle is None:
            return str(start)
        entered = row[at["dateEntered"]]
        after = day(entered) if entered else date.min
        option = cycles.value(cycle, "billingOptions")
        return midnight(next_period_start(day(start), option, after))

    def _take_settings_of_type(self, values: dict[str, Any]) -> None:
        types = self.store[AGREEMENT_TYPES]
        row = types.rows.get(values.get("type") or 0)
        if row is not None:
            for name, of_type in _FROM_TYPE.items():
                if values.get(name) is None:
                    values[name] = types.value(row, of_type)
        if values.get("billingCycle") is None and not values.get("billOneTimeFlag"):
            cycles = self.store[BILLING_CYCLES]
            values["billingCycle"] = cycles.lookup("defaultFlag", True)

    def _fill_dates(self, draft: Draft) -> None:
        values = draft.values
        values["startDate"] = values.get("startDate") or self.desk.today()
        values["billStartDate"] = values.get("billStartDate") or values["startDate"]
        if values.get("noEndingDateFlag") is None:
            values["noEndingDateFlag"] = values.get("endDate") is None

    def _check_owners(self, draft: Draft) -> None:
        values = draft.values
        company_id = values.get("company")
        if company_id is None:
            return
        contact_id = values.get("contact")
        if contact_id is not None and draft.changed("contact", "company"):
            contacts = self.store[CONTACTS]
            owner = contacts.value(contacts.rows[contact_id], "company")
            message = f"Contact {contact_id} not found for Company {company_id}"
            check_belongs(draft, "contact/id", owner, company_id, message)
        companies, sites = self.store[COMPANIES], self.store[SITES]
        if values.get("site") is None:
            values["site"] = companies.value(companies.rows[company_id], "site")
        elif draft.changed("site", "company"):
            owner = sites.value(sites.rows[values["site"]], "company")
            check_belongs(draft, "site/id", owner, company_id, "The site must be a site of the company.")
