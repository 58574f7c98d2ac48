"""Whole lists of the emulated tenant, as the import reads them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from connectwise.directory.reader import ConnectWiseDirectory
from connectwise.directory.records import ContactId, ListKind, Named, Narrowing
from connectwise.errors import AnswerNotUnderstood, RateLimited
from connectwise.patch import Operation
from connectwise.records import CompanyId
from transport import RateLimiter, Repeats

pytestmark = pytest.mark.contract

FIRST = 10_000
MANY = 5_200


def many_companies(target, count=MANY):
    rows = [
        {
            "id": FIRST + number,
            "identifier": f"C{number}",
            "name": f"Customer {number}",
            "types": [{"id": 1}, {"id": 3}],
            "status": {"id": 3},
            "site": {"id": FIRST + number, "name": "Main"},
            "_info": {"lastUpdated": "2026-02-01T10:00:00Z", "dateEntered": "2025-01-01T00:00:00Z"},
        }
        for number in range(count)
    ]
    target.control("POST", "seed", {"/company/companies": rows})
    target.control("DELETE", "requests")


def directory(target, **options):
    return ConnectWiseDirectory(target.client(**options), in_parallel=4)


def test_all_companies_come_once_in_few_requests(target):
    many_companies(target)
    entries = list(directory(target).entries(ListKind.COMPANY))
    assert sorted(one.psa_id for one in entries) == [250, *range(FIRST, FIRST + MANY)]
    assert target.total() <= 2 + 6 + 4  # companyinfo and the newest id, full pages, ends of spans


def test_an_entry_has_all_that_lists_show(target):
    many_companies(target, 1)
    (entry,) = [one for one in directory(target).entries(ListKind.COMPANY) if one.psa_id == FIRST]
    assert (entry.name, entry.identifier) == ("Customer 0", "C0")
    assert entry.types == (Named(1, "Client"), Named(3, "Vendor"))
    assert entry.status == Named(3, "Credit Hold")
    assert entry.created_on == datetime(2025, 1, 1, tzinfo=UTC)
    assert entry.modified_on == datetime(2026, 2, 1, 10, tzinfo=UTC)
    (first, *_) = directory(target).entries(ListKind.AGREEMENT)
    assert (first.psa_id, first.types[0].id, first.company) == (412, 12, Named(250, "Fabrikam Sample GmbH"))
    assert (first.frequency, first.is_one_time) == (Named(2, "Monthly"), False)


def test_what_changed_is_found_by_its_time_and_the_recycle_bin_with_it(target):
    many_companies(target, 3)
    client = target.client()
    before = datetime.now(UTC) - timedelta(minutes=5)
    client.patch(f"/company/companies/{FIRST}", [Operation("replace", "deletedFlag", True)])
    changed = {one.psa_id: one for one in directory(target).entries_changed_since(ListKind.COMPANY, before)}
    assert changed[FIRST].is_deleted
    assert FIRST + 1 not in changed
    assert FIRST not in {one.psa_id for one in directory(target).entries(ListKind.COMPANY)}
    assert directory(target).count(ListKind.COMPANY) == 3


def test_only_the_given_ids_are_read_and_narrowed(target):
    many_companies(target, 900)
    ids = [FIRST + number for number in range(0, 900, 2)]
    narrowing = Narrowing(name_piece="customer 1", types=("Client", 2), modified_since=date(2026, 2, 1))
    found = directory(target).entries_among(ListKind.COMPANY, ids, narrowing)
    expected = [number for number in range(0, 900, 2) if f"customer {number}".startswith("customer 1")]
    assert sorted(one.psa_id for one in found) == [FIRST + number for number in expected]
    asked = target.control("GET", "requests")["requests"]
    assert all("id%20in" in one["query"] for one in asked if one["path"].endswith("/company/companies"))


@pytest.mark.parametrize(
    "narrowing",
    [
        Narrowing(name_piece="cloud", company_piece="Fabrikam", types=(12, "Cloud")),
        Narrowing(modified_since=date(2020, 1, 1)),
        Narrowing(),
    ],
)
def test_agreements_are_narrowed_in_their_own_way(target, narrowing):
    found = directory(target).entries_among(ListKind.AGREEMENT, [412, 414, 999], narrowing)
    assert sorted(one.psa_id for one in found) == [412, 414]


def test_companies_with_agreements_are_asked_for_by_ids(target):
    many_companies(target, 2)
    found = directory(target).companies_with_agreements([CompanyId(250), CompanyId(FIRST)])
    assert found == {CompanyId(250)}


def test_companies_and_contacts_are_read_whole(target):
    row = {
        "id": FIRST,
        "identifier": "ADA",
        "name": "Ada GmbH",
        "addressLine1": "1 Sample Street",
        "city": "Wien",
        "zip": "1010",
        "country": {"id": 4},
        "phoneNumber": "1",
        "website": "https://ada.example",
        "site": {"id": FIRST, "name": "Main"},
        "defaultContact": {"id": 3105},
        "currency": {"id": 1},
    }
    target.control("POST", "seed", {"/company/companies": [row]})
    company = directory(target).companies([CompanyId(FIRST), CompanyId(77)])[CompanyId(FIRST)]
    assert (company.city, company.zip, company.country.name) == ("Wien", "1010", "Austria")
    assert company.currency.currency_code == "USD"
    assert company.default_contact.id == 3105
    contact = directory(target).contacts([ContactId(3105)])[ContactId(3105)]
    assert (contact.first_name, contact.last_name) == ("Ada", "Example")


def test_a_429_in_the_middle_is_waited_for(target):
    many_companies(target)
    target.fault("rate_limit", method="GET", path="company/companies", retry_after=1)
    limiter = RateLimiter(requests_per_minute=100_000, in_flight=8)
    transport = target.transport(limiter=limiter, repeats=Repeats(wait_in_all=5.0))
    entries = list(directory(target, transport=transport).entries(ListKind.COMPANY))
    assert len(entries) == MANY + 1


def test_a_429_that_asks_for_more_patience_than_a_request_has_is_raised(target):
    many_companies(target)
    target.fault("rate_limit", method="GET", path="company/companies", retry_after=90)
    with pytest.raises(RateLimited):
        list(directory(target).entries(ListKind.COMPANY))


def test_an_answer_that_is_cut_off_is_not_taken_for_the_end(target):
    many_companies(target)
    target.fault("truncate", method="GET", path="company/companies", times=60)
    with pytest.raises(AnswerNotUnderstood):
        list(directory(target).entries(ListKind.COMPANY))
