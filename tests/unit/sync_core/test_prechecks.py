"""Why a line is not pushed: each code with its very sentence, and which of two reasons a person is told."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from connectwise.records import CurrencyReference, Reference
from dataverse.psasync.records import MappingKind, MappingStatus
from sync_core.push.facts import LineFacts
from sync_core.push.prechecks import PRECHECK_CODES, objection_to, warnings_about
from tests.builders import (
    agreement,
    billing_contract,
    billing_cycle,
    catalog_item,
    currency,
    invoice,
    invoice_line,
    line_facts,
    mapping,
    policies,
    write_in_line,
)

ACCOUNT, PRODUCT, CONTRACT = MappingKind.ACCOUNT, MappingKind.PRODUCT, MappingKind.BILLING_CONTRACT


def objection(**facts: Any) -> tuple[str, str, str] | None:
    """Return code, sentence and outcome of the objection to a line with these facts."""
    found = objection_to(line_facts(**facts), asked_for_line=False)
    return None if found is None else (found.code, found.message, found.outcome)


def test_nothing_stands_against_a_line_that_is_all_right() -> None:
    assert objection() is None
    assert warnings_about(line_facts()) == ()


def mapped(kind: MappingKind = MappingKind.INVOICE_LINE, **members: Any) -> Any:
    return mapping(kind, **members)


# One row per reason: facts, code, sentence. The rows are in the order in which the reasons win over each other.
REASONS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"line_mapping": mapped(status=MappingStatus.MISSING_IN_PSA)},
        "missing_in_psa",
        (
            "Line 1 of invoice INV-1001 had an addition that was deleted in ConnectWise; "
            "select the line itself and push it again to create a new one."
        ),
    ),
    (
        {"line_mapping": mapped(pushed_amount="119.99")},
        "changed_after_sync",
        (
            "Line 1 of invoice INV-1001 was changed from 119.99 to 120.00 USD after it was pushed (addition 9001); "
            "correct the addition in ConnectWise, or change the line back."
        ),
    ),
    (
        {"line_mapping": mapped()},
        "already_synced",
        "Line 1 of invoice INV-1001 is in ConnectWise already (addition 9001); nothing needs to be done.",
    ),
    (
        {"invoice": invoice(state=2, status=100001)},
        "invoice_paid",
        "Invoice INV-1001 is paid; reactivate it in Work 365 to push its lines.",
    ),
    (
        {"invoice": invoice(state=3, status=100003)},
        "invoice_cancelled",
        "Invoice INV-1001 is cancelled; reactivate it in Work 365 to push its lines.",
    ),
    (
        {"invoice": invoice(state=1)},
        "invoice_closed",
        "Invoice INV-1001 is closed; reactivate it in Work 365 to push its lines.",
    ),
    (
        {"invoice": invoice(status=1), "policies": policies(pushable_invoice_statuses=(4, 5))},
        "invoice_status_not_allowed",
        (
            "Invoice INV-1001 has a status reason that the connector does not push; "
            "change the invoice's status reason, or the connector's policy."
        ),
    ),
    (
        {"invoice": invoice(invoice_date=None)},
        "invoice_without_date",
        "Invoice INV-1001 has no date; enter its billing date in Work 365.",
    ),
    (
        {"currency": None},
        "currency_unknown",
        (
            "The currency of invoice INV-1001 could not be read; "
            "make sure that the invoice has one and that you may read it."
        ),
    ),
    (
        {"billing_contract": None, "invoice": invoice(billing_contract_id=None)},
        "invoice_without_contract",
        "Invoice INV-1001 has no billing contract; choose one on the invoice in Work 365.",
    ),
    (
        {"billing_contract": None},
        "invoice_without_contract",
        "The billing contract of invoice INV-1001 could not be read; make sure that you may read it.",
    ),
    (
        {"line": invoice_line(product_type=2, price_per_unit=0)},
        "bundle_header",
        (
            "Line 1 of invoice INV-1001 is the heading of a bundle without an amount; "
            "push the lines of the bundle instead."
        ),
    ),
    (
        {"line": invoice_line(quantity=0, base_amount="25.00")},
        "zero_quantity_with_amount",
        (
            "Line 1 of invoice INV-1001 has quantity 0 and yet an amount of 25.00; "
            "correct its quantity or its amount in Work 365."
        ),
    ),
    (
        {"line": invoice_line(quantity=0)},
        "zero_quantity",
        "Line 1 of invoice INV-1001 has quantity 0, so there is nothing to bill.",
    ),
    (
        {"line": write_in_line(), "product_mapping": None},
        "write_in_without_product",
        (
            'The write-in line "Onboarding workshop" has no product; '
            "choose a fallback product on the connector, or give the line a product in Work 365."
        ),
    ),
    (
        {"product_mapping": None},
        "product_not_mapped",
        'The product "Microsoft 365 E3 - Monthly" is not mapped to a ConnectWise product; map it on the Products tab.',
    ),
    (
        {"account_mapping": None},
        "account_not_mapped",
        'The customer "Contoso Ltd" is not mapped to a ConnectWise company; map it on the Customers tab.',
    ),
    (
        {"contract_mapping": None},
        "contract_not_mapped",
        'The billing contract "BC-1827" is not mapped to a ConnectWise agreement; map it on the Agreements tab.',
    ),
    (
        {"agreement": None},
        "agreement_missing",
        "The agreement Contoso CSP was not found in ConnectWise; map the billing contract again on the Agreements tab.",
    ),
    (
        {"agreement": agreement(company=Reference(id=251, name="Fabrikam"))},
        "agreement_of_other_company",
        (
            'The agreement "Contoso CSP" belongs to Fabrikam, but the customer is mapped to Contoso; '
            "map the billing contract to an agreement of the customer's company on the Agreements tab."
        ),
    ),
    (
        {"agreement": agreement(currency=CurrencyReference(currency_code="EUR"))},
        "currency_differs",
        (
            'The invoice is in USD, but the agreement "Contoso CSP" is in EUR; '
            "map the billing contract to an agreement in USD."
        ),
    ),
    (
        {"agreement": agreement(cancelled_flag=True)},
        "agreement_cancelled",
        (
            'The agreement "Contoso CSP" is cancelled; '
            "map the billing contract to an active agreement on the Agreements tab."
        ),
    ),
    (
        {"agreement": agreement(agreement_status="Expired")},
        "agreement_expired",
        (
            'The agreement "Contoso CSP" is expired; '
            "map the billing contract to an active agreement on the Agreements tab."
        ),
    ),
    (
        {"agreement": agreement(date_cancelled=date(2026, 3, 1))},
        "agreement_cancelled",
        (
            'The agreement "Contoso CSP" is cancelled as of 2026-03-01, before the charge of 2026-03-02; '
            "map the billing contract to an active agreement on the Agreements tab."
        ),
    ),
    (
        {"agreement": agreement(no_ending_date_flag=False, end_date=date(2026, 3, 1))},
        "agreement_ended",
        (
            'The agreement "Contoso CSP" ends on 2026-03-01, before the charge of 2026-03-02; '
            "map the billing contract to an active agreement on the Agreements tab."
        ),
    ),
    (
        {"agreement": agreement(start_date=date(2026, 3, 3))},
        "agreement_not_started",
        (
            'The agreement "Contoso CSP" starts on 2026-03-03, after the charge of 2026-03-02; '
            "correct that date in ConnectWise, or map the billing contract to another agreement."
        ),
    ),
    (
        {"agreement": agreement(bill_start_date=date(2026, 3, 3))},
        "agreement_billing_not_started",
        (
            'The agreement "Contoso CSP" starts billing on 2026-03-03, after the charge of 2026-03-02; '
            "correct that date in ConnectWise, or map the billing contract to another agreement."
        ),
    ),
    (
        {"agreement": agreement(agreement_status="Inactive")},
        "agreement_inactive",
        (
            'The agreement "Contoso CSP" is inactive; '
            "map the billing contract to an active agreement on the Agreements tab."
        ),
    ),
    (
        {"agreement": agreement(prorate_flag=True)},
        "agreement_prorates",
        (
            'The agreement "Contoso CSP" prorates its additions, which would prorate this charge twice; '
            "switch proration off on the agreement in ConnectWise."
        ),
    ),
    (
        {"catalog_item": None},
        "catalog_item_missing",
        "The ConnectWise product with id 1040 was not found; map the product again on the Products tab.",
    ),
    (
        {"catalog_item": catalog_item(product_class="Bundle")},
        "catalog_item_is_bundle",
        (
            'The ConnectWise product "M365-E3-M" is a bundle, which cannot be an addition; '
            "map another product on the Products tab."
        ),
    ),
    (
        {"catalog_item": catalog_item(inactive_flag=True)},
        "catalog_item_inactive",
        'The ConnectWise product "M365-E3-M" is inactive; make it active there, or map another one.',
    ),
]


@pytest.mark.parametrize(("facts", "code", "sentence"), REASONS, ids=[row[1] for row in REASONS])
def test_each_reason_has_its_code_and_its_sentence(facts: dict[str, Any], code: str, sentence: str) -> None:
    # What a rule forbids is skipped; what ConnectWise no longer has could not be found, so it failed.
    outcome = "failed" if code in {"agreement_missing", "catalog_item_missing"} else "skipped"
    assert objection(**facts) == (code, sentence, outcome)


def test_every_code_is_in_the_table_and_every_code_of_the_table_is_used() -> None:
    assert {code for _, code, _ in REASONS} == set(PRECHECK_CODES)
    assert all(meaning.endswith(".") for meaning in PRECHECK_CODES.values())


def test_of_two_reasons_the_earlier_one_is_told() -> None:
    for (earlier, code, _), (later, _, _) in pairwise(REASONS):
        if not earlier.keys() & later.keys():
            found = objection(**(later | earlier))
            assert found is not None
            assert found[0] == code


# The line's own history


@pytest.mark.parametrize(
    "status",
    [
        MappingStatus.NOT_SYNCED,
        MappingStatus.PENDING,
        MappingStatus.SYNCING,
        MappingStatus.FAILED,
        MappingStatus.UNKNOWN,
        MappingStatus.SKIPPED,
    ],
)
def test_a_line_that_is_not_in_connectwise_may_be_pushed_whoever_tried_before(status: MappingStatus) -> None:
    assert objection(line_mapping=mapping(status=status, psa_id=None, pushed_amount=None)) is None


def test_a_deleted_addition_comes_back_when_the_line_itself_is_asked_for() -> None:
    facts = line_facts(line_mapping=mapping(status=MappingStatus.MISSING_IN_PSA))
    assert objection_to(facts, asked_for_line=True) is None


def test_asking_for_the_line_itself_lifts_no_other_objection() -> None:
    facts = line_facts(line_mapping=mapping(status=MappingStatus.MISSING_IN_PSA), product_mapping=None)
    found = objection_to(facts, asked_for_line=True)
    assert found is not None
    assert found.code == "product_not_mapped"


@pytest.mark.parametrize(
    ("status", "pushed_amount", "money", "code"),
    [
        (MappingStatus.SYNCED, "120.0000000000", currency(), "already_synced"),
        (MappingStatus.SYNCED, None, currency(), "already_synced"),
        (MappingStatus.SYNCED, "1.00", None, "already_synced"),
        (MappingStatus.SYNCED, "120.01", currency(), "changed_after_sync"),
        (MappingStatus.CHANGED_AFTER_SYNC, "120.00", currency(), "already_synced"),
        (MappingStatus.CHANGED_AFTER_SYNC, "120.01", currency(), "changed_after_sync"),
        (MappingStatus.CHANGED_AFTER_SYNC, None, currency(), "changed_after_sync"),
        (MappingStatus.CHANGED_AFTER_SYNC, "120.00", None, "changed_after_sync"),
    ],
)
def test_a_synced_line_is_changed_when_its_amount_is_not_what_was_pushed(
    status: MappingStatus, pushed_amount: str | None, money: Any, code: str
) -> None:
    found = objection(line_mapping=mapping(status=status, pushed_amount=pushed_amount), currency=money)
    assert found is not None
    assert found[0] == code


def test_a_change_is_told_without_amounts_and_addition_where_they_are_not_known() -> None:
    changed = mapping(status=MappingStatus.CHANGED_AFTER_SYNC, pushed_amount=None, psa_id=None)
    found = objection(line_mapping=changed, line=invoice_line(line_number=None))
    assert found is not None
    assert found[1] == (
        "A line of invoice INV-1001 was changed after it was pushed; "
        "correct the addition in ConnectWise, or change the line back."
    )


# Invoice and line


def test_any_status_reason_of_an_active_invoice_passes_unless_the_connector_names_some() -> None:
    assert objection(invoice=invoice(status=100002)) is None
    assert objection(invoice=invoice(status=4), policies=policies(pushable_invoice_statuses=(4,))) is None
    nothing_allowed = objection(invoice=invoice(status=4), policies=policies(pushable_invoice_statuses=()))
    assert nothing_allowed is not None
    assert nothing_allowed[0] == "invoice_status_not_allowed"


def test_an_invoice_whose_state_is_not_known_counts_as_closed() -> None:
    found = objection(invoice=invoice(state=9))
    assert found is not None
    assert found[0] == "invoice_closed"


def test_the_heading_of_a_bundle_that_has_an_amount_is_a_charge_like_any_other() -> None:
    assert objection(line=invoice_line(product_type=2)) is None


def test_an_ordinary_line_without_an_amount_stays_visible() -> None:
    assert objection(line=invoice_line(price_per_unit=0)) is None


def test_a_line_without_quantity_passes_where_the_connector_sends_it_as_no_charge() -> None:
    no_charge = policies(zero_quantity="no_charge")
    assert objection(line=invoice_line(quantity=0), policies=no_charge) is None
    with_amount = objection(line=invoice_line(quantity=0, base_amount="25.00"), policies=no_charge)
    assert with_amount is not None
    assert with_amount[0] == "zero_quantity_with_amount"


# Mappings


def test_a_write_in_line_passes_with_a_fallback_product() -> None:
    facts = {"line": write_in_line(), "product_mapping": None, "policies": policies(fallback_product_psa_id=77)}
    assert objection(**facts) is None
    missing = objection(**facts, catalog_item=None)
    assert missing is not None
    assert "with id 77 was not found" in missing[1]


def test_a_line_without_a_product_is_a_write_in_whatever_its_flag_says() -> None:
    line = invoice_line(
        product_id=None, is_write_in=False, product_name=None, subscription_name=None, product_description=None
    )
    found = objection(line=line, product_mapping=None)
    assert found is not None
    assert found[0] == "write_in_without_product"
    assert '"without a name"' in found[1]


@pytest.mark.parametrize(
    ("member", "kind", "code"),
    [
        ("product_mapping", PRODUCT, "product_not_mapped"),
        ("account_mapping", ACCOUNT, "account_not_mapped"),
        ("contract_mapping", CONTRACT, "contract_not_mapped"),
    ],
)
def test_a_mapping_is_usable_when_it_names_a_record_that_connectwise_has(
    member: str, kind: MappingKind, code: str
) -> None:
    for status in MappingStatus:
        found = objection(**{member: mapping(kind, status=status)})
        assert (found is None) == (status is not MappingStatus.MISSING_IN_PSA)
    without_record = objection(**{member: mapping(kind, psa_id=None)})
    assert without_record is not None
    assert without_record[0] == code


@pytest.mark.parametrize(
    ("contract", "sentence"),
    [
        (
            {"account_id": None},
            'The billing contract "BC-1827" has no customer; choose one on the contract in Work 365.',
        ),
        (
            {"account_name": None},
            'The customer of "BC-1827" is not mapped to a ConnectWise company; map it on the Customers tab.',
        ),
    ],
)
def test_a_customer_that_is_not_known_is_named_by_its_contract(contract: dict[str, Any], sentence: str) -> None:
    found = objection(billing_contract=billing_contract(**contract), account_mapping=None)
    assert found is not None
    assert found[1] == sentence


def test_a_product_without_a_name_is_named_by_the_line() -> None:
    found = objection(line=invoice_line(product_name=None, subscription_name="Azure plan"), product_mapping=None)
    assert found is not None
    assert found[1].startswith('The product "Azure plan" is not mapped')


# The agreement


def test_an_agreement_that_is_gone_is_named_by_its_id_where_no_name_is_known() -> None:
    found = objection(agreement=None, contract_mapping=mapping(CONTRACT, psa_name=None))
    assert found is not None
    assert found[1].startswith("The agreement with id 412 was not found")


def test_companies_without_names_are_still_told_apart() -> None:
    found = objection(agreement=agreement(company=Reference(id=251)), account_mapping=mapping(ACCOUNT, psa_name=None))
    assert found is not None
    assert "belongs to another company, but the customer is mapped to company 250" in found[1]


@pytest.mark.parametrize(
    "dates",
    [
        {"start_date": date(2026, 3, 2), "bill_start_date": date(2026, 3, 2)},
        {"start_date": None, "bill_start_date": None, "next_invoice_date": None},
        {"end_date": date(2026, 3, 2), "no_ending_date_flag": False},
        {"end_date": date(2026, 3, 1), "no_ending_date_flag": True},
        {"end_date": None, "no_ending_date_flag": False},
        {"date_cancelled": date(2026, 3, 2)},
    ],
)
def test_a_charge_on_the_first_or_last_day_of_an_agreement_passes(dates: dict[str, Any]) -> None:
    assert objection(agreement=agreement(**dates)) is None


def test_the_date_of_the_charge_decides_not_the_date_of_the_invoice() -> None:
    ended = agreement(no_ending_date_flag=False, end_date=date(2026, 3, 31), next_invoice_date=date(2026, 4, 1))
    assert objection(agreement=ended) is None
    found = objection(agreement=ended, policies=policies(date_policy="next_agreement_invoice"))
    assert found is not None
    assert found[0] == "agreement_ended"


def test_an_agreement_that_is_inactive_because_it_has_not_started_says_when_it_starts() -> None:
    found = objection(agreement=agreement(agreement_status="Inactive", start_date=date(2026, 4, 1)))
    assert found is not None
    assert found[0] == "agreement_not_started"


@pytest.mark.parametrize("agreement_status", [None, "Active", "Something new"])
def test_a_status_that_is_not_known_to_end_an_agreement_passes(agreement_status: str | None) -> None:
    assert objection(agreement=agreement(agreement_status=agreement_status)) is None


@pytest.mark.parametrize(
    ("members", "differs"),
    [
        ({"currency_code": "USD"}, False),
        ({"currency_code": "usd", "name": "EUR"}, False),
        ({"currency_identifier": "USD", "name": "US Dollars"}, False),
        ({"currency_code": "US$", "currency_identifier": "EUR"}, True),
        ({"name": "GBP"}, True),
        ({"id": 3, "name": "US Dollars"}, False),
    ],
)
def test_the_currency_of_an_agreement_is_found_in_any_member_that_may_hold_it(
    members: dict[str, Any], differs: bool
) -> None:
    found = objection(agreement=agreement(currency=CurrencyReference(**members)))
    assert (found is not None and found[0] == "currency_differs") == differs


def test_the_letter_case_of_the_invoices_currency_does_not_matter() -> None:
    assert objection(currency=currency("usd")) is None


# Warnings


def warnings(**facts: Any) -> tuple[str, ...]:
    return warnings_about(line_facts(**facts))


@pytest.mark.parametrize("options", ["BiMonthly", "Quarterly", "SemiAnnual", "Yearly"])
def test_a_cycle_longer_than_a_month_warns_and_blocks_nothing(options: str) -> None:
    cycle = billing_cycle(name="Slow", billing_options=options)
    assert objection(billing_cycle=cycle) is None
    assert warnings(billing_cycle=cycle) == (
        (
            'The agreement "Contoso CSP" is invoiced Slow, so this charge can wait for months; '
            "a monthly or a one-time agreement bills it sooner."
        ),
    )


@pytest.mark.parametrize("options", ["Weekly", "BiWeekly", "Monthly", "NotRecurring", None])
def test_shorter_cycles_do_not_warn(options: str | None) -> None:
    assert warnings(billing_cycle=billing_cycle(billing_options=options)) == ()


def test_the_cycle_of_a_one_time_agreement_or_none_at_all_does_not_warn() -> None:
    yearly = billing_cycle(billing_options="Yearly")
    assert warnings(billing_cycle=yearly, agreement=agreement(bill_one_time_flag=True)) == ()
    assert warnings(billing_cycle=None) == ()
    assert warnings(billing_cycle=yearly, agreement=None) == ()


@pytest.mark.parametrize("unknown", [None, CurrencyReference(id=3), CurrencyReference(name="US Dollars")])
def test_an_agreement_without_a_currency_warns_and_blocks_nothing(unknown: Any) -> None:
    facts = {"agreement": agreement(currency=unknown)}
    assert objection(**facts) is None
    assert warnings(**facts) == (
        (
            'The agreement "Contoso CSP" names no currency; '
            "make sure that ConnectWise bills it in USD, amounts are not converted."
        ),
    )
    assert warnings(**facts, currency=None) == ()


def test_amounts_of_the_invoice_header_are_told_because_they_are_not_pushed() -> None:
    header = invoice(discount_amount="5.00", discount_percentage="2.50", freight_amount="7")
    expected = tuple(
        f"Invoice INV-1001 has {what} that is not on its lines and is not pushed; "
        "enter it on the agreement in ConnectWise."
        for what in ("a discount of 5.00 USD", "a discount of 2.5 %", "freight of 7.00 USD")
    )
    assert warnings(invoice=header) == expected
    assert objection(invoice=header) is None


def test_header_amounts_are_told_even_without_a_currency() -> None:
    assert "a discount of 5 that" in warnings(invoice=invoice(discount_amount=5), currency=None)[0]


def test_the_checks_read_facts_and_change_none() -> None:
    facts: LineFacts = line_facts(line_mapping=mapping())
    before = repr(facts)
    objection_to(facts, asked_for_line=False)
    warnings_about(facts)
    assert repr(facts) == before
