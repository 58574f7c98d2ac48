"""What the queue function tells the work of its message."""

import json
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from sync_core.work.chunk import ChunkReport
from triggers import queue
from triggers.app import build_app
from triggers.chunk_queue import queue_client
from triggers.settings import StorageSettings

pytestmark = pytest.mark.unit
JOB = "91000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(("dequeue_count", "redelivered"), [(None, False), (1, False), (2, True), (5, True)])
def test_a_message_that_comes_again_is_told_from_a_first_one(
    monkeypatch: pytest.MonkeyPatch, dequeue_count: int | None, redelivered: bool
) -> None:
    """A worker may have died between the two halves of letting the next chunk in."""
    told: list[Any] = []

    def work_chunk(*arguments: Any, **options: Any) -> ChunkReport:
        told.append((arguments[1:], options["redelivered"]))
        return ChunkReport(0, None)

    monkeypatch.setattr(queue, "work_chunk", work_chunk)
    root = SimpleNamespace(push_services=lambda: None, runner_of=None)
    monkeypatch.setattr(queue, "composition", lambda: root)
    body = json.dumps({"version": 1, "job_id": JOB, "chunk": 3}).encode()
    message = SimpleNamespace(get_body=lambda: body, dequeue_count=dequeue_count)
    [function] = [one for one in build_app().get_functions() if one.get_function_name() == "work_chunk"]
    function.get_user_function()(message)
    assert told == [((JOB, 3), redelivered)]


def test_the_host_of_azure_counts_deliveries_under_this_name() -> None:
    assert func.QueueMessage(body="x").dequeue_count is None


def test_queues_are_opened_with_the_identity_that_the_host_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    class Identity:
        def __init__(self, *, client_id: str | None) -> None:
            asked.append(client_id)

        def get_token(self, *_: str, **__: Any) -> Any: ...

    monkeypatch.setattr("triggers.chunk_queue.ManagedIdentityCredential", Identity)
    for client_id in (None, "of-the-identity"):
        queue_client(StorageSettings(None, "https://contoso.queue.core.windows.net", client_id), "work").close()
    assert asked == [None, "of-the-identity"]
