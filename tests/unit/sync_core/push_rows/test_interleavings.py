"""Any sequence of crashes, freezes, lost and late answers, double clicks and double deliveries: one record a row.

As `tests/unit/sync_core/push/test_push_interleavings.py`: a freeze stops one worker in the middle of its run while
others act, and the frozen worker then goes on with what it believed before.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectwise import errors as cw
from dataverse.psasync.records import ItemOutcome, MappingKind, MappingStatus
from sync_core.push_rows.submit import submit_rows
from sync_core.push_rows.wishes import RowKindName
from sync_core.work.start import INTERRUPTED_MESSAGE
from tests.fakes import Faults
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
from tests.unit.sync_core.chaos import EVENTS, Chaos, Event
from tests.unit.sync_core.push_rows.saving import deliver, mirrored, request, run_until_settled, wishes_of

pytestmark = [pytest.mark.unit, pytest.mark.deep]

LEASE, POST_COMMIT = 60.0, 20.0
ROWS = 3
MAKERS: dict[RowKindName, Any] = {"product": product, "account": account, "billing_contract": contract}


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
    chaos = Chaos(
        world.world,
        dict(events),
        services=lambda: world.services(clock_origin=77.0),
        deliver=lambda: deliver(world),
        save=lambda key: submit_rows(world.services(clock_origin=-5.0), request(kind, wishes_of(world, kind), key=key)),
        advance=world.advance,
    )
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
