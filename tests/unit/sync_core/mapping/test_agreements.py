"""A billing contract becomes an agreement without proration, found again by its marker."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectwise.directory.records import ContactId
from connectwise.records import BillingCycle, BillingCycleId, CompanyId
from dataverse.psasync.records import SourceId
from sync_core.connectors.properties import Picked
from sync_core.mapping.agreements import agreement_from_billing_contract, agreement_marker
from sync_core.prerequisites import Prerequisite
from tests.unit.sync_core.mapping.samples import (
    GUIDS,
    ID,
    PROPERTIES,
    TEXTS,
    are_sentences,
    blocked,
    contract,
    made,
    properties,
    units,
)

pytestmark = pytest.mark.unit

YEARLY = Picked(id=5, name="Yearly")


def outcome_of(changes: dict[str, Any] | None = None, *, one_time: bool | None = None, **options: Any) -> Any:
    configured = {name: options.pop(name) for name in list(options) if name not in {"billing_cycle_row", "today"}}
    return agreement_from_billing_contract(
        contract(**(changes or {})),
        properties(**configured),
        company_id=CompanyId(250),
        contact_id=ContactId(3105),
        one_time=one_time,
        billing_cycle=options.get("billing_cycle_row"),
        today=options.get("today"),
    )


def agreement(changes: dict[str, Any] | None = None, **options: Any) -> Any:
    return made(outcome_of(changes, **options)).record


def test_every_member_comes_from_the_contract_or_the_connector() -> None:
    outcome = made(outcome_of())
    record = outcome.record
    assert outcome.warnings == ()
    assert (record.name, record.type_id, record.company_id, record.contact_id) == ("BC-1001", 12, 250, 3105)
    assert (record.start_date, record.end_date) == (date(2026, 1, 1), None)
    assert (record.billing_cycle_id, record.is_one_time) == (2, False)
    assert (record.employee_comp_rate, record.employee_comp_not_exceed) == ("Actual", "Billing")
    assert (record.invoicing_cycle, record.bill_products) == ("ContractYear", "Billable")
    assert (record.bill_time, record.bill_expenses) == ("NoDefault", "NoDefault")
    assert (record.work_order, record.currency) == (agreement_marker(ID), "USD")


@pytest.mark.parametrize(
    ("choice", "property_", "recurring", "expected"),
    [
        (None, False, True, False),
        (None, False, None, False),
        (None, False, False, True),
        (None, True, True, True),
        (True, False, True, True),
        (False, True, False, False),
    ],
)
def test_the_person_decides_then_the_connector_then_the_contract(
    choice: bool | None, property_: bool, recurring: bool | None, expected: bool
) -> None:
    record = agreement({"is_recurring": recurring}, one_time=choice, one_time_agreements=property_)
    assert record.is_one_time is expected
    assert record.billing_cycle_id == (None if expected else 2)


def test_a_connector_without_an_agreement_type_comes_first() -> None:
    outcome = blocked(outcome_of(agreement_type=None))
    assert outcome.message == (
        'The connector lacks the property "Agreement type", which ConnectWise needs for an agreement; '
        "choose it and save again."
    )
    assert outcome.prerequisite == Prerequisite("connector", None, None)


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        (
            {"start_date": None},
            "contract_without_start_date",
            (
                'The billing contract "BC-1001" has no start date, and ConnectWise refuses charges before an agreement '
                "starts; enter one in Work 365 and save again."
            ),
        ),
        (
            {"end_date": date(2025, 12, 31)},
            "contract_ends_before_start",
            (
                'The billing contract "BC-1001" ends on 2025-12-31, before its start on 2026-01-01; '
                "correct its dates in Work 365 and save again."
            ),
        ),
    ],
)
def test_a_contract_without_a_sound_term_is_blocked(changes: dict[str, Any], code: str, sentence: str) -> None:
    outcome = blocked(outcome_of(changes))
    assert (outcome.code, outcome.message, outcome.prerequisite) == (code, sentence, None)


def test_a_contract_that_has_ended_is_made_and_said() -> None:
    ended = {"end_date": date(2026, 6, 30)}
    assert made(outcome_of(ended, today=date(2026, 7, 1))).warnings == (
        "The billing contract ended on 2026-06-30; later charges are not pushed to its agreement.",
    )
    assert made(outcome_of(ended, today=date(2026, 6, 30))).warnings == ()
    assert agreement(ended).end_date == date(2026, 6, 30)


def test_a_cycle_that_holds_charges_back_is_said() -> None:
    (warning,) = made(outcome_of(billing_cycle=YEARLY)).warnings
    assert warning == (
        "The agreement is invoiced Yearly, so a charge can wait for months; "
        "a monthly or a one-time agreement bills it sooner."
    )
    assert made(outcome_of(one_time=True, billing_cycle=YEARLY)).warnings == ()


def test_the_recurrence_counts_and_not_what_staff_call_the_cycle() -> None:
    renamed = BillingCycle(id=BillingCycleId(5), name="Every month", billing_options="SemiAnnual")
    (warning,) = made(outcome_of(billing_cycle=Picked(id=5, name="Every month"), billing_cycle_row=renamed)).warnings
    assert "is invoiced Every month" in warning


def test_a_connector_without_a_cycle_leaves_it_to_the_type() -> None:
    outcome = made(outcome_of(billing_cycle=None))
    assert outcome.record.billing_cycle_id is None
    assert outcome.warnings == (
        "The connector names no billing cycle; the agreement gets that of its type in ConnectWise.",
    )


@given(TEXTS)
def test_a_name_always_fits_and_is_never_empty(name: str) -> None:
    outcome = made(outcome_of({"name": name}))
    assert 0 < units(outcome.record.name) <= 100
    assert outcome == outcome_of({"name": name})
    assert are_sentences(outcome.warnings)


@given(st.sets(GUIDS, min_size=2, max_size=50))
def test_markers_of_different_contracts_differ_and_fit(guids: set[SourceId]) -> None:
    markers = {agreement_marker(guid) for guid in guids}
    assert len(markers) == len(guids)
    assert all(len(marker) == 20 and marker.startswith("P365-") for marker in markers)


def test_a_marker_does_not_depend_on_how_the_id_is_written() -> None:
    assert agreement_marker(ID) == agreement_marker(ID.upper()) == "P365-" + agreement_marker(ID)[5:]
    assert PROPERTIES.one_time_agreements is False
