"""Both paging modes of ConnectWise (Developer Guide): forward-only for bulk reads, numbered pages for searches."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
"""One record as JSON; numbers with a fraction are Decimals."""

LARGEST_PAGE = 1000

_NEXT = re.compile(r"<[^>]+>\s*;[^,<]*\brel\s*=\s*\"?next\b", re.IGNORECASE)


class PagesOutOfOrder(Exception):
    """Forward-only pages did not continue after the last id; to go on would loop or lose rows."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `has_next` says whether the server announces another one."""

    rows: tuple[Row, ...]
    has_next: bool


def announces_next(headers: Mapping[str, str]) -> bool:
    """Whether the `Link` header names a next page; the address itself is not used: it may name another host."""
    return bool(_NEXT.search(headers.get("Link", "")))


def forward_only(fetch: Callable[[int | None], Page], page_size: int) -> Iterator[Row]:
    """Yield all rows in ascending order of id, one page in memory; `fetch` gets the last id seen, None at first.

    The end is an empty page, or a short page that announces no further one. A full page goes on even without `Link`,
    and a short one that announces a next page goes on too: rows overlooked here would be created twice.
    Raises PagesOutOfOrder.
    """
    last: int | None = None
    while True:
        page = fetch(last)
        for row in page.rows:
            if last is not None and row["id"] <= last:
                raise PagesOutOfOrder(f"id {row['id']} after id {last}")
            last = row["id"]
            yield row
        if not page.rows or (len(page.rows) < page_size and not page.has_next):
            return
