"""Filters: the grammar, its meaning on rows, and the names it knows."""

import pytest

from tests.emulator.connectwise.harness import Tenant

pytestmark = pytest.mark.emulator

COMPANIES = "/company/companies"


@pytest.fixture(scope="module")
def companies() -> Tenant:
    """Five companies with names that need care, ids 1 to 5."""
    rows = [
        {"id": 1, "identifier": "ALPHA", "name": "Alpha Cloud", "status": {"id": 1}, "types": [{"id": 1}, {"id": 3}],
         "numberOfEmployees": 10, "annualRevenue": 12.5, "dateAcquired": "2025-07-01T00:00:00Z", "deletedFlag": True,
         "_info": {"lastUpdated": "2025-07-01T00:00:00Z"}},
        {"id": 2, "identifier": "BETA", "name": "Beta [test] GmbH", "status": {"id": 2}, "types": [{"id": 2}],
         "numberOfEmployees": 20, "_info": {"lastUpdated": "2025-07-02T12:00:00Z"}},
        {"id": 3, "identifier": "GAMMA", "name": 'Gamma "Quoted" Ltd', "status": {"id": 1}, "website": "https://g",
         "_info": {"lastUpdated": "2025-07-03T00:00:00Z"}},
        {"id": 4, "identifier": "DELTA", "name": "O'Delta 50% off", "_info": {"lastUpdated": "2025-07-04T00:00:00Z"}},
        {"id": 5, "identifier": "EPSILON", "name": "CSP \\ Epsilon", "status": {"id": 1},
         "_info": {"lastUpdated": "2025-07-05T00:00:00Z"}},
    ]  # fmt: skip
    return Tenant(seed={COMPANIES: rows})


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("id=3", [3]),
        ("id != 3", [1, 2, 4, 5]),
        ("id<3", [1, 2]),
        ("id<=3", [1, 2, 3]),
        ("id >3", [4, 5]),
        ("id>=3", [3, 4, 5]),
        ("id in (3,2,4)", [2, 3, 4]),
        ("id not in (3,2,4)", [1, 5]),
        ('identifier in ("beta", "GAMMA")', [2, 3]),
        ('identifier="beta"', [2]),
        ("identifier='BETA'", [2]),
        ('identifier="BETA" and deletedFlag=false', [2]),
        ("deletedFlag=True", [1]),
        ("DeletedFlag = false AND Id > 3", [4, 5]),
        ('name contains "cloud"', [1]),
        ('name not contains "cloud"', [2, 3, 4, 5]),
        ('name like "CSP*"', [5]),
        ('name like "%delta%"', [4]),
        ('name like "csp"', []),
        ('name not like "*a*"', [5]),
        ('name contains "[[]test]"', [2]),
        ('name contains "[xyz]test"', []),
        ('name like "*[td]elt[a]*"', [4]),
        ('name like "[^a-c]*"', [3, 4]),
        ('name="Beta [test] GmbH"', [2]),
        ('name="Beta [[]test] GmbH"', [2]),
        (r'name="Gamma \"Quoted\" Ltd"', [3]),
        ("name='Gamma \"Quoted\" Ltd'", [3]),
        ("name='O''Delta 50% off'", [4]),
        ('name="O\'Delta 50% off"', [4]),
        (r'name="CSP \\ Epsilon"', [5]),
        ('name contains "50%"', [4]),
        ("status/id=1", [1, 3, 5]),
        ('status/name="active"', [1, 3, 5]),
        ('status/name not contains "act"', []),
        ("status=null", [4]),
        ("status!=null", [1, 2, 3, 5]),
        ("website = null", [1, 2, 4, 5]),
        ("website != NULL", [3]),
        ("numberOfEmployees>=10 and annualRevenue=12.5", [1]),
        ("numberOfEmployees != 10", [2]),
        ("dateAcquired=[2025-07-01]", [1]),
        ("lastUpdated >= [2025-07-03T00:00:00Z]", [3, 4, 5]),
        ("LastUpdated>[2025-07-02] and lastUpdated<[2025-07-05]", [2, 3, 4]),
        ('(name contains "alpha" or name like "CSP*") and status/name not contains "xx"', [1, 5]),
        ("id=1 or id=2 and id=3", [1]),
        ("id=1 or (id=2 and status/id=2)", [1, 2]),
        ("(((id=2)))", [2]),
        ("id = -5", []),
    ],
)
def test_conditions(companies: Tenant, conditions: str, expected: list[int]) -> None:
    """connectwise.md 3.1: operators, literals, references, keywords in any case; null compares with nothing."""
    assert companies.ids(COMPANIES, conditions=conditions) == expected
    counted = companies.get(f"{COMPANIES}/count", conditions=conditions)
    assert counted.json == {"count": len(expected)}


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ("assignedTo/id=5", "assignedTo/id is not a recognized name."),
        ("status/color=5", "status/color is not a recognized name."),
        ("types/id=1", "types/id is not a recognized name."),
        ("customFields/value=1", "customFields/value is not a recognized name."),
        ("_info/lastUpdated>[2025-07-01]", "_info/lastUpdated is not a recognized name."),
    ],
)
def test_unknown_names_are_refused(companies: Tenant, conditions: str, message: str) -> None:
    """connectwise.md 3.1: 400 ApiFindCondition, as observed."""
    reply = companies.get(COMPANIES, conditions=conditions)
    assert (reply.status, reply.json) == (400, {"code": "ApiFindCondition", "message": message})


