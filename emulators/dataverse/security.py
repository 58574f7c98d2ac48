"""Users, roles, privileges and access depth (dataverse.md 3, 11; domain.md 2.10)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from emulators.dataverse.errors import DataverseError
from emulators.dataverse.model import Table, metadata_id
from emulators.dataverse.rows import Row, TableRows
from emulators.dataverse.store import Store

ADMINISTRATOR: Final = "System Administrator"
ACT_ON_BEHALF: Final = "prvActOnBehalfOfAnotherUser"
_SOURCES: Final = (
    "systemuser", "role", "roleprivileges", "systemuserroles", "teammembership", "teamroles", "businessunit",
)  # fmt: skip


class Depth(IntEnum):
    """How far a privilege reaches; the values are Dataverse's depth masks."""

    NONE = 0
    BASIC = 1
    LOCAL = 2
    DEEP = 4
    GLOBAL = 8


class Right(StrEnum):
    """What a privilege allows; the values are the middle part of privilege names."""

    CREATE = "Create"
    READ = "Read"
    WRITE = "Write"
    DELETE = "Delete"
    APPEND = "Append"
    APPEND_TO = "AppendTo"
    ASSIGN = "Assign"
    SHARE = "Share"


@dataclass(frozen=True, slots=True)
class Rights:
    """The privileges of one user, and whose rows they reach."""

    administrator: bool
    depths: dict[str, Depth]
    owners: frozenset[str]
    business_unit: str
    business_units_below: frozenset[str]

    def depth(self, privilege: str) -> Depth:
        """Return how far the user holds a privilege."""
        return Depth.GLOBAL if self.administrator else self.depths.get(privilege.lower(), Depth.NONE)

    def reaches(self, depth: Depth, row: Row) -> bool:
        """Tell whether a privilege of `depth` covers `row`."""
        if depth is Depth.GLOBAL:
            return True
        if depth is Depth.NONE:
            return False
        if row.get("ownerid") in self.owners:
            return True
        unit = row.get("owningbusinessunit")
        if depth is Depth.LOCAL:
            return unit == self.business_unit
        return depth is Depth.DEEP and unit in self.business_units_below


@dataclass(slots=True)
class Caller:
    """Who a request acts as; `real` is the impersonating user's rights and id, None without impersonation."""

    user_id: str
    business_unit_id: str
    rights: Rights
    real_user_id: str | None = None
    real_rights: Rights | None = None
    depths: dict[str, Depth] = field(default_factory=dict)

    def depth(self, table: Table, right: Right) -> Depth:
        """Return how far the caller holds a right on a table: the lesser of both users' when impersonating."""
        privilege = privilege_name(table, right)
        known = self.depths.get(privilege)
        if known is None:
            known = self.rights.depth(privilege)
            if self.real_rights is not None:
                known = min(known, self.real_rights.depth(privilege))
            self.depths[privilege] = known
        return known

    def require(self, table: Table, right: Right, row_id: str | None = None, row: Row | None = None) -> None:
        """Raise 403 unless the caller holds the right, on `row` if one is given."""
        depth = self.depth(table, right)
        if depth is Depth.GLOBAL:
            return
        if depth is Depth.NONE or table.ownership != "UserOwned":
            raise self._missing_privilege(table, right)
        if row is not None and not self._reaches(table, right, row):
            raise access_denied(self.user_id, right, row_id or "", table)

    def visible(self, table: Table) -> Callable[[Row], bool] | None:
        """Return the test of which rows the caller may read, None for all; raises 403 without the privilege."""
        self.require(table, Right.READ)
        if self.depth(table, Right.READ) is Depth.GLOBAL:
            return None
        return lambda row: self._reaches(table, Right.READ, row)

    def _reaches(self, table: Table, right: Right, row: Row) -> bool:
        privilege = privilege_name(table, right)
        if not self.rights.reaches(self.rights.depth(privilege), row):
            return False
        return self.real_rights is None or self.real_rights.reaches(self.real_rights.depth(privilege), row)

    def _missing_privilege(self, table: Table, right: Right) -> DataverseError:
        name = privilege_name(table, right)
        return DataverseError(
            403,
            "0x80040220",
            f"Principal user (Id={self.user_id}, type=8, roleCount=1, privilegeCount={len(self.rights.depths)}, "
            f"accessMode='0 Read-Write'), is missing {name} privilege (Id={metadata_id('privilege', name)}) on "
            f"OTC=10000 for entity '{table.logical_name}' (LocalizedName='{table.display_name}'). "
            f"context.Caller={self.user_id}. "
            "Consider adding missed privilege to one of the principal (user/team) roles.",
        )


