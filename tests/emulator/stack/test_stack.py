"""The launcher as tests use it: crash and restart a host, own variables, https, ports, installation."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import msal
import pytest
import requests

from emulators.stack import PartFailed, Stack, azurite
from emulators.stack.host_environment import host_environment
from emulators.stack.logs import log_folder
from emulators.stack.ports import Ports
from tests.emulator.stack.conftest import SAMPLE, VARIABLES

pytestmark = pytest.mark.emulator


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    options = ("--invisibility", "1", "--master-key", "secret")
    with Stack(app=SAMPLE, data=tmp_path, host_options=options, host_variables=VARIABLES) as stack:
        yield stack


def test_a_killed_host_comes_back_at_its_address_and_more_can_be_added(stack: Stack) -> None:
    (address,) = stack.functions
    assert requests.get(f"{address}/api/async", timeout=10).text == "async"
    stack.kill_host()
    assert [part.name for part in stack.dead_parts()] == ["host 0"]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/api/async", timeout=10)
    assert stack.start_host(0) == address
    assert requests.get(f"{address}/api/async", timeout=10).text == "async"
    second = stack.start_host()
    assert stack.functions == [address, second]
    assert requests.get(f"{second}/api/async", timeout=10).text == "async"
    timers = [requests.get(f"{url}/_emulator/state", timeout=10).json()["timers"] for url in stack.functions]
    assert [timer["scheduled"] for timer in timers[0]] == [True, True]
    assert [timer["scheduled"] for timer in timers[1]] == [False, False]
    assert requests.get(f"{second}/admin/functions", timeout=10).status_code == 401
    assert stack.dead_parts() == []


def test_hosts_get_all_that_the_app_reads_and_own_variables_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSASYNC_TENANT_ID", "mine")
    variables = host_environment(
        storage="st", entra="http://e", dataverse="http://d", authority=None, extra={"PSASYNC_X": "1"}
    )
    assert variables["PSASYNC_TENANT_ID"] == "mine"
    assert variables["PSASYNC_X"] == "1"
    assert variables["PSASYNC_AUTHORITY"] == "http://e"
    assert variables["IDENTITY_ENDPOINT"] == "http://e/msi/token"
    assert json.loads(variables["PSASYNC_CREDENTIAL_CONTOSO"]).keys() == {"public_key", "private_key", "client_id"}
    assert "REQUESTS_CA_BUNDLE" not in variables
    secure = host_environment(storage="st", entra="e", dataverse="d", authority=Path("/ca.pem"), extra={})
    assert (secure["REQUESTS_CA_BUNDLE"], secure["SSL_CERT_FILE"]) == ("/ca.pem", "/ca.pem")


def test_entra_over_https_serves_msal_and_dataverse_trusts_its_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stack(app=SAMPLE, data=tmp_path, hosts=0, tls=True) as stack:
        assert stack.entra.startswith("https://")
        assert stack.functions == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "tls" / "ca.pem"))
        document = stack.document()
        client = msal.ConfidentialClientApplication(
            document["api_client_id"],
            client_credential="emulator-secret",
            authority=f"{stack.entra}/{document['tenant_id']}",
            instance_discovery=False,
        )
        assert "access_token" in client.acquire_token_for_client([f"{stack.dataverse}/.default"])


def test_ports_follow_the_base() -> None:
    ports = Ports(7000)
    named = [ports.of(name) for name in ("dataverse", "connectwise", "entra", "blob", "queue", "table", "page")]
    assert [*named, ports.of_host(0), ports.of_host(1)] == [7000, 7001, 7002, 7003, 7004, 7005, 7006, 7010, 7011]
    assert (Ports().of("entra"), Ports().of_host(3)) == (0, 0)


def test_logs_of_the_last_ten_runs_are_kept(tmp_path: Path) -> None:
    for number in range(14):
        (tmp_path / "logs" / f"20200101T0000{number:02}-999999999-0").mkdir(parents=True)
    running = tmp_path / "logs" / f"20190101T000000-{os.getpid()}-0"
    running.mkdir()
    newest = log_folder(tmp_path)
    kept = sorted(folder.name for folder in (tmp_path / "logs").iterdir())
    assert [kept[0], kept[-1]] == [running.name, newest.name]
    assert len(kept) == 11
    assert kept[1] == "20200101T000005-999999999-0"


def test_azurite_is_installed_again_only_when_it_is_not_the_pinned_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = Path(azurite.__file__).parents[1] / "azurite"
    assert not azurite._is_current(tmp_path)
    entry = tmp_path / "node_modules/azurite/dist/src/azurite.js"
    entry.parent.mkdir(parents=True)
    entry.touch()
    (tmp_path / "node_modules/.package-lock.json").touch()
    (tmp_path / "package-lock.json").write_bytes((pins / "package-lock.json").read_bytes())
    assert azurite._is_current(tmp_path)
    (tmp_path / "package-lock.json").write_text("{}")
    assert not azurite._is_current(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PartFailed, match="needs Node 20"):
        azurite.Azurite(data=None)
    with pytest.raises(PartFailed, match="there is no npm on the path"):
        azurite._install(tmp_path)


def test_the_lock_file_records_no_download_address() -> None:
    pins = Path(azurite.__file__).parents[1] / "azurite"
    text = (pins / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert json.loads(text)["packages"]["node_modules/azurite"]["version"] == "3.35.0"
