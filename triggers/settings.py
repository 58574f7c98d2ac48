"""The app's settings, read once from environment variables; `docs/settings.md` lists them all."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from transport.redaction import Secret

PREFIX = "PSASYNC_"
CREDENTIAL_PREFIX = "PSASYNC_CREDENTIAL_"
"""`PSASYNC_CREDENTIAL_<reference>` holds the keys of the connector with that credential reference."""

Seconds = Annotated[float, Field(gt=0)]

CONNECTWISE_CLOUD_HOSTS = (
    "api-na.myconnectwise.net",
    "api-eu.myconnectwise.net",
    "api-au.myconnectwise.net",
    "api-aus.myconnectwise.net",
    "api-za.myconnectwise.net",
    "api-staging.connectwisedev.com",
    "sandbox-na.myconnectwise.net",
)


class SettingsInvalid(ValueError):
    """A setting is missing or wrong; the text names every one."""


class Settings(BaseModel):
    """Each field is the environment variable `PSASYNC_<FIELD NAME IN CAPITALS>`; times are in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant_id: str
    """Entra tenant whose users may call."""
    api_client_id: str
    """Application (client) id of this API: the audience of the tokens that it accepts."""
    authority: str = "https://login.microsoftonline.com"
    """Address of the identity platform."""
    api_client_secret: SecretStr | None = None
    """Secret of this API's own registration, for signing in to Dataverse on behalf of the caller."""
    api_client_certificate: SecretStr | None = None
    """In place of the secret: private key and certificate, both PEM in one text."""
    api_client_federated: bool = False
    """In place of the secret: the managed identity is a federated credential of the registration."""
    identity_client_id: str | None = None
    """Client id of the user-assigned managed identity to use; without it the system-assigned one."""
    signing_keys_cool_down_seconds: Seconds = 30.0
    """Shortest time between two looks for keys of the identity platform that are not known yet."""
    requests_per_minute_per_person: Annotated[int, Field(gt=0)] = 6000
    """Requests of one caller that one process takes."""
    queued_jobs_per_person: Annotated[int, Field(gt=0)] = 50
    """Jobs too large for a request that one person may have unfinished."""
    dataverse_url: str
    """Address of the Dataverse environment, such as https://contoso.crm.dynamics.com."""
    connectwise_hosts: tuple[str, ...] = CONNECTWISE_CLOUD_HOSTS
    """Hosts that a connector may name, separated by commas."""
    connectwise_api_version: str = "2025.1"
    """Model version that is asked for when the connector names none."""
    connectwise_requests_per_minute: Annotated[int, Field(gt=0)] = 800
    connectwise_in_flight: Annotated[int, Field(gt=0)] = 10
    connectwise_connect_timeout_seconds: Seconds = 10.0
    connectwise_read_timeout_seconds: Seconds = 60.0
    dataverse_requests_per_minute: Annotated[int, Field(gt=0)] = 1200
    dataverse_in_flight: Annotated[int, Field(gt=0)] = 20
    dataverse_connect_timeout_seconds: Seconds = 10.0
    dataverse_read_timeout_seconds: Seconds = 120.0
    post_commit_seconds: Seconds = 120.0
    """Longest time from sending a POST to ConnectWise to its last possible commit."""
    lease_seconds: Seconds = 600.0
    """How long a claimed line is held."""
    inline_limit: Annotated[int, Field(ge=0)] = 25
    """Jobs of at most this many records run inside the request."""
    pull_companies_inline_limit: Annotated[int, Field(ge=0)] = 25
    """Imports of at most this many companies run inside the request; `inline_limit` is that of agreements."""
    chunk_lines: Annotated[int, Field(gt=0, le=1000)] = 200
    """About how many lines one queue message stands for."""
    chunks_queued: Annotated[int, Field(gt=0)] = 8
    """Chunks of one job that stand in the queue at a time."""
    schema_file: Path | None = None
    """JSON file that overrides names of Work 365's tables and columns."""

    @field_validator("connectwise_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(host.strip() for host in value.split(",") if host.strip()) if isinstance(value, str) else value

    @field_validator("api_client_certificate", "api_client_federated")
    @classmethod
    def _is_the_only_proof(cls, value: SecretStr | bool | None, info: ValidationInfo) -> SecretStr | bool | None:
        others = (info.data.get("api_client_secret"), info.data.get("api_client_certificate"))
        if value and any(other is not None for other in others):
            msg = "set only one of API_CLIENT_SECRET, API_CLIENT_CERTIFICATE and API_CLIENT_FEDERATED"
            raise ValueError(msg)
        return value

    @field_validator("post_commit_seconds")
    @classmethod
    def _outlasts_the_time_outs(cls, value: float, info: ValidationInfo) -> float:
        reach = sum(info.data.get(f"connectwise_{name}_timeout_seconds", 0.0) for name in ("connect", "read"))
        if value <= reach:
            msg = f"must be longer than both ConnectWise time-outs together ({reach:g} s)"
            raise ValueError(msg)
        return value

    @field_validator("lease_seconds")
    @classmethod
    def _outlasts_a_late_commit(cls, value: float, info: ValidationInfo) -> float:
        post_commit = info.data.get("post_commit_seconds", 0.0)
        if value <= 2 * post_commit:
            msg = f"must be longer than twice PSASYNC_POST_COMMIT_SECONDS ({post_commit:g} s)"
            raise ValueError(msg)
        return value


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; raise SettingsInvalid naming every setting that is missing or wrong."""
    source = os.environ if environment is None else environment
    values = {
        name: source[PREFIX + name.upper()] for name in Settings.model_fields if source.get(PREFIX + name.upper())
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as invalid:
        faults = "; ".join(f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in invalid.errors())
        raise SettingsInvalid(f"correct these settings and restart the app: {faults}") from None


def read_credential(reference: str, environment: Mapping[str, str] | None = None) -> Secret | None:
    """Return the JSON text of a connector's keys; read anew each time, so that new keys need no restart."""
    source = os.environ if environment is None else environment
    text = source.get(CREDENTIAL_PREFIX + reference.upper())
    return None if text is None else Secret(text)


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """The Functions host's own names for its storage account, so that app and host always speak of the same one."""

    connection_string: str | None
    queue_service_uri: str | None
    identity_client_id: str | None = None


def read_storage(environment: Mapping[str, str] | None = None) -> StorageSettings:
    """Return where the queues are; raise SettingsInvalid when neither setting is there."""
    source = os.environ if environment is None else environment
    storage = StorageSettings(
        connection_string=source.get("AzureWebJobsStorage") or None,
        queue_service_uri=source.get("AzureWebJobsStorage__queueServiceUri") or None,
        identity_client_id=source.get("AzureWebJobsStorage__clientId") or None,
    )
    if storage.connection_string is None and storage.queue_service_uri is None:
        raise SettingsInvalid("set AzureWebJobsStorage or AzureWebJobsStorage__queueServiceUri and restart the app")
    return storage
