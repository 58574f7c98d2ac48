"""Hostile texts for searches and filters: the same ones for the same seed, from the grammar of both query languages."""

import random
from collections.abc import Iterator
from itertools import islice

QUOTING = [
    "'", "''", "'''", '"', '""', '\\"', "\\'", "\\", "\\\\", "\\\\\"", "`", "\u2018", "\u2019", "\u201c", "\u201d",
    "\u02bc", "\uff02", "\uff07",
]  # fmt: skip
BREAKOUTS = [
    "' or 1 eq 1", "' or 1 eq 1 or 'a' eq '", "') or (name ne '", "' or true or '", "' and false and '",
    "' eq name or '", "'; drop table accounts--", "' or contains(name,'", "' or startswith(name,''))",
    '" or id>0', '" or id>0 or name="',
    '") or id>0 or name=("', '" or name!="', '" and id<0 and name="', '" or name contains "', '" or name like "%',
    '" or name in ("a","', "' or '1'='1", "&$filter=name ne null", "&$top=5", "?$select=name", "&conditions=id>0",
    "&page=2", "&pageSize=1000", "/$count", "?", "#", ";", "&", "=", "+",
]  # fmt: skip
WILDCARDS = ["%", "%%", "_", "*", "?", "[", "]", "[[]", "[]]", "[a-z]", "[^a]", "[%]", "[_]", "%_%", "*.*"]
MARKS = [
    "--", "/*", "*/", "//", "<!--", "-->", "(", ")", "((", "))", ",", "{", "}", "${7*7}", "{{7*7}}", "<script>", "@p1",
    "@n", "$it", "$filter", "../", "..\\", "|", "^", "~",
]  # fmt: skip
ENCODED = [
    "%27",
    "%2527",
    "%22",
    "%00",
    "%0d%0a",
    "%u0027",
    "&#39;",
    "\\u0027",
    "\\x27",
    "+",
    "%20",
    "%26",
    "%23",
    "%c0%a7",
]
WORDS = [
    "null", "true", "false", "and", "or", "not", "eq", "ne", "in", "like", "contains", "startswith", "any", "all",
    "guid", "undefined", "NaN", "INF", "0", "1", "-1", "1e400", "0x1F", "9" * 40, "2026-01-01",
    "[2026-01-01T00:00:00Z]",
    "00000000-0000-0000-0000-000000000000", "name", "id", "accountid", "identifier", "company/id",
]  # fmt: skip
ODD = [
    "\0", "\1", "\x1b[31m", "\x7f", "\x85", "\t", "\n", "\r\n", "\v", "\u00a0", "\u200b", "\u200d", "\u2028", "\ufeff",
    "\ufffd", "\uffff", "\u202e", "\u2066", "\u2069", "\u05d0", "\u0627", "e\u0301", "\u00e9", "\u0301" * 9,
    "\U0001f4a9", "\U0001d4d0", "\U0010ffff", "\ud7ff", "\ue000", "\u00df", "\u1e9e", "\u0130", "\u0131", "\u017f",
    "\u212a", "\u03a3", "\u03c2", "\ufb01", "\u01c5",
]  # fmt: skip
FRAGMENTS = [*QUOTING, *BREAKOUTS, *WILDCARDS, *MARKS, *ENCODED, *WORDS, *ODD]
NAMES = ["Contoso", "contoso ltd", "Bulk customer 00001", "O'Brien & Sons", "Mu\u0308ller", "A", "\u5317\u4eac"]
_RANGES = [
    (0x20, 0x7E),
    (0x00, 0xFF),
    (0x100, 0x24F),
    (0x370, 0x5FF),
    (0x2000, 0x206F),
    (0x3040, 0xD7FF),
    (0x10000, 0x10FFFF),
]
_LONGEST = 160


def hostile_texts(count: int, *, seed: int) -> list[str]:
    """Return so many different texts of at most 160 characters; every fragment alone is among the first."""
    if count <= len(FRAGMENTS):
        return FRAGMENTS[:count]
    seen = dict.fromkeys(FRAGMENTS)
    texts = (text for text in _made_up(random.Random(seed)) if text not in seen)  # noqa: S311  not a secret
    for text in islice(_distinct(texts), count - len(seen)):
        seen[text] = None
    return list(seen)


def spread(texts: list[str], count: int, *, shift: int = 0) -> list[str]:
    """Return so many of the texts, from all over the list; others for another `shift`."""
    step = max(1, len(texts) // count)
    return texts[shift % step :: step][:count]


def _distinct(texts: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def _made_up(draw: random.Random) -> Iterator[str]:
    while True:
        pieces = [_piece(draw) for _ in range(draw.randint(1, 6))]
        text = "".join(pieces)[:_LONGEST]
        yield text if draw.random() < 0.97 else (text * _LONGEST)[:_LONGEST]


def _piece(draw: random.Random) -> str:
    match draw.randint(0, 9):
        case 0 | 1 | 2 | 3 | 4:
            return draw.choice(FRAGMENTS)
        case 5 | 6:
            return draw.choice(NAMES)[: draw.randint(1, 20)]
        case 7:
            return " " * draw.randint(1, 3)
        case _:
            low, high = draw.choice(_RANGES)
            return "".join(chr(draw.randint(low, high)) for _ in range(draw.randint(1, 8)))
