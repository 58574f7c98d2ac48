"""The tenant as the push sees it."""

import inspect
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectwise.errors import AnswerNotUnderstood, RouteInvalid
from connectwise.records import NewAddition
from connectwise.tenant import ConnectWiseTenant
from sync_core.ports import Psa
from tests.unit.connectwise.scripted_transport import ScriptedTransport, client_of, reply

AGREEMENT = {
    "id": 412,
    "name": "Cloud",
    "company": {"id": 250, "name": "Fabrikam"},
    "endDate": None,
    "cancelledFlag": None,
    "surprise": [1],
}
ADDITION = {"id": 77001, "quantity": 25.0, "unitPrice": 12.5, "product": {"id": 990}, "serialNumber": "m1"}


def tenant_of(*script, **options):
    transport = ScriptedTransport(*script)
    return ConnectWiseTenant(client_of(transport), **options), transport


def new_addition(**changes):
    members = {
        "product_id": 990,
        "quantity": Decimal("25.00"),
        "unit_price": Decimal("12.50"),
        "unit_cost": None,
        "bill_customer": "Billable",
        "effective_date": datetime(2025, 8, 1, tzinfo=UTC),
        "cancelled_date": datetime(2025, 8, 31, tzinfo=UTC),
        "taxable_flag": True,
        "invoice_description": "Sample 365\n2025-08-01 to 2025-08-31",
        "serial_number": "m1",
    }
    return NewAddition(**(members | changes))


@pytest.mark.parametrize("method", [name for name in vars(Psa) if not name.startswith("_")])
def test_the_tenant_has_every_method_of_the_port_with_its_parameters(method):
    asked, given = (inspect.signature(getattr(owner, method)) for owner in (Psa, ConnectWiseTenant))
    assert [(p.name, p.kind) for p in asked.parameters.values()] == [
        (p.name, p.kind) for p in given.parameters.values()
    ]


def test_agreements_are_read_in_one_request_whatever_else_they_hold():
    tenant, transport = tenant_of(reply(200, [AGREEMENT]))
    found = tenant.agreements([413, 412, 412])
    assert set(found) == {412}
    assert (found[412].company.name, found[412].end_date, found[412].cancelled_flag) == ("Fabrikam", None, False)
    (asked,) = transport.asked
    assert asked.path.endswith("/finance/agreements")
    assert asked.query["conditions"] == "id in (412,413)"
    assert asked.query["pageSize"] == "1000"
    assert {"id", "name", "company/id", "prorateFlag", "currency/currencyCode"} <= set(asked.query["fields"].split(","))


def test_catalog_items_are_read_in_one_request():
    tenant, transport = tenant_of(reply(200, [{"id": 990, "identifier": "CFQ"}]))
    assert tenant.catalog_items([990])[990].identifier == "CFQ"
    assert transport.asked[0].path.endswith("/procurement/catalog")


def test_no_ids_need_no_request():
    tenant, transport = tenant_of()
    assert tenant.agreements([]) == {}
    assert tenant.catalog_items([]) == {}
    assert transport.asked == transport.info_asked == []


def test_billing_cycles_are_kept_for_a_quarter_of_an_hour():
    now = [100.0]
    tenant, transport = tenant_of(
        reply(200, [{"id": 2, "name": "Monthly"}]), reply(200, [{"id": 3, "name": "Yearly"}]), clock=lambda: now[0]
    )
    assert tenant.billing_cycles()[2].name == "Monthly"
    now[0] += 899.0
    assert set(tenant.billing_cycles()) == {2}
    now[0] += 1.0
    assert set(tenant.billing_cycles()) == {3}
    assert len(transport.asked) == 2


def test_additions_come_in_order_of_id_with_exact_numbers():
    tenant, transport = tenant_of(reply(200, [ADDITION, ADDITION | {"id": 77002}]))
    first, second = tenant.additions(412)
    assert (first.id, second.id) == (77001, 77002)
    assert str(first.unit_price) == "12.5"
    assert transport.asked[0].path.endswith("/finance/agreements/412/additions")
    assert "serialNumber" in transport.asked[0].query["fields"]


def test_an_addition_is_posted_with_exact_numbers_and_dates_without_zone():
    tenant, transport = tenant_of(reply(201, ADDITION))
    created = tenant.create_addition(412, new_addition(), send_before=9.0)
    assert (created.id, created.serial_number) == (77001, "m1")
    (asked,) = transport.asked
    assert asked.json == {
        "product": {"id": 990},
        "quantity": 25.0,
        "lessIncluded": 0,
        "unitPrice": 12.5,
        "billCustomer": "Billable",
        "effectiveDate": "2025-08-01T00:00:00Z",
        "cancelledDate": "2025-08-31T00:00:00Z",
        "taxableFlag": True,
        "invoiceDescription": "Sample 365 | 2025-08-01 to 2025-08-31",
        "serialNumber": "m1",
        "purchaseItemFlag": False,
        "specialOrderFlag": False,
        "prorateCurrentPeriodFlag": False,
    }
    assert b'"quantity":25.00,"unitPrice":12.50' in asked.content
    assert asked.options["send_before"] == 9.0
    assert {"id", "serialNumber"} <= set(asked.query["fields"].split(","))


def test_what_is_none_is_not_sent_and_what_is_set_is():
    tenant, transport = tenant_of(reply(201, ADDITION), reply(201, ADDITION))
    tenant.create_addition(412, new_addition(cancelled_date=None, serial_number=None), send_before=9.0)
    tenant.create_addition(412, new_addition(unit_cost=Decimal("-1E+1"), sequence_number=Decimal(3)), send_before=9.0)
    bare, full = transport.asked
    assert not {"cancelledDate", "serialNumber", "unitCost", "sequenceNumber"} & set(bare.json)
    assert (full.json["unitCost"], full.json["sequenceNumber"]) == (-10, 3)


@pytest.mark.parametrize("record", [{"id": 5}, {"id": 5, "name": "x", "company": {"id": "many"}}])
def test_a_record_of_another_shape_is_not_understood_and_names_the_member(record):
    tenant, _ = tenant_of(reply(200, [record]))
    with pytest.raises(AnswerNotUnderstood, match="company") as caught:
        tenant.agreements([5])
    assert (caught.value.path, caught.value.__context__) == ("/finance/agreements", None)


def test_the_link_leads_to_the_screen_and_needs_no_request():
    transport = ScriptedTransport()
    tenant = ConnectWiseTenant(client_of(transport, site_url="https://api-na.myconnectwise.net", company="n w&x"))
    assert tenant.link_to_agreement(412) == (
        "https://na.myconnectwise.net/v4_6_release/services/system_io/router/openrecord.rails"
        "?locale=en_US&recordType=AgreementFV&recid=412&companyName=n%20w%26x"
    )
    assert transport.info_asked == []


def test_there_is_no_link_to_a_host_that_is_not_allowed():
    tenant = ConnectWiseTenant(client_of(ScriptedTransport(), site_url="https://evil.example"))
    with pytest.raises(RouteInvalid):
        tenant.link_to_agreement(412)
