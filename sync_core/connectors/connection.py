"""The test of a connector: who answers, what the API member may not do, and whether the properties still hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectwise.errors import ConnectWiseError
from connectwise.setup.records import Area, TenantInformation
from dataverse.psasync.records import Connector, ConnectorId
from sync_core.classify import classify
from sync_core.connectors.checks import PropertyFault, check_properties
from sync_core.connectors.ports import ConnectorServices
from sync_core.connectors.properties import ConnectorProperties
from sync_core.connectors.stored import read_properties
from sync_core.errors import ConfigurationFault, RecordRejected, SyncError

WRITES_UNTESTED = (
    "Rights to add and edit cannot be tested without writing; the role needs them for Companies > Company Maintenance, "
    "Companies > Contacts, Finance > Agreements and Procurement > Product Catalog."
)


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """What a test found: `failure` when there is no connection, and then nothing else.

    `properties` are open only with a connection; `property_faults` is what no longer holds of them.
    """

    failure: SyncError | None = None
    tenant: TenantInformation | None = None
    role_problems: Sequence[str] = ()
    properties: ConnectorProperties | None = None
    property_faults: Sequence[PropertyFault] = ()


def check_connection(services: ConnectorServices, connector_id: ConnectorId) -> ConnectionTest:
    """Test the connector with its stored keys; nothing is written.

    Raises RecordRejected without a connector, and TransientFault when ConnectWise could not be asked just now.
    """
    connector = services.existing(connector_id).connector
    try:
        return _tested(services, connector)
    except ConnectWiseError as error:
        failure = classify(error, writing=False)
    except ConfigurationFault as fault:
        failure = fault
    if not isinstance(failure, ConfigurationFault | RecordRejected):
        raise failure
    return ConnectionTest(failure=failure)


def _tested(services: ConnectorServices, connector: Connector) -> ConnectionTest:
    setup = services.setup_of(connector)
    tenant, unreadable = setup.information(), setup.unreadable_areas()
    stored = read_properties(connector.properties)
    properties, faults = stored.properties, list(stored.faults)
    if not unreadable:  # with less than that, what cannot be read would look like what was deleted
        checked = check_properties(properties, setup, services.psa_of(connector))
        properties, faults = checked.properties, [*faults, *checked.faults]
    return ConnectionTest(
        tenant=tenant,
        role_problems=[_role_problem(area) for area in unreadable],
        properties=properties,
        property_faults=faults,
    )


def _role_problem(area: Area) -> str:
    return (
        f"The API member's role lacks {area} (Inquire); give it this right in ConnectWise under "
        "System > Security Roles and test again."
    )
