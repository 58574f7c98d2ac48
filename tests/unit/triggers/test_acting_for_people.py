"""With whose rights the app goes to Dataverse: the caller's own token, or the app's with the person as the caller."""

from collections.abc import Iterator

import pytest

from dataverse.on_behalf import PersonToken
from dataverse.psasync.records import EntraObjectId
from transport.redaction import Secret
from triggers.composition import Composition
from triggers.identity import Caller, caller_of_request
from triggers.settings import read_settings

pytestmark = pytest.mark.unit

LEAST = {
    "PSASYNC_TENANT_ID": "11111111-1111-4111-8111-111111111111",
    "PSASYNC_API_CLIENT_ID": "22222222-2222-4222-8222-222222222222",
    "PSASYNC_DATAVERSE_URL": "https://contoso.crm.dynamics.com",
}
ADA, BILL = EntraObjectId("ada"), EntraObjectId("bill")
PROOFS = [
    {"PSASYNC_API_CLIENT_SECRET": "s"},
    {"PSASYNC_API_CLIENT_CERTIFICATE": "PEM"},
    {"PSASYNC_API_CLIENT_FEDERATED": "true"},
]


@pytest.fixture(autouse=True)
def storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")


@pytest.fixture
def request_of_ada() -> Iterator[None]:
    before = caller_of_request.set(Caller(ADA, frozenset(), Secret("token-of-ada")))
    yield
    caller_of_request.reset(before)


def acting(root: Composition, person: EntraObjectId) -> tuple[bool, str | None]:
    """Return whether the person's own token is used, and who is named as the caller."""
    endpoint = root._dataverse_as(person)._endpoint
    return isinstance(endpoint.token, PersonToken), endpoint.caller


@pytest.mark.parametrize("proof", PROOFS)
def test_in_a_persons_own_request_their_own_token_is_used(proof: dict[str, str], request_of_ada: None) -> None:
    assert acting(Composition(read_settings(LEAST | proof)), ADA) == (True, None)


@pytest.mark.parametrize("proof", PROOFS)
def test_nobody_elses_token_is_ever_used_for_a_person(proof: dict[str, str], request_of_ada: None) -> None:
    assert acting(Composition(read_settings(LEAST | proof)), BILL) == (False, BILL)


@pytest.mark.parametrize("proof", PROOFS)
def test_background_work_names_the_person(proof: dict[str, str]) -> None:
    assert acting(Composition(read_settings(LEAST | proof)), ADA) == (False, ADA)


def test_without_a_proof_of_itself_the_app_names_the_person_too(request_of_ada: None) -> None:
    root = Composition(read_settings(LEAST))
    assert acting(root, ADA) == (False, ADA)
    root.sign_in_for_caller()
