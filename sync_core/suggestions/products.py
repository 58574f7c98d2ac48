"""Which catalog item a product is: by identifier, by part number with the commitment term, by name."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from connectwise.candidates.records import CatalogCandidate
from dataverse.work365.linked.records import LinkedRow, ProductEvidence
from sync_core.suggestions.choosing import bounded
from sync_core.suggestions.name_index import NameIndex
from sync_core.suggestions.records import IsFree, Scored
from sync_core.suggestions.terms import Commitment, commitment, without_ending, without_terms
from sync_core.suggestions.texts import Name, folded, likeness, name_of

Agreement = Literal["same", "none", "unknown", "conflict"]

IDENTIFIER, IDENTIFIER_BUT_ENDING, PART_NUMBER, SAME_NAME = 100, 92, 84, 78
NAME_BESIDE_PART_NUMBER = 10
LEAST_ALIKE = 88
"""A name that is less alike is no reason: product names differ in single words."""
OTHER_PART_NUMBER = 12
LONGEST_DESCRIPTION = 60
"""ConnectWise keeps that much of a name (connectwise: 9.3)."""

NO_EVIDENCE = ProductEvidence()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one side."""

    number: str
    bare_number: str
    part_numbers: frozenset[str]
    name: Name
    commitment: Commitment


class ProductFinder:
    """Finds catalog items among those of one tenant."""

    def __init__(self, items: Iterable[CatalogCandidate]) -> None:
        self._items = sorted(items, key=lambda item: item.psa_id)
        self._known = [_known_of_item(item) for item in self._items]
        self._by_key: dict[str, list[int]] = defaultdict(list)
        for position, known in enumerate(self._known):
            for key in {known.number, known.bare_number, *known.part_numbers} - {""}:
                self._by_key[key].append(position)
        self._names = NameIndex([known.name for known in self._known])

    def scored(self, row: LinkedRow, is_free: IsFree) -> list[Scored]:
        """Return the candidates of a product; never one whose commitment term is another one."""
        row_known = _known_of_row(row)
        keys = {row_known.number, row_known.bare_number, *row_known.part_numbers, folded(row.name)} - {""}
        positions = {position for key in keys for position in self._by_key.get(key, ())}
        positions.update(position for position, alike in self._names.alike(row_known.name) if alike >= LEAST_ALIKE)
        found = (
            _scored(row, row_known, self._items[position], self._known[position])
            for position in sorted(positions)
            if is_free(self._items[position].psa_id)
        )
        return [one for one in found if one is not None]


def _known_of_item(item: CatalogCandidate) -> _Known:
    # the identifier without its ending may be the part number itself (CFQ7TTC0LFLX:0001-M)
    part_numbers = {without_ending(number) for number in item.part_numbers} | {without_ending(item.identifier)}
    return _Known(
        number=folded(item.identifier),
        bare_number=without_ending(item.identifier),
        part_numbers=frozenset(part_numbers - {""}),
        name=name_of(without_terms(item.description or item.identifier)),
        commitment=commitment(
            numbers=(item.identifier, *item.part_numbers), unit=None, name=item.description, description=""
        ),
    )


def _known_of_row(row: LinkedRow) -> _Known:
    evidence = row.evidence if isinstance(row.evidence, ProductEvidence) else NO_EVIDENCE
    number, part_number = row.number or "", evidence.part_number or ""
    return _Known(
        number=folded(number),
        bare_number=without_ending(number),
        part_numbers=frozenset({without_ending(part_number)} - {""}),
        name=name_of(without_terms(row.name[:LONGEST_DESCRIPTION])),
        commitment=commitment(
            numbers=(number, part_number),
            unit=evidence.unit_name,
            name=row.name,
            description=evidence.description or "",
        ),
    )


def _scored(row: LinkedRow, wanted: _Known, item: CatalogCandidate, known: _Known) -> Scored | None:
    has_same_number = known.number != "" and known.number in {wanted.number, folded(row.name)}
    compared = _compared(wanted.commitment, known.commitment)
    has_no_clear_term = any(one.is_disputed and one.term is None for one in (wanted.commitment, known.commitment))
    if compared == "conflict" or (has_no_clear_term and not has_same_number):
        return None
    alike = likeness(wanted.name, known.name)
    reasons: list[str] = []
    if has_same_number:
        score = IDENTIFIER
        reasons.append(f"The same identifier {item.identifier}")
    elif wanted.bare_number != "" and wanted.bare_number == known.bare_number:
        score = IDENTIFIER_BUT_ENDING
        reasons.append(f"The same identifier {item.identifier}, but for how it ends")
    elif shared := wanted.part_numbers & known.part_numbers:
        score = PART_NUMBER
        reasons.append(f"The same part number {_as_written(item, min(shared))}")
    elif alike >= LEAST_ALIKE:
        score = SAME_NAME - (100 - alike)
    else:
        return None
    if alike >= LEAST_ALIKE:
        score += 0 if score <= SAME_NAME else NAME_BESIDE_PART_NUMBER * alike // 100
        reasons.append("The same name" if alike == 100 else f"Name is {alike} % alike")
    if compared == "same":
        reasons.append(f"Both are {known.commitment.term}")
    if score <= SAME_NAME and _differ(wanted, item):
        score -= OTHER_PART_NUMBER
        reasons.append("The part numbers differ")
    doubt = _doubt(wanted.commitment, known.commitment)
    return Scored(
        psa_id=item.psa_id,
        name=item.description or item.identifier,
        identifier=item.identifier,
        score=bounded(score, doubt=doubt),
        reasons=tuple(reasons),
        doubt=doubt,
    )


def _compared(one: Commitment, other: Commitment) -> Agreement:
    if one.term is None and other.term is None:
        return "none"
    if one.term is None or other.term is None:
        return "unknown"
    return "same" if one.term == other.term else "conflict"


def _doubt(wanted: Commitment, known: Commitment) -> str | None:
    """A term that only one side shows never makes a sure match."""
    if wanted.is_disputed or known.is_disputed:
        where = "Work 365" if wanted.is_disputed else "ConnectWise"
        return f"Number, unit and name in {where} speak of different commitment terms; check which one is meant."
    if wanted.term is not None and known.term is None:
        return f"Its commitment term is not shown in ConnectWise; check that it is {wanted.term}."
    if wanted.term is None and known.term is not None:
        return (
            f"It is {known.term} in ConnectWise, and Work 365 shows no commitment term; check that both are the same."
        )
    return None


def _differ(wanted: _Known, item: CatalogCandidate) -> bool:
    theirs = {without_ending(number) for number in item.part_numbers} - {""}
    return bool(wanted.part_numbers and theirs) and not wanted.part_numbers & theirs


def _as_written(item: CatalogCandidate, part_number: str) -> str:
    """Return a part number as ConnectWise shows it."""
    return next((one for one in item.part_numbers if without_ending(one) == part_number), item.identifier)
