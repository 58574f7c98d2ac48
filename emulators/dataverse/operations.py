"""Create, update, delete and associate: the writes behind every route."""

from collections.abc import Mapping
from typing import Any, Final

from emulators.dataverse import errors, rules
from emulators.dataverse.environment import Environment
from emulators.dataverse.events import Event
from emulators.dataverse.model import CollectionNavigation, ManyToMany, OneToMany, Table
from emulators.dataverse.payloads import BodyReader, RowInput
from emulators.dataverse.rows import Row
from emulators.dataverse.security import Caller, Right

_CASCADE: Final = "Cascade"
_RESTRICT: Final = "Restrict"


class Operations:
    """Writes of one caller; each runs inside the transaction of its request."""

    def __init__(self, environment: Environment, caller: Caller, references: Mapping[str, str]) -> None:
        self._environment = environment
        self._caller = caller
        self._references = references

    def create(self, table: Table, document: Mapping[str, Any], address: Mapping[str, Any] | None = None) -> str:
        """Create a row and what is nested in `document`; `address` holds key values of the URL. Returns the id."""
        reader = BodyReader(self._environment, self._references, creating=True)
        return self._create(table, reader.read(table, document), reader, address or {})

    def update(
        self, table: Table, row_id: str, document: Mapping[str, Any], dropped: frozenset[str] = frozenset()
    ) -> None:
        """Change a row that exists; columns in `dropped` are left as they are."""
        reader = BodyReader(self._environment, self._references, creating=False)
        found = reader.read(table, document)
        if found.is_deep:
            raise errors.payload(table.set_name, "Deep update of navigation properties is not allowed.")
        given = {name: value for name, value in found.values.items() if name not in dropped}
        given.pop(table.primary_id, None)
        self.change(table, row_id, given)

    def change(self, table: Table, row_id: str, given: dict[str, Any]) -> None:
        """Change columns of a row that exists; values are in kept form."""
        before = self.row(table, row_id)
        self._caller.require(table, Right.WRITE, row_id, before)
        if given.get("ownerid", before.get("ownerid")) != before.get("ownerid"):
            self._caller.require(table, Right.ASSIGN, row_id, before)
        rules.check_writable(self._environment, table, before, given)
        row = {**before, **given}
        rules.apply_state(table, before, row, given)
        self._settle(table, row, set(given))
        rules.stamp(self._environment, self._caller, table, row, creating=False)
        rules.check_row(table, row)
        self._check_references(table, given)
        after = _without_nulls(row)
        self._environment.store.put(table, row_id, after)
        self._note("Update", table, row_id, before, after, given)

    def delete(self, table: Table, row_id: str) -> None:
        """Delete a row with what hangs on it; raises 405 when a relationship forbids it."""
        before = self.row(table, row_id)
        self._caller.require(table, Right.DELETE, row_id, before)
        rules.check_writable(self._environment, table, before, {})
        self._delete(table, row_id)
        self._note("Delete", table, row_id, before, None, {})

    def row(self, table: Table, row_id: str) -> Row:
        """Return a row; raises 404."""
        row = self._environment.store.rows(table).by_id.get(row_id)
        if row is None:
            raise errors.not_found(table.logical_name, row_id)
        return row

    def associate(self, table: Table, row_id: str, navigation: CollectionNavigation, target_id: str) -> None:
        """Add a row to a collection-valued navigation property."""
        relationship = navigation.relationship
        target = self._environment.table(navigation.target)
        if isinstance(relationship, OneToMany):
            self.change(target, target_id, self._reference(target, relationship, table.logical_name, row_id))
            return
        own, other = self._environment.scope(self._caller).ends(table, navigation)
        scope = self._environment.scope(self._caller)
        if target_id in scope.associated(table, navigation, row_id):
            raise errors.duplicate_row()
        self._caller.require(table, Right.APPEND, row_id, self.row(table, row_id))
        self._caller.require(target, Right.APPEND_TO, target_id, self.row(target, target_id))
        intersect = self._environment.table(relationship.intersect)
        link_id = self._environment.recorder.new_id()
        link = {intersect.primary_id: link_id, own.logical_name: row_id, other.logical_name: target_id}
        self._environment.store.put(intersect, link_id, link)

    def disassociate(self, table: Table, row_id: str, navigation: CollectionNavigation, target_id: str) -> None:
        """Take a row out of a collection-valued navigation property; raises 404 when it is not in it."""
        relationship = navigation.relationship
        target = self._environment.table(navigation.target)
        if isinstance(relationship, OneToMany):
            if self.row(target, target_id).get(relationship.referencing_column) != row_id:
                raise errors.not_found(target.logical_name, target_id)
            self.change(target, target_id, self._reference(target, relationship, None, None))
            return
        own, other = self._environment.scope(self._caller).ends(table, navigation)
        intersect = self._environment.table(relationship.intersect)
        rows = self._environment.store.rows(intersect)
        for link_id in list(rows.with_value(own, row_id)):
            if rows.by_id[link_id][other.logical_name] == target_id:
                self._environment.store.remove(intersect, link_id)
                return
        raise errors.not_found(target.logical_name, target_id)

    def _create(self, table: Table, found: RowInput, reader: BodyReader, address: Mapping[str, Any]) -> str:
        self._caller.require(table, Right.CREATE)
        for relationship, document in found.parents:
            parent = self._environment.table(relationship.referenced_table)
            parent_id = self._create(parent, reader.read(parent, document), reader, {})
            found.values |= self._reference(table, relationship, parent.logical_name, parent_id)
        given = {**address, **found.values}
        row_id = given.get(table.primary_id) or self._environment.recorder.new_id()
        if row_id in self._environment.store.rows(table).by_id:
            raise errors.duplicate_row()
        rules.check_writable(self._environment, table, None, given)
        row: Row = {**given, table.primary_id: row_id}
        rules.apply_defaults(table, row)
        rules.apply_state(table, None, row, given)
        self._settle(table, row, set(given))
        rules.apply_owner(self._environment, self._caller, table, row)
        rules.stamp(self._environment, self._caller, table, row, creating=True)
        rules.check_required(table, row)
        rules.check_row(table, row)
        self._check_references(table, given)
        self._caller.require(table, Right.CREATE, row_id, row)
        after = _without_nulls(row)
        self._environment.store.put(table, row_id, after)
        rules.after_create(self._environment, table, after)
        self._note("Create", table, row_id, None, after, given)
        self._create_children(table, row_id, found, reader)
        return row_id

    def _note(
        self, message: str, table: Table, row_id: str, before: Row | None, after: Row | None, given: dict[str, Any]
    ) -> None:
        self._environment.recorder.note(Event(message, table, row_id, self._caller, before, after, given))

    def _create_children(self, table: Table, row_id: str, found: RowInput, reader: BodyReader) -> None:
        for navigation, documents in found.children:
            target = self._environment.table(navigation.target)
            for document in documents:
                child = reader.read(target, document)
                if isinstance(navigation.relationship, OneToMany):
                    child.values |= self._reference(target, navigation.relationship, table.logical_name, row_id)
                child_id = self._create(target, child, reader, {})
                if isinstance(navigation.relationship, ManyToMany):
                    self.associate(table, row_id, navigation, child_id)
        for navigation, ids in found.links:
            for target_id in ids:
                self.associate(table, row_id, navigation, target_id)

    def _settle(self, table: Table, row: Row, names: set[str]) -> None:
        rules.apply_money(self._environment, table, row, names)
        rules.apply_names(table, row)
        if "ownerid" in names:
            rules.apply_owner(self._environment, self._caller, table, row)

    def _reference(
        self, table: Table, relationship: OneToMany, target: str | None, target_id: str | None
    ) -> dict[str, Any]:
        column = table.columns[relationship.referencing_column]
        values: dict[str, Any] = {column.logical_name: target_id}
        if len(column.targets) > 1:
            values[column.target_member] = target
        return values

    def _check_references(self, table: Table, given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            column = table.columns.get(name)
            if value is None or column is None or not column.is_reference or name == "ownerid":
                continue
            target = self._environment.table(given.get(column.target_member) or column.targets[0])
            row = self.row(target, value)
            self._caller.require(table, Right.APPEND)
            self._caller.require(target, Right.APPEND_TO, value, row)

    def _delete(self, table: Table, row_id: str) -> None:
        store = self._environment.store
        for relationship in list(self._environment.schema.referencing(table.logical_name)):
            referencing = self._environment.table(relationship.referencing_table)
            column = referencing.columns[relationship.referencing_column]
            rows = store.rows(referencing)
            for other_id in list(rows.with_value(column, row_id)):
                other = rows.by_id.get(other_id)
                if other is None or other.get(column.target_member, table.logical_name) != table.logical_name:
                    continue
                if relationship.cascade_delete == _RESTRICT:
                    raise errors.deletion_blocked()
                if relationship.cascade_delete == _CASCADE:
                    self._delete(referencing, other_id)
                else:
                    removed = (column.logical_name, column.target_member)
                    store.put(referencing, other_id, {k: v for k, v in other.items() if k not in removed})
        self._unlink(table, row_id)
        if row_id in store.rows(table).by_id:
            store.remove(table, row_id)

    def _unlink(self, table: Table, row_id: str) -> None:
        scope = self._environment.scope(self._caller)
        for navigation in table.collections.values():
            if isinstance(navigation.relationship, ManyToMany):
                own, _ = scope.ends(table, navigation)
                intersect = self._environment.table(navigation.relationship.intersect)
                for link_id in list(self._environment.store.rows(intersect).with_value(own, row_id)):
                    self._environment.store.remove(intersect, link_id)


def _without_nulls(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
