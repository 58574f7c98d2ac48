"""Writing to the emulated tenant: what is stored, what is refused, and what nobody can know."""

import time
import traceback
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from connectwise.errors import (
    AnswerNotUnderstood,
    Conflict,
    ConnectWiseError,
    DuplicateRecord,
    NoAnswer,
    RateLimited,
    RequestInvalid,
    ServerFault,
)
from connectwise.patch import removed, replaced
from tests.contract.connectwise.target import ADDITIONS, addition
from transport import RateLimiter, Repeats, Timeouts

ALWAYS = float("inf")


def post_error(target, marker="m1", **options) -> ConnectWiseError:
    with pytest.raises(ConnectWiseError) as caught:
        target.tenant(**options).create_addition(412, addition(marker), send_before=ALWAYS)
    return caught.value


def posts(target):
    return target.calls("POST /finance/agreements/{id}/additions")


def test_an_addition_is_stored_with_the_digits_that_were_sent(target):
    tenant = target.tenant()
    created = tenant.create_addition(412, addition("m1"), send_before=ALWAYS)
    assert (created.quantity, created.unit_price, created.unit_cost) == (
        Decimal("1.5"),
        Decimal("-12.345"),
        Decimal("10.1"),
    )
    assert created.invoice_description == 'Sample "365" | second \\ line'
    assert created.effective_date is not None
    assert created.effective_date.isoformat() == "2025-08-01T00:00:00+00:00"
    assert list(tenant.additions(412)) == [created]


def test_a_line_costs_one_request(target):
    tenant = target.tenant()
    for number in range(10):
        tenant.create_addition(412, addition(f"m{number}"), send_before=ALWAYS)
    assert target.total() == 11  # and companyinfo


def test_threads_post_side_by_side(target):
    tenant = target.tenant()
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda n: tenant.create_addition(412, addition(f"m{n}"), send_before=ALWAYS).id, range(40)))
    assert len(set(ids)) == 40
    assert len(set(target.markers())) == 40


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product_id": 4711}, "product"),
        ({"serial_number": "x" * 51}, "serialNumber"),
        ({"invoice_description": "x" * 6001}, "invoiceDescription"),
    ],
)
def test_a_refusal_names_every_member(target, changes, field):
    with pytest.raises(RequestInvalid) as caught:
        target.tenant().create_addition(412, addition("m1", **changes), send_before=ALWAYS)
    assert any((error.field or "").startswith(field) for error in caught.value.field_errors)
    assert all(error.message for error in caught.value.field_errors)
    assert target.markers() == []


def test_an_effective_date_before_billing_starts_is_refused_with_the_vendors_sentence(target):
    early = addition("m1", effective_date=addition("m1").effective_date.replace(year=2024), cancelled_date=None)
    with pytest.raises(RequestInvalid) as caught:
        target.tenant().create_addition(412, early, send_before=ALWAYS)
    assert "billing start date" in caught.value.field_errors[0].message


def test_a_duplicate_is_told_apart_from_other_refusals(target):
    item = {
        "identifier": "CFQ7TTC0LFLX:0001-M",
        "description": "again",
        "customerDescription": "again",
        "subcategory": {"id": 17},
        "type": {"id": 3},
    }
    with pytest.raises(DuplicateRecord):
        target.client().create("/procurement/catalog", item)


def test_a_value_of_a_wrong_type_is_permanent_although_it_is_a_500(target):
    body = {"product": {"id": 990}, "billCustomer": "Billable", "quantity": "many"}
    with pytest.raises(RequestInvalid) as caught:
        target.client().create(ADDITIONS, body)
    assert caught.value.status == 500


