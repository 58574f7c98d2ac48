"""`python -m emulators up` keeps the contract of the architecture, section 10."""

import json
import os
import signal
import socket
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import jwt
import pytest
import requests

from tests.emulator.stack.conftest import Launch, Launcher, dataverse_rows, is_alive

pytestmark = pytest.mark.emulator
KEYS = {
    "dataverse",
    "connectwise",
    "entra",
    "queue",
    "functions",
    "page",
    "control",
    "tenant_id",
    "api_client_id",
    "api_scope",
    "connector_id",
    "connectwise_credentials",
    "dataverse_token",
}


def test_one_line_tells_all_and_a_signal_leaves_nothing_behind(launch: Launch) -> None:
    launcher = launch("--hosts", "2")
    document = launcher.ready()
    assert document.keys() >= KEYS
    addresses = [document[name] for name in ("dataverse", "connectwise", "entra", "queue")] + document["functions"]
    assert {urlsplit(address).hostname for address in addresses} == {"127.0.0.1"}
    assert len(document["functions"]) == 2
    assert document["page"] is None
    assert set(document["connectwise_credentials"]) == {"company", "public_key", "private_key", "client_id"}
    for name in ("dataverse", "connectwise", "entra", "functions"):
        assert requests.get(document["control"][name] + "state", timeout=10).status_code == 200
    (connector,) = dataverse_rows(document, "psasync_connectors")
    assert connector["psasync_siteurl"] == document["connectwise"]
    assert connector["psasync_connectorid"] == document["connector_id"]
    pids = launcher.pids()
    assert len(pids) == 6
    assert all(map(is_alive, pids))
    assert launcher.end(signal.SIGTERM) == 0
    assert not any(map(is_alive, pids))
    assert launcher.log.read_text() == ""
    for address in addresses:
        with socket.socket() as connection, pytest.raises(ConnectionRefusedError):
            connection.connect(("127.0.0.1", urlsplit(address).port))


def test_tokens_of_the_line_are_what_they_say_and_ctrl_c_ends_it_too(launch: Launch) -> None:
    launcher = launch("--hosts", "0")
    document = launcher.ready()
    form = {
        "grant_type": "password",
        "client_id": document["api_client_id"],
        "scope": document["api_scope"],
        "username": "reader@contoso.example",
        "password": "emulator",
    }
    tenant = f"{document['entra']}/{document['tenant_id']}"
    answer = requests.post(f"{tenant}/oauth2/v2.0/token", data=form, timeout=10)
    user = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert (user["aud"], user["iss"]) == (document["api_client_id"], f"{tenant}/v2.0")
    application = jwt.decode(document["dataverse_token"], options={"verify_signature": False})
    assert (application["aud"], application["exp"] - application["iat"]) == (document["dataverse"], 86400)
    who = requests.get(
        f"{document['dataverse']}/api/data/v9.2/WhoAmI",
        headers={"Authorization": f"Bearer {document['dataverse_token']}"},
        timeout=10,
    ).json()
    assert who["UserId"] == "44444444-4444-4444-8444-000000000009"
    assert launcher.end(signal.SIGINT) == 0
    assert launcher.log.read_text() == ""


def test_data_survives_a_restart_and_is_not_seeded_again(launch: Launch, tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    account = {"accountid": "aaaaaaaa-0000-4000-8000-000000000001", "name": "Seeded Ltd"}
    seed.write_text(json.dumps({"dataverse": {"accounts": [account]}, "connectwise": {}}))
    options = ("--data", str(tmp_path / "data"), "--seed", str(seed), "--hosts", "0")
    first = launch(*options)
    document = first.ready()
    assert [row["name"] for row in dataverse_rows(document, "accounts")] == ["Seeded Ltd"]
    assert document["connector_id"] == "88888888-8888-4888-8888-000000000001"
    headers = {"Authorization": f"Bearer {document['dataverse_token']}"}
    change = {"name": "Renamed Ltd"}
    url = f"{document['dataverse']}/api/data/v9.2/accounts({account['accountid']})"
    assert requests.patch(url, json=change, headers=headers, timeout=10).status_code == 204
    assert first.end() == 0

    second = launch(*options)
    again = second.ready()
    assert [row["name"] for row in dataverse_rows(again, "accounts")] == ["Renamed Ltd"]
    assert "is not loaded again" in second.log.read_text()
    (connector,) = dataverse_rows(again, "psasync_connectors")
    assert connector["psasync_siteurl"] == again["connectwise"]
    assert Path(again["logs"]).parent == tmp_path / "data" / "logs"


def test_a_port_that_is_taken_ends_it_with_a_sentence_and_leaves_nothing(launch: Launch) -> None:
    base = 20_000 + os.getpid() % 10_000  # below the ports that the system hands out
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base))
        launcher = launch("--ports", str(base))  # the first is that of the Dataverse emulator
        children = _children_until_it_ends(launcher)
    assert launcher.process.returncode == 1
    told = launcher.log.read_text()
    assert told.startswith("cannot start: dataverse ended with exit code 1 before it was ready; its log ")
    assert told.strip().endswith("Address already in use")
    assert len(children) >= 3
    assert not any(map(is_alive, children))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("missing.json", None, "cannot be read: No such file"),
        ("rubbish.json", "{", "cannot be used: body: not JSON"),
        ("other.json", '{"accounts": []}', 'must be {"dataverse": {...}, "connectwise": {...}}'),
        ("rows.json", '{"dataverse": {"psasync_nonsenses": []}}', "seeding dataverse: 400"),
    ],
)
def test_a_seed_that_cannot_be_loaded_ends_it_with_a_sentence(
    launch: Launch, tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    launcher = launch("--seed", str(tmp_path / name))
    assert launcher.process.wait(30) == 1
    assert launcher.log.read_text().startswith("cannot start: ")
    assert told in launcher.log.read_text()


def test_an_app_that_cannot_be_hosted_is_told_with_the_hosts_own_words(launch: Launch, tmp_path: Path) -> None:
    launcher = launch("--app", str(tmp_path))
    children = _children_until_it_ends(launcher)
    assert launcher.process.returncode == 1
    assert "cannot start: host 0 ended with exit code 1" in launcher.log.read_text()
    assert "host.json is missing" in launcher.log.read_text()
    assert len(children) >= 4
    assert not any(map(is_alive, children))


def test_a_signal_while_it_starts_ends_it_quietly(launch: Launch) -> None:
    launcher = launch()
    launcher.until(lambda: _children(launcher.process.pid))
    children = _children(launcher.process.pid)
    assert launcher.end() == 0
    assert launcher.log.read_text() == ""
    assert not any(map(is_alive, children))


def test_a_part_that_dies_later_is_reported_and_a_killed_launcher_takes_all_along(launch: Launch) -> None:
    launcher = launch()
    document = launcher.ready()
    os.kill(document["processes"]["connectwise"], signal.SIGKILL)
    launcher.until(launcher.log.read_text)
    assert launcher.log.read_text().startswith("connectwise died with exit code -9; its log ")
    assert requests.get(document["control"]["dataverse"] + "state", timeout=10).status_code == 200
    assert sum(map(is_alive, launcher.pids())) == 4
    launcher.process.kill()
    launcher.until(lambda: not any(map(is_alive, launcher.pids())))


def _children_until_it_ends(launcher: Launcher) -> set[int]:
    children: set[int] = set()
    while launcher.process.poll() is None:
        children |= set(_children(launcher.process.pid))
        sleep(0.02)
    return children


def _children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            found.append(int(folder.name))
    return found
