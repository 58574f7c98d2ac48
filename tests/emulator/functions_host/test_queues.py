"""Storage queue triggers and outputs against Azurite (functions.md 3.5, 4.1)."""

import base64
import json
import signal
from pathlib import Path
from uuid import uuid4

import pytest

from emulators.stack.azurite import Azurite
from tests.emulator.functions_host.conftest import HostClient, eventually, hosted

pytestmark = pytest.mark.emulator


def test_a_message_reaches_the_function_with_its_facts_and_is_deleted(host: HostClient) -> None:
    host.send("work", "grüße ✓")
    (event,) = eventually(lambda: host.events("work"))
    assert (event["body"], event["dequeue_count"], event["has_receipt"]) == ("grüße ✓", 1, True)
    assert event["inserted"] < event["next_visible"] < event["expires"]
    eventually(lambda: host.waiting("work") == 0)


def test_a_failing_message_is_tried_five_times_and_then_poisoned(host: HostClient) -> None:
    host.send("work", "fail")
    assert eventually(lambda: host.bodies("work_poison")) == ["fail"]
    assert [event["dequeue_count"] for event in host.events("work")] == [1, 2, 3, 4, 5]
    assert len({event["id"] for event in host.events("work")}) == 1
    assert host.waiting("work") == 0


def test_a_message_that_fails_twice_is_done_at_the_third_try(host: HostClient) -> None:
    host.send("work", "fail twice")
    eventually(lambda: len(host.events("work")) == 3)
    eventually(lambda: host.waiting("work") == 0)
    assert host.bodies("work_poison") == []


@pytest.mark.parametrize("text", ["not base64 at all!", base64.b64encode(b"\xff\xfe\xfd").decode()])
def test_an_undecodable_message_goes_straight_to_poison(host: HostClient, text: str) -> None:
    poisoned = host.state()["invocations"]["work"].get("poisoned", 0)
    host.send_raw("work", text)
    eventually(lambda: host.state()["invocations"]["work"].get("poisoned", 0) == poisoned + 1)
    assert host.events("work") == []
    assert host.waiting("work") == 0


def test_a_returned_value_without_a_return_binding_is_a_failure(host: HostClient) -> None:
    host.send("wrong", "x")
    eventually(lambda: len(host.events("returns_something")) == 5)


@pytest.mark.parametrize(
    ("kind", "body", "received"),
    [
        ("text", "plain", ["plain"]),
        ("text", '["a", {"b": 1}]', ["a", '{\n  "b": 1\n}']),
        ("text", '{"a":1}', ['{\n  "a": 1\n}']),
        ("text", "{not json}", ["{not json}"]),
        ("bytes", '{"a":1}', ['{"a":1}']),
        ("several", "", ["one", "two"]),
        ("loose-dict", "", ["a", "b"]),
        ("text-dict", "", ['{\n  "a": 1\n}']),
    ],
)
def test_outputs_reach_the_queue_as_the_host_writes_them(
    host: HostClient, kind: str, body: str, received: list[str]
) -> None:
    assert host.call("POST", f"/api/outputs/{kind}", data=body).status_code == 202
    eventually(lambda: len(host.events("collect")) == len(received))
    assert sorted(host.bodies("collect")) == sorted(received)


def test_nothing_is_sent_when_the_function_raises(host: HostClient) -> None:
    assert host.call("POST", "/api/outputs/then-raise").status_code == 500
    host.call("POST", "/api/outputs/text", data="after")
    assert eventually(lambda: host.bodies("collect")) == ["after"]


def test_the_admin_api_runs_a_queue_function_with_its_input(host: HostClient) -> None:
    key = {"x-functions-key": "master"}
    response = host.call("POST", "/admin/functions/work", json={"input": "by hand"}, headers=key)
    assert response.status_code == 202
    assert eventually(lambda: host.bodies("work")) == ["by hand"]
    assert host.call("POST", "/admin/functions/echo", json={"input": ""}, headers=key).status_code == 400
    assert host.call("POST", "/admin/functions/work", json={"input": 5}, headers=key).status_code == 400


