"""One request a search, for records that may match."""

import pytest

from connectwise.conditions import encoded
from connectwise.errors import AnswerNotUnderstood
from connectwise.search.reader import ConnectWiseSearch
from connectwise.search.records import SearchHit, SearchKind
from tests.unit.connectwise.scripted_transport import ScriptedTransport, client_of, reply

pytestmark = pytest.mark.unit


def asked_for(kind, text, **options):
    transport = ScriptedTransport(reply(200, []))
    ConnectWiseSearch(client_of(transport)).hits(kind, text, **options)
    (asked,) = transport.asked
    return asked.query


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("contoso", "contoso"),
        ('the "best" shops', "shops"),
        ("50% discount", "discount"),
        ("O'Neil", "Neil"),
        ("a\\long", "long"),
        ("日本 [x]", "日本"),
        ("%%", "%%"),
    ],
)
def test_what_is_unclear_in_a_condition_is_left_to_the_filter_behind(text, piece):
    assert asked_for(SearchKind.AGREEMENT, text)["conditions"] == f'name contains "{piece}"'


@pytest.mark.parametrize("text", ["日" * 160, "\U0001f4a9" * 160, "[]" * 80, "\\" * 160, '"' * 160, "a" * 160])
@pytest.mark.parametrize("kind", SearchKind)
def test_a_long_text_is_asked_for_by_its_beginning_so_that_the_address_has_room(kind, text):
    options = {"company_id": 2_147_483_647} if kind is SearchKind.AGREEMENT else {}
    asked = asked_for(kind, text, **options)["conditions"]
    assert len(encoded(asked)) < 1_500
    assert text[:16].replace("\\", "\\\\").replace('"', '\\"').replace("[", "[[]") in asked


def test_companies_are_looked_for_by_name_and_identifier_and_sorted():
    query = asked_for(SearchKind.COMPANY, "con")
    assert query["conditions"] == 'name contains "con" or identifier contains "con"'
    assert (query["orderBy"], query["pageSize"]) == ("name asc", "1000")


def test_agreements_of_one_company():
    assert asked_for(SearchKind.AGREEMENT, "", company_id=7)["conditions"] == "company/id = 7"
    query = asked_for(SearchKind.AGREEMENT, "csp", company_id=7)
    assert query["conditions"] == 'name contains "csp" and company/id = 7'


@pytest.mark.parametrize(
    ("kind", "row", "hit"),
    [
        (
            SearchKind.COMPANY,
            {
                "id": 5,
                "name": "Contoso",
                "identifier": "CON",
                "types": [{"name": "Client"}],
                "status": {"name": "Active"},
                "city": "Graz",
                "deletedFlag": True,
            },
            SearchHit(SearchKind.COMPANY, 5, "Contoso", "CON", ("Client",), "Active", "Graz", is_deleted=True),
        ),
        (
            SearchKind.CATALOG_ITEM,
            {"id": 6, "identifier": "E3", "type": None, "productClass": "Bundle", "inactiveFlag": True},
            SearchHit(SearchKind.CATALOG_ITEM, 6, "E3", "E3", (), "Inactive", product_class="Bundle", is_inactive=True),
        ),
        (
            SearchKind.AGREEMENT,
            {"id": 7, "name": "CSP", "agreementStatus": "Active", "company": {"id": 5, "name": "Contoso"}},
            SearchHit(SearchKind.AGREEMENT, 7, "CSP", status="Active", company_id=5, company_name="Contoso"),
        ),
        (
            SearchKind.AGREEMENT,
            {"id": 7, "name": "CSP", "agreementStatus": "Active", "cancelledFlag": True},
            SearchHit(SearchKind.AGREEMENT, 7, "CSP", status="Cancelled", is_inactive=True),
        ),
    ],
)
def test_rows_become_hits(kind, row, hit):
    found = ConnectWiseSearch(client_of(ScriptedTransport(reply(200, [row])))).hits(kind, "xx")
    assert (found.hits, found.is_cut) == ((hit,), False)


def test_another_shape_is_not_understood():
    search = ConnectWiseSearch(client_of(ScriptedTransport(reply(200, [{"id": 1, "name": 5}]))))
    with pytest.raises(AnswerNotUnderstood):
        search.hits(SearchKind.COMPANY, "xx")
