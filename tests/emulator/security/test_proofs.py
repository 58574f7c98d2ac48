"""The app signs in on behalf of a person without a secret: by certificate, or by a managed identity that is trusted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from emulators.entra.directory import API_CLIENT_ID, IDENTITY_APPLICATION_ID, TENANT_ID, object_id
from emulators.seeds import bulk
from emulators.stack.stack import Stack
from tests.emulator.entra.credentials import certificate
from tests.emulator.security.people import USER_IDS, Office

pytestmark = pytest.mark.emulator

PUBLIC, PRIVATE = certificate()
OTHER_PUBLIC, OTHER_PRIVATE = certificate()
LINES = [bulk.line_id(number) for number in range(4)]
REFUSED = "The app could not sign in for you ("


@contextmanager
def host_with(stack: Stack, **variables: str) -> Iterator[int]:
    """Run one more host whose settings hold these variables."""
    before = dict(stack.host_variables)
    stack.host_variables |= variables
    try:
        stack.start_host()
    finally:
        stack.host_variables.clear()
        stack.host_variables |= before
    index = len(stack.functions) - 1
    yield index
    stack.kill_host(index)


@pytest.fixture(scope="module")
def certificate_host(secure_stack: Stack) -> Iterator[int]:
    with host_with(secure_stack, PSASYNC_API_CLIENT_CERTIFICATE=PRIVATE + PUBLIC) as index:
        yield index


@pytest.fixture(scope="module")
def federated_host(secure_stack: Stack) -> Iterator[int]:
    variables = {"PSASYNC_API_CLIENT_FEDERATED": "true", "PSASYNC_IDENTITY_CLIENT_ID": IDENTITY_APPLICATION_ID}
    with host_with(secure_stack, **variables) as index:
        yield index


def register(office: Office, **proofs: Any) -> None:
    """Give the app's registration these proofs and no other."""
    applications = office.outsider.control("entra", "GET", "state")["applications"]
    api = next(application for application in applications if application["appId"] == API_CLIENT_ID)
    api |= {"secrets": [], "certificates": [], "federatedIdentityCredentials": []} | proofs
    office.outsider.control("entra", "POST", "seed", {"applications": [api]})


def trust(office: Office, **changes: Any) -> dict[str, Any]:
    return {"issuer": f"{office.outsider.stack.entra}/{TENANT_ID}/v2.0", "subject": object_id(9)} | changes


def push(office: Office, host: int) -> Any:
    return office.outsider.call("POST", "push", office.outsider.push_body(LINES), user="nina", host=host)


def assert_nina_did_it_herself(office: Office, host: int) -> None:
    answer = push(office, host)
    assert answer.status_code == 200, answer.text
    own = set(office.lines_of("nina")) & set(LINES)
    assert {item["id"] for item in answer.json()["items"] if item["outcome"] == "created"} == own
    rows = [row for row in office.outsider.rows("invoicedetails") if row["invoicedetailid"] in own]
    seen_as = {(row["_modifiedby_value"], row.get("_modifiedonbehalfby_value")) for row in rows}
    # with the app's own token and CallerObjectId the app would stand in the second place
    assert seen_as == {(USER_IDS["nina"], None)}


def assert_refused(office: Office, host: int) -> None:
    answer = push(office, host)
    assert (answer.status_code, answer.json()["code"]) == (502, "app_sign_in_refused"), answer.text
    assert answer.json()["detail"].startswith(REFUSED)
    assert office.outsider.rows("psasync_jobs") == []


def test_the_certificate_of_the_registration_proves_the_app(office: Office, certificate_host: int) -> None:
    register(office, certificates=[OTHER_PUBLIC, PUBLIC])
    assert_nina_did_it_herself(office, certificate_host)


def test_a_certificate_that_is_not_registered_signs_nobody_in(office: Office, certificate_host: int) -> None:
    register(office, certificates=[OTHER_PUBLIC], federatedIdentityCredentials=[trust(office)])
    assert_refused(office, certificate_host)


def test_a_registered_certificate_without_its_key_signs_nobody_in(office: Office, secure_stack: Stack) -> None:
    register(office, certificates=[PUBLIC])
    with host_with(secure_stack, PSASYNC_API_CLIENT_CERTIFICATE=OTHER_PRIVATE + PUBLIC) as host:
        assert_refused(office, host)


def test_neither_the_key_nor_an_assertion_stands_in_a_log(
    office: Office, certificate_host: int, federated_host: int
) -> None:
    for host in (certificate_host, federated_host):
        assert_refused(office, host)
    logs = "".join(path.read_text(encoding="utf-8") for path in office.outsider.stack.logs.glob("host-*.log"))
    assert "app_sign_in_refused" in logs
    assert PRIVATE.splitlines()[5] not in logs
    # how every token in compact form begins
    assert "eyJ" not in logs


def test_a_managed_identity_that_the_registration_trusts_proves_the_app(office: Office, federated_host: int) -> None:
    register(office, federatedIdentityCredentials=[trust(office)])
    assert_nina_did_it_herself(office, federated_host)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://login.example/v2.0"},
        {"subject": object_id(8)},
        {"audiences": ["api://another-exchange"]},
    ],
    ids=["issuer", "subject", "audience"],
)
def test_a_managed_identity_that_the_registration_does_not_trust_signs_nobody_in(
    office: Office, federated_host: int, changes: dict[str, Any]
) -> None:
    register(office, federatedIdentityCredentials=[trust(office, **changes)], certificates=[PUBLIC])
    assert_refused(office, federated_host)


def test_a_proof_that_is_registered_again_works_without_a_restart(office: Office, federated_host: int) -> None:
    register(office)
    assert_refused(office, federated_host)
    register(office, federatedIdentityCredentials=[trust(office)])
    assert_nina_did_it_herself(office, federated_host)
