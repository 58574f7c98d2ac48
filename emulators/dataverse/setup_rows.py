"""The rows that a new environment has: organization, users, roles, privileges, currencies, units, messages."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from emulators.dataverse.environment import ROOT_UNIT_ID
from emulators.dataverse.json_text import loads
from emulators.dataverse.model import Table, metadata_id
from emulators.dataverse.schema import Schema
from emulators.dataverse.schema_files import FOLDER
from emulators.dataverse.security import Depth, Right, privilege_name
from emulators.dataverse.store import Store

KEPT_TABLES: Final = frozenset(
    {
        "organization", "businessunit", "systemuser", "team", "role", "privilege", "roleprivileges", "systemuserroles",
        "teammembership", "teamroles", "transactioncurrency", "uom", "uomschedule", "sdkmessage", "sdkmessagefilter",
        "publisher", "solution", "solutioncomponent", "webresource", "systemform", "savedquery", "customapi",
        "customapirequestparameter", "customapiresponseproperty", "environmentvariabledefinition",
    }
)  # fmt: skip
_TABLE_MESSAGES: Final = ("Create", "Update", "Delete", "Retrieve", "RetrieveMultiple", "Assign", "Associate")
_BULK_MESSAGES: Final = ("CreateMultiple", "UpdateMultiple", "UpsertMultiple")


def setup_document(folder: Path = FOLDER) -> dict[str, Any]:
    """Return the seed part of the setup: everything but users' roles."""
    document: dict[str, Any] = loads((folder / "setup.json").read_text("utf-8"))
    del document["user_roles"]
    return document


def put_security_rows(store: Store, folder: Path = FOLDER) -> None:
    """Write roles, privileges and who has which role; needs an open transaction."""
    schema = store.schema
    roles = json.loads((folder / "roles.json").read_text("utf-8"))
    for name in roles["privileges"]:
        _put_privilege(store, name)
    for table in schema.tables.values():
        put_table_rows(store, table)
    for role, grants in roles["roles"].items():
        row = {"roleid": _role_id(role), "name": role, "businessunitid": ROOT_UNIT_ID, "ismanaged": False}
        store.put(schema.tables["role"], row["roleid"], row)
        for privilege, depth in _granted(schema, roles["groups"], grants):
            put_grant_by_id(store, _role_id(role), metadata_id("privilege", privilege), depth)
    users = json.loads((folder / "setup.json").read_text("utf-8"))["user_roles"]
    for user_id, names in users.items():
        for name in names:
            put_link(store, "systemuserroles", user_id, _role_id(name))


def put_table_rows(store: Store, table: Table) -> None:
    """Write the privileges, and the messages and their filters, that a table has."""
    for right in Right:
        _put_privilege(store, privilege_name(table, right))
    messages = (*_TABLE_MESSAGES, *(_BULK_MESSAGES if table.has_bulk_messages else ()))
    for message in messages:
        put_message_filter(store, message, table.logical_name)


def put_message_filter(store: Store, message: str, table: str) -> None:
    """Write that a message exists for a table, "none" for a message without one."""
    filter_id = metadata_id("sdkmessagefilter", message, table)
    row = {
        "sdkmessagefilterid": filter_id,
        "primaryobjecttypecode": table,
        "secondaryobjecttypecode": "none",
        "iscustomprocessingstepallowed": True,
        "sdkmessageid": put_message(store, message),
    }
    store.put(store.schema.tables["sdkmessagefilter"], filter_id, row)


def put_message(store: Store, name: str) -> str:
    """Write a message if it is not there yet, and return its id."""
    messages = store.schema.tables["sdkmessage"]
    message_id = metadata_id("sdkmessage", name)
    if message_id not in store.rows(messages).by_id:
        store.put(messages, message_id, {"sdkmessageid": message_id, "name": name, "isprivate": False})
    return message_id


def put_grant_by_id(store: Store, role_id: str, privilege_id: str, depth: Depth) -> None:
    """Give a role a privilege."""
    grant_id = str(uuid.uuid5(uuid.UUID(role_id), privilege_id))
    row = {
        "roleprivilegeid": grant_id,
        "roleid": role_id,
        "privilegeid": privilege_id,
        "privilegedepthmask": int(depth),
    }
    store.put(store.schema.tables["roleprivileges"], grant_id, row)


def put_link(store: Store, intersect: str, first_id: str, second_id: str) -> None:
    """Link two rows of an N:N relationship."""
    table = store.schema.tables[intersect]
    first, second = (name for name in table.columns if name not in (table.primary_id, "versionnumber"))
    link_id = str(uuid.uuid5(uuid.UUID(first_id), second_id))
    store.put(table, link_id, {table.primary_id: link_id, first: first_id, second: second_id})


def _put_privilege(store: Store, name: str) -> None:
    privilege_id = metadata_id("privilege", name)
    row = {
        "privilegeid": privilege_id,
        "name": name,
        "canbebasic": True,
        "canbelocal": True,
        "canbedeep": True,
        "canbeglobal": True,
    }
    store.put(store.schema.tables["privilege"], privilege_id, row)


def _granted(schema: Schema, groups: dict[str, list[str]], grants: list[dict[str, Any]]) -> Iterator[tuple[str, Depth]]:
    for grant in grants:
        depth = Depth[grant["depth"].upper()]
        for privilege in grant.get("privileges", []):
            yield privilege, depth
        for name in (name for entry in grant.get("tables", []) for name in groups.get(entry, [entry])):
            for right in grant["rights"]:
                yield privilege_name(schema.tables[name], Right(right)), depth


def _role_id(name: str) -> str:
    return metadata_id("role", name)
