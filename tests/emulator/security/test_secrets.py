"""Nothing secret is in what the running app writes down, whatever happened."""

import time

import pytest

from emulators.entra.directory import CLIENT_SECRET
from emulators.stack.identifiers import CONNECTWISE_KEYS
from tests.emulator.security.people import Office

pytestmark = pytest.mark.emulator


def test_logs_hold_neither_keys_nor_tokens_nor_names_of_customers(office: Office) -> None:
    outsider = office.outsider
    token = outsider.token("nina")
    for fault in ({"kind": "status", "status": 401}, {"kind": "html", "status": 502}, {"kind": "drop_after_commit"}):
        match = {"match": {"method": "POST", "path": "/additions"}, "times": 1}
        outsider.control("connectwise", "POST", "faults", match | fault)
        outsider.call("POST", "push", outsider.push_body(office.lines_of("nina")[:1]), user="nina")
    outsider.control(
        "dataverse", "POST", "faults", {"match": {"path": "batch"}, "kind": "status", "status": 401, "times": 4}
    )
    outsider.call("POST", "push/preview", outsider.push_body(office.lines_of("nina")[:1]), user="nina")
    outsider.call("POST", "push", {"idempotency_key": "swordfish"}, user="nina")
    logs = _logs(office)
    assert "problem " in logs
    for secret in (*CONNECTWISE_KEYS.values(), CLIENT_SECRET, token, token.split(".")[2], "swordfish"):
        assert secret not in logs
    assert "eyJ" not in logs  # how every token begins
    assert "Bulk customer" not in logs
    assert "$filter" not in logs


def _logs(office: Office) -> str:
    """Return what all hosts have written; a moment later too, because they write through a pipe."""
    folder = office.outsider.stack.logs
    read = ""
    for _ in range(20):
        read = "".join(path.read_text(errors="replace") for path in folder.glob("host-*.log"))
        if "problem 400" in read:
            break
        time.sleep(0.1)
    return read
