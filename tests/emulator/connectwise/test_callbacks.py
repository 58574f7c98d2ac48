"""Callbacks: registration, signed delivery over a real socket, repeats and deactivation."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from emulators.connectwise.delivery import signature
from tests.emulator.connectwise.harness import ROOT, Tenant

pytestmark = pytest.mark.emulator

CALLBACKS = "/system/callbacks"
COMPANY = f"{ROOT}/company/companies/250"
REGISTRATION = {
    "id": 0,
    "description": "billing sync: company",
    "url": "https://sync.example/api/connectwise/callback?recordId=",
    "objectId": 1,
    "type": "company",
    "level": "owner",
    "payloadVersion": "3.0.0",
    "inactiveFlag": False,
}


def test_a_registration_is_answered_as_recorded(tenant: Tenant) -> None:
    """Fixture callback.json: memberId, flags, GUID and _info are added; id 0 is accepted."""
    reply = tenant.post(CALLBACKS, REGISTRATION)
    assert reply.status == 201
    assert reply.json["id"] == 1
    expected = {"memberId": 7, "isSoapCallbackFlag": False, "isSelfSuppressedFlag": False, "objectId": 1}
    assert {name: reply.json[name] for name in expected} == expected
    assert reply.json["connectWiseID"]


def test_object_id_0_of_an_owner_level_comes_back_as_1(tenant: Tenant) -> None:
    """connectwise.md 8.1: a registration sent with 0 came back with 1."""
    assert tenant.post(CALLBACKS, {**REGISTRATION, "objectId": 0}).json["objectId"] == 1
    by_company = {**REGISTRATION, "level": "Company", "objectId": 250}
    assert tenant.post(CALLBACKS, by_company).json["objectId"] == 250


def test_required_members_of_a_registration(tenant: Tenant) -> None:
    """connectwise.md 8.1: url, objectId, type, level; description at most 100."""
    assert tenant.post(CALLBACKS, {}).faults == {
        ("MissingRequiredField", name) for name in ("url", "objectId", "type", "level")
    }
    assert tenant.post(CALLBACKS, {**REGISTRATION, "description": "x" * 101}).status == 400


def test_the_same_registration_twice_is_object_exists(tenant: Tenant) -> None:
    """Fixture callback.json: unique by type, level, object and URL."""
    tenant.post(CALLBACKS, REGISTRATION)
    reply = tenant.post(CALLBACKS, {**REGISTRATION, "description": "another"})
    assert reply.json == {
        "code": "InvalidObject",
        "message": "callbackEntry object is invalid",
        "errors": [
            {
                "code": "ObjectExists",
                "message": "A matching callback entry already exists",
                "resource": "callbackEntry",
                "field": "objectId",
            }
        ],
    }
    assert tenant.post(CALLBACKS, {**REGISTRATION, "type": "contact"}).status == 201


def test_bad_urls_and_levels_are_named_together(tenant: Tenant) -> None:
    """Fixture callback.json: Invalid URL and an unrecognized level for the type."""
    for url in ("callback", "ftp://x/?id=", "https://"):
        reply = tenant.post(CALLBACKS, {**REGISTRATION, "url": url, "level": "galaxy"})
        assert [(entry["code"], entry["message"]) for entry in reply.json["errors"]] == [
            ("InvalidField", "Invalid URL"),
            (
                "InvalidObject",
                "Unrecognized level for type, see documentation for supported levels for each type",
            ),
        ]


@pytest.mark.parametrize(
    ("kind", "level", "status"),
    [
        ("agreement", "Type", 201),
        ("agreement", "agreement", 201),
        ("agreement", "status", 400),
        ("Company", "IntegratorTag", 201),
        ("company", "agreement", 400),
        ("productcatalog", "owner", 201),
        ("addition", "owner", 400),
    ],
)
def test_levels_depend_on_the_type(tenant: Tenant, kind: str, level: str, status: int) -> None:
    """connectwise.md 8.1: levels by type; there is no callback for additions."""
    assert tenant.post(CALLBACKS, {**REGISTRATION, "type": kind, "level": level, "objectId": 5}).status == status


def test_the_signature_is_that_of_the_vectors() -> None:
    """connectwise.md 8.4 and fixture callback.json, vector "deleted, Entity null"."""
    raw = (
        '{"MessageId":"00000000-0000-4000-8000-0000000000a2","FromUrl":"na.myconnectwise.net","CompanyId":"nwsample",'
        '"MemberId":"jdoe","Action":"deleted","Type":"company","ID":250,"ProductInstanceId":"000000000000000000000001",'
        '"PartnerId":"000000000000000000000002","Entity":null,"Metadata":{"key_url":"https://na.myconnectwise.net/'
        'v2025_1//system/callbackkey/index.rails?companyName=nwsample&id=00000000-0000-4000-8000-00000000c0de"},'
        '"CallbackObjectRecId":501}'
    )
    assert hashlib.sha256(b"sample-signing-key-0001").hexdigest().startswith("00ad77b8")
    assert signature("sample-signing-key-0001", raw.encode()) == "tKEqsT/87JiAl+9CBBESFI2dg8w+2RlJ/VCjkAHuEFs="


@dataclass
class Receiver:
    """A receiver of callbacks that answers the given statuses in turn, then the last one again."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[tuple[str, int]]:
        """(action, id) of each message."""
        return [(json.loads(body)["Action"], json.loads(body)["ID"]) for _, _, body in self.received]

    async def answer(self, request: web.Request) -> web.Response:
        """Keep a message."""
        self.received.append((str(request.rel_url), dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(status=status)


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    """Listen on a free port of 127.0.0.1."""
    receiver = Receiver(statuses=list(statuses) or [204])
    application = web.Application()
    application.router.add_post("/hook", receiver.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}/hook?recordId="
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 -- the emulator is another party
            await asyncio.sleep(0.005)


async def register(tenant: Tenant, receiver: Receiver, **members: Any) -> int:
    """Register a callback and return its id."""
    body = {**REGISTRATION, "url": receiver.url, **members}
    reply = await tenant.acall("POST", ROOT + CALLBACKS, body)
    assert reply.status == 201, reply.body
    row_id: int = reply.json["id"]
    return row_id


async def rename(tenant: Tenant, name: str, path: str = COMPANY) -> None:
    """Change the name of a record."""
    reply = await tenant.acall("PATCH", path, [{"op": "replace", "path": "name", "value": name}])
    assert reply.status == 200, reply.body


async def deliveries(tenant: Tenant) -> list[dict[str, Any]]:
    """Return the deliveries that the emulator made."""
    found: list[dict[str, Any]] = (await tenant.acall("GET", "/_emulator/callback-deliveries")).json["deliveries"]
    return found


def run(scenario: Callable[[Tenant, Receiver], Awaitable[None]], tenant: Tenant, *statuses: int) -> None:
    """Play a scenario with a receiver."""

    async def play() -> None:
        async with receiving(*statuses) as receiver:
            await scenario(tenant, receiver)

    asyncio.run(play())


def test_a_change_is_delivered_signed_and_the_key_can_be_read(tenant: Tenant) -> None:
    """connectwise.md 8.2 to 8.4: URL with id and action, body as recorded, signature over the raw body, key_url."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        row_id = await register(tenant, receiver)
        await rename(tenant, "Fabrikam Zürich")
        await until(lambda: len(receiver.received) == 1)
        url, headers, raw = receiver.received[0]
        body = json.loads(raw)
        assert url == "/hook?recordId=250&action=updated"
        assert (body["Action"], body["Type"], body["ID"]) == ("updated", "company", 250)
        assert (body["CompanyId"], body["CallbackObjectRecId"]) == ("contoso", row_id)
        assert json.loads(body["Entity"])["name"] == "Fabrikam Zürich"
        key_url = urlsplit(body["Metadata"]["key_url"])
        assert "//system/callbackkey/index.rails" in key_url.path
        query = dict(part.split("=") for part in key_url.query.split("&"))
        free = {"authorization": None, "clientid": None}
        key = (await tenant.acall("GET", key_url.path, params=query, headers=free)).json["signing_key"]
        assert headers["x-content-signature"] == signature(key, raw)
        assert (await tenant.acall("GET", key_url.path, params={**query, "id": "x"})).status == 404

    run(scenario, tenant)


def test_creations_and_deletions_are_delivered(tenant: Tenant) -> None:
    """connectwise.md 8.3: added, updated, deleted; Entity is null on deletion."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        await register(tenant, receiver, type="contact")
        made = await tenant.acall("POST", f"{ROOT}/company/contacts", {"firstName": "New"})
        row_id = made.json["id"]
        await tenant.acall("DELETE", f"{ROOT}/company/contacts/{row_id}")
        await until(lambda: len(receiver.received) == 2)
        assert receiver.events == [("added", row_id), ("deleted", row_id)]
        assert json.loads(receiver.received[1][2])["Entity"] is None

    run(scenario, tenant)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"type": "company", "level": "company", "objectId": 250}, [("updated", 250)]),
        ({"type": "company", "level": "Type", "objectId": 2}, [("updated", 252)]),
        ({"type": "company", "level": "status", "objectId": 1}, [("updated", 250), ("updated", 252)]),
        ({"type": "agreement", "level": "company", "objectId": 251}, [("updated", 414)]),
        ({"type": "agreement", "level": "type", "objectId": 12}, [("updated", 412)]),
        ({"type": "productcatalog", "level": "owner", "objectId": 1}, []),
    ],
)
def test_a_level_narrows_what_is_delivered(tenant: Tenant, members: dict[str, Any], expected: list[Any]) -> None:
    """connectwise.md 8.1: levels and objectId."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        await register(tenant, receiver, **members)
        await register(tenant, receiver, type="member")
        for path in (COMPANY, f"{ROOT}/company/companies/252", f"{ROOT}/finance/agreements/412"):
            await rename(tenant, "New", path)
        await rename(tenant, "New", f"{ROOT}/finance/agreements/414")
        await until(lambda: len(receiver.received) >= len(expected))
        assert receiver.events == expected
        assert len(await deliveries(tenant)) == len(expected)

    run(scenario, tenant)


@pytest.mark.parametrize("status", [404, 409, 419, 429])
def test_four_statuses_are_repeated_twice_after_2_and_4_seconds(tenant: Tenant, status: int) -> None:
    """connectwise.md 8.2: two repeats, after 2 s and 4 s, on the virtual clock."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        await register(tenant, receiver)
        await rename(tenant, "New")
        for seen, seconds in ((1, 2), (2, 4)):
            await until(lambda seen=seen: len(receiver.received) == seen)  # type: ignore[misc]
            await tenant.acall("POST", "/_emulator/clock", {"advance_seconds": seconds - 0.2})
            await asyncio.sleep(0.06)
            assert len(receiver.received) == seen
            await tenant.acall("POST", "/_emulator/clock", {"advance_seconds": 0.2})
        await until(lambda: len(receiver.received) == 3)
        await until_settled(tenant)
        assert (await deliveries(tenant))[0]["outcome"] == "failed"
        assert len({raw for _, _, raw in receiver.received}) == 1

    run(scenario, tenant, status)


