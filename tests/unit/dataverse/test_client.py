"""Requests, paging, batches and repetitions of the client."""

from datetime import UTC, datetime

import pytest

from dataverse import errors
from dataverse.batch import ChangeSet, Operation
from dataverse.client import DataverseClient
from dataverse.odata import prefer
from dataverse.psasync.records import EntraObjectId, ServerTime
from tests.unit.dataverse.wire import (
    BASE,
    ROOT,
    FakeTime,
    Reply,
    ScriptedTransport,
    Sent,
    batch_reply,
    client_of,
    error_reply,
    http_part,
    json_reply,
    multipart,
)
from transport.delivery import DeliveryFailed

pytestmark = pytest.mark.unit

READ = Operation("GET", "accounts?$select=name")
WRITE = Operation("PATCH", "accounts(1)", {"name": "A"}, {"If-Match": "*"})
CLERK = EntraObjectId("33333333-3333-4333-8333-000000000002")


# --- single requests


def test_a_read_says_what_it_accepts_and_sends_no_body() -> None:
    transport = ScriptedTransport(json_reply({}))

    client_of(transport).send(READ, repeatable=True)

    (sent,) = transport.sent
    assert (sent.method, sent.url, sent.content, sent.repeatable) == ("GET", ROOT + "accounts?$select=name", None, True)
    assert dict(sent.headers) == {
        "Accept": "application/json",
        "OData-MaxVersion": "4.0",
        "OData-Version": "4.0",
        "If-None-Match": "null",
        "Authorization": "Bearer a-token",
    }


def test_a_write_has_a_json_body_its_conditions_and_no_null_etag() -> None:
    transport = ScriptedTransport(Reply(204))

    client_of(transport).send(WRITE, repeatable=False)

    (sent,) = transport.sent
    assert sent.body == {"name": "A"}
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["If-Match"] == "*"
    assert "If-None-Match" not in sent.headers
    assert not sent.repeatable


def test_a_condition_of_the_operation_wins_over_the_null_etag() -> None:
    transport = ScriptedTransport(json_reply({}))

    client_of(transport).send(Operation("GET", "accounts(1)", headers={"If-None-Match": 'W/"1"'}), repeatable=True)

    assert transport.sent[0].headers["If-None-Match"] == 'W/"1"'


