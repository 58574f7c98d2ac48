"""Which role may call which route: the one table (decision D9)."""

from http import HTTPStatus

from triggers.identity import ROLES, Caller, Role
from triggers.problems import Problem

_WHO_BILLS: frozenset[Role] = frozenset({"PsaSync.Admin", "PsaSync.Billing"})

WHO_OVERSEES: frozenset[Role] = frozenset({"PsaSync.Admin", "PsaSync.Reader"})
"""Who sees the jobs of everybody; all others see their own."""

_WHO_CONFIGURES: frozenset[Role] = frozenset({"PsaSync.Admin"})

ALLOWED_ROLES: dict[str, frozenset[Role]] = {
    "push": _WHO_BILLS,
    "push_preview": _WHO_BILLS,
    "push_list": ROLES,
    "push_lines": ROLES,
    "push_suggestions": ROLES,
    "psa_search": _WHO_BILLS,
    "mapping_put": _WHO_BILLS,
    "mapping_remove": _WHO_BILLS,
    "mappings": ROLES,
    "connectors": ROLES,
    "connector": ROLES,
    "connector_create": _WHO_CONFIGURES,
    "connector_change": _WHO_CONFIGURES,
    "connector_test": _WHO_CONFIGURES,
    "connector_options": _WHO_CONFIGURES,
    "audit": _WHO_CONFIGURES,
    "pull": _WHO_BILLS,
    "pull_preview": _WHO_BILLS,
    "pull_companies": ROLES,
    "pull_agreements": ROLES,
    "jobs": ROLES,
    "job_cancel": _WHO_BILLS,
    "job_retry": _WHO_BILLS,
    "job": ROLES,
    "job_items": ROLES,
    "openapi": ROLES,
    "health_ready": ROLES,
}
"""Function name to the roles that may call it; `health` is the only route without a caller."""


def require_role(caller: Caller, function_name: str) -> None:
    """Raise Problem 403 unless the caller has one of the roles of this function."""
    allowed = ALLOWED_ROLES[function_name]
    if not caller.roles & allowed:
        names = " or ".join(sorted(allowed))
        raise Problem(
            HTTPStatus.FORBIDDEN, "role_missing", f"You need the role {names} for this; ask an administrator for it."
        )
