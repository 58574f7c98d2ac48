"""The set of tables and how they hang together."""

from collections.abc import Iterable
from typing import Final

from emulators.dataverse.model import (
    CollectionNavigation,
    Column,
    ColumnType,
    Key,
    ManyToMany,
    OneToMany,
    OptionSet,
    Table,
)


class Schema:
    """All tables, relationships and global choices, with the look-ups that requests need."""

    def __init__(self) -> None:
        self.tables: Final[dict[str, Table]] = {}
        self.by_set: Final[dict[str, Table]] = {}
        self.one_to_many: Final[dict[str, OneToMany]] = {}
        self.many_to_many: Final[dict[str, ManyToMany]] = {}
        self.global_choices: Final[dict[str, OptionSet]] = {}

    def add_table(self, table: Table) -> None:
        """Add a table without relationships."""
        self.tables[table.logical_name] = table
        self.by_set[table.set_name] = table
        for column in table.columns.values():
            table.properties[column.property_name] = column

    def remove_table(self, table: Table) -> None:
        """Remove a table with every relationship that touches it."""
        name = table.logical_name
        for one in [r for r in self.one_to_many.values() if name in (r.referenced_table, r.referencing_table)]:
            self.remove_one_to_many(one)
        for many in [r for r in self.many_to_many.values() if name in (r.table1, r.table2)]:
            self.remove_many_to_many(many)
        del self.tables[name], self.by_set[table.set_name]

    def add_column(self, table: Table, column: Column) -> None:
        """Add a column; a lookup also needs its relationship."""
        table.columns[column.logical_name] = column
        table.properties[column.property_name] = column

    def remove_column(self, table: Table, column: Column) -> None:
        """Remove a column and the relationships that it carries."""
        for relationship in [r for r in table.lookups.values() if r.referencing_column == column.logical_name]:
            self._unlink(relationship)
        table.columns.pop(column.logical_name, None)
        table.properties.pop(column.property_name, None)

    def add_one_to_many(self, relationship: OneToMany) -> None:
        """Make a lookup navigable from both sides."""
        self.one_to_many[relationship.schema_name] = relationship
        lookups = self.tables[relationship.referencing_table].lookups
        lookups.setdefault(relationship.referencing_navigation, relationship)  # an owner has two targets, one name
        name = relationship.referenced_navigation
        self.tables[relationship.referenced_table].collections[name] = CollectionNavigation(
            name, relationship.referencing_table, relationship
        )

    def remove_one_to_many(self, relationship: OneToMany, *, keep_column: bool = False) -> None:
        """Remove a relationship, together with its lookup column unless `keep_column`."""
        table = self.tables[relationship.referencing_table]
        self._unlink(relationship)
        if keep_column:
            return
        column = table.columns.pop(relationship.referencing_column, None)
        if column is not None:
            table.properties.pop(column.property_name, None)

    def add_many_to_many(self, relationship: ManyToMany) -> None:
        """Make an N:N relationship navigable and give it its intersect table."""
        self.many_to_many[relationship.schema_name] = relationship
        first, second = self.tables[relationship.table1], self.tables[relationship.table2]
        first.collections[relationship.navigation1] = CollectionNavigation(
            relationship.navigation1, second.logical_name, relationship
        )
        second.collections[relationship.navigation2] = CollectionNavigation(
            relationship.navigation2, first.logical_name, relationship
        )
        self.add_table(_intersect_table(relationship, first, second))

    def remove_many_to_many(self, relationship: ManyToMany) -> None:
        """Remove an N:N relationship and its intersect table."""
        del self.many_to_many[relationship.schema_name]
        self.tables[relationship.table1].collections.pop(relationship.navigation1, None)
        self.tables[relationship.table2].collections.pop(relationship.navigation2, None)
        intersect = self.tables.pop(relationship.intersect, None)
        if intersect is not None:
            self.by_set.pop(intersect.set_name, None)

    def lookups_of(self, column: Column) -> Iterable[OneToMany]:
        """Yield the relationships that a lookup column carries, one per target."""
        for relationship in self.tables[column.table].lookups.values():
            if relationship.referencing_column == column.logical_name:
                yield relationship

    def referencing(self, table: str) -> Iterable[OneToMany]:
        """Yield the relationships in which rows of other tables point to `table`."""
        for navigation in self.tables[table].collections.values():
            if isinstance(navigation.relationship, OneToMany):
                yield navigation.relationship

    def keys_with(self, table: Table, column: str) -> Iterable[Key]:
        """Yield the alternate keys of `table` that hold `column`."""
        return (key for key in table.keys.values() if column in key.columns)

    def _unlink(self, relationship: OneToMany) -> None:
        self.one_to_many.pop(relationship.schema_name, None)
        self.tables[relationship.referencing_table].lookups.pop(relationship.referencing_navigation, None)
        self.tables[relationship.referenced_table].collections.pop(relationship.referenced_navigation, None)


def _intersect_table(relationship: ManyToMany, first: Table, second: Table) -> Table:
    name = relationship.intersect
    table = Table(
        logical_name=name,
        schema_name=name,
        set_name=relationship.intersect_set or f"{name}set",
        primary_id=f"{name}id",
        primary_name=None,
        ownership="None",
        display_name=name,
        is_custom=relationship.is_custom,
        is_intersect=True,
        has_bulk_messages=False,
    )
    ends = [first.primary_id, second.primary_id if second is not first else f"{second.primary_id}2"]
    for column in (table.primary_id, *ends):
        table.columns[column] = Column(name, column, column, ColumnType.UNIQUE_IDENTIFIER, for_update=False)
    table.columns["versionnumber"] = Column(
        name, "versionnumber", "versionnumber", ColumnType.BIG_INTEGER, for_create=False, for_update=False
    )
    return table
