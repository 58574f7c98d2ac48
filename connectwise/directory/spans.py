"""Read a long list forward-only over several connections at once: by spans of ids."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from connectwise.paging import LARGEST_PAGE, Page

MOST_SPANS = 7
"""Each span but one can end with a page that is not full, so their number bounds the requests."""

ReadPage = Callable[[int], Page]
"""Reads the page of the records with ids above this one, ascending by id."""


@dataclass(frozen=True, slots=True)
class Span:
    """Ids above `after`, up to `last`."""

    after: int
    last: int


def pages_of_spans(
    read_page: ReadPage, newest_id: Callable[[], int | None], *, in_parallel: int, page_size: int = LARGEST_PAGE
) -> Iterator[Page]:
    """Yield the pages of a whole list in any order, several of them read at the same time.

    Forward-only paging names each page by the last id before it, so one chain of pages has no parallelism. The first
    page tells where the ids begin, `newest_id` where they end; what is between is cut into equal spans, each a chain
    of its own. Records made meanwhile may be missing. Takes at most `MOST_SPANS` pages more than there are full ones.
    Raises what reading raises.
    """
    with ThreadPoolExecutor(in_parallel, thread_name_prefix="spans") as pool:
        newest = pool.submit(newest_id)
        first = read_page(0)
        yield first
        last = newest.result()
        rest = None if last is None else _rest(first, Span(0, last), page_size)
        chains = [pool.submit(_chain, read_page, span, page_size) for span in _spans(rest, in_parallel)]
        try:
            for chain in as_completed(chains):
                yield from chain.result()
        finally:
            for chain in chains:
                chain.cancel()


def _spans(whole: Span | None, in_parallel: int) -> list[Span]:
    if whole is None:
        return []
    width = -(-(whole.last - whole.after) // min(in_parallel, MOST_SPANS))
    return [Span(after, min(after + width, whole.last)) for after in range(whole.after, whole.last, width)]


def _chain(read_page: ReadPage, span: Span, page_size: int) -> list[Page]:
    """Read a span page by page; what lies behind it belongs to the next one."""
    pages = []
    rest: Span | None = span
    while rest is not None:
        page = read_page(rest.after)
        pages.append(Page(tuple(row for row in page.rows if row["id"] <= span.last), page.has_next))
        rest = _rest(page, rest, page_size)
    return pages


def _rest(page: Page, span: Span, page_size: int) -> Span | None:
    if not page.rows or (len(page.rows) < page_size and not page.has_next):
        return None
    reached = page.rows[-1]["id"]
    return Span(reached, span.last) if reached < span.last else None
