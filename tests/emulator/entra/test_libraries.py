"""The real msal and azure-identity obtain tokens, unmodified."""

import re
from urllib.parse import parse_qs, urlsplit

import msal
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    OnBehalfOfCredential,
)

from emulators.entra.directory import (
    API_CLIENT_ID,
    API_SCOPE,
    CLIENT_SECRET,
    IDENTITY_APPLICATION_ID,
    IDENTITY_HEADER,
    TENANT_ID,
    object_id,
)
from tests.emulator.entra.conftest import EntraClient
from tests.emulator.entra.credentials import certificate

pytestmark = pytest.mark.emulator
DATAVERSE = "https://org.crm.dynamics.com"
ROBOT = "aaaaaaaa-0000-4000-8000-000000000010"


@pytest.mark.parametrize("kind", [ManagedIdentityCredential, DefaultAzureCredential])
def test_azure_identity_uses_the_managed_identity_endpoint_over_http(
    entra: EntraClient,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[ManagedIdentityCredential] | type[DefaultAzureCredential],
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{entra.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)
    with kind() as credential:
        token = credential.get_token(f"{DATAVERSE}/.default").token
    claims = entra.claims(token, DATAVERSE)
    assert (claims["oid"], claims["azp"]) == (object_id(9), IDENTITY_APPLICATION_ID)


def test_azure_identity_is_told_when_the_header_is_wrong(entra: EntraClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{entra.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with ManagedIdentityCredential() as credential, pytest.raises(ClientAuthenticationError):
        credential.get_token(f"{DATAVERSE}/.default")


def confidential(entra: EntraClient, client_id: str, credential: object) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        client_id, client_credential=credential, authority=entra.tenant, instance_discovery=False
    )


def test_msal_client_credentials_with_a_secret(secure_entra: EntraClient) -> None:
    application = confidential(secure_entra, IDENTITY_APPLICATION_ID, CLIENT_SECRET)
    result = application.acquire_token_for_client([f"{DATAVERSE}/.default"])
    assert secure_entra.claims(result["access_token"], DATAVERSE)["azpacr"] == "1"
    refused = confidential(secure_entra, IDENTITY_APPLICATION_ID, "wrong").acquire_token_for_client(["x/.default"])
    assert refused["error"] == "invalid_client"


def test_msal_and_azure_identity_client_credentials_with_a_certificate(secure_entra: EntraClient) -> None:
    public, private = certificate()
    robot = {"appId": ROBOT, "id": "aaaaaaaa-0000-4000-8000-000000000011", "certificates": [public]}
    secure_entra.control("POST", "seed", {"applications": [robot]})
    application = confidential(secure_entra, ROBOT, {"private_key": private, "public_certificate": public})
    result = application.acquire_token_for_client([f"{DATAVERSE}/.default"])
    assert secure_entra.claims(result["access_token"], DATAVERSE)["azpacr"] == "2"
    with CertificateCredential(
        TENANT_ID,
        ROBOT,
        certificate_data=(public + private).encode(),
        authority=secure_entra.url,
        disable_instance_discovery=True,
    ) as credential:
        assert credential.get_token(f"{DATAVERSE}/.default").token
    _, other = certificate()
    forged = confidential(secure_entra, ROBOT, {"private_key": other, "public_certificate": public})
    assert forged.acquire_token_for_client([f"{DATAVERSE}/.default"])["error_codes"] == [700027]
    unknown, other = certificate()
    stranger = confidential(secure_entra, ROBOT, {"private_key": other, "public_certificate": unknown})
    assert stranger.acquire_token_for_client([f"{DATAVERSE}/.default"])["error_codes"] == [700027]


def test_msal_on_behalf_of(secure_entra: EntraClient) -> None:
    assertion = secure_entra.password("billing").json()["access_token"]
    application = confidential(secure_entra, API_CLIENT_ID, CLIENT_SECRET)
    result = application.acquire_token_on_behalf_of(assertion, [f"{DATAVERSE}/user_impersonation"])
    assert secure_entra.claims(result["access_token"], DATAVERSE)["oid"] == object_id(2)


def test_msal_signs_in_by_code_with_pkce_and_refreshes_silently(secure_entra: EntraClient) -> None:
    user = msal.PublicClientApplication(API_CLIENT_ID, authority=secure_entra.tenant, instance_discovery=False)
    address = "http://localhost:5173/auth.html"
    flow = user.initiate_auth_code_flow([API_SCOPE], redirect_uri=address, response_mode="form_post")
    page = secure_entra.session.get(flow["auth_uri"], timeout=10)
    form = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    answer = secure_entra.session.post(page.url, data=form | {"picked": object_id(1)}, timeout=10)
    back = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', answer.text))
    result = user.acquire_token_by_auth_code_flow(flow, back)
    assert secure_entra.claims(result["access_token"])["roles"] == ["PsaSync.Admin"]
    (account,) = user.get_accounts()
    assert account["username"] == "admin@contoso.example"
    silent = user.acquire_token_silent([f"{DATAVERSE}/user_impersonation"], account=account)
    assert secure_entra.claims(silent["access_token"], DATAVERSE)["oid"] == object_id(1)


def test_azure_identity_secret_and_on_behalf_of(secure_entra: EntraClient) -> None:
    with ClientSecretCredential(
        TENANT_ID,
        IDENTITY_APPLICATION_ID,
        CLIENT_SECRET,
        authority=secure_entra.url,
        disable_instance_discovery=True,
    ) as credential:
        token = credential.get_token(f"{DATAVERSE}/.default").token
    assert secure_entra.claims(token, DATAVERSE)["oid"] == object_id(9)
    with OnBehalfOfCredential(
        TENANT_ID,
        API_CLIENT_ID,
        client_secret=CLIENT_SECRET,
        user_assertion=secure_entra.password("reader").json()["access_token"],
        authority=secure_entra.url,
        disable_instance_discovery=True,
    ) as credential:
        token = credential.get_token(f"{DATAVERSE}/user_impersonation").token
    assert secure_entra.claims(token, DATAVERSE)["oid"] == object_id(3)
