"""Routes of the metadata API."""

from collections.abc import Callable
from typing import Final

from emulators.dataverse.definitions.changes import retrieve_metadata_changes
from emulators.dataverse.definitions.csdl import csdl
from emulators.dataverse.definitions.editor import SchemaEditor
from emulators.dataverse.definitions.reading import DefinitionReader
from emulators.dataverse.definitions.writing import DefinitionWriter
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import no_resource, wrong_method
from emulators.dataverse.paths import Segment
from emulators.dataverse.web import Request, Response

_SETS: Final = ("EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions")
_ACTIONS: Final[dict[str, Callable[[DefinitionWriter], Response]]] = {
    "CreateEntities": DefinitionWriter.create_entities,
    "ReactivateEntityKey": DefinitionWriter.reactivate_key,
    "InsertOptionValue": lambda writer: writer.option_value("InsertOptionValue"),
    "UpdateOptionValue": lambda writer: writer.option_value("UpdateOptionValue"),
    "DeleteOptionValue": lambda writer: writer.option_value("DeleteOptionValue"),
}


def answer_definitions(
    environment: Environment, editor: SchemaEditor, request: Request, first: Segment, rest: list[Segment]
) -> Response | None:
    """Answer a request of the metadata API, None when it is none."""
    if first.name in _SETS:
        target = (
            DefinitionReader(environment, request)
            if request.method == "GET"
            else DefinitionWriter(environment, editor, request)
        )
        match first.name:
            case "EntityDefinitions":
                return target.tables(rest, first.arguments)
            case "RelationshipDefinitions":
                return target.relationships(rest, first.arguments)
            case _:
                return target.choices(rest, first.arguments)
    if first.name == "$metadata" and not rest:
        if request.method != "GET":
            raise wrong_method(request.method)
        return Response(200, [("Content-Type", "application/xml")], csdl(environment.schema).encode())
    if first.name == "RetrieveMetadataChanges":
        if request.method != "GET":
            raise no_resource(request.url)
        return retrieve_metadata_changes(environment, request, first)
    action = _ACTIONS.get(first.name)
    if action is None or rest:
        return None
    if request.method != "POST":
        raise no_resource(request.url)
    return action(DefinitionWriter(environment, editor, request))
