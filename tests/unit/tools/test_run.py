"""What `make run` shows."""

from tools.run import described

READY = {
    "dataverse": "http://127.0.0.1:7001",
    "functions": ["http://127.0.0.1:7005", "http://127.0.0.1:7006"],
    "connector_id": "88888888-8888-4888-8888-000000000001",
    "connectwise_credentials": {"company": "contoso", "public_key": "emulator-public"},
    "page": None,
}


def test_every_address_has_a_line_of_its_own() -> None:
    lines = described(READY).splitlines()

    shown = {line.split()[-1] for line in lines if "http://" in line}

    assert shown == {READY["dataverse"], *READY["functions"]}


def test_what_does_not_run_is_left_out() -> None:
    assert "Page" not in described(READY)


def test_what_a_caller_needs_is_shown() -> None:
    text = described(READY)

    assert READY["connector_id"] in text
    assert "company contoso, public_key emulator-public" in text
    assert "billing@" in text
