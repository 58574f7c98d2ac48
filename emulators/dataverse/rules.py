"""What the platform does by itself to a row that is written: states, owners, money, audit (dataverse.md 5)."""

from typing import Any, Final

from emulators.dataverse import errors, web_resources
from emulators.dataverse.endpoints import check_endpoint
from emulators.dataverse.environment import ROOT_UNIT_ID, Environment
from emulators.dataverse.model import ColumnType, PrecisionSource, Table
from emulators.dataverse.rows import Row
from emulators.dataverse.security import Caller
from emulators.dataverse.setup_rows import put_message_filter
from emulators.dataverse.values import kept_moment, rounded

READ_ONLY_STATES: Final = frozenset({2, 3})  # Paid and Canceled, domain.md 2.4
_CURRENCY_DECIMALS: Final = 2


def apply_defaults(table: Table, row: Row) -> None:
    """Fill the columns that have a default and were not given."""
    for column in table.columns.values():
        if column.default is not None and column.logical_name not in row:
            row[column.logical_name] = column.default


def apply_state(table: Table, before: Row | None, row: Row, given: dict[str, Any]) -> None:
    """Settle state and status reason: a state alone brings its first reason, a reason must fit its state."""
    status = table.columns.get("statuscode")
    if status is None or status.options is None:
        return
    if row.get("statecode") is None:
        row["statecode"] = 0
    state = row["statecode"]
    if given.get("statuscode") is None and (before is None or before.get("statecode") != state):
        row["statuscode"] = next(option.value for option in status.options.options if option.state == state)
        return
    reason = next((option for option in status.options.options if option.value == row.get("statuscode")), None)
    if reason is None or reason.state != state:
        raise errors.invalid_state(row.get("statuscode"), state, table.logical_name)


def apply_owner(environment: Environment, caller: Caller, table: Table, row: Row) -> None:
    """Settle owner and owning business unit; lines of an invoice belong to whom the invoice belongs."""
    if table.ownership != "UserOwned":
        return
    if table.logical_name == "invoicedetail":
        invoice = environment.store.rows(environment.table("invoice")).by_id.get(row.get("invoiceid", ""), {})
        for name in ("ownerid", "ownerid@table"):
            if invoice.get(name) is not None:
                row[name] = invoice[name]
    if row.get("ownerid") is None:
        row["ownerid"], row["ownerid@table"] = caller.user_id, "systemuser"
    kind = row.get("ownerid@table") or "systemuser"
    owner = environment.store.rows(environment.table(kind)).by_id.get(row["ownerid"], {})
    row["ownerid@table"] = kind
    row["owningbusinessunit"] = owner.get("businessunitid") or ROOT_UNIT_ID
    row["owninguser"] = row["ownerid"] if kind == "systemuser" else None
    row["owningteam"] = row["ownerid"] if kind == "team" else None


def apply_money(environment: Environment, table: Table, row: Row, names: set[str]) -> None:
    """Settle the currency and round the money columns among `names` to their decimals (domain.md 2.5)."""
    if "transactioncurrencyid" not in table.columns or table.logical_name in ("systemuser", "businessunit"):
        return
    if row.get("transactioncurrencyid") is None:
        invoices = environment.store.rows(environment.table("invoice")).by_id
        invoice = invoices.get(row.get("invoiceid") or "", {}) if table.logical_name == "invoicedetail" else {}
        row["transactioncurrencyid"] = invoice.get("transactioncurrencyid") or environment.base_currency()
    currencies = environment.store.rows(environment.table("transactioncurrency")).by_id
    currency = currencies.get(row["transactioncurrencyid"], {})
    if "exchangerate" in table.columns:
        row["exchangerate"] = currency.get("exchangerate")
    decimals = {
        PrecisionSource.CURRENCY: currency.get("currencyprecision", _CURRENCY_DECIMALS),
        PrecisionSource.PRICING: environment.setting("pricingdecimalprecision") or _CURRENCY_DECIMALS,
    }
    for name in names:
        column = table.columns.get(name)
        if column is not None and column.type is ColumnType.MONEY and row.get(name) is not None:
            places = decimals.get(column.precision_source, column.precision or 0)
            row[name] = rounded(row[name], places)


def apply_names(table: Table, row: Row) -> None:
    """Work out the names that the platform composes."""
    if table.logical_name == "contact":
        parts = [row.get(name) for name in ("firstname", "middlename", "lastname")]
        row["fullname"] = " ".join(part for part in parts if part) or None


def stamp(environment: Environment, caller: Caller, table: Table, row: Row, *, creating: bool) -> None:
    """Write who and when; with impersonation the real caller goes to the on-behalf-of columns (dataverse.md 11)."""
    if "modifiedon" not in table.columns:
        return
    now = kept_moment(environment.clock.now().replace(microsecond=0))
    if creating:
        row["createdon"], row["createdby"] = row.get("overriddencreatedon") or now, caller.user_id
        row["createdonbehalfby"] = caller.real_user_id
        if row.get("overriddencreatedon") is not None:
            row["overriddencreatedon"] = now
    row["modifiedon"], row["modifiedby"] = now, caller.user_id
    row["modifiedonbehalfby"] = caller.real_user_id


def check_row(table: Table, row: Row) -> None:
    """Refuse what the platform refuses in a row of one of its own tables."""
    if table.logical_name == "webresource":
        web_resources.check(row)
    elif table.logical_name == "serviceendpoint":
        check_endpoint(row)


def check_required(table: Table, row: Row) -> None:
    """Refuse a row without a column that the system requires."""
    for column in table.columns.values():
        if column.required == "SystemRequired" and row.get(column.logical_name) is None:
            raise errors.invalid_argument(f"Attribute '{column.logical_name}' cannot be NULL")


def after_create(environment: Environment, table: Table, row: Row) -> None:
    """Do what a new row brings along: a Custom API brings its message, open to steps (dataverse.md 13)."""
    if table.logical_name == "customapi":
        put_message_filter(environment.store, row["uniquename"], "none")


def check_writable(environment: Environment, table: Table, before: Row | None, given: dict[str, Any]) -> None:
    """Refuse writes to paid or cancelled invoices, unless they reactivate, and to their lines (domain.md 2.4)."""
    if table.logical_name == "invoice" and before is not None:
        if before.get("statecode") in READ_ONLY_STATES and given.get("statecode") != 0:
            raise errors.read_only_row()
    elif table.logical_name == "invoicedetail":
        invoices = environment.store.rows(environment.table("invoice")).by_id
        for invoice_id in {(before or {}).get("invoiceid"), given.get("invoiceid")}:
            if invoice_id is not None and invoices.get(invoice_id, {}).get("statecode") in READ_ONLY_STATES:
                raise errors.read_only_row()
