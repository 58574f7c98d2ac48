"""Rows as candidates: what can never be mapped is none, another shape is an error."""

from datetime import date

import pytest

from connectwise.candidates.entries import agreement_candidate, catalog_candidate, company_candidate
from connectwise.candidates.reader import ConnectWiseCandidates
from connectwise.candidates.records import AgreementCandidate, CatalogCandidate, CompanyCandidate
from connectwise.errors import AnswerNotUnderstood
from tests.unit.connectwise.scripted_transport import ScriptedTransport, client_of, reply

pytestmark = pytest.mark.unit


def test_a_catalog_item():
    row = {
        "id": 5,
        "identifier": "E3 -M",
        "description": "Microsoft 365 E3",
        "productClass": "Agreement",
        "inactiveFlag": False,
        "manufacturerPartNumber": "CFQ7:1",
        "vendorSku": "CFQ7:1",
    }
    assert catalog_candidate(row) == CatalogCandidate(5, "E3 -M", "Microsoft 365 E3", ("CFQ7:1",))
    assert catalog_candidate({"id": 5, "vendorSku": ""}) == CatalogCandidate(5, "", "")
    assert catalog_candidate(row | {"inactiveFlag": True}) is None
    assert catalog_candidate(row | {"productClass": "Bundle"}) is None


def test_a_company():
    row = {
        "id": 5,
        "identifier": "CON",
        "name": "Contoso",
        "addressLine1": "Ring 1",
        "city": "Graz",
        "zip": "8010",
        "phoneNumber": "0316",
        "website": "contoso.example",
        "deletedFlag": False,
    }
    expected = CompanyCandidate(5, "CON", "Contoso", "Ring 1", "Graz", "8010", "0316", "contoso.example")
    assert company_candidate(row) == expected
    assert company_candidate({"id": 5, "name": None}) == CompanyCandidate(5, "", "")
    assert company_candidate(row | {"deletedFlag": True}) is None


def test_an_agreement():
    row = {
        "id": 5,
        "name": "CSP",
        "company": {"id": 7, "name": "Contoso"},
        "billingCycle": {"id": 2, "name": "Monthly"},
        "billOneTimeFlag": True,
        "startDate": "2026-01-31T00:00:00Z",
        "agreementStatus": "Active",
        "cancelledFlag": False,
    }
    assert agreement_candidate(row) == AgreementCandidate(5, "CSP", 7, "Monthly", True, date(2026, 1, 31))
    assert agreement_candidate({"id": 5, "company": {"id": 7}}) == AgreementCandidate(5, "", 7)
    assert agreement_candidate({"id": 5}) is None
    assert agreement_candidate(row | {"cancelledFlag": True}) is None
    assert all(
        agreement_candidate(row | {"agreementStatus": one}) is None for one in ("Expired", "Inactive", "Cancelled")
    )


@pytest.mark.parametrize(
    ("read", "row"),
    [
        (catalog_candidate, {"id": 1, "identifier": 5}),
        (catalog_candidate, {"id": 1, "vendorSku": ["x"]}),
        (company_candidate, {"id": 1, "name": {"x": 1}}),
        (agreement_candidate, {"id": 1, "company": "Contoso"}),
        (agreement_candidate, {"id": 1, "company": {"name": "Contoso"}}),
        (agreement_candidate, {"id": 1, "company": {"id": 2}, "startDate": "soon"}),
        (agreement_candidate, {"id": 1, "company": {"id": 2}, "billingCycle": "Monthly"}),
    ],
)
def test_another_shape_is_not_understood(read, row):
    with pytest.raises(AnswerNotUnderstood):
        read(row)


def test_only_what_is_needed_is_asked_for():
    transport = ScriptedTransport(reply(200, []), reply(200, []))
    assert list(ConnectWiseCandidates(client_of(transport)).companies()) == []
    queries = [asked.query for asked in transport.asked]
    (listing,) = [query for query in queries if "conditions" in query]
    assert listing["conditions"] == "deletedFlag = false"
    assert listing["fields"] == "id,identifier,name,city,zip,addressLine1,phoneNumber,website,deletedFlag"
    assert (listing["pageSize"], listing["pageId"]) == ("1000", "0")
