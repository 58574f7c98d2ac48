"""Second act: products, customers and agreements are joined, tab by tab, by suggestion and by Add New."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from tools.demo.app import App
from tools.demo.completing import Clerk
from tools.demo.rows import Planned, chosen, planned_rows, show_plan
from tools.demo.saving import saved
from tools.demo.screen import say
from tools.demo.upstream import Spent, Upstream

_LONGEST_SECONDS: Final = 180.0
_WAIT_SECONDS: Final = 10.0
_GOOD_OUTCOMES: Final = frozenset({"created", "updated", "unchanged"})
_OUTCOME_WORDS: Final = {"updated": "mapped", "unchanged": "mapped before"}


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab; `requests` are those that ConnectWise may get for a record that is created."""

    title: str
    list_name: str
    kind: str
    requests: int


TABS: Final = (
    Tab("Products", "products", "product", 1),
    Tab("Customers", "accounts", "account", 3),
    Tab("Agreements", "billing-contracts", "billing_contract", 1),
)


@dataclass(slots=True)
class TabReport:
    """What became of a tab; `outcomes` and `spent` are those of its Saves."""

    tab: Tab
    rows: int = 0
    mapped: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    spent: Spent = field(default_factory=Spent)


def join_tab(app: App, upstream: Upstream, tab: Tab, clerk: Clerk) -> TabReport:
    """Map or create every row of a tab that is not mapped, and do what blocked rows ask for in between."""
    report, deadline = TabReport(tab), time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        choices = chosen(app, tab.list_name)
        if not choices:
            break
        plan = planned_rows(app, tab.kind, choices)
        show_plan(plan)
        _save(app, upstream, report, [row for row in plan if row.is_allowed])
        if not _look_again(clerk, plan):
            break
    everything = list(app.pages(f"push/{tab.list_name}", connector_id=app.connector_id))
    report.rows = len(everything)
    report.mapped = sum(row["mapping"] is not None and row["status"] == "Synced" for row in everything)
    say(f"{report.mapped} of {report.rows} are mapped.")
    return report


def _save(app: App, upstream: Upstream, report: TabReport, rows: list[Planned]) -> None:
    if not rows:
        return
    names = {row.row_id: row.name for row in rows}
    started = time.monotonic()
    job = saved(app, upstream, report.tab.kind, [row.wish_as_previewed for row in rows], report.spent)
    took = time.monotonic() - started
    items = list(app.items(job["job_id"]))
    outcomes = Counter(item["outcome"] for item in items)
    report.outcomes += outcomes
    what = ", ".join(f"{number} {_OUTCOME_WORDS.get(name, name)}" for name, number in sorted(outcomes.items()))
    say(f"Saved in {took:.1f} s: {what}.")
    for item in items:
        if item["outcome"] not in _GOOD_OUTCOMES:
            say(f"{names[item['id']]}: {item['message']}", indent=5)


def _look_again(clerk: Clerk, plan: list[Planned]) -> bool:
    """Do what blocked rows ask for, wait for held ones; tell whether another look can find more to do."""
    held = [row for row in plan if row.is_held]
    completed = False
    for row in plan:
        if row.is_allowed or row.is_held or row.is_done:
            continue
        say(f"Blocked: {row.message}" + (f" (next step: {row.next_step})" if row.next_step else ""))
        done = clerk.complete(row)
        if done is not None:
            say(done, indent=5)
            completed = True
    if held:
        say(f"{len(held)} are held by a Save that was interrupted; looking again in {_WAIT_SECONDS:g} s.")
        time.sleep(_WAIT_SECONDS)
    return completed or bool(held) or any(row.is_done for row in plan)
