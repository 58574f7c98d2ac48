"""Both emulators take the seeds as they are, with all their references."""

from collections.abc import Mapping
from typing import Any

import pytest

import emulators.connectwise
import emulators.dataverse
from emulators.control_plane import Emulated
from emulators.seeds import bulk, contoso, contoso_first_day
from emulators.seeds.dataverse_rows import CONNECTOR_ID

SEEDS = pytest.mark.parametrize(
    "seed",
    [contoso.build(), contoso_first_day.build(), bulk.build(300, 7, invoices=9)],
    ids=["contoso", "first day", "bulk"],
)
CONNECTOR = {"psasync_connectorid": CONNECTOR_ID, "psasync_name": "ConnectWise", "psasync_company": "contoso"}


def started(part: Any) -> Emulated:
    options: Mapping[str, Any] = {
        "data": None,
        "seed": None,
        "public_url": "http://127.0.0.1:1",
        "authority": None,
        "tenant_id": None,
    }
    emulated: Emulated = part.build(options)
    emulated.reset()
    return emulated


@SEEDS
def test_dataverse_takes_a_seed_twice_over(seed: dict[str, dict[str, list[Any]]]) -> None:
    emulated = started(emulators.dataverse)
    document = seed["dataverse"] | {"psasync_connectors": [CONNECTOR]}
    counts = {entity_set: len(rows) for entity_set, rows in document.items()}
    assert emulated.seed(document) == counts
    emulated.reset()
    assert emulated.seed(document) == counts
    state = emulated.state({})["tables"]
    assert {name: state[name] for name in counts if not name.startswith("uom")} == {
        name: number for name, number in counts.items() if not name.startswith("uom")
    }


@SEEDS
def test_connectwise_takes_a_seed(seed: dict[str, dict[str, list[Any]]]) -> None:
    counts = {path: len(records) for path, records in seed["connectwise"].items()}
    assert started(emulators.connectwise).seed(seed["connectwise"]) == counts


def test_dataverse_keeps_the_amounts_of_a_line_exactly() -> None:
    emulated = started(emulators.dataverse)
    seed = contoso.build()["dataverse"]
    emulated.seed(seed | {"psasync_connectors": [CONNECTOR]})
    kept: dict[str, dict[str, Any]] = {}
    page: dict[str, Any] = {"next": 0}
    while page["next"] is not None:
        page = emulated.state({"table": "invoicedetails", "offset": str(page["next"])})
        kept |= {row["invoicedetailid"]: row for row in page["rows"]}
    for line in seed["invoicedetails"]:
        for name in ("quantity", "priceperunit", "baseamount", "manualdiscountamount", "tax", "extendedamount"):
            assert kept[line["invoicedetailid"]][name] == line[name]
