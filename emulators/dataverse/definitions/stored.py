"""Changed definitions in the journal, so that they survive a restart."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from emulators.dataverse.json_text import dumps, loads
from emulators.dataverse.model import (
    Column,
    ColumnType,
    Key,
    KeyStatus,
    ManyToMany,
    OneToMany,
    Option,
    OptionSet,
    PrecisionSource,
    Table,
)
from emulators.dataverse.schema import Schema
from emulators.dataverse.store import JournalLike

COLLECTION: Final = "$definitions"
_ORDER: Final = ("choice", "table", "one", "many")
_KEPT_APART: Final = frozenset({"properties", "lookups", "collections"})


class DefinitionJournal:
    """Keeps whole definitions by kind and name; a removed one is kept as null."""

    def __init__(self, journal: JournalLike | None) -> None:
        self._journal = journal

    def keep_table(self, table: Table) -> None:
        """Keep a table with its columns and keys."""
        document = {name: getattr(table, name) for name in _table_members()}
        document["columns"] = [_column_document(column) for column in table.columns.values()]
        document["keys"] = [_key_document(key) for key in table.keys.values()]
        self._keep(f"table/{table.logical_name}", document)

    def keep_relationship(self, relationship: OneToMany | ManyToMany) -> None:
        """Keep a relationship."""
        self._keep(_relationship_key(relationship), asdict(relationship))

    def keep_choice(self, options: OptionSet) -> None:
        """Keep a global choice."""
        self._keep(f"choice/{options.name}", asdict(options))

    def drop_table(self, table: Table) -> None:
        """Keep that a table is gone."""
        self._keep(f"table/{table.logical_name}", None)

    def drop_relationship(self, relationship: OneToMany | ManyToMany) -> None:
        """Keep that a relationship is gone."""
        self._keep(_relationship_key(relationship), None)

    def drop_choice(self, options: OptionSet) -> None:
        """Keep that a global choice is gone."""
        self._keep(f"choice/{options.name}", None)

    def _keep(self, key: str, document: dict[str, Any] | None) -> None:
        if self._journal is not None:
            self._journal.put_many([(COLLECTION, key, dumps(document).decode())])


def restore(schema: Schema, kept: dict[str, str]) -> None:
    """Put kept definitions back into a schema that was read from the files."""
    for kind in _ORDER:
        for key, text in kept.items():
            found_kind, _, name = key.partition("/")
            if found_kind == kind:
                _restore_one(schema, kind, name, loads(text))


def _restore_one(schema: Schema, kind: str, name: str, document: dict[str, Any] | None) -> None:
    match kind:
        case "choice":
            schema.global_choices.pop(name, None)
            if document is not None:
                schema.global_choices[name] = _options(document)
        case "table":
            _restore_table(schema, name, document)
        case "one":
            known = schema.one_to_many.get(name)
            if known is not None:
                schema.remove_one_to_many(known, keep_column=True)
            if document is not None and document["referencing_table"] in schema.tables:
                schema.add_one_to_many(OneToMany(**document))
        case "many":
            existing = schema.many_to_many.get(name)
            if existing is not None:
                schema.remove_many_to_many(existing)
            if document is not None:
                schema.add_many_to_many(ManyToMany(**document))


def _restore_table(schema: Schema, name: str, document: dict[str, Any] | None) -> None:
    known = schema.tables.get(name)
    if document is None:
        if known is not None:
            schema.remove_table(known)
        return
    columns = {item["logical_name"]: _column(schema, item) for item in document.pop("columns")}
    keys = {item["logical_name"]: _key(item) for item in document.pop("keys")}
    table = Table(**document, columns=columns, keys=keys)
    if known is not None:
        table.lookups, table.collections = known.lookups, known.collections
        for relationship in [r for r in known.lookups.values() if r.referencing_column not in columns]:
            schema.remove_one_to_many(relationship, keep_column=True)
    schema.add_table(table)


def _table_members() -> list[str]:
    return [name for name in Table.__dataclass_fields__ if name not in {*_KEPT_APART, "columns", "keys"}]


def _column_document(column: Column) -> dict[str, Any]:
    document = asdict(column)
    if column.options is not None and column.options.is_global:
        document["options"] = column.options.name
    return document


def _column(schema: Schema, document: dict[str, Any]) -> Column:
    options = document.pop("options")
    for name in ("minimum", "maximum"):
        if document[name] is not None:
            document[name] = Decimal(document[name])
    column = Column(**document)
    column.type = ColumnType(column.type)
    column.precision_source = PrecisionSource(column.precision_source)
    column.targets = tuple(column.targets)
    if isinstance(options, str):
        column.options = schema.global_choices.get(options)
    elif options is not None:
        column.options = _options(options)
    return column


def _options(document: dict[str, Any]) -> OptionSet:
    return OptionSet(**{**document, "options": [Option(**item) for item in document["options"]]})


def _key_document(key: Key) -> dict[str, Any]:
    document = asdict(key)
    document["active_at"] = None if key.active_at is None else key.active_at.isoformat()
    return document


def _key(document: dict[str, Any]) -> Key:
    key = Key(**document)
    key.columns, key.status = tuple(key.columns), KeyStatus(key.status)
    if document["active_at"] is not None:
        key.active_at = datetime.fromisoformat(document["active_at"])
    return key


def _relationship_key(relationship: OneToMany | ManyToMany) -> str:
    return f"{'one' if isinstance(relationship, OneToMany) else 'many'}/{relationship.schema_name}"
