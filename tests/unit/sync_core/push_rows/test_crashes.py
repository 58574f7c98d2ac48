"""The worker dies before, after or in the middle of every call: in the end there is one record a row, complete."""

from collections.abc import Sequence

import pytest

from connectwise.creation.records import StoredAgreement, StoredCatalogItem
from connectwise.records import AgreementId, CatalogItemId, CompanyId
from dataverse.psasync.records import ItemOutcome, MappingKind, MappingStatus
from sync_core.push_rows.submit import submit_rows
from sync_core.push_rows.wishes import RowKindName, RowWish
from tests.fakes import Fate, Faults, WorkerDied
from tests.push_rows_fakes import KIND_OF, RowsWorld, account, company, contract, mapped, product, rows_world
from tests.unit.sync_core.push_rows.saving import deliver, mirrored, request, run_until_settled, save, wishes_of

pytestmark = pytest.mark.unit

ROWS = 3
KINDS: tuple[RowKindName, ...] = ("product", "account", "billing_contract")


def a_world(kind: RowKindName, *, queued: bool) -> RowsWorld:
    makers = {"product": product, "account": account, "billing_contract": contract}
    world = rows_world(*(makers[kind](number) for number in range(ROWS)), inline_limit=0 if queued else 25)
    world.tenant.makes_default = False
    if kind == "billing_contract":
        for number in range(ROWS):
            made = company(world, 300 + number)
            mapped(world, MappingKind.ACCOUNT, account(number).id, made.id, psa_name=made.name)
    return world


def start(world: RowsWorld, kind: RowKindName) -> None:
    """Save; the request may die in it."""
    try:
        submit_rows(world.services(), request(kind, wishes_of(world, kind)))
    except WorkerDied:
        return


def calls_of_a_run(kind: RowKindName, *, queued: bool) -> list[str]:
    world = a_world(kind, queued=queued)
    start(world, kind)
    deliver(world)
    return world.world.faults.calls


CRASHES: list[tuple[RowKindName, bool, int, Fate, str]] = [
    (kind, queued, number, fate, name)
    for kind in KINDS
    for queued in (False, True)
    for number, name in enumerate(calls_of_a_run(kind, queued=queued))
    for fate in ("die_before", "die_after", "die_halfway")
]


