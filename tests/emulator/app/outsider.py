"""The running stack as an outside program sees it: the app's API, the control planes, the stored rows."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueServiceClient

from emulators.stack.stack import Stack
from tests.emulator.security.described import fault_of
from transport import decimal_json

TIMEOUT = 120
STATE_PAGE = 1000


class Outsider:
    """Talks to the parts of one stack; `user` is one of admin, billing and reader."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.session = requests.Session()
        self._tokens: dict[str, str] = {}

    def token(self, user: str = "billing") -> str:
        """Return an access token of a test user."""
        if user not in self._tokens:
            document = self.stack.document()
            answer = self.session.post(
                f"{self.stack.entra}/{document['tenant_id']}/oauth2/v2.0/token",
                data={
                    "grant_type": "password",
                    "client_id": document["api_client_id"],
                    "username": f"{user}@contoso.example",
                    "password": "emulator",
                    "scope": document["api_scope"],
                },
                timeout=TIMEOUT,
            )
            answer.raise_for_status()
            self._tokens[user] = answer.json()["access_token"]
        return self._tokens[user]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str | None = "billing",
        host: int = 0,
        content: bytes | None = None,
    ) -> requests.Response:
        """Call a route of the app, without a token when `user` is None; its answer must be as the API describes it."""
        headers = {"Authorization": f"Bearer {self.token(user)}"} if user else {}
        data = content if content is not None else (decimal_json.dumps(body) if body is not None else None)
        answer = self.session.request(
            method, f"{self.stack.functions[host]}/api/{path}", data=data, headers=headers, timeout=TIMEOUT
        )
        fault = fault_of(method, path, answer)
        assert fault is None, fault
        return answer

    def push_body(self, ids: Sequence[str], *, kind: str = "invoice_line", key: str | None = None) -> dict[str, Any]:
        """Return the body of a push."""
        return {
            "connector_id": self.stack.connector_id,
            "kind": kind,
            "items": [{"id": record_id, "action": "push"} for record_id in ids],
            "idempotency_key": key or str(uuid.uuid4()),
        }

    def push(self, ids: Sequence[str], *, kind: str = "invoice_line", key: str | None = None) -> requests.Response:
        """Press Save."""
        return self.call("POST", "push", self.push_body(ids, kind=kind, key=key))

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job."""
        answer = self.call("GET", f"jobs/{job_id}")
        answer.raise_for_status()
        job: dict[str, Any] = answer.json()
        return job

    def items(self, job_id: str) -> list[dict[str, Any]]:
        """Return all items of a job."""
        items: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = self.call("GET", f"jobs/{job_id}/items?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
            answer.raise_for_status()
            items.extend(answer.json()["items"])
            cursor = answer.json()["next_cursor"]
        return items

    def wait_for_job(self, job_id: str, *, seconds: float = 120.0) -> dict[str, Any]:
        """Wait until nothing of the job is open."""
        return until(lambda: self.ended_job(job_id), seconds=seconds)

    def wait_uncounted(self, job_id: str, *, seconds: float = 240.0) -> None:
        """Wait until the job has ended, asking the stored rows: each call of the app would be counted."""

        def has_ended() -> bool:
            rows = [row for row in self.rows("psasync_jobs") if row["psasync_jobid"] == job_id]
            return bool(rows) and rows[0].get("psasync_endedon") is not None

        until(has_ended, seconds=seconds, pause=0.25)

    def ended_job(self, job_id: str) -> dict[str, Any] | None:
        """Return the job if it has ended."""
        job = self.job(job_id)
        return None if job["state"] in {"queued", "running"} else job

    def fire_timer(self, name: str, *, host: int = 0) -> None:
        """Run a timer function now."""
        address = f"{self.stack.functions[host]}/_emulator/timers/{name}"
        self.session.post(address, timeout=TIMEOUT).raise_for_status()

    def control(self, part: str, method: str, route: str, body: Any = None) -> Any:
        """Call the control plane of an emulator."""
        address = f"{getattr(self.stack, part)}/_emulator/{route}"
        data = decimal_json.dumps(body) if body is not None else None
        answer = self.session.request(method, address, data=data, timeout=TIMEOUT)
        answer.raise_for_status()
        return decimal_json.loads(answer.content) if answer.content else None

    def replace_rows(self, seed: dict[str, dict[str, list[Any]]]) -> None:
        """Put a seed in place of all rows."""
        for part in ("connectwise", "dataverse"):
            for name in ("faults", "requests"):
                self.control(part, "DELETE", name)
            self.control(part, "POST", "clock", {})
            self.control(part, "POST", "reset")
        self.control("connectwise", "POST", "seed", seed["connectwise"])
        rows = dict(seed["dataverse"])
        rows["psasync_connectors"] = [
            {
                "psasync_connectorid": self.stack.connector_id,
                "psasync_name": "ConnectWise",
                "psasync_siteurl": self.stack.connectwise,
                "psasync_company": "contoso",
                "psasync_credentialref": "CONTOSO",
            }
        ]
        self.control("dataverse", "POST", "seed", rows)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all stored rows of a Dataverse table."""
        return list(self.stored("dataverse", f"state?table={table}"))

    def additions(self, agreement_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Return all stored additions of these agreements."""
        wanted = set(agreement_ids)
        stored = self.stored("connectwise", "state?collection=/finance/agreements/additions")
        return [addition for addition in stored if addition["agreementId"] in wanted]

    def counts(self, part: str) -> dict[str, int]:
        """Return how often each route of an emulator was called."""
        counts: dict[str, int] = self.control(part, "GET", "requests")["counts"]
        return counts

    def save(
        self, kind: str, items: Sequence[dict[str, Any]], *, route: str = "push", key: str | None = None
    ) -> requests.Response:
        """Press Save (or Preview, by another route) for products, accounts or billing contracts."""
        body = {
            "connector_id": self.stack.connector_id,
            "kind": kind,
            "items": list(items),
            "idempotency_key": key or str(uuid.uuid4()),
        }
        return self.call("POST", route, body)

    def forget_requests(self) -> None:
        """Begin to count requests anew."""
        for part in ("connectwise", "dataverse"):
            self.control(part, "DELETE", "requests")

    def messages_in(self, queue_name: str) -> int:
        """Return the approximate number of messages in a queue; 0 when it does not exist."""
        service = QueueServiceClient.from_connection_string(self.stack.storage, api_version="2025-11-05")
        with service, service.get_queue_client(queue_name) as queue:
            try:
                return queue.get_queue_properties().approximate_message_count or 0
            except ResourceNotFoundError:
                return 0

    def stored(self, part: str, route: str) -> Iterator[dict[str, Any]]:
        """Yield all rows that an emulator shows on a route of its control plane."""
        offset: int | None = 0
        while offset is not None:
            page = self.control(part, "GET", f"{route}&limit={STATE_PAGE}&offset={offset}")
            yield from page["rows"]
            offset = page["next"]


def billed(addition: dict[str, Any]) -> Decimal:
    """Return what ConnectWise will bill for an addition."""
    return (Decimal(addition["quantity"]) - Decimal(addition["lessIncluded"])) * Decimal(addition["unitPrice"])


def until(probe: Callable[[], Any], *, seconds: float, pause: float = 0.1) -> Any:
    """Wait until the probe returns something true and return it; fail when that does not happen in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(pause)
