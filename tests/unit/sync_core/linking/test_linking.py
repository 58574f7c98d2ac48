"""Map, map anew, unmap: done, done twice, refused with a sentence, and what happens when two do it at once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectwise.records import Reference
from dataverse.errors import PermissionDenied
from dataverse.psasync.records import ConnectorId, Mapping, MappingId, MappingKind, MappingStatus, SourceId
from sync_core.errors import RecordRejected
from sync_core.linking.linking import Linked, LinkRequest, link, unlink
from tests import builders
from tests.fakes import WorkerDied
from tests.linking_fakes import EPOCH, Desk, company, desk, linked_row

pytestmark = pytest.mark.unit

ACCOUNT, PRODUCT, CONTRACT = MappingKind.ACCOUNT, MappingKind.PRODUCT, MappingKind.BILLING_CONTRACT
OURS = {ACCOUNT: builders.ACCOUNT_ID, PRODUCT: builders.PRODUCT_ID, CONTRACT: builders.CONTRACT_ID}
THEIRS = {
    ACCOUNT: builders.COMPANY_PSA_ID,
    PRODUCT: builders.CATALOG_ITEM_PSA_ID,
    CONTRACT: builders.AGREEMENT_PSA_ID,
}
OTHER = "d0000000-0000-4000-8000-000000000099"


def map_to(world: Desk, kind: MappingKind, psa_id: int | None = None, source_id: str | None = None) -> Linked:
    request = LinkRequest(
        builders.CONNECTOR_ID, kind, SourceId(source_id or OURS[kind]), psa_id or THEIRS[kind], builders.USER_ID
    )
    return link(world.services(), request)


def refusal(world: Desk, kind: MappingKind, psa_id: int | None = None, source_id: str | None = None) -> tuple[str, str]:
    before = dict(world.mappings)
    with pytest.raises(RecordRejected) as refused:
        map_to(world, kind, psa_id, source_id)
    assert world.mappings == before
    return refused.value.code, refused.value.user_message


def mapped(kind: MappingKind) -> Desk:
    world = desk()
    for one in [ACCOUNT, kind] if kind is CONTRACT else [kind]:
        map_to(world, one)
    return world


@pytest.mark.parametrize(
    ("kind", "name", "address"),
    [
        (ACCOUNT, "Contoso", f"https://psa.example/companies/{builders.COMPANY_PSA_ID}"),
        (PRODUCT, "M365-E3-M", None),
        (CONTRACT, "Contoso CSP", f"https://psa.example/agreements/{builders.AGREEMENT_PSA_ID}"),
    ],
)
def test_a_mapping_is_in_our_record_in_work365_and_in_the_log(
    kind: MappingKind, name: str, address: str | None
) -> None:
    world = mapped(kind)
    (mapping,) = world.of_source(OURS[kind])
    assert (mapping.kind, mapping.psa_id, mapping.psa_name, mapping.psa_link) == (kind, THEIRS[kind], name, address)
    assert (mapping.status, mapping.status_message) == (MappingStatus.SYNCED, f'Mapped to "{name}" by hand.')
    row = world.rows_by_id[SourceId(OURS[kind])]
    assert (row.psa_id, row.psa_name) == (str(THEIRS[kind]), name)
    assert (world.log[-1].what, world.log[-1].who, world.log[-1].psa_id) == (
        "mapping.create",
        builders.USER_ID,
        THEIRS[kind],
    )


def test_the_same_twice_writes_once() -> None:
    world = mapped(ACCOUNT)
    map_to(world, ACCOUNT)
    assert (len(world.mappings), len(world.log), world.mirrors) == (1, 1, 1)


def test_mapping_anew_keeps_the_record_and_tells_the_log_what_was() -> None:
    world = mapped(ACCOUNT)
    (first,) = world.of_source(OURS[ACCOUNT])
    world.companies_by_id[251] = company(251, name="Contoso EU")
    map_to(world, ACCOUNT, 251)
    (second,) = world.of_source(OURS[ACCOUNT])
    assert (second.id, second.psa_id) == (first.id, 251)
    assert world.log[-1].what == "mapping.change"
    assert '"psa_id": 250' in (world.log[-1].before or "")
    assert world.rows_by_id[SourceId(OURS[ACCOUNT])].psa_name == "Contoso EU"


def test_unmapping_clears_work365_and_keeps_history_in_the_log() -> None:
    world = mapped(ACCOUNT)
    (mapping,) = world.of_source(OURS[ACCOUNT])
    assert unlink(world.services(), mapping.id, requested_by=builders.USER_ID) is None
    assert world.mappings == {}
    row = world.rows_by_id[SourceId(OURS[ACCOUNT])]
    assert (row.psa_id, row.psa_name) == (None, None)
    assert [entry.what for entry in world.log] == ["mapping.create", "mapping.remove"]
    assert map_to(world, ACCOUNT).mapping.psa_id == THEIRS[ACCOUNT]


def test_unmapping_leaves_what_another_connector_wrote() -> None:
    world = mapped(ACCOUNT)
    (mapping,) = world.of_source(OURS[ACCOUNT])
    source_id = SourceId(OURS[ACCOUNT])
    world.rows_by_id[source_id] = replace(world.rows_by_id[source_id], psa_id="777")
    assert unlink(world.services(), mapping.id, requested_by=builders.USER_ID) is None
    assert world.rows_by_id[source_id].psa_id == "777"


@pytest.mark.parametrize(
    ("kind", "target", "code", "sentence"),
    [
        (ACCOUNT, None, "target_missing", "There is no company with id 250 in ConnectWise; choose another one."),
        (
            ACCOUNT,
            company(deleted_flag=True),
            "target_deleted",
            'The company "Contoso" was deleted in ConnectWise; choose another one.',
        ),
        (
            ACCOUNT,
            company(default_contact=None),
            "target_without_contact",
            (
                'The company "Contoso" has no default contact, which agreements need; set one in ConnectWise and '
                "map it again."
            ),
        ),
        (PRODUCT, None, "target_missing", "There is no catalog item with id 1040 in ConnectWise; choose another one."),
        (
            PRODUCT,
            builders.catalog_item(inactive_flag=True),
            "target_inactive",
            'The catalog item "M365-E3-M" is inactive in ConnectWise; choose an active one.',
        ),
        (
            PRODUCT,
            builders.catalog_item(product_class="Bundle"),
            "target_is_bundle",
            'The catalog item "M365-E3-M" is a bundle, which cannot be an addition; choose another one.',
        ),
        (CONTRACT, None, "target_missing", "There is no agreement with id 412 in ConnectWise; choose another one."),
        (
            CONTRACT,
            builders.agreement(cancelled_flag=True),
            "target_inactive",
            'The agreement "Contoso CSP" is cancelled in ConnectWise; choose an active one.',
        ),
        (
            CONTRACT,
            builders.agreement(agreement_status="Expired"),
            "target_inactive",
            'The agreement "Contoso CSP" is expired in ConnectWise; choose an active one.',
        ),
        (
            CONTRACT,
            builders.agreement(company=Reference(id=9, name="Fabrikam")),
            "target_of_other_company",
            (
                'The agreement "Contoso CSP" belongs to another company than "Contoso", to which the account is '
                "mapped; choose an agreement of this company."
            ),
        ),
    ],
)
def test_a_target_that_cannot_be_mapped_to_is_refused(kind: MappingKind, target: Any, code: str, sentence: str) -> None:
    world = mapped(ACCOUNT) if kind is CONTRACT else desk()
    place = {ACCOUNT: world.companies_by_id, PRODUCT: world.items_by_id, CONTRACT: world.agreements_by_id}[kind]
    if target is None:
        place.clear()
    else:
        place[THEIRS[kind]] = target
    assert refusal(world, kind) == (code, sentence)


def test_an_agreement_needs_a_mapped_customer() -> None:
    assert refusal(desk(), CONTRACT) == (
        "account_not_mapped",
        'The account "Contoso Ltd" is not mapped; map it on the Customers tab first.',
    )


def test_a_row_that_cannot_be_read_is_refused() -> None:
    assert refusal(desk(), PRODUCT, source_id=OTHER) == (
        "record_not_found",
        "This product does not exist in Work 365, or you may not read it.",
    )


def test_one_company_belongs_to_one_account() -> None:
    world = mapped(ACCOUNT)
    world.rows_by_id[SourceId(OTHER)] = linked_row(ACCOUNT, OTHER)
    assert refusal(world, ACCOUNT, source_id=OTHER) == (
        "target_taken",
        (
            'The account "Contoso Ltd" is mapped to this company already; unmap it first, or let an administrator '
            "allow several records to share one in the connector's properties."
        ),
    )


def test_a_property_lets_several_share_one() -> None:
    world = desk('{"several_records_per_psa_record": true}')
    world.rows_by_id[SourceId(OTHER)] = linked_row(ACCOUNT, OTHER)
    map_to(world, ACCOUNT)
    map_to(world, ACCOUNT, source_id=OTHER)
    assert {mapping.psa_id for mapping in world.mappings.values()} == {THEIRS[ACCOUNT]}
    assert len(world.mappings) == 2


def test_another_connector_may_map_to_the_same_number() -> None:
    world = mapped(ACCOUNT)
    other = ConnectorId("88888888-8888-4888-8888-000000000002")
    world.office.put(builders.connector(id=other, name="Other"))
    link(
        world.services(),
        LinkRequest(other, ACCOUNT, SourceId(OURS[ACCOUNT]), THEIRS[ACCOUNT], builders.USER_ID),
    )
    assert len(world.of_source(OURS[ACCOUNT])) == 2


@pytest.mark.parametrize("had_one", [True, False])
def test_of_two_who_map_different_rows_to_one_target_never_both_remain(had_one: bool) -> None:
    world = desk()
    world.companies_by_id[251] = company(251, name="Contoso EU")
    if had_one:
        map_to(world, ACCOUNT, 251)
    rival = builders.mapping(ACCOUNT, id=MappingId(OTHER), source_id=SourceId(OTHER))
    world.after_put = lambda: world.mappings.setdefault(rival.id, rival) and None
    with pytest.raises(RecordRejected) as refused:
        map_to(world, ACCOUNT)
    assert refused.value.code == "mapping_changed"
    assert [mapping.psa_id for mapping in world.of_source(OURS[ACCOUNT])] == ([251] if had_one else [])


def test_a_record_that_changed_in_between_is_not_overwritten() -> None:
    world = mapped(ACCOUNT)
    world.companies_by_id[251] = company(251)

    def somebody_else() -> None:
        (mapping,) = world.of_source(OURS[ACCOUNT])
        world.mappings[mapping.id] = replace(mapping, etag='W/"theirs"', psa_name="Theirs")

    world.before_put = somebody_else
    with pytest.raises(RecordRejected) as refused:
        map_to(world, ACCOUNT, 251)
    assert (refused.value.code, refused.value.user_message) == (
        "mapping_changed",
        "Somebody else mapped this at the same moment; look at what is mapped now and save again.",
    )
    assert world.of_source(OURS[ACCOUNT])[0].psa_name == "Theirs"


def test_a_record_that_is_held_is_left_alone() -> None:
    world = mapped(ACCOUNT)
    (mapping,) = world.of_source(OURS[ACCOUNT])
    held = replace(mapping, claimed_until=EPOCH + timedelta(seconds=5))
    world.mappings[mapping.id] = held
    assert refusal(world, ACCOUNT, 251)[0] == "mapping_in_use"
    with pytest.raises(RecordRejected) as refused:
        unlink(world.services(), mapping.id, requested_by=builders.USER_ID)
    assert refused.value.code == "mapping_in_use"


def test_work365_columns_that_may_not_be_written_are_told_and_mended_by_the_same_request() -> None:
    world = desk()
    world.mirror_fault = PermissionDenied(method="PATCH", path="accounts", status=403, vendor_message="prvWriteAccount")
    linked = map_to(world, ACCOUNT)
    assert linked.mirror_problem == (
        "Work 365's own columns were not written: You lack a privilege in Dataverse for this (prvWriteAccount); "
        "ask an administrator for it and try again."
    )
    world.mirror_fault = None
    assert map_to(world, ACCOUNT).mirror_problem is None
    assert world.rows_by_id[SourceId(OURS[ACCOUNT])].psa_id == "250"


@pytest.mark.parametrize(("edits", "problem"), [(1, False), (2, True)])
def test_a_row_that_somebody_edits_meanwhile_is_read_again_once(edits: int, problem: bool) -> None:
    world = desk()
    world.edits_to_come = edits
    assert (map_to(world, ACCOUNT).mirror_problem is not None) is problem


def line_mapping() -> Mapping:
    return builders.mapping(MappingKind.INVOICE_LINE)


def test_the_record_of_a_line_cannot_be_removed_by_hand() -> None:
    world = desk()
    mapping = line_mapping()
    world.mappings[mapping.id] = mapping
    with pytest.raises(RecordRejected) as refused:
        unlink(world.services(), mapping.id, requested_by=builders.USER_ID)
    assert (refused.value.code, refused.value.user_message) == (
        "mapping_of_line",
        "The record of an invoice line is kept by the push; it cannot be removed by hand.",
    )


def test_what_is_not_mapped_cannot_be_unmapped() -> None:
    with pytest.raises(RecordRejected) as refused:
        unlink(desk().services(), MappingId(OTHER), requested_by=builders.USER_ID)
    assert refused.value.code == "mapping_not_found"


@pytest.mark.parametrize("step", ["put", "append_log", "mirror"])
@pytest.mark.parametrize("done", [True, False])
def test_whatever_step_dies_the_same_request_again_ends_it(step: str, done: bool) -> None:
    world = desk()
    original = getattr(world, step)

    def dying(*arguments: Any) -> None:
        if done:
            original(*arguments)
        raise WorkerDied(step)

    setattr(world, step, dying)
    with pytest.raises(WorkerDied):
        map_to(world, ACCOUNT)
    setattr(world, step, original)
    assert map_to(world, ACCOUNT).mirror_problem is None
    (mapping,) = world.of_source(OURS[ACCOUNT])
    row = world.rows_by_id[SourceId(OURS[ACCOUNT])]
    assert (mapping.psa_id, row.psa_id, row.psa_name) == (THEIRS[ACCOUNT], str(THEIRS[ACCOUNT]), "Contoso")


def test_a_die_before_the_mirror_of_an_unmapping_is_mended_by_mapping_anew() -> None:
    world = mapped(ACCOUNT)
    (mapping,) = world.of_source(OURS[ACCOUNT])
    original = world.mirror

    def dying(*arguments: Any) -> bool:
        raise WorkerDied("mirror")

    world.mirror = dying  # type: ignore[method-assign]  # the process ends here
    with pytest.raises(WorkerDied):
        unlink(world.services(), mapping.id, requested_by=builders.USER_ID)
    world.mirror = original  # type: ignore[method-assign]  # the next process
    world.companies_by_id[251] = company(251, name="Contoso EU")
    map_to(world, ACCOUNT, 251)
    assert world.rows_by_id[SourceId(OURS[ACCOUNT])].psa_id == "251"


def test_an_agreement_of_a_contract_without_account_is_refused() -> None:
    world = desk()
    source_id = SourceId(OURS[CONTRACT])
    world.rows_by_id[source_id] = replace(world.rows_by_id[source_id], account_id=None, account_name=None)
    assert refusal(world, CONTRACT)[0] == "account_not_mapped"


def test_unmapping_what_changed_meanwhile_is_refused() -> None:
    world = mapped(ACCOUNT)
    (mapping,) = world.of_source(OURS[ACCOUNT])
    world.remove = lambda one: False  # type: ignore[method-assign]  # somebody mapped it anew in between
    with pytest.raises(RecordRejected) as refused:
        unlink(world.services(), mapping.id, requested_by=builders.USER_ID)
    assert refused.value.code == "mapping_changed"
