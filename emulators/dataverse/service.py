"""Functions and actions that belong to no table, and the service document (dataverse.md 2)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from emulators.dataverse.environment import ORGANIZATION_ID, Environment
from emulators.dataverse.errors import invalid_argument
from emulators.dataverse.json_text import InvalidJsonError, loads
from emulators.dataverse.paths import Segment
from emulators.dataverse.security import Right
from emulators.dataverse.web import Request, Response, json_response

Unbound = Callable[[Environment, Request, Segment], Response]
_CRM: Final = "Microsoft.Dynamics.CRM."
VERSION: Final = "9.2.24094.206"


def service_document(environment: Environment, request: Request) -> Response:
    """Answer GET of the service root."""
    sets = [
        {"name": table.set_name, "kind": "EntitySet", "url": table.set_name}
        for table in environment.schema.tables.values()
    ]
    metadata = ("EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions")
    sets += [{"name": name, "kind": "EntitySet", "url": name} for name in metadata]
    return json_response({"@odata.context": f"{request.base}/$metadata", "value": sets})


def who_am_i(_environment: Environment, request: Request, _segment: Segment) -> Response:
    """Answer WhoAmI: user, business unit and organization of the caller."""
    body = {
        "@odata.context": f"{request.base}/$metadata#{_CRM}WhoAmIResponse",
        "BusinessUnitId": request.caller.business_unit_id,
        "UserId": request.caller.user_id,
        "OrganizationId": ORGANIZATION_ID,
    }
    return json_response(body)


def retrieve_version(_environment: Environment, request: Request, _segment: Segment) -> Response:
    """Answer RetrieveVersion."""
    context = f"{request.base}/$metadata#{_CRM}RetrieveVersionResponse"
    return json_response({"@odata.context": context, "Version": VERSION})


def retrieve_total_record_count(environment: Environment, request: Request, segment: Segment) -> Response:
    """Answer RetrieveTotalRecordCount for the logical names in EntityNames; this count is always fresh here."""
    _, _, text = (segment.arguments or "").partition("=")
    text = dict(request.query).get(text, text)
    try:
        names = loads(text)
    except InvalidJsonError as error:
        raise invalid_argument("EntityNames must be a JSON array of logical names.") from error
    if not isinstance(names, list):
        raise invalid_argument("EntityNames must be a JSON array of logical names.")
    keys, values = [], []
    for name in names:
        table = environment.schema.tables.get(name)
        if table is None:
            raise invalid_argument(f"The entity with a name = '{name}' was not found in the MetadataCache.")
        request.caller.require(table, Right.READ)
        keys.append(name)
        values.append(len(environment.store.rows(table)))
    body = {
        "@odata.context": f"{request.base}/$metadata#{_CRM}RetrieveTotalRecordCountResponse",
        "EntityRecordCountCollection": {"Count": len(keys), "IsReadOnly": False, "Keys": keys, "Values": values},
    }
    return json_response(body)


def publish(_environment: Environment, _request: Request, _segment: Segment) -> Response:
    """Answer PublishXml and PublishAllXml: every change is visible at once here."""
    return Response(HTTPStatus.NO_CONTENT)


FUNCTIONS: Final[dict[str, Unbound]] = {
    "WhoAmI": who_am_i,
    "RetrieveVersion": retrieve_version,
    "RetrieveTotalRecordCount": retrieve_total_record_count,
}
ACTIONS: Final[dict[str, Unbound]] = {
    "PublishXml": publish,
    "PublishAllXml": publish,
}
NOT_EMULATED: Final = frozenset(
    {
        "AddToQueue", "Associate", "BulkDetectDuplicates", "CalculateRollupField", "CancelContract", "CloneAsPatch",
        "CloneAsSolution", "CloseIncident", "CloseQuote", "CopySystemForm", "ExecuteWorkflow", "FormatAddress",
        "FetchXmlToQueryExpression", "GetTimeZoneCodeByLocalizedName", "GrantAccess", "InitializeFrom", "Merge",
        "ModifyAccess", "QualifyLead", "RevokeAccess", "RetrieveCurrentOrganization", "RetrieveDuplicates",
        "RetrieveEntityChanges", "RetrievePrincipalAccess", "RetrieveUserPrivileges", "Search", "SendEmail",
        "SetBusinessSystemUser", "WinOpportunity", "WinQuote",
    }
)  # fmt: skip
