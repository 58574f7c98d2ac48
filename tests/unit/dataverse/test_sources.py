"""Rows from which ConnectWise records are made, and Work 365's own columns after a lost answer."""

import inspect
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse.errors import CredentialsRefused, DataverseError, ServerFault
from dataverse.psasync.records import MappingKind, SourceId
from dataverse.work365.imports.records import RowId
from dataverse.work365.schema import Work365Schema
from dataverse.work365.sources.records import RowMirror, SourceContact, SourcePrice
from dataverse.work365.sources.repository import SourceRepository
from sync_core.push_rows.ports import SourceRows
from tests.unit.dataverse.mini import MiniDataverse
from tests.unit.dataverse.wire import ScriptedTransport, batch_reply, client_of, error_reply, json_reply

pytestmark = pytest.mark.unit

ROW = SourceId("b0000000-0000-4000-8000-000000000001")
OTHER = SourceId("b0000000-0000-4000-8000-000000000002")
UNIT, OTHER_UNIT = "99999999-0000-4000-8000-000000000001", "99999999-0000-4000-8000-000000000002"
LIST, OTHER_LIST = "66666666-0000-4000-8000-000000000001", "66666666-0000-4000-8000-000000000002"
SHOWN = "@OData.Community.Display.V1.FormattedValue"
FAULTS = st.lists(st.sampled_from(["ok", "drop_before", "drop_after", "late 1", "cut", "503", "429"]), max_size=5)

PRODUCT: dict[str, Any] = {
    "@odata.etag": 'W/"1"',
    "productid": ROW.upper(),
    "name": "E3 - Monthly",
    "productnumber": "CFQ -M",
    "work365_product_providerpartnumber": "CFQ:0001",
    "description": None,
    "statecode": 2,
    "productstructure": 3,
    "_defaultuomid_value": UNIT,
    f"_defaultuomid_value{SHOWN}": "Monthly",
    "_pricelevelid_value": LIST,
    "currentcost": None,
    "standardcost": 9.5,
    "work365_product_psasystem_id": "7",
}


def item(price_list: str = LIST, unit: str = UNIT, amount: float = 12.5, method: int = 1, product: str = ROW) -> Any:
    return {
        "_productid_value": product,
        "_pricelevelid_value": price_list,
        f"_pricelevelid_value{SHOWN}": "Standard" if price_list == LIST else "Partner",
        "_uomid_value": unit,
        "amount": amount,
        "pricingmethodcode": method,
        "transactioncurrencyid": {"isocurrencycode": "USD"},
    }


def rows(*found: Any) -> Any:
    return json_reply({"value": list(found)})


def repository_of(transport: object) -> SourceRepository:
    return SourceRepository(client_of(transport), Work365Schema())


def product_of(*items: Any, **columns: Any) -> Any:
    transport = ScriptedTransport(batch_reply(rows(PRODUCT | columns), rows(*items)))
    return repository_of(transport).products([ROW])[ROW]


@pytest.mark.parametrize("method", [name for name in vars(SourceRows) if not name.startswith("_")])
def test_the_repository_has_every_method_of_the_port_with_its_parameters(method: str) -> None:
    asked, given_ = (inspect.signature(getattr(owner, method)) for owner in (SourceRows, SourceRepository))
    assert list(asked.parameters) == list(given_.parameters)


# --- products


def test_a_product_comes_with_the_items_of_its_default_unit_in_one_request() -> None:
    transport = ScriptedTransport(
        batch_reply(rows(PRODUCT), rows(item(OTHER_LIST, amount=1), item(), item(unit=OTHER_UNIT), item(product=OTHER)))
    )
    found = repository_of(transport).products([ROW, SourceId(ROW.upper())])
    assert list(found) == [ROW]
    product = found[ROW]
    assert (product.name, product.number, product.part_number) == ("E3 - Monthly", "CFQ -M", "CFQ:0001")
    assert (product.state, product.structure, product.unit_name, product.cost) == (2, 3, "Monthly", Decimal("9.5"))
    standard = SourcePrice("Standard", UNIT, Decimal("12.5"), "USD")
    assert product.default_price == standard
    assert product.prices == (standard, SourcePrice("Partner", UNIT, Decimal(1), "USD"))
    assert (product.psa_id, product.psa_name, product.etag) == ("7", None, 'W/"1"')
    (sent,) = transport.sent
    first, second = (unquote(part.target) for part in sent.parts)
    assert "work365_product_providerpartnumber" in first
    assert f"$filter=(_productid_value eq {ROW})" in second
    assert "$expand=transactioncurrencyid($select=isocurrencycode)" in second


