"""Texts as two systems mean them: identifiers and names without what people and programs write differently."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－⁃"), "-")
_WORDS = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile(r"['’`´]")
_ACRONYM = re.compile(r"\b\w(?:\.\w\b)+\.?")
_ARTICLE = "the"
_AND = "and"

_LEGAL_FORMS = {
    "ltd": "ltd", "limited": "ltd", "inc": "inc", "incorporated": "inc", "corp": "corp", "corporation": "corp",
    "co": "co", "company": "co", "llc": "llc", "llp": "llp", "lp": "lp", "plc": "plc", "pllc": "pllc", "pc": "pc",
    "gmbh": "gmbh", "mbh": "gmbh", "ag": "ag", "kg": "kg", "kgaa": "kgaa", "ohg": "ohg", "ug": "ug", "gbr": "gbr",
    "ev": "ev", "eg": "eg", "se": "se", "bv": "bv", "nv": "nv", "vof": "vof", "sa": "sa", "sas": "sas", "sarl": "sarl",
    "srl": "srl", "sl": "sl", "slu": "sl", "ltda": "ltda", "lda": "lda", "ab": "ab", "as": "as", "aps": "aps",
    "oy": "oy", "oyj": "oy", "pty": "pty", "pte": "pte", "pvt": "pvt", "private": "pvt", "kk": "kk", "doo": "doo",
    "kft": "kft", "sp": "sp", "zoo": "zoo", "oo": "zoo", "z": "zoo", "sro": "sro",
}  # fmt: skip
"""Legal forms at the end of a name, and how each is called here."""


def lowered(text: str) -> str:
    """Return a text without letter case, invisible characters and kinds of dashes and blanks."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_DASHES)
    return " ".join("".join(char for char in plain if unicodedata.category(char) != "Cf").split())


def folded(text: str) -> str:
    """Return an identifier without letter case, blanks, invisible characters and kinds of dashes."""
    # what stood apart may be one character now
    return unicodedata.normalize("NFKC", lowered(text).replace(" ", ""))


def plain_words(text: str) -> list[str]:
    """Return the words of a text without letter case, accents and punctuation; `S.A.` is one word, `&` is and."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    joined = _ACRONYM.sub(lambda found: found.group().replace(".", ""), _APOSTROPHES.sub("", bare))
    return _WORDS.findall(joined.replace("&", f" {_AND} "))


@dataclass(frozen=True, slots=True)
class Name:
    """A name without its legal forms; two names with the same `joined` are the same name.

    `digits` are the words that hold a digit: names that differ in them are different names (E3 and E5).
    """

    words: tuple[str, ...]
    joined: str
    in_order: str
    digits: frozenset[str]
    legal_forms: frozenset[str]


@lru_cache(maxsize=65_536)
def name_of(text: str) -> Name:
    """Return the name in a text; a text without words, such as an emoji, stands for itself."""
    words = plain_words(text)
    forms = set()
    while len(words) > 1 and (words[-1] in _LEGAL_FORMS or words[-1] == _AND):
        last = words.pop()
        if last != _AND:
            forms.add(_LEGAL_FORMS[last])
    if len(words) > 1 and words[0] == _ARTICLE:
        del words[0]
    kept = [word for word in words if word != _AND] or words or [folded(text)]
    return Name(
        words=tuple(kept),
        joined="".join(kept),
        in_order=" ".join(sorted(kept)),
        digits=frozenset(word for word in kept if any(char.isdigit() for char in word)),
        legal_forms=frozenset(forms),
    )


def likeness(one: Name, other: Name) -> int:
    """Return how much alike two names are, 0 to 100, in whichever order the words stand; the same both ways round.

    100 is kept for the same words; names whose numbers differ are never more than 59.
    """
    if not one.joined or not other.joined:
        return 0
    if one.joined == other.joined or one.in_order == other.in_order:
        return 100
    alike = max(fuzz.ratio(one.joined, other.joined), fuzz.ratio(one.in_order, other.in_order))
    return min(int(alike + 0.5), 99 if one.digits == other.digits else 59)