@pytest.mark.parametrize(
    "conditions",
    [
        "id",
        "id=",
        "id=1 and",
        "id=1 id=2",
        "(id=1",
        "id=1)",
        "id in 1",
        "id in ()",
        "id in (1,)",
        "id in (null)",
        "name in ('x', null)",
        'name="unclosed',
        "name contains 5",
        "name like null",
        "id contains 'x'",
        "name not = 'x'",
        "not name='x'",
        "id==1",
        "lastUpdated>[yesterday]",
        "lastUpdated>[2025-07-01T00:00:00.500Z]",
        "lastUpdated>'2025-07-01'",
        "name=5",
        "id='5'",
        "id=true",
        "deletedFlag=1",
        "deletedFlag>false",
        "id<null",
        "status=5",
        'name like "[z-a]"',
        "id=1; drop",
        "(" * 60 + "id=1" + ")" * 60,
    ],
)
def test_syntax_errors_and_unfit_values_are_refused(companies: Tenant, conditions: str) -> None:
    """connectwise.md 3.1 and 13.3: ApiFindCondition for syntax errors."""
    reply = companies.get(COMPANIES, conditions=conditions)
    assert (reply.status, reply.json["code"]) == (400, "ApiFindCondition")


@pytest.mark.parametrize(
    ("path", "conditions"),
    [
        ("/finance/agreements/412/additions", 'serialNumber="x"'),
        ("/finance/agreements/412/additions", 'invoiceDescription contains "x"'),
        ("/finance/agreements", 'workOrder="x"'),
        ("/procurement/catalog", 'integrationXRef="x"'),
        (COMPANIES, 'userDefinedField1="x"'),
    ],
)
def test_open_questions_cannot_be_searched_unless_switched_on(tenant: Tenant, path: str, conditions: str) -> None:
    """connectwise.md 14.2: searchability unknown; the emulator follows the strictest reading."""
    assert tenant.get(path, conditions=conditions).status == 400
    tenant.switch(search_unknown_names=True)
    assert tenant.get(path, conditions=conditions).status == 200


def test_extended_amounts_cannot_be_searched_but_status_can(tenant: Tenant) -> None:
    """connectwise.md 3.1: not every member of an answer can be searched."""
    assert tenant.get("/finance/agreements/412/additions", conditions="extPrice>0").status == 400
    assert tenant.ids("/finance/agreements", conditions='agreementStatus="Active"') == [412, 413, 414]


@pytest.mark.parametrize(
    ("child_conditions", "expected"),
    [
        ("types/id=1", [1]),
        ("types/id=2", [2]),
        ('types/name="Vendor"', [1]),
        ('types/name="Client" or types/name="Prospect"', [1, 2]),
        ('types/name like "Pro*"', [2]),
        ('types/id=1 and types/name="Vendor"', []),
        ("types/id=99", []),
    ],
)
def test_child_conditions_look_at_one_element(companies: Tenant, child_conditions: str, expected: list[int]) -> None:
    """connectwise.md 3.2: childConditions filter arrays; one element must fulfil them all."""
    assert companies.ids(COMPANIES, childConditions=child_conditions) == expected
    assert companies.ids(COMPANIES, childconditions=child_conditions) == expected


def test_child_conditions_join_conditions(companies: Tenant) -> None:
    """connectwise.md 3.2: both parameters narrow the list."""
    assert companies.ids(COMPANIES, conditions="id>1", childConditions="types/id=1") == []
    assert companies.ids(COMPANIES, conditions="id in (1,2)", childConditions="types/id=2") == [2]


def test_child_conditions_on_communication_items(tenant: Tenant) -> None:
    """connectwise.md 3.2: the documented example finds a contact by e-mail address."""
    wanted = 'communicationItems/value="ada@fabrikam.example" and communicationItems/communicationType="Email"'
    assert tenant.ids("/company/contacts", childConditions=wanted) == [3105]
    crossed = 'communicationItems/value="ada@fabrikam.example" and communicationItems/communicationType="Phone"'
    assert tenant.ids("/company/contacts", childConditions=crossed) == []
    by_type = 'communicationItems/type/name="Direct"'
    assert tenant.ids("/company/contacts", childConditions=by_type) == [3105]


