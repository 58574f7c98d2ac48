"""What a query may look at while it runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulators.dataverse.errors import unknown_property
from emulators.dataverse.model import CollectionNavigation, Column, ManyToMany, OneToMany, Table
from emulators.dataverse.rows import Row
from emulators.dataverse.schema import Schema
from emulators.dataverse.store import Store


@dataclass(frozen=True, slots=True)
class QueryScope:
    """Schema and rows, the time, and the caller's user and business unit."""

    schema: Schema
    store: Store
    now: datetime
    user_id: str
    business_unit_id: str

    def column(self, table: Table, name: str) -> Column:
        """Return the column behind a property name; raises 400 with Dataverse's words."""
        column = table.properties.get(name)
        if column is None or not column.for_read:
            raise unknown_property(name, table.logical_name)
        return column

    def path(self, table: Table, path: tuple[str, ...]) -> tuple[Table, Column, Callable[[Row], Any]]:
        """Return the table and column at the end of a path, and how to get its value from a first row."""
        if len(path) == 1:
            column = self.column(table, path[0])
            name = column.logical_name
            return table, column, lambda row: row.get(name)
        relationship = table.lookups.get(path[0])
        if relationship is None:
            raise unknown_property(path[0], table.logical_name)
        target = self.schema.tables[relationship.referenced_table]
        last_table, column, inner = self.path(target, path[1:])
        follow = self.follow(relationship)

        def get(row: Row) -> Any:
            related = follow(row)
            return None if related is None else inner(related)

        return last_table, column, get

    def follow(self, relationship: OneToMany) -> Callable[[Row], Row | None]:
        """Return how to get from a row to the row that its lookup names."""
        column = self.schema.tables[relationship.referencing_table].columns[relationship.referencing_column]
        name, target_member, several = column.logical_name, column.target_member, len(column.targets) > 1
        target = relationship.referenced_table
        by_id = self.store.rows(self.schema.tables[target]).by_id

        def get(row: Row) -> Row | None:
            row_id = row.get(name)
            if row_id is None or (several and row.get(target_member) != target):
                return None
            return by_id.get(row_id)

        return get

    def related(self, table: Table, navigation: CollectionNavigation, row_id: str) -> Iterator[tuple[str, Row]]:
        """Yield id and row of everything behind a collection-valued navigation property, by id."""
        target = self.schema.tables[navigation.target]
        rows = self.store.rows(target)
        if isinstance(navigation.relationship, ManyToMany):
            ids = self.associated(table, navigation, row_id)
        else:
            column = target.columns[navigation.relationship.referencing_column]
            several, member = len(column.targets) > 1, column.target_member
            ids = [
                related_id
                for related_id in rows.with_value(column, row_id)
                if not several or rows.by_id[related_id].get(member) == table.logical_name
            ]
        for related_id in sorted(ids):
            row = rows.by_id.get(related_id)
            if row is not None:
                yield related_id, row

    def associated(self, table: Table, navigation: CollectionNavigation, row_id: str) -> list[str]:
        """Return the ids on the other side of an N:N relationship."""
        own, other = self.ends(table, navigation)
        intersect = self.schema.tables[own.table]
        rows = self.store.rows(intersect)
        return [rows.by_id[link][other.logical_name] for link in rows.with_value(own, row_id)]

    def ends(self, table: Table, navigation: CollectionNavigation) -> tuple[Column, Column]:
        """Return the columns of an intersect table: of `table`, and of the other side."""
        relationship = navigation.relationship
        if not isinstance(relationship, ManyToMany):
            raise TypeError("only N:N relationships have an intersect table")
        intersect = self.schema.tables[relationship.intersect]
        first, second = [
            column for name, column in intersect.columns.items() if name not in (intersect.primary_id, "versionnumber")
        ]
        is_first = relationship.table1 == table.logical_name and relationship.navigation1 == navigation.name
        return (first, second) if is_first else (second, first)
