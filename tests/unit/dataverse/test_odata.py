"""Literals, addresses and their encoding."""

import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse import odata

pytestmark = pytest.mark.unit

GUID = "A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11"


@given(st.text())
def test_any_text_survives_quoting_and_encoding(value: str) -> None:
    value = value.encode("utf-8", "ignore").decode()
    address = odata.Query("accounts", filter=f"name eq {odata.text_literal(value)}").address()

    assert address.isascii()
    decoded = unquote(address.partition("$filter=")[2])
    assert decoded.startswith("name eq '")
    assert decoded.endswith("'")
    assert decoded.removeprefix("name eq '")[:-1].replace("''", "'") == value


def test_reserved_characters_are_encoded_so_that_the_query_keeps_its_options() -> None:
    address = odata.Query("accounts", filter="name eq 'a&b#c+d=e'", top=3).address()

    assert dict(parse_qsl(urlsplit(address).query, strict_parsing=True)) == {
        "$filter": "name eq 'a&b#c+d=e'",
        "$top": "3",
    }
    assert "%2B" in address
    assert "%26" in address
    assert "%23" in address


def test_options_that_are_not_given_are_left_out() -> None:
    assert odata.Query("WhoAmI").address() == "WhoAmI"
    assert odata.Query("jobs", select=("a", "b"), order_by="a").address() == "jobs?$select=a,b&$orderby=a"


def test_a_guid_is_written_in_lower_case_and_nothing_else_passes_for_one() -> None:
    assert odata.guid_literal(GUID) == GUID.lower()
    for other in ("", "1) or (1 eq 1", GUID + "0", "{" + GUID + "}", GUID.replace("-", "")):
        with pytest.raises(ValueError, match="not a GUID"):
            odata.guid_literal(other)


def test_a_key_address_holds_lookups_numbers_and_quoted_text() -> None:
    address = odata.key_address(
        "psasync_mappings", {"_psasync_connectorid_value": GUID, "kind": 7, "source": "a-b_C.1"}
    )

    assert address == f"psasync_mappings(_psasync_connectorid_value={GUID.lower()},kind=7,source='a-b_C.1')"


def test_quotes_in_a_key_value_are_doubled() -> None:
    assert odata.key_address("jobs", {"name": "O'Brian"}) == "jobs(name='O''Brian')"


def test_what_is_allowed_in_a_key_value_but_not_in_an_address_is_encoded() -> None:
    assert odata.key_address("jobs", {"name": "é 1"}) == "jobs(name='%C3%A9%201')"


@pytest.mark.parametrize("char", [*"/<>*%&:\\?+#\n\x00"])
def test_key_values_that_dataverse_refuses_are_refused_before_anything_is_sent(char: str) -> None:
    with pytest.raises(odata.KeyValueForbidden, match="key:"):
        odata.key_address("jobs", {"key": f"a{char}b"})


def test_an_empty_key_value_is_refused() -> None:
    with pytest.raises(odata.KeyValueForbidden):
        odata.key_address("jobs", {"key": ""})


@given(st.lists(st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()), max_size=1_500))
def test_slices_of_a_list_keep_order_and_fit_into_an_address(values: list[str]) -> None:
    pieces = list(odata.list_slices(values))

    assert [value for piece in pieces for value in piece] == values
    for piece in pieces:
        address = odata.Query(
            "x", filter=odata.in_list("name", "@ids"), aliases={"@ids": odata.json_list(piece)}
        ).address()
        assert len(address) < 32_768
        assert 0 < len(piece) <= odata.MAX_LIST_VALUES


def test_a_list_is_cut_by_its_encoded_length_and_by_its_number_of_values() -> None:
    assert [len(piece) for piece in odata.list_slices(["a"] * 501)] == [500, 1]
    assert len(list(odata.list_slices(["\u20ac" * 2_000] * 3))) == 3


def test_the_in_function_refers_to_its_values_by_an_alias() -> None:
    query = odata.Query(
        "accounts", filter=odata.in_list("lastname", "@ids"), aliases={"@ids": odata.json_list(["a", "O'Brian"])}
    )

    options = dict(parse_qsl(urlsplit(query.address()).query))
    assert options["$filter"] == "Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=@ids)"
    assert json.loads(options["@ids"]) == ["a", "O'Brian"]


def test_times_are_written_in_whole_seconds_of_utc() -> None:
    there = datetime(2026, 1, 31, 10, 0, 1, 999_999, tzinfo=timezone(timedelta(hours=2)))

    assert odata.time_literal(there) == "2026-01-31T08:00:01Z"
    assert odata.time_literal(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"
    assert odata.time_literal(datetime(1, 1, 1, 0, 0, 0, 9, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


def test_alternatives_are_in_parentheses() -> None:
    assert odata.any_of("state", ("1", "2")) == "(state eq 1 or state eq 2)"


def test_several_wishes_share_one_prefer_header() -> None:
    assert odata.prefer() == {}
    assert odata.prefer(annotations=True, representation=True, page_size=3) == {
        "Prefer": 'odata.include-annotations="OData.Community.Display.V1.FormattedValue",return=representation,'
        "odata.maxpagesize=3"
    }
