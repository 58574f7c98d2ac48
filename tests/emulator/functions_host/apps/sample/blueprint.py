"""A blueprint beside the app."""

import azure.functions as func

bp = func.Blueprint()


@bp.route(route="blue")
def blue(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("blue")
