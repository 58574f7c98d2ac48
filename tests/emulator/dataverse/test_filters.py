"""$filter (dataverse.md 4)."""

import pytest

from tests.emulator.dataverse.harness import ACCOUNT, CONNECTOR, CONTACT, INVOICE, OTHER_ACCOUNT, Organization

pytestmark = pytest.mark.emulator


def incompatible(left: str, right: str) -> str:
    """Return the error text for operands that cannot be compared."""
    return (
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{left}' and '{right}' for operator kind 'Equal'."
    )


NAMES = "accounts?$select=name&$orderby=name&$filter="


@pytest.fixture
def shop(org: Organization) -> Organization:
    """Accounts with text, numbers, choices, dates and gaps."""
    org.control("clock", {"now": "2026-07-15T12:00:00Z"})
    org.emulator.reset()
    rows = [
        {
            "name": "Alpha",
            "fax": "100%",
            "revenue": 1.5,
            "numberofemployees": 10,
            "industrycode": 1,
            "lastusedincampaign": "2026-07-15T08:00:00Z",
        },
        {
            "name": "beta",
            "fax": "a_b",
            "revenue": 2,
            "numberofemployees": 20,
            "creditonhold": True,
            "lastusedincampaign": "2026-07-14T08:00:00Z",
        },
        {
            "name": "O'Brian",
            "fax": "[x]",
            "numberofemployees": 20,
            "industrycode": 3,
            "lastusedincampaign": "2026-06-30T23:59:59Z",
        },
        {"name": "Gamma+1", "telephone1": "Gamma+1", "revenue": -7, "lastusedincampaign": "2025-12-31T00:00:00Z"},
    ]
    org.emulator.seed({"accounts": rows})
    return org


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name eq 'ALPHA'", ["Alpha"]),
        ("name ne 'alpha'", ["beta", "Gamma+1", "O'Brian"]),
        ("name eq 'O''Brian'", ["O'Brian"]),
        ("name eq 'Gamma%2B1'", ["Gamma+1"]),
        ("name gt 'b' and name lt 'c'", ["beta"]),
        ("revenue gt 1.49 and revenue le 2", ["Alpha", "beta"]),
        ("revenue eq -7", ["Gamma+1"]),
        ("revenue ne 2", ["Alpha", "Gamma+1"]),
        ("revenue eq null", ["O'Brian"]),
        ("revenue ne null and not (revenue lt 0)", ["Alpha", "beta"]),
        ("not (revenue gt 0)", ["Gamma+1"]),
        ("numberofemployees eq 20 or name eq 'Alpha'", ["Alpha", "beta", "O'Brian"]),
        ("name eq 'Alpha' or name eq 'beta' and revenue eq 99", ["Alpha"]),
        ("(name eq 'Alpha' or name eq 'beta') and revenue eq 2", ["beta"]),
        ("contains(name,'A')", ["Alpha", "beta", "Gamma+1", "O'Brian"]),
        ("startswith(name,'g')", ["Gamma+1"]),
        ("endswith(name,'A') and not contains(name,'l')", ["beta"]),
        ("contains(telephone1,'x') or not contains(telephone1,'x')", ["Gamma+1"]),
        ("creditonhold eq true", ["beta"]),
        ("creditonhold", ["beta"]),
        ("industrycode eq 3", ["O'Brian"]),
        ("name eq telephone1", ["Gamma+1"]),
        ("lastusedincampaign ge 2026-07-15T08:00:00Z", ["Alpha"]),
        ("lastusedincampaign gt 2026-07-15T10:00:00%2B02:00", []),
        ("lastusedincampaign ge 2026-07-15T10:00:00%2B02:00", ["Alpha"]),
        ("lastusedincampaign gt 2026-07-15T07:59:59.5Z and lastusedincampaign lt 2026-07-15T08:00:00.5Z", ["Alpha"]),
        ("lastusedincampaign lt 2026-01-01", ["Gamma+1"]),
        ("2026-01-01 gt lastusedincampaign", ["Gamma+1"]),
    ],
)
def test_operators_and_functions(shop: Organization, text: str, names: list[str]) -> None:
    """Section 4: operators, precedence, case-insensitive text, null, quoting."""
    assert shop.names(NAMES + text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("contains(fax,'0%')", ["Alpha"]),
        ("startswith(fax,'1%25%25')", ["Alpha"]),
        ("endswith(fax,'_b')", ["beta"]),
        ("contains(fax,'a_b')", ["beta"]),
        ("startswith(fax,'%25b')", ["beta"]),
        ("contains(fax,'[ab]_[^0-9]')", ["beta"]),
        ("contains(fax,'[[]x]')", ["O'Brian"]),
        ("contains(fax,'[x]')", ["O'Brian"]),
        ("contains(fax,'[%25]')", ["Alpha"]),
    ],
)
def test_sql_wildcards_are_active_inside_values(shop: Organization, text: str, names: list[str]) -> None:
    """Section 4: `% _ [] [^]`."""
    assert shop.names(NAMES + text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("In(PropertyName='name',PropertyValues=['ALPHA','O''Brian'])", ["Alpha", "O'Brian"]),
        ('In(PropertyName=\'name\',PropertyValues=["alpha","O\'Brian"])', ["Alpha", "O'Brian"]),
        ("In(PropertyName='numberofemployees',PropertyValues=['10'])", ["Alpha"]),
        ("NotIn(PropertyName='numberofemployees',PropertyValues=['10'])", ["beta", "O'Brian"]),
        ("Between(PropertyName='revenue',PropertyValues=['1.5','2'])", ["Alpha", "beta"]),
        ("NotBetween(PropertyName='revenue',PropertyValues=[0,9])", ["Gamma+1"]),
        ("Between(PropertyName='lastusedincampaign',PropertyValues=['2026-06-01','2026-07-01'])", ["O'Brian"]),
        ("Today(PropertyName='lastusedincampaign')", ["Alpha"]),
        ("Yesterday(PropertyName='lastusedincampaign')", ["beta"]),
        ("LastXDays(PropertyName='lastusedincampaign',PropertyValue=1)", ["Alpha", "beta"]),
        ("LastXHours(PropertyName='lastusedincampaign',PropertyValue=5)", ["Alpha"]),
        ("OlderThanXMonths(PropertyName='lastusedincampaign',PropertyValue=6)", ["Gamma+1"]),
        ("ThisMonth(PropertyName='lastusedincampaign')", ["Alpha", "beta"]),
        ("LastMonth(PropertyName='lastusedincampaign')", ["O'Brian"]),
        ("LastYear(PropertyName='lastusedincampaign')", ["Gamma+1"]),
        ("On(PropertyName='lastusedincampaign',PropertyValue='2026-07-14')", ["beta"]),
        ("OnOrAfter(PropertyName='lastusedincampaign',PropertyValue='2026-07-14')", ["Alpha", "beta"]),
        ("OnOrBefore(PropertyName='lastusedincampaign',PropertyValue='2026-06-30')", ["Gamma+1", "O'Brian"]),
        ("EqualUserId(PropertyName='ownerid')", ["Alpha", "beta", "Gamma+1", "O'Brian"]),
        ("NotEqualUserId(PropertyName='ownerid')", []),
        ("EqualBusinessId(PropertyName='owningbusinessunit')", ["Alpha", "beta", "Gamma+1", "O'Brian"]),
    ],
)
def test_query_functions_take_named_arguments(shop: Organization, text: str, names: list[str]) -> None:
    """Section 4: functions of Microsoft.Dynamics.CRM, by the virtual clock."""
    assert shop.names(f"{NAMES}Microsoft.Dynamics.CRM.{text}") == names


