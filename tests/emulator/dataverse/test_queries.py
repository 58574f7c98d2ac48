"""$select, $orderby, $top, $count, paging, $expand, annotations and $apply (dataverse.md 4)."""

from decimal import Decimal

import pytest

from tests.emulator.dataverse.harness import (
    ACCOUNT,
    ANNOTATIONS,
    BASE,
    CONTACT,
    INVOICE,
    LINE,
    USD,
    Organization,
    pages,
)

pytestmark = pytest.mark.emulator


@pytest.fixture
def many(org: Organization) -> Organization:
    """25 accounts `Page 00` to `Page 24`, revenue 0 to 4 in turn, fax only on even ones."""
    rows = [
        {"name": f"Page {n:02}", "revenue": n % 5, "numberofemployees": n, **({"fax": str(n)} if n % 2 == 0 else {})}
        for n in range(25)
    ]
    org.emulator.seed({"accounts": rows})
    return org


def test_select_brings_the_key_the_etag_and_the_currency_of_money(org: Organization) -> None:
    """Section 4: $select."""
    [row] = org.get(f"accounts?$select=revenue&$filter=accountid eq {ACCOUNT}").rows
    assert set(row) == {"@odata.etag", "revenue", "accountid", "_transactioncurrencyid_value"}
    assert org.get("accounts?$select=name,revenue").json["@odata.context"] == f"{BASE}/$metadata#accounts(name,revenue)"


def test_select_refuses_unknown_names_with_the_documented_text(org: Organization) -> None:
    """Section 3: unknown property in $select; a lookup is selected by its `_x_value` name only."""
    for name in ("Name", "nothing", "primarycontactid"):
        reply = org.get(f"accounts?$select={name}")
        assert (reply.status, reply.code) == (400, "0x0")
        assert reply.message == f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.account'."


def test_without_select_all_columns_come_null_ones_too(org: Organization) -> None:
    """Section 4: $select."""
    row = org.get(f"accounts({ACCOUNT})").json
    assert row["fax"] is None
    assert row["_primarycontactid_value"] is None
    assert row["statecode"] == 0


def test_the_options_dataverse_lacks_are_refused(org: Organization) -> None:
    """Section 4: $skip, $search, $format, $compute."""
    skip = org.get("accounts?$skip=5")
    assert (skip.status, skip.code, skip.message) == (400, "0x80060888", "Skip Clause is not supported in CRM")
    for option in ("$search=x", "$format=json", "$compute=1"):
        assert org.get(f"accounts?{option}").status == 400


def test_orders_by_several_columns_and_directions(many: Organization) -> None:
    """Section 4: $orderby; null sorts first."""
    names = many.names("accounts?$select=name&$filter=startswith(name,'Page')&$orderby=revenue desc,name desc&$top=3")
    assert names == ["Page 24", "Page 19", "Page 14"]
    first = many.names("accounts?$select=name&$filter=startswith(name,'Page')&$orderby=fax,name&$top=2")
    assert first == ["Page 01", "Page 03"]
    assert many.get("accounts?$orderby=nothing").status == 400
    assert many.get("accounts?$orderby=name up").status == 400


def test_choices_sort_by_value_and_text_without_letter_case(org: Organization) -> None:
    """Section 4: $orderby."""
    org.emulator.seed(
        {"accounts": [{"name": name, "industrycode": code} for name, code in (("b", 1), ("A", 20), ("C", 3))]}
    )
    found = org.names("accounts?$select=name&$filter=industrycode ne null&$orderby=industrycode")
    assert found == ["b", "C", "A"]
    assert org.names("accounts?$select=name&$filter=industrycode ne null&$orderby=name") == ["A", "b", "C"]


@pytest.mark.parametrize("order", ["", "&$orderby=name", "&$orderby=name desc", "&$orderby=fax desc,revenue"])
def test_pages_hold_every_row_once(many: Organization, order: str) -> None:
    """Section 4: paging by nextLink, in any order, with nulls."""
    found = [r["name"] for page in pages(many, f"accounts?$select=name{order}", 4) for r in page.rows]
    assert len(found) == len(set(found)) == 27


def test_the_next_link_is_absolute_and_opaque(many: Organization) -> None:
    """Section 4: the cookie is partly double-encoded."""
    link = many.get("accounts?$select=name", {"Prefer": "odata.maxpagesize=4"}).json["@odata.nextLink"]
    assert link.startswith(
        f"{BASE}/accounts?$select=name&$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253Ccookie"
    )
    assert link.endswith("%20istracking=%22False%22%20/%3E")
    assert many.get(link.removeprefix(f"{BASE}/").replace("pagingcookie", "cookies")).status == 400