@pytest.mark.parametrize(
    ("kind", "queued", "number", "fate", "name"),
    CRASHES,
    ids=[
        f"{kind}-{'queued' if queued else 'inline'}-{number}-{name}-{fate}"
        for kind, queued, number, fate, name in CRASHES
    ],
)
def test_a_crash_at_any_call_leads_to_one_complete_record_a_row(
    kind: RowKindName, queued: bool, number: int, fate: Fate, name: str
) -> None:
    world = a_world(kind, queued=queued)
    world.world.faults = Faults(at=lambda call, _: fate if call == number else "go")
    start(world, kind)
    deliver(world)
    run_until_settled(world)
    # a request that died before it was queued did nothing; the page sends it again with the same key
    world.advance(world.world.timing.lease + 1)
    start(world, kind)
    run_until_settled(world)
    assert_one_record_a_row(world, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_at_every_call_in_turn_leads_to_one_complete_record_a_row(kind: RowKindName) -> None:
    """Each run dies one call later than the one before it, the whole way through."""
    world = a_world(kind, queued=True)
    start(world, kind)
    for number in range(40):
        world.world.faults = Faults(at=lambda call, _, number=number: "die_after" if call == number else "go")
        deliver(world)
        world.advance(world.world.timing.lease + 1)
        (job_id,) = world.world.jobs
        world.world.queue.append((world.world.now, job_id, 0))
    run_until_settled(world)
    assert_one_record_a_row(world, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_twice_leads_to_one_complete_record_a_row(kind: RowKindName) -> None:
    world = a_world(kind, queued=True)
    start(world, kind)
    world.world.queue *= 2
    run_until_settled(world)
    assert_one_record_a_row(world, kind)


def map_world(kind: RowKindName, *, queued: bool, anew: bool) -> tuple[RowsWorld, list[RowWish]]:
    """Return rows and records to map them to; `anew`: they are mapped to other records already."""
    world = a_world(kind, queued=queued)
    wishes = []
    for number, row in enumerate(wishes_of(world, kind)):
        wanted, other = record(world, kind, 700 + number), record(world, kind, 800 + number)
        if anew:
            mapped(world, KIND_OF[kind], row.source_id, other, psa_name=f"Record {other}")
        wishes.append(RowWish(row.source_id, "map", wanted))
    return world, wishes


def record(world: RowsWorld, kind: RowKindName, psa_id: int) -> int:
    if kind == "product":
        item = StoredCatalogItem(CatalogItemId(psa_id), f"Record {psa_id}", "Item", "Agreement", False, None)
        world.tenant.items.append(item)
    elif kind == "account":
        company(world, psa_id, name=f"Record {psa_id}")
    else:
        agreement = StoredAgreement(AgreementId(psa_id), f"Record {psa_id}", CompanyId(300 + psa_id % 100), None, True)
        world.tenant.agreements.append(agreement)
    return psa_id


def calls_of_a_mapping(kind: RowKindName, *, queued: bool, anew: bool) -> list[str]:
    world, wishes = map_world(kind, queued=queued, anew=anew)
    start_with(world, kind, wishes)
    deliver(world)
    return world.world.faults.calls


def start_with(world: RowsWorld, kind: RowKindName, wishes: Sequence[RowWish]) -> None:
    try:
        submit_rows(world.services(), request(kind, wishes))
    except WorkerDied:
        return


MAP_CRASHES: list[tuple[RowKindName, bool, bool, int, Fate, str]] = [
    (kind, queued, anew, number, fate, name)
    for kind in KINDS
    for queued, anew in ((False, False), (True, True))
    for number, name in enumerate(calls_of_a_mapping(kind, queued=queued, anew=anew))
    for fate in ("die_before", "die_after", "die_halfway")
]


@pytest.mark.parametrize(
    ("kind", "queued", "anew", "number", "fate", "name"),
    MAP_CRASHES,
    ids=[
        f"{kind}-{'anew' if anew else 'first'}-{number}-{name}-{fate}"
        for kind, _, anew, number, fate, name in MAP_CRASHES
    ],
)
def test_a_crash_at_any_call_of_a_mapping_leads_to_what_was_wished(
    kind: RowKindName, queued: bool, anew: bool, number: int, fate: Fate, name: str
) -> None:
    world, wishes = map_world(kind, queued=queued, anew=anew)
    world.world.faults = Faults(at=lambda call, _: fate if call == number else "go")
    start_with(world, kind, wishes)
    deliver(world)
    run_until_settled(world)
    world.advance(world.world.timing.lease + 1)
    start_with(world, kind, wishes)
    run_until_settled(world)
    for wish in wishes:
        found = world.mapping(KIND_OF[kind], wish.source_id)
        assert found is not None
        assert (found.status, found.psa_id) == (MappingStatus.SYNCED, wish.psa_id)
        assert found.psa_name == f"Record {wish.psa_id}"
    assert not world.tenant.sent
    assert mirrored(world, kind)
    for items in world.world.items.values():
        assert {item.outcome for item in items} <= {ItemOutcome.UPDATED, ItemOutcome.UNCHANGED}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("anew", [False, True])
def test_add_new_after_a_mapping_that_died_creates_nothing_beside_a_record_that_is_mapped(
    kind: RowKindName, anew: bool
) -> None:
    world, wishes = map_world(kind, queued=False, anew=anew)
    world.world.faults = Faults(at=lambda _, name: "die_after" if name == "claims.claim_rows" else "go")
    start_with(world, kind, wishes)
    world.advance(world.world.timing.lease + 1)
    world.world.queue.clear()
    world.world.faults = Faults()
    save(world, kind, key="key-2")
    run_until_settled(world)
    assert bool(world.tenant.sent) is not anew


def assert_one_record_a_row(world: RowsWorld, kind: RowKindName) -> None:
    tenant = world.tenant
    made = {"product": tenant.items, "account": tenant.companies, "billing_contract": tenant.agreements}[kind]
    records = [record for (of, _), record in world.world.mappings.items() if of is KIND_OF[kind]]
    assert len(made) == len(records) == ROWS
    assert {record.psa_id for record in records} == {one.id for one in made}
    assert {record.status for record in records} == {MappingStatus.SYNCED}
    assert mirrored(world, kind)
    if kind == "account":
        assert len(tenant.contacts) == ROWS
        assert {one.default_contact_id for one in tenant.companies} == {one.id for one in tenant.contacts}
    for items in world.world.items.values():
        assert {item.outcome for item in items} <= {ItemOutcome.CREATED, ItemOutcome.UNCHANGED}
