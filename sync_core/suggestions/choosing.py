"""The best of the scored candidates, and whether a person has to look closer."""

from collections.abc import Iterable, Sequence

from sync_core.suggestions.records import MINIMUM_SCORE, Alternative, Scored, Suggestion

AS_GOOD = 5
"""Two scores that differ by no more are about equally good."""
MOST_ALTERNATIVES = 3
_MOST_NAMED = 4
HIGHEST_IN_DOUBT = 90
"""A candidate that a person has to check never scores more."""


def chosen(candidates: Iterable[Scored]) -> Suggestion | None:
    """Return the best candidate of `MINIMUM_SCORE` or more; ties go to the lower id."""
    ranked = sorted((one for one in candidates if one.score >= MINIMUM_SCORE), key=lambda one: (-one.score, one.psa_id))
    if not ranked:
        return None
    best, others = ranked[0], ranked[1:]
    return Suggestion(
        psa_id=best.psa_id,
        name=best.name,
        identifier=best.identifier,
        score=best.score,
        reasons=best.reasons,
        ambiguous=best.doubt or _twins(best, others) or _rival(best, others),
        alternatives=[
            Alternative(one.psa_id, one.name, one.identifier, one.score) for one in others[:MOST_ALTERNATIVES]
        ],
    )


def bounded(score: int, *, doubt: str | None = None) -> int:
    """Return a score within its bounds."""
    return max(0, min(score, 100 if doubt is None else HIGHEST_IN_DOUBT))


def _twins(best: Scored, others: Sequence[Scored]) -> str | None:
    """Several records of the same name always need a person, however much evidence one of them has."""
    twins = [one for one in others if one.is_twin]
    if not best.is_twin or not twins:
        return None
    named = [best, *twins]
    shown = ", ".join(_described(one) for one in named[:_MOST_NAMED])
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return f'ConnectWise has {len(named)} records that are called "{best.name}": {shown}{more}; choose the right one.'


def _rival(best: Scored, others: Sequence[Scored]) -> str | None:
    if not others or best.score - others[0].score > AS_GOOD:
        return None
    rival = others[0]
    return f'"{rival.name}" ({_described(rival)}) fits about as well; compare both before you choose.'


def _described(one: Scored) -> str:
    known = one.identifier or f"id {one.psa_id}"
    return f"{known} {one.trait}" if one.trait else known
