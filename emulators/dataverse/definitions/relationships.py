"""Relationship metadata in bodies."""

from typing import Any, Final

from emulators.dataverse.definitions import column_bodies
from emulators.dataverse.definitions.editor import SchemaEditor
from emulators.dataverse.definitions.labels import inner
from emulators.dataverse.errors import invalid_argument
from emulators.dataverse.model import Column, ManyToMany, OneToMany, Table
from emulators.dataverse.schema import Schema

_CASCADES: Final = frozenset({"RemoveLink", "Restrict", "Cascade"})


def add_relationship(schema: Schema, editor: SchemaEditor, document: dict[str, Any]) -> OneToMany | ManyToMany:
    """Add the relationship that a body describes; raises 400."""
    match column_bodies.class_of(document):
        case "OneToManyRelationshipMetadata":
            return _add_one_to_many(schema, editor, document)
        case "ManyToManyRelationshipMetadata":
            return _add_many_to_many(schema, editor, document)
        case name:
            raise invalid_argument(f"The relationship type '{name}' cannot be created.")


def _add_one_to_many(schema: Schema, editor: SchemaEditor, document: dict[str, Any]) -> OneToMany:
    referenced = _table(schema, document, "ReferencedEntity")
    referencing = _table(schema, document, "ReferencingEntity")
    lookup = document.get("Lookup")
    if not isinstance(lookup, dict):
        raise invalid_argument("A 1:N relationship needs its Lookup.")
    lookup = {"@odata.type": "Microsoft.Dynamics.CRM.LookupAttributeMetadata", **lookup}
    column: Column = column_bodies.new_column(schema, referencing.logical_name, lookup)
    column_bodies.check_new(referencing, column)
    column.targets = (referenced.logical_name,)
    cascade = inner(document, "CascadeConfiguration").get("Delete", "RemoveLink")
    if not isinstance(cascade, str) or cascade not in _CASCADES:
        raise invalid_argument(f"The cascade behavior '{cascade}' is not valid for Delete.")
    name = _name(document)
    relationship = OneToMany(
        schema_name=name,
        referenced_table=referenced.logical_name,
        referenced_column=referenced.primary_id,
        referencing_table=referencing.logical_name,
        referencing_column=column.logical_name,
        referencing_navigation=_text(document, "ReferencingEntityNavigationPropertyName", column.schema_name),
        referenced_navigation=_text(document, "ReferencedEntityNavigationPropertyName", name),
        cascade_delete=cascade,
        is_custom=True,
    )
    editor.add_lookup(referencing, column, [relationship])
    return relationship


def _add_many_to_many(schema: Schema, editor: SchemaEditor, document: dict[str, Any]) -> ManyToMany:
    first, second = _table(schema, document, "Entity1LogicalName"), _table(schema, document, "Entity2LogicalName")
    name = _name(document)
    relationship = ManyToMany(
        schema_name=name,
        table1=first.logical_name,
        table2=second.logical_name,
        intersect=_text(document, "IntersectEntityName", name).lower(),
        navigation1=_text(document, "Entity1NavigationPropertyName", name),
        navigation2=_text(document, "Entity2NavigationPropertyName", name),
        is_custom=True,
    )
    editor.add_many_to_many(relationship)
    return relationship


def _table(schema: Schema, document: dict[str, Any], member: str) -> Table:
    table = schema.tables.get(str(document.get(member)))
    if table is None:
        raise invalid_argument(f"{member}: the entity '{document.get(member)}' does not exist.")
    return table


def _text(document: dict[str, Any], member: str, default: str) -> str:
    value = document.get(member)
    return value if isinstance(value, str) and value else default


def _name(document: dict[str, Any]) -> str:
    name = document.get("SchemaName")
    if not isinstance(name, str) or "_" not in name:
        raise invalid_argument("A relationship needs a SchemaName with a customization prefix.")
    return name
