"""Build the one app that Azure Functions indexes."""

import azure.functions as func

from triggers import (
    audit,
    connectors,
    job_requests,
    jobs,
    life,
    mappings,
    openapi,
    pull,
    push,
    push_lists,
    queue,
    search,
    suggestions,
    timers,
)


def build_app() -> func.FunctionApp:
    """Return the app with all functions; settings are read at the first call, so that indexing needs none."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    for module in (
        audit,
        connectors,
        push,
        pull,
        jobs,
        job_requests,
        life,
        queue,
        search,
        push_lists,
        suggestions,
        mappings,
        openapi,
        timers,
    ):
        app.register_functions(module.blueprint)
    return app
