"""Registering webhook steps, and waiting for what they set off."""

import asyncio
from typing import Any

from tests.emulator.dataverse.harness import Organization, Reply


def register(
    org: Organization,
    url: str,
    message: str,
    table: str,
    *,
    mode: int = 1,
    endpoint: dict[str, Any] | None = None,
    **step: Any,
) -> str:
    """Register a webhook as section 14 shows and return the id of its step."""
    endpoint_id = org.create(
        "serviceendpoints",
        name="psa-hook",
        contract=8,
        url=url,
        messageformat=2,
        **(endpoint or {"authtype": 4, "authvalue": "k&y"}),
    )
    [sdk_message] = org.get(f"sdkmessages?$select=name&$filter=name eq '{message}'").rows
    [message_filter] = org.get(
        f"sdkmessagefilters?$filter=_sdkmessageid_value eq {sdk_message['sdkmessageid']} "
        f"and primaryobjecttypecode eq '{table}'"
    ).rows
    return org.create(
        "sdkmessageprocessingsteps",
        **{
            "name": f"psa: {message} of {table}", "mode": mode, "stage": 40, "rank": 1, "supporteddeployment": 0,
            "asyncautodelete": True,
            "eventhandler_serviceendpoint@odata.bind": f"/serviceendpoints({endpoint_id})",
            "sdkmessageid@odata.bind": f"/sdkmessages({sdk_message['sdkmessageid']})",
            "sdkmessagefilterid@odata.bind": f"/sdkmessagefilters({message_filter['sdkmessagefilterid']})",
            **step,
        },
    )  # fmt: skip


def act(org: Organization, *calls: tuple[Any, ...]) -> list[Reply]:
    """Send requests in one loop and wait for what they set off."""

    async def run() -> list[Reply]:
        replies = [await org.acall(*call) for call in calls]
        await org.emulator.webhooks.settled()
        return replies

    return asyncio.run(run())
