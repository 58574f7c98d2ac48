"""Fixtures of the Dataverse emulator's tests."""

from collections.abc import Iterator

import pytest

from tests.emulator.dataverse.definition_bodies import MAPPING, TABLE, label, text_column
from tests.emulator.dataverse.harness import CRM, Organization
from tests.emulator.dataverse.receiver import Receiver


@pytest.fixture
def org() -> Organization:
    """An environment with the setup rows and the small default seed."""
    return Organization()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def made(org: Organization) -> Organization:
    """An environment with the table of section 12, its choice, columns, lookup and key."""
    options = [{"Value": 778870000, "Label": label("Pending")}, {"Value": 778870001, "Label": label("Done")}]
    choice = org.post(
        "GlobalOptionSetDefinitions",
        {
            "@odata.type": f"{CRM}OptionSetMetadata",
            "IsGlobal": True,
            "Name": "psa_syncstatus",
            "OptionSetType": "Picklist",
            "DisplayName": label("Sync status"),
            "Options": options,
        },
    )
    assert choice.status == 204
    assert org.post("EntityDefinitions", TABLE).status == 204
    picklist = {
        "@odata.type": f"{CRM}PicklistAttributeMetadata",
        "SchemaName": "psa_SyncStatus",
        "DisplayName": label("Sync status"),
        "GlobalOptionSet@odata.bind": f"/GlobalOptionSetDefinitions({choice.entity_id})",
    }
    for column in (picklist, text_column("psa_Key")):
        assert org.post(f"{MAPPING}/Attributes", column).status == 204
    relationship = {
        "@odata.type": f"{CRM}OneToManyRelationshipMetadata",
        "SchemaName": "psa_account_mapping", "ReferencedEntity": "account",
        "ReferencedAttribute": "accountid", "ReferencingEntity": "psa_mapping",
        "CascadeConfiguration": {"Assign": "NoCascade", "Delete": "RemoveLink", "Merge": "NoCascade"},
        "Lookup": {
            "@odata.type": f"{CRM}LookupAttributeMetadata", "SchemaName": "psa_AccountId",
            "DisplayName": label("Account"), "RequiredLevel": {"Value": "None"},
        },
    }  # fmt: skip
    assert org.post("RelationshipDefinitions", relationship).status == 204
    return org
