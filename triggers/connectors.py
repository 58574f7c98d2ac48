"""HTTP functions of the connector screens."""

from http import HTTPStatus

import azure.functions as func

from connectwise.setup.records import OptionList
from sync_core.connectors.connection import check_connection
from sync_core.connectors.saving import PropertiesRefused, change_connector, create_connector
from triggers.composition import composition
from triggers.connector_models import (
    ConnectorPatchBody,
    NewConnectorBody,
    connection_json,
    connector_json,
    fault_json,
    option_json,
)
from triggers.http import body_as, for_callers, json_response
from triggers.identity import Caller
from triggers.parameters import connector_id_of_route
from triggers.problems import Fault, Problem

blueprint = func.Blueprint()


@blueprint.function_name("connectors")
@blueprint.route(route="connectors", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("connectors")
def connectors(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return all connectors by name."""
    found = composition().screens.connector_services().connectors.all()
    return json_response({"items": [connector_json(stored) for stored in found]})


@blueprint.function_name("connector_create")
@blueprint.route(route="connectors", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("connector_create")
def connector_create(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Make a connector."""
    body = body_as(req, NewConnectorBody)
    created = create_connector(composition().screens.connector_services(), body.model_dump(), who=caller.object_id)
    return json_response(connector_json(created), HTTPStatus.CREATED)


@blueprint.function_name("connector")
@blueprint.route(route="connectors/{connector_id}", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
@for_callers("connector")
def connector(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return one connector."""
    return json_response(
        connector_json(composition().screens.connector_services().existing(connector_id_of_route(req)))
    )


@blueprint.function_name("connector_change")
@blueprint.route(
    route="connectors/{connector_id}", methods=[func.HttpMethod.PATCH], auth_level=func.AuthLevel.ANONYMOUS
)
@for_callers("connector_change")
def connector_change(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Change what the body names; properties only over a working connection."""
    connector_id = connector_id_of_route(req)
    change = body_as(req, ConnectorPatchBody).change()
    try:
        saved = change_connector(composition().screens.connector_services(), connector_id, change, who=caller.object_id)
    except PropertiesRefused as refused:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            refused.code,
            refused.user_message,
            faults=[Fault(**fault_json(fault)) for fault in refused.faults],
        ) from refused
    return json_response(connector_json(saved))


@blueprint.function_name("connector_test")
@blueprint.route(
    route="connectors/{connector_id}/test", methods=[func.HttpMethod.POST], auth_level=func.AuthLevel.ANONYMOUS
)
@for_callers("connector_test")
def connector_test(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Test the connection and, when there is one, open the properties."""
    return json_response(
        connection_json(check_connection(composition().screens.connector_services(), connector_id_of_route(req)))
    )


@blueprint.function_name("connector_options")
@blueprint.route(
    route="connectors/{connector_id}/options/{list}", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS
)
@for_callers("connector_options")
def connector_options(req: func.HttpRequest, caller: Caller) -> func.HttpResponse:
    """Return a pick list as ConnectWise has it now."""
    name = req.route_params["list"]
    if name not in {which.value for which in OptionList}:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "option_list_not_found",
            f"There is no such list; ask for one of {', '.join(which.value for which in OptionList)}.",
        )
    services = composition().screens.connector_services()
    stored = services.existing(connector_id_of_route(req))
    options = services.setup_of(stored.connector).options(OptionList(name))
    return json_response({"items": [option_json(option) for option in options]})