@pytest.mark.parametrize(
    ("fault", "error", "delivery", "stored"),
    [
        ({"kind": "drop_before"}, NoAnswer, "maybe_sent", 0),
        ({"kind": "drop_after_commit"}, NoAnswer, "maybe_sent", 1),
        ({"kind": "truncate"}, AnswerNotUnderstood, "answered", 1),
        ({"kind": "status", "status": 500}, ServerFault, "answered", 0),
        ({"kind": "status", "status": 503, "retry_after": 1}, ServerFault, "answered", 0),
        ({"kind": "html", "status": 502}, ServerFault, "answered", 0),
        ({"kind": "html", "status": 403}, ServerFault, "answered", 0),
        ({"kind": "status", "status": 409}, Conflict, "answered", 0),
    ],
    ids=lambda value: f"{value['kind']} {value.get('status', '')}" if isinstance(value, dict) else None,
)
def test_a_post_with_a_doubtful_outcome_is_sent_once_and_told_by_its_type(target, fault, error, delivery, stored):
    target.fault(**fault)
    found = post_error(target)
    assert type(found) is error
    assert found.delivery == delivery
    assert posts(target) == 1
    assert len(target.markers()) == stored


def test_a_post_that_times_out_may_be_carried_out_later(target):
    target.fault("delay", delay_ms=600)
    found = post_error(target, transport=target.transport(timeouts=Timeouts(connect=2, read=0.2)))
    assert (type(found), found.delivery) == (NoAnswer, "maybe_sent")
    deadline = time.monotonic() + 5
    while not target.markers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert target.markers() == ["m1"]


def test_a_post_that_commits_late_is_not_repeated(target):
    target.fault("commit_late", delay_ms=100)
    assert post_error(target).delivery == "maybe_sent"
    deadline = time.monotonic() + 5
    while not target.markers() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert target.markers() == ["m1"]


def test_a_post_is_repeated_after_429_because_it_was_not_carried_out(target):
    target.fault("rate_limit", retry_after=0, times=2)
    target.tenant().create_addition(412, addition("m1"), send_before=ALWAYS)
    assert target.markers() == ["m1"]
    assert posts(target) == 3


def test_a_long_wait_is_handed_to_the_caller_and_kept_by_everybody(target):
    target.fault("rate_limit", retry_after=30)
    transport = target.transport(limiter=RateLimiter(requests_per_minute=100_000, in_flight=8))
    first = post_error(target, transport=transport)
    second = post_error(target, transport=transport)
    assert (type(first), first.delivery, first.retry_after) == (RateLimited, "answered", 30.0)
    assert (type(second), second.delivery) == (RateLimited, "not_sent")
    assert second.retry_after == pytest.approx(30, abs=2)
    assert posts(target) == 1


def test_nothing_is_sent_after_the_send_window(target):
    tenant = target.tenant()
    tenant.billing_cycles()
    with pytest.raises(NoAnswer) as caught:
        tenant.create_addition(412, addition("m1"), send_before=time.monotonic() - 0.001)
    assert caught.value.delivery == "not_sent"
    assert posts(target) == 0


def test_an_emulator_that_is_gone_was_sent_nothing(target):
    found = post_error(target, site_url="http://127.0.0.1:1", transport=target.transport(repeats=Repeats(attempts=2)))
    assert (type(found), found.delivery, found.path) == (NoAnswer, "not_sent", "/login/companyinfo/contoso")


@pytest.mark.parametrize("fault", [{"kind": "drop_before"}, {"kind": "status", "status": 500}, {"kind": "truncate"}])
def test_not_even_the_variables_of_a_traceback_show_the_keys(target, fault):
    target.fault(**fault)
    found = post_error(target)
    shown = "".join(traceback.TracebackException.from_exception(found, capture_locals=True).format())
    assert "_send" in shown or "_success" in shown or "_json_of" in shown
    token = b64encode(b"contoso+emulator-public:emulator-private").decode()
    for secret in (token, "emulator-private", "0f0f0f0f-0000"):
        assert secret not in shown


def test_a_patch_changes_a_member_and_shows_it(target):
    client = target.client()
    record = client.patch("/finance/agreements/412", [replaced("name", "Renamed"), replaced("company", {"id": 250})])
    assert record["name"] == "Renamed"
    client.patch("/finance/agreements/412", [replaced("workOrder", "wo-1")])
    record = client.patch("/finance/agreements/412", [removed("workOrder")])
    assert "workOrder" not in record


def test_a_patch_is_not_repeated_after_a_conflict(target):
    target.fault("status", method="PATCH", path="agreements/412", status=409)
    with pytest.raises(Conflict) as caught:
        target.client().patch("/finance/agreements/412", [replaced("name", "Renamed")])
    assert caught.value.is_write