@pytest.mark.parametrize("address", ["http://contoso.crm.dynamics.com", "ftp://localhost", "contoso.crm.dynamics.com"])
def test_tokens_go_over_https_only(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        DataverseClient(base_url=address, token=str, transport=ScriptedTransport())


def test_loopback_needs_no_https_and_a_slash_at_the_end_does_not_matter() -> None:
    transport = ScriptedTransport(json_reply({}))

    DataverseClient(base_url="http://127.0.0.1:8080/", token=str, transport=transport).send(READ, repeatable=True)

    assert transport.sent[0].url == "http://127.0.0.1:8080/api/data/v9.2/accounts?$select=name"


def test_a_failing_answer_is_raised_as_its_typed_error() -> None:
    with pytest.raises(errors.RowNotFound) as raised:
        client_of(ScriptedTransport(error_reply(404, "0x80040217"))).send(READ, repeatable=True)

    assert raised.value.path == "accounts"
    assert raised.value.code == "0x80040217"


@pytest.mark.parametrize("delivery", ["not_sent", "maybe_sent"])
def test_a_lost_answer_says_whether_the_request_can_have_arrived(delivery: str) -> None:
    with pytest.raises(errors.NoAnswer) as raised:
        client_of(ScriptedTransport(DeliveryFailed(delivery, "reset"))).send(WRITE, repeatable=False)  # type: ignore[arg-type]

    assert raised.value.delivery == delivery
    assert raised.value.status is None
    assert raised.value.is_write


# --- token


class Tokens:
    def __init__(self) -> None:
        self.number = 1
        self.discarded: list[str] = []

    def __call__(self) -> str:
        return f"token-{self.number}"

    def discard(self, refused: str) -> None:
        self.discarded.append(refused)
        self.number += 1


def test_a_refused_token_is_replaced_once_even_for_a_write_that_must_not_be_repeated() -> None:
    tokens = Tokens()
    transport = ScriptedTransport(error_reply(401), Reply(204))

    client_of(transport, token=tokens).send(WRITE, repeatable=False)

    assert [sent.headers["Authorization"] for sent in transport.sent] == ["Bearer token-1", "Bearer token-2"]
    assert tokens.discarded == ["token-1"]
    assert transport.sent[0].body == transport.sent[1].body


def test_a_second_refusal_is_final() -> None:
    transport = ScriptedTransport(error_reply(401), error_reply(401))

    with pytest.raises(errors.CredentialsRefused):
        client_of(transport).send(READ, repeatable=True)

    assert len(transport.sent) == 2


def test_an_error_text_holds_no_token_and_no_query() -> None:
    transport = ScriptedTransport(error_reply(403))

    with pytest.raises(errors.PermissionDenied) as raised:
        client_of(transport, token=lambda: "very-secret").send(
            Operation("GET", "a?$filter=name eq 'x'"), repeatable=True
        )

    assert "very-secret" not in str(raised.value)
    assert "filter" not in str(raised.value)


# --- impersonation


def test_acting_as_somebody_marks_the_request_and_leaves_the_first_client_alone() -> None:
    transport = ScriptedTransport(json_reply({}), json_reply({}))
    client = client_of(transport)

    client.acting_as(CLERK).send(READ, repeatable=True)
    client.send(READ, repeatable=True)

    assert transport.sent[0].headers["CallerObjectId"] == CLERK
    assert "CallerObjectId" not in transport.sent[1].headers


def test_acting_as_somebody_marks_the_batch_and_each_of_its_parts() -> None:
    transport = ScriptedTransport(batch_reply(Reply(204), Reply(200)))

    client_of(transport).acting_as(CLERK).batch([WRITE, READ], repeatable=True)

    (sent,) = transport.sent
    assert sent.headers["CallerObjectId"] == CLERK
    assert [part.headers["CallerObjectId"] for part in sent.parts] == [CLERK, CLERK]


# --- repetition is the transport's, the client says of what


@pytest.mark.parametrize("repeatable", [True, False])
def test_the_caller_says_whether_a_request_may_be_repeated(repeatable: bool) -> None:
    transport = ScriptedTransport(Reply(204), batch_reply(Reply(204)))
    client = client_of(transport)

    client.send(WRITE, repeatable=repeatable)
    client.batch([WRITE], repeatable=repeatable)

    assert [sent.repeatable for sent in transport.sent] == [repeatable, repeatable]


@pytest.mark.parametrize(
    ("reply", "is_passing"),
    [
        (error_reply(500, "0x80044150"), True),
        (Reply(200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>"), True),
        (Reply(403, {"Content-Type": "text/html"}, b"<html>"), False),
        (json_reply({}), False),
        (error_reply(400), False),
        (Reply(204), False),
    ],
)
def test_deadlocks_and_pages_of_gateways_are_passing_faults(reply: Reply, is_passing: bool) -> None:
    transport = ScriptedTransport(Reply(204))

    client_of(transport).send(WRITE, repeatable=True)

    assert transport.sent[0].passing is not None
    assert transport.sent[0].passing(reply) is is_passing


# --- paging

LINK = ROOT + "accounts?$select=name&$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%22%20/%3E"


def test_rows_of_all_pages_come_in_order_and_the_link_is_followed_byte_for_byte() -> None:
    transport = ScriptedTransport(
        json_reply({"value": [{"a": 1}, {"a": 2}], "@odata.nextLink": LINK}), json_reply({"value": [{"a": 3}]})
    )
    query = Operation("GET", "accounts?$select=name", headers=prefer(page_size=2))

    assert [row["a"] for row in client_of(transport).rows(query)] == [1, 2, 3]
    assert transport.sent[1].url == LINK
    assert [sent.headers["Prefer"] for sent in transport.sent] == ["odata.maxpagesize=2"] * 2


def test_the_next_page_is_asked_for_only_when_it_is_needed() -> None:
    transport = ScriptedTransport(json_reply({"value": [{"a": 1}], "@odata.nextLink": LINK}))

    assert next(client_of(transport).rows(READ)) == {"a": 1}


@pytest.mark.parametrize(
    "link", ["https://evil.example/api/data/v9.2/accounts", BASE + ".evil.example/api/data/v9.2/a", BASE + "/other", 7]
)
def test_a_link_to_another_server_never_gets_the_token(link: object) -> None:
    transport = ScriptedTransport(json_reply({"value": [], "@odata.nextLink": link}))

    with pytest.raises(errors.AnswerNotUnderstood, match="another server"):
        list(client_of(transport).rows(READ))

    assert len(transport.sent) == 1


@pytest.mark.parametrize("document", [{"value": 1}, {"value": [1]}, {"value": None}])
def test_rows_of_another_shape_are_not_understood(document: object) -> None:
    with pytest.raises(errors.AnswerNotUnderstood, match="rows"):
        list(client_of(ScriptedTransport(json_reply(document))).rows(READ))


# --- batch


def test_a_batch_goes_on_after_errors_and_reports_each_part() -> None:
    transport = ScriptedTransport(batch_reply(error_reply(412, "0x80060882"), Reply(204)))

    answers = client_of(transport).batch([WRITE, WRITE], repeatable=False).answers

    (sent,) = transport.sent
    assert (sent.method, sent.url) == ("POST", ROOT + "$batch")
    assert sent.headers["Prefer"] == "odata.continue-on-error"
    assert sent.parts[0].target == "/api/data/v9.2/accounts(1)"
    assert sent.parts[0].body == {"name": "A"}
    assert isinstance(answers[0].failure, errors.VersionMismatch)
    assert answers[1].failure is None


def test_a_change_set_goes_through_the_client() -> None:
    transport = ScriptedTransport(batch_reply(error_reply(400)))

    answers = client_of(transport).batch([ChangeSet([WRITE, WRITE])], repeatable=False).answers

    assert [type(answer.failure) for answer in answers] == [errors.RequestInvalid] * 2


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_batch_of_no_or_too_many_operations_is_refused_before_it_is_sent(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        client_of(ScriptedTransport()).batch([WRITE] * count, repeatable=False)


def test_a_batch_that_is_rejected_as_a_whole_raises() -> None:
    with pytest.raises(errors.RequestInvalid) as raised:
        client_of(ScriptedTransport(error_reply(400, "0x80048d19"))).batch([WRITE], repeatable=False)

    assert (raised.value.code, raised.value.path, raised.value.method) == ("0x80048d19", "$batch", "POST")


def test_a_batch_that_ended_at_its_first_error_raises_that_error() -> None:
    content = multipart([http_part(Reply(204)), http_part(error_reply(403, "0x80040220"))]).encode()
    ended = Reply(400, {"Content-Type": "multipart/mixed; boundary=batchresponse_c1"}, content)

    with pytest.raises(errors.PermissionDenied):
        client_of(ScriptedTransport(ended)).batch([WRITE, WRITE, WRITE], repeatable=False)


def test_a_failed_batch_without_a_failed_part_keeps_its_own_status() -> None:
    content = multipart([http_part(Reply(204))]).encode()
    ended = Reply(400, {"Content-Type": "multipart/mixed; boundary=batchresponse_c1"}, content)

    with pytest.raises(errors.RequestInvalid):
        client_of(ScriptedTransport(ended)).batch([WRITE], repeatable=False)


def test_a_batch_answer_that_is_cut_off_is_not_understood() -> None:
    whole = batch_reply(Reply(204))
    cut = Reply(200, whole.headers, whole.content[:-20])

    with pytest.raises(errors.AnswerNotUnderstood, match="delimiter"):
        client_of(ScriptedTransport(cut)).batch([WRITE], repeatable=False)


# --- operations that may be carried out twice


def test_only_the_parts_that_failed_for_load_are_sent_again() -> None:
    time = FakeTime()
    operations = [Operation("PATCH", f"accounts({number})", {"n": number}) for number in range(4)]
    transport = ScriptedTransport(
        batch_reply(
            Reply(204), error_reply(429, headers={"Retry-After": "1"}), error_reply(503), error_reply(404, "0x80040217")
        ),
        batch_reply(Reply(200), error_reply(500, "0x80044150")),
        batch_reply(Reply(201)),
    )

    answers = client_of(transport, patience=time.patience()).carry_out(operations).answers

    assert [answer.status for answer in answers] == [204, 200, 201, 404]
    assert [[part.body["n"] for part in sent.parts] for sent in transport.sent] == [[0, 1, 2, 3], [1, 2], [2]]
    assert time.pauses == pytest.approx([1.2, 0.4])


def test_parts_that_keep_failing_are_reported_in_their_place() -> None:
    time = FakeTime()
    transport = ScriptedTransport(*[batch_reply(error_reply(503), Reply(204))], *[batch_reply(error_reply(503))] * 3)

    answers = client_of(transport, patience=time.patience(attempts=4)).carry_out([WRITE, WRITE]).answers

    assert isinstance(answers[0].failure, errors.ServerFault)
    assert answers[1].failure is None
    assert time.pauses == pytest.approx([0.2, 0.4, 0.8])


def test_a_part_that_asks_for_a_long_pause_is_reported_at_once() -> None:
    time = FakeTime()
    transport = ScriptedTransport(batch_reply(error_reply(429, headers={"Retry-After": "30"})))

    (answer,) = client_of(transport, patience=time.patience()).carry_out([WRITE]).answers

    assert answer.failure is not None
    assert answer.failure.retry_after == 30.0
    assert time.pauses == []


def test_parts_are_not_sent_again_when_the_time_is_over() -> None:
    time = FakeTime()

    def slow(sent: Sent) -> Reply:
        time.now += 4.9
        return batch_reply(error_reply(503))

    transport = ScriptedTransport(slow)
    client_of(transport, patience=time.patience()).carry_out([WRITE])

    assert len(transport.sent) == 1


def test_answers_that_are_known_survive_when_the_rest_is_lost() -> None:
    transport = ScriptedTransport(batch_reply(Reply(204), error_reply(503)), DeliveryFailed("maybe_sent", "reset"))

    answers = client_of(transport).carry_out([WRITE, WRITE]).answers

    assert answers[0].failure is None
    assert isinstance(answers[1].failure, errors.ServerFault)


def test_a_lost_batch_raises() -> None:
    with pytest.raises(errors.NoAnswer):
        client_of(ScriptedTransport(DeliveryFailed("maybe_sent", "reset"))).carry_out([WRITE])


def test_many_operations_are_several_batches_that_a_server_can_answer_in_time() -> None:
    transport = ScriptedTransport(*[lambda sent: batch_reply(*[Reply(204)] * len(sent.parts))] * 2)

    answers = client_of(transport).carry_out([WRITE] * 251).answers

    assert len(answers) == 251
    assert [len(sent.parts) for sent in transport.sent] == [250, 1]
    assert all(sent.repeatable for sent in transport.sent)


# --- several queries at once


def test_several_queries_and_their_further_pages_share_requests() -> None:
    link = ROOT + "b?$skiptoken=2"
    transport = ScriptedTransport(
        batch_reply(
            json_reply({"value": [{"a": 1}]}),
            json_reply({"value": [{"b": 1}], "@odata.nextLink": link}),
            json_reply({"@odata.etag": 'W/"1"', "c": 1}),
        ),
        batch_reply(json_reply({"value": [{"b": 2}]})),
    )
    queries = [Operation("GET", "a"), Operation("GET", "b", headers=prefer(annotations=True)), Operation("GET", "c(1)")]

    read = client_of(transport).read_many(queries)

    assert read.rows == [[{"a": 1}], [{"b": 1}, {"b": 2}], [{"@odata.etag": 'W/"1"', "c": 1}]]
    (further,) = transport.sent[1].parts
    assert further.target == link
    assert "FormattedValue" in further.headers["Prefer"]
    assert all(sent.repeatable for sent in transport.sent)


def test_a_failing_query_is_raised_unless_it_counts_as_empty() -> None:
    def answers() -> ScriptedTransport:
        return ScriptedTransport(batch_reply(error_reply(404, "0x80040217"), json_reply({"value": [{"a": 1}]})))

    assert client_of(answers()).read_many([READ, READ], empty_when=(errors.RowNotFound,)).rows == [[], [{"a": 1}]]
    with pytest.raises(errors.RowNotFound):
        client_of(answers()).read_many([READ, READ])


def test_reading_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nothing"):
        client_of(ScriptedTransport()).read_many([])


# --- the server's time


def test_the_servers_time_comes_with_a_clock_reading_from_before_the_request() -> None:
    time = FakeTime()

    def slow(sent: Sent) -> Reply:
        time.now += 3
        return json_reply({"UserId": "x"})

    transport = ScriptedTransport(slow)
    assert client_of(transport, patience=time.patience()).server_time() == ServerTime(
        datetime(2026, 1, 31, 8, tzinfo=UTC), 1_000.0
    )
    assert transport.sent[0].url == ROOT + "WhoAmI"


def test_rows_carry_the_time_of_the_first_request() -> None:
    second = batch_reply(json_reply({"value": []}))
    second = Reply(200, {**second.headers, "Date": "Sat, 31 Jan 2026 09:00:00 GMT"}, second.content)
    first = batch_reply(json_reply({"value": [], "@odata.nextLink": LINK}))

    read = client_of(ScriptedTransport(first, second)).read_many([READ])

    assert read.server_time.at == datetime(2026, 1, 31, 8, tzinfo=UTC)


def test_an_answer_without_a_usable_date_is_not_understood() -> None:
    for date in ("", "yesterday"):
        with pytest.raises(errors.AnswerNotUnderstood, match="Date"):
            client_of(ScriptedTransport(json_reply({}, headers={"Date": date}))).server_time()


def test_the_servers_time_fails_as_any_read() -> None:
    with pytest.raises(errors.PermissionDenied):
        client_of(ScriptedTransport(error_reply(403))).server_time()
