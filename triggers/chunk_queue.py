"""The Storage queue of the background work: a message names one chunk of one job and carries nothing else."""

import contextlib
from typing import Literal
from uuid import UUID

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential
from azure.storage.queue import QueueClient, TextBase64EncodePolicy
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dataverse.psasync.records import JobId
from triggers.settings import StorageSettings

WORK_QUEUE = "psasync-work"
POISON_QUEUE = f"{WORK_QUEUE}-poison"
PARKED_QUEUE = f"{WORK_QUEUE}-parked"
STORAGE_API_VERSION = "2025-11-05"
"""Pinned: the service emulator that development runs on knows no later one, and the cloud keeps old ones."""
FOREVER = -1


class ChunkMessage(BaseModel):
    """The text of a message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    job_id: UUID
    chunk: int = Field(ge=0)


class ForeignMessage(ValueError):
    """A message in our queue that this app did not write."""


def parse_message(body: bytes) -> tuple[JobId, int]:
    """Return job and chunk of a message; raise ForeignMessage for anything else."""
    try:
        message = ChunkMessage.model_validate_json(body)
    except ValidationError as error:
        raise ForeignMessage("the message does not name a chunk of a job") from error
    return JobId(str(message.job_id)), message.chunk


class StorageChunkQueue:
    """Sends messages to one queue and creates it on first use; safe to use from several threads."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def send(self, job_id: JobId, chunk: int, *, delay: float = 0.0) -> None:
        """Enqueue the chunk; the message becomes visible after `delay` seconds."""
        text = ChunkMessage(job_id=UUID(job_id), chunk=chunk).model_dump_json()
        self.send_text(text, delay=delay)

    def send_text(self, text: str, *, delay: float = 0.0, time_to_live: int | None = None) -> None:
        """Enqueue a text as it is; `time_to_live` in seconds, FOREVER to keep it until somebody takes it."""
        try:
            self._client.send_message(text, visibility_timeout=round(delay), time_to_live=time_to_live)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):  # another host was faster
                self._client.create_queue()
            self._client.send_message(text, visibility_timeout=round(delay), time_to_live=time_to_live)


def queue_client(storage: StorageSettings, queue_name: str) -> QueueClient:
    """Open a queue of the app's storage account, by connection string or, where there is none, by managed identity."""
    policy = TextBase64EncodePolicy()
    if storage.connection_string is not None:
        return QueueClient.from_connection_string(
            storage.connection_string, queue_name, api_version=STORAGE_API_VERSION, message_encode_policy=policy
        )
    return QueueClient(
        storage.queue_service_uri or "",
        queue_name,
        credential=ManagedIdentityCredential(client_id=storage.identity_client_id),
        api_version=STORAGE_API_VERSION,
        message_encode_policy=policy,
    )
