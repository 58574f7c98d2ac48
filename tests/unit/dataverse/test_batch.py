"""The multipart text of batches (dataverse.md 7)."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataverse.batch import Answer, BatchMalformed, ChangeSet, Operation, decode, encode, last_failure
from dataverse.errors import AnswerNotUnderstood, RequestInvalid, VersionMismatch
from tests.unit.dataverse.wire import Reply, error_document, error_reply, http_part, json_reply, multipart

pytestmark = pytest.mark.unit

PATH = "/api/data/v9.2/"
TYPE = "multipart/mixed; boundary=batchresponse_c1"
GET = Operation("GET", "accounts?$top=1")
POST = Operation("POST", "accounts", {"name": "A"})


def plain_text(entries: list[Operation | ChangeSet], headers: dict[str, str] | None = None) -> str:
    _, content = encode(entries, PATH, headers or {})
    text = re.sub(r"(batch|changeset)_[0-9a-f-]{36}", r"\1_1", content.decode())
    assert "\n" not in text.replace("\r\n", ""), "a bare line feed"
    return text.replace("\r\n", "\n")


def test_a_batch_is_written_to_the_letter() -> None:
    update = Operation("PATCH", "accounts(1)", {"revenue": Decimal("1.10")}, {"If-Match": 'W/"7"'})

    assert plain_text([update, GET], {"Accept": "application/json"}) == (
        "--batch_1\n"
        "Content-Type: application/http\n"
        "Content-Transfer-Encoding: binary\n"
        "\n"
        "PATCH /api/data/v9.2/accounts(1) HTTP/1.1\n"
        "Accept: application/json\n"
        'If-Match: W/"7"\n'
        "Content-Type: application/json\n"
        "Content-Length: 16\n"
        "\n"
        '{"revenue":1.10}\n'
        "--batch_1\n"
        "Content-Type: application/http\n"
        "Content-Transfer-Encoding: binary\n"
        "\n"
        "GET /api/data/v9.2/accounts?$top=1 HTTP/1.1\n"
        "Accept: application/json\n"
        "\n"
        "\n"
        "--batch_1--\n"
    )


def test_a_change_set_counts_content_ids_over_the_whole_batch() -> None:
    text = plain_text([ChangeSet([POST, Operation("PATCH", "$1", {"name": "B"})]), GET, ChangeSet([POST])])

    assert re.findall(r"Content-ID: (\d)", text) == ["1", "2", "3"]
    assert text.count("Content-Type: multipart/mixed; boundary=changeset_1\n\n") == 2
    assert text.count("--changeset_1--\n\n--batch_1") == 2
    assert "PATCH $1 HTTP/1.1\n" in text


def test_a_next_link_goes_into_a_batch_byte_for_byte() -> None:
    link = "https://x/api/data/v9.2/a?$skiptoken=%3Ccookie%20pagingcookie=%22%253ccookie%22%20/%3E"

    assert f"GET {link} HTTP/1.1\n" in plain_text([Operation("GET", link)])


@pytest.mark.parametrize("address", ["accounts?$filter=a eq b", "accounts HTTP/1.1\r\nX: y", "a\x7f"])
def test_an_address_that_is_not_encoded_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="encoded"):
        encode([Operation("GET", address)], PATH, {})


def test_a_header_with_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        encode([Operation("GET", "a", headers={"If-Match": "x\r\nEvil: 1"})], PATH, {})


def read(parts: list[str], entries: list[Operation | ChangeSet]) -> list[Answer]:
    return decode(TYPE, multipart(parts).encode(), entries)


def test_each_operation_gets_its_answer_in_order() -> None:
    first, second = read(
        [http_part(json_reply({"value": [], "price": 1.10})), http_part(error_reply(412, "0x80060882"))], [GET, POST]
    )

    assert first.failure is None
    assert first.document()["price"] == Decimal("1.1")
    assert first.operation is GET
    assert isinstance(second.failure, VersionMismatch)
    assert second.failure.path == "accounts"


def test_parts_need_no_content_length_and_empty_ones_may_end_with_more_empty_lines() -> None:
    bare = "Content-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n\r\n\r\n"
    barer = "Content-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    barest = "\r\nHTTP/1.1 204 No Content\r\n"

    answers = read([bare, barer, barest], [POST, POST, POST])

    assert [(answer.status, answer.content, answer.failure) for answer in answers] == [(204, b"", None)] * 3


def test_text_before_the_first_part_and_after_the_last_is_no_answer() -> None:
    text = "preamble\r\n" + multipart([http_part(json_reply({"a": 1}))]) + "epilogue"

    assert decode(TYPE, text.encode(), [GET])[0].document() == {"a": 1}


def test_a_delimiter_that_only_begins_like_the_boundary_separates_nothing() -> None:
    inner = multipart([http_part(Reply(204), 1)], "batchresponse_c12")
    part = f"Content-Type: multipart/mixed; boundary=batchresponse_c12\r\n\r\n{inner}"

    assert [answer.status for answer in read([part], [ChangeSet([POST])])] == [204]


def change_set_part(parts: list[str]) -> str:
    inner = multipart(parts, "changesetresponse_d2")
    return f"Content-Type: multipart/mixed; boundary=changesetresponse_d2\r\n\r\n{inner}"


def test_a_change_set_gives_an_answer_for_each_of_its_operations() -> None:
    second = Operation("POST", "contacts", {})
    part = change_set_part([http_part(Reply(201), 2), http_part(Reply(204), 1)])

    answers = read([part, http_part(Reply(200))], [ChangeSet([POST, second]), GET])

    assert [(answer.operation.address, answer.status) for answer in answers] == [
        ("accounts", 204),
        ("contacts", 201),
        ("accounts?$top=1", 200),
    ]


def test_answers_of_a_change_set_without_content_ids_come_in_order() -> None:
    part = change_set_part([http_part(Reply(204)), http_part(Reply(201))])

    assert [answer.status for answer in read([part], [ChangeSet([POST, POST])])] == [204, 201]


@pytest.mark.parametrize("nested", [True, False], ids=["as Dataverse was seen to send it", "as OData has it"])
def test_a_failed_change_set_gives_each_operation_the_one_error(nested: bool) -> None:
    error = http_part(error_reply(400, "0x80044331"), 2)

    answers = read([change_set_part([error]) if nested else error], [ChangeSet([POST, POST])])

    assert [type(answer.failure) for answer in answers] == [RequestInvalid, RequestInvalid]
    assert answers[0].failure is not None
    assert answers[0].failure.code == "0x80044331"


@pytest.mark.parametrize(
    ("parts", "entries"),
    [
        ([http_part(Reply(200))], [GET, GET]),
        ([http_part(Reply(200)), http_part(Reply(200))], [GET]),
        ([change_set_part([http_part(Reply(204), 1)])], [GET]),
        ([change_set_part([http_part(Reply(204), 1)])], [ChangeSet([POST, POST])]),
        (["Content-Type: application/http\r\n\r\nnot http\r\n"], [GET]),
        ([], [GET]),
    ],
)
def test_answers_that_do_not_fit_the_requests_are_refused(
    parts: list[str], entries: list[Operation | ChangeSet]
) -> None:
    with pytest.raises(BatchMalformed):
        read(parts, entries)


def test_an_answer_without_a_boundary_is_refused() -> None:
    with pytest.raises(BatchMalformed, match="boundary"):
        decode("text/html", b"<html>", [GET])


@given(st.data())
def test_an_answer_that_is_cut_off_anywhere_is_refused(data: st.DataObject) -> None:
    whole = multipart([http_part(json_reply({"a": "b"})), http_part(Reply(204))]).encode()
    end = data.draw(st.integers(0, len(whole) - len("--\r\n") - 1))

    with pytest.raises(BatchMalformed):
        decode(TYPE, whole[:end], [GET, POST])


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()))
def test_any_row_survives_the_way_through_a_part(row: dict[str, object]) -> None:
    (answer,) = read([http_part(json_reply(row))], [GET])

    assert answer.document() == row


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b'{"a":'])
def test_a_body_that_is_no_json_object_is_not_understood(content: bytes) -> None:
    (answer,) = read([http_part(Reply(200, {"REQ_ID": "r-1"}, content))], [GET])

    with pytest.raises(AnswerNotUnderstood) as raised:
        answer.document()
    assert raised.value.request_id == "r-1"
    assert raised.value.status == 200


def test_the_error_that_ended_a_batch_is_its_last_part() -> None:
    failing = json_reply(error_document("0x80044331"), 400)
    plain = multipart([http_part(Reply(204)), http_part(failing)]).encode()
    nested = multipart([change_set_part([http_part(failing, 1)])]).encode()

    for text in (plain, nested):
        status, headers, content = last_failure(TYPE, text)
        assert (status, headers["content-type"]) == (400, "application/json")
        assert b"0x80044331" in content
    with pytest.raises(BatchMalformed):
        last_failure(TYPE, b"\r\n--batchresponse_c1--\r\n")
