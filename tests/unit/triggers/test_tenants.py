"""Keys of connectors: read anew at each use, sent to allowed hosts only, shown nowhere."""

import json
import traceback
from typing import Any

import pytest

from connectwise.errors import RouteInvalid
from sync_core.errors import ConfigurationFault
from tests import builders
from triggers.settings import read_settings
from triggers.tenants import Tenants

pytestmark = pytest.mark.unit

SETTINGS = read_settings(
    {
        "PSASYNC_TENANT_ID": "11111111-1111-4111-8111-111111111111",
        "PSASYNC_API_CLIENT_ID": "22222222-2222-4222-8222-222222222222",
        "PSASYNC_DATAVERSE_URL": "https://contoso.crm.dynamics.com",
    }
)
CONNECTOR = builders.connector(credential_ref="SECRETS_TEST")
NAME = "PSASYNC_CREDENTIAL_SECRETS_TEST"


def keys(suffix: str) -> str:
    names = ("public_key", "private_key", "client_id")
    return json.dumps({name: f"swordfish-{name}-{suffix}" for name in names})


def authorization(tenants: Tenants) -> str:
    """Return what the client sends as its proof."""
    return tenants.client_of(CONNECTOR)._credentials.headers("contoso")["Authorization"]


def test_new_keys_are_used_at_once_and_without_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    tenants = Tenants(SETTINGS)
    monkeypatch.setenv(NAME, keys("old"))
    before, transport = authorization(tenants), tenants.client_of(CONNECTOR)._transport
    assert tenants.client_of(CONNECTOR) is tenants.client_of(CONNECTOR)
    monkeypatch.setenv(NAME, keys("new"))
    assert authorization(tenants) != before
    assert tenants.client_of(CONNECTOR)._transport is transport, "the budget of requests must outlive the keys"
    assert len(tenants._open) == 1, "the client with the old keys must be gone"


@pytest.mark.parametrize(
    "text",
    [
        "swordfish",
        '["swordfish"]',
        '"swordfish"',
        '{"public_key": "swordfish"}',
        '{"public_key": "swordfish", "private_key": 7, "client_id": null}',
        '{"public_key": "swordfish fish", "private_key": "swordfish", "client_id": "swordfish"}',
        '{"public_key": "swordfish\\r\\nX-Evil: 1", "private_key": "swordfish", "client_id": "swordfish"}',
    ],
)
def test_keys_that_cannot_be_used_are_refused_and_shown_nowhere(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ConfigurationFault) as refusal:
        Tenants(SETTINGS).client_of(CONNECTOR)
    assert refusal.value.code == "credential_invalid"
    report = traceback.TracebackException.from_exception(refusal.value, capture_locals=True)
    # the test's own variables hold the text
    shown = [frame.locals for frame in report.stack if frame.filename.endswith("/triggers/tenants.py")]
    assert len(shown) == 4
    assert "swordfish" not in f"{shown}{refusal.value}"


def test_nothing_that_holds_keys_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, keys("x"))
    tenants = Tenants(SETTINGS)
    client = tenants.client_of(CONNECTOR)
    shown: list[Any] = [tenants, vars(tenants), client, vars(client), client._credentials, tenants.tenant_of(CONNECTOR)]
    assert "swordfish" not in repr(shown)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "https://na.myconnectwise.net.evil.example",
        "https://evil.example/na.myconnectwise.net",
        "https://na.myconnectwise.net@evil.example",
        "https://evil.example#na.myconnectwise.net",
        "https://evil.example\\@na.myconnectwise.net",
        "http://na.myconnectwise.net",
        "https://169.254.169.254",
        "https://[::1]",
        "https://2130706433",
        "file:///etc/passwd",
        "gopher://na.myconnectwise.net",
        "https://na.myconnectwise.net:443/path",
        "https://na.myconnectwise.net?x",
        "https://ｎａ.myconnectwise.net",
        "https://na.myconnectwise.net\r\nHost: evil.example",
        "",
    ],
)
def test_keys_go_to_no_host_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(NAME, keys("x"))
    tenants = Tenants(SETTINGS)
    assert tenants.fault_of_address(address)
    with pytest.raises(RouteInvalid):
        tenants.client_of(builders.connector(credential_ref="SECRETS_TEST", site_url=address)).site()
