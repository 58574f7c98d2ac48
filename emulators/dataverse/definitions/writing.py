"""POST, PUT and DELETE on definitions, and the actions that change them (dataverse.md 12)."""

from http import HTTPStatus
from typing import Any, Final

from emulators.dataverse.definitions import column_bodies, solution_parts
from emulators.dataverse.definitions.editor import SchemaEditor
from emulators.dataverse.definitions.labels import label_text, objects
from emulators.dataverse.definitions.reading import find_choice, find_column, find_relationship, find_table, key_text
from emulators.dataverse.definitions.relationships import add_relationship
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import DataverseError, invalid_argument, segment_not_found, wrong_method
from emulators.dataverse.model import Column, ColumnType, Key, Option, OptionSet, Table
from emulators.dataverse.paths import Segment
from emulators.dataverse.security import Depth
from emulators.dataverse.web import Request, Response, json_response

_OWNERSHIPS: Final = frozenset({"UserOwned", "OrganizationOwned"})


class DefinitionWriter:
    """Answers the writes of one request."""

    def __init__(self, environment: Environment, editor: SchemaEditor, request: Request) -> None:
        self._environment = environment
        self._schema = environment.schema
        self._editor = editor
        self._request = request
        environment.recorder.end_trial()
        if request.caller.rights.depth("prvCreateEntity") is Depth.NONE:
            raise DataverseError(
                403,
                "0x80040220",
                f"Principal user (Id={request.caller.user_id}, type=8) is missing prvCreateEntity privilege",
            )

    def tables(self, rest: list[Segment], arguments: str | None) -> Response:
        """Answer writes below `EntityDefinitions`."""
        method = self._request.method
        if arguments is None:
            if rest or method != "POST":
                raise wrong_method(method)
            return self._created(self._add_table(self._request.document("EntityDefinitions")))
        table = find_table(self._schema, arguments)
        if not rest:
            return self._change_table(table)
        first = rest[0]
        match first.name, first.arguments, method:
            case "Attributes", None, "POST":
                return self._add_column(table)
            case "Attributes", str(key), "PUT" | "DELETE":
                return self._change_column(table, find_column(table, key))
            case "Keys", None, "POST":
                return self._add_key(table)
            case "Keys", str(key), "DELETE":
                self._editor.keys.remove(table, _find_key(table, key))
                return _done()
            case "Attributes" | "Keys", _, _:
                raise wrong_method(method)
        raise segment_not_found(first.name)

    def relationships(self, rest: list[Segment], arguments: str | None) -> Response:
        """Answer writes on `RelationshipDefinitions`."""
        method = self._request.method
        if not rest and arguments is None and method == "POST":
            document = self._request.document("RelationshipDefinitions")
            relationship = add_relationship(self._schema, self._editor, document)
            solution_parts.add(self._environment, self._request, solution_parts.RELATIONSHIP, relationship.id)
            return self._created(relationship.id)
        if not rest and arguments is not None and method == "DELETE":
            self._editor.remove_relationship(find_relationship(self._schema, arguments))
            return _done()
        raise wrong_method(method)

    def choices(self, rest: list[Segment], arguments: str | None) -> Response:
        """Answer writes on `GlobalOptionSetDefinitions`."""
        method = self._request.method
        if not rest and arguments is None and method == "POST":
            document = self._request.document("GlobalOptionSetDefinitions")
            name = document.get("Name")
            if not isinstance(name, str) or not name or document.get("IsGlobal") is not True:
                raise invalid_argument("A global option set needs a Name and IsGlobal true.")
            options = column_bodies.options_of(name, document)
            self._editor.add_choice(options)
            solution_parts.add(self._environment, self._request, solution_parts.CHOICE, options.id)
            return self._created(options.id)
        if rest or arguments is None:
            raise wrong_method(method)
        options = find_choice(self._schema, arguments)
        if method == "DELETE":
            self._editor.remove_choice(options)
            return _done()
        if method != "PUT":
            raise wrong_method(method)
        document = self._request.document("GlobalOptionSetDefinitions")
        options.display_name = label_text(document.get("DisplayName")) or options.display_name
        options.description = label_text(document.get("Description")) or options.description
        self._editor.choice_changed(options)
        return _done()

    def create_entities(self) -> Response:
        """Answer the action CreateEntities."""
        entities = self._request.document("CreateEntities").get("Entities")
        if not entities:
            raise invalid_argument("The parameter Entities is missing.")
        for entity in objects(entities):
            self._add_table(entity)
        return _done()

    def reactivate_key(self) -> Response:
        """Answer the action ReactivateEntityKey."""
        document = self._request.document("ReactivateEntityKey")
        table = self._schema.tables.get(str(document.get("EntityLogicalName")))
        key = None if table is None else table.keys.get(str(document.get("EntityKeyLogicalName")))
        if key is None:
            raise invalid_argument("The key does not exist.")
        self._editor.keys.rebuild(key)
        return _done()

    def option_value(self, action: str) -> Response:
        """Answer InsertOptionValue, UpdateOptionValue and DeleteOptionValue."""
        document = self._request.document(action)
        options = self._options_named(document)
        value = document.get("Value")
        existing = next((option for option in options.options if option.value == value), None)
        text = label_text(document.get("Label"))
        if action == "InsertOptionValue":
            if existing is not None:
                raise invalid_argument(f"The option value {value} exists already.")
            number = value if isinstance(value, int) else max((o.value for o in options.options), default=99999999) + 1
            options.options.append(Option(number, text or ""))
            self._editor.choice_changed(options)
            context = f"{self._request.base}/$metadata#Microsoft.Dynamics.CRM.InsertOptionValueResponse"
            return json_response({"@odata.context": context, "NewOptionValue": number})
        if existing is None:
            raise invalid_argument(f"The option value {value} does not exist.")
        if action == "DeleteOptionValue":
            options.options.remove(existing)
        else:
            existing.label = text or existing.label
        self._editor.choice_changed(options)
        return _done()

    def _add_table(self, document: dict[str, Any]) -> str:
        schema_name, logical_name = _names(document)
        attributes = objects(document.get("Attributes"))
        primary = [item for item in attributes if item.get("IsPrimaryName") is True]
        if len(primary) != 1:
            raise invalid_argument("An entity needs exactly one attribute with IsPrimaryName true.")
        ownership = document.get("OwnershipType", "UserOwned")
        if not isinstance(ownership, str) or ownership not in _OWNERSHIPS:
            raise invalid_argument(f"The OwnershipType '{ownership}' cannot be created.")
        columns = [column_bodies.new_column(self._schema, logical_name, item) for item in attributes]
        if any(column.type is ColumnType.LOOKUP for column in columns):
            raise invalid_argument("A lookup is created by a relationship.")
        label = label_text(document.get("DisplayName")) or schema_name
        table = Table(
            logical_name=logical_name,
            schema_name=schema_name,
            set_name=plural(logical_name),
            primary_id=f"{logical_name}id",
            primary_name=str(primary[0]["SchemaName"]).lower(),
            ownership=ownership,
            display_name=label,
            display_collection_name=label_text(document.get("DisplayCollectionName")) or f"{label}s",
            description=label_text(document.get("Description")) or "",
            optimistic_concurrency=True,
            change_tracking=document.get("ChangeTrackingEnabled") is True,
            is_custom=True,
            columns={column.logical_name: column for column in columns},
        )
        self._editor.add_table(table)
        solution_parts.add(self._environment, self._request, solution_parts.TABLE, table.id)
        return table.id

    def _change_table(self, table: Table) -> Response:
        method = self._request.method
        if method == "DELETE":
            self._editor.remove_table(table)
            return _done()
        if method != "PUT":
            raise wrong_method(method)
        document = self._request.document("EntityDefinitions")
        if document.get("LogicalName", str(document.get("SchemaName", "")).lower()) != table.logical_name:
            raise invalid_argument("A PUT carries the whole definition, with its LogicalName.")
        tracking = document.get("ChangeTrackingEnabled", table.change_tracking)
        if table.change_tracking and tracking is False:
            raise invalid_argument("Change tracking cannot be turned off again.")
        table.change_tracking = tracking is True
        table.display_name = label_text(document.get("DisplayName")) or table.display_name
        table.display_collection_name = (
            label_text(document.get("DisplayCollectionName")) or table.display_collection_name
        )
        table.description = label_text(document.get("Description")) or table.description
        self._editor.table_changed(table)
        return _done()

    def _add_column(self, table: Table) -> Response:
        document = self._request.document("Attributes")
        column = column_bodies.new_column(self._schema, table.logical_name, document)
        if column.type is ColumnType.LOOKUP:
            raise invalid_argument("A lookup is created by a relationship.")
        column_bodies.check_new(table, column)
        self._editor.add_column(table, column)
        solution_parts.add(self._environment, self._request, solution_parts.COLUMN, column.id)
        return self._created(column.id)

    def _change_column(self, table: Table, column: Column) -> Response:
        if self._request.method == "DELETE":
            self._editor.remove_column(table, column)
            return _done()
        document = self._request.document("Attributes")
        if str(document.get("SchemaName", "")).lower() != column.logical_name or "@odata.type" not in document:
            raise invalid_argument("A PUT carries the whole definition, with its @odata.type and SchemaName.")
        column_bodies.change_column(self._schema, column, document)
        self._editor.table_changed(table)
        return _done()

    def _add_key(self, table: Table) -> Response:
        document = self._request.document("Keys")
        schema_name, logical_name = _names(document)
        columns = document.get("KeyAttributes")
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise invalid_argument("A key needs KeyAttributes.")
        text = label_text(document.get("DisplayName")) or schema_name
        key = Key(table.logical_name, logical_name, schema_name, tuple(columns), text)
        self._editor.keys.add(table, key)
        return self._created(key.id)

    def _options_named(self, document: dict[str, Any]) -> OptionSet:
        name = document.get("OptionSetName")
        if isinstance(name, str) and name in self._schema.global_choices:
            return self._schema.global_choices[name]
        table = self._schema.tables.get(str(document.get("EntityLogicalName")))
        column = None if table is None else table.columns.get(str(document.get("AttributeLogicalName")))
        if column is None or column.options is None:
            raise invalid_argument("The option set does not exist.")
        return column.options

    def _created(self, component_id: str) -> Response:
        url = f"{self._request.base}/{self._request.path}({component_id})"
        return Response(HTTPStatus.NO_CONTENT, [("OData-EntityId", url)])


def plural(logical_name: str) -> str:
    """Return the entity set name that the platform makes of a logical name."""
    if logical_name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{logical_name}es"
    if logical_name.endswith("y") and logical_name[-2:-1] not in "aeiou":
        return f"{logical_name[:-1]}ies"
    return f"{logical_name}s"


def _names(document: dict[str, Any]) -> tuple[str, str]:
    schema_name = document.get("SchemaName")
    if not isinstance(schema_name, str) or not schema_name:
        raise invalid_argument("The SchemaName is missing.")
    return schema_name, schema_name.lower()


def _find_key(table: Table, arguments: str) -> Key:
    text = key_text(arguments, "LogicalName")
    key = table.keys.get(text) or next((k for k in table.keys.values() if k.id == text), None)
    if key is None:
        raise DataverseError(404, "0x80060888", f"Could not find a key with key '{text}'.")
    return key


def _done() -> Response:
    return Response(HTTPStatus.NO_CONTENT)