def test_rows_inserted_between_pages_do_not_shift_them(many: Organization) -> None:
    """Section 4: a cookie names the last row, not an offset."""
    reply = many.get("accounts?$select=name&$orderby=name", {"Prefer": "odata.maxpagesize=10"})
    many.create("accounts", name="AAA first")
    following = many.get(reply.json["@odata.nextLink"].removeprefix(f"{BASE}/"), {"Prefer": "odata.maxpagesize=10"})
    assert not {r["name"] for r in reply.rows} & {r["name"] for r in following.rows}


def test_top_is_ignored_when_a_page_size_is_sent(many: Organization) -> None:
    """Section 4: paging."""
    assert len(many.get("accounts?$top=2").rows) == 2
    assert "@odata.nextLink" not in many.get("accounts?$top=2").json
    assert len(many.get("accounts?$top=2", {"Prefer": "odata.maxpagesize=5"}).rows) == 5


def test_a_page_has_at_most_5000_rows(org: Organization) -> None:
    """Section 4: larger page sizes are ignored; counts are capped at 5000."""
    org.emulator.seed({"contacts": [{"lastname": str(n)} for n in range(5001)]})
    reply = org.get(
        "contacts?$select=lastname&$count=true", {"Prefer": 'odata.maxpagesize=9000,odata.include-annotations="*"'}
    )
    assert len(reply.rows) == 5000
    assert reply.json["@odata.count"] == 5000
    assert reply.json["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] is True
    assert org.get("contacts/$count").body == b"5000"


def test_counts(many: Organization) -> None:
    """Section 4: $count, /$count as text, and the annotations."""
    assert many.get("accounts?$count=true&$top=1").json["@odata.count"] == 27
    reply = many.get("accounts/$count?$filter=revenue eq 4")
    assert (reply.body, reply.headers["content-type"]) == (b"5", "text/plain")
    assert many.get("accounts?$top=1", ANNOTATIONS).json["@Microsoft.Dynamics.CRM.totalrecordcount"] == -1
    assert many.get("accounts?$count=yes").status == 400


def test_expands_lookups_and_collections(org: Organization) -> None:
    """Section 4: $expand."""
    org.patch(f"accounts({ACCOUNT})", {"primarycontactid@odata.bind": f"/contacts({CONTACT})"})
    contacts = "contact_customer_accounts($select=lastname;$filter=lastname eq 'Fabrikam';$top=1)"
    expand = f"primarycontactid($select=fullname),{contacts},parentaccountid"
    path = f"accounts({ACCOUNT})?$select=name&$expand={expand}"
    row = org.get(path).json
    assert row["primarycontactid"]["fullname"] == "Fay Fabrikam"
    assert row["parentaccountid"] is None
    assert [c["lastname"] for c in row["contact_customer_accounts"]] == ["Fabrikam"]
    assert row["contact_customer_accounts@odata.nextLink"].startswith(
        f"{BASE}/accounts({ACCOUNT})/contact_customer_accounts?"
    )


def test_expansions_nest(org: Organization) -> None:
    """Section 4: nested $expand."""
    product = "productid($select=name;$expand=defaultuomid($select=name))"
    path = f"invoices({INVOICE})?$select=name&$expand=invoice_details($select=quantity;$expand={product})"
    line = org.get(path).json["invoice_details"][0]
    assert line["productid"]["defaultuomid"]["name"] == "Primary Unit"


def test_expansions_have_documented_limits(org: Organization) -> None:
    """Section 4: at most 15; $top and $orderby beside a nested expand; $ref; N:N cannot be nested; no aliases."""
    only = (
        "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested "
        "one-to-many relationship."
    )
    for inner in ("invoice_details($top=1;$expand=productid)", "invoice_details($orderby=quantity;$expand=productid)"):
        reply = org.get(f"invoices?$expand={inner}")
        assert (reply.status, reply.code, reply.message) == (400, "0x80060888", only)
    reference = org.get("invoices?$expand=invoice_details/$ref")
    assert reference.message == "Expand with $ref is only supported on lookup type navigation property."
    assert (
        org.get("invoices?$expand=customerid_account/$ref")
        .rows[0]["customerid_account"]["@odata.id"]
        .endswith(f"accounts({ACCOUNT})")
    )
    assert org.get("accounts?$expand=createdby($expand=systemuserroles_association)").status == 400
    assert org.get("invoices?$expand=invoice_details($filter=quantity eq @p)&@p=10").status == 400
    lookups = (
        "createdby,modifiedby,createdonbehalfby,modifiedonbehalfby,ownerid,owningbusinessunit,owninguser,owningteam,"
        "primarycontactid,parentaccountid,masterid,defaultpricelevelid,transactioncurrencyid"
    )
    collections = "contact_customer_accounts,invoice_customer_accounts,Account_Tasks"
    assert org.get(f"accounts?$expand={lookups},{collections.rpartition(',')[0]}").status == 200
    assert org.get(f"accounts?$expand={lookups},{collections}").status == 400


def test_formatted_values_and_lookup_annotations(org: Organization) -> None:
    """Section 4: formatted values stand before their property; lookups name their table and navigation."""
    [row] = org.get(
        "invoices?$select=totalamount,statecode,_customerid_value,work365_invoice_billingdate"
        f"&$filter=invoiceid eq {INVOICE}",
        ANNOTATIONS,
    ).rows
    formatted = "OData.Community.Display.V1.FormattedValue"
    assert row[f"statecode@{formatted}"] == "Active"
    assert row[f"totalamount@{formatted}"] == "$237.60"
    assert row[f"work365_invoice_billingdate@{formatted}"] == "1/31/2026"
    assert row[f"_customerid_value@{formatted}"] == "Fabrikam Inc."
    assert row["_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"
    assert row["_customerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"] == "customerid_account"
    names = list(row)
    assert names.index(f"statecode@{formatted}") == names.index("statecode") - 1


def test_preferences_come_joined_or_in_repeated_headers(org: Organization) -> None:
    """Section 2: several preferences; commas inside quotes do not separate."""
    both = (
        'odata.include-annotations="OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname"'
    )
    for joint in (",", ", ", "\n"):
        reply = org.get("accounts?$select=_ownerid_value", {"Prefer": f"odata.maxpagesize=1{joint}{both}"})
        [row] = reply.rows
        assert len(row) == 5
        assert "@odata.nextLink" in reply.json


def test_annotations_come_by_name_or_prefix_only(org: Organization) -> None:
    """Section 4: wildcards."""
    prefer = {"Prefer": 'odata.include-annotations="Microsoft.Dynamics.CRM.*"'}
    row = org.get(f"accounts({ACCOUNT})?$select=statecode,_ownerid_value", prefer).json
    assert "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname" in row
    assert not any("FormattedValue" in name for name in row)
    assert not any("@Microsoft" in name for name in org.get(f"accounts({ACCOUNT})").json)


def test_numbers_are_exact(org: Organization) -> None:
    """Money and decimals leave as they came, without floating point (domain.md M1)."""
    org.patch(f"invoicedetails({LINE})", b'{"quantity": 0.33333, "priceperunit": 1234567890123.4567}')
    reply = org.get(f"invoicedetails({LINE})?$select=quantity,priceperunit")
    assert (reply.json["quantity"], reply.json["priceperunit"]) == (Decimal("0.33333"), Decimal("1234567890123.4567"))
    assert b"1234567890123.4567" in reply.body


def test_apply_aggregates_groups_and_filters(many: Organization) -> None:
    """Section 4: $apply."""
    [total] = many.get(
        "accounts?$apply=filter(startswith(name,'Page'))/aggregate(revenue with sum as total,"
        "revenue with max as top,numberofemployees with average as mean,$count as n,"
        "revenue with countdistinct as kinds,name with min as first)"
    ).rows
    assert total == {"total": 50, "top": 4, "mean": 12, "n": 25, "kinds": 5, "first": "Page 00"}
    groups = many.get("accounts?$filter=startswith(name,'Page')&$apply=groupby((revenue),aggregate($count as n))").rows
    assert sorted((g["revenue"], g["n"]) for g in groups) == [(n, 5) for n in range(5)]
    by_path = many.get("invoicedetails?$apply=groupby((invoiceid/name),aggregate(baseamount with sum as total))").rows
    assert by_path == [{"invoiceid_name": "Fabrikam January", "total": 220}]
    for bad in (
        "aggregate(name with sum as x)",
        "aggregate(revenue as x)",
        "groupby(revenue)",
        "aggregate(nothing with sum as x)",
    ):
        assert many.get(f"accounts?$apply={bad}").status == 400
    assert many.get("accounts?$apply=topcount(1,revenue)").status == 501


def test_conditional_get_is_304_for_an_unchanged_row(org: Organization) -> None:
    """Section 5: never with $expand or annotations; the literal null is no condition (section 2)."""
    tag = org.get(f"accounts({ACCOUNT})").headers["etag"]
    assert org.get(f"accounts({ACCOUNT})", {"If-None-Match": tag}).status == 304
    assert org.get(f"accounts({ACCOUNT})", {"If-None-Match": "null"}).status == 200
    assert org.get(f"accounts({ACCOUNT})", {"If-None-Match": tag, **ANNOTATIONS}).status == 200
    assert org.get(f"accounts({ACCOUNT})?$expand=ownerid", {"If-None-Match": tag}).status == 200
    org.patch(f"accounts({ACCOUNT})", {"fax": "9"})
    assert org.get(f"accounts({ACCOUNT})", {"If-None-Match": tag}).status == 200


def test_currency_symbols_follow_the_row(org: Organization) -> None:
    """Section 4: formatted money."""
    [row] = org.get(f"transactioncurrencies?$select=currencysymbol&$filter=transactioncurrencyid eq {USD}").rows
    assert row["currencysymbol"] == "$"
