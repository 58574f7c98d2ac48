"""The Entra emulator over http and, with its throw-away authority, over https."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from emulators.entra.directory import API_CLIENT_ID, API_SCOPE, PASSWORD, TENANT_ID
from emulators.stack.part import python_part


class EntraClient:
    """The emulator seen from outside."""

    def __init__(self, url: str, authority: Path | None = None) -> None:
        self.url = url
        self.authority = authority
        self.session = requests.Session()
        self.session.verify = str(authority) if authority else True

    @property
    def tenant(self) -> str:
        return f"{self.url}/{TENANT_ID}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=10, allow_redirects=False, **options)

    def token(self, **form: str) -> requests.Response:
        return self.session.post(f"{self.tenant}/oauth2/v2.0/token", data=form, timeout=10)

    def password(self, name: str = "admin", **changes: str) -> requests.Response:
        form = {
            "grant_type": "password",
            "client_id": API_CLIENT_ID,
            "scope": API_SCOPE,
            "username": f"{name}@contoso.example",
            "password": PASSWORD,
        }
        return self.token(**(form | changes))

    def control(self, method: str, name: str, document: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.url}/_emulator/{name}", json=document, timeout=10)

    def claims(self, token: str, audience: str = API_CLIENT_ID) -> dict[str, Any]:
        """Return the claims of a token that is valid by the published keys and the real time."""
        keys = jwt.PyJWKSet.from_dict(self.get(f"/{TENANT_ID}/discovery/v2.0/keys").json())
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=audience,
            issuer=f"{self.tenant}/v2.0",
            options={"require": ["exp", "nbf", "iat", "tid", "oid", "sub"]},
        )
        return claims

    def clear(self) -> None:
        self.control("POST", "reset")
        self.control("POST", "clock", {})
        self.control("DELETE", "faults")
        self.session.cookies.clear()


@pytest.fixture(scope="session")
def _plain() -> Iterator[EntraClient]:
    with python_part("entra", "entra", "--port", "0") as part:
        yield EntraClient(part.ready()["url"])


@pytest.fixture
def entra(_plain: EntraClient) -> EntraClient:
    _plain.clear()
    return _plain


@pytest.fixture(scope="session")
def _secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EntraClient]:
    directory = tmp_path_factory.mktemp("tls")
    with python_part("entra", "entra", "--port", "0", "--tls", str(directory)) as part:
        yield EntraClient(part.ready()["url"], directory / "ca.pem")


@pytest.fixture
def secure_entra(_secure: EntraClient, monkeypatch: pytest.MonkeyPatch) -> EntraClient:
    """Over https; libraries trust the throw-away authority through REQUESTS_CA_BUNDLE."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(_secure.authority))
    _secure.clear()
    return _secure
