"""Made-up requests for every route, by our own description, with valid and broken tokens: no answer is a surprise."""

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok

from emulators.seeds import bulk
from tests.emulator.security.people import Office
from triggers.app import build_app
from triggers.openapi import describe

pytestmark = pytest.mark.emulator

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 30
DOCUMENT = describe(function for function in build_app().get_functions() if function.is_http_function())
OPERATIONS = {
    operation.definition.raw["operationId"]: operation
    for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()
    if isinstance(result, Ok)
    for operation in [result.ok()]
}
LISTS = {
    "connector_options": ["companytypes", "agreement-types"],
    "psa_search": ["companies", "agreements", "catalog-items"],
    "push_list": ["products", "accounts", "billing-contracts", "invoices"],
}


def _ids_that_exist(office: Office, path: str) -> dict[str, str]:
    ids = {"connector_id": office.outsider.stack.connector_id, "invoice_id": bulk.invoice_id(0)}
    if "{job_id}" in path:
        saved = office.outsider.call("POST", "push", office.outsider.push_body([bulk.line_id(0)]), user="admin")
        ids["job_id"] = saved.json()["job_id"]
    return ids


def _with_ids_that_exist(case: Any, name: str, known: dict[str, str], choice: int) -> None:
    """Put ids that exist in place of random ones: a random one is only ever not found."""
    for part in case.path_parameters or {}:
        if part == "list" and name in LISTS:
            case.path_parameters[part] = LISTS[name][choice % len(LISTS[name])]
        elif part in known:
            case.path_parameters[part] = known[part]
    for place in (case.query, case.body):
        if isinstance(place, dict) and "connector_id" in place:
            place["connector_id"] = known["connector_id"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_made_up_request_gets_an_answer_that_is_not_described(office: Office, name: str) -> None:
    ids = _ids_that_exist(office, OPERATIONS[name].path)
    tokens = {
        "admin": office.outsider.token("admin"),
        "reader": office.outsider.token("reader"),
        "broken": office.outsider.token("admin")[:-5],
    }
    seen: Counter[int] = Counter()
    base = f"{office.outsider.stack.functions[0]}/api"

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=OPERATIONS[name].as_strategy(),
        who=st.sampled_from(["admin", "admin", "admin", "admin", "reader", "broken"]),
        choice=st.integers(0, 7),
    )
    def run(case: Any, who: str, choice: int) -> None:
        if choice:
            _with_ids_that_exist(case, name, ids, choice)
        answer = case.call(base_url=base, headers={"Authorization": f"Bearer {tokens[who]}"}, timeout=30)
        seen[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)
        if who == "broken" and name != "health":
            assert answer.status_code == 401

    run()
    if OPERATIONS[name].method == "get":
        assert seen[200], "nothing was read, so nothing was tried"
