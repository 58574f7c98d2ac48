"""Rows from which ConnectWise records are made, and their claims, against a strict Dataverse."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dataverse import errors
from dataverse.psasync.records import ConnectorId, EntraObjectId, Mapping, MappingKind, MappingStatus, SourceId
from dataverse.psasync.row_claims import RowClaimRepository
from dataverse.work365.schema import Work365Schema
from dataverse.work365.sources.records import RowMirror
from dataverse.work365.sources.repository import SourceRepository
from sync_core.push_rows.ports import RowClaim
from tests.contract.dataverse.target import CLERK, CONNECTOR, READER, USD, Target, guid
from tests.contract.dataverse.test_psasync import each_loss, eventually_still, lose
from tests.unit.dataverse.samples import settlement_of

pytestmark = pytest.mark.contract

CONNECTOR_ID = ConnectorId(CONNECTOR)
CONTRACT = SourceId(guid("contract"))
ROW_KINDS = [MappingKind.PRODUCT, MappingKind.ACCOUNT, MappingKind.BILLING_CONTRACT]


def product_id(number: int) -> SourceId:
    return SourceId(guid("product", number))


def account_id(number: int) -> SourceId:
    return SourceId(guid("account", number))


def sources(target: Target, person: str = CLERK) -> SourceRepository:
    return SourceRepository(target.client().acting_as(EntraObjectId(person)), Work365Schema())


def claims(target: Target) -> RowClaimRepository:
    return RowClaimRepository(target.client(), Work365Schema())


def price(number: int, price_list: int, unit: int, **columns: object) -> dict[str, object]:
    return {
        "productpricelevelid": guid(f"item {price_list} {unit}", number),
        "productid@odata.bind": f"/products({product_id(number)})",
        "pricelevelid@odata.bind": f"/pricelevels({guid('list', price_list)})",
        "uomid@odata.bind": f"/uoms({guid('unit', unit)})",
        "_transactioncurrencyid_value": USD,
        **columns,
    }


@pytest.fixture
def rows(target: Target) -> Target:
    """Three products, two accounts, one of them with a contact, and a billing contract."""
    schedule = guid("schedule")
    target.seed(
        uomschedules=[{"uomscheduleid": schedule, "name": "Terms"}],
        uoms=[
            {"uomid": guid("unit", number), "name": name, "uomscheduleid@odata.bind": f"/uomschedules({schedule})"}
            for number, name in ((1, "Monthly"), (2, "Annual"))
        ],
        pricelevels=[
            {"pricelevelid": guid("list", 1), "name": "Standard", "_transactioncurrencyid_value": USD},
            {"pricelevelid": guid("list", 2), "name": "Partner", "_transactioncurrencyid_value": USD},
        ],
        products=[
            {
                "productid": product_id(number),
                "name": f"E{number}",
                "productnumber": f"CFQ{number} -M",
                "work365_product_providerpartnumber": "CFQ:0001",
                "description": "Office apps",
                "statecode": 0,
                "productstructure": 1,
                "standardcost": 9.5,
                "defaultuomid@odata.bind": f"/uoms({guid('unit', 1)})",
                "pricelevelid@odata.bind": f"/pricelevels({guid('list', 1)})",
            }
            for number in (1, 2, 3)
        ],
        productpricelevels=[
            price(1, 1, 1, amount=12.3456, pricingmethodcode=1),
            price(1, 1, 2, amount=120, pricingmethodcode=1),
            price(1, 2, 1, percentage=90, pricingmethodcode=2),
            price(2, 2, 1, amount=7, pricingmethodcode=1),
        ],
        contacts=[{"contactid": guid("contact"), "firstname": "Ada", "lastname": "L", "emailaddress1": "a@x.example"}],
        accounts=[
            {
                "accountid": account_id(1),
                "name": 'Fabrikam "O\'Brian" [50%]',
                "accountnumber": "FAB-1",
                "primarycontactid@odata.bind": f"/contacts({guid('contact')})",
                "_transactioncurrencyid_value": USD,
            },
            {"accountid": account_id(2), "name": "Bare"},
        ],
        work365_billingcontracts=[
            {
                "work365_billingcontractid": CONTRACT,
                "work365_name": "BC-1001",
                "work365_billingcontract_customer@odata.bind": f"/accounts({account_id(1)})",
                "work365_billingcontract_type": 100000001,
                "work365_billingcontract_startdate": "2026-01-31",
                "_transactioncurrencyid_value": USD,
            }
        ],
    )
    return target


# --- read


def test_products_come_with_the_prices_of_their_default_unit_in_one_request(rows: Target) -> None:
    with rows.counted(1):
        found = sources(rows).products([product_id(number) for number in (1, 2, 3, 4)])
    first, second, third = (found[product_id(number)] for number in (1, 2, 3))
    assert product_id(4) not in found
    assert (first.name, first.number, first.part_number) == ("E1", "CFQ1 -M", "CFQ:0001")
    assert (first.unit_name, first.cost, first.state, first.structure) == ("Monthly", Decimal("9.5"), 0, 1)
    assert first.default_price is not None
    assert (first.default_price.amount, first.default_price.currency) == (Decimal("12.3456"), "USD")
    assert first.default_price.price_list_name == "Standard"
    assert {(one.price_list_name, one.amount) for one in first.prices} == {
        ("Standard", Decimal("12.3456")),
        ("Partner", None),
    }
    assert (second.default_price, [one.amount for one in second.prices]) == (None, [Decimal(7)])
    assert (third.default_price, third.prices) == (None, ())


def test_accounts_and_contracts_come_with_what_they_refer_to_in_one_request_each(rows: Target) -> None:
    with rows.counted(2):
        accounts = sources(rows).accounts([account_id(1), account_id(2), account_id(3)])
        contracts = sources(rows).billing_contracts([CONTRACT])
    whole, bare = accounts[account_id(1)], accounts[account_id(2)]
    assert (whole.name, whole.number, whole.currency) == ('Fabrikam "O\'Brian" [50%]', "FAB-1", "USD")
    assert whole.contact is not None
    assert (whole.contact.first_name, whole.contact.email) == ("Ada", "a@x.example")
    assert bare.contact is None
    assert account_id(3) not in accounts
    contract = contracts[CONTRACT]
    assert (contract.account_id, contract.account_name) == (account_id(1), whole.name)
    assert (contract.is_recurring, contract.start_date, contract.end_date) == (False, date(2026, 1, 31), None)
    assert contract.currency == "USD"


def test_a_thousand_products_are_read_in_one_request(rows: Target) -> None:
    with rows.counted(1):
        found = sources(rows).products([product_id(number) for number in range(1, 1001)])
    assert len(found) == 3


# --- mirror


def versions(target: Target, kind: MappingKind) -> dict[SourceId, str]:
    repository = sources(target)
    found = {
        MappingKind.PRODUCT: lambda: repository.products([product_id(1), product_id(2)]),
        MappingKind.ACCOUNT: lambda: repository.accounts([account_id(1), account_id(2)]),
        MappingKind.BILLING_CONTRACT: lambda: repository.billing_contracts([CONTRACT]),
    }[kind]()
    return {source_id: row.etag for source_id, row in found.items()}


def mirrors(target: Target, kind: MappingKind, psa_id: str = "7") -> list[RowMirror]:
    return [RowMirror(source_id, etag, psa_id, "Name") for source_id, etag in versions(target, kind).items()]


@pytest.mark.parametrize("kind", ROW_KINDS)
def test_columns_are_mirrored_in_one_request_and_only_once(rows: Target, kind: MappingKind) -> None:
    wishes = mirrors(rows, kind)
    with rows.counted(1):
        report = sources(rows).mirror_rows(kind, wishes)
    assert (report.refused, report.changed) == ({}, frozenset())
    after = versions(rows, kind)
    again = sources(rows).mirror_rows(kind, wishes)
    assert (again.refused, again.changed) == ({}, frozenset())
    assert versions(rows, kind) == after


def test_a_row_that_somebody_changed_is_left_alone_and_a_missing_one_is_refused(rows: Target) -> None:
    first, second = mirrors(rows, MappingKind.ACCOUNT)
    sources(rows).mirror_rows(MappingKind.ACCOUNT, [RowMirror(second.source_id, second.etag, "8", "Other")])
    missing = RowMirror(account_id(3), first.etag, "9", "Gone")
    report = sources(rows).mirror_rows(MappingKind.ACCOUNT, [first, second, missing])
    assert report.changed == {second.source_id}
    assert list(report.refused) == [missing.source_id]
    assert sources(rows).accounts([second.source_id])[second.source_id].psa_id == "8"
    assert account_id(3) not in sources(rows).accounts([account_id(3)])


def test_rows_that_a_person_may_not_write_are_refused_row_by_row(rows: Target) -> None:
    report = sources(rows, READER).mirror_rows(MappingKind.ACCOUNT, mirrors(rows, MappingKind.ACCOUNT))
    assert set(report.refused) == {account_id(1), account_id(2)}


@each_loss
def test_a_lost_answer_ends_with_the_columns_written(rows: Target, kind: str) -> None:
    wishes = mirrors(rows, MappingKind.ACCOUNT)
    lose(rows, kind, r"\$batch")
    report = sources(rows).mirror_rows(MappingKind.ACCOUNT, wishes)
    assert (report.refused, report.changed) == ({}, frozenset())

    def written() -> None:
        found = sources(rows).accounts([account_id(1), account_id(2)])
        assert [one.psa_id for one in found.values()] == ["7", "7"]

    eventually_still(rows, written, kind)


# --- claims


def claim(
    target: Target,
    source_id: SourceId,
    kind: MappingKind = MappingKind.ACCOUNT,
    *,
    existing: Mapping | None = None,
    by: str = "job/a",
) -> RowClaim:
    until = target.client().server_time().at + timedelta(minutes=10)
    return RowClaim(kind, source_id, existing, "ACME", by, until)


def test_claims_of_all_kinds_are_made_with_their_lookups_in_one_request(rows: Target) -> None:
    wishes = [
        claim(rows, product_id(1), MappingKind.PRODUCT),
        claim(rows, account_id(1)),
        claim(rows, CONTRACT, MappingKind.BILLING_CONTRACT),
    ]
    with rows.counted(1):
        held = claims(rows).claim_rows(CONNECTOR_ID, wishes)
    assert {one.source_id: (one.kind, one.psa_id, one.psa_name, one.status) for one in held.values()} == {
        wish.source_id: (wish.kind, None, "ACME", MappingStatus.SYNCING) for wish in wishes
    }
    stored = rows.control("GET", "state?table=psasync_mappings")["rows"]
    for column, source_id in (
        ("_psasync_productid_value", product_id(1)),
        ("_psasync_accountid_value", account_id(1)),
        ("_psasync_billingcontractid_value", CONTRACT),
    ):
        assert [row[column] for row in stored if row.get(column)] == [source_id]


def test_a_record_is_claimed_settled_found_and_taken_over_once(rows: Target) -> None:
    repository = claims(rows)
    held = repository.claim_rows(CONNECTOR_ID, [claim(rows, account_id(1))])[account_id(1)]
    assert repository.claim_rows(CONNECTOR_ID, [claim(rows, account_id(1), by="job/b")]) == {}
    settled = repository.settle_rows([settlement_of(held, psa_id=250)])[account_id(1)]
    found = repository.mapped_to(CONNECTOR_ID, MappingKind.ACCOUNT, [250, 251])
    assert {psa_id: [one.id for one in mappings] for psa_id, mappings in found.items()} == {250: [held.id]}
    taken = repository.claim_rows(CONNECTOR_ID, [claim(rows, account_id(1), existing=settled, by="job/c")])
    assert (taken[account_id(1)].psa_id, taken[account_id(1)].claimed_by) == (250, "job/c")
    assert repository.claim_rows(CONNECTOR_ID, [claim(rows, account_id(1), existing=settled, by="job/d")]) == {}
    assert repository.settle_rows([settlement_of(settled, psa_id=251)]) == {}


@each_loss
def test_a_lost_answer_to_a_claim_ends_with_the_record_held(rows: Target, kind: str) -> None:
    wish = claim(rows, account_id(1))
    lose(rows, kind, r"\$batch")
    try:
        held = claims(rows).claim_rows(CONNECTOR_ID, [wish])
    except errors.DataverseError:
        held = claims(rows).claim_rows(CONNECTOR_ID, [wish])
    assert held[account_id(1)].claimed_by == "job/a"


@each_loss
def test_a_lost_answer_to_a_settlement_ends_with_the_record_settled(rows: Target, kind: str) -> None:
    held = claims(rows).claim_rows(CONNECTOR_ID, [claim(rows, account_id(1))])[account_id(1)]
    lose(rows, kind, r"\$batch")
    try:
        settled = claims(rows).settle_rows([settlement_of(held, psa_id=250)])
    except errors.DataverseError:
        settled = claims(rows).settle_rows([settlement_of(held, psa_id=250)])
    assert settled[account_id(1)].psa_id == 250


def test_a_row_that_does_not_exist_is_not_claimed(rows: Target) -> None:
    assert claims(rows).claim_rows(CONNECTOR_ID, [claim(rows, account_id(9))]) == {}


def test_a_thousand_ids_are_looked_up_in_one_request(rows: Target) -> None:
    with rows.counted(1):
        assert claims(rows).mapped_to(CONNECTOR_ID, MappingKind.ACCOUNT, range(1, 1001)) == {}
