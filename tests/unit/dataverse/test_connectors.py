"""Connectors: written once, changed only at the version that was read, whatever answers are lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse.errors import DataverseError
from dataverse.psasync.connectors.repository import ConnectorRepository
from dataverse.psasync.ledger import MappingLedger
from dataverse.psasync.records import Connector
from tests.unit.dataverse.mini import MiniDataverse
from tests.unit.dataverse.samples import CONNECTOR, claim_of
from tests.unit.dataverse.wire import client_of

pytestmark = pytest.mark.unit

ONE = Connector(CONNECTOR, "ConnectWise", "https://psa.example", "contoso", "CONTOSO", None, None)


def repository_of(transport: MiniDataverse) -> ConnectorRepository:
    return ConnectorRepository(client_of(transport))


def test_a_connector_is_made_once_and_listed() -> None:
    repository = repository_of(MiniDataverse())
    created = repository.create(ONE)
    assert created is not None
    assert created.connector == ONE
    assert repository.create(replace(ONE, company="other")) is None
    assert repository.all() == [created]
    assert repository.stored(CONNECTOR) == created


def test_a_connector_that_does_not_exist_is_none() -> None:
    assert repository_of(MiniDataverse()).stored(CONNECTOR) is None


def test_a_change_needs_the_version_that_was_read() -> None:
    repository = repository_of(MiniDataverse())
    created = repository.create(ONE)
    assert created is not None
    changed = repository.change(replace(ONE, properties="{}"), etag=created.etag)
    assert changed is not None
    assert changed.connector.properties == "{}"
    assert repository.change(replace(ONE, name="Other"), etag=created.etag) is None
    assert repository.stored(CONNECTOR) == changed


def test_mappings_of_a_connector_are_seen() -> None:
    transport = MiniDataverse()
    repository = repository_of(transport)
    assert not repository.has_mappings(CONNECTOR)
    transport.single(
        "PATCH",
        f"/api/data/v9.2/psasync_mappings(_psasync_connectorid_value={CONNECTOR},psasync_kind=451000003,"
        f"psasync_sourceid='{claim_of(1).line_id}')",
        {},
        b"{}",
    )
    assert repository.has_mappings(CONNECTOR)


@given(st.lists(st.sampled_from(["ok", "drop_before", "drop_after", "late 1", "cut", "503", "429"]), max_size=5))
def test_whatever_is_lost_what_is_reported_as_saved_is_stored(faults: list[str]) -> None:
    transport = MiniDataverse()
    repository = repository_of(transport)
    created = repository.create(ONE)
    assert created is not None
    transport.faults.extend(faults)
    wanted = replace(ONE, name="Renamed")
    try:
        saved = repository.change(wanted, etag=created.etag)
    except DataverseError:
        saved = None
    transport.faults.clear()
    transport.commit_late()
    if saved is not None:
        assert repository.stored(CONNECTOR) == saved
        assert saved.connector == wanted


def test_the_ledger_reads_the_same_connector() -> None:
    transport = MiniDataverse()
    repository_of(transport).create(ONE)
    assert MappingLedger(client_of(transport)).connector(CONNECTOR) == ONE
