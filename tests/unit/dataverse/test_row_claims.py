"""Claims of integration records of rows: made once, taken over once, recognised after lost answers."""

import inspect
import uuid
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse.errors import DataverseError
from dataverse.psasync.records import Mapping, MappingKind, MappingStatus, SourceId
from dataverse.psasync.row_claims import RowClaimRepository
from dataverse.work365.schema import Work365Schema
from sync_core.push_rows.ports import RowClaim, RowLedger
from tests.unit.dataverse.mini import MiniDataverse
from tests.unit.dataverse.samples import CONNECTOR, NOW, settlement_of
from tests.unit.dataverse.wire import ScriptedTransport, client_of

pytestmark = pytest.mark.unit

FAULTS = st.lists(
    st.sampled_from(["ok", "drop_before", "drop_after", "late 1", "late 2", "late 9", "cut", "503", "500", "429"]),
    max_size=7,
)
ACCOUNT, PRODUCT, CONTRACT = MappingKind.ACCOUNT, MappingKind.PRODUCT, MappingKind.BILLING_CONTRACT


def repository_of(transport: object) -> RowClaimRepository:
    return RowClaimRepository(client_of(transport), Work365Schema())


def row_id(number: int) -> SourceId:
    return SourceId(str(uuid.UUID(int=number, version=4)))


def claim(number: int = 1, existing: Mapping | None = None, kind: MappingKind = ACCOUNT, by: str = "run-1") -> RowClaim:
    return RowClaim(kind, row_id(number), existing, f"INTENT{number}", by, NOW + timedelta(minutes=10, microseconds=5))


@pytest.mark.parametrize("method", [name for name in vars(RowLedger) if not name.startswith("_")])
def test_the_repository_has_every_method_of_the_port_with_its_parameters(method: str) -> None:
    asked, given_ = (inspect.signature(getattr(owner, method)) for owner in (RowLedger, RowClaimRepository))
    assert list(asked.parameters) == list(given_.parameters)


@pytest.mark.parametrize(
    ("kind", "lookup"),
    [
        (ACCOUNT, "_psasync_accountid_value"),
        (PRODUCT, "_psasync_productid_value"),
        (CONTRACT, "_psasync_billingcontractid_value"),
    ],
)
def test_a_new_claim_holds_intent_lease_and_lookup(kind: MappingKind, lookup: str) -> None:
    world = MiniDataverse()
    mine = repository_of(world).claim_rows(CONNECTOR, [claim(kind=kind)])
    held = mine[row_id(1)]
    assert (held.kind, held.source_id, held.psa_id, held.psa_name) == (kind, row_id(1), None, "INTENT1")
    assert (held.status, held.status_message) == (MappingStatus.SYNCING, "Being created in ConnectWise.")
    assert (held.claimed_by, held.attempts) == ("run-1", 1)
    assert held.claimed_until == (NOW + timedelta(minutes=10, seconds=1)).astimezone(UTC)
    (row,) = world.tables["psasync_mappings"].values()
    assert (row[lookup], row["psasync_name"]) == (row_id(1), row_id(1))
    assert len(world.requests) == 1


def test_a_record_is_taken_over_at_the_version_that_was_read_and_keeps_its_psa_id() -> None:
    repository = repository_of(MiniDataverse())
    first = repository.claim_rows(CONNECTOR, [claim()])[row_id(1)]
    settled = repository.settle_rows([settlement_of(first)])[row_id(1)]
    assert (settled.psa_id, settled.claimed_by) == (7, None)
    again = repository.claim_rows(CONNECTOR, [claim(existing=settled, by="run-2")])[row_id(1)]
    assert (again.psa_id, again.claimed_by, again.attempts) == (7, "run-2", settled.attempts + 1)
    assert repository.claim_rows(CONNECTOR, [claim(existing=settled, by="run-3")]) == {}
    assert repository.settle_rows([settlement_of(settled)]) == {}


def test_a_claim_names_the_company_in_which_an_agreement_is_looked_for() -> None:
    repository = repository_of(MiniDataverse())
    first = repository.claim_rows(CONNECTOR, [replace(claim(kind=CONTRACT), parent_id=250)])[row_id(1)]
    assert first.psa_parent_id == 250
    again = repository.claim_rows(CONNECTOR, [claim(kind=CONTRACT, existing=first, by="run-2")])[row_id(1)]
    assert again.psa_parent_id == 250


