"""Changes of the schema: each is checked, made, kept in the journal and given its privileges."""

from typing import Final

from emulators.dataverse.definitions.key_indexes import CUSTOM_NAME, KeyIndexes
from emulators.dataverse.definitions.stored import DefinitionJournal
from emulators.dataverse.environment import Environment
from emulators.dataverse.errors import DataverseError, invalid_argument
from emulators.dataverse.model import (
    Column,
    ManyToMany,
    OneToMany,
    OptionSet,
    Table,
)
from emulators.dataverse.schema_files import common_columns, relationships_of
from emulators.dataverse.settings import Settings
from emulators.dataverse.setup_rows import put_table_rows


class SchemaEditor:
    """Adds, changes and removes definitions of one environment."""

    def __init__(self, environment: Environment, journal: DefinitionJournal, settings: Settings) -> None:
        self._environment = environment
        self._schema = environment.schema
        self._journal = journal
        self.keys: Final = KeyIndexes(environment, journal, settings)

    def add_table(self, table: Table) -> None:
        """Add a custom table with the columns every table has; its own columns are in it already."""
        if not CUSTOM_NAME.fullmatch(table.schema_name):
            raise invalid_argument(f"The name '{table.schema_name}' does not start with a customization prefix.")
        if table.logical_name in self._schema.tables:
            raise DataverseError(
                400, "0x80044150", f"An entity with the specified name {table.logical_name} already exists."
            )
        own, table.columns = table.columns, {}
        for column, _ in common_columns(table):
            table.columns[column.logical_name] = column
            column.is_custom = False
            own.pop(column.logical_name, None)
        table.columns |= own
        self._schema.add_table(table)
        for column, naming in common_columns(table):
            for relationship in relationships_of(table.columns[column.logical_name], naming):
                self._schema.add_one_to_many(relationship)
                self._journal.keep_relationship(relationship)
        with self._environment.store.transaction():
            put_table_rows(self._environment.store, table)
        self._journal.keep_table(table)

    def remove_table(self, table: Table) -> None:
        """Remove a custom table with its rows; refused while lookups of other tables point to it."""
        if not table.is_custom:
            raise invalid_argument(f"The entity '{table.logical_name}' cannot be deleted: it is a system entity.")
        others = [r for r in self._schema.referencing(table.logical_name) if r.referencing_table != table.logical_name]
        if others:
            raise _dependency(f"Entity({table.logical_name})", len(others))
        for one in list(self._schema.one_to_many.values()):
            if table.logical_name in (one.referenced_table, one.referencing_table):
                self._journal.drop_relationship(one)
        for many in list(self._schema.many_to_many.values()):
            if table.logical_name in (many.table1, many.table2):
                self._journal.drop_relationship(many)
        self._schema.remove_table(table)
        self._environment.store.forget(table)
        self._journal.drop_table(table)

    def table_changed(self, table: Table) -> None:
        """Keep a table whose own properties or columns changed."""
        self._journal.keep_table(table)

    def add_column(self, table: Table, column: Column) -> None:
        """Add a column without relationships."""
        self._schema.add_column(table, column)
        self._journal.keep_table(table)

    def remove_column(self, table: Table, column: Column) -> None:
        """Remove a custom column that no key needs."""
        if not column.is_custom or column.logical_name in (table.primary_id, table.primary_name):
            raise invalid_argument(f"The attribute '{column.logical_name}' cannot be deleted.")
        keys = list(self._schema.keys_with(table, column.logical_name))
        if keys:
            raise _dependency(f"Attribute({column.logical_name})", len(keys))
        for relationship in list(self._schema.lookups_of(column)):
            self._journal.drop_relationship(relationship)
        self._schema.remove_column(table, column)
        self._environment.store.rows(table).drop_column(column.logical_name)
        self._journal.keep_table(table)

    def add_lookup(self, table: Table, column: Column, relationships: list[OneToMany]) -> None:
        """Add a lookup column with its relationships."""
        for relationship in relationships:
            self._check_relationship_name(relationship.schema_name)
        self._schema.add_column(table, column)
        for relationship in relationships:
            self._schema.add_one_to_many(relationship)
            self._journal.keep_relationship(relationship)
        self._environment.store.rows(table).index_reference(column)
        self._journal.keep_table(table)

    def add_many_to_many(self, relationship: ManyToMany) -> None:
        """Add an N:N relationship with its intersect table."""
        self._check_relationship_name(relationship.schema_name)
        if relationship.intersect in self._schema.tables:
            raise invalid_argument(f"An entity with the specified name {relationship.intersect} already exists.")
        self._schema.add_many_to_many(relationship)
        self._journal.keep_relationship(relationship)

    def remove_relationship(self, relationship: OneToMany | ManyToMany) -> None:
        """Remove a custom relationship; a 1:N takes its lookup column along."""
        if not relationship.is_custom:
            raise invalid_argument(f"The relationship '{relationship.schema_name}' cannot be deleted.")
        self._journal.drop_relationship(relationship)
        if isinstance(relationship, ManyToMany):
            intersect = self._schema.tables.get(relationship.intersect)
            self._schema.remove_many_to_many(relationship)
            if intersect is not None:
                self._environment.store.forget(intersect)
            return
        table = self._schema.tables[relationship.referencing_table]
        column = table.columns.get(relationship.referencing_column)
        if column is not None:
            self.remove_column(table, column)

    def add_choice(self, options: OptionSet) -> None:
        """Add a global choice."""
        if options.name in self._schema.global_choices:
            raise invalid_argument(f"An OptionSet with the name '{options.name}' already exists.")
        self._schema.global_choices[options.name] = options
        self._journal.keep_choice(options)

    def choice_changed(self, options: OptionSet) -> None:
        """Keep a choice whose options or labels changed."""
        if options.is_global:
            self._journal.keep_choice(options)
        for table in self._schema.tables.values():
            if any(column.options is options for column in table.columns.values()):
                self._journal.keep_table(table)

    def remove_choice(self, options: OptionSet) -> None:
        """Remove a global choice that no column uses."""
        users = [c for t in self._schema.tables.values() for c in t.columns.values() if c.options is options]
        if users:
            raise _dependency(f"OptionSet({options.name})", len(users))
        del self._schema.global_choices[options.name]
        self._journal.drop_choice(options)

    def _check_relationship_name(self, name: str) -> None:
        if name in self._schema.one_to_many or name in self._schema.many_to_many:
            raise invalid_argument(f"A relationship with the name '{name}' already exists.")


def _dependency(component: str, count: int) -> DataverseError:
    return DataverseError(
        400,
        "0x8004f01f",
        f"The {component} component cannot be deleted because it is referenced by {count} other components. "
        "For a list of referenced components, use the RetrieveDependenciesForDeleteRequest.",
    )
