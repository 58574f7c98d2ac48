"""Seeds: rows loaded without business rules, with referential checks (architecture, section 10)."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulators.control_plane import SeedError, wire
from emulators.dataverse import rules
from emulators.dataverse.environment import APPLICATION_USER_ID, Environment
from emulators.dataverse.errors import DataverseError
from emulators.dataverse.model import ColumnType, OneToMany, Table
from emulators.dataverse.paths import read_address, read_segments
from emulators.dataverse.rows import Row
from emulators.dataverse.security import Caller
from emulators.dataverse.setup_rows import put_link
from emulators.dataverse.values import ValueReader, date_text, kept_moment
from emulators.dataverse.web import ROOT

_FIRST: Final = ("transactioncurrency", "businessunit", "systemuser", "team", "role")
_LAST: Final = ("invoicedetail",)
_BIND: Final = "@odata.bind"
_DEFAULT_CONNECTOR: Final = {
    "psasync_connectorid": "88888888-8888-4888-8888-000000000001",
    "psasync_name": "ConnectWise",
    "psasync_siteurl": "http://127.0.0.1:8081",
    "psasync_company": "contoso",
    "psasync_credentialref": "CONTOSO",
}
_Link = tuple[str, str, str, str]


class Seeder:
    """Loads one seed document."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._caller: Caller = environment.directory.caller(APPLICATION_USER_ID)
        self._links: list[_Link] = []

    def load(self, document: Mapping[str, Any]) -> dict[str, int]:
        """Load all rows in one transaction and return counts by entity set; raises SeedError."""
        tables = {name: self._table(name) for name in document}
        order = sorted(document, key=lambda name: _rank(tables[name]))
        store = self._environment.store
        with store.transaction() as changes:
            first = len(changes)
            for set_name in order:
                rows = document[set_name]
                if not isinstance(rows, list):
                    raise SeedError(f"{set_name}: a list of rows is expected")
                for position, body in enumerate(rows):
                    self._load_row(tables[set_name], f"{set_name}[{position}]", body)
            for change in changes[first:]:
                if change.after is not None:
                    self._check_references(change.table, change.after)
            for path, intersect, first_id, second_id in self._links:
                self._check_link(path, intersect, second_id)
                put_link(store, intersect, first_id, second_id)
        return {set_name: len(document[set_name]) for set_name in document}

    def _table(self, set_name: str) -> Table:
        table = self._environment.schema.by_set.get(set_name)
        if table is None:
            raise SeedError(f"{set_name}: no such entity set")
        return table

    def _load_row(self, table: Table, path: str, body: Any) -> None:
        if not isinstance(body, Mapping):
            raise SeedError(f"{path}: an object is expected")
        try:
            row = self._read(table, path, body)
            self._settle(table, row)
            self._environment.store.put(table, row[table.primary_id], row)
        except DataverseError as error:
            raise SeedError(f"{path}: {error.message}") from error

    def _read(self, table: Table, path: str, body: Mapping[str, Any]) -> Row:
        values = ValueReader(table, strict=False)
        row: Row = {}
        later: list[tuple[str, Any]] = []
        for name, raw in body.items():
            column = table.properties.get(name) or table.columns.get(name)
            if (
                column is not None
                and column.type is ColumnType.DATE_TIME
                and column.date_only
                and date_text(raw) is None
            ):
                raw = raw[:10] if isinstance(raw, str) else raw  # noqa: PLW2901 - a seed may give a time
            if column is not None:
                row[column.logical_name] = values.read(column, raw)
            elif not name.startswith("@"):
                later.append((name, raw))
        row_id = row.setdefault(table.primary_id, str(uuid.uuid4()))
        for name, raw in later:
            self._bind(table, f"{path}.{name}", row, row_id, name.removesuffix(_BIND), raw)
        return {name: value for name, value in row.items() if value is not None}

    def _bind(self, table: Table, path: str, row: Row, row_id: str, name: str, raw: Any) -> None:
        if isinstance(raw, list):
            self._bind_many(table, path, row_id, name, raw)
            return
        relationship = _lookup_named(table, name)
        if relationship is None:
            raise SeedError(f"{path}: {table.logical_name} has no such member")
        if raw is None:
            return
        target, target_id = self._target(path, raw)
        column = table.columns[relationship.referencing_column]
        if target.logical_name not in column.targets:
            raise SeedError(f"{path}: {target.set_name} is not a target of this lookup")
        row[column.logical_name] = target_id
        if len(column.targets) > 1:
            row[column.target_member] = target.logical_name

    def _bind_many(self, table: Table, path: str, row_id: str, name: str, raw: list[Any]) -> None:
        navigation = table.collections.get(name)
        if navigation is None or isinstance(navigation.relationship, OneToMany):
            raise SeedError(f"{path}: {table.logical_name} has no such N:N navigation property")
        relationship = navigation.relationship
        for text in raw:
            _, target_id = self._target(path, text)
            ends = (row_id, target_id) if relationship.table1 == table.logical_name else (target_id, row_id)
            self._links.append((path, relationship.intersect, *ends))

    def _target(self, path: str, text: Any) -> tuple[Table, str]:
        if not isinstance(text, str):
            raise SeedError(f'{path}: "/<set>(<guid>)" is expected')
        _, found, rest = text.partition(f"{ROOT}/")
        segment = read_segments((rest if found else text).lstrip("/"))[0]
        table = self._environment.schema.by_set.get(segment.name)
        if table is None or segment.arguments is None:
            raise SeedError(f'{path}: "/<set>(<guid>)" is expected, not {text!r}')
        address = read_address(table, segment.arguments)
        if address.row_id is not None:
            return table, address.row_id
        row_id = None
        if address.key is not None:
            row_id = self._environment.store.rows(table).with_key(address.key, address.values)
        if row_id is None:
            raise SeedError(f"{path}: {text} does not exist")
        return table, row_id

    def _settle(self, table: Table, row: Row) -> None:
        given = dict(row)
        rules.apply_defaults(table, row)
        _settle_polymorphic(table, row)
        rules.apply_names(table, row)
        if "statecode" in table.columns and row.get("statuscode") is None:
            rules.apply_state(table, None, row, given)
        rules.apply_money(self._environment, table, row, set())
        rules.apply_owner(self._environment, self._caller, table, row)
        if "modifiedon" in table.columns:
            now = kept_moment(self._environment.clock.now().replace(microsecond=0))
            row.setdefault("createdon", now)
            row.setdefault("modifiedon", row["createdon"])
            row.setdefault("createdby", self._caller.user_id)
            row.setdefault("modifiedby", row["createdby"])
        for name in [name for name, value in row.items() if value is None]:
            del row[name]

    def _check_references(self, table: Table, row: Row) -> None:
        for name, value in row.items():
            column = table.columns.get(name)
            if column is None or not column.is_reference:
                continue
            target = self._environment.schema.tables[row.get(column.target_member) or column.targets[0]]
            if value not in self._environment.store.rows(target).by_id:
                row_id = row[table.primary_id]
                raise SeedError(
                    f"{table.set_name}({row_id}).{column.property_name}: {target.set_name}({value}) does not exist"
                )

    def _check_link(self, path: str, intersect: str, second_id: str) -> None:
        relationship = next(r for r in self._environment.schema.many_to_many.values() if r.intersect == intersect)
        target = self._environment.schema.tables[relationship.table2]
        if second_id not in self._environment.store.rows(target).by_id:
            raise SeedError(f"{path}: {target.set_name}({second_id}) does not exist")