def test_a_record_is_taken_over_without_its_row_which_may_be_gone() -> None:
    world = MiniDataverse()
    first = repository_of(world).claim_rows(CONNECTOR, [claim()])[row_id(1)]
    world.requests.clear()
    repository_of(world).claim_rows(CONNECTOR, [claim(existing=first, by="run-2")])
    assert not [name for name in world.requests[0].parts[0].body if "@odata.bind" in name]


def test_of_two_that_make_one_record_only_one_gets_it() -> None:
    repository = repository_of(MiniDataverse())
    assert set(repository.claim_rows(CONNECTOR, [claim(1), claim(2)])) == {row_id(1), row_id(2)}
    assert set(repository.claim_rows(CONNECTOR, [claim(2, by="run-2"), claim(3, by="run-2")])) == {row_id(3)}


def test_claims_of_several_kinds_go_in_one_request() -> None:
    world = MiniDataverse()
    claims = [claim(1), claim(2, kind=PRODUCT), claim(3, kind=CONTRACT)]
    assert len(repository_of(world).claim_rows(CONNECTOR, claims)) == 3
    assert len(world.requests) == 1


def test_nothing_to_do_needs_no_request() -> None:
    repository = repository_of(ScriptedTransport())
    assert repository.claim_rows(CONNECTOR, []) == repository.settle_rows([]) == {}
    assert repository.mapped_to(CONNECTOR, ACCOUNT, []) == {}


def test_records_are_found_by_the_connectwise_id_that_they_name() -> None:
    repository = repository_of(MiniDataverse())
    held = repository.claim_rows(CONNECTOR, [claim(number) for number in range(1, 4)])
    for number, psa_id in ((1, 7), (2, 7), (3, 8)):
        repository.settle_rows([settlement_of(held[row_id(number)], psa_id=psa_id)])
    repository.claim_rows(CONNECTOR, [claim(4)])
    found = repository.mapped_to(CONNECTOR, ACCOUNT, [7, 7, 9])
    assert {psa_id: {one.source_id for one in mappings} for psa_id, mappings in found.items()} == {
        7: {row_id(1), row_id(2)}
    }
    assert repository.mapped_to(CONNECTOR, PRODUCT, [7]) == {}


def test_an_intent_that_is_too_long_for_the_column_is_cut() -> None:
    repository = repository_of(MiniDataverse())
    held = repository.claim_rows(CONNECTOR, [replace(claim(), intent="N" * 201)])[row_id(1)]
    assert held.psa_name is not None
    assert len(held.psa_name) == 200


@given(FAULTS, FAULTS)
def test_whatever_is_lost_two_never_hold_one_record(first: list[str], second: list[str]) -> None:
    world = MiniDataverse()
    repository = repository_of(world)
    holders = []
    for run, faults in (("run-1", first), ("run-2", second)):
        world.faults.clear()
        world.faults.extend(faults)
        try:
            holders += [(run, one.id) for one in repository.claim_rows(CONNECTOR, [claim(by=run)]).values()]
        except DataverseError:
            continue
    world.faults.clear()
    world.commit_late()
    rows = list(world.tables["psasync_mappings"].values())
    assert len(rows) <= 1
    assert len(holders) <= 1
    assert [(row["psasync_claimedby"], row["psasync_mappingid"]) for row in rows][: len(holders)] == holders


@given(FAULTS)
def test_whatever_is_lost_what_is_reported_as_settled_is_stored(faults: list[str]) -> None:
    world = MiniDataverse()
    repository = repository_of(world)
    held = repository.claim_rows(CONNECTOR, [claim()])[row_id(1)]
    world.faults.extend(faults)
    try:
        settled = repository.settle_rows([settlement_of(held)])
    except DataverseError:
        settled = {}
    world.faults.clear()
    world.commit_late()
    (row,) = world.tables["psasync_mappings"].values()
    if settled:
        assert row["psasync_psaid"] == 7
