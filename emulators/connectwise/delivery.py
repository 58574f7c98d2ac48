"""Callbacks: which change reaches which registration, and its signed delivery (connectwise.md 8)."""

import asyncio
import base64
import hashlib
import hmac
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from emulators.connectwise.access import WEB_SERVER_404, Access
from emulators.connectwise.api import Answer, Api
from emulators.connectwise.desk import API_MEMBER, Desk, Event
from emulators.connectwise.exact import dumps
from emulators.connectwise.resources import (
    AGREEMENTS,
    CALLBACKS,
    CATALOG,
    COMPANIES,
    CONTACTS,
    INVOICES,
    SITES,
    TYPE_ASSOCIATIONS,
)
from emulators.connectwise.rules.callbacks import OWNER

if TYPE_CHECKING:
    from aiohttp import ClientSession

SIGNING_KEY = "emulator-signing-key"
KEY_ID = "9d2f8a60-4a57-4b1e-8d53-0c7f3b6a1e42"
_TYPES = {
    AGREEMENTS: "agreement",
    CATALOG: "productcatalog",
    COMPANIES: "company",
    CONTACTS: "contact",
    INVOICES: "invoice",
    SITES: "site",
}
_TIMEOUT_SECONDS = 5
_REPEATED_STATUSES = (404, 409, 419, 429)
_REPEAT_AFTER = (timedelta(seconds=2), timedelta(seconds=4))
_DISABLED_AFTER = timedelta(days=3)
_POLL_SECONDS = 0.02
_KEPT = 1000


@dataclass(slots=True)
class Delivery:
    """One message to one registration; `attempts` are statuses, 0 for no answer."""

    callback_id: int
    url: str
    body: bytes
    message_id: str
    attempts: list[int] = field(default_factory=list)
    outcome: str = "pending"


def signature(signing_key: str, raw: bytes) -> str:
    """Return the value of `x-content-signature` for a raw body (connectwise.md 8.4)."""
    key = hashlib.sha256(signing_key.encode("utf-8")).digest()
    return base64.b64encode(hmac.new(key, raw, hashlib.sha256).digest()).decode("ascii")


