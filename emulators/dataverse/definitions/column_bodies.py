"""Attribute metadata in bodies: from JSON to a column."""

from decimal import Decimal
from typing import Any, Final

from emulators.dataverse.definitions.labels import inner, label_text, objects
from emulators.dataverse.errors import DataverseError, invalid_argument
from emulators.dataverse.model import Column, ColumnType, Option, OptionSet, PrecisionSource, Table
from emulators.dataverse.schema import Schema
from emulators.dataverse.schema_files import BOUNDS

_CRM: Final = "Microsoft.Dynamics.CRM."
_TYPES: Final = {
    "StringAttributeMetadata": ColumnType.STRING,
    "MemoAttributeMetadata": ColumnType.MEMO,
    "IntegerAttributeMetadata": ColumnType.INTEGER,
    "BigIntAttributeMetadata": ColumnType.BIG_INTEGER,
    "DecimalAttributeMetadata": ColumnType.DECIMAL,
    "DoubleAttributeMetadata": ColumnType.DOUBLE,
    "MoneyAttributeMetadata": ColumnType.MONEY,
    "BooleanAttributeMetadata": ColumnType.BOOLEAN,
    "DateTimeAttributeMetadata": ColumnType.DATE_TIME,
    "PicklistAttributeMetadata": ColumnType.PICKLIST,
    "MultiSelectPicklistAttributeMetadata": ColumnType.MULTI_SELECT,
    "LookupAttributeMetadata": ColumnType.LOOKUP,
}
_DEFAULT_LENGTHS: Final = {ColumnType.STRING: 100, ColumnType.MEMO: 2000}
_MOST_LENGTHS: Final = {ColumnType.STRING: 4000, ColumnType.MEMO: 1048576}
_DEFAULT_PRECISIONS: Final = {ColumnType.DECIMAL: 2, ColumnType.DOUBLE: 2, ColumnType.MONEY: 4}
_MOST_PRECISIONS: Final = {ColumnType.DECIMAL: 10, ColumnType.DOUBLE: 5, ColumnType.MONEY: 4}
_FIRST_OPTION: Final = 100000000


def class_of(document: dict[str, Any]) -> str:
    """Return the class of `@odata.type`; the Complex classes of CreateEntities count as the plain ones."""
    return str(document.get("@odata.type", "")).removeprefix("#").removeprefix(_CRM).removeprefix("Complex")


def new_column(schema: Schema, table_name: str, document: dict[str, Any]) -> Column:
    """Return the column that a body describes; raises 400."""
    column_type = _TYPES.get(class_of(document))
    if column_type is None:
        raise invalid_argument(f"The attribute type '{class_of(document)}' cannot be created.")
    schema_name = document.get("SchemaName")
    if not isinstance(schema_name, str) or "_" not in schema_name:
        raise DataverseError(
            400, "0x80044363", f"Attribute name {schema_name} is invalid: a customization prefix is expected."
        )
    column = Column(
        table=table_name,
        logical_name=schema_name.lower(),
        schema_name=schema_name,
        type=column_type,
        is_custom=True,
        max_length=_DEFAULT_LENGTHS.get(column_type),
        precision=_DEFAULT_PRECISIONS.get(column_type),
    )
    column.minimum, column.maximum = BOUNDS.get(column_type, (None, None))
    if column_type is ColumnType.MONEY:
        column.precision_source = PrecisionSource.CURRENCY
    change_column(schema, column, document)
    return column


def change_column(schema: Schema, column: Column, document: dict[str, Any]) -> None:
    """Take over what a body says about a column that exists or is new; raises 400."""
    column.display_name = label_text(document.get("DisplayName")) or column.display_name
    column.description = label_text(document.get("Description")) or column.description
    level = inner(document, "RequiredLevel").get("Value")
    if isinstance(level, str):
        column.required = level
    _change_text(column, document)
    _change_number(column, document)
    if column.type is ColumnType.DATE_TIME:
        behavior = inner(document, "DateTimeBehavior")
        if "Format" in document or behavior:
            column.date_only = document.get("Format") == "DateOnly" or behavior.get("Value") == "DateOnly"
    if column.type in (ColumnType.PICKLIST, ColumnType.MULTI_SELECT):
        _change_choice(schema, column, document)
    if column.type is ColumnType.BOOLEAN:
        _change_boolean(column, document)


