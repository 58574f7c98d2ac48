"""Any sequence of crashes, freezes, lost and late answers, double clicks and double deliveries: one record a row.

As `tests/unit/sync_core/push/test_push_interleavings.py`: a freeze stops one worker in the middle of its run while
others act, and the frozen worker then goes on with what it believed before.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectwise import errors as cw
from dataverse.psasync.records import ItemOutcome, MappingKind, MappingStatus
from sync_core.push_rows.submit import submit_rows
from sync_core.push_rows.wishes import RowKindName
from sync_core.work.reopen import reopen_unsettled
from sync_core.work.start import INTERRUPTED_MESSAGE
from tests.fakes import Fate, Faults, WorkerDied
from tests.push_rows_fakes import (
    KIND_OF,
    Answer,
    RowsWorld,
    account,
    company,
    contract,
    mapped,
    product,
    rows_world,
)
from tests.unit.sync_core.push_rows.saving import deliver, mirrored, request, run_until_settled, wishes_of

pytestmark = [pytest.mark.unit, pytest.mark.deep]

LEASE, POST_COMMIT = 60.0, 20.0
ROWS = 3
MAKERS: dict[RowKindName, Any] = {"product": product, "account": account, "billing_contract": contract}


@dataclass(frozen=True)
class Event:
    """What happens at one call of a port: a fate of the worker, or a freeze in which others act."""

    fate: Fate = "go"
    seconds: float = 0.0
    others: tuple[str, ...] = ()


@dataclass
class Chaos:
    """Plays the events at their calls, each once."""

    world: RowsWorld
    kind: RowKindName
    events: dict[int, Event]
    saves: int = field(default=0)

    def at(self, number: int, name: str) -> Fate:
        """Decide about one call."""
        event = self.events.pop(number, None)
        if event is None:
            return "go"
        self.world.advance(event.seconds)
        for other in event.others:
            self.act(other)
        return event.fate

    def act(self, what: str) -> None:
        """Let somebody else do something in the meantime; it may die of an event of its own."""
        try:
            if what == "deliver":
                deliver(self.world)
            elif what == "timer":
                reopen_unsettled(self.world.services(clock_origin=77.0))
            elif what == "redeliver":
                self.world.world.queue.extend((self.world.world.now, job_id, 0) for job_id in self.world.world.jobs)
                deliver(self.world)
            else:
                self.saves += 1
                key = "key-1" if what == "same_save" else f"key-{self.saves + 1}"
                wishes = wishes_of(self.world, self.kind)
                submit_rows(self.world.services(clock_origin=-5.0), request(self.kind, wishes, key=key))
        except WorkerDied:
            return


OTHERS = st.lists(st.sampled_from(["deliver", "timer", "redeliver", "same_save", "other_save"]), max_size=3).map(tuple)
EVENTS = st.dictionaries(
    st.integers(0, 120),
    st.builds(
        Event,
        fate=st.sampled_from(["go", "go", "die_before", "die_after", "die_halfway"]),
        seconds=st.sampled_from([0.0, 0.5, 1.0, 19.0, 21.0, 37.0, 39.0, 59.0, 61.0, 200.0]),
        others=OTHERS,
    ),
    max_size=6,
)
ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    st.sampled_from(["created", "lost", "late"]),
    st.sampled_from(
        [
            cw.NoAnswer(method="POST", path="/", delivery="maybe_sent"),
            cw.ServerFault(method="POST", path="/", status=503),
            cw.RateLimited(method="POST", path="/", status=429, retry_after=7.0),
        ]
    ),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["product", "account", "billing_contract"]),
    events=EVENTS,
    answers=st.lists(ANSWERS, max_size=12),
    late_by=st.floats(0, POST_COMMIT),
    queued=st.booleans(),
    makes_default=st.booleans(),
)
def test_in_the_end_every_row_has_exactly_one_complete_record(
    kind: RowKindName,
    events: dict[int, Event],
    answers: list[Answer],
    late_by: float,
    queued: bool,
    makes_default: bool,
) -> None:
    world = a_world(kind, queued=queued)
    world.tenant.makes_default, world.tenant.late_by = makes_default, late_by
    following = iter(answers)
    world.tenant.answering = lambda record: next(following, "created")
    chaos = Chaos(world, kind, dict(events))
    world.world.faults = Faults(at=chaos.at)
    chaos.act("same_save")
    for _ in range(6):
        chaos.act("deliver")
        chaos.act("timer")
        world.advance(13.0)
    assert_at_most_one(world, kind)
    world.advance(LEASE + 1)
    world.world.faults = Faults()
    submit_rows(world.services(), request(kind, wishes_of(world, kind), key="the last save"))
    run_until_settled(world, step=7.0, rounds=200)
    assert_at_most_one(world, kind)
    assert_complete(world, kind)


def a_world(kind: RowKindName, *, queued: bool) -> RowsWorld:
    rows = [MAKERS[kind](number) for number in range(ROWS)]
    world = rows_world(*rows, lease=LEASE, post_commit=POST_COMMIT, inline_limit=0 if queued else 25)
    if kind == "billing_contract":
        for number in range(ROWS):
            made = company(world, 300 + number)
            mapped(world, MappingKind.ACCOUNT, account(number).id, made.id, psa_name=made.name)
    return world


def made_of(world: RowsWorld, kind: RowKindName) -> list[Any]:
    tenant = world.tenant
    found: dict[RowKindName, list[Any]] = {
        "product": tenant.items,
        "account": tenant.companies,
        "billing_contract": tenant.agreements,
    }
    return found[kind]


def assert_at_most_one(world: RowsWorld, kind: RowKindName) -> None:
    names = [getattr(one, "work_order", None) or getattr(one, "identifier", None) for one in made_of(world, kind)]
    assert len(names) == len(set(names)) <= ROWS
    if kind == "account":
        people = [one.company_id for one in world.tenant.contacts]
        assert len(people) == len(set(people))


def assert_complete(world: RowsWorld, kind: RowKindName) -> None:
    records = [record for (of, _), record in world.world.mappings.items() if of is KIND_OF[kind]]
    assert {record.status for record in records} == {MappingStatus.SYNCED}
    assert sorted(record.psa_id or 0 for record in records) == sorted(one.id for one in made_of(world, kind))
    assert len(records) == ROWS
    assert mirrored(world, kind)
    if kind == "account":
        assert {one.default_contact_id for one in world.tenant.companies} == {one.id for one in world.tenant.contacts}
    for item in (item for items in world.world.items.values() for item in items):
        # a request that was frozen for longer than the lease is closed by the timer, visibly
        expected = {ItemOutcome.CREATED, ItemOutcome.UNCHANGED}
        assert item.outcome in expected or item.message == INTERRUPTED_MESSAGE, item
