"""The paths and methods of the slice, and how a request finds its place among them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from emulators.connectwise.resources import CATEGORY_SUBCATEGORIES, SUBCATEGORIES, Collection, collections
from emulators.connectwise.schema import Model, api_slice, model

API_PREFIX = "apis/3.0"
COMPANY_INFO = "/login/companyinfo/{loginCompanyId}"
CALLBACK_KEY = "/system/callbackkey/index.rails"
SYSTEM_INFO = "/system/info"
CODEBASES = ("v4_6_release", "v2025_1")
_ID = re.compile(r"-?\d{1,10}", re.ASCII)
# Modules of the vendor's API; a path inside one that the slice lacks may well exist there.
_MODULES = frozenset(
    (
        "company",
        "configuration",
        "expense",
        "finance",
        "marketing",
        "procurement",
        "project",
        "sales",
        "schedule",
        "service",
        "system",
        "time",
    )
)


class Shape(Enum):
    """What a path of the slice addresses."""

    LIST = "list"
    ITEM = "item"
    COUNT = "count"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Route:
    """One path of the slice: its template, methods, and the collection behind it."""

    template: str
    shape: Shape
    methods: frozenset[str]
    collection: Collection | None
    model: Model | None

    @property
    def counted_as(self) -> str:
        """Return the template as the request log counts it."""
        return self.template.replace("{parentId}", "{id}")


@dataclass(frozen=True, slots=True)
class Place:
    """A route with the ids that stand in the path."""

    route: Route
    parent_id: int | None
    row_id: int | None


@cache
def routes() -> Mapping[tuple[str, ...], Route]:
    """Return the routes below the API root by the parts of their templates, ids as `{}`."""
    found = {}
    for path, operations in api_slice()["paths"].items():
        if path in (COMPANY_INFO, CALLBACK_KEY):
            continue
        route = _route(path.rstrip("/"), frozenset(operations) & {"get", "post", "put", "patch", "delete"})
        found[_key(route.template)] = route
    return found


def find_place(path: str) -> Place | None:
    """Return the place of a path below the API root; a trailing slash and doubled slashes do not count."""
    parts = [part for part in path.split("/") if part]
    key, ids = [], []
    for part in parts:
        if _ID.fullmatch(part):
            key.append("{}")
            ids.append(int(part))
        else:
            key.append(part)
    route = routes().get(tuple(key))
    if route is None:
        return None
    row_id = ids.pop() if route.shape is Shape.ITEM else None
    return Place(route, ids[0] if ids else None, row_id)


def may_exist(path: str) -> bool:
    """Tell whether the vendor may have a path that the slice lacks: not when only an id in it is no number."""
    parts = [part for part in path.split("/") if part]
    if not parts or parts[0].lower() not in _MODULES:
        return False
    return not any(_fits(key, parts) for key in routes())


def _fits(key: tuple[str, ...], parts: list[str]) -> bool:
    pairs = zip(key, parts, strict=False)
    return len(key) == len(parts) and all(wanted in ("{}", part) for wanted, part in pairs)


def _route(path: str, methods: frozenset[str]) -> Route:
    upper = frozenset(method.upper() for method in methods)
    if path == SYSTEM_INFO:
        return Route(path, Shape.INFO, upper, None, None)
    shape, base = Shape.LIST, path
    if path.endswith("/count"):
        shape, base = Shape.COUNT, path.removesuffix("/count")
    elif path.endswith("/{id}"):
        shape, base = Shape.ITEM, path.removesuffix("/{id}")
    if base == CATEGORY_SUBCATEGORIES:
        return Route(path, shape, upper, collections()[SUBCATEGORIES], model("LegacySubCategory"))
    collection = collections()[base]
    return Route(path, shape, upper, collection, collection.model)


def _key(template: str) -> tuple[str, ...]:
    return tuple("{}" if part.startswith("{") else part for part in template.split("/") if part)
