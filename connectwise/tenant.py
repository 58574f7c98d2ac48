"""One ConnectWise tenant in the words of this project: what the push reads and creates."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectwise.client import ConnectWiseClient
from connectwise.endpoints import AGREEMENTS, BILLING_CYCLES, CATALOG, additions_of
from connectwise.kept import Kept
from connectwise.parsing import RecordT, parsed
from connectwise.queries import Query, fields_of
from connectwise.records import (
    Addition,
    Agreement,
    AgreementId,
    BillingCycle,
    BillingCycleId,
    CatalogItem,
    CatalogItemId,
    CompanyId,
    NewAddition,
)
from connectwise.screens import agreement_screen, company_screen
from connectwise.texts import midnight, storable_text

_LONGEST_DESCRIPTION = 6000
_LONGEST_SERIAL_NUMBER = 50


class ConnectWiseTenant:
    """The push's view of a tenant (`sync_core.ports.Psa`); share one instance between threads and runs."""

    def __init__(self, client: ConnectWiseClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._cycles = Kept(self._read_cycles, clock=clock)

    def agreements(self, agreement_ids: Sequence[AgreementId]) -> Mapping[AgreementId, Agreement]:
        """Return the agreements that exist, in one request for some hundred ids."""
        found = self._by_ids(AGREEMENTS, Agreement, agreement_ids)
        return {agreement.id: agreement for agreement in found}

    def catalog_items(self, catalog_item_ids: Sequence[CatalogItemId]) -> Mapping[CatalogItemId, CatalogItem]:
        """Return the catalog items that exist, in one request for some hundred ids."""
        found = self._by_ids(CATALOG, CatalogItem, catalog_item_ids)
        return {item.id: item for item in found}

    def billing_cycles(self) -> Mapping[BillingCycleId, BillingCycle]:
        """Return the billing cycles of the tenant, at most 15 minutes old."""
        return self._cycles.value()

    def additions(self, agreement_id: AgreementId) -> Sequence[Addition]:
        """Return all additions of the agreement in ascending order of id; raises RecordNotFound without agreement."""
        path = additions_of(agreement_id)
        rows = self._client.rows(path, Query(fields=fields_of(Addition)))
        return [parsed(Addition, row, "GET", path) for row in rows]

    def create_addition(self, agreement_id: AgreementId, addition: NewAddition, *, send_before: float) -> Addition:
        """Post the addition once; never sent after `send_before` (monotonic clock of this process).

        Repeated only when it was certainly not carried out (connection not opened, 429). After NoAnswer with
        `maybe_sent`, ServerFault or AnswerNotUnderstood the addition may exist.
        """
        path = additions_of(agreement_id)
        row = self._client.create(path, addition_body(addition), fields=fields_of(Addition), send_before=send_before)
        return parsed(Addition, row, "POST", path)

    def link_to_agreement(self, agreement_id: AgreementId) -> str:
        """Return the address of the agreement's screen; the codebase `v4_6_release` leads to the current version."""
        return agreement_screen(self._client, agreement_id)

    def link_to_company(self, company_id: CompanyId) -> str:
        """Return the address of the company's screen, as `link_to_agreement`."""
        return company_screen(self._client, company_id)

    def _read_cycles(self) -> Mapping[BillingCycleId, BillingCycle]:
        rows = self._client.rows(BILLING_CYCLES, Query(fields=fields_of(BillingCycle)))
        cycles = (parsed(BillingCycle, row, "GET", BILLING_CYCLES) for row in rows)
        return {cycle.id: cycle for cycle in cycles}

    def _by_ids(self, path: str, model: type[RecordT], wanted: Sequence[int]) -> list[RecordT]:
        ids = sorted(set(wanted))
        if not ids:
            return []
        rows = self._client.rows_where_in(path, "id", ids, fields=fields_of(model))
        return [parsed(model, row, "GET", path) for row in rows]


def addition_body(addition: NewAddition) -> dict[str, Any]:
    """Return the body of a POST: every member that is not None, texts on one line, dates as midnights in UTC."""
    body = addition.model_dump(by_alias=True, exclude_none=True, exclude={"product_id"})
    body["product"] = {"id": addition.product_id}
    body["invoiceDescription"] = storable_text(addition.invoice_description, _LONGEST_DESCRIPTION)
    body["effectiveDate"] = midnight(addition.effective_date)
    if addition.cancelled_date is not None:
        body["cancelledDate"] = midnight(addition.cancelled_date)
    if addition.serial_number is not None:
        body["serialNumber"] = storable_text(addition.serial_number, _LONGEST_SERIAL_NUMBER)
    return body
