"""Bearer tokens and impersonation (dataverse.md 11, 15)."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.emulator.dataverse.harness import ADMIN, APPLICATION, BILLING, BILLING_OBJECT, MISSING, READER, Organization

pytestmark = pytest.mark.emulator

TENANT = "11111111-1111-4111-8111-111111111111"
APPLICATION_CLIENT = "55555555-5555-4555-8555-555555555555"


class Issuer:
    """An authority with one key, served over plain HTTP, that counts how often its keys are read."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.reads = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.reads += 1
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(issuer.key.public_key()))
                body = json.dumps({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()
                self.send_response(200 if self.path == f"/{TENANT}/discovery/v2.0/keys" else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, key: Any = None, algorithm: str = "RS256", **claims: Any) -> str:
        """Return a token for the emulator, with claims changed or, when None, left out."""
        now = int(time.time())
        document = {
            "iss": f"{self.url}/{TENANT}/v2.0", "aud": "http://127.0.0.1:80", "tid": TENANT,
            "oid": BILLING_OBJECT, "iat": now, "nbf": now - 5, "exp": now + 600, **claims,
        }  # fmt: skip
        kept = {name: value for name, value in document.items() if value is not None}
        return jwt.encode(kept, key or self.key, algorithm, {"kid": "k1"})


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """A running authority."""
    found = Issuer()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def guarded(issuer: Issuer) -> Organization:
    """An environment that trusts the issuer."""
    return Organization(authority=issuer.url, tenant_id=TENANT, public_url="http://127.0.0.1:80")


def bearer(token: str) -> dict[str, str]:
    """Return the Authorization header."""
    return {"Authorization": f"Bearer {token}"}


def test_without_a_token_401_with_the_vendor_body(org: Organization) -> None:
    """Section 15."""
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic emulator"}):
        reply = org.get("WhoAmI", headers)
        assert (reply.status, reply.body) == (401, b"HTTP Error 401 - Unauthorized: Access is denied")
        assert reply.headers["www-authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize("audience", ["http://127.0.0.1:80", "http://127.0.0.1:80/"])
def test_a_signed_token_is_mapped_to_its_user(guarded: Organization, issuer: Issuer, audience: str) -> None:
    """Section 15: the object id names the user; the audience has a trailing slash or not."""
    assert guarded.get("WhoAmI", bearer(issuer.token(aud=audience))).json["UserId"] == BILLING


@pytest.mark.parametrize("claim", ["appid", "azp"])
def test_an_application_is_known_by_its_client_id(guarded: Organization, issuer: Issuer, claim: str) -> None:
    """Section 15: application users."""
    token = issuer.token(oid=MISSING, **{claim: APPLICATION_CLIENT})
    assert guarded.get("WhoAmI", bearer(token)).json["UserId"] == APPLICATION


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 600}, {"nbf": int(time.time()) + 600}, {"aud": "http://other"}, {"iss": "http://other"},
        {"oid": MISSING}, {"exp": None}, {"aud": None}, {"key": rsa.generate_private_key(65537, 2048)},
        {"key": "x" * 32, "algorithm": "HS256"},
    ],
    ids=["expired", "early", "audience", "issuer", "unknown", "no exp", "no aud", "wrong key", "HS256"],
)  # fmt: skip
def test_a_bad_token_is_401(guarded: Organization, issuer: Issuer, claims: dict[str, Any]) -> None:
    """Section 15: wrong key, alg, expiry, audience, issuer, user."""
    assert guarded.get("WhoAmI", bearer(issuer.token(**claims))).status == 401


def test_an_unsigned_or_the_local_token_is_401_with_an_authority(guarded: Organization) -> None:
    """Section 15: alg=none; the token `emulator` counts only without an authority."""
    unsigned = jwt.encode({"aud": "http://127.0.0.1:80", "oid": BILLING_OBJECT}, None, "none")
    for token in (unsigned, "emulator", "a.b.c"):
        assert guarded.get("WhoAmI", bearer(token)).status == 401


def test_keys_are_read_once(guarded: Organization, issuer: Issuer) -> None:
    """Keys are cached, and so is a token that was checked."""
    before = issuer.reads
    for _ in range(3):
        assert guarded.get("WhoAmI", bearer(issuer.token())).status == 200
    assert issuer.reads - before == 1


def test_a_disabled_user_is_401(guarded: Organization, issuer: Issuer) -> None:
    """Section 15: the user must be enabled."""
    token = bearer(issuer.token())
    assert guarded.get("WhoAmI", token).status == 200
    guarded.emulator.seed(
        {
            "systemusers": [
                {
                    "systemuserid": BILLING,
                    "azureactivedirectoryobjectid": BILLING_OBJECT,
                    "fullname": "x",
                    "isdisabled": True,
                }
            ]
        }
    )
    assert guarded.get("WhoAmI", token).status == 401


@pytest.mark.parametrize("header", [{"CallerObjectId": BILLING_OBJECT}, {"MSCRMCallerID": BILLING}])
def test_impersonation_shows_both_users(org: Organization, header: dict[str, str]) -> None:
    """Section 11: createdby is the impersonated user, createdonbehalfby the real caller."""
    account = org.post("accounts", {"name": "x"}, header).entity_id
    row = org.get(f"accounts({account})").json
    assert (row["_createdby_value"], row["_createdonbehalfby_value"]) == (BILLING, APPLICATION)
    assert row["_ownerid_value"] == BILLING
    org.patch(f"accounts({account})", {"fax": "1"})
    row = org.get(f"accounts({account})").json
    assert (row["_modifiedby_value"], row["_modifiedonbehalfby_value"]) == (APPLICATION, None)
    assert org.get("WhoAmI", header).json["UserId"] == BILLING


def test_impersonation_needs_the_delegate_privilege(guarded: Organization, issuer: Issuer) -> None:
    """Section 11: prvActOnBehalfOfAnotherUser."""
    reply = guarded.get("WhoAmI", {**bearer(issuer.token()), "MSCRMCallerID": ADMIN})
    assert (reply.status, reply.code) == (403, "0x80040220")
    assert "prvActOnBehalfOfAnotherUser" in reply.message


def test_an_unknown_impersonated_user_is_refused(org: Organization) -> None:
    """Section 20 leaves the answer open: 403."""
    assert org.get("WhoAmI", {"CallerObjectId": MISSING}).code == "0x80072560"


def test_rights_are_the_intersection_of_both_users(guarded: Organization, issuer: Issuer) -> None:
    """Section 11: a caller cannot borrow rights by impersonating an administrator."""
    [delegate] = guarded.get(
        "roles?$select=name&$filter=name eq 'Delegate'",
        bearer(issuer.token(oid="33333333-3333-4333-8333-000000000009")),
    ).rows
    guarded.emulator.seed(
        {
            "systemusers": [
                {
                    "systemuserid": READER,
                    "azureactivedirectoryobjectid": "33333333-3333-4333-8333-000000000003",
                    "fullname": "Rita",
                    "systemuserroles_association@odata.bind": [f"/roles({delegate['roleid']})"],
                }
            ]
        }
    )
    headers = {**bearer(issuer.token(oid="33333333-3333-4333-8333-000000000003")), "MSCRMCallerID": ADMIN}
    assert guarded.get("accounts?$top=1", headers).status == 200
    assert guarded.post("accounts", {"name": "x"}, headers).status == 403
