"""GET on definitions."""

from collections.abc import Callable
from typing import Any, Final

from emulators.dataverse.definitions import render
from emulators.dataverse.definitions.labels import type_name
from emulators.dataverse.definitions.queries import DefinitionQuery, Document
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import DataverseError, query_syntax, segment_not_found
from emulators.dataverse.model import Column, ManyToMany, OneToMany, OptionSet, Table, metadata_id
from emulators.dataverse.odata.parser import Parser
from emulators.dataverse.paths import Segment
from emulators.dataverse.schema import Schema
from emulators.dataverse.values import GUID
from emulators.dataverse.web import Request, Response, json_response

_CRM: Final = "Microsoft.Dynamics.CRM."
_COLLECTIONS: Final = (
    "Attributes", "Keys", "OneToManyRelationships", "ManyToOneRelationships", "ManyToManyRelationships",
)  # fmt: skip
Relationship = OneToMany | ManyToMany


def no_definition(what: str, key: str) -> DataverseError:
    """0x80060888: a definition that does not exist."""
    return DataverseError(404, "0x80060888", f"Could not find {what} with key '{key}'.")


def key_text(arguments: str, name: str) -> str:
    """Return the id, or the value of `name='...'`, that stands in parentheses."""
    if GUID.fullmatch(arguments):
        return arguments.lower()
    parser = Parser(arguments, {})
    if parser.expect_name() not in (name, "MetadataId"):
        raise query_syntax(f"The key '{arguments}' in the request URI is not valid.")
    parser.expect_mark("=")
    value = parser.literal().value
    parser.expect_end()
    return str(value)


def find_table(schema: Schema, arguments: str) -> Table:
    """Return the table that `(...)` names; raises 404."""
    text = key_text(arguments, "LogicalName")
    table = schema.tables.get(text) or next((t for t in schema.tables.values() if t.id == text), None)
    if table is None:
        raise DataverseError(404, "0x80060888", f"Could not find an entity with name {text} in the MetadataCache.")
    return table


def find_column(table: Table, arguments: str) -> Column:
    """Return the column that `(...)` names; raises 404."""
    text = key_text(arguments, "LogicalName")
    column = table.columns.get(text) or next((c for c in table.columns.values() if c.id == text), None)
    if column is None:
        raise no_definition("an attribute", text)
    return column


def find_relationship(schema: Schema, arguments: str) -> Relationship:
    """Return the relationship that `(...)` names; raises 404."""
    text = key_text(arguments, "SchemaName")
    relationships: list[Relationship] = [*schema.one_to_many.values(), *schema.many_to_many.values()]
    for relationship in relationships:
        if text in (relationship.id, relationship.schema_name):
            return relationship
    raise no_definition("a relationship", text)


def find_choice(schema: Schema, arguments: str) -> OptionSet:
    """Return the global choice that `(...)` names; raises 404."""
    text = key_text(arguments, "Name")
    for options in schema.global_choices.values():
        if text in (options.id, options.name):
            return options
    raise no_definition("an OptionSet", text)


