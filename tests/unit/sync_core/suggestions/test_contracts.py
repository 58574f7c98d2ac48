"""Billing contracts find their agreement among those of the mapped company only."""

from datetime import date

import pytest

from connectwise.candidates.records import AgreementCandidate
from dataverse.psasync.records import MappingKind
from dataverse.work365.linked.records import ContractEvidence, Frequency, LinkedRow
from sync_core.suggestions.choosing import chosen
from sync_core.suggestions.contracts import ContractFinder
from sync_core.suggestions.records import Suggestion
from tests import builders
from tests.linking_fakes import linked_row

pytestmark = pytest.mark.unit

COMPANY, OTHER_COMPANY = 250, 251
START = date(2026, 1, 1)


def contract(name: str, frequency: Frequency | None = None, start: date | None = None) -> LinkedRow:
    evidence = ContractEvidence(frequency, start)
    return linked_row(MappingKind.BILLING_CONTRACT, builders.CONTRACT_ID, name=name, evidence=evidence)


def agreement(
    psa_id: int,
    name: str,
    cycle: str | None = None,
    start: date | None = None,
    *,
    one_time: bool = False,
    company: int = COMPANY,
) -> AgreementCandidate:
    return AgreementCandidate(psa_id, name, company, cycle, one_time, start)


def suggested(
    row: LinkedRow, *agreements: AgreementCandidate, company: int | None = COMPANY, taken: int | None = None
) -> Suggestion | None:
    return chosen(ContractFinder(agreements).scored(row, company, lambda psa_id: psa_id != taken))


def test_everything_agrees() -> None:
    row = contract("Contoso CSP", Frequency.MONTHLY, START)
    other = agreement(2, "Managed Services", "Yearly")
    assert suggested(row, other, agreement(1, "Contoso CSP", "Monthly", START)) == Suggestion(
        1,
        "Contoso CSP",
        None,
        95,
        ("The same name", "Both are billed Monthly", "Both start on 2026-01-01"),
        None,
        [],
    )


def test_without_a_mapped_account_nothing_is_suggested() -> None:
    assert suggested(contract("Contoso CSP"), agreement(1, "Contoso CSP"), company=None) is None


def test_agreements_of_other_companies_are_no_candidates() -> None:
    assert suggested(contract("Contoso CSP"), agreement(1, "Contoso CSP", company=OTHER_COMPANY)) is None


def test_the_only_agreement_is_found_under_another_name_when_cycle_and_start_agree() -> None:
    row = contract("BC-1827", Frequency.MONTHLY, START)
    found = suggested(row, agreement(1, "Managed Services", "Monthly Billing", START))
    assert found is not None
    assert found.score == 60
    assert found.reasons == (
        "The only agreement of this company that can be mapped",
        "Both are billed Monthly Billing",
        "Both start on 2026-01-01",
    )
    assert suggested(contract("BC-1827", Frequency.MONTHLY), agreement(1, "Managed Services", "Monthly")) is None


@pytest.mark.parametrize(
    ("frequency", "cycle", "one_time", "score", "reason"),
    [
        (Frequency.MONTHLY, "Monthly", False, 80, "Both are billed Monthly"),
        (Frequency.QUARTERLY, "Quarterly", False, 80, "Both are billed Quarterly"),
        (Frequency.ANNUAL, "Yearly", False, 80, "Both are billed Yearly"),
        (Frequency.ONE_TIME, None, True, 80, "Both are one-time"),
        (Frequency.MONTHLY, "Weekly", False, 65, None),
        (None, "Monthly", False, 65, None),
    ],
)
def test_the_cycle(
    frequency: Frequency | None, cycle: str | None, one_time: bool, score: int, reason: str | None
) -> None:
    others = agreement(2, "Elsewhere")
    found = suggested(contract("Contoso", frequency), agreement(1, "Contoso", cycle, one_time=one_time), others)
    assert found is not None
    assert (found.score, found.reasons) == (score, ("The same name", reason) if reason else ("The same name",))


def test_another_cycle_and_one_time_against_recurring_lower() -> None:
    row = contract("Contoso CSP", Frequency.MONTHLY)
    only = suggested(row, agreement(1, "Contoso CSP", "Yearly"))
    assert only is not None
    assert (only.score, only.reasons[2]) == (80, "Another billing cycle in ConnectWise: Yearly")
    one_time = suggested(row, agreement(1, "Contoso CSP", one_time=True))
    assert one_time is not None
    assert (one_time.score, one_time.reasons[2]) == (70, "Only one of the two is one-time")


def test_start_dates_near_each_other() -> None:
    row = contract("Contoso CSP", start=START)
    found = suggested(row, agreement(1, "Contoso CSP", start=date(2026, 1, 15)), agreement(2, "Other"))
    assert found is not None
    assert (found.score, found.reasons[1]) == (72, "Start dates are 14 days apart")


def test_the_same_name_twice_says_what_tells_them_apart() -> None:
    row = contract("Contoso CSP", Frequency.MONTHLY)
    found = suggested(
        row, agreement(1, "Contoso CSP", "Monthly", START), agreement(2, "Contoso CSP", one_time=True), company=COMPANY
    )
    assert found is not None
    assert found.ambiguous is None, "the one-time agreement is below what is suggested at all"
    both = suggested(
        contract("Contoso CSP"), agreement(1, "Contoso CSP", "Monthly", START), agreement(2, "Contoso CSP")
    )
    assert both is not None
    assert both.ambiguous == (
        'ConnectWise has 2 records that are called "Contoso CSP": id 1 billed Monthly from 2026-01-01, id 2; '
        "choose the right one."
    )


def test_what_is_mapped_already_is_left_out() -> None:
    assert suggested(contract("Contoso CSP"), agreement(1, "Contoso CSP"), taken=1) is None


@pytest.mark.parametrize("name", ["BC-1814 Cloud", "Cloud subscriptions BC-1814", "bc 1814 (CSP)"])
def test_an_agreement_whose_name_holds_the_contracts_number_is_found_among_several(name: str) -> None:
    found = suggested(contract("BC-1814"), agreement(1, "Managed Services"), agreement(2, name))
    assert found is not None
    assert (found.psa_id, found.score, found.reasons) == (2, 62, ("Its name holds BC-1814",))


def test_another_number_is_another_contract() -> None:
    row = contract("BC-1814")
    assert suggested(row, agreement(1, "Managed Services"), agreement(2, "Cloud BC-18140")) is None


def test_being_the_only_agreement_is_never_a_sure_match() -> None:
    found = suggested(contract("BC-1807", Frequency.MONTHLY, START), agreement(1, "Managed Services", "Monthly", START))
    assert found is not None
    assert found.score == 60
    assert found.ambiguous == (
        "It is the company's only agreement, and its name says nothing about the contract; check that it is meant."
    )
