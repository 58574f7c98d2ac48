"""Reading from the emulated tenant: routes, paging, conditions, answers of every shape."""

import pytest

from connectwise.conditions import all_of, compare, contains, one_of
from connectwise.endpoints import AGREEMENTS, CATALOG
from connectwise.errors import CredentialsRefused, PermissionDenied, RecordNotFound, RequestInvalid, RouteInvalid
from connectwise.queries import Query
from tests.contract.connectwise.target import ADDITIONS, addition

ODD_TEXTS = [
    "plain",
    'say "hello"',
    "back\\slash",
    '\\"',
    '"',
    "\\",
    "O'Neill & Söhne + Co. 100%",
    "a and b) or (1 = 1",
    '" or name != "',
    "comma, semicolon; colon: #hash?",
    "tab\there",
    "[2025-01-01T00:00:00Z]",
    "null",
    "東京 😀",
    "*star*",
    "under_score",
    "under-score",
]


def test_a_run_reads_little(target):
    tenant = target.tenant()
    assert set(tenant.agreements([412, 413, 999])) == {412, 413}
    assert set(tenant.catalog_items([990, 993])) == {990, 993}
    assert tenant.billing_cycles()[2].billing_options == "Monthly"
    tenant.billing_cycles()
    assert list(tenant.additions(412)) == []
    assert target.total() == 5  # companyinfo and one for each


def test_agreements_come_with_all_that_the_prechecks_need(target):
    agreement = target.tenant().agreements([412])[412]
    assert (agreement.name, agreement.company.id, agreement.company.name) == ("Cloud 0", 250, "Fabrikam Sample GmbH")
    assert agreement.billing_cycle is not None
    assert (agreement.billing_cycle.id, agreement.billing_cycle.name) == (2, "Monthly")
    assert (agreement.prorate_flag, agreement.cancelled_flag, agreement.no_ending_date_flag) == (False, False, True)
    assert agreement.agreement_status == "Active"
    assert agreement.bill_start_date is not None
    assert agreement.bill_start_date.isoformat() == "2025-07-01T00:00:00+00:00"


def test_members_that_nobody_knows_are_ignored(target):
    target.control("POST", "switches", {"extra_members": True})
    assert target.tenant().agreements([412])[412].id == 412


def test_hundreds_of_ids_are_found_in_a_few_requests(target):
    rows = [
        {"id": 5000 + n, "name": f"A{n}", "type": {"id": 12}, "company": {"id": 250}, "contact": {"id": 3105}}
        for n in range(600)
    ]
    target.control("POST", "seed", {AGREEMENTS: rows})
    target.control("DELETE", "requests")
    found = target.tenant().agreements([*range(4900, 5600), 10**9])
    assert set(found) == set(range(5000, 5600))
    assert target.calls("GET /finance/agreements") <= 5


def test_forward_only_reading_pages_through_a_list_that_grows(target):
    tenant, client = target.tenant(), target.client()
    for number in range(7):
        tenant.create_addition(412, addition(f"m{number}"), send_before=float("inf"))
    rows = client.rows(ADDITIONS, Query(fields=["id", "serialNumber"]), page_size=3)
    seen = [next(rows)["serialNumber"] for _ in range(3)]
    tenant.create_addition(412, addition("late"), send_before=float("inf"))
    seen += [row["serialNumber"] for row in rows]
    assert seen == [f"m{number}" for number in range(7)] + ["late"]


def test_numbered_pages_go_in_the_order_asked_for(target):
    query = Query(fields=["id", "identifier"], order_by="identifier desc")
    first, second = (target.client().page(CATALOG, query, number=number, page_size=3) for number in (1, 2))
    assert [row["id"] for row in first.rows + second.rows] == [993, 992, 991, 990]
    assert (first.has_next, second.has_next) == (True, False)


@pytest.fixture
def odd_companies(target):
    rows = [{"id": 9000 + n, "identifier": f"ODD{n}", "name": text} for n, text in enumerate(ODD_TEXTS)]
    target.control("POST", "seed", {"/company/companies": rows})
    return {9000 + n: text for n, text in enumerate(ODD_TEXTS)}


def test_every_text_finds_itself_and_nothing_else(target, odd_companies):
    client = target.client()
    for company_id, text in odd_companies.items():
        query = Query(conditions=compare("name", "=", text), fields=["id"])
        assert [row["id"] for row in client.rows("/company/companies", query)] == [company_id], text
    listed = Query(conditions=one_of("name", list(odd_companies.values())), fields=["id"])
    assert [row["id"] for row in client.rows("/company/companies", listed)] == list(odd_companies)


def test_every_text_is_among_what_contains_finds(target, odd_companies):
    client = target.client()
    for company_id, text in odd_companies.items():
        condition = all_of(contains("name", text), compare("id", ">=", 9000))
        found = [row["id"] for row in client.rows("/company/companies", Query(conditions=condition, fields=["id"]))]
        assert company_id in found, text


def test_an_unknown_name_in_a_condition_is_permanent(target):
    with pytest.raises(RequestInvalid) as caught:
        list(target.client().rows(AGREEMENTS, Query(conditions=compare("assignedTo/id", "=", 5))))
    assert (caught.value.status, caught.value.code) == (400, "ApiFindCondition")


def test_a_record_that_is_gone_is_not_found(target):
    with pytest.raises(RecordNotFound) as caught:
        target.tenant().additions(4711)
    assert (caught.value.status, caught.value.code) == (404, "NotFound")
    assert target.calls("GET /finance/agreements/{id}/additions") == 1


@pytest.mark.parametrize("page", [False, True])
def test_wrong_keys_are_refused_whether_by_401_or_by_a_page(target, page):
    target.control("POST", "switches", {"wrong_key_html_404": page})
    with pytest.raises(CredentialsRefused) as caught:
        target.tenant(private_key="wrong").additions(412)
    assert caught.value.status == (404 if page else 401)
    assert "wrong" not in str(caught.value)


def test_a_page_instead_of_a_record_is_no_reason_to_stop_the_run(target):
    target.fault("html", method="GET", status=404)
    with pytest.raises(RecordNotFound):
        target.tenant().additions(412)


def test_a_role_without_the_permission_is_told_apart_from_wrong_keys(target):
    target.fault("status", method="GET", status=403)
    with pytest.raises(PermissionDenied):
        target.tenant().additions(412)


def test_an_unknown_company_is_a_wrong_route(target):
    with pytest.raises(RouteInvalid, match="does not know this login company"):
        target.client(company="nobody").record("/system/info")


def test_a_redirect_is_a_wrong_route_and_is_not_followed(target):
    target.fault("status", method="GET", status=302)
    with pytest.raises(RouteInvalid, match="redirect"):
        target.tenant().additions(412)
    assert target.total() == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 500},
        {"kind": "html", "status": 502},
        {"kind": "drop_before"},
        {"kind": "drop_after_commit"},
        {"kind": "truncate"},
        {"kind": "rate_limit", "retry_after": 0},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_a_read_gets_over_two_passing_faults(target, fault):
    target.fault(method="GET", times=2, **fault)
    assert list(target.tenant().additions(412)) == []
    assert target.calls("GET /finance/agreements/{id}/additions") == 3
