"""Stored rows in pages, for programs that compare the two systems (`GET /_emulator/state`)."""

from collections.abc import Mapping
from typing import Any

from emulators.connectwise.api import Api
from emulators.connectwise.resources import ADDITIONS
from emulators.connectwise.routes import Shape, find_place
from emulators.control_plane import SeedError

LARGEST_PAGE = 1000
_ALL_ADDITIONS = "/finance/agreements/additions"


def stored_rows(api: Api, query: Mapping[str, str]) -> dict[str, Any]:
    """Return one page of a collection, or the number of rows of each; raises SeedError that names the parameter.

    `collection` is a path such as `/finance/agreements/412/additions`; `/finance/agreements/additions` stands for the
    additions of all agreements. Rows from `offset` on, at most `limit` (1,000); `next` is the offset that follows.
    """
    for name in query:
        if name not in ("collection", "offset", "limit"):
            raise SeedError(f"{name}: unknown parameter; collection, offset and limit are known")
    path = query.get("collection")
    if path is None:
        return {"collections": {name: len(resource.table.ids) for name, resource in api.resources.items()}}
    resource, ids = _rows_of(api, path)
    limit = _number(query, "limit", LARGEST_PAGE, least=1, most=LARGEST_PAGE)
    offset = _number(query, "offset", 0, least=0, most=10**9)
    following = offset + limit
    return {
        "collection": path,
        "total": len(ids),
        "rows": [resource.show(resource.table.rows[row_id]) for row_id in ids[offset:following]],
        "next": following if following < len(ids) else None,
    }


def _rows_of(api: Api, path: str) -> tuple[Any, Any]:
    plain = f"/{path.strip('/')}"
    if plain == _ALL_ADDITIONS:
        resource = api.resources[ADDITIONS]
        return resource, resource.table.ids
    if plain in api.resources and "{" not in plain:
        resource = api.resources[plain]
        return resource, resource.table.ids
    place = find_place(plain)
    if place is None or place.route.shape is not Shape.LIST or place.route.collection is None:
        raise SeedError(f"collection: {path} is not a collection")
    resource = api.resources[place.route.collection.path]
    return resource, resource.under(place.parent_id)


def _number(query: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
        raise SeedError(f"{name}: a whole number from {least} to {most} is expected")
    return int(text)
