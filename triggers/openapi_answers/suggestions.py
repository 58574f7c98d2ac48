"""Answers about suggestions."""

from typing import Annotated

from pydantic import Field

from triggers.openapi_answers.shared import Answer, NextCursor, PsaId, SourceId

Score = Annotated[int, Field(ge=60, le=100)]


class AlternativeAnswer(Answer):
    """Another candidate."""

    psa_id: PsaId
    name: str
    identifier: str | None
    score: Score


class SuggestionAnswer(Answer):
    """What a row probably is in ConnectWise, and why; `ambiguous` says in a sentence why to look closer."""

    psa_id: PsaId
    name: str
    identifier: str | None
    score: Score
    reasons: list[str]
    ambiguous: str | None
    alternatives: list[AlternativeAnswer]


class SuggestedRowAnswer(Answer):
    """An unmapped row with its suggestion."""

    id: SourceId
    name: str
    suggestion: SuggestionAnswer


class PushSuggestionsAnswer(Answer):
    """A page of suggestions, the best first, then by name."""

    items: list[SuggestedRowAnswer]
    next_cursor: NextCursor