def test_a_killed_host_loses_nothing_the_message_comes_back_to_another(storage: str) -> None:
    prefix = f"t{uuid4().hex[:12]}"
    options = ("--invisibility", "1")
    with hosted(storage, "sample", *options, prefix=prefix) as first:
        first.send("work", "wait")
        eventually(lambda: first.events("work"))
        first.part.kill()
    with hosted(storage, "sample", *options, prefix=prefix) as second:
        event = eventually(lambda: second.events("work"))[0]
        assert event["body"] == "wait"
        assert event["dequeue_count"] >= 2
        second.call("POST", "/api/gate")
        eventually(lambda: second.waiting("work") == 0)


def test_a_run_over_the_function_timeout_fails_and_its_message_is_tried_again(storage: str) -> None:
    with hosted(storage) as host:
        host.send("work", "wait")
        # the call ends after one second, its thread goes on
        eventually(lambda: len(host.events("work")) >= 2)
        assert [event["dequeue_count"] for event in host.events("work")][:2] == [1, 2]
        host.call("POST", "/api/gate")
        eventually(lambda: host.waiting("work") == 0)


def test_sigterm_lets_a_running_message_end_and_takes_no_other(storage: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with hosted(storage, log=log) as host:
        host.send("work", "slow")
        eventually(lambda: host.events("work"))
        host.part.process.send_signal(signal.SIGTERM)
        assert host.part.process.wait(10) == 0
        assert host.waiting("work") == 0
    assert "Executed 'Functions.work' (Succeeded" in log.read_text()
    assert log.read_text().rstrip().endswith("Host stopped")


def test_sigterm_leaves_a_message_that_outlasts_the_drain_time_to_others(storage: str, tmp_path: Path) -> None:
    with hosted(storage, "sample", "--drain", "0.1", log=tmp_path / "log") as host:
        host.send("work", "wait")
        eventually(lambda: host.events("work"))
        host.part.process.send_signal(signal.SIGTERM)
        assert host.part.process.wait(10) == 0
        assert host.waiting("work") == 1
    assert "did not end in time" in (tmp_path / "log").read_text()


def test_listeners_survive_a_storage_that_is_away_and_comes_back(tmp_path: Path) -> None:
    first = Azurite(data=tmp_path / "azurite")
    with first.part:
        first.wait()
        with hosted(first.connection_string, log=tmp_path / "log") as host:
            host.send("work", "before")
            eventually(lambda: host.bodies("work") == ["before"])
            first.part.stop()
            assert first.part.process.returncode == 0, "connections that a host keeps alive held it up"
            eventually(lambda: all(queue["trouble"] for queue in host.state()["queues"]))
            ports = [
                int(part.rpartition(":")[2].partition("/")[0])
                for part in first.connection_string.split(";")
                if "Endpoint=" in part
            ]
            second = Azurite(ports=(ports[0], ports[1], ports[2]), data=tmp_path / "azurite")
            with second.part:
                second.wait()
                host.send("work", "after")
                eventually(lambda: host.bodies("work") == ["before", "after"])
                assert all(queue["polling"] for queue in host.state()["queues"])


def test_messages_without_base64_need_the_encoding_none(storage: str, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "function_app.py").write_text(
        "import azure.functions as func\n"
        "app = func.FunctionApp()\n"
        "SEEN = []\n"
        "@app.queue_trigger('msg', '%PREFIX%-work', 'AzureWebJobsStorage')\n"
        "def work(msg: str) -> None:\n"
        "    SEEN.append(msg)\n"
        "@app.route('seen', auth_level=func.AuthLevel.ANONYMOUS)\n"
        "def seen(req: func.HttpRequest) -> func.HttpResponse:\n"
        "    return func.HttpResponse('|'.join(SEEN))\n"
    )
    queues = {"messageEncoding": "none", "maxPollingInterval": "00:00:00.100"}
    (app / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"queues": queues}}))
    with hosted(storage, app) as host:
        host.send_raw("work", "<plain & simple>")
        assert eventually(lambda: host.call("GET", "/api/seen").text) == "<plain & simple>"
