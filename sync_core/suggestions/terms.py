"""The commitment term of a product: what tells the two products of an NCE pair apart (domain: 1.2, C3).

Both share the provider's part number, so the term is worked out from whatever each side shows, and a conflict of terms
rules a candidate out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sync_core.suggestions.texts import folded, lowered

Term = Literal["monthly", "quarterly", "half-yearly", "annual", "three-year"]
"""How long a customer is bound, in the words that people read."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """The term of one side, None when nothing shows it.

    `is_disputed`: what shows it disagrees; there is no term then, unless a number decides against the name.
    """

    term: Term | None
    is_disputed: bool = False


def _words(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that matches whole words only."""
    return re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])")


_CODES: dict[str, Term] = {
    "p1m": "monthly",
    "p3m": "quarterly",
    "p6m": "half-yearly",
    "p12m": "annual",
    "p1y": "annual",
    "p36m": "three-year",
    "p3y": "three-year",
}
"""Durations as Microsoft's price lists write them (ISO 8601)."""
_CODE = _words("|".join(_CODES))

_OFTEN = "monthly|quarterly|annually|yearly|per month|per quarter|per year"
_VERBS = "billed|bill|paid|pay|payable|invoiced"
_NOUNS = r"billing|payments?|invoicing|instal\w+"
_PAID_HOW_OFTEN = _words(rf"(?:{_VERBS}|{_NOUNS})[\s:,/-]{{0,3}}(?:is )?(?:{_OFTEN})")
_HOW_OFTEN_PAID = _words(rf"(?:{_OFTEN})[ -](?:{_VERBS}|{_NOUNS})|annual[ -](?:{_NOUNS})")
"""How often a customer pays says nothing about how long they are bound (annual commitment, billed monthly)."""

_GAP = "[ -]{0,2}"
_SPELT: tuple[tuple[Term, re.Pattern[str]], ...] = (
    # each is taken out of the text: "semi-annual" is not annual, "36 months" are not a month
    ("three-year", _words(rf"triennial(?:ly)?|(?:3|three){_GAP}(?:years?|yrs?|y)|36{_GAP}months?")),
    (
        "half-yearly",
        _words(rf"semi{_GAP}annual(?:ly)?|half{_GAP}year(?:ly)?|biannual(?:ly)?|(?:6|six){_GAP}months?"),
    ),
    ("annual", _words(rf"annual(?:ly)?|yearly|(?:1|one){_GAP}(?:year|yr)|12{_GAP}months?|per year")),
    ("quarterly", _words(rf"quarterly|(?:3|three){_GAP}months?|per quarter")),
    ("monthly", _words(rf"monthly|(?:1|one){_GAP}month|month-to-month|per month")),
)
_ABOUT_TERMS = _words("commitment|term|nce")
_UNITS: dict[str, Term] = {"month": "monthly", "quarter": "quarterly", "year": "annual"}
_SUFFIXES: dict[str, Term] = {"m": "monthly", "1m": "monthly", "a": "annual", "y": "annual", "1y": "annual"}
_SUFFIX = re.compile(r"(?<=.)[-_:/.](m|1m|a|y|1y)$")
_SPELT_SUFFIX = re.compile(rf"(?<=.)[-_:/.](?:{'|'.join(_CODES)}|monthly|annual|yearly|triennial)$")


def terms_in(text: str) -> frozenset[Term]:
    """Return the terms that a text names in words or codes.

    "Yearly billed monthly" can be read in two ways: both terms are returned then.
    """
    plain = lowered(text)
    codes = frozenset(_CODES[code] for code in _CODE.findall(plain))
    if codes:
        return codes
    readings = ((_PAID_HOW_OFTEN, _HOW_OFTEN_PAID), (_HOW_OFTEN_PAID, _PAID_HOW_OFTEN))
    return frozenset().union(*(spelt_terms(second.sub(" ", first.sub(" ", plain))) for first, second in readings))


def spelt_terms(text: str) -> frozenset[Term]:
    """Return the terms that a text names in words, those of billing included."""
    rest = lowered(text)
    found: set[Term] = set()
    for term, pattern in _SPELT:
        rest, times = pattern.subn(" ", rest)
        if times:
            found.add(term)
    return frozenset(found)


def without_terms(text: str) -> str:
    """Return the text without the words of terms and billing, so that what is left is the product's name."""
    rest = lowered(text)
    for pattern in (_CODE, _PAID_HOW_OFTEN, _HOW_OFTEN_PAID):
        rest = pattern.sub(" ", rest)
    for _, pattern in _SPELT:
        rest = pattern.sub(" ", rest)
    return _ABOUT_TERMS.sub(" ", rest).strip(" -:,()/") or text


def terms_of_number(number: str) -> frozenset[Term]:
    """Return the terms that an identifier shows: its ending `-M` or `-A`, and words in it."""
    ending = _SUFFIX.search(folded(number))
    return terms_in(number) | (frozenset() if ending is None else {_SUFFIXES[ending.group(1)]})


def without_ending(number: str) -> str:
    """Return the folded identifier without the ending that shows the term."""
    return _SPELT_SUFFIX.sub("", _SUFFIX.sub("", folded(number)))


def commitment(*, numbers: Iterable[str], unit: str | None, name: str, description: str) -> Commitment:
    """Return the term of one side: numbers and unit count before the name, the name before the description."""
    of_numbers = {term for number in numbers for term in terms_of_number(number)}
    of_unit = (
        set() if unit is None else terms_in(unit) or {term for word, term in _UNITS.items() if lowered(unit) == word}
    )
    of_name = terms_in(name)
    # a name may hold words of all kinds, so it never overrules a number, but a unit alone does not overrule a name
    found = of_numbers | of_unit if of_numbers else of_unit | of_name
    found = found or terms_in(description)
    if len(found) != 1:
        return Commitment(None, is_disputed=len(found) > 1)
    (term,) = found
    return Commitment(term, is_disputed=bool(of_name) and of_name != {term})