class DefinitionReader:
    """Answers GET for one request."""

    def __init__(self, environment: Environment, request: Request) -> None:
        self._schema = environment.schema
        self._request = request
        self._options = {name: value for name, value in request.query if name.startswith("$")}
        self._aliases = {name: value for name, value in request.query if name.startswith("@")}

    def tables(self, rest: list[Segment], arguments: str | None) -> Response:
        """Answer `EntityDefinitions` and everything below."""
        known = frozenset({*render.entity(next(iter(self._schema.tables.values()))), *_COLLECTIONS})
        if arguments is None:
            self._expect_end(rest)
            documents = [render.entity(table) for table in self._schema.tables.values()]
            return self._many("EntityDefinitions", "EntityMetadata", known, documents, self._expand_table)
        table = find_table(self._schema, arguments)
        if not rest:
            return self._one("EntityDefinitions", "EntityMetadata", known, render.entity(table), self._expand_table)
        first, *others = rest
        match first.name:
            case "Attributes":
                return self._attributes(table, first.arguments, others)
            case "Keys":
                return self._keys(table, first.arguments, others)
            case name if name in _COLLECTIONS:
                self._expect_end(others)
                documents = self._relationships(name, table)
                return self._many(f"EntityDefinitions/{name}", name, _names(documents), documents, _no_expansion)
            case name if name in known:
                self._expect_end(others)
                return self._property(render.entity(table), name)
        raise segment_not_found(first.name)

    def relationships(self, rest: list[Segment], arguments: str | None) -> Response:
        """Answer `RelationshipDefinitions`."""
        cast = self._cast(rest)
        all_documents = self._relationships("RelationshipDefinitions", None)
        known = _names(all_documents)
        if arguments is not None:
            document = _shown_relationship(find_relationship(self._schema, arguments))
            return self._one("RelationshipDefinitions", "RelationshipMetadataBase", known, document, _no_expansion)
        documents = [d for d in all_documents if cast is None or d["@odata.type"] == type_name(cast)]
        return self._many("RelationshipDefinitions", "RelationshipMetadataBase", known, documents, _no_expansion)

    def choices(self, rest: list[Segment], arguments: str | None) -> Response:
        """Answer `GlobalOptionSetDefinitions`."""
        self._cast(rest)
        known = frozenset(render.option_set(OptionSet("", [])))
        if arguments is not None:
            document = render.option_set(find_choice(self._schema, arguments))
            return self._one("GlobalOptionSetDefinitions", "OptionSetMetadata", known, document, _no_expansion)
        documents = [render.option_set(options) for options in self._schema.global_choices.values()]
        return self._many("GlobalOptionSetDefinitions", "OptionSetMetadata", known, documents, _no_expansion)

    def _attributes(self, table: Table, arguments: str | None, rest: list[Segment]) -> Response:
        cast = self._cast(rest[:1] if rest and rest[0].name.startswith(_CRM) else [])
        others = rest if cast is None else rest[1:]
        context = f"EntityDefinitions('{table.logical_name}')/Attributes"
        if arguments is None:
            self._expect_end(others)
            columns = [c for c in table.columns.values() if cast is None or render.CLASSES[c.type] == cast]
            documents = [render.attribute(self._schema, column) for column in columns]
            return self._many(
                context, cast or "AttributeMetadata", self._known(cast), documents, self._expand_attribute
            )
        column = find_column(table, arguments)
        if cast is not None and render.CLASSES[column.type] != cast:
            raise no_definition(f"a {cast}", column.logical_name)
        document = render.attribute(self._schema, column)
        if others:
            self._expect_end(others[1:])
            return self._property({**document, **render.attribute_options(column)}, others[0].name)
        return self._one(context, cast or "AttributeMetadata", self._known(cast), document, self._expand_attribute)

    def _known(self, cast: str | None) -> frozenset[str]:
        if cast is None:
            return render.BASE_PROPERTIES
        for table in self._schema.tables.values():
            for column in table.columns.values():
                if render.CLASSES[column.type] == cast:
                    return frozenset({*render.attribute(self._schema, column), *render.ATTRIBUTE_EXPANSIONS})
        return render.BASE_PROPERTIES

    def _keys(self, table: Table, arguments: str | None, rest: list[Segment]) -> Response:
        self._expect_end(rest)
        context = f"EntityDefinitions('{table.logical_name}')/Keys"
        documents = [render.key(key) for key in table.keys.values()]
        known = _names(documents) | {"MetadataId", "EntityKeyIndexStatus", "KeyAttributes", "LogicalName", "SchemaName"}
        if arguments is None:
            return self._many(context, "EntityKeyMetadata", known, documents, _no_expansion)
        text = key_text(arguments, "LogicalName")
        document = next((d for d in documents if text in (d["MetadataId"], d["LogicalName"])), None)
        if document is None:
            raise no_definition("a key", text)
        return self._one(context, "EntityKeyMetadata", known, document, _no_expansion)

    def _relationships(self, name: str, table: Table | None) -> list[Document]:
        wanted = None if table is None else table.logical_name
        found: list[Relationship] = []
        if name != "ManyToManyRelationships":
            found += [
                relationship
                for relationship in self._schema.one_to_many.values()
                if wanted is None
                or wanted
                == (relationship.referenced_table if name.startswith("One") else relationship.referencing_table)
            ]
        if name in ("ManyToManyRelationships", "RelationshipDefinitions"):
            found += [
                relationship
                for relationship in self._schema.many_to_many.values()
                if wanted is None or wanted in (relationship.table1, relationship.table2)
            ]
        return [_shown_relationship(relationship) for relationship in found]

    def _expand_table(self, name: str, document: Document) -> Any:
        table = self._schema.tables[document["LogicalName"]]
        match name:
            case "Attributes":
                return [render.attribute(self._schema, column) for column in table.columns.values()]
            case "Keys":
                return [render.key(key) for key in table.keys.values()]
            case _ if name in _COLLECTIONS:
                return self._relationships(name, table)
        raise DataverseError(400, "0x0", f"Could not find a property named '{name}' on type '{_CRM}EntityMetadata'.")

    def _expand_attribute(self, name: str, document: Document) -> Any:
        column = self._schema.tables[document["EntityLogicalName"]].columns[document["LogicalName"]]
        if name not in render.ATTRIBUTE_EXPANSIONS:
            raise query_syntax(f"Could not find a property named '{name}' on type '{_CRM}AttributeMetadata'.")
        return render.attribute_options(column)[name]

    def _many(
        self,
        context: str,
        class_name: str,
        known: frozenset[str],
        documents: list[Document],
        expander: Callable[[str, Document], Any],
    ) -> Response:
        query = DefinitionQuery(class_name, known, self._options, self._aliases)
        shown = query.answer(documents, expander)
        return json_response({"@odata.context": f"{self._request.base}/$metadata#{context}{query.context()}", **shown})

    def _one(
        self,
        context: str,
        class_name: str,
        known: frozenset[str],
        document: Document,
        expander: Callable[[str, Document], Any],
    ) -> Response:
        query = DefinitionQuery(class_name, known, self._options, self._aliases)
        shown = query.shown(document, expander)
        return json_response(
            {"@odata.context": f"{self._request.base}/$metadata#{context}{query.context()}/$entity", **shown}
        )

    def _property(self, document: Document, name: str) -> Response:
        if name not in document:
            raise segment_not_found(name)
        value = document[name]
        return json_response(value if isinstance(value, dict) else {"value": value})

    def _cast(self, rest: list[Segment]) -> str | None:
        if not rest:
            return None
        self._expect_end(rest[1:])
        if not rest[0].name.startswith(_CRM):
            raise segment_not_found(rest[0].name)
        return rest[0].name.removeprefix(_CRM)

    @staticmethod
    def _expect_end(rest: list[Segment]) -> None:
        if rest:
            raise segment_not_found(rest[0].name)


def server_stamp(environment: Environment) -> str:
    """Return the version stamp of the metadata."""
    return metadata_id("stamp", str(environment.store.version))


def _names(documents: list[Document]) -> frozenset[str]:
    return frozenset(name for document in documents for name in document)


def _shown_relationship(relationship: Relationship) -> Document:
    return (
        render.one_to_many(relationship) if isinstance(relationship, OneToMany) else render.many_to_many(relationship)
    )


def _no_expansion(name: str, document: Document) -> Any:
    del document
    raise query_syntax(f"The property '{name}' cannot be expanded.")