def test_parameter_aliases(shop: Organization) -> None:
    """Section 4: aliases work in $filter and $orderby; an unset one is null."""
    assert shop.names("accounts?$select=name&$filter=name eq @p1&@p1='alpha'") == ["Alpha"]
    assert shop.names("accounts?$select=name&$filter=revenue eq @p1") == ["O'Brian"]
    query = 'Microsoft.Dynamics.CRM.In(PropertyName=@p1,PropertyValues=@p2)&@p1=\'name\'&@p2=["beta","O\'Brian"]'
    assert shop.names(f"accounts?$select=name&$orderby=@p1&$filter={query}") == ["beta", "O'Brian"]


def test_paths_and_lambdas_follow_relationships(org: Organization) -> None:
    """Section 4: paths over single-valued navigation properties, any and all."""
    org.patch(f"accounts({ACCOUNT})", {"primarycontactid@odata.bind": f"/contacts({CONTACT})"})
    assert org.names(f"{NAMES}primarycontactid/lastname eq 'fabrikam'") == ["Fabrikam Inc."]
    assert org.names(f"{NAMES}primarycontactid/parentcustomerid_account/name eq 'Fabrikam Inc.'") == ["Fabrikam Inc."]
    assert org.names(f"{NAMES}contact_customer_accounts/any(c:c/lastname eq 'Fabrikam')") == ["Fabrikam Inc."]
    assert len(org.names(f"{NAMES}contact_customer_accounts/all(c:c/lastname eq 'x')")) == 1
    assert len(org.names(f"{NAMES}not contact_customer_accounts/any()")) == 1
    inner = "invoice_customer_accounts/any(i:i/invoice_details/any(d:d/quantity gt 5))"
    assert org.names(NAMES + inner) == ["Fabrikam Inc."]
    assert org.get(f"invoicedetails?$filter=invoiceid/invoiceid eq {INVOICE}&$select=quantity").rows
    assert org.get(f"{NAMES}contact_customer_accounts/any(c:lastname eq 'x')").status == 400