class Directory:
    """Finds users and works out their rights; results are kept until a security table changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._signature: tuple[int, ...] = ()
        self._rights: dict[str, Rights] = {}

    def caller(self, user_id: str) -> Caller:
        """Return the caller that a user is."""
        rights = self.rights(user_id)
        return Caller(user_id, rights.business_unit, rights)

    def find(self, column: str, value: str) -> str | None:
        """Return the id of the enabled user whose `column` has this value."""
        rows = self._table("systemuser")
        for user_id in rows.with_value(rows.table.columns[column], value.lower()):
            if not rows.by_id[user_id].get("isdisabled"):
                return user_id
        return None

    def rights(self, user_id: str) -> Rights:
        """Return the rights of a user that exists."""
        signature = tuple(self._table(name).changes for name in _SOURCES)
        if signature != self._signature:
            self._signature, self._rights = signature, {}
        found = self._rights.get(user_id)
        if found is None:
            found = self._rights[user_id] = self._work_out(user_id)
        return found

    def _work_out(self, user_id: str) -> Rights:
        unit = self._table("systemuser").by_id[user_id].get("businessunitid") or ""
        teams = self._others("teammembership", "systemuserid", user_id, "teamid")
        roles = set(self._others("systemuserroles", "systemuserid", user_id, "roleid"))
        for team in teams:
            roles.update(self._others("teamroles", "teamid", team, "roleid"))
        role_rows = self._table("role").by_id
        names = {role_rows[role]["name"] for role in roles if role in role_rows}
        return Rights(
            administrator=ADMINISTRATOR in names,
            depths=self._depths(roles),
            owners=frozenset({user_id, *teams}),
            business_unit=unit,
            business_units_below=frozenset(self._units_below(unit)),
        )

    def _depths(self, roles: Iterable[str]) -> dict[str, Depth]:
        granted = self._table("roleprivileges")
        role_column = granted.table.columns["roleid"]
        privileges = self._table("privilege").by_id
        depths: dict[str, Depth] = {}
        for role in roles:
            for link in granted.with_value(role_column, role):
                row = granted.by_id[link]
                privilege = privileges.get(row["privilegeid"])
                if privilege is not None:
                    name = privilege["name"].lower()
                    depths[name] = max(depths.get(name, Depth.NONE), Depth(row["privilegedepthmask"]))
        return depths

    def _units_below(self, unit: str) -> set[str]:
        rows = self._table("businessunit")
        parent = rows.table.columns["parentbusinessunitid"]
        found, open_units = {unit}, [unit]
        while open_units:
            for child in rows.with_value(parent, open_units.pop()):
                if child not in found:
                    found.add(child)
                    open_units.append(child)
        return found

    def _others(self, intersect: str, own: str, value: str, other: str) -> list[str]:
        rows = self._table(intersect)
        return [rows.by_id[link][other] for link in rows.with_value(rows.table.columns[own], value)]

    def _table(self, name: str) -> TableRows:
        return self._store.rows(self._store.schema.tables[name])


def privilege_name(table: Table, right: Right) -> str:
    """Return the name of the privilege that a right on a table needs."""
    return f"prv{right}{table.schema_name}"


def access_denied(user_id: str, right: Right, row_id: str, table: Table) -> DataverseError:
    """0x80048306: the privilege does not reach this row."""
    return DataverseError(
        403,
        "0x80048306",
        f"Principal with id {user_id} does not have {right}Access right(s) for record with id {row_id} "
        f"of entity {table.logical_name}",
    )
