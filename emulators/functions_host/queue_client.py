"""The Queue service as a host needs it (functions.md 2.3)."""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Self
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from emulators.functions_host.storage import StorageClient, StorageError, path_part

_XML = {"Content-Type": "application/xml"}
GONE = ("MessageNotFound", "PopReceiptMismatch", "QueueNotFound", "QueueBeingDeleted")


@dataclass(slots=True)
class ReceivedMessage:
    """A message that is invisible to others; `pop_receipt` changes with every update. Times are ISO 8601 in UTC."""

    id: str
    pop_receipt: str
    text: str
    dequeue_count: int
    inserted: str
    expires: str
    next_visible: str

    @classmethod
    def parse(cls, element: ElementTree.Element) -> Self:
        """Read one `QueueMessage` element."""

        def text(name: str) -> str:
            return element.findtext(name) or ""

        def time(name: str) -> str:
            return parsedate_to_datetime(text(name)).isoformat()

        return cls(
            id=text("MessageId"),
            pop_receipt=text("PopReceipt"),
            text=text("MessageText"),
            dequeue_count=int(text("DequeueCount")),
            inserted=time("InsertionTime"),
            expires=time("ExpirationTime"),
            next_visible=time("TimeNextVisible"),
        )


class QueueClient:
    """One queue; all methods raise StorageError."""

    def __init__(self, client: StorageClient, name: str) -> None:
        self.name = name
        self._client = client
        self._queue = f"{client.account.queue_endpoint}/{path_part(name)}"
        self._messages = f"{self._queue}/messages"

    async def receive(self, count: int, visibility: int) -> list[ReceivedMessage]:
        """Take up to `count` messages in one request and hide them for `visibility` seconds."""
        query = {"numofmessages": str(count), "visibilitytimeout": str(visibility)}
        answer = await self._client.request("GET", self._messages, query=query, patient=False)
        root = ElementTree.fromstring(answer.body.decode("utf-8-sig"))  # noqa: S314  # our own storage emulator
        return [ReceivedMessage.parse(element) for element in root.iter("QueueMessage")]

    async def send(self, text: str) -> None:
        """Add a message; a missing queue is made first."""
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>".encode()
        try:
            await self._client.request("POST", self._messages, headers=_XML, body=body)
        except StorageError as error:
            if error.code != "QueueNotFound":
                raise
            await self.create()
            await self._client.request("POST", self._messages, headers=_XML, body=body)

    async def create(self) -> None:
        """Make the queue unless it exists; two hosts may try at once."""
        try:
            await self._client.request("PUT", self._queue)
        except StorageError as error:
            if error.code != "QueueAlreadyExists":
                raise

    async def hide(self, message: ReceivedMessage, visibility: int) -> None:
        """Hide a message for `visibility` seconds from now (0 shows it) and take over its new receipt."""
        query = {"popreceipt": message.pop_receipt, "visibilitytimeout": str(visibility)}
        answer = await self._client.request("PUT", f"{self._messages}/{path_part(message.id)}", query=query)
        message.pop_receipt = answer.headers["x-ms-popreceipt"]

    async def delete(self, message: ReceivedMessage) -> None:
        """Delete a message by its newest receipt."""
        query = {"popreceipt": message.pop_receipt}
        await self._client.request("DELETE", f"{self._messages}/{path_part(message.id)}", query=query)