async def until_settled(tenant: Tenant) -> None:
    """Wait until no delivery is pending."""
    async with asyncio.timeout(10):
        while (await tenant.acall("GET", "/_emulator/callback-deliveries")).json["pending"]:  # noqa: ASYNC110  asked over the control route
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("status", [400, 500, 503, 200])
def test_other_statuses_are_not_repeated(tenant: Tenant, status: int) -> None:
    """connectwise.md 8.2: answers such as 500 are not repeated, so the event is lost."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        await register(tenant, receiver)
        await rename(tenant, "New")
        await until(lambda: len(receiver.received) == 1)
        await until_settled(tenant)
        found = (await deliveries(tenant))[0]
        assert (found["attempts"], found["outcome"]) == ([status], "delivered" if status == 200 else "failed")

    run(scenario, tenant, status)


def test_three_days_of_failures_disable_a_callback(tenant: Tenant) -> None:
    """connectwise.md 8.2: after three consecutive days with failures; a success in between starts anew."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        row_id = await register(tenant, receiver)

        async def change_after(days: float) -> bool:
            await tenant.acall("POST", "/_emulator/clock", {"advance_seconds": days * 86400})
            await rename(tenant, f"After {days}")
            await until_settled(tenant)
            return bool((await tenant.acall("GET", f"{ROOT}{CALLBACKS}/{row_id}")).json["inactiveFlag"])

        # failure, failure, success, failure, failure, failure behind three days
        assert [await change_after(days) for days in (0, 2, 1.5, 0.1, 2.5, 0.6)] == [False] * 5 + [True]
        await rename(tenant, "unheard")
        await until_settled(tenant)
        assert len(receiver.received) == 6
        path = f"{ROOT}{CALLBACKS}/{row_id}"
        await tenant.acall("PATCH", path, [{"op": "replace", "path": "inactiveFlag", "value": False}])
        assert await change_after(0) is False

    run(scenario, tenant, 500, 500, 204, 500)


