"""Bodies of writes: columns, bindings and nested rows (dataverse.md 5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from emulators.dataverse import errors
from emulators.dataverse.environment import Environment
from emulators.dataverse.model import CollectionNavigation, Column, ColumnType, OneToMany, Table
from emulators.dataverse.paths import RowAddress, read_address, read_segments
from emulators.dataverse.values import ValueReader
from emulators.dataverse.web import ROOT

_BIND: Final = "@odata.bind"


@dataclass(slots=True)
class RowInput:
    """What a body says about one row; `values` holds kept values by logical name, None clears."""

    values: dict[str, Any] = field(default_factory=dict)
    parents: list[tuple[OneToMany, dict[str, Any]]] = field(default_factory=list)
    children: list[tuple[CollectionNavigation, list[dict[str, Any]]]] = field(default_factory=list)
    links: list[tuple[CollectionNavigation, list[str]]] = field(default_factory=list)

    @property
    def is_deep(self) -> bool:
        """Tell whether rows are nested in the body."""
        return bool(self.parents or self.children)


class BodyReader:
    """Reads the bodies of one request; `references` resolves `$1` inside a change set."""

    def __init__(self, environment: Environment, references: Mapping[str, str], *, creating: bool) -> None:
        self._environment = environment
        self._references = references
        self._creating = creating

    def read(self, table: Table, document: Mapping[str, Any]) -> RowInput:
        """Return what `document` says; raises DataverseError for anything the table lacks."""
        found = RowInput()
        values = ValueReader(table)
        for name, raw in document.items():
            column = table.properties.get(name)
            if column is not None and not column.is_reference:
                self._column(table, column, raw, values, found)
            elif name.endswith(_BIND):
                self._bind(table, name[: -len(_BIND)], raw, found)
            elif "@" not in name:
                self._navigation(table, name, raw, found)
        return found

    def target(self, table: Table, relationship: OneToMany, text: Any) -> tuple[str, str]:
        """Return logical name and id of the row that an `@odata.bind` or `@odata.id` names."""
        found, row_id = self.row_at(text)
        column = table.columns[relationship.referencing_column]
        expected = column.targets if column.type is ColumnType.OWNER else (relationship.referenced_table,)
        if found.logical_name not in expected:
            raise errors.payload(
                table.set_name,
                f"The entity type '{found.type_name}' cannot be bound to '{relationship.referencing_navigation}'.",
            )
        return found.logical_name, row_id

    def row_at(self, text: Any) -> tuple[Table, str]:
        """Return table and id of a row that a URL names; the row must exist."""
        address = self.address(text)
        rows = self._environment.store.rows(address.table)
        row_id = address.row_id
        if address.key is not None:
            row_id = rows.with_key(address.key, address.values)
            if row_id is None:
                raise errors.key_not_found(address.table.logical_name)
        if row_id is None or row_id not in rows.by_id:
            raise errors.not_found(address.table.logical_name, row_id or "")
        return address.table, row_id

    def address(self, text: Any) -> RowAddress:
        """Return the address in a URL that is absolute, relative, or a `$1` reference."""
        if not isinstance(text, str):
            raise errors.query_syntax("A reference to an entity must be a string.")
        if text.startswith("$"):
            text = resolved_reference(text[1:], self._references)
        _, found, rest = text.partition(f"{ROOT}/")
        segments = read_segments((rest if found else text).lstrip("/"))
        table = self._environment.schema.by_set.get(segments[0].name)
        if table is None:
            raise errors.segment_not_found(segments[0].name)
        if len(segments) != 1 or segments[0].arguments is None:
            raise errors.query_syntax(f"The URI '{text}' is not a valid entity reference.")
        return read_address(table, segments[0].arguments)

    def _column(self, table: Table, column: Column, raw: Any, values: ValueReader, found: RowInput) -> None:
        kept = values.read(column, raw)
        writable = column.for_create if self._creating else column.for_update
        if writable or column.logical_name == table.primary_id:
            found.values[column.logical_name] = kept

    def _bind(self, table: Table, name: str, raw: Any, found: RowInput) -> None:
        relationship = table.lookups.get(name)
        collection = table.collections.get(name)
        if collection is not None and isinstance(raw, list):
            found.links.append((collection, [self.row_at(text)[1] for text in raw]))
        elif relationship is None:
            raise errors.undeclared_navigation(table.set_name, name)
        else:
            self._refer(table, relationship, None if raw is None else self.target(table, relationship, raw), found)

    def _refer(self, table: Table, relationship: OneToMany, target: tuple[str, str] | None, found: RowInput) -> None:
        column = table.columns[relationship.referencing_column]
        if not (column.for_create if self._creating else column.for_update):
            return
        found.values[column.logical_name] = None if target is None else target[1]
        if len(column.targets) > 1:
            found.values[column.target_member] = None if target is None else target[0]

    def _navigation(self, table: Table, name: str, raw: Any, found: RowInput) -> None:
        if name in table.properties:
            raise errors.direct_reference()
        relationship, collection = table.lookups.get(name), table.collections.get(name)
        if relationship is not None:
            if raw is None:
                self._refer(table, relationship, None, found)
            elif isinstance(raw, dict):
                found.parents.append((relationship, raw))
            else:
                raise errors.payload(
                    table.set_name,
                    f"A 'PrimitiveValue' node with non-null value was found when trying to read the value of the "
                    f"property '{name}'; however, a 'StartArray' node, a 'StartObject' node, or a 'PrimitiveValue' "
                    "node with null value was expected.",
                )
        elif collection is not None and isinstance(raw, list) and all(isinstance(item, dict) for item in raw):
            found.children.append((collection, raw))
        else:
            raise errors.unknown_member(name, table.logical_name)


def resolved_reference(content_id: str, references: Mapping[str, str]) -> str:
    """Return the URL that an earlier part with this Content-ID made; raises 400 with Dataverse's words."""
    url = references.get(content_id)
    if url is None:
        raise errors.query_syntax(f"Content-ID Reference: '${content_id}' does not exist in the batch context.")
    return url
