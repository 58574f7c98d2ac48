"""Unmapped accounts and contracts that surely are the record of ConnectWise: proposed, never linked by themselves."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dataverse.work365.imports.records import Candidate, RowId
from dataverse.work365.records import AccountId

_WORDS = re.compile(r"\w+")
_LEGAL_SUFFIXES = frozenset(
    {"ltd", "limited", "inc", "incorporated", "llc", "llp", "plc", "corp", "corporation", "co", "company", "gmbh", "ag",
     "bv", "nv", "sa", "srl", "ab", "as", "oy", "pty"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A Work 365 row that a request may link with `link_to`, and why."""

    row_id: RowId
    name: str
    reason: str


def normalised(name: str) -> str:
    """Return the name without letter case, punctuation, blanks and legal suffixes (Ltd, Inc, GmbH) at its end."""
    words = _WORDS.findall(name.casefold().replace(".", ""))
    while len(words) > 1 and words[-1] in _LEGAL_SUFFIXES:
        words.pop()
    return "".join(words)


class Candidates:
    """The rows that are joined to no ConnectWise record, found by number and by name."""

    def __init__(self, candidates: Iterable[Candidate], *, joined: Collection[RowId]) -> None:
        self._by_number: dict[str, list[Candidate]] = {}
        self._by_name: dict[tuple[AccountId | None, str], list[Candidate]] = {}
        for candidate in candidates:
            if candidate.row_id in joined:
                continue
            if candidate.number and candidate.number.strip():
                self._by_number.setdefault(candidate.number.strip().casefold(), []).append(candidate)
            self._by_name.setdefault((candidate.account_id, normalised(candidate.name)), []).append(candidate)

    def account(self, name: str, numbers: Collection[str]) -> Suggestion | None:
        """Return the one account with one of these numbers, else the one with this name; None when it is not sure."""
        found = {
            candidate.row_id: candidate
            for number in numbers
            for candidate in self._by_number.get(number.strip().casefold(), ())
        }
        if found:
            return _only(found, "it has the same number")
        return self._named(None, name)

    def billing_contract(self, name: str, account_id: AccountId) -> Suggestion | None:
        """Return the one billing contract of this account with this name; None when it is not sure."""
        return self._named(account_id, name)

    def _named(self, account_id: AccountId | None, name: str) -> Suggestion | None:
        wanted = normalised(name)
        found = self._by_name.get((account_id, wanted), ()) if wanted else ()
        return _only({candidate.row_id: candidate for candidate in found}, "it has the same name")


def _only(found: Mapping[RowId, Candidate], reason: str) -> Suggestion | None:
    if len(found) != 1:
        return None
    (candidate,) = found.values()
    return Suggestion(candidate.row_id, candidate.name, reason)
