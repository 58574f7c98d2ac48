"""HTTP functions that say whether the app lives and can work."""

import azure.functions as func

from triggers.composition import VERSION, composition
from triggers.http import for_callers, json_response
from triggers.identity import Caller

blueprint = func.Blueprint()


@blueprint.function_name("health")
@blueprint.route(route="health", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Return the version; public, so it says nothing else."""
    return json_response({"version": VERSION})


@blueprint.function_name("health_ready")
@blueprint.route(route="health/ready", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("health_ready")
def health_ready(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return 200 when the settings are complete and Dataverse answers."""
    now = composition().push_services().jobs.server_time().at
    return json_response({"version": VERSION, "dataverse_time": now.isoformat().replace("+00:00", "Z")})
