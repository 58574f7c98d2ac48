"""Made-up requests for every route, by our own description, with tokens of every kind: no answer is a surprise.

The description leaves answers open; here they are closed, so that an answer with a member that no model names fails:
add it to the model in `triggers.openapi_answers`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from emulators.entra.directory import TENANT_ID
from tests.emulator.security.acceptable import Acceptable
from tests.emulator.security.fuzz import factor_of, seed_of
from tests.emulator.security.people import Office
from tests.emulator.security.tally import Tally, written_tally
from triggers.access import ALLOWED_ROLES
from triggers.app import build_app
from triggers.openapi import ANSWERS, describe
from triggers.openapi_answers.shared import Answer

pytestmark = pytest.mark.emulator

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 76
"""Requests of each route; `make fuzz` sends a multiple of it."""
LONGEST_ADDRESS = 8_000
"""A web server refuses longer ones before the app sees them."""
ROLES = {"admin": "PsaSync.Admin", "billing": "PsaSync.Billing", "reader": "PsaSync.Reader"}
NOBODY = ("expired", "other audience", "other key", "cut", "made up", "none")
WHO = st.sampled_from(["admin"] * 10 + ["billing"] * 3 + ["reader"] * 3 + ["no role", *NOBODY])


def closed_document() -> dict[str, Any]:
    """Return our description in which answers have no further members."""
    document = describe(function for function in build_app().get_functions() if function.is_http_function())
    answers = {model.__name__ for model in _subclasses(Answer)} | {"Problem"}
    for name, schema in document["components"]["schemas"].items():
        if name in answers:
            schema["additionalProperties"] = False
    return document


def _subclasses(model: type[Answer]) -> Iterator[type[Answer]]:
    for one in model.__subclasses__():
        yield one
        yield from _subclasses(one)


OPERATIONS = {
    operation.definition.raw["operationId"]: operation
    for result in schemathesis.openapi.from_dict(closed_document()).get_all_operations()
    if isinstance(result, Ok)
    for operation in [result.ok()]
}


@pytest.fixture(scope="module")
def tally(pytestconfig: pytest.Config) -> Iterator[Tally]:
    with written_tally(pytestconfig, "schemathesis") as counts:
        yield counts


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as pooled:
        yield pooled


@pytest.fixture
def tokens(office: Office) -> dict[str, str]:
    """Tokens by who carries them; one that is made up comes with the request."""

    def minted(**wishes: Any) -> str:
        token: str = office.outsider.control("entra", "POST", "tokens", wishes)["access_token"]
        return token

    valid = {name: office.outsider.token(name) for name in ROLES}
    return {
        **valid,
        "no role": minted(claims={"roles": []}),
        "expired": minted(expires_in=-3_600),
        "other audience": minted(claims={"aud": TENANT_ID}),
        "other key": minted(signed_by="unknown"),
        "cut": valid["admin"][:-5],
    }


def cases_of(operation: Any) -> st.SearchStrategy[Any]:
    """Requests as the description wants them, and one in three as it does not."""
    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    return st.one_of(fitting, fitting, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))


def make_reach_something(case: Any, name: str, acceptable: Acceptable, ids: dict[str, str], choice: int) -> None:
    """Put what exists in place of what is made up, but for one request in eight."""
    if choice % 8 == 0:
        return
    if name == "connector_change" and isinstance(case.body, dict):
        case.body.pop("credential_ref", None)  # other keys do not exist, and without keys a 502 is right
    for part in case.path_parameters or {}:
        if part in ids:
            case.path_parameters[part] = ids[part]
    body = acceptable.body(name, choice) if choice % 3 == 0 else None
    if body is not None:
        case.body = body
    for place in (case.query, case.body):
        if isinstance(place, dict) and "connector_id" in place:
            place["connector_id"] = acceptable.connector_id


def headers_of(made_up: Mapping[str, str], who: str, tokens: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that the app reads; others can be such that the web server before it refuses the request."""
    headers = {"Content-Type": made_up["Content-Type"]} if "Content-Type" in made_up else {}
    if who in tokens:
        return headers | {"Authorization": f"Bearer {tokens[who]}"}
    authorization = made_up.get("Authorization", "")
    return headers | ({"Authorization": authorization} if who == "made up" and authorization.isprintable() else {})


def judge(answer: requests.Response, name: str, who: str) -> None:
    """Hold the answer against the table of roles."""
    if name not in ALLOWED_ROLES:
        assert answer.status_code == 200
    elif who in NOBODY:
        assert answer.status_code == 401
    elif ROLES.get(who) not in ALLOWED_ROLES[name]:
        assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    else:
        assert answer.status_code != 401
        assert answer.status_code != 403 or answer.json()["code"] != "role_missing"


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_made_up_request_gets_an_answer_that_is_not_described(
    office: Office,
    name: str,
    tokens: dict[str, str],
    session: requests.Session,
    tally: Tally,
    pytestconfig: pytest.Config,
) -> None:
    office.outsider.control("dataverse", "POST", "limits", {"enabled": False})
    acceptable = Acceptable(office)
    ids = acceptable.ids(OPERATIONS[name].path)
    base = f"{office.outsider.stack.functions[0]}/api"
    seen: Counter[int] = Counter()

    @seed(seed_of(pytestconfig))
    @settings(
        max_examples=EXAMPLES * factor_of(pytestconfig),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases_of(OPERATIONS[name]), who=WHO, choice=st.integers(0, 23))
    def run(case: Any, who: str, choice: int) -> None:
        make_reach_something(case, name, acceptable, ids, choice)
        sent = case.as_transport_kwargs(base_url=base)
        sent["headers"] = headers_of(sent["headers"], who, tokens)
        address = requests.Request("GET", sent["url"], params=sent["params"]).prepare().url or ""
        assume(len(address) < LONGEST_ADDRESS)
        answer = session.request(**sent, timeout=60)
        seen[answer.status_code] += 1
        tally.add(name, str(answer.status_code), who)
        case.validate_response(answer, checks=CHECKS)
        judge(answer, name, who)

    run()
    assert set(seen) & set(ANSWERS[name]), "nothing succeeded, so nothing was tried"
