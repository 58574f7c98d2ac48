"""Reads a tenant's setup (`sync_core.connectors.ports.TenantSetup`)."""

from collections.abc import Sequence

from connectwise.client import ConnectWiseClient
from connectwise.endpoints import AGREEMENTS, BILLING_CYCLES, CATALOG, COMPANIES, CONTACTS
from connectwise.errors import AnswerNotUnderstood, PermissionDenied
from connectwise.paging import Row
from connectwise.queries import Query
from connectwise.setup.records import Area, Option, OptionList, TenantInformation

_PATHS = {
    OptionList.PRODUCT_CATEGORIES: "/procurement/categories",
    OptionList.PRODUCT_SUBCATEGORIES: "/procurement/subcategories",
    OptionList.PRODUCT_TYPES: "/procurement/types",
    OptionList.UNITS_OF_MEASURE: "/procurement/unitOfMeasures",
    OptionList.AGREEMENT_TYPES: "/finance/agreements/types",
    OptionList.BILLING_CYCLES: BILLING_CYCLES,
    OptionList.COMPANY_TYPES: "/company/companies/types",
    OptionList.COMPANY_STATUSES: "/company/companies/statuses",
}
_PROBES = {
    Area.COMPANIES: COMPANIES,
    Area.CONTACTS: CONTACTS,
    Area.AGREEMENTS: AGREEMENTS,
    Area.CATALOG: CATALOG,
    Area.SETUP_TABLES: _PATHS[OptionList.COMPANY_TYPES],
}
_FIELDS = ("id", "name", "inactiveFlag", "category/id")


class TenantSetup:
    """Setup of one tenant; keeps nothing, so every answer is as ConnectWise gives it now."""

    def __init__(self, client: ConnectWiseClient) -> None:
        self._client = client

    def information(self) -> TenantInformation:
        """Return name and version; needs no keys, raises RouteInvalid when address or login company is wrong."""
        route = self._client.routes.current()
        return TenantInformation(route.company_name, route.version)

    def unreadable_areas(self) -> Sequence[Area]:
        """Return the areas of which the API member may read nothing, from one small read each.

        Raises CredentialsRefused when the keys do not work.
        """
        return [area for area, path in _PROBES.items() if not self._may_read(path)]

    def options(self, which: OptionList) -> Sequence[Option]:
        """Return all entries of a pick list by name, inactive ones included."""
        path = _PATHS[which]
        options = [_option_from(path, row) for row in self._client.rows(path, Query(fields=_FIELDS))]
        return sorted(options, key=lambda option: (option.name.lower(), option.id))

    def _may_read(self, path: str) -> bool:
        try:
            self._client.page(path, Query(fields=("id",)), page_size=1)
        except PermissionDenied:
            return False
        return True


def _option_from(path: str, row: Row) -> Option:
    name, category = row.get("name"), row.get("category")
    if not isinstance(name, str):
        raise AnswerNotUnderstood(method="GET", path=path, status=200, vendor_message="an entry has no name")
    return Option(
        id=row["id"],
        name=name,
        is_inactive=row.get("inactiveFlag") is True,
        parent_id=category.get("id") if isinstance(category, dict) else None,
    )