def seed_with_connector(
    environment: Environment, document: Mapping[str, Any], connectwise_url: str | None
) -> dict[str, int]:
    """Load a seed; when there is no connector, neither in it nor in the store, the default one comes along."""
    table = environment.table("psasync_connector")
    seeder = Seeder(environment)
    if table.set_name in document or environment.store.rows(table).by_id:
        return seeder.load(document)
    row = dict(_DEFAULT_CONNECTOR)
    if connectwise_url is not None:
        row["psasync_siteurl"] = connectwise_url
    counts = seeder.load({**document, table.set_name: [row]})
    return {name: count for name, count in counts.items() if name in document}


def state_document(environment: Environment, query: Mapping[str, str]) -> dict[str, Any]:
    """Return stored rows in pages: counts of all tables, or rows of `table` (set or logical name) from `offset` on."""
    schema, store = environment.schema, environment.store
    name = query.get("table") or query.get("collection")
    if name is None:
        return {"tables": {table.set_name: len(store.rows(table)) for table in schema.tables.values()}}
    table = schema.by_set.get(name) or schema.tables.get(name)
    if table is None:
        raise wire.BadInput(f"table: no such table {name!r}")
    offset, limit = _whole(query, "offset", 0), _whole(query, "limit", 1000)
    rows = store.rows(table)
    ids = rows.ids()
    following = offset + limit
    return {
        "table": table.set_name,
        "total": len(ids),
        "rows": list(_shown(table, (rows.by_id[row_id] for row_id in ids[offset:following]))),
        "next": following if following < len(ids) else None,
    }


def _shown(table: Table, rows: Iterator[Row]) -> Iterator[dict[str, Any]]:
    moments = {c.logical_name for c in table.columns.values() if c.type is ColumnType.DATE_TIME and not c.date_only}
    names = {column.logical_name: column.property_name for column in table.columns.values()}
    for row in rows:
        yield {
            names.get(name, name): f"{value}Z" if name in moments and value is not None else value
            for name, value in row.items()
        }


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise wire.BadInput(f"{name}: a whole number is expected")
    return int(text)


def _lookup_named(table: Table, name: str) -> OneToMany | None:
    found = table.lookups.get(name)
    if found is not None:
        return found
    folded = name.casefold()
    for navigation, relationship in table.lookups.items():
        if folded in (navigation.casefold(), relationship.referencing_column):
            return relationship
    return None


def _settle_polymorphic(table: Table, row: Row) -> None:
    for column in table.columns.values():
        if len(column.targets) > 1 and row.get(column.logical_name) and not row.get(column.target_member):
            row[column.target_member] = column.targets[0]


def _rank(table: Table) -> int:
    if table.logical_name in _FIRST:
        return _FIRST.index(table.logical_name)
    return len(_FIRST) + (2 if table.logical_name in _LAST else 1)