@pytest.mark.parametrize("parameter", ["childConditions", "customFieldConditions"])
def test_in_is_not_available_on_children(tenant: Tenant, parameter: str) -> None:
    """connectwise.md 3.2: the operator in is not available there."""
    name = "types/id" if parameter == "childConditions" else "value"
    reply = tenant.get(COMPANIES, **{parameter: f"{name} in (1,2)"})
    assert (reply.status, reply.json["code"]) == (400, "ApiFindCondition")


def test_unknown_child_names_are_refused(tenant: Tenant) -> None:
    """connectwise.md 3.1: ApiFindCondition for unknown names."""
    assert tenant.get(COMPANIES, childConditions="name='x'").status == 400
    assert tenant.get(COMPANIES, customFieldConditions="name='x'").status == 400


def test_custom_field_conditions(tenant: Tenant) -> None:
    """connectwise.md 3.2: caption="sync_key" and value="x"."""
    field = {"id": 21, "value": "key-7"}
    contact = tenant.post("/company/contacts", {"firstName": "Cy", "customFields": [field]}).json["id"]
    found = 'caption="sync_key" and value="KEY-7"'
    assert tenant.ids("/company/contacts", customFieldConditions=found) == [contact]
    assert tenant.ids("/company/contacts", customFieldConditions='caption="other" and value="key-7"') == []
    assert contact not in tenant.ids("/company/contacts", customFieldConditions='caption="sync_key" and value=null')


def test_order_by(companies: Tenant) -> None:
    """connectwise.md 3.3: asc or desc, reference paths too; null comes first."""
    assert companies.ids(COMPANIES, orderBy="name") == [1, 2, 5, 3, 4]
    assert companies.ids(COMPANIES, orderBy="name desc") == [4, 3, 5, 2, 1]
    assert companies.ids(COMPANIES, orderBy="status/name asc, id desc") == [4, 5, 3, 1, 2]
    assert companies.ids(COMPANIES, orderBy="status/id asc") == [4, 1, 3, 5, 2]
    assert companies.ids(COMPANIES, orderBy="status/id desc") == [2, 5, 3, 1, 4]
    assert companies.ids(COMPANIES, orderBy="lastUpdated DESC", conditions="id<4") == [3, 2, 1]
    for wrong in ("nothing asc", "name up", "name asc asc"):
        assert companies.get(COMPANIES, orderBy=wrong).status == 400


def test_fields_trim_answers_and_ignore_unknown_names(tenant: Tenant) -> None:
    """connectwise.md 3.3: members and parts of references; unknown names are ignored with status 200."""
    row = tenant.get("/finance/agreements", fields="id, company/id,Name,nonsense,type/name,_info/lastUpdated").json[0]
    assert set(row) == {"id", "name", "company", "type", "_info"}
    assert row["company"] == {"id": 250}
    assert row["type"] == {"name": "Cloud"}
    assert set(row["_info"]) == {"lastUpdated"}
    assert tenant.get("/company/companies/250", fields=",id,").json == {"id": 250}
    whole = tenant.get("/company/companies/250").json
    assert tenant.get("/company/companies/250", fields="types,status").json == {
        "status": whole["status"],
        "types": whole["types"],
    }
    for fields in ("status,status/id", "status/id,status"):
        assert tenant.get("/company/companies/250", fields=fields).json == {"status": whole["status"]}
    parts = tenant.get("/company/companies/250", fields="status/id,status/name").json["status"]
    assert parts == {"id": 1, "name": "Active"}
    assert set(tenant.get("/company/companies/250", fields="types/name").json["types"][0]) == {"name"}
    assert tenant.post("/procurement/categories", {"name": "N"}, fields="name").json == {"name": "N"}


def test_names_are_searched_behind_a_reset(tenant: Tenant) -> None:
    """Filters on references read the rows of today, not those before a reset."""
    tenant.control("POST", "reset")
    tenant.control(
        "POST", "seed", {COMPANIES: [{"id": 9, "name": "N"}], "/company/contacts": [{"id": 9, "company": {"id": 9}}]}
    )
    assert tenant.ids("/company/contacts", conditions='company/name="n"') == [9]


def test_the_documented_examples_are_accepted(tenant: Tenant) -> None:
    """connectwise.md 3.1: examples."""
    for example in (
        'identifier="FABRIKAMSAMPLE" and deletedFlag=false',
        "id in (3,2,4)",
        "lastUpdated >= [2025-07-01T00:00:00Z]",
    ):
        assert tenant.get(COMPANIES, conditions=example).status == 200
    for example in (
        "lastUpdated >= [2025-07-01T00:00:00Z] and type/id=12 and billingCycle/id=2",
        '(name contains "cloud" or name like "CSP*") and company/name not contains "test"',
    ):
        assert tenant.get("/finance/agreements", conditions=example).status == 200
