"""Find records by identifier: narrowed by ConnectWise, compared here."""

import re
from collections.abc import Collection, Iterator, Sequence

from connectwise.client import ConnectWiseClient
from connectwise.conditions import Condition, any_of, contains, encoded
from connectwise.paging import Row
from connectwise.queries import Query

_UNCLEAR = re.compile(r"""["\\\[\]%*\x00-\x1f\x7f-\x9f]""")
"""How quotes and backslashes are written inside a value is not documented; the others may act as wildcards."""

_CLEAR_PIECE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .:+-]*")

_LONGEST_FILTER = 1000
"""Encoded characters of one filter: with address and fields it stays below the longest URL."""


def rows_with_identifiers(
    client: ConnectWiseClient, path: str, identifiers: Collection[str], fields: Sequence[str]
) -> Iterator[Row]:
    """Yield the records with these identifiers in any letter case; who is not among them does not exist.

    In one request for some dozens. An identifier with characters that ConnectWise may read in a way of its own is
    narrowed to a piece without them and compared here; only one without any such piece makes the whole list be read.
    """
    wanted = {identifier.strip().casefold(): identifier for identifier in identifiers}
    clear = sorted(identifier for identifier in wanted.values() if not _UNCLEAR.search(identifier))
    unclear = sorted(identifier for identifier in wanted.values() if _UNCLEAR.search(identifier))
    seen: set[int] = set()
    for row in _candidates(client, path, clear, unclear, fields):
        identifier = row.get("identifier")
        if isinstance(identifier, str) and identifier.strip().casefold() in wanted and row["id"] not in seen:
            seen.add(row["id"])
            yield row


def _candidates(
    client: ConnectWiseClient, path: str, clear: Sequence[str], unclear: Sequence[str], fields: Sequence[str]
) -> Iterator[Row]:
    if clear:
        yield from client.rows_where_in(path, "identifier", clear, fields=fields)
    for query in _narrowed(unclear, fields):
        yield from client.rows(path, query)


def _narrowed(identifiers: Sequence[str], fields: Sequence[str]) -> Iterator[Query]:
    pieces = sorted({_longest_piece(identifier) for identifier in identifiers})
    if pieces and not pieces[0]:
        yield Query(fields=fields)
        return
    waiting: list[Condition] = []
    for piece in pieces:
        condition = contains("identifier", piece)
        if waiting and len(encoded(any_of(*waiting, condition).text)) > _LONGEST_FILTER:
            yield Query(conditions=any_of(*waiting), fields=fields)
            waiting = []
        waiting.append(condition)
    if waiting:
        yield Query(conditions=any_of(*waiting), fields=fields)


def _longest_piece(identifier: str) -> str:
    return max((piece.strip() for piece in _CLEAR_PIECE.findall(identifier)), key=len, default="")
