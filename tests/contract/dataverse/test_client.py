"""The client against a Dataverse that is strict about the Web API's rules."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataverse import errors
from dataverse.batch import ChangeSet, Operation
from dataverse.odata import Query, in_list, json_list, prefer, row_address, text_literal
from dataverse.psasync.records import EntraObjectId
from tests.contract.dataverse.target import CONNECTOR, READER, Target, guid

pytestmark = pytest.mark.contract


def accounts(*names: str) -> list[dict[str, str]]:
    return [{"accountid": guid("account", number), "name": name} for number, name in enumerate(names)]


def test_all_pages_of_a_query_are_read_in_order(target: Target) -> None:
    names = [f"Account {number:03}" for number in range(25)]
    target.seed(accounts=accounts(*names))
    query = Query("accounts", select=("name",), order_by="name").address()

    with target.counted(3):
        rows = list(target.client().rows(Operation("GET", query, headers=prefer(page_size=10))))

    assert [row["name"] for row in rows] == names


def test_pages_of_queries_in_a_batch_are_read_too(target: Target) -> None:
    target.seed(accounts=accounts(*(f"Account {number:03}" for number in range(5))))
    paged = Operation("GET", Query("accounts", order_by="name").address(), headers=prefer(page_size=2))

    with target.counted(3):
        read = target.client().read_many([paged, Operation("GET", row_address("accounts", guid("account", 0)))])

    assert [row["name"] for row in read.rows[0]] == [f"Account {number:03}" for number in range(5)]
    assert [row["name"] for row in read.rows[1]] == ["Account 000"]


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    # the wildcards of Dataverse's own text comparison, and blanks that the database does not compare
    lambda text: not set(text) & set("%_[]") and text == text.strip()
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT)
def test_any_text_is_found_by_what_was_written(target: Target, text: str) -> None:
    client = target.client()
    row_id = guid("account", 7)
    client.send(Operation("PATCH", row_address("accounts", row_id), {"name": text}), repeatable=False)

    equal = Query("accounts", select=("name",), filter=f"name eq {text_literal(text)}")
    listed = Query("accounts", select=("name",), filter=in_list("name", "@n"), aliases={"@n": json_list([text, "x'"])})

    read = client.read_many([Operation("GET", equal.address()), Operation("GET", listed.address())])
    assert [[row["name"] for row in rows] for rows in read.rows] == [[text], [text]]


def test_formatted_values_come_when_they_are_asked_for(target: Target) -> None:
    operation = Operation("GET", row_address("psasync_connectors", CONNECTOR), headers=prefer(annotations=True))

    row = target.client().send(operation, repeatable=True).document()

    assert row["statecode@OData.Community.Display.V1.FormattedValue"] == "Active"


def test_a_batch_reports_each_part_and_goes_on(target: Target) -> None:
    target.seed(accounts=accounts("A"))
    existing = row_address("accounts", guid("account", 0))
    operations = [
        Operation("PATCH", existing, {"name": "B"}, {"If-Match": 'W/"1"'}),
        Operation("PATCH", existing, {"name": "C" * 161}, {"If-Match": "*"}),
        Operation("PATCH", row_address("accounts", guid("account", 9)), {"name": "D"}, {"If-Match": "*"}),
        Operation("PATCH", existing, {"name": "E"}, {"If-Match": "*", **prefer(representation=True)}),
    ]

    answers = target.client().batch(operations, repeatable=False).answers

    assert [type(answer.failure) for answer in answers] == [
        errors.VersionMismatch,
        errors.RequestInvalid,
        errors.RowNotFound,
        type(None),
    ]
    assert answers[1].failure is not None
    assert answers[1].failure.code == "0x80044331"
    assert answers[3].document()["name"] == "E"
    assert answers[3].document()["@odata.etag"]


def test_a_failed_change_set_leaves_nothing_behind(target: Target) -> None:
    good = Operation("POST", "accounts", {"name": "A"})
    bad = Operation("POST", "accounts", {"name": "B" * 161})
    count = Operation("GET", "accounts?$select=name")

    answers = target.client().batch([ChangeSet([good, bad]), count], repeatable=False).answers

    assert [type(answer.failure) for answer in answers[:2]] == [errors.RequestInvalid, errors.RequestInvalid]
    assert answers[2].document()["value"] == []


def test_a_change_set_commits_as_a_whole(target: Target) -> None:
    contact = {"lastname": "L", "parentcustomerid_account@odata.bind": "$1"}
    entries = [ChangeSet([Operation("POST", "accounts", {"name": "A"}), Operation("POST", "contacts", contact)])]

    answers = target.client().batch(entries, repeatable=False).answers

    assert [answer.status for answer in answers] == [204, 204]
    (row,) = target.client().rows(Operation("GET", "contacts?$select=_parentcustomerid_value"))
    assert row["_parentcustomerid_value"] is not None


def test_a_token_that_is_not_accepted_is_a_typed_error(target: Target) -> None:
    with pytest.raises(errors.CredentialsRefused):
        target.client(token=lambda: "wrong").server_time()


def test_somebody_elses_rights_count_for_single_requests_and_for_batches(target: Target) -> None:
    target.seed(accounts=accounts("A"))
    client = target.client().acting_as(EntraObjectId(READER))
    write = Operation("PATCH", row_address("accounts", guid("account", 0)), {"name": "B"}, {"If-Match": "*"})

    with pytest.raises(errors.PermissionDenied):
        client.send(write, repeatable=False)
    assert isinstance(client.batch([write], repeatable=False).answers[0].failure, errors.PermissionDenied)
    assert [row["name"] for row in client.rows(Operation("GET", "accounts?$select=name"))] == ["A"]


def test_the_servers_time_is_the_emulators_clock(target: Target) -> None:
    target.control("POST", "clock", {"now": "2026-01-31T08:00:00Z"})

    at = target.client().server_time().at

    assert abs((at - datetime(2026, 1, 31, 8, tzinfo=UTC)).total_seconds()) <= 2


@pytest.mark.parametrize("kind", ["drop_before", "drop_after_commit", "truncate"])
def test_a_read_survives_a_lost_answer(target: Target, kind: str) -> None:
    target.fault(kind, method="GET", path="WhoAmI", times=2)

    assert target.client().server_time().at.tzinfo is UTC


def test_a_read_waits_for_a_short_retry_after(target: Target) -> None:
    target.fault("rate_limit", method="GET", path="WhoAmI", retry_after=1)

    with target.counted(2):
        target.client().server_time()


def test_a_long_retry_after_comes_back_at_once_with_its_seconds(target: Target) -> None:
    alone = Target(target.url)  # a limiter of its own: the pause is for everybody who shares one
    target.fault("rate_limit", method="GET", path="WhoAmI", retry_after=60)

    with pytest.raises(errors.RateLimited) as raised:
        alone.client().server_time()
    alone.close()

    assert raised.value.retry_after == 60.0
