"""Suggestions for rows: what is mapped is left out, memory is bounded and renewed, ConnectWise may be away."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from connectwise.candidates.records import AgreementCandidate, CatalogCandidate, CompanyCandidate
from connectwise.errors import ConnectWiseError, CredentialsRefused, NoAnswer
from dataverse.psasync.records import ConnectorId, MappingKind, MappingStatus, SourceId
from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.work365.linked.records import LinkedRow
from dataverse.work365.records import AccountId
from sync_core.errors import ConfigurationFault
from sync_core.lists.paging import CursorInvalid, ListQuestion
from sync_core.lists.ports import ListServices
from sync_core.lists.records import join_rows, page_of_rows
from sync_core.suggestions.memory import KEPT_SECONDS, MOST_KEPT, SPARED_SECONDS, Finders
from sync_core.suggestions.services import SuggestionServices
from sync_core.suggestions.suggesting import Advice, SuggestedRow, advise, list_suggestions
from tests import builders
from tests.connector_fakes import office_with
from tests.linking_fakes import linked_row

pytestmark = pytest.mark.unit

ACCOUNT, PRODUCT, CONTRACT = MappingKind.ACCOUNT, MappingKind.PRODUCT, MappingKind.BILLING_CONTRACT
UNREACHABLE = NoAnswer(method="GET", path="/company/companies", delivery="not_sent")


@dataclass
class World:
    """Both systems; `now` is the clock of the memory."""

    rows: list[LinkedRow] = field(default_factory=list)
    mappings: list[PsaMapping] = field(default_factory=list)
    items: list[CatalogCandidate] = field(default_factory=list)
    companies_there: list[CompanyCandidate] = field(default_factory=list)
    agreements_there: list[AgreementCandidate] = field(default_factory=list)
    properties: str | None = None
    fault: ConnectWiseError | ConfigurationFault | None = None
    reads: int = 0
    now: float = 0.0
    page_patience: float = 10.0

    def __post_init__(self) -> None:
        self.finders = Finders(lambda: self.now)
        self.may_answer = threading.Event()
        self.may_answer.set()

    def lists(self) -> ListServices:
        # only the ports that suggestions use are there
        return ListServices(office_with(self.properties).services(), self, None, lambda person: self, None)  # type: ignore[arg-type]

    def services(self) -> SuggestionServices:
        return SuggestionServices(lambda connector: self, self.finders, self.page_patience)

    def of_kind(self, connector_id: ConnectorId, kind: MappingKind) -> Iterable[PsaMapping]:
        return [one for one in self.mappings if one.kind is kind]

    def all_rows(self, kind: MappingKind) -> Iterable[LinkedRow]:
        return [row for row in self.rows if row.kind is kind]

    def catalog_items(self) -> Iterable[CatalogCandidate]:
        return self._read(self.items)

    def companies(self) -> Iterable[CompanyCandidate]:
        return self._read(self.companies_there)

    def agreements(self) -> Iterable[AgreementCandidate]:
        return self._read(self.agreements_there)

    def _read(self, records: Sequence[object]) -> list:  # type: ignore[type-arg]  # whatever was put in
        self.reads += 1
        assert self.may_answer.wait(10)
        if self.fault is not None:
            raise self.fault
        return list(records)

    def advice(self, kind: MappingKind = ACCOUNT, **question: object) -> Advice:
        joined = join_rows(self.lists(), kind, builders.CONNECTOR_ID, person=builders.USER_ID)
        page = page_of_rows(joined, ListQuestion("rows", builders.CONNECTOR_ID, **question))  # type: ignore[arg-type]
        return advise(self.services(), joined, page.rows)

    def ids(self, kind: MappingKind = ACCOUNT) -> dict[str, int]:
        return {row_id[-2:]: one.psa_id for row_id, one in self.advice(kind).suggestions.items()}

    def bulk(self, kind: MappingKind = ACCOUNT, score: int = 60, **question: object) -> list[SuggestedRow]:
        asked = ListQuestion("bulk", builders.CONNECTOR_ID, **question)  # type: ignore[arg-type]
        page = list_suggestions(
            self.services(), self.lists(), kind, asked, minimum_score=score, person=builders.USER_ID
        )
        self.cursor = page.next_cursor
        return list(page.rows)


def row_id(number: int) -> SourceId:
    return SourceId(f"d0000000-0000-4000-8000-{number:012d}")


def account(number: int, name: str) -> LinkedRow:
    return linked_row(ACCOUNT, row_id(number), name=name)


def mapping(
    kind: MappingKind, number: int, psa_id: int | None, status: MappingStatus = MappingStatus.SYNCED
) -> PsaMapping:
    return builders.mapping(kind, source_id=row_id(number), psa_id=psa_id, status=status)


def company(psa_id: int, name: str) -> CompanyCandidate:
    return CompanyCandidate(psa_id, f"C{psa_id}", name)


def world(*names: str) -> World:
    """Return accounts that are called like companies."""
    return World(
        [account(number, name) for number, name in enumerate(names)],
        companies_there=[company(100 + number, name) for number, name in enumerate(names)],
    )


def test_rows_that_are_not_mapped_get_a_suggestion() -> None:
    both = world("Contoso", "Fabrikam")
    both.mappings = [mapping(ACCOUNT, 0, 100)]
    assert both.ids() == {"01": 101}


@pytest.mark.parametrize("status", [MappingStatus.SYNCING, MappingStatus.UNKNOWN])
def test_a_row_whose_record_may_be_in_the_making_gets_no_suggestion(status: MappingStatus) -> None:
    both = world("Contoso", "Fabrikam")
    both.mappings = [mapping(ACCOUNT, 0, None, status)]
    assert both.ids() == {"01": 101}


def test_connectwise_is_not_asked_for_a_page_without_unmapped_rows() -> None:
    one = world("Contoso")
    one.mappings = [mapping(ACCOUNT, 0, 100)]
    assert one.advice() == Advice({})
    assert one.reads == 0


def test_a_record_that_another_row_has_is_not_suggested_unless_several_may_share_it() -> None:
    one = world("Contoso")
    one.mappings = [mapping(ACCOUNT, 7, 100)]
    assert one.ids() == {}
    one.properties = '{"several_records_per_psa_record": true}'
    assert one.ids() == {"00": 100}


def test_a_row_whose_own_record_went_missing_may_get_it_back() -> None:
    one = world("Contoso")
    one.mappings = [mapping(ACCOUNT, 0, 100, MappingStatus.MISSING_IN_PSA)]
    assert one.ids() == {"00": 100}


def test_contracts_follow_the_mapping_of_their_account() -> None:
    contracts = [
        linked_row(CONTRACT, row_id(number), name="CSP", account_id=AccountId(row_id(10 + number)))
        for number in range(3)
    ]
    one = World(
        contracts,
        [mapping(ACCOUNT, 10, 250), mapping(ACCOUNT, 11, 251, MappingStatus.MISSING_IN_PSA)],
        agreements_there=[AgreementCandidate(5, "CSP", 250), AgreementCandidate(6, "CSP", 251)],
    )
    assert one.ids(CONTRACT) == {"00": 5}


def test_products_are_suggested() -> None:
    row = linked_row(PRODUCT, row_id(1), name="E3", number="X-1")
    assert World([row], items=[CatalogCandidate(9, "x-1", "Enterprise")]).ids(PRODUCT) == {"01": 9}


def test_rows_that_compete_for_one_record_are_said() -> None:
    twice = world("Contoso", "contoso ltd")
    twice.companies_there = [company(100, "Contoso")]
    said = {one.ambiguous for one in twice.advice().suggestions.values()}
    assert said == {"Work 365 has 2 unmapped accounts of this name; choose the right one."}
    alike = world("Fabrikam Engineering", "Fabrikam Enginering")
    alike.companies_there = [company(100, "Fabrikam Engineering")]
    said = {one.ambiguous for one in alike.advice().suggestions.values()}
    assert said == {'"Fabrikam Engineering" is suggested for other rows too; only one of them can be mapped to it.'}
    alike.properties = '{"several_records_per_psa_record": true}'
    assert {one.ambiguous for one in alike.advice().suggestions.values()} == {None}


def test_a_twin_on_another_page_is_said_too() -> None:
    twice = world("Contoso", "Contoso")
    twice.companies_there = [company(100, "Contoso")]
    (one,) = twice.advice(limit=1).suggestions.values()
    assert one.ambiguous == "Work 365 has 2 unmapped accounts of this name; choose the right one."


def test_the_list_is_kept_for_fifteen_minutes() -> None:
    one = world("Contoso")
    one.advice()
    one.companies_there.append(company(99, "Contoso"))
    one.now = KEPT_SECONDS - 1
    assert one.ids() == {"00": 100}
    assert one.reads == 1
    one.now = KEPT_SECONDS
    assert one.ids() == {"00": 99}
    assert one.reads == 2


def test_what_was_mapped_meanwhile_is_left_out_at_once() -> None:
    one = world("Contoso", "Fabrikam")
    assert one.ids() == {"00": 100, "01": 101}
    one.mappings = [mapping(ACCOUNT, 0, 100)]
    assert one.ids() == {"01": 101}
    assert one.reads == 1


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (UNREACHABLE, "ConnectWise does not answer, so there are no suggestions; load the list again in a minute."),
        (
            CredentialsRefused(method="GET", path="/", status=401),
            (
                "There are no suggestions: ConnectWise refused the API keys; enter valid keys for this connector and "
                "try again."
            ),
        ),
        (
            ConfigurationFault(user_message="The keys of this connector are not stored.", code="credential_missing"),
            "There are no suggestions: The keys of this connector are not stored.",
        ),
    ],
)
def test_without_connectwise_the_page_comes_and_says_why(
    fault: ConnectWiseError | ConfigurationFault, sentence: str
) -> None:
    one = world("Contoso")
    one.fault = fault
    assert one.advice() == Advice({}, sentence)
    with pytest.raises(type(fault)):
        one.bulk()


def test_after_a_failure_connectwise_is_spared_for_a_while() -> None:
    one = world("Contoso")
    one.fault = UNREACHABLE
    assert one.advice() == one.advice()
    assert one.reads == 1
    one.fault = None
    one.now = SPARED_SECONDS - 1
    assert one.advice().problem is not None
    one.now = SPARED_SECONDS
    assert one.ids() == {"00": 100}
    assert one.reads == 2


def test_a_page_does_not_wait_for_a_slow_connectwise_but_the_next_one_has_the_suggestions() -> None:
    one = world("Contoso")
    one.may_answer.clear()
    one.page_patience = 0.01
    assert one.advice() == Advice(
        {}, "ConnectWise is still being read for suggestions; load the list again in a minute."
    )
    assert one.advice().problem is not None
    one.may_answer.set()
    one.page_patience = 10
    assert one.ids() == {"00": 100}
    assert one.reads == 1


def test_a_failure_that_nobody_waited_for_is_told_to_the_next_one() -> None:
    one = world("Contoso")
    one.may_answer.clear()
    one.page_patience, one.fault = 0.01, UNREACHABLE
    one.advice()
    one.may_answer.set()
    one.page_patience = 10
    assert one.advice().problem is not None
    one.fault, one.now = None, SPARED_SECONDS
    assert one.ids() == {"00": 100}


def test_a_bug_is_not_remembered() -> None:
    finders = Finders(lambda: 0.0)

    def broken() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        finders.of(builders.connector(), int, broken, patience=10)
    assert finders.of(builders.connector(), int, lambda: 3, patience=10) == 3


def test_memory_is_bounded_and_a_changed_connector_is_another_one() -> None:
    finders, connector = Finders(lambda: 0.0), builders.connector()
    connectors = [replace(connector, company=f"c{number}") for number in range(MOST_KEPT + 1)]
    for number, one in enumerate(connectors):
        assert finders.of(one, int, lambda number=number: number, patience=10) == number  # type: ignore[misc]  # bound now
    assert finders.of(connectors[-1], int, lambda: -1, patience=10) == MOST_KEPT
    assert finders.of(connectors[0], int, lambda: -1, patience=10) == -1


def test_two_requests_at_once_read_once() -> None:
    finders, connector, reads = Finders(lambda: 0.0), builders.connector(), []
    entered, go_on = threading.Event(), threading.Event()

    def read() -> int:
        reads.append(1)
        entered.set()
        assert go_on.wait(10)
        return 5

    threads = [
        threading.Thread(target=finders.of, args=(connector, int, read), kwargs={"patience": 10}) for _ in range(2)
    ]
    threads[0].start()
    assert entered.wait(10)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(reads) == 1


def test_in_bulk_the_best_come_first_then_by_name_and_pages_hold_every_row_once() -> None:
    many = world("Zeta", "alpha", "Mike Group", "Beta")
    many.rows.append(account(8, "No such"))
    many.rows.append(account(9, "Mike Groupe"))
    many.companies_there.append(company(300, "Fabrikam"))
    many.mappings = [mapping(ACCOUNT, 3, 103)]
    found = many.bulk()
    assert [(one.row.name, one.suggestion.score) for one in found] == [
        ("alpha", 80),
        ("Mike Group", 80),
        ("Zeta", 80),
        ("Mike Groupe", 63),
    ]
    paged: list[SuggestedRow] = []
    cursor: str | None = None
    while True:
        paged += many.bulk(limit=2, cursor=cursor)
        cursor = many.cursor
        if cursor is None:
            break
    assert paged == found
    assert [one.row.name for one in many.bulk(score=64)] == ["alpha", "Mike Group", "Zeta"]
    with pytest.raises(CursorInvalid):
        many.bulk(cursor="nonsense")
    assert many.reads == 1
