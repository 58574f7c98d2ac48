"""Cookies of `@odata.nextLink`: opaque to clients, partly double-encoded (dataverse.md 4)."""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote
from xml.sax.saxutils import quoteattr

from emulators.dataverse.errors import query_syntax
from emulators.dataverse.json_text import InvalidJsonError, dumps, loads

_OUTER: Final = re.compile(
    r'<cookie pagenumber="(\d+)" pagingcookie="([^"]*)" istracking="(True|False)"(?: version="(\d+)")? />'
)
_LAST: Final = re.compile(r"<(\w+) last=(\"[^\"]*\"|'[^']*') />")


@dataclass(frozen=True, slots=True)
class Cookie:
    """Where the next page starts: behind the row with these sort values and this id.

    `version` is the row version at which a tracked read began.
    """

    page: int
    values: tuple[Any, ...]
    row_id: str
    version: int | None = None

    def text(self, names: tuple[str, ...], primary_id: str) -> str:
        """Return the value of `$skiptoken`, encoded for a URL."""
        members = [*zip(names, self.values, strict=True), (primary_id, self.row_id)]
        inner = "".join(f"<{name} last={quoteattr(dumps(value).decode())} />" for name, value in members)
        cookie = quote(f'<cookie page="{self.page - 1}">{inner}</cookie>', safe="")
        tracking = f'istracking="True" version="{self.version}"' if self.version is not None else 'istracking="False"'
        return quote(f'<cookie pagenumber="{self.page}" pagingcookie="{cookie}" {tracking} />', safe="=/")


def read_cookie(text: str) -> Cookie:
    """Return the cookie of a `$skiptoken`; raises 400 for one that was changed."""
    outer = _OUTER.fullmatch(text)
    if outer is None:
        raise query_syntax("Malformed XML in the Paging Cookie")
    values = [_value(quoted) for _, quoted in _LAST.findall(unquote(outer[2]))]
    if not values or not isinstance(values[-1], str):
        raise query_syntax("Malformed XML in the Paging Cookie")
    version = int(outer[4]) if outer[4] else None
    return Cookie(int(outer[1]), tuple(values[:-1]), values[-1], version)


def _value(quoted: str) -> Any:
    text = quoted[1:-1]
    for mark, character in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&#10;", "\n"),
        ("&#13;", "\r"),
        ("&#9;", "\t"),
    ):
        text = text.replace(mark, character)
    try:
        return loads(text.replace("&amp;", "&"))
    except InvalidJsonError as error:
        raise query_syntax("Malformed XML in the Paging Cookie") from error