def test_an_unreachable_receiver_counts_as_a_failure(tenant: Tenant) -> None:
    """connectwise.md 8.2: any 2xx is success, silence is not."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        await register(tenant, receiver, url="http://127.0.0.1:9/hook?recordId=")
        await rename(tenant, "New")
        await until_settled(tenant)
        found = (await deliveries(tenant))[0]
        assert (found["attempts"], found["outcome"]) == ([0], "failed")

    run(scenario, tenant)


def test_a_registration_may_go_while_a_repeat_waits(tenant: Tenant) -> None:
    """connectwise.md 8.2: what is under way is still delivered."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        row_id = await register(tenant, receiver)
        await rename(tenant, "New")
        await until(lambda: len(receiver.received) == 1)
        assert (await tenant.acall("DELETE", f"{ROOT}{CALLBACKS}/{row_id}")).status == 204
        await tenant.acall("POST", "/_emulator/clock", {"advance_seconds": 2})
        await until_settled(tenant)
        assert (await deliveries(tenant))[0]["attempts"] == [429, 204]

    run(scenario, tenant, 429, 204)


def test_repeats_and_reordering_can_be_switched_on(tenant: Tenant) -> None:
    """connectwise.md 8.2 and 13.10: repeats and reordering are possible."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        switches = {"callback_repeats": True, "callback_reordering": True}
        await tenant.acall("POST", "/_emulator/switches", switches)
        await register(tenant, receiver, type="contact")
        await register(tenant, receiver, type="company")
        body = {"firstName": "D", "company": {"id": 250}, "defaultFlag": True}
        made = await tenant.acall("POST", f"{ROOT}/company/contacts", body)
        await until(lambda: len(receiver.received) == 4)
        assert receiver.events == [("updated", 250)] * 2 + [("added", made.json["id"])] * 2

    run(scenario, tenant)


def test_invoicing_reports_agreements_and_invoices(tenant: Tenant) -> None:
    """connectwise.md 8.1: type invoice; the control route changes records like staff would."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        await register(tenant, receiver, type="invoice")
        await tenant.acall("POST", "/_emulator/invoice-agreements", params={"thru": "2025-01-31"})
        await until(lambda: len(receiver.received) == 1)
        assert receiver.events[0][0] == "added"

    run(scenario, tenant)


def test_a_repeat_that_waits_holds_nothing_else_up(tenant: Tenant) -> None:
    """connectwise.md 8.2: repeats take their time; later events are delivered meanwhile."""

    async def scenario(tenant: Tenant, receiver: Receiver) -> None:
        await register(tenant, receiver)
        for number in range(1, 4):
            await rename(tenant, f"Name {number}")
            await until(lambda number=number: len(receiver.received) == number)  # type: ignore[misc]
            # time may not bring the repeat that waits
            await tenant.acall("POST", "/_emulator/clock", {"now": "2025-07-01T00:00:00Z"})
        await tenant.acall("POST", "/_emulator/clock", {"now": "2100-01-01T00:00:00Z"})
        await until(lambda: len(receiver.received) == 4)
        await until_settled(tenant)
        outcomes = {tuple(delivery["attempts"]): delivery["outcome"] for delivery in await deliveries(tenant)}
        assert outcomes == {(429, 204): "delivered", (204,): "delivered"}

    run(scenario, tenant, 429, 204)
