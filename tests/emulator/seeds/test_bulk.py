"""Many simple lines: all pushable, evenly spread, found again by number, and quick to make."""

from collections import Counter

import pytest

from emulators.seeds import bulk
from emulators.seeds.currencies import JPY, USD, SeedCurrency
from sync_core.policies import ConnectorPolicies
from sync_core.push.prechecks import objection_to, warnings_about
from tests.emulator.seeds.seed_facts import SeedReader, target


@pytest.mark.parametrize("currency", [USD, JPY])
def test_every_line_can_be_pushed_without_a_warning(currency: SeedCurrency) -> None:
    seed = bulk.build(50, 4, invoices=6, products=3, currency=currency)
    facts = list(SeedReader(seed, ConnectorPolicies()).facts())
    assert len(facts) == 50
    assert {objection_to(each, asked_for_line=False) for each in facts} == {None}
    assert {warnings_about(each) for each in facts} == {()}


def test_lines_are_spread_over_invoices_and_agreements() -> None:
    seed = bulk.build(1_000, 20, invoices=40)
    facts = list(SeedReader(seed, ConnectorPolicies()).facts())
    assert set(Counter(each.invoice.id for each in facts).values()) == {25}
    assert set(Counter(each.agreement.id for each in facts if each.agreement).values()) == {50}
    assert len({each.agreement.company.id for each in facts if each.agreement}) == 20


def test_rows_are_found_by_their_number() -> None:
    rows = bulk.build(10, 3)["dataverse"]
    assert [row["invoicedetailid"] for row in rows["invoicedetails"]] == [bulk.line_id(n) for n in range(10)]
    assert [row["invoiceid"] for row in rows["invoices"]] == [bulk.invoice_id(n) for n in range(3)]
    assert target(rows["invoicedetails"][4], "invoiceid") == bulk.invoice_id(1)
    assert bulk.build(10, 3)["connectwise"]["/finance/agreements"][2]["id"] == bulk.agreement_id(2)


def test_the_totals_of_each_invoice_are_those_of_its_lines() -> None:
    rows = bulk.build(100, 3)["dataverse"]
    for invoice in rows["invoices"]:
        own = [line for line in rows["invoicedetails"] if target(line, "invoiceid") == invoice["invoiceid"]]
        assert invoice["totallineitemamount"] == sum(line["baseamount"] for line in own)


def test_each_build_is_the_same() -> None:
    assert bulk.build(30, 2) == bulk.build(30, 2)


@pytest.mark.parametrize(
    "numbers",
    [
        {"lines": -1, "agreements": 1},
        {"lines": 1, "agreements": 0},
        {"lines": 1, "agreements": 1, "products": 0},
        {"lines": 1, "agreements": 3, "invoices": 2},
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one agreement"):
        bulk.build(**numbers)  # type: ignore[arg-type]


def test_ten_thousand_lines_are_made_at_once() -> None:
    seed = bulk.build(10_000, 200)
    ids = {row["invoicedetailid"] for row in seed["dataverse"]["invoicedetails"]}
    assert len(ids) == 10_000
