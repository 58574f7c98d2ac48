"""Suggestions for rows of the push tabs; nothing is ever applied by itself."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from connectwise.errors import ConnectWiseError
from dataverse.psasync.records import EntraObjectId, MappingKind, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.linked.records import LinkedRow
from sync_core.classify import classify
from sync_core.connectors.stored import read_properties
from sync_core.errors import SyncError, TransientFault
from sync_core.lists.paging import ListPage, ListQuestion, is_mapped, page_of
from sync_core.lists.ports import ListServices
from sync_core.lists.records import JoinedRows, ListedRecord, join_rows
from sync_core.suggestions.accounts import AccountFinder
from sync_core.suggestions.choosing import chosen
from sync_core.suggestions.contracts import ContractFinder
from sync_core.suggestions.memory import StillReading
from sync_core.suggestions.products import ProductFinder
from sync_core.suggestions.records import IsFree, Scored, Suggestion
from sync_core.suggestions.services import SuggestionServices
from sync_core.suggestions.texts import name_of
from sync_core.work.claims import is_in_doubt

_NOUNS = {MappingKind.ACCOUNT: "accounts", MappingKind.BILLING_CONTRACT: "billing contracts of this account"}

Score = Callable[[LinkedRow, IsFree], list[Scored]]


@dataclass(frozen=True, slots=True)
class Advice:
    """The suggestions by row; `problem` says in a sentence why there are none."""

    suggestions: Mapping[SourceId, Suggestion]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SuggestedRow:
    """An unmapped row with its suggestion."""

    row: LinkedRow
    suggestion: Suggestion


def advise(services: SuggestionServices, joined: JoinedRows, page: Sequence[ListedRecord]) -> Advice:
    """Return the suggestions for the unmapped rows of a page; without ConnectWise none, and why."""
    try:
        return Advice(_suggestions(services, joined, _unmapped(page), services.page_patience))
    except ConnectWiseError as error:
        return Advice({}, _problem(classify(error, writing=False)))
    except SyncError as error:
        return Advice({}, _problem(error))


def list_suggestions(
    services: SuggestionServices,
    lists: ListServices,
    kind: MappingKind,
    question: ListQuestion,
    *,
    minimum_score: int,
    person: EntraObjectId,
) -> ListPage[SuggestedRow]:
    """Return the unmapped rows with a suggestion of this score or more, the best first, then by name.

    Raises RecordRejected without a connector, CursorInvalid, and the errors of Dataverse and ConnectWise.
    """
    joined = join_rows(lists, kind, question.connector_id, person=person)
    rows = _unmapped(joined.records)
    suggestions = _suggestions(services, joined, rows, services.list_patience)
    found = (
        SuggestedRow(row, suggestions[row.id])
        for row in rows
        if row.id in suggestions and suggestions[row.id].score >= minimum_score
    )
    return page_of(
        found, lambda one: (f"{100 - one.suggestion.score:03d}{one.row.name.casefold()}", one.row.id), question
    )


def _unmapped(records: Iterable[ListedRecord]) -> list[LinkedRow]:
    """Return the rows that a person can map now; of one that is being created the record may be in the making."""
    return [one.row for one in records if not is_mapped(one.mapping) and not is_in_doubt(one.mapping)]


def _suggestions(
    services: SuggestionServices, joined: JoinedRows, rows: Sequence[LinkedRow], patience: float
) -> dict[SourceId, Suggestion]:
    if not rows:
        return {}
    score = _score_of(services, joined, patience)
    may_share = read_properties(joined.connector.properties).properties.several_records_per_psa_record
    holders = _holders(joined.mappings)
    found: dict[SourceId, Suggestion] = {}
    for row in rows:
        suggestion = chosen(score(row, _is_free_for(row.id, {} if may_share else holders)))
        if suggestion is not None:
            found[row.id] = suggestion
    return found if may_share else _with_rows_that_compete(joined, rows, found)


def _score_of(services: SuggestionServices, joined: JoinedRows, patience: float) -> Score:
    """Return what scores rows of this kind."""
    connector, candidates = joined.connector, services.candidates_of
    find = partial(services.finders.of, connector, patience=patience)
    match joined.kind:
        case MappingKind.PRODUCT:
            return find(ProductFinder, lambda: ProductFinder(candidates(connector).catalog_items())).scored
        case MappingKind.ACCOUNT:
            return find(AccountFinder, lambda: AccountFinder(candidates(connector).companies())).scored
        case _:
            finder = find(ContractFinder, lambda: ContractFinder(candidates(connector).agreements()))
            companies = joined.companies
            return lambda row, is_free: finder.scored(row, companies.get(SourceId(row.account_id or "")), is_free)


def _holders(mappings: Iterable[PsaMapping]) -> dict[int, set[SourceId]]:
    holders: dict[int, set[SourceId]] = defaultdict(set)
    for mapping in mappings:
        if mapping.psa_id is not None:
            holders[mapping.psa_id].add(mapping.source_id)
    return dict(holders)


def _is_free_for(row_id: SourceId, holders: Mapping[int, Collection[SourceId]]) -> IsFree:
    return lambda psa_id: all(holder == row_id for holder in holders.get(psa_id, ()))


def _with_rows_that_compete(
    joined: JoinedRows, rows: Sequence[LinkedRow], found: Mapping[SourceId, Suggestion]
) -> dict[SourceId, Suggestion]:
    """Say it where several rows would take the same record, of which only one can have it."""
    wanted = Counter(suggestion.psa_id for suggestion in found.values())
    alike = Counter(_same_name_key(row) for row in _unmapped(joined.records)) if joined.kind in _NOUNS else Counter()
    said = {}
    for row in rows:
        if (suggestion := found.get(row.id)) is None:
            continue
        count = alike[_same_name_key(row)]
        if suggestion.ambiguous is None and count > 1:
            sentence = f"Work 365 has {count} unmapped {_NOUNS[joined.kind]} of this name; choose the right one."
            suggestion = replace(suggestion, ambiguous=sentence)
        elif suggestion.ambiguous is None and wanted[suggestion.psa_id] > 1:
            sentence = f'"{suggestion.name}" is suggested for other rows too; only one of them can be mapped to it.'
            suggestion = replace(suggestion, ambiguous=sentence)
        said[row.id] = suggestion
    return said


def _same_name_key(row: LinkedRow) -> tuple[str | None, str]:
    return row.account_id, name_of(row.name).joined


def _problem(error: SyncError) -> str:
    if isinstance(error, TransientFault) and not isinstance(error, StillReading):
        return "ConnectWise does not answer, so there are no suggestions; load the list again in a minute."
    return error.user_message if isinstance(error, StillReading) else f"There are no suggestions: {error.user_message}"
