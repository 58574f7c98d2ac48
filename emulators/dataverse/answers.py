"""Rows as the Web API shows them: properties, annotations and expansions (dataverse.md 4)."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from emulators.dataverse.environment import Environment
from emulators.dataverse.json_text import decimal_text
from emulators.dataverse.model import CHOICE_TYPES, EXACT_NUMBER_TYPES, Column, ColumnType, Table
from emulators.dataverse.odata.compiler import compile_filter
from emulators.dataverse.odata.options import Expansion, QueryOptions
from emulators.dataverse.odata.runner import Query
from emulators.dataverse.odata.scope import QueryScope
from emulators.dataverse.rows import Row
from emulators.dataverse.security import Caller
from emulators.dataverse.values import shown_value
from emulators.dataverse.web import Preferences

FORMATTED: Final = "OData.Community.Display.V1.FormattedValue"
_LOGICAL_NAME: Final = "Microsoft.Dynamics.CRM.lookuplogicalname"
_NAVIGATION: Final = "Microsoft.Dynamics.CRM.associatednavigationproperty"
_NOON: Final = 12
_Shape = tuple[tuple[str, str, bool], ...]


class RowWriter:
    """Shows rows of one query; what does not change from row to row is worked out once."""

    def __init__(
        self,
        environment: Environment,
        caller: Caller,
        base: str,
        preferences: Preferences,
    ) -> None:
        self._environment = environment
        self._caller = caller
        self._scope: QueryScope = environment.scope(caller)
        self._base = base
        self._preferences = preferences
        self._formatted = preferences.includes(FORMATTED)
        self._logical_names = preferences.includes(_LOGICAL_NAME)
        self._navigations = preferences.includes(_NAVIGATION)
        self._annotated = self._formatted or self._logical_names or self._navigations

    def rows(self, table: Table, rows: list[Row], options: QueryOptions) -> list[dict[str, Any]]:
        """Return rows with their etags, selected properties and expansions."""
        columns = options.select if options.select is not None else _readable(table)
        show = self._annotated_row if self._annotated else self._plain_row
        shape = tuple(
            (column.property_name, column.logical_name, column.type is ColumnType.DATE_TIME and not column.date_only)
            for column in columns
        )
        shown = [show(table, row, columns, shape) for row in rows]
        for item in options.expand:
            self._expand(table, rows, shown, item)
        return shown

    def _plain_row(self, table: Table, row: Row, columns: list[Column], shape: _Shape) -> dict[str, Any]:
        del table, columns
        get = row.get
        shown: dict[str, Any] = {"@odata.etag": etag(row)}
        for name, kept, is_moment in shape:
            value = get(kept)
            shown[name] = f"{value}Z" if is_moment and value is not None else value
        return shown

    def _annotated_row(self, table: Table, row: Row, columns: list[Column], shape: _Shape) -> dict[str, Any]:
        del shape
        shown: dict[str, Any] = {"@odata.etag": etag(row)}
        for column in columns:
            kept = row.get(column.logical_name)
            name = column.property_name
            if kept is not None:
                self._annotate(shown, table, column, row, kept)
            shown[name] = shown_value(column, kept)
        return shown

    def _annotate(self, shown: dict[str, Any], table: Table, column: Column, row: Row, kept: Any) -> None:
        name = column.property_name
        if self._formatted and (text := self.formatted(column, row, kept)) is not None:
            shown[f"{name}@{FORMATTED}"] = text
        if not column.is_reference:
            return
        target = row.get(column.target_member) or column.targets[0]
        if self._navigations and (navigation := navigation_of(table, column, target)) is not None:
            shown[f"{name}@{_NAVIGATION}"] = navigation
        if self._logical_names:
            shown[f"{name}@{_LOGICAL_NAME}"] = target

    def formatted(self, column: Column, row: Row, kept: Any) -> str | None:
        """Return the text that a person would see, None for columns that have none (en-US, UTC)."""
        if column.is_reference:
            return self._name_of(row.get(column.target_member) or column.targets[0], kept)
        if column.type in CHOICE_TYPES:
            return column.options.label_of(kept) if column.options is not None else None
        match column.type:
            case ColumnType.MULTI_SELECT if column.options is not None:
                return "; ".join(column.options.label_of(int(value)) or value for value in kept.split(","))
            case ColumnType.BOOLEAN:
                return column.true_label if kept else column.false_label
            case ColumnType.DATE_TIME:
                return _local_time(kept, date_only=column.date_only)
            case ColumnType.INTEGER:
                return f"{kept:,}"
            case ColumnType.MONEY:
                return f"{self._currency_symbol(row)}{_grouped(kept)}"
            case _:
                return _grouped(kept) if column.type in EXACT_NUMBER_TYPES else None

    def _name_of(self, target: str, row_id: str) -> str | None:
        table = self._environment.schema.tables.get(target)
        if table is None or table.primary_name is None:
            return None
        row = self._environment.store.rows(table).by_id.get(row_id)
        return None if row is None else row.get(table.primary_name)

    def _currency_symbol(self, row: Row) -> str:
        currency = row.get("transactioncurrencyid") or self._environment.base_currency()
        rows = self._environment.store.rows(self._environment.table("transactioncurrency")).by_id
        return str(rows.get(currency, {}).get("currencysymbol", ""))

    def _expand(self, table: Table, rows: list[Row], shown: list[dict[str, Any]], item: Expansion) -> None:
        if item.relationship is not None:
            self._expand_lookup(rows, shown, item)
        else:
            self._expand_collection(table, rows, shown, item)

    def _expand_lookup(self, rows: list[Row], shown: list[dict[str, Any]], item: Expansion) -> None:
        if item.relationship is None:
            return
        follow = self._scope.follow(item.relationship)
        visible = self._caller.visible(item.table)
        test = None if item.options.filter is None else compile_filter(self._scope, item.table, item.options.filter)
        for row, answer in zip(rows, shown, strict=True):
            related = follow(row)
            hidden = related is None or (visible is not None and not visible(related))
            if related is None or hidden or (test is not None and test(related) is not True):
                answer[item.name] = None
            elif item.as_reference:
                key = related[item.table.primary_id]
                answer[item.name] = {"@odata.id": f"{self._base}/{item.table.set_name}({key})"}
            else:
                answer[item.name] = self.rows(item.table, [related], item.options)[0]

    def _expand_collection(self, table: Table, rows: list[Row], shown: list[dict[str, Any]], item: Expansion) -> None:
        if item.collection is None:
            return
        visible = self._caller.visible(item.table)
        query = Query(self._scope, item.table, item.options, visible)
        limit = self._preferences.max_page_size if item.options.expand else None
        for row, answer in zip(rows, shown, strict=True):
            row_id = row[table.primary_id]
            related = [related_id for related_id, _ in self._scope.related(table, item.collection, row_id)]
            found = query.among(related)
            top = item.options.top
            kept = found[: top if top is not None else limit]
            answer[item.name] = self.rows(item.table, kept, item.options)
            answer[f"{item.name}@odata.nextLink"] = self._inner_link(table, row_id, item)

    def _inner_link(self, table: Table, row_id: str, item: Expansion) -> str:
        query = "&".join(f"{name}={text}" for name, text in item.options.texts.items())
        return f"{self._base}/{table.set_name}({row_id})/{item.name}{'?' + query if query else ''}"


def etag(row: Row) -> str:
    """Return the ETag of a row."""
    return f'W/"{row["versionnumber"]}"'


def navigation_of(table: Table, column: Column, target: str) -> str | None:
    """Return the navigation property through which a lookup points to `target`."""
    names = [
        name
        for name, relationship in table.lookups.items()
        if relationship.referencing_column == column.logical_name
        and (relationship.referenced_table == target or column.type is ColumnType.OWNER)
    ]
    return names[0] if names else None


def context_columns(options: QueryOptions) -> str:
    """Return the column list of `@odata.context`, with parentheses, empty when nothing was chosen."""
    names = [name for name in options.texts.get("$select", "").split(",") if name]
    names += [f"{item.name}{context_columns(item.options) or '()'}" for item in options.expand]
    return f"({','.join(names)})" if names else ""


def _readable(table: Table) -> list[Column]:
    return [column for column in table.columns.values() if column.for_read]


def _local_time(kept: str, *, date_only: bool) -> str:
    moment = datetime.fromisoformat(kept)
    day = f"{moment.month}/{moment.day}/{moment.year}"
    if date_only:
        return day
    return f"{day} {moment.hour % 12 or 12}:{moment.minute:02} {'AM' if moment.hour < _NOON else 'PM'}"


@lru_cache(maxsize=4096)
def _grouped(number: Decimal) -> str:
    sign = "-" if number < 0 else ""
    whole, _, fraction = decimal_text(abs(number)).partition(".")
    return f"{sign}{int(whole):,}.{fraction.ljust(2, '0')}"
