"""HTTP functions of the push."""

import azure.functions as func

from dataverse.psasync.records import ConnectorId
from sync_core.push.preview import preview_push
from sync_core.push.submit import submit_push
from triggers.composition import composition
from triggers.http import body_as, for_callers, json_response
from triggers.identity import Caller
from triggers.jobs import started_job
from triggers.models import PreviewBody, PushBody, preview_json

blueprint = func.Blueprint()


@blueprint.function_name("push")
@blueprint.route(route="push", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("push")
def push(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Start a push; 200 with the items when it ran in this request, 202 when it is queued or still waits."""
    body = body_as(req, PushBody)
    services = composition().push_services()
    job_id = submit_push(services, body.request(caller.object_id))
    return started_job(job_id, inline_limit=composition().settings.inline_limit)


@blueprint.function_name("push_preview")
@blueprint.route(route="push/preview", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("push_preview")
def push_preview(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return what a push of the same body would do; nothing is written."""
    body = body_as(req, PreviewBody)
    preview = preview_push(
        composition().push_services(),
        connector_id=ConnectorId(str(body.connector_id)),
        kind=body.kind,
        record_ids=body.record_ids,
        requested_by=caller.object_id,
    )
    return json_response(preview_json(preview))
