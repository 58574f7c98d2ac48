"""Definitions as JSON of the metadata API."""

from decimal import Decimal
from typing import Any, Final

from emulators.dataverse.definitions.labels import label, managed, type_name
from emulators.dataverse.model import (
    Column,
    ColumnType,
    Key,
    ManyToMany,
    OneToMany,
    OptionSet,
    PrecisionSource,
    Table,
)
from emulators.dataverse.schema import Schema

CLASSES: Final = {
    ColumnType.STRING: "StringAttributeMetadata",
    ColumnType.MEMO: "MemoAttributeMetadata",
    ColumnType.INTEGER: "IntegerAttributeMetadata",
    ColumnType.BIG_INTEGER: "BigIntAttributeMetadata",
    ColumnType.DECIMAL: "DecimalAttributeMetadata",
    ColumnType.DOUBLE: "DoubleAttributeMetadata",
    ColumnType.MONEY: "MoneyAttributeMetadata",
    ColumnType.BOOLEAN: "BooleanAttributeMetadata",
    ColumnType.DATE_TIME: "DateTimeAttributeMetadata",
    ColumnType.LOOKUP: "LookupAttributeMetadata",
    ColumnType.CUSTOMER: "LookupAttributeMetadata",
    ColumnType.OWNER: "LookupAttributeMetadata",
    ColumnType.PICKLIST: "PicklistAttributeMetadata",
    ColumnType.MULTI_SELECT: "MultiSelectPicklistAttributeMetadata",
    ColumnType.STATE: "StateAttributeMetadata",
    ColumnType.STATUS: "StatusAttributeMetadata",
    ColumnType.UNIQUE_IDENTIFIER: "UniqueIdentifierAttributeMetadata",
    ColumnType.ENTITY_NAME: "EntityNameAttributeMetadata",
}
_PRECISION_NUMBERS: Final = {PrecisionSource.COLUMN: 0, PrecisionSource.PRICING: 1, PrecisionSource.CURRENCY: 2}
# navigation properties of attribute metadata: shown only when expanded
ATTRIBUTE_EXPANSIONS: Final = frozenset({"OptionSet", "GlobalOptionSet"})


def entity(table: Table) -> dict[str, Any]:
    """Return the definition of a table without its collections."""
    return {
        "MetadataId": table.id,
        "LogicalName": table.logical_name,
        "SchemaName": table.schema_name,
        "EntitySetName": table.set_name,
        "LogicalCollectionName": table.set_name,
        "CollectionSchemaName": table.set_name,
        "PrimaryIdAttribute": table.primary_id,
        "PrimaryNameAttribute": table.primary_name,
        "OwnershipType": table.ownership,
        "DisplayName": label(table.display_name),
        "DisplayCollectionName": label(table.display_collection_name),
        "Description": label(table.description),
        "IsCustomEntity": table.is_custom,
        "IsManaged": False,
        "IsActivity": False,
        "IsPrivate": False,
        "IsIntersect": table.is_intersect,
        "IsLogicalEntity": False,
        "HasNotes": False,
        "HasActivities": False,
        "TableType": "Standard",
        "ChangeTrackingEnabled": table.change_tracking,
        "IsOptimisticConcurrencyEnabled": table.optimistic_concurrency,
        "IsAuditEnabled": managed(value=False, name="canmodifyauditsettings"),
        "IsCustomizable": managed(value=True, name="iscustomizable"),
        "CanCreateAttributes": managed(value=True, name="cancreateattributes"),
        "IntroducedVersion": "1.0.0.0",
    }


