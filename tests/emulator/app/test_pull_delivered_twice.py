"""An import whose every message comes twice to three hosts: one contract an agreement, and nothing changes again."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.app.conftest import TIMES
from tests.emulator.app.doubling_proxy import stack_delivering_twice
from tests.emulator.app.outsider import Outsider
from tests.emulator.app.pull_rows import FIRST_AGREEMENT, agreements, customers
from tests.emulator.app.test_pull import pull, tenant

pytestmark = pytest.mark.emulator

AGREEMENTS, CUSTOMERS = 400, 20


@pytest.fixture
def outsider() -> Iterator[Outsider]:
    """Return an outside program on a stack of its own with three hosts."""
    variables = TIMES | {"PSASYNC_CHUNK_LINES": "50"}
    with stack_delivering_twice(
        "psasync-work", hosts=3, host_variables=variables, host_options=["--no-schedules"]
    ) as stack:
        yield Outsider(stack)


def outcomes(job: dict[str, Any]) -> set[str]:
    return {item["outcome"] for item in job["items"]}


def test_each_agreement_becomes_one_contract_and_a_second_import_changes_nothing(outsider: Outsider) -> None:
    rows: dict[str, list[Any]] = {**customers(CUSTOMERS), **agreements(AGREEMENTS, of_companies=CUSTOMERS)}
    tenant(outsider, rows, mapped=CUSTOMERS)
    wanted = range(FIRST_AGREEMENT, FIRST_AGREEMENT + AGREEMENTS)
    assert outcomes(pull(outsider, "agreement", wanted)) == {"created"}
    contracts = outsider.rows("work365_billingcontracts")
    mapped = [row["psasync_psaid"] for row in outsider.rows("psasync_mappings") if row["psasync_kind"] == 451000002]
    assert len(contracts) == AGREEMENTS
    assert sorted(mapped) == list(wanted)
    assert outcomes(pull(outsider, "agreement", wanted)) == {"unchanged"}
    assert outsider.rows("work365_billingcontracts") == contracts
