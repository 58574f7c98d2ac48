"""HTTP functions of the lists on the push tabs."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dataverse.psasync.records import ConnectorId, Mapping, MappingKind, MappingStatus
from dataverse.work365.records import InvoiceId
from sync_core.lists.invoices import ListedInvoice, ListedLine, list_invoices, list_lines
from sync_core.lists.paging import CursorInvalid, ListQuestion, SortName, View
from sync_core.lists.records import ListedRecord, join_rows, page_of_rows
from sync_core.suggestions.records import Suggestion
from sync_core.suggestions.suggesting import Advice, advise
from triggers.composition import composition
from triggers.http import for_callers, json_response
from triggers.identity import Caller
from triggers.mappings import mapping_json
from triggers.models import prerequisite_json
from triggers.parameters import faulty_request, query_as
from triggers.problems import Fault, Problem
from triggers.suggestions import suggestion_json

blueprint = func.Blueprint()

_KINDS = {
    "products": MappingKind.PRODUCT,
    "accounts": MappingKind.ACCOUNT,
    "billing-contracts": MappingKind.BILLING_CONTRACT,
}
_INVOICES = "invoices"


class ListQuery(BaseModel):
    """Query of the lists."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector_id: UUID
    view: View = "all"
    search: Annotated[str, StringConstraints(strip_whitespace=True, max_length=160)] = ""
    sort: SortName = "name"
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = None

    def question(self, name: str) -> ListQuestion:
        """Return what the list of this name is asked for."""
        return ListQuestion(
            name=name,
            connector_id=ConnectorId(str(self.connector_id)),
            view=self.view,
            search=self.search,
            sort=self.sort,
            limit=self.limit,
            cursor=self.cursor,
        )


class PushListQuery(ListQuery):
    """Query of `GET /push/{list}`."""

    suggestions: bool = True


@blueprint.function_name("push_list")
@blueprint.route(route="push/{list}", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("push_list")
def push_list(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a page of products, accounts, billing contracts or invoices with what they are mapped to."""
    name = req.route_params["list"]
    if name != _INVOICES and name not in _KINDS:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "push_list_not_found",
            f"There is no such list; ask for one of {', '.join([*_KINDS, _INVOICES])}.",
        )
    query, services = query_as(req, PushListQuery), composition().screens.list_services()
    question = query.question(name)
    try:
        if name == _INVOICES:
            invoices = list_invoices(services, question, person=caller.object_id)
            return _page_json([_invoice_json(one) for one in invoices.rows], invoices.next_cursor)
        joined = join_rows(services, _KINDS[name], question.connector_id, person=caller.object_id)
        records = page_of_rows(joined, question)
    except CursorInvalid as invalid:
        raise faulty_request([Fault("cursor", str(invalid))]) from invalid
    advice = Advice({})
    if query.suggestions:
        advice = advise(composition().screens.suggestion_services(), joined, records.rows)
    items = [_record_json(one, advice.suggestions.get(one.row.id)) for one in records.rows]
    return _page_json(items, records.next_cursor, suggestions_problem=advice.problem)


@blueprint.function_name("push_lines")
@blueprint.route(
    route="push/invoices/{invoice_id}/lines", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS
)
@for_callers("push_lines")
def push_lines(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a page of the lines of one invoice."""
    query = query_as(req, ListQuery)
    try:
        invoice_id = InvoiceId(str(UUID(req.route_params["invoice_id"])))
    except ValueError:
        raise faulty_request([Fault("invoice_id", "is not the id of an invoice")]) from None
    question = query.question(f"lines of {invoice_id}")
    try:
        page = list_lines(composition().screens.list_services(), invoice_id, question, person=caller.object_id)
    except CursorInvalid as invalid:
        raise faulty_request([Fault("cursor", str(invalid))]) from invalid
    return _page_json([_line_json(one) for one in page.rows], page.next_cursor)


def _page_json(items: list[dict[str, Any]], next_cursor: str | None, **more: str | None) -> func.HttpResponse:
    return json_response({"items": items, "next_cursor": next_cursor, **more})


def _record_json(one: ListedRecord, suggestion: Suggestion | None) -> dict[str, Any]:
    row = one.row
    account = None if row.account_id is None else {"id": row.account_id, "name": row.account_name}
    return {
        "id": row.id,
        "name": row.name,
        "number": row.number,
        "account": account,
        **_mapping_members(one.mapping),
        "prerequisite": prerequisite_json(one.prerequisite),
        "suggestion": suggestion_json(suggestion),
    }


def _invoice_json(one: ListedInvoice) -> dict[str, Any]:
    invoice = one.invoice
    return {
        "id": invoice.id,
        "name": invoice.name,
        "number": invoice.number,
        "invoice_date": None if invoice.invoice_date is None else invoice.invoice_date.isoformat(),
        "billing_contract_id": invoice.billing_contract_id,
        "lines": {"mapped": one.mapped, "failed": one.failed, "unmapped": one.unmapped},
    }


def _line_json(one: ListedLine) -> dict[str, Any]:
    line = one.line
    return {
        "id": line.id,
        "name": one.name,
        "line_number": line.line_number,
        "product_id": line.product_id,
        "quantity": f"{line.quantity:f}",
        "price_per_unit": f"{line.price_per_unit:f}",
        "amount": f"{one.amount:f}",
        **_mapping_members(one.mapping),
        "prerequisite": prerequisite_json(one.prerequisite),
    }


def _mapping_members(mapping: Mapping | None) -> dict[str, Any]:
    status = MappingStatus.NOT_SYNCED if mapping is None else mapping.status
    return {
        "status": status.label,
        "message": None if mapping is None else mapping.status_message,
        "mapping": None if mapping is None else mapping_json(mapping),
    }
