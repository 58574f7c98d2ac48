"""What a suggestion says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MINIMUM_SCORE = 60
"""Nothing that scores less is ever suggested."""

IsFree = Callable[[int], bool]
"""Tells whether a record of ConnectWise may be mapped to the row: whether no other row is mapped to it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its score, 0 to 100, the reasons in words, and what a person has to check, if anything.

    `trait` tells records of one name apart ("in Graz"). `is_twin`: the names are the same for whoever reads them.
    """

    psa_id: int
    name: str
    identifier: str | None
    score: int
    reasons: tuple[str, ...]
    doubt: str | None = None
    trait: str | None = None
    is_twin: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another candidate."""

    psa_id: int
    name: str
    identifier: str | None
    score: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The best candidate of a row; `ambiguous` says in a sentence why a person has to look closer, None when clear."""

    psa_id: int
    name: str
    identifier: str | None
    score: int
    reasons: Sequence[str]
    ambiguous: str | None
    alternatives: Sequence[Alternative]