def attribute(schema: Schema, column: Column) -> dict[str, Any]:
    """Return the definition of a column with what its type adds."""
    table = schema.tables[column.table]
    multi = column.type is ColumnType.MULTI_SELECT
    shown: dict[str, Any] = {
        "@odata.type": type_name(CLASSES[column.type]),
        "MetadataId": column.id,
        "LogicalName": column.logical_name,
        "SchemaName": column.schema_name,
        "EntityLogicalName": column.table,
        "AttributeType": "Virtual" if multi else str(column.type),
        "AttributeTypeName": {"Value": f"{column.type}Type"},
        "DisplayName": label(column.display_name),
        "Description": label(column.description),
        "RequiredLevel": managed(column.required, "canmodifyrequirementlevelsettings"),
        "IsPrimaryId": column.logical_name == table.primary_id,
        "IsPrimaryName": column.logical_name == table.primary_name,
        "IsCustomAttribute": column.is_custom,
        "IsManaged": False,
        "IsLogical": False,
        "IsSecured": False,
        "IsValidForCreate": column.for_create,
        "IsValidForRead": column.for_read,
        "IsValidForUpdate": column.for_update,
        "IsValidForAdvancedFind": managed(value=True, name="canmodifysearchsettings"),
        "IsAuditEnabled": managed(value=False, name="canmodifyauditsettings"),
        "IsCustomizable": managed(value=True, name="iscustomizable"),
        "AttributeOf": None,
        "ColumnNumber": list(table.columns).index(column.logical_name) + 1,
        "IntroducedVersion": "1.0.0.0",
    }
    return shown | _of_type(column)


BASE_PROPERTIES: Final = frozenset(
    {
        "MetadataId", "LogicalName", "SchemaName", "EntityLogicalName", "AttributeType", "AttributeTypeName",
        "DisplayName", "Description", "RequiredLevel", "IsPrimaryId", "IsPrimaryName", "IsCustomAttribute", "IsManaged",
        "IsLogical", "IsSecured", "IsValidForCreate", "IsValidForRead", "IsValidForUpdate", "IsValidForAdvancedFind",
        "IsAuditEnabled", "IsCustomizable", "AttributeOf", "ColumnNumber", "IntroducedVersion",
    }
)  # fmt: skip


def _of_type(column: Column) -> dict[str, Any]:
    match column.type:
        case ColumnType.STRING | ColumnType.MEMO | ColumnType.ENTITY_NAME:
            text_format = column.format or ("TextArea" if column.type is ColumnType.MEMO else "Text")
            return {"MaxLength": column.max_length, "FormatName": {"Value": text_format}, "Format": text_format}
        case ColumnType.INTEGER | ColumnType.BIG_INTEGER:
            return {"MinValue": _number(column.minimum), "MaxValue": _number(column.maximum), "Format": "None"}
        case ColumnType.DECIMAL | ColumnType.DOUBLE | ColumnType.MONEY:
            shown = {
                "MinValue": column.minimum,
                "MaxValue": column.maximum,
                "Precision": column.precision,
            }
            if column.type is ColumnType.MONEY:
                shown["PrecisionSource"] = _PRECISION_NUMBERS[column.precision_source]
            return shown
        case ColumnType.DATE_TIME:
            return {
                "Format": "DateOnly" if column.date_only else "DateAndTime",
                "DateTimeBehavior": {"Value": "DateOnly" if column.date_only else "UserLocal"},
            }
        case ColumnType.LOOKUP | ColumnType.CUSTOMER | ColumnType.OWNER:
            return {"Targets": list(column.targets)}
        case ColumnType.BOOLEAN:
            return {"DefaultValue": bool(column.default)}
        case ColumnType.PICKLIST | ColumnType.MULTI_SELECT | ColumnType.STATE | ColumnType.STATUS:
            return {"DefaultFormValue": -1 if column.default is None else column.default}
        case _:
            return {}


def attribute_options(column: Column) -> dict[str, Any]:
    """Return the navigation properties of a choice or yes/no column."""
    if column.type is ColumnType.BOOLEAN:
        return {"OptionSet": _two_options(column), "GlobalOptionSet": None}
    if column.options is None:
        return {"OptionSet": None, "GlobalOptionSet": None}
    shown = option_set(column.options, _kind_of_choice(column))
    return {"OptionSet": shown, "GlobalOptionSet": shown if column.options.is_global else None}


