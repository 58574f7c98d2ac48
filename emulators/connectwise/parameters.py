"""Query parameters of a request; names are matched without regard to case (connectwise.md 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote_plus

from emulators.connectwise.errors import ApiError, api_error
from emulators.connectwise.references import LINK_ROOT

DEFAULT_PAGE_SIZE = 25
LARGEST_PAGE_SIZE = 1000
FORWARD_ONLY = "forward-only"
_PAGING = ("page", "pagesize", "pageid")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters as they came, and by lower-case name."""

    pairs: tuple[tuple[str, str], ...]
    named: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """Return a parameter, None when it is missing or empty."""
        return self.named.get(name) or None

    def number(self, name: str, default: int, least: int) -> int:
        """Return a whole number; raises ApiError 400."""
        text = self.named.get(name)
        if text is None:
            return default
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 10):
            raise _bad(name, text)
        number = int(text)
        if number < least:
            raise _bad(name, text)
        return number


def parse_parameters(query: str) -> Parameters:
    """Return the parameters of an encoded query string; the last of equal names counts."""
    pairs = tuple(parse_qsl(query, keep_blank_values=True, errors="replace"))
    return Parameters(pairs, {name.lower(): value for name, value in pairs})


@dataclass(frozen=True, slots=True)
class Paging:
    """The page asked for."""

    forward_only: bool
    size: int
    page: int
    after_id: int


def paging_of(parameters: Parameters, headers: Mapping[str, str]) -> Paging:
    """Return the page that a request asks for (connectwise.md 3.5); raises ApiError 400."""
    forward_only = headers.get("pagination-type", "").lower() == FORWARD_ONLY
    if forward_only and parameters.text("orderby"):
        raise api_error(400, "ConnectWiseApi", "orderBy cannot be used with forward-only pagination.")
    size = min(parameters.number("pagesize", DEFAULT_PAGE_SIZE, 1), LARGEST_PAGE_SIZE)
    page = 1 if forward_only else parameters.number("page", 1, 1)
    return Paging(forward_only, size, page, parameters.number("pageid", 0, -(2**31)))


def navigable_link(path: str, parameters: Parameters, paging: Paging, total: int) -> str:
    """Return the `Link` header: next and last where there is a next page, prev and first where there is a previous."""
    last = max(1, -(-total // paging.size))
    links = []
    if paging.page < last:
        links += [_link(path, parameters, paging, "page", paging.page + 1, "next")]
        links += [_link(path, parameters, paging, "page", last, "last")]
    if paging.page > 1:
        links += [_link(path, parameters, paging, "page", min(paging.page - 1, last), "prev")]
        links += [_link(path, parameters, paging, "page", 1, "first")]
    return ", ".join(links)


def forward_link(path: str, parameters: Parameters, paging: Paging, last_id: int | None) -> str:
    """Return the `Link` header of a forward-only page; empty at the end."""
    return "" if last_id is None else _link(path, parameters, paging, "pageId", last_id, "next")


def _link(path: str, parameters: Parameters, paging: Paging, key: str, number: int, relation: str) -> str:
    kept = [(name, value) for name, value in parameters.pairs if name.lower() not in _PAGING]
    parts = [f"{name}={_escaped(value)}" for name, value in (*kept, ("pageSize", str(paging.size)), (key, str(number)))]
    return f'<{LINK_ROOT.rstrip("/")}{path}/?{"&".join(parts)}>; rel="{relation}"'


def _escaped(value: str) -> str:
    """Return a value with plus signs for blanks and lower-case escapes, commas bare, as recorded."""
    pieces = quote_plus(value, safe=",/").split("%")
    return pieces[0] + "".join(f"%{piece[:2].lower()}{piece[2:]}" for piece in pieces[1:])


def _bad(name: str, text: str) -> ApiError:
    return api_error(400, "ConnectWiseApi", f"The value '{text}' is not valid for {name}.")
