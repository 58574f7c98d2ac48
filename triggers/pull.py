"""HTTP functions of the import."""

import azure.functions as func

from connectwise.directory.records import ListKind
from dataverse.psasync.records import ConnectorId
from sync_core.pull.cursor import CursorInvalid
from sync_core.pull.listing import ListQuestion, list_records
from sync_core.pull.preview import preview_pull
from sync_core.pull.submit import inline_limit, submit_pull
from triggers.composition import composition
from triggers.http import body_as, for_callers, json_response
from triggers.identity import Caller
from triggers.jobs import started_job
from triggers.parameters import faulty_request, repeated_query_as
from triggers.problems import Fault
from triggers.pull_models import AgreementsQuery, CompaniesQuery, PullBody, PullPreviewBody, list_json, planned_json

blueprint = func.Blueprint()

_REPEATED = frozenset({"type"})


@blueprint.function_name("pull_companies")
@blueprint.route(route="pull/companies", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("pull_companies")
def pull_companies(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a page of ConnectWise companies with their mappings."""
    return _page(repeated_query_as(req, CompaniesQuery, repeated=_REPEATED).question())


@blueprint.function_name("pull_agreements")
@blueprint.route(route="pull/agreements", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("pull_agreements")
def pull_agreements(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a page of ConnectWise agreements with their mappings."""
    return _page(repeated_query_as(req, AgreementsQuery, repeated=_REPEATED).question())


@blueprint.function_name("pull_preview")
@blueprint.route(route="pull/preview", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("pull_preview")
def pull_preview(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return what an import of the same body would do; nothing is written."""
    body = body_as(req, PullPreviewBody)
    planned = preview_pull(
        composition().pull_services(),
        connector_id=ConnectorId(str(body.connector_id)),
        kind=ListKind(body.kind),
        wishes=body.wishes,
        requested_by=caller.object_id,
        import_customers=body.import_customers,
    )
    return json_response({"items": [planned_json(one) for one in planned], "totals": []})


@blueprint.function_name("pull")
@blueprint.route(route="pull", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("pull")
def pull(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Start an import; 200 with the items when it ran in this request, 202 when it is queued or still waits."""
    body = body_as(req, PullBody)
    services = composition().pull_services()
    job_id = submit_pull(services, body.request(caller.object_id))
    return started_job(job_id, inline_limit=inline_limit(services, ListKind(body.kind)))


def _page(question: ListQuestion) -> func.HttpResponse:
    try:
        page = list_records(composition().pull_services(), question)
    except CursorInvalid:
        fault = Fault("cursor", "belongs to another list, or is none of this app; open the list again without it")
        raise faulty_request([fault]) from None
    return json_response(list_json(page, question.filter.kind))