def option_set(options: OptionSet, kind: str = "Picklist") -> dict[str, Any]:
    """Return the definition of a choice."""
    shown = []
    for option in options.options:
        member: dict[str, Any] = {
            "Value": option.value,
            "Label": label(option.label),
            "Color": None,
            "IsManaged": False,
        }
        if option.state is not None:
            member = {"@odata.type": type_name("StatusOptionMetadata"), **member, "State": option.state}
        shown.append(member)
    return {
        "@odata.type": type_name("OptionSetMetadata"),
        "MetadataId": options.id,
        "Name": options.name,
        "DisplayName": label(options.display_name),
        "Description": label(options.description),
        "IsGlobal": options.is_global,
        "IsCustomOptionSet": options.is_global,
        "IsManaged": False,
        "OptionSetType": kind,
        "Options": shown,
    }


def key(found: Key) -> dict[str, Any]:
    """Return the definition of an alternate key."""
    return {
        "MetadataId": found.id,
        "LogicalName": found.logical_name,
        "SchemaName": found.schema_name,
        "EntityLogicalName": found.table,
        "DisplayName": label(found.display_name),
        "KeyAttributes": list(found.columns),
        "EntityKeyIndexStatus": str(found.status),
        "IsManaged": False,
        "IsSynchronous": False,
        "IsExportKey": False,
        "IntroducedVersion": "1.0.0.0",
    }


def one_to_many(found: OneToMany) -> dict[str, Any]:
    """Return the definition of a 1:N relationship."""
    cascade = dict.fromkeys(("Assign", "Merge", "Reparent", "Share", "Unshare", "Archive"), "NoCascade")
    return {
        "@odata.type": type_name("OneToManyRelationshipMetadata"),
        "MetadataId": found.id,
        "SchemaName": found.schema_name,
        "RelationshipType": "OneToManyRelationship",
        "IsCustomRelationship": found.is_custom,
        "IsManaged": False,
        "IsValidForAdvancedFind": True,
        "SecurityTypes": "Append",
        "ReferencedEntity": found.referenced_table,
        "ReferencedAttribute": found.referenced_column,
        "ReferencingEntity": found.referencing_table,
        "ReferencingAttribute": found.referencing_column,
        "ReferencingEntityNavigationPropertyName": found.referencing_navigation,
        "ReferencedEntityNavigationPropertyName": found.referenced_navigation,
        "CascadeConfiguration": {**cascade, "Delete": found.cascade_delete},
        "AssociatedMenuConfiguration": {"Behavior": "UseCollectionName", "Group": "Details", "Order": 10000},
    }


def many_to_many(found: ManyToMany) -> dict[str, Any]:
    """Return the definition of an N:N relationship."""
    return {
        "@odata.type": type_name("ManyToManyRelationshipMetadata"),
        "MetadataId": found.id,
        "SchemaName": found.schema_name,
        "RelationshipType": "ManyToManyRelationship",
        "IsCustomRelationship": found.is_custom,
        "IsManaged": False,
        "IsValidForAdvancedFind": True,
        "SecurityTypes": "None",
        "Entity1LogicalName": found.table1,
        "Entity2LogicalName": found.table2,
        "IntersectEntityName": found.intersect,
        "Entity1IntersectAttribute": f"{found.table1}id",
        "Entity2IntersectAttribute": f"{found.table2}id",
        "Entity1NavigationPropertyName": found.navigation1,
        "Entity2NavigationPropertyName": found.navigation2,
    }


def _two_options(column: Column) -> dict[str, Any]:
    return {
        "@odata.type": type_name("BooleanOptionSetMetadata"),
        "MetadataId": column.id,
        "Name": f"{column.table}_{column.logical_name}",
        "IsGlobal": False,
        "OptionSetType": "Boolean",
        "TrueOption": {"Value": 1, "Label": label(column.true_label)},
        "FalseOption": {"Value": 0, "Label": label(column.false_label)},
    }


def _kind_of_choice(column: Column) -> str:
    return str(column.type) if column.type in (ColumnType.STATE, ColumnType.STATUS) else "Picklist"


def _number(value: Decimal | None) -> int | None:
    return None if value is None else int(value)
