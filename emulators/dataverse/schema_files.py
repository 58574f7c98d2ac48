"""Reading the tables from the JSON files in `metadata/`.

A column is written as `"<Type> <argument>..."` or as an object with `type` and the members of `_MEMBERS`:
`String 160`, `Memo 2000`, `Integer`, `Decimal 5`, `Money pricing|currency|<n>`, `Boolean`, `DateTime`, `DateOnly`,
`Lookup account`, `Customer account contact`, `Picklist`, `State`, `Status`, `Uniqueidentifier`.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from emulators.dataverse.model import (
    Column,
    ColumnType,
    Key,
    ManyToMany,
    OneToMany,
    Option,
    OptionSet,
    PrecisionSource,
    Table,
)
from emulators.dataverse.schema import Schema

FOLDER: Final = Path(__file__).parent / "metadata"
_MEMBERS: Final = frozenset(
    {
        "type", "options", "states", "label", "required", "default", "minimum", "maximum", "true", "false",
        "read_only", "for_create", "for_update", "for_read", "format", "relationship", "navigation", "delete",
        "description",
    }
)  # fmt: skip
DEFAULT_RELATIONSHIP: Final = "{target}_{table}_{column}"
_TWO_STATES: Final = {
    "0": {"label": "Active", "reasons": {"1": "Active"}},
    "1": {"label": "Inactive", "reasons": {"2": "Inactive"}},
}
_WHOLE_BOUNDS: Final = (Decimal(-2147483648), Decimal(2147483647))
_DECIMAL_BOUNDS: Final = (Decimal(-100000000000), Decimal(100000000000))
_MONEY_BOUNDS: Final = (Decimal(-922337203685477), Decimal(922337203685477))
BOUNDS: Final = {
    ColumnType.INTEGER: _WHOLE_BOUNDS,
    ColumnType.DECIMAL: _DECIMAL_BOUNDS,
    ColumnType.DOUBLE: _DECIMAL_BOUNDS,
    ColumnType.MONEY: _MONEY_BOUNDS,
}


@dataclass(frozen=True, slots=True)
class Naming:
    """Patterns for the names of a lookup's relationships, with `{target}`, `{Target}`, `{table}` and `{column}`."""

    relationship: str = DEFAULT_RELATIONSHIP
    navigation: str | None = None
    cascade_delete: str = "RemoveLink"


def load_schema(folder: Path = FOLDER) -> Schema:
    """Return the schema of all files in `folder`."""
    schema = Schema()
    documents = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("tables_*.json"))]
    definitions = [definition for document in documents for definition in document["tables"]]
    common = json.loads((folder / "common_columns.json").read_text("utf-8"))
    naming: dict[tuple[str, str], Naming] = {}
    for definition in definitions:
        schema.add_table(table_from(definition, common, naming))
    for table in list(schema.tables.values()):
        for column in table.columns.values():
            for relationship in relationships_of(column, naming.get((table.logical_name, column.logical_name))):
                if relationship.referenced_table in schema.tables:
                    schema.add_one_to_many(relationship)
    for document in documents:
        for definition in document.get("many_to_many", []):
            schema.add_many_to_many(ManyToMany(**definition))
    return schema


def table_from(definition: dict[str, Any], common: dict[str, Any], naming: dict[tuple[str, str], Naming]) -> Table:
    """Return one table of a file with the columns common to its ownership; collects relationship names."""
    name: str = definition["name"]
    label = definition.get("label") or _label(name)
    table = Table(
        logical_name=name,
        schema_name=definition.get("schema_name", name),
        set_name=definition["set"],
        primary_id=definition.get("primary_id", f"{name}id"),
        primary_name=definition.get("primary_name"),
        ownership=definition.get("ownership", "UserOwned"),
        display_name=label,
        display_collection_name=definition.get("collection_label") or f"{label}s",
        optimistic_concurrency=definition.get("optimistic_concurrency", True),
        change_tracking=definition.get("change_tracking", True),
        is_custom="_" in name,
        has_bulk_messages=definition.get("bulk_messages", True),
    )
    written = {table.primary_id: {"type": "Uniqueidentifier", "for_update": False}, **definition["columns"]}
    for groups in common["groups"].get(table.ownership, []):
        written = {**common[groups], **written}
    if definition.get("states"):
        written |= _state_columns(definition["states"])
    for column_name, text in written.items():
        column = column_from(name, column_name, text)
        column.is_custom = "_" in column_name and table.is_custom
        table.columns[column_name] = column
        if column.is_reference:
            naming[name, column_name] = _naming(text)
    for key_name, columns in definition.get("keys", {}).items():
        table.keys[key_name] = Key(name, key_name, key_name, tuple(columns), _label(key_name))
    return table


