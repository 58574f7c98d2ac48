"""The managed identity token against an identity endpoint as the host of the functions offers it."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from dataverse.credentials import managed_identity_token
from dataverse.errors import TokenUnavailable

pytestmark = pytest.mark.contract


class IdentityEndpoint(ThreadingHTTPServer):
    """Issues numbered tokens for an hour, or answers 400."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.resources: list[str] = []
        self.broken = False


class _Answer(BaseHTTPRequestHandler):
    server: IdentityEndpoint

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        accepted = self.headers.get("X-IDENTITY-HEADER") == "secret-header" and not self.server.broken
        self.server.resources += query["resource"] if accepted else []
        document = {"statusCode": 400, "message": "no identity"}
        if accepted:
            document = {
                "access_token": f"token-{len(self.server.resources)}",
                "expires_on": str(int(time.time()) + 3_600),
                "resource": query["resource"][0],
                "token_type": "Bearer",
            }
        content = json.dumps(document).encode()
        self.send_response(200 if accepted else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityEndpoint]:
    """A running identity endpoint that the environment names."""
    with IdentityEndpoint() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "secret-header")
        yield server
        server.shutdown()
        thread.join()


def test_a_token_is_fetched_once_for_the_environment_and_anew_when_it_was_refused(endpoint: IdentityEndpoint) -> None:
    token = managed_identity_token("https://contoso.crm.dynamics.com/")

    assert (token(), token()) == ("token-1", "token-1")
    token.discard("token-1")
    assert token() == "token-2"
    assert endpoint.resources == ["https://contoso.crm.dynamics.com"] * 2


def test_an_endpoint_that_gives_no_token_is_a_typed_error(endpoint: IdentityEndpoint) -> None:
    endpoint.broken = True

    with pytest.raises(TokenUnavailable) as raised:
        managed_identity_token("https://contoso.crm.dynamics.com")()

    assert "secret-header" not in str(raised.value)
