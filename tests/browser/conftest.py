"""A headless Chromium, the Entra emulator over https and a server for the pages in `pages/`, all on the loopback."""

import base64
import hashlib
import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, sync_playwright

from emulators.entra.directory import API_CLIENT_ID, API_SCOPE
from emulators.stack.part import ROOT, python_part
from tests.emulator.entra.conftest import EntraClient

PAGES = Path(__file__).parent / "pages"
INSTALLED = ROOT / ".local" / "browser"
MSAL = INSTALLED / "node_modules" / "@azure" / "msal-browser" / "lib"
SCREENSHOTS = ROOT / ".local" / "screenshots"
# version 5, because the page in Dynamics ships it: its redirect page must load the bridge (dataverse.md 15)
SCRIPTS = {
    "/msal-browser.min.js": MSAL / "msal-browser.min.js",
    "/msal-redirect-bridge.min.js": MSAL / "redirect-bridge" / "msal-redirect-bridge.min.js",
}
BROWSERS = ("chromium-headless-shell", "chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # nothing goes out, not even by mistake
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_PHASES = pytest.StashKey[dict[str, bool]]()


class PageServer(SimpleHTTPRequestHandler):
    """Serves `pages/`, MSAL.js and the settings of the sign-in."""

    def __init__(self, *arguments: Any, settings: dict[str, str], **options: Any) -> None:
        self.settings = settings
        super().__init__(*arguments, directory=str(PAGES), **options)

    def do_GET(self) -> None:
        if self.path == "/settings.json":
            self._send(orjson.dumps(self.settings), "application/json")
        elif self.path == "/favicon.ico":
            self._send(b"", "image/x-icon")
        else:
            super().do_GET()

    def translate_path(self, path: str) -> str:
        script = SCRIPTS.get(path)
        return str(script) if script else super().translate_path(path)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""

    def _send(self, content: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def _serving(settings: dict[str, str]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(PageServer, settings=settings)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _public_key_hash(pem: Path) -> str:
    """Return the hash by which Chromium's flag names a key to trust."""
    key = x509.load_pem_x509_certificate(pem.read_bytes()).public_key()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(info).digest()).decode()


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the throw-away authority."""
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="session")
def _entra(tls: Path) -> Iterator[EntraClient]:
    with python_part("entra", "entra", "--port", "0", "--tls", str(tls)) as part:
        yield EntraClient(part.ready()["url"], tls / "ca.pem")


@pytest.fixture
def entra(_entra: EntraClient, monkeypatch: pytest.MonkeyPatch) -> EntraClient:
    """The emulator as it is after its start, with an empty log of requests."""
    # this machine's own bundle, if the variable names one, would win over the session's authority
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(_entra.authority))
    _entra.clear()
    _entra.control("DELETE", "requests")
    return _entra


@pytest.fixture(scope="session")
def site(_entra: EntraClient) -> Iterator[str]:
    """Return the address of the pages."""
    settings = {
        "authority": _entra.tenant,
        "clientId": API_CLIENT_ID,
        "scope": API_SCOPE,
        "loginHint": "billing@contoso.example",
    }
    with _serving(settings) as address:
        yield address


# not for the session: as long as Playwright runs, its event loop keeps asyncio.run of other tests from working
@pytest.fixture(scope="module")
def browser(_entra: EntraClient, tls: Path) -> Iterator[Browser]:
    """A Chromium that blocks popups as people's do and trusts the emulator's certificate alone."""
    named = os.environ.get("CHROMIUM")
    path = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if path is None or not MSAL.is_dir():
        pytest.fail("There is no Chromium, or no MSAL.js. Run `bash tools/setup.sh browser`, then the tests again.")
    trusted = f"--ignore-certificate-errors-spki-list={_public_key_hash(tls / 'server.pem')}"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path, args=[*FLAGS, trusted], ignore_default_args=["--disable-popup-blocking"]
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, site: str, entra: EntraClient, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page in a context of its own; what is on the screen when a test fails goes to `.local/screenshots`."""
    context = browser.new_context(locale="en-US", timezone_id="UTC")
    context.set_default_timeout(15_000)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = context.new_page()
    page.goto(f"{site}/index.html")
    yield page
    if not request.node.stash[_PHASES].get("call", False):
        _save_screenshots(request.node.name, context.pages)
    context.close()
    assert errors == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test passed, for its fixtures."""
    report = yield
    item.stash.setdefault(_PHASES, {})[report.when] = report.passed
    return report


def _save_screenshots(test: str, pages: list[Page]) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", test)
    for number, page in enumerate(pages):
        page.screenshot(path=SCREENSHOTS / f"{name}-{number}.png")