def test_an_item_that_is_not_a_plain_amount_gives_none() -> None:
    assert product_of(item(method=2)).default_price == SourcePrice("Standard", UNIT, None, "USD")


def test_a_product_without_default_list_or_unit_has_no_default_price() -> None:
    assert product_of(item(), _pricelevelid_value=None).default_price is None
    assert len(product_of(item(), _pricelevelid_value=None).prices) == 1
    without_unit = product_of(item(), _defaultuomid_value=None)
    assert (without_unit.default_price, without_unit.prices) == (None, ())


def test_current_cost_comes_before_standard_cost_even_when_it_is_nothing() -> None:
    assert product_of(currentcost=0).cost == 0
    assert product_of(currentcost=None, standardcost=None).cost is None


def test_price_lists_that_may_not_be_read_leave_the_product_without_prices() -> None:
    transport = ScriptedTransport(batch_reply(rows(PRODUCT), error_reply(403, "0x80040220")))
    assert repository_of(transport).products([ROW])[ROW].prices == ()


def test_many_products_are_read_in_one_request() -> None:
    wanted = [SourceId(f"b0000000-0000-4000-8000-{number:012}") for number in range(1000)]
    transport = ScriptedTransport(lambda sent: batch_reply(*[rows() for _ in sent.parts]))
    assert repository_of(transport).products(wanted) == {}
    (sent,) = transport.sent
    assert len(sent.parts) == 12
    assert max(len(part.target) for part in sent.parts) <= 32_768


# --- accounts and contracts


def test_an_account_comes_with_its_primary_contact_and_currency() -> None:
    row = {
        "@odata.etag": 'W/"3"',
        "accountid": ROW,
        "name": "Fabrikam",
        "telephone1": "+1",
        "address1_line1": "1 Main",
        "address1_stateorprovince": "FL",
        "transactioncurrencyid": {"isocurrencycode": "USD"},
        "primarycontactid": {"contactid": OTHER, "firstname": "Ada", "lastname": "L", "emailaddress1": "a@x.example"},
    }
    transport = ScriptedTransport(batch_reply(rows(row)))
    account = repository_of(transport).accounts([ROW])[ROW]
    assert account.contact == SourceContact(RowId(OTHER), "Ada", "L", None, "a@x.example", None)
    assert (account.currency, account.address_line1, account.state, account.phone) == ("USD", "1 Main", "FL", "+1")
    assert "primarycontactid($select=contactid,firstname" in unquote(transport.sent[0].parts[0].target)


def test_an_account_without_contact_and_currency_is_read_all_the_same() -> None:
    row = {"@odata.etag": 'W/"3"', "accountid": ROW, "name": None, "primarycontactid": None}
    account = repository_of(ScriptedTransport(batch_reply(rows(row)))).accounts([ROW])[ROW]
    assert (account.name, account.contact, account.currency) == ("", None, None)


@pytest.mark.parametrize(("chosen", "expected"), [(100000000, True), (100000001, False), (9, None), (None, None)])
def test_a_contract_tells_its_term_and_whether_it_recurs(chosen: int | None, expected: bool | None) -> None:
    row = {
        "@odata.etag": 'W/"4"',
        "work365_billingcontractid": ROW,
        "work365_name": "BC-1",
        "_work365_billingcontract_customer_value": OTHER,
        f"_work365_billingcontract_customer_value{SHOWN}": "Fabrikam",
        "work365_billingcontract_type": chosen,
        "work365_billingcontract_startdate": "2026-01-31T00:00:00Z",
        "work365_billingcontract_enddate": None,
        "transactioncurrencyid": {"isocurrencycode": "JPY"},
    }
    contract = repository_of(ScriptedTransport(batch_reply(rows(row)))).billing_contracts([ROW])[ROW]
    assert (contract.is_recurring, contract.start_date, contract.end_date) == (expected, date(2026, 1, 31), None)
    assert (contract.account_id, contract.account_name, contract.currency) == (OTHER, "Fabrikam", "JPY")


