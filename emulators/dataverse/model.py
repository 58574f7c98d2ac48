"""Tables, columns, keys and relationships as the emulator knows them (dataverse.md 5, 6, 12)."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

_METADATA_NAMESPACE = uuid.UUID("6c1a6f4e-4f0e-5b52-9d5a-2b7d0f0c9a11")


class ColumnType(StrEnum):
    """Column types; the values are Dataverse's `AttributeType` names, but for `MultiSelectPicklist` ("Virtual")."""

    STRING = "String"
    MEMO = "Memo"
    INTEGER = "Integer"
    BIG_INTEGER = "BigInt"
    DECIMAL = "Decimal"
    DOUBLE = "Double"
    MONEY = "Money"
    BOOLEAN = "Boolean"
    DATE_TIME = "DateTime"
    LOOKUP = "Lookup"
    CUSTOMER = "Customer"
    OWNER = "Owner"
    PICKLIST = "Picklist"
    MULTI_SELECT = "MultiSelectPicklist"
    STATE = "State"
    STATUS = "Status"
    UNIQUE_IDENTIFIER = "Uniqueidentifier"
    ENTITY_NAME = "EntityName"


TEXT_TYPES = frozenset({ColumnType.STRING, ColumnType.MEMO, ColumnType.ENTITY_NAME})
REFERENCE_TYPES = frozenset({ColumnType.LOOKUP, ColumnType.CUSTOMER, ColumnType.OWNER})
CHOICE_TYPES = frozenset({ColumnType.PICKLIST, ColumnType.STATE, ColumnType.STATUS})
EXACT_NUMBER_TYPES = frozenset({ColumnType.DECIMAL, ColumnType.MONEY})


class PrecisionSource(StrEnum):
    """Where the decimals of a money column come from (domain.md 2.5); the order is Dataverse's 0, 1, 2."""

    COLUMN = "column"
    PRICING = "pricing"
    CURRENCY = "currency"


class KeyStatus(StrEnum):
    """Life of the index behind an alternate key (dataverse.md 6)."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    ACTIVE = "Active"
    FAILED = "Failed"


@lru_cache(maxsize=1 << 15)
def metadata_id(*names: str) -> str:
    """Return the GUID of a metadata component, the same after every start."""
    return str(uuid.uuid5(_METADATA_NAMESPACE, "/".join(names)))


@dataclass(slots=True)
class Option:
    """One value of a choice; `state` is set for status reasons only."""

    value: int
    label: str
    state: int | None = None


@dataclass(slots=True)
class OptionSet:
    """The values of one choice column, or of several when `is_global`."""

    name: str
    options: list[Option]
    is_global: bool = False
    display_name: str = ""
    description: str = ""

    @property
    def id(self) -> str:
        """Return the MetadataId."""
        return metadata_id("optionset", self.name)

    def label_of(self, value: int) -> str | None:
        """Return the label of `value`, None when it is not an option."""
        return next((option.label for option in self.options if option.value == value), None)


@dataclass(slots=True)
class Column:
    """One column; `minimum` and `maximum` bound numbers, `date_only` marks dates without a time."""

    table: str
    logical_name: str
    schema_name: str
    type: ColumnType
    display_name: str = ""
    description: str = ""
    max_length: int | None = None
    precision: int | None = None
    precision_source: PrecisionSource = PrecisionSource.COLUMN
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    date_only: bool = False
    format: str | None = None
    options: OptionSet | None = None
    targets: tuple[str, ...] = ()
    required: str = "None"
    default: int | bool | None = None
    for_create: bool = True
    for_update: bool = True
    for_read: bool = True
    is_custom: bool = False
    true_label: str = "Yes"
    false_label: str = "No"

    @property
    def id(self) -> str:
        """Return the MetadataId."""
        return metadata_id("column", self.table, self.logical_name)

    @property
    def is_reference(self) -> bool:
        """Tell whether the column holds the id of another row."""
        return self.type in REFERENCE_TYPES

    @property
    def property_name(self) -> str:
        """Return the name in the Web API: `_x_value` for lookups (dataverse.md 4)."""
        return f"_{self.logical_name}_value" if self.is_reference else self.logical_name

    @property
    def target_member(self) -> str:
        """Return the hidden row member that says which table a polymorphic lookup points to."""
        return f"{self.logical_name}@table"


@dataclass(slots=True)
class Key:
    """One alternate key; it is unique only while its index is active."""

    table: str
    logical_name: str
    schema_name: str
    columns: tuple[str, ...]
    display_name: str = ""
    status: KeyStatus = KeyStatus.ACTIVE
    active_at: datetime | None = None

    @property
    def id(self) -> str:
        """Return the MetadataId."""
        return metadata_id("key", self.table, self.logical_name)


@dataclass(slots=True)
class OneToMany:
    """A lookup seen as a relationship; navigation names are case-sensitive (dataverse.md 5)."""

    schema_name: str
    referenced_table: str
    referenced_column: str
    referencing_table: str
    referencing_column: str
    referencing_navigation: str
    referenced_navigation: str
    cascade_delete: str = "RemoveLink"
    is_custom: bool = False

    @property
    def id(self) -> str:
        """Return the MetadataId."""
        return metadata_id("relationship", self.schema_name)


@dataclass(slots=True)
class ManyToMany:
    """A relationship over an intersect table."""

    schema_name: str
    table1: str
    table2: str
    intersect: str
    navigation1: str
    navigation2: str
    is_custom: bool = False
    intersect_set: str = ""

    @property
    def id(self) -> str:
        """Return the MetadataId."""
        return metadata_id("relationship", self.schema_name)


@dataclass(slots=True)
class CollectionNavigation:
    """A collection-valued navigation property of a table, towards `target`."""

    name: str
    target: str
    relationship: OneToMany | ManyToMany


@dataclass(slots=True)
class Table:
    """One table; the maps by property and navigation name are kept by the schema."""

    logical_name: str
    schema_name: str
    set_name: str
    primary_id: str
    primary_name: str | None
    ownership: str = "UserOwned"
    display_name: str = ""
    display_collection_name: str = ""
    description: str = ""
    optimistic_concurrency: bool = False
    change_tracking: bool = False
    is_custom: bool = False
    is_intersect: bool = False
    has_bulk_messages: bool = True
    columns: dict[str, Column] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    properties: dict[str, Column] = field(default_factory=dict)
    lookups: dict[str, OneToMany] = field(default_factory=dict)
    collections: dict[str, CollectionNavigation] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Return the MetadataId."""
        return metadata_id("table", self.logical_name)

    @property
    def type_name(self) -> str:
        """Return the OData type name."""
        return f"Microsoft.Dynamics.CRM.{self.logical_name}"
