"""What the demo chooses, counts and calls right, without anything running."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tools.demo import __main__ as demo
from tools.demo.month import Month
from tools.demo.report import report_on
from tools.demo.rows import Choice, Planned
from tools.demo.spending import spending_table
from tools.demo.systems import Invoice, Line
from tools.demo.tabs import TABS, TabReport
from tools.demo.upstream import Requests, Spent

SUGGESTION = {"psa_id": 250, "name": "Fabrikam Incorporated", "identifier": "FABRIKAM", "score": 100, "ambiguous": None}


def month(*, is_right: bool = True) -> Month:
    return Month(lines=1245, created=1178, is_right=is_right, spent=spent(1178, 75, 92))


def spent(writes: int, reads: int, dataverse: int) -> Spent:
    connectwise = Requests(Counter({"POST /company/companies": writes, "GET /company/companies": reads}))
    return Spent(connectwise, Requests(Counter({"POST /api/data/v9.2/$batch": dataverse})))


def report(tab: int, *, rows: int, mapped: int, writes: int = 0) -> TabReport:
    return TabReport(TABS[tab], rows, mapped, Counter(created=mapped), spent(writes, 2, 19))


@pytest.mark.parametrize(
    ("suggestion", "wish"),
    [
        (None, {"id": "row", "action": "create"}),
        (SUGGESTION, {"id": "row", "action": "map", "psa_id": 250}),
        (SUGGESTION | {"score": 69}, {"id": "row", "action": "create"}),
        (SUGGESTION | {"ambiguous": "There are two."}, {"id": "row", "action": "create"}),
    ],
)
def test_only_a_suggestion_that_leaves_no_doubt_is_mapped(
    suggestion: dict[str, Any] | None, wish: dict[str, Any]
) -> None:
    assert Choice("row", "Fabrikam, Inc.", suggestion).wish == wish


def test_what_may_have_been_made_before_is_looked_up_by_add_new() -> None:
    assert Choice("row", "Fabrikam, Inc.", SUGGESTION, must_look_up=True).wish["action"] == "create"


def test_save_carries_what_the_preview_showed() -> None:
    planned = Planned(Choice("row", "Fabrikam, Inc.", SUGGESTION), {"action": "map", "previewed": "psa_id:12ab"})
    assert planned.is_allowed
    assert planned.wish_as_previewed == planned.choice.wish | {"previewed": "psa_id:12ab"}


def test_looking_at_a_job_is_no_request_of_the_job() -> None:
    mine = spent(20, 5, 30)
    mine.take_off(spent(0, 1, 2), times=4)
    assert (mine.connectwise.writes, mine.connectwise.reads, mine.dataverse.total) == (20, 1, 22)


def test_too_many_requests_are_marked() -> None:
    within = spending_table([report(1, rows=40, mapped=32, writes=96)], month())
    beyond = spending_table([report(1, rows=40, mapped=32, writes=97)], month())
    assert "too many" not in within
    assert [line for line in beyond.splitlines() if "too many" in line] == [
        line for line in beyond.splitlines() if line.startswith("Customers")
    ]


def test_a_tab_on_which_nothing_was_saved_is_left_out() -> None:
    shown = spending_table([TabReport(TABS[0], rows=25, mapped=25)], month())
    assert not [line for line in shown.splitlines() if line.startswith("Products")]


@pytest.mark.parametrize(
    ("mapped", "money_is_right", "is_right"), [(40, True, True), (39, True, False), (40, False, False)]
)
def test_the_exit_code_tells_of_wrong_money_and_of_what_is_not_mapped(
    monkeypatch: pytest.MonkeyPatch, mapped: int, money_is_right: bool, is_right: bool
) -> None:
    for name in ("App", "Clerk", "ConnectWise", "Dataverse", "Upstream", "set_up_connector"):
        monkeypatch.setattr(demo, name, lambda *_: None)
    monkeypatch.setattr(demo, "join_tab", lambda *_: report(1, rows=40, mapped=mapped))
    monkeypatch.setattr(demo, "push_month", lambda *_: month(is_right=money_is_right))
    assert demo.show_all({}) is is_right


def test_a_line_that_is_twice_in_connectwise_is_not_right() -> None:
    invoices = {"invoice": Invoice("invoice", "INV-1", "USD", 2)}
    lines = [Line("line", "invoice", Decimal("12.00"))]
    items = [{"id": "line", "outcome": "created", "code": None}]
    (right,) = report_on(invoices, lines, items, {"line": [Decimal("12.00")]})
    (twice,) = report_on(invoices, lines, items, {"line": [Decimal("12.00"), Decimal("12.00")]})
    assert (right.is_right, twice.is_right) == (True, False)
