"""Each row names the first step that is missing, and the row to jump to."""

import pytest

from dataverse.psasync.records import Mapping as PsaMapping
from dataverse.psasync.records import MappingKind, MappingStatus, SourceId
from dataverse.work365.linked.records import AccountEvidence
from dataverse.work365.records import LinesRead
from sync_core.lists.missing_steps import chain_of_lines, step_before_line, step_before_row
from sync_core.prerequisites import Prerequisite
from tests import builders
from tests.linking_fakes import linked_row

pytestmark = pytest.mark.unit

ACCOUNT, PRODUCT, CONTRACT = MappingKind.ACCOUNT, MappingKind.PRODUCT, MappingKind.BILLING_CONTRACT
ROW = "d0000000-0000-4000-8000-000000000001"
STEP_OF_ACCOUNT = Prerequisite("account", builders.ACCOUNT_ID, "Contoso Ltd")


def read() -> LinesRead:
    line, invoice, contract = builders.invoice_line(), builders.invoice(), builders.billing_contract()
    return LinesRead({line.id: line}, {invoice.id: invoice}, {contract.id: contract}, {})


def mappings(*kinds: MappingKind) -> dict[tuple[MappingKind, SourceId], PsaMapping]:
    found = [builders.mapping(kind) for kind in kinds]
    return {(one.kind, one.source_id): one for one in found}


def test_a_contract_waits_for_its_account() -> None:
    row = linked_row(CONTRACT, ROW, account_name="Contoso Ltd")
    assert step_before_row(row, None, frozenset()) == STEP_OF_ACCOUNT
    assert step_before_row(row, None, {SourceId(builders.ACCOUNT_ID)}) is None


def test_a_contract_without_customer_has_nowhere_to_jump_to() -> None:
    assert step_before_row(linked_row(CONTRACT, ROW, account_id=None), None, frozenset()) is None


@pytest.mark.parametrize(("has_contact", "step"), [(False, Prerequisite("contact", ROW, "Row 01")), (True, None)])
def test_an_account_waits_for_its_primary_contact(has_contact: bool, step: Prerequisite | None) -> None:
    evidence = AccountEvidence(has_primary_contact=has_contact)
    assert step_before_row(linked_row(ACCOUNT, ROW, evidence=evidence), None, frozenset()) == step


def test_a_mapped_row_waits_for_nothing() -> None:
    evidence = AccountEvidence(has_primary_contact=False)
    assert step_before_row(linked_row(ACCOUNT, ROW, evidence=evidence), builders.mapping(ACCOUNT), frozenset()) is None


@pytest.mark.parametrize(
    ("present", "step"),
    [
        ((), Prerequisite("product", builders.PRODUCT_ID, "Microsoft 365 E3")),
        ((PRODUCT,), STEP_OF_ACCOUNT),
        ((PRODUCT, ACCOUNT), Prerequisite("billing_contract", builders.CONTRACT_ID, "BC-1827")),
        ((PRODUCT, ACCOUNT, CONTRACT), None),
        ((MappingKind.INVOICE_LINE,), None),
    ],
)
def test_a_line_names_the_first_missing_step(present: tuple[MappingKind, ...], step: Prerequisite | None) -> None:
    lines = read()
    (line,) = lines.lines.values()
    found = step_before_line(line, lines, mappings(*present))
    assert (found and (found.step, found.source_id)) == (step and (step.step, step.source_id))


def test_a_record_that_is_missing_in_connectwise_is_a_missing_step() -> None:
    lines = read()
    (line,) = lines.lines.values()
    gone = builders.mapping(PRODUCT, status=MappingStatus.MISSING_IN_PSA)
    found = step_before_line(line, lines, {**mappings(ACCOUNT, CONTRACT), (gone.kind, gone.source_id): gone})
    assert found is not None
    assert found.step == "product"


def test_a_write_in_line_waits_for_no_product() -> None:
    line, lines = builders.write_in_line(), read()
    found = step_before_line(line, lines, mappings(ACCOUNT, CONTRACT))
    assert found is None


def test_the_chain_of_lines_is_read_at_once() -> None:
    assert chain_of_lines(read()) == {
        PRODUCT: [builders.PRODUCT_ID],
        CONTRACT: [builders.CONTRACT_ID],
        ACCOUNT: [builders.ACCOUNT_ID],
    }
