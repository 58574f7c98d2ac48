"""Whatever is sent, the answer is the vendor's: never a crash (architecture, section 10: strict by default)."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.dataverse.harness import ACCOUNT, LINE, Organization

pytestmark = pytest.mark.emulator

_NAMES = st.sampled_from(
    [
        "name", "revenue", "creditonhold", "statecode", "statuscode", "industrycode", "accountid", "lastusedincampaign",
        "primarycontactid", "primarycontactid@odata.bind", "_primarycontactid_value", "contact_customer_accounts",
        "contact_customer_accounts@odata.bind", "ownerid@odata.bind", "@odata.type", "@odata.id", "Targets",
        "value", "invoiceid@odata.bind", "quantity", "SchemaName", "Attributes", "KeyAttributes", "Options",
        "DisplayName", "Lookup",
        "OptionSet", "MaxLength", "MinValue", "Precision", "Label", "Value", "Name", "IsGlobal", "IsPrimaryName",
        "ReferencedEntity", "ReferencingEntity", "Entities", "QuerySet", "Criteria", "Conditions", "EntityName",
        "EntityLogicalName", "AttributeLogicalName", "OptionSetName", "FormatName", "RequiredLevel", "OwnershipType",
        "CustomizationFile", "Privileges", "GlobalOptionSet@odata.bind", "CascadeConfiguration", "PrecisionSource",
    ]
)  # fmt: skip
_TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            f"/accounts({ACCOUNT})", "/contacts(x)", "$1", "psa_A", "account", "psasync_mapping", "UserOwned", "(",
            "Microsoft.Dynamics.CRM.account", "Microsoft.Dynamics.CRM.StringAttributeMetadata",
            "Microsoft.Dynamics.CRM.PicklistAttributeMetadata", "Microsoft.Dynamics.CRM.MoneyAttributeMetadata",
            "Microsoft.Dynamics.CRM.BooleanAttributeMetadata", "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
            "Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata", "Microsoft.Dynamics.CRM.DateTimeAttributeMetadata",
        ]
    ),
)  # fmt: skip
_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False),
        _TEXTS,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=4)),
    max_leaves=12,
)
_BODIES = st.dictionaries(_NAMES, _VALUES, max_size=5)
_ROUTES = st.sampled_from(
    [
        ("POST", "accounts"), ("PATCH", f"accounts({ACCOUNT})"), ("PUT", f"accounts({ACCOUNT})/name"),
        ("PUT", f"accounts({ACCOUNT})/primarycontactid/$ref"), ("POST",
        f"accounts({ACCOUNT})/contact_customer_accounts/$ref"),
        ("PATCH", f"invoicedetails({LINE})"), ("POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple"),
        ("POST", "accounts/Microsoft.Dynamics.CRM.UpsertMultiple"), ("POST",
        "accounts/Microsoft.Dynamics.CRM.UpdateMultiple"),
        ("POST", "EntityDefinitions"), ("POST", "EntityDefinitions(LogicalName='account')/Attributes"),
        ("POST", "EntityDefinitions(LogicalName='account')/Keys"), ("POST", "RelationshipDefinitions"),
        ("POST", "GlobalOptionSetDefinitions"), ("POST", "CreateEntities"), ("POST", "BulkDelete"),
        ("POST", "InsertOptionValue"), ("POST", "ReactivateEntityKey"), ("POST", "ImportSolution"),
        ("PUT", "EntityDefinitions(LogicalName='account')"),
        ("PUT", "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='name')"),
        ("POST", "webresourceset"), ("POST", "serviceendpoints"), ("POST", "customapis"),
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def victim() -> Organization:
    """An environment that gets everything thrown at it."""
    org = Organization()
    org.control("limits", {"enabled": False})
    return org


@settings(max_examples=250)
@given(route=_ROUTES, body=_BODIES)
def test_bodies(victim: Organization, route: tuple[str, str], body: dict[str, Any]) -> None:
    """A body of the right shape with members that make no sense."""
    reply = victim.call(*route, body)
    assert reply.status < 500 or reply.status == 501
    if reply.status >= 400:
        assert set(reply.json["error"]) == {"code", "message"}


@settings(max_examples=150)
@given(
    path=st.text("abc()'=,/:@$%&?# 0-_accountsEntityDefinitionsAttributes", max_size=25),
    query=st.sampled_from(
        [
            "",
            "$select={}",
            "$expand={}",
            "$orderby={}",
            "$apply={}",
            "$skiptoken={}",
            "$deltatoken={}",
            "$top={}",
            "$count={}",
        ]
    ),
    value=st.text("abcname()=;,/'$<>\"0 desc@selectxpndwithsumas", max_size=30),
)
def test_urls(victim: Organization, path: str, query: str, value: str) -> None:
    """Paths and query options that make no sense."""
    options = query.format(quote(value, safe=""))
    for target in (
        f"accounts?{options}",
        f"accounts{quote(path)}?{options}",
        f"{quote(path)}?{options}",
        f"EntityDefinitions{quote(path)}?{options}",
    ):
        reply = victim.get(target)
        assert reply.status < 500 or reply.status == 501, (target, reply.body)


@settings(max_examples=100)
@given(body=st.binary(max_size=200), cut=st.integers(0, 400))
def test_batches(victim: Organization, body: bytes, cut: int) -> None:
    """Multipart that is cut off or mixed with rubbish."""
    good = b"--b\r\nContent-Type: application/http\r\n\r\nGET WhoAmI HTTP/1.1\r\n\r\n\r\n--b--\r\n"
    for text in (body, good[:cut] + body + good[cut:], good[:cut]):
        reply = victim.post("$batch", text, {"Content-Type": "multipart/mixed; boundary=b"})
        assert reply.status in (200, 400, 404, 405)
