"""Which column word is which column, and how its values travel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from dataverse import values
from dataverse.odata import guid_literal
from dataverse.values import Row
from dataverse.work365.imports.records import Columns, ColumnValue, RowId, RowKind, RowState
from dataverse.work365.line_rows import lookup
from dataverse.work365.schema import Work365Schema

_Form = Literal["text", "choice", "date", "lookup"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `navigation` and `target` (an entity set) belong to lookups."""

    name: str
    form: _Form = "text"
    navigation: str = ""
    target: str = ""

    @property
    def read_name(self) -> str:
        """The property in which it is read."""
        return lookup(self.name) if self.form == "lookup" else self.name

    def value_in(self, row: Row) -> ColumnValue:
        """Return its value in a row."""
        match self.form:
            case "text":
                return values.text(row, self.name)
            case "choice":
                return values.whole(row, self.name)
            case "date":
                return values.day(row, self.name)
            case "lookup":
                return values.guid(row, self.read_name)

    def body(self, value: ColumnValue) -> dict[str, Any]:
        """Return the members of a request body that write the value."""
        if self.form != "lookup":
            return {self.name: value.isoformat() if isinstance(value, date) else value}
        bound = None if value is None else f"/{self.target}({guid_literal(str(value))})"
        return {f"{self.navigation}@odata.bind": bound}


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `columns` by word."""

    kind: RowKind
    entity_set: str
    key: str
    columns: Mapping[str, Column]

    def select(self) -> list[str]:
        """Return the properties to read."""
        return [self.key, *(column.read_name for column in self.columns.values())]

    def state_from(self, row: Row) -> RowState:
        """Return the row as it was read."""
        return RowState(
            kind=self.kind,
            row_id=RowId(values.required(values.guid(row, self.key), self.key)),
            etag=values.etag(row),
            columns={word: column.value_in(row) for word, column in self.columns.items()},
        )

    def body(self, columns: Columns) -> dict[str, Any]:
        """Return the request body that writes these columns."""
        return {
            member: value
            for word, written in columns.items()
            for member, value in self.columns[word].body(written).items()
        }


def tables_of(schema: Work365Schema) -> Mapping[RowKind, Table]:
    """Return the tables of an import under the names of this schema map."""
    return {table.kind: table for table in (_accounts(schema), _contacts(schema), _contracts(schema))}


def _accounts(schema: Work365Schema) -> Table:
    names, words = schema.account, ("name", "number", "phone", "fax", "website", "psa_id", "psa_name")
    address = ("address_line1", "address_line2", "city", "state", "postal_code", "country")
    contact = Column(names.primary_contact, "lookup", names.primary_contact_navigation, schema.contact.entity_set)
    currency = Column(names.currency, "lookup", names.currency_navigation, schema.currency.entity_set)
    columns = {**_texts(names, *words, *address), "primary_contact": contact, "currency": currency}
    return Table(RowKind.ACCOUNT, names.entity_set, names.key, columns)


def _contacts(schema: Work365Schema) -> Table:
    names = schema.contact
    account = Column(names.account, "lookup", names.account_navigation, schema.account.entity_set)
    columns = {**_texts(names, "first_name", "last_name", "job_title", "email", "phone"), "account": account}
    return Table(RowKind.CONTACT, names.entity_set, names.key, columns)


def _contracts(schema: Work365Schema) -> Table:
    names = schema.billing_contract
    columns = {
        **_texts(names, "name", "psa_id", "psa_name"),
        "contract_type": Column(names.contract_type, "choice"),
        "billing_frequency": Column(names.billing_frequency, "choice"),
        "start_date": Column(names.start_date, "date"),
        "end_date": Column(names.end_date, "date"),
        "account": Column(names.account, "lookup", names.account_navigation, schema.account.entity_set),
        "currency": Column(names.currency, "lookup", names.currency_navigation, schema.currency.entity_set),
    }
    return Table(RowKind.BILLING_CONTRACT, names.entity_set, names.key, columns)


def _texts(names: object, *words: str) -> dict[str, Column]:
    return {word: Column(getattr(names, word)) for word in words}