def test_ids_compare_unquoted_and_one_documented_example_quotes_them(org: Organization) -> None:
    """Section 4: GUIDs."""
    assert org.names(f"{NAMES}accountid eq {ACCOUNT.upper()}") == ["Fabrikam Inc."]
    assert org.names(f"{NAMES}accountid eq '{OTHER_ACCOUNT}'") == ["O'Brian & Söhne GmbH"]
    assert len(org.get(f"contacts?$filter=_parentcustomerid_value eq {ACCOUNT}&$select=lastname").rows) == 1
    found = org.get(
        f"psasync_connectors?$filter=Microsoft.Dynamics.CRM.In(PropertyName='psasync_connectorid',PropertyValues=['{CONNECTOR}'])"
    )
    assert len(found.rows) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name eq 'x", "There is an unterminated literal at position 10 in 'name eq 'x'."),
        ("Name eq 'x'", "Could not find a property named 'Name' on type 'Microsoft.Dynamics.CRM.account'."),
        (
            "name eq 5",
            incompatible("Edm.String", "Edm.Int32"),
        ),
        (
            "statecode eq '0'",
            incompatible("Edm.Int32", "Edm.String"),
        ),
        (
            "creditonhold eq 1",
            incompatible("Edm.Boolean", "Edm.Int32"),
        ),
        ("name eq", "Syntax error at position 7 in 'name eq'."),
        ("name eq 'x' and", "Syntax error at position 15 in 'name eq 'x' and'."),
        ("(name eq 'x'", "Syntax error at position 12 in '(name eq 'x''."),
        ("name", "The $filter expression must evaluate to a single boolean value."),
        ("length(name) eq 3", "An unknown function with name 'length' was found."),
    ],
)
def test_mistakes_are_400_with_a_reason(org: Organization, text: str, message: str) -> None:
    """Sections 3 and 4: error texts."""
    reply = org.get(f"accounts?$filter={text}")
    assert reply.status == 400
    assert reply.message.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "name in ('a','b')",
        "revenue add 1 eq 2",
        "Microsoft.Dynamics.CRM.Under(PropertyName='parentaccountid',PropertyValue='x')",
    ],
)
def test_what_dataverse_documents_nowhere_is_not_accepted(org: Organization, text: str) -> None:
    """Section 4: the `in` operator of OData 4.01 is not documented."""
    assert org.get(f"accounts?$filter={text}").status == 501
