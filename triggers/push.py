"""HTTP functions of the push."""

import azure.functions as func

from dataverse.psasync.records import ConnectorId
from sync_core.push.preview import preview_push
from sync_core.push.submit import submit_push
from sync_core.push_rows.preview import preview_rows
from sync_core.push_rows.submit import submit_rows
from triggers.composition import composition
from triggers.http import body_as, for_callers, json_response
from triggers.identity import Caller
from triggers.jobs import started_job
from triggers.push_models import PreviewBody, PushBody, preview_json, rows_preview_json

blueprint = func.Blueprint()


@blueprint.function_name("push")
@blueprint.route(route="push", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("push")
def push(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Start a push; 200 with the items when it ran in this request, 202 when it is queued or still waits."""
    body = body_as(req, PushBody)
    kind = body.row_kind
    if kind is None:
        job_id = submit_push(composition().push_services(), body.request(caller.object_id))
    else:
        job_id = submit_rows(composition().push_rows_services(), body.rows_request(kind, caller.object_id))
    return started_job(job_id, inline_limit=composition().settings.inline_limit)


@blueprint.function_name("push_preview")
@blueprint.route(route="push/preview", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("push_preview")
def push_preview(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return what a push of the same body would do; nothing is written."""
    body = body_as(req, PreviewBody)
    kind, connector_id = body.row_kind, ConnectorId(str(body.connector_id))
    if kind is None:
        preview = preview_push(
            composition().push_services(),
            connector_id=connector_id,
            kind=body.line_kind,
            record_ids=body.record_ids,
            requested_by=caller.object_id,
        )
        return json_response(preview_json(preview))
    planned = preview_rows(
        composition().push_rows_services(),
        connector_id=connector_id,
        kind=kind,
        wishes=body.wishes,
        requested_by=caller.object_id,
    )
    return json_response(rows_preview_json(planned))
