"""Answers of the live search."""

from triggers.openapi_answers.shared import Answer, Count, NamedPsaRecord, PsaId


class _SearchHit(Answer):
    """What all kinds have in common; `exclusion` says why the record cannot be mapped."""

    psa_id: PsaId
    name: str
    identifier: str | None
    types: list[str]
    status: str | None
    exclusion: str | None


class SearchedCompany(_SearchHit):
    """A company."""

    city: str | None


class SearchedAgreement(_SearchHit):
    """An agreement."""

    company: NamedPsaRecord | None


class SearchedCatalogItem(_SearchHit):
    """A catalog item."""

    product_class: str | None


class ExcludedHits(Answer):
    """How many matches are left out for one reason."""

    reason: str
    count: Count


class SearchAnswer(Answer):
    """The best matches in order; `search` is the text that was searched for, `more` says that there are others."""

    search: str
    items: list[SearchedCompany] | list[SearchedAgreement] | list[SearchedCatalogItem]
    excluded: list[ExcludedHits]
    more: bool
