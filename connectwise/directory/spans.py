"""Read a long list forward-only over several connections at once: by spans of ids that are cut as the work shows."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from connectwise.paging import LARGEST_PAGE, Page

MOST_CUTS = 6
"""Each cut can cost one page that is not full, so their number bounds the requests: full pages + cuts."""


@dataclass(frozen=True, slots=True)
class Span:
    """Ids above `after`, up to `last`."""

    after: int
    last: int

    @property
    def width(self) -> int:
        """Number of ids that the span can hold."""
        return self.last - self.after

    def halves(self) -> tuple["Span", "Span"]:
        """Return both halves."""
        middle = self.after + self.width // 2
        return Span(self.after, middle), Span(middle, self.last)


ReadPage = Callable[[Span], Page]
"""Reads the first page of a span, ascending by id."""


def pages_of_spans(
    read_page: ReadPage, whole: Span, *, in_parallel: int, page_size: int = LARGEST_PAGE
) -> Iterator[Page]:
    """Yield the pages of a span in any order, several of them read at the same time.

    Forward-only paging names each page by the last id before it, so one chain of pages has no parallelism. Here the
    rest of a chain is cut in half whenever a connection would be idle. Ids may be dense or sparse: an empty half costs
    one request, and `MOST_CUTS` bounds them. Raises what `read_page` raises.
    """
    waiting, cuts = [whole], MOST_CUTS
    with ThreadPoolExecutor(in_parallel, thread_name_prefix="spans") as pool:
        running: dict[Future[Page], Span] = {}
        try:
            while waiting or running:
                cuts -= _cut(waiting, idle=in_parallel - len(running) - len(waiting), most=cuts, page_size=page_size)
                while waiting and len(running) < in_parallel:
                    span = waiting.pop()
                    running[pool.submit(read_page, span)] = span
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    page, span = future.result(), running.pop(future)
                    yield page
                    rest = _rest(page, span, page_size)
                    if rest is not None:
                        waiting.append(rest)
        finally:
            for future in running:
                future.cancel()


def _cut(waiting: list[Span], *, idle: int, most: int, page_size: int) -> int:
    """Cut the widest waiting spans while connections would be idle; return how often."""
    done = 0
    while waiting and done < min(idle, most):
        widest = max(waiting, key=lambda span: span.width)
        if widest.width <= page_size or _is_first(widest):
            break
        waiting.remove(widest)
        waiting.extend(widest.halves())
        done += 1
    return done


def _is_first(span: Span) -> bool:
    """The very first page is read alone: it tells where the ids begin, so that no cut is wasted on an empty half."""
    return span.after <= 0


def _rest(page: Page, span: Span, page_size: int) -> Span | None:
    if not page.rows or (len(page.rows) < page_size and not page.has_next):
        return None
    last = page.rows[-1]["id"]
    return Span(last, span.last) if last < span.last else None