class Callbacks:
    """Delivers changes to registrations in the background; repeats wait on the virtual clock.

    `base_url` is where receivers can read the signing key.
    """

    def __init__(self, desk: Desk, api: Api, access: Access, base_url: str) -> None:
        self.base_url = base_url
        self._desk = desk
        self._api = api
        self._access = access
        self._waiting: list[Delivery] = []
        self._log: deque[Delivery] = deque(maxlen=_KEPT)
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, events: Sequence[Event]) -> None:
        """Queue what the events mean for the registrations."""
        if not self._desk.store[CALLBACKS].ids:
            return
        for event in events:
            for callback in self._listening(event):
                self._queue(event, callback)
        if self._waiting:
            task = asyncio.get_running_loop().create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def document(self) -> dict[str, Any]:
        """Return the last deliveries, oldest first."""
        deliveries = [
            {
                "callbackId": delivery.callback_id,
                "url": delivery.url,
                "messageId": delivery.message_id,
                "attempts": delivery.attempts,
                "outcome": delivery.outcome,
            }
            for delivery in self._log
        ]
        return {"deliveries": deliveries, "pending": sum(d["outcome"] == "pending" for d in deliveries)}

    def key_answer(self, method: str, query: str) -> Answer:
        """Answer the address in `key_url`; it needs no credentials."""
        named = {name.lower(): values[0] for name, values in parse_qs(query).items()}
        company = named.get("companyname", "").lower()
        if method != "GET" or company != self._access.credentials.company or named.get("id") != KEY_ID:
            return Answer(404, WEB_SERVER_404, "text/html")
        return Answer(200, dumps({"signing_key": SIGNING_KEY}))

    def _listening(self, event: Event) -> list[dict[str, Any]]:
        kind = _TYPES.get(event.path)
        table = self._desk.store[CALLBACKS]
        callbacks = [table.values(table.rows[row_id]) for row_id in table.ids] if kind else []
        return [
            callback
            for callback in callbacks
            if callback["type"].lower() == kind and not callback["inactiveFlag"] and self._concerns(callback, event)
        ]

    def _concerns(self, callback: dict[str, Any], event: Event) -> bool:
        level, object_id = callback["level"].lower(), callback["objectId"]
        if level == OWNER:
            return True
        if level == callback["type"].lower():
            return bool(object_id == event.row_id)
        row = event.row or event.before
        if level == "type" and event.path == COMPANIES:
            associations = self._desk.store[TYPE_ASSOCIATIONS]
            of_company = associations.children(event.row_id)
            return any(associations.value(associations.rows[i], "type") == object_id for i in of_company)
        at = self._desk.store[event.path].at
        return row is not None and level in at and bool(row[at[level]] == object_id)

    def _queue(self, event: Event, callback: dict[str, Any]) -> None:
        message_id = str(uuid.uuid4())
        row = self._desk.store[event.path].rows.get(event.row_id)
        entity = None if event.row is None or row is None else self._api.resources[event.path].show(row)
        company = self._access.credentials.company
        body = dumps(
            {
                "MessageId": message_id,
                "FromUrl": "na.myconnectwise.net",
                "CompanyId": company,
                "MemberId": API_MEMBER,
                "Action": event.action,
                "Type": callback["type"],
                "ID": event.row_id,
                "ProductInstanceId": "000000000000000000000001",
                "PartnerId": "000000000000000000000002",
                "Entity": None if entity is None else dumps(entity).decode(),
                "Metadata": {
                    "key_url": f"{self.base_url.rstrip('/')}/v2025_1//system/callbackkey/index.rails"
                    f"?companyName={company}&id={KEY_ID}"
                },
                "CallbackObjectRecId": callback["id"],
            }
        )
        url = f"{callback['url']}{event.row_id}&action={event.action}"
        delivery = Delivery(callback["id"], url, body, message_id)
        self._log.append(delivery)
        self._waiting.append(delivery)

    async def _work(self) -> None:
        # costs a quarter of a second, which the start of an emulator without callbacks need not pay
        from aiohttp import ClientSession, ClientTimeout

        async with ClientSession(timeout=ClientTimeout(total=_TIMEOUT_SECONDS)) as session:
            async with self._turn:
                unsettled = await self._send_waiting(session)
            await asyncio.gather(*(self._repeat(session, delivery) for delivery in unsettled))

    async def _send_waiting(self, session: "ClientSession") -> list[Delivery]:
        """Send what waits, one after the other, and return what must be repeated."""
        batch, self._waiting = self._waiting, []
        if self._desk.switches.board.callback_reordering:
            batch.reverse()
        unsettled = []
        for delivery in batch:
            status = await self._send(session, delivery)
            if self._desk.switches.board.callback_repeats:
                await self._send(session, delivery)
            if status in _REPEATED_STATUSES:
                unsettled.append(delivery)
            else:
                self._settle(delivery)
        return unsettled

    async def _repeat(self, session: "ClientSession", delivery: Delivery) -> None:
        for pause in _REPEAT_AFTER:
            due = self._desk.clock.now() + pause
            while self._desk.clock.now() < due:  # noqa: ASYNC110 -- the virtual clock wakes nobody
                await asyncio.sleep(_POLL_SECONDS)
            if await self._send(session, delivery) not in _REPEATED_STATUSES:
                break
        self._settle(delivery)

    async def _send(self, session: "ClientSession", delivery: Delivery) -> int:
        from aiohttp import ClientError

        headers = {
            "Content-Type": "application/json",
            "x-content-signature": signature(SIGNING_KEY, delivery.body),
        }
        status = 0
        try:
            # receivers on a laptop have certificates of their own making
            async with session.post(delivery.url, data=delivery.body, headers=headers, ssl=False) as response:
                status = response.status
        except (ClientError, TimeoutError, ValueError):
            pass
        delivery.attempts.append(status)
        return status

    def _settle(self, delivery: Delivery) -> None:
        delivered = 200 <= delivery.attempts[-1] < 300
        delivery.outcome = "delivered" if delivered else "failed"
        table = self._desk.store[CALLBACKS]
        row = table.rows.get(delivery.callback_id)
        if row is None:
            return
        callback = table.values(row)
        now = self._desk.clock.now()
        if delivered:
            callback["failingSince"] = None
        elif callback["failingSince"] is None:
            callback["failingSince"] = now.isoformat()
        elif now - datetime.fromisoformat(callback["failingSince"]) >= _DISABLED_AFTER:
            callback["inactiveFlag"] = True
        self._desk.store.put(CALLBACKS, table.make(callback))
        self._desk.store.commit()