def test_nothing_wanted_needs_no_request() -> None:
    repository = repository_of(ScriptedTransport())
    assert repository.products([]) == repository.accounts([]) == repository.billing_contracts([]) == {}
    assert repository.mirror_rows(MappingKind.ACCOUNT, []).refused == {}


def test_a_table_that_may_not_be_read_is_empty() -> None:
    transport = ScriptedTransport(batch_reply(error_reply(403, "0x80040220")))
    assert repository_of(transport).accounts([ROW]) == {}


def test_what_is_no_guid_never_reaches_an_address() -> None:
    with pytest.raises(ValueError, match="not a GUID"):
        repository_of(ScriptedTransport()).products([SourceId("x' or 1 eq 1")])


# --- mirror


def world_with(*row_ids: str) -> MiniDataverse:
    world = MiniDataverse()
    for row_id in row_ids:
        world.create("accounts", {"accountid": row_id, "name": "Contoso"})
    return world


def mirror(world: MiniDataverse, row_id: SourceId = ROW, psa_id: str = "7") -> RowMirror:
    return RowMirror(row_id, world.tables["accounts"][row_id]["@odata.etag"], psa_id, "Contoso")


def test_columns_are_mirrored_in_one_request_over_what_was_read_only() -> None:
    world = world_with(ROW, OTHER)
    stale = RowMirror(OTHER, 'W/"0"', "9", "Other")
    report = repository_of(world).mirror_rows(MappingKind.ACCOUNT, [mirror(world), stale])
    assert (report.refused, report.changed) == ({}, {OTHER})
    assert world.tables["accounts"][ROW]["work365_account_psasystem_id"] == "7"
    assert "work365_account_psasystem_id" not in world.tables["accounts"][OTHER]
    assert len(world.requests) == 2  # the write, and the look at the row that was changed


def test_a_row_that_holds_it_already_counts_as_written() -> None:
    world = world_with(ROW)
    first = mirror(world)
    repository = repository_of(world)
    for _ in range(2):
        report = repository.mirror_rows(MappingKind.ACCOUNT, [first])
        assert (report.refused, report.changed) == ({}, frozenset())


def test_a_row_that_is_gone_is_refused_and_never_made() -> None:
    world = world_with(ROW)
    wish = mirror(world)
    world.tables["accounts"].clear()
    report = repository_of(world).mirror_rows(MappingKind.ACCOUNT, [wish])
    assert list(report.refused) == [ROW]
    assert world.tables["accounts"] == {}


def test_a_refusal_of_one_row_does_not_stop_the_others() -> None:
    refusal = error_reply(403, "0x80040220")
    transport = ScriptedTransport(batch_reply(refusal, json_reply({}, 204)))
    wishes = [RowMirror(ROW, 'W/"1"', "7", "x"), RowMirror(OTHER, 'W/"1"', "8", "y")]
    assert repository_of(transport).mirror_rows(MappingKind.ACCOUNT, wishes).refused == {ROW: "no"}


def test_credentials_that_are_refused_are_no_refusal_of_a_row() -> None:
    transport = ScriptedTransport(batch_reply(error_reply(401, "0x0")))
    with pytest.raises(CredentialsRefused):
        repository_of(transport).mirror_rows(MappingKind.ACCOUNT, [RowMirror(ROW, 'W/"1"', "7", "x")])


def test_a_server_that_fails_again_and_again_is_no_refusal_of_a_row() -> None:
    world = world_with(ROW)
    wish = mirror(world)
    world.faults.extend(["503"] * 5)
    with pytest.raises(ServerFault):
        repository_of(world).mirror_rows(MappingKind.ACCOUNT, [wish])


@given(FAULTS)
def test_whatever_is_lost_what_is_reported_as_written_is_stored(faults: list[str]) -> None:
    world = world_with(ROW)
    wish = mirror(world)
    world.faults.extend(faults)
    try:
        report = repository_of(world).mirror_rows(MappingKind.ACCOUNT, [wish])
    except DataverseError:
        report = None
    world.faults.clear()
    world.commit_late()
    stored = world.tables["accounts"][ROW].get("work365_account_psasystem_id")
    if report is not None:
        assert (report.refused, report.changed, stored) == ({}, frozenset(), "7")
