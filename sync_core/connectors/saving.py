"""Connectors are made and changed; two people who save at the same moment never undo each other."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from connectwise.errors import ConnectWiseError
from dataverse.psasync.connectors.records import StoredConnector
from dataverse.psasync.records import Connector, ConnectorId, EntraObjectId, LogEntry
from sync_core.classify import classify
from sync_core.connectors.checks import PropertyFault, check_properties, faults_of_validation
from sync_core.connectors.ports import ConnectorServices
from sync_core.connectors.properties import ConnectorProperties
from sync_core.connectors.stored import members_of
from sync_core.errors import RecordRejected

_NAMESPACE = uuid.UUID("0b0d1f52-7a0e-4a55-9d0c-6a2f6f0c8b21")


class PropertiesRefused(RecordRejected):
    """Properties that cannot be saved; `faults` names each of them."""

    def __init__(self, faults: Sequence[PropertyFault]) -> None:
        super().__init__(
            user_message="The properties are not saved; correct what `errors` names and save again.",
            code="connector_properties_refused",
            detail="; ".join(f"{fault.path}: {fault.message}" for fault in faults),
        )
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class ConnectorChange:
    """What a person changes: `columns` of the connector, members of its properties; all others stay as they are.

    `version` is the version of the row that the person looked at, None to change whatever is there.
    """

    columns: Mapping[str, str | None] = field(default_factory=dict)
    properties: Mapping[str, Any] | None = None
    version: str | None = None


def create_connector(
    services: ConnectorServices, columns: Mapping[str, str | None], *, who: EntraObjectId
) -> StoredConnector:
    """Make a connector without properties; raises RecordRejected for a taken name or a forbidden address."""
    name = columns["name"] or ""
    connector = Connector(
        # of two people who make a connector of one name at the same moment, the key lets one through
        id=ConnectorId(str(uuid.uuid5(_NAMESPACE, name.casefold()))),
        name=name,
        site_url=columns["site_url"] or "",
        company=columns["company"] or "",
        credential_ref=columns["credential_ref"] or "",
        api_version=columns.get("api_version"),
        properties=None,
    )
    _check_address(services, connector.site_url)
    _check_name(services, connector)
    created = services.connectors.create(connector)
    if created is None:
        raise _name_taken()
    _log(services, "connector.create", None, created.connector, who)
    return created


def change_connector(
    services: ConnectorServices, connector_id: ConnectorId, change: ConnectorChange, *, who: EntraObjectId
) -> StoredConnector:
    """Change a connector; properties are saved only over a working connection, held against the live pick lists.

    Raises RecordRejected (PropertiesRefused for properties), ConfigurationFault when there is no connection.
    """
    stored = services.existing(connector_id)
    if change.version not in {None, stored.etag}:
        raise _changed_meanwhile()
    before = stored.connector
    after = _with_columns(before, change.columns)
    _check_columns(services, before, after)
    if change.properties is not None:
        after = replace(after, properties=_checked_text(services, after, change.properties))
    if after == before:
        return stored
    saved = services.connectors.change(after, etag=stored.etag)
    if saved is None:
        raise _changed_meanwhile()
    _log(services, "connector.change", before, saved.connector, who)
    return saved


def _with_columns(connector: Connector, columns: Mapping[str, str | None]) -> Connector:
    return replace(
        connector,
        name=columns.get("name") or connector.name,
        site_url=columns.get("site_url") or connector.site_url,
        company=columns.get("company") or connector.company,
        credential_ref=columns.get("credential_ref") or connector.credential_ref,
        api_version=columns.get("api_version", connector.api_version),
    )


def _check_columns(services: ConnectorServices, before: Connector, after: Connector) -> None:
    if after.name != before.name:
        _check_name(services, after)
    if after.site_url != before.site_url:
        _check_address(services, after.site_url)
    if after.company.lower() != before.company.lower() and services.connectors.has_mappings(before.id):
        raise RecordRejected(
            user_message=(
                f"Records are mapped to the ConnectWise company {before.company} through this connector; "
                "make another connector for another company."
            ),
            code="connector_company_fixed",
        )


def _checked_text(services: ConnectorServices, connector: Connector, given: Mapping[str, Any]) -> str:
    """Return the JSON text to store: what was stored, with what was given in its place."""
    try:
        properties = ConnectorProperties.model_validate({**members_of(connector.properties), **given})
    except ValidationError as invalid:
        raise PropertiesRefused(faults_of_validation(invalid)) from invalid
    try:
        checked = check_properties(properties, services.setup_of(connector), services.psa_of(connector))
    except ConnectWiseError as error:
        raise classify(error, writing=False) from error
    if checked.faults:
        raise PropertiesRefused(checked.faults)
    return checked.properties.model_dump_json()


def _check_address(services: ConnectorServices, site_url: str) -> None:
    fault = services.fault_of_address(site_url)
    if fault is not None:
        raise RecordRejected(user_message=f"{fault} Enter another address.", code="connector_address_invalid")


def _check_name(services: ConnectorServices, connector: Connector) -> None:
    others = [one.connector for one in services.connectors.all() if one.connector.id != connector.id]
    if any(other.name.casefold() == connector.name.casefold() for other in others):
        raise _name_taken()


def _name_taken() -> RecordRejected:
    return RecordRejected(
        user_message="There is, or was, a connector of this name; choose another name.", code="connector_name_taken"
    )


def _changed_meanwhile() -> RecordRejected:
    return RecordRejected(
        user_message="Somebody else saved this connector in the meantime; open it again and repeat your change.",
        code="connector_changed",
    )


def _log(
    services: ConnectorServices, what: str, before: Connector | None, after: Connector, who: EntraObjectId
) -> None:
    services.log.append_log(
        [
            LogEntry(
                job_id=None,
                connector_id=after.id,
                when=services.connectors.server_time().at,
                who=who,
                what=what,
                source_id=None,
                psa_id=None,
                before=None if before is None else json.dumps(asdict(before)),
                after=json.dumps(asdict(after)),
                vendor_status=None,
                request_ids=None,
                correlation_id=str(uuid.uuid4()),
            )
        ]
    )
