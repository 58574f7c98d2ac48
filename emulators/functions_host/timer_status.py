"""Status of a timer in its blob, so that a missed run is noticed after a restart (functions.md 4.2)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from emulators.functions_host.storage import StorageClient, StorageError, path_part

CONTAINER = "azure-webjobs-hosts"
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """When a timer last ran, is due next, and when that was written; all in UTC."""

    last: datetime
    next: datetime
    last_updated: datetime

    def document(self) -> dict[str, str]:
        """Return the members as the host writes them."""
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.last_updated.isoformat(),
        }


class TimerStatusStore:
    """The status blobs of one host id."""

    def __init__(self, client: StorageClient, host_id: str) -> None:
        self._client = client
        self._container = f"{client.account.blob_endpoint}/{CONTAINER}"
        self._host_id = host_id

    async def read(self, function_name: str) -> TimerStatus | None:
        """Return the status of a timer, None when there is none; raises StorageError."""
        try:
            answer = await self._client.request("GET", self._blob(function_name))
        except StorageError as error:
            if error.status == 404:
                return None
            raise
        members = json.loads(answer.body)
        times = (datetime.fromisoformat(members[name]) for name in ("Last", "Next", "LastUpdated"))
        return TimerStatus(*times)

    async def write(self, function_name: str, status: TimerStatus) -> None:
        """Write the status of a timer; raises StorageError."""
        body = json.dumps(status.document()).encode()
        headers = {"Content-Type": "application/json", "x-ms-blob-type": "BlockBlob"}
        try:
            await self._client.request("PUT", self._blob(function_name), headers=headers, body=body)
        except StorageError as error:
            if error.code != "ContainerNotFound":
                raise
            await self._create_container()
            await self._client.request("PUT", self._blob(function_name), headers=headers, body=body)

    async def _create_container(self) -> None:
        try:
            await self._client.request("PUT", self._container, query={"restype": "container"})
        except StorageError as error:
            if error.code != "ContainerAlreadyExists":
                raise

    def _blob(self, function_name: str) -> str:
        return f"{self._container}/timers/{path_part(self._host_id)}/Host.Functions.{path_part(function_name)}/status"
