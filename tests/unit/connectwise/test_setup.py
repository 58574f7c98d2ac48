"""A tenant's name, rights and pick lists, as the API answers them."""

import pytest

from connectwise.errors import AnswerNotUnderstood, CredentialsRefused, RouteInvalid
from connectwise.setup.reader import TenantSetup
from connectwise.setup.records import Area, Option, OptionList, TenantInformation
from tests.unit.connectwise.scripted_transport import ScriptedTransport, client_of, reply

pytestmark = pytest.mark.unit

INFO = {"Codebase": "v2025_1/", "CompanyName": "Northwind Sample", "VersionCode": "v2025.1"}
FORBIDDEN = {"code": "SecurityPermissions", "message": "You do not have permission."}


def test_the_tenant_is_named_without_keys():
    transport = ScriptedTransport()
    transport.info = reply(200, INFO)
    assert TenantSetup(client_of(transport)).information() == TenantInformation("Northwind Sample", "v2025.1")
    assert transport.asked == []


@pytest.mark.parametrize("told", [{}, {"CompanyName": 7, "VersionCode": None}])
def test_what_companyinfo_does_not_tell_is_empty(told):
    transport = ScriptedTransport()
    transport.info = reply(200, {"Codebase": "v2025_1/"} | told)
    assert TenantSetup(client_of(transport)).information() == TenantInformation("", "")


def test_an_unknown_login_company_is_no_tenant():
    transport = ScriptedTransport()
    transport.info = reply(200, None)
    with pytest.raises(RouteInvalid):
        TenantSetup(client_of(transport)).information()


def test_rights_are_probed_with_one_small_read_each():
    transport = ScriptedTransport(
        reply(200, []), reply(403, FORBIDDEN), reply(200, [{"id": 1}]), reply(403, FORBIDDEN), reply(200, [])
    )
    assert TenantSetup(client_of(transport)).unreadable_areas() == [Area.CONTACTS, Area.CATALOG]
    assert {asked.query["pageSize"] for asked in transport.asked} == {"1"}


def test_wrong_keys_are_an_error_and_no_missing_right():
    transport = ScriptedTransport(reply(401, {"code": "Unauthorized", "message": "no"}))
    with pytest.raises(CredentialsRefused):
        TenantSetup(client_of(transport)).unreadable_areas()


def test_options_come_by_name_with_their_category():
    rows = [
        {"id": 17, "name": "usage", "category": {"id": 4}},
        {"id": 18, "name": "Licences", "category": {"id": 4}, "inactiveFlag": True},
    ]
    options = TenantSetup(client_of(ScriptedTransport(reply(200, rows)))).options(OptionList.PRODUCT_SUBCATEGORIES)
    assert options == [Option(18, "Licences", True, 4), Option(17, "usage", False, 4)]


def test_an_entry_without_a_name_is_not_understood():
    with pytest.raises(AnswerNotUnderstood):
        TenantSetup(client_of(ScriptedTransport(reply(200, [{"id": 1}])))).options(OptionList.COMPANY_TYPES)
