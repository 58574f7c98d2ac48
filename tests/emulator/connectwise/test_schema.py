"""Every answer of a running emulator against the OpenAPI slice, for requests that schemathesis makes up.

The slice leaves its objects open; here they are closed, so that an answer with a member that no model knows fails.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from schemathesis.core.result import Ok

from emulators import connectwise
from emulators.connectwise.routes import CALLBACK_KEY, COMPANY_INFO
from emulators.connectwise.schema import api_slice
from tests.emulator.connectwise.harness import CLIENT_ID, ROOT, basic

pytestmark = pytest.mark.emulator

CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
DEFAULT_SEED = Path(connectwise.__file__).with_name("seeds") / "default_seed.json"
OUTSIDE_THE_ROOT = (COMPANY_INFO, CALLBACK_KEY)
HEADERS = {"Authorization": basic(), "clientId": CLIENT_ID}
PARENTS = {
    "/company/companies/{parentId}": 250,
    "/finance/agreements/{parentId}": 412,
    "/procurement/categories/{parentId}": 4,
}
# Bodies that are accepted as they are; generated members are laid over them.
ACCEPTED: Mapping[str, Mapping[str, Any]] = {
    "Company": {"identifier": "X", "name": "X"},
    "CompanySite": {"name": "X"},
    "CompanyTypeAssociation": {"type": {"id": 4}, "company": {"id": 250}},
    "Contact": {"firstName": "X", "company": {"id": 250}},
    "CatalogItem": {
        "identifier": "X",
        "description": "X",
        "customerDescription": "X",
        "subcategory": {"id": 17},
        "type": {"id": 3},
    },
    "Agreement": {
        "name": "X",
        "type": {"id": 12},
        "company": {"id": 250},
        "contact": {"id": 3105},
        "employeeCompRate": "Actual",
        "invoicingCycle": "ContractYear",
        "billTime": "Billable",
        "billExpenses": "Billable",
        "billProducts": "Billable",
    },
    "Addition": {"product": {"id": 990}, "billCustomer": "Billable"},
    "SubCategory": {"name": "X", "category": {"id": 4}},
    "CallbackEntry": {"url": "http://127.0.0.1:9/?id=", "objectId": 1, "type": "member", "level": "owner"},
}


def closed_slice() -> dict[str, Any]:
    """Return the slice with closed objects and only the paths below the API root."""
    document = deepcopy(api_slice())
    document["servers"] = [{"url": "http://127.0.0.1"}]
    for path in OUTSIDE_THE_ROOT:
        del document["paths"][path]
    for schema in document["components"]["schemas"].values():
        schema.setdefault("additionalProperties", False)
    return document


OPERATIONS = {
    result.ok().label: result.ok()
    for result in schemathesis.openapi.from_dict(closed_slice()).get_all_operations()
    if isinstance(result, Ok)
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of the API root of an emulator in a process of its own."""
    command = [sys.executable, "-m", "emulators", "connectwise", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"] + ROOT
        finally:
            process.terminate()


@pytest.fixture(autouse=True)
def _fresh_rows(server: str) -> None:
    """Start each operation with the default rows, whatever the operations before it deleted."""
    control = server.removesuffix(ROOT) + "/_emulator/"
    assert requests.post(control + "reset", timeout=10).status_code == 200
    assert requests.post(control + "seed", data=DEFAULT_SEED.read_bytes(), timeout=10).status_code == 200


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One pooled client."""
    with requests.Session() as session:
        session.headers.update(HEADERS)
        yield session


def point_at_rows(case: Any, session: requests.Session, server: str, draw: int) -> None:
    """Let two of three requests address parents and rows that exist."""
    parent = next((row_id for prefix, row_id in PARENTS.items() if case.path.startswith(prefix)), None)
    if parent is not None and draw % 3:
        case.path_parameters["parentId"] = parent
    if "id" in case.path_parameters and draw % 3:
        collection = case.path.removesuffix("/{id}").replace("{parentId}", str(parent))
        rows = session.get(server + collection, params={"fields": "id", "pageSize": "1000"}, timeout=10).json()
        if isinstance(rows, list) and rows:
            case.path_parameters["id"] = rows[draw % len(rows)]["id"]


def make_acceptable(case: Any, draw: int) -> None:
    """Let every second body be one that is accepted, but for the scalar members that were generated."""
    media = case.operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = media.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    if not name or not isinstance(case.body, dict) or draw % 2:
        return
    accepted = ACCEPTED.get(name, {})
    scalars = {key: value for key, value in case.body.items() if isinstance(value, bool | int | float | None)}
    case.body = {**{key: value for key, value in scalars.items() if key != "objectId"}, **accepted}
    for key in ("identifier", "url"):
        if key in case.body:
            case.body[key] = f"{case.body[key]}{draw}"


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_answers_conform_to_the_slice(label: str, server: str, session: requests.Session) -> None:
    """Issue: no answer that violates the schema, no 5xx but the documented "Error converting value" (4.1)."""
    reads = label.startswith(("GET", "DELETE"))
    seen: Counter[int] = Counter()

    @settings(
        max_examples=12 if reads else 8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(), draw=st.integers(0, 10**6))
    def check(case: Any, draw: int) -> None:
        point_at_rows(case, session, server, draw)
        make_acceptable(case, draw)
        if isinstance(case.query, dict):
            case.query.pop("fields", None)  # it may trim members that the slice requires
        response = case.call(base_url=server, session=session, headers=HEADERS)
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)
        converting = response.status_code == 500 and response.json()["message"].startswith("Error converting value")
        assert response.status_code < 500 or converting, response.text

    check()
    assert sum(seen.values()) > 0
