"""Whole lists of candidates of the emulated tenant, forward-only and in few requests."""

import pytest

from connectwise.candidates.reader import ConnectWiseCandidates
from connectwise.errors import RateLimited

pytestmark = pytest.mark.contract

FIRST, MANY = 10_000, 3_100


def company(number, **more):
    return {
        "id": FIRST + number,
        "identifier": f"C{number}",
        "name": f"Customer {number}",
        "city": "Graz",
        "zip": "8010",
        "phoneNumber": "0316 1234567",
        "website": "customer.example",
        "site": {"id": FIRST + number, "name": "Main"},
        **more,
    }


def test_all_companies_but_deleted_ones_come_once_in_few_requests(target):
    rows = [company(number, deletedFlag=number == 7) for number in range(MANY)]
    target.control("POST", "seed", {"/company/companies": rows})
    target.control("DELETE", "requests")
    found = {one.psa_id: one for one in ConnectWiseCandidates(target.client()).companies()}
    assert sorted(found) == [250, *(FIRST + number for number in range(MANY) if number != 7)]
    one = found[FIRST]
    assert (one.identifier, one.name, one.city, one.postal_code) == ("C0", "Customer 0", "Graz", "8010")
    assert (one.phone, one.website) == ("0316 1234567", "customer.example")
    assert target.total() <= 2 + 4 + 3  # companyinfo and the newest id, full pages, ends of chains


def test_catalog_items_and_agreements(target):
    reader = ConnectWiseCandidates(target.client())
    items, agreements = list(reader.catalog_items()), list(reader.agreements())
    assert items
    assert all(item.identifier for item in items)
    assert {one.company_id for one in agreements} == {250}


def test_a_refusal_reaches_the_caller(target):
    target.control(
        "POST", "faults", {"match": {"path": "/company/companies"}, "kind": "rate_limit", "retry_after": 900}
    )
    with pytest.raises(RateLimited):
        list(ConnectWiseCandidates(target.client()).companies())