def options_of(name: str, document: dict[str, Any]) -> OptionSet:
    """Return the choice that a body describes; options without a value are numbered."""
    options = []
    for position, item in enumerate(objects(document.get("Options"))):
        value = item.get("Value")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise invalid_argument(f"The value '{value}' of the option set '{name}' is not a whole number.")
        options.append(
            Option(_FIRST_OPTION + position if value is None else value, label_text(item.get("Label")) or "")
        )
    if len({option.value for option in options}) != len(options):
        raise invalid_argument(f"The option set '{name}' holds a value twice.")
    return OptionSet(
        name,
        options,
        is_global=document.get("IsGlobal") is True,
        display_name=label_text(document.get("DisplayName")) or "",
        description=label_text(document.get("Description")) or "",
    )


def check_new(table: Table, column: Column) -> None:
    """Refuse a column that the table has already."""
    if column.logical_name in table.columns:
        raise DataverseError(
            400, "0x80044153", f"An attribute with the specified name {column.logical_name} already exists."
        )


def _change_text(column: Column, document: dict[str, Any]) -> None:
    most = _MOST_LENGTHS.get(column.type)
    length = document.get("MaxLength")
    if most is not None and length is not None:
        if isinstance(length, bool) or not isinstance(length, int) or not 1 <= length <= most:
            raise invalid_argument(f"The MaxLength of '{column.logical_name}' must be between 1 and {most}.")
        column.max_length = length
    name = inner(document, "FormatName").get("Value")
    if most is not None and isinstance(name, str):
        column.format = name


def _change_number(column: Column, document: dict[str, Any]) -> None:
    bounds = BOUNDS.get(column.type)
    if bounds is None:
        return
    for member, name, outermost in (("MinValue", "minimum", bounds[0]), ("MaxValue", "maximum", bounds[1])):
        value = document.get(member)
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
                raise invalid_argument(f"The {member} of '{column.logical_name}' must be a number.")
            setattr(column, name, max(bounds[0], min(bounds[1], Decimal(value))))
        elif getattr(column, name) is None:
            setattr(column, name, outermost)
    most = _MOST_PRECISIONS.get(column.type)
    precision = document.get("Precision")
    if most is not None and precision is not None:
        if isinstance(precision, bool) or not isinstance(precision, int) or not 0 <= precision <= most:
            raise invalid_argument(f"The Precision of '{column.logical_name}' must be between 0 and {most}.")
        column.precision = precision
    source = document.get("PrecisionSource")
    if column.type is ColumnType.MONEY and source is not None:
        if source not in (0, 1, 2):
            raise invalid_argument(f"The PrecisionSource of '{column.logical_name}' must be 0, 1 or 2.")
        column.precision_source = list(PrecisionSource)[int(source)]


def _change_choice(schema: Schema, column: Column, document: dict[str, Any]) -> None:
    bound = document.get("GlobalOptionSet@odata.bind")
    if isinstance(bound, str):
        key = bound.rpartition("(")[2].rstrip(")").removeprefix("Name=").strip("'")
        found = [o for o in schema.global_choices.values() if key in (o.id, o.name)]
        if not found:
            raise invalid_argument(f"The option set '{bound}' does not exist.")
        column.options = found[0]
        return
    own = document.get("OptionSet")
    if isinstance(own, dict) and column.options is None:
        column.options = options_of(f"{column.table}_{column.logical_name}", {**own, "IsGlobal": False})
    if column.options is None:
        raise invalid_argument(f"The choice column '{column.logical_name}' needs an option set.")


def _change_boolean(column: Column, document: dict[str, Any]) -> None:
    own = document.get("OptionSet")
    if isinstance(own, dict):
        column.true_label = label_text(inner(own, "TrueOption").get("Label")) or column.true_label
        column.false_label = label_text(inner(own, "FalseOption").get("Label")) or column.false_label
    if isinstance(document.get("DefaultValue"), bool):
        column.default = document["DefaultValue"]