def common_columns(table: Table) -> list[tuple[Column, Naming]]:
    """Return the columns that a new custom table has besides its own, with the names of their relationships."""
    common = json.loads((FOLDER / "common_columns.json").read_text("utf-8"))
    written: dict[str, Any] = {table.primary_id: {"type": "Uniqueidentifier", "for_update": False}}
    for group in common["groups"][table.ownership]:
        written |= common[group]
    written |= _state_columns(_TWO_STATES)
    return [(column_from(table.logical_name, name, text), _naming(text)) for name, text in written.items()]


def column_from(table: str, name: str, text: str | dict[str, Any]) -> Column:
    """Return one column of a file; raises ValueError for a member or type that is not known."""
    members: dict[str, Any] = {"type": text} if isinstance(text, str) else dict(text)
    if unknown := set(members) - _MEMBERS:
        raise ValueError(f"{table}.{name}: unknown members {sorted(unknown)}")
    type_name, *arguments = members["type"].split()
    read_only = members.get("read_only", False)
    column = Column(
        table=table,
        logical_name=name,
        schema_name=name,
        type=ColumnType.DATE_TIME if type_name == "DateOnly" else ColumnType(type_name),
        display_name=members.get("label") or _label(name),
        description=members.get("description", ""),
        date_only=type_name == "DateOnly",
        format=members.get("format"),
        required=members.get("required", "None"),
        default=members.get("default"),
        for_create=members.get("for_create", not read_only),
        for_update=members.get("for_update", not read_only),
        for_read=members.get("for_read", True),
        true_label=members.get("true", "Yes"),
        false_label=members.get("false", "No"),
    )
    _read_arguments(column, arguments)
    low, high = BOUNDS.get(column.type, (None, None))
    column.minimum = Decimal(members["minimum"]) if "minimum" in members else low
    column.maximum = Decimal(members["maximum"]) if "maximum" in members else high
    if "options" in members:
        states = members.get("states", {})
        options = [Option(int(value), label, states.get(value)) for value, label in members["options"].items()]
        column.options = OptionSet(f"{table}_{name}", options, display_name=column.display_name)
    return column


def relationships_of(column: Column, naming: Naming | None = None) -> list[OneToMany]:
    """Return the relationships of a lookup column of the files: one a target, all lower case unless named."""
    found = []
    naming = naming or Naming()
    for target in column.targets:
        several = len(column.targets) > 1 and column.type is not ColumnType.OWNER
        words = {"target": target, "Target": target.title(), "table": column.table}
        schema_name = naming.relationship.format(**words, column=column.logical_name)
        navigation = f"{column.logical_name}_{target}" if several else column.logical_name
        if naming.navigation:
            navigation = naming.navigation.format(**words)
        found.append(
            OneToMany(
                schema_name=schema_name,
                referenced_table=target,
                referenced_column=f"{target}id",
                referencing_table=column.table,
                referencing_column=column.logical_name,
                referencing_navigation=navigation,
                referenced_navigation=schema_name,
                cascade_delete=naming.cascade_delete,
                is_custom=column.is_custom,
            )
        )
    return found


def _naming(text: str | dict[str, Any]) -> Naming:
    members = {} if isinstance(text, str) else text
    relationship = members.get("relationship", DEFAULT_RELATIONSHIP)
    return Naming(relationship, members.get("navigation"), members.get("delete", "RemoveLink"))


def _read_arguments(column: Column, arguments: list[str]) -> None:
    match column.type:
        case ColumnType.STRING | ColumnType.MEMO | ColumnType.ENTITY_NAME:
            column.max_length = int(arguments[0]) if arguments else 100
        case ColumnType.DECIMAL | ColumnType.DOUBLE:
            column.precision = int(arguments[0]) if arguments else 2
        case ColumnType.MONEY:
            source = arguments[0] if arguments else PrecisionSource.CURRENCY
            column.precision = int(source) if source.isdigit() else 4
            column.precision_source = PrecisionSource.COLUMN if source.isdigit() else PrecisionSource(source)
        case ColumnType.LOOKUP | ColumnType.CUSTOMER | ColumnType.OWNER:
            column.targets = tuple(arguments)
        case _ if arguments:
            raise ValueError(f"{column.table}.{column.logical_name}: {column.type} takes no argument")


def _state_columns(states: dict[str, Any]) -> dict[str, Any]:
    state_options = {value: state["label"] for value, state in states.items()}
    reasons = {reason: label for state in states.values() for reason, label in state["reasons"].items()}
    belongs = {reason: int(value) for value, state in states.items() for reason in state["reasons"]}
    return {
        "statecode": {"type": "State", "options": state_options, "label": "Status"},
        "statuscode": {"type": "Status", "options": reasons, "states": belongs, "label": "Status Reason"},
    }


def _label(name: str) -> str:
    return name.rpartition("_")[2].replace("id", " id", 1).strip().title() if "_" in name else name.title()
