"""No text gets out of its quotes: thousands of hostile strings as filter values, a strict Dataverse as the judge."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataverse.batch import Operation
from dataverse.odata import KeyValueForbidden, Query, in_list, json_list, key_address, text_literal
from tests.contract.dataverse.target import Target, guid

pytestmark = pytest.mark.contract

HOSTILE = st.sampled_from(
    [
        "'", "''", "' or 1 eq 1 or name eq '", "' or true or '", "') or (name ne '", "%27", "%2527", "&$top=5", "null",
        "&$filter=name ne null", "?$select=name", "#", ";", "/", "\\", "\\'", '"', '"]', '["', "@p1", "$it", "true",
        "(", ")", ",", "\t", "\u2019", "\uff07", "\u02bc", "\u0000", "\r\n", "{", "}", "+", " ", "%", "_", "eq", "or",
        "not", "\ud7ff", "\U0001f4a9", "x" * 200,
    ]
)  # fmt: skip
TEXTS = st.lists(HOSTILE | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).map("".join)
DECOYS = ("Decoy one", "Decoy two", "true", "null")
PER_REQUEST = 60


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(TEXTS, min_size=PER_REQUEST, max_size=PER_REQUEST))
def test_no_filter_value_finds_a_row_that_has_another_value(seeded: Target, drawn: list[str]) -> None:
    texts = [text for text in drawn if text.strip().lower() not in DECOYS and text.strip()]
    queries = [
        query
        for text in texts
        for query in (
            Query("accounts", select=("name",), filter=f"name eq {text_literal(text)}"),
            Query("accounts", select=("name",), filter=in_list("name", "@n"), aliases={"@n": json_list([text])}),
        )
    ]
    if not queries:
        return
    read = seeded.client().read_many([Operation("GET", query.address()) for query in queries])
    found = {text: rows for text, rows in zip((text for text in texts for _ in "12"), read.rows, strict=True) if rows}
    assert found == {}


@given(text=TEXTS)
def test_no_key_value_leaves_its_place_in_the_address(text: str) -> None:
    try:
        address = key_address("psasync_jobs", {"psasync_requestkey": text})
    except KeyValueForbidden:
        return
    value = address.removeprefix("psasync_jobs(psasync_requestkey='").removesuffix("')")
    assert not set(value.replace("''", "")) & set("'/?#&()")


@pytest.fixture
def seeded(target: Target) -> Target:
    """A target with accounts that no drawn text names."""
    target.seed(accounts=[{"accountid": guid("account", number), "name": name} for number, name in enumerate(DECOYS)])
    return target
