"""The first day is the month of `contoso` without mappings, beside a ConnectWise tenant that knows little of it."""

from typing import Any

import pytest

from emulators.control_plane import wire
from emulators.seeds import contoso, contoso_first_day
from emulators.seeds.contoso_first_day.customers import KNOWN, PROSEWARE, RELECLOUD
from emulators.stack.seeds import read_seed
from sync_core.pull.matching import normalised
from tests.emulator.seeds.seed_facts import Seed, target

PRIMARY_CONTACT, END_DATE = "primarycontactid@odata.bind", "work365_billingcontract_enddate"


@pytest.fixture(scope="module")
def seed() -> Seed:
    return contoso_first_day.build()


def known_companies(seed: Seed) -> dict[int, dict[str, Any]]:
    by_id = {company["id"]: company for company in seed["connectwise"]["/company/companies"]}
    return {known.number: by_id[known.company_id] for known in KNOWN}


def test_it_is_found_by_its_name(seed: Seed) -> None:
    assert read_seed("contoso-first-day") == seed


def test_it_survives_json_exactly(seed: Seed) -> None:
    assert wire.parse(wire.dump(seed)) == seed


def test_work_365_holds_the_month_of_contoso_and_nothing_is_mapped(seed: Seed) -> None:
    rows, mapped = seed["dataverse"], contoso.build()["dataverse"]
    del mapped["psasync_mappings"]
    assert rows.keys() == mapped.keys()
    for entity_set, of_set in rows.items():
        for row, same in zip(of_set, mapped[entity_set], strict=True):
            kept = {name: value for name, value in same.items() if "psasystem" not in name}
            assert {name: value for name, value in row.items() if name in kept}.items() <= kept.items()
            assert row.keys() - kept.keys() <= {"websiteurl"}
            assert kept.keys() - row.keys() <= {PRIMARY_CONTACT, END_DATE}
    assert (len(rows["products"]), len(rows["accounts"]), len(rows["work365_billingcontracts"])) == (25, 40, 60)
    assert (len(rows["invoices"]), len(rows["invoicedetails"])) == (80, 1_245)


def test_no_line_is_in_connectwise_yet(seed: Seed) -> None:
    lines = {row["invoicedetailid"] for row in seed["dataverse"]["invoicedetails"]}
    additions = [row for path, rows in seed["connectwise"].items() if path.endswith("/additions") for row in rows]
    assert len(additions) == 2
    assert not lines & {addition.get("serialNumber") for addition in additions}


def test_one_customer_has_no_primary_contact_but_a_person_who_could_be_it(seed: Seed) -> None:
    rows = seed["dataverse"]
    without = [row for row in rows["accounts"] if PRIMARY_CONTACT not in row]
    assert [row["name"] for row in without] == ["Relecloud"]
    persons = [row for row in rows["contacts"] if target(row, "parentcustomerid_account") == without[0]["accountid"]]
    assert len(persons) == 1
    assert rows["accounts"][RELECLOUD] is without[0]


def test_one_company_has_no_default_contact_but_a_person_who_could_be_it(seed: Seed) -> None:
    without = [row for row in seed["connectwise"]["/company/companies"] if "defaultContact" not in row]
    assert without == [known_companies(seed)[PROSEWARE]]
    persons = [row for row in seed["connectwise"]["/company/contacts"] if row["company"]["id"] == without[0]["id"]]
    assert [person["defaultFlag"] for person in persons] == [False]


def test_known_customers_have_other_names_but_show_who_they_are(seed: Seed) -> None:
    accounts = seed["dataverse"]["accounts"]
    companies = known_companies(seed)
    assert len(companies) == 8
    assert [
        accounts[number]["name"] for number in companies if accounts[number]["name"] == companies[number]["name"]
    ] == ["Northwind Traders"]
    for number, company in companies.items():
        same_name = normalised(company["name"]) == normalised(accounts[number]["name"])
        same_phone = accounts[number]["telephone1"].endswith(company.get("phoneNumber", "none"))
        same_site = accounts[number]["websiteurl"].endswith(
            "." + company.get("website", "http://none")[len("http://") :]
        )
        assert same_name or same_phone or same_site, company["name"]
        assert company["city"] == accounts[number]["address1_city"]


def test_other_clients_are_nobody_whom_work_365_bills(seed: Seed) -> None:
    known = {known.company_id for known in KNOWN}
    names = {normalised(row["name"]) for row in seed["dataverse"]["accounts"]}
    others = [row for row in seed["connectwise"]["/company/companies"] if row["id"] not in known]
    assert len(others) == 7
    assert [row["city"] for row in others if normalised(row["name"]) in names] == ["Boise", "Tampa"]
    accounts = [row for row in seed["dataverse"]["accounts"] if row["name"] == "Fourth Coffee"]
    assert [row["address1_city"] for row in accounts] == ["Seattle"]


def test_the_two_terms_of_one_offer_are_known_and_share_their_part_number(seed: Seed) -> None:
    catalog = seed["connectwise"]["/procurement/catalog"]
    pair = [item for item in catalog if item.get("manufacturerPartNumber") == "CFQ7TTC0LFLX:0001"]
    assert [item["identifier"] for item in pair] == ["M365-E3-MONTHLY", "M365-E3-ANNUAL"]
    numbers = {row["productnumber"] for row in seed["dataverse"]["products"]}
    assert {item["identifier"] for item in catalog} & numbers == {
        "CFQ7TTC0LH18 -M",
        "MSP-BACKUP-GB",
        "MSP-CONSULT-H",
    }


def test_the_agreements_belong_to_known_companies_and_name_a_contract_of_them(seed: Seed) -> None:
    numbers = {known.company_id: known.number for known in KNOWN}
    contracts = seed["dataverse"]["work365_billingcontracts"]
    accounts = seed["dataverse"]["accounts"]
    named = []
    for agreement in seed["connectwise"]["/finance/agreements"]:
        account_id = accounts[numbers[agreement["company"]["id"]]]["accountid"]
        own = {
            row["work365_name"] for row in contracts if target(row, "work365_billingcontract_customer") == account_id
        }
        named += [name for name in own if name in agreement["name"]]
    assert sorted(named) == ["BC-1809", "BC-1814", "BC-1822", "BC-1827"]
