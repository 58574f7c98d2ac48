"""The client speaks as the Developer Guide asks and tells by type what went wrong."""

import traceback
from decimal import Decimal

import pytest

from connectwise import errors
from connectwise.conditions import any_of, compare, contains
from connectwise.errors import (
    AnswerNotUnderstood,
    ConnectWiseError,
    FieldError,
    NoAnswer,
    RateLimited,
    RecordNotFound,
    RequestInvalid,
    ServerFault,
)
from connectwise.patch import PatchIgnored, replaced
from connectwise.queries import LONGEST_URL, Query
from tests.unit.connectwise.scripted_transport import (
    CLIENT_ID,
    PRIVATE,
    PUBLIC,
    ScriptedTransport,
    client_of,
    reply,
)
from transport import AnswerCutOff, DeliveryFailed, LimiterPaused, SendWindowClosed

PAGE = reply(404, text="<!DOCTYPE html><html><title>404 - File or directory not found.</title></html>")


def json_error(status, code, message, *entries, **headers):
    body = {"code": code, "message": message, "errors": list(entries) or None}
    return reply(status, body, x_cw_request_id="req-1", **headers)


def field_error(code, field="x"):
    return {"code": code, "message": f"about {field}", "resource": "addition", "field": field}


ANSWERS = [
    (json_error(400, "ApiFindCondition", "assignedTo/id is not a recognized name."), "RequestInvalid"),
    (json_error(400, "ConnectWiseApi", "Could not find member 'page' on object of type 'X'."), "RequestInvalid"),
    (json_error(400, "InvalidObject", "addition object is invalid", field_error("MaxLengthField")), "RequestInvalid"),
    (
        json_error(400, "InvalidObject", "x", field_error("InvalidField"), field_error("ObjectExists")),
        "DuplicateRecord",
    ),
    (reply(400, text="Cannot route. Codebase/company is invalid"), "RouteInvalid"),
    (json_error(400, "ConnectWiseApi", "Cannot route. Codebase/company is invalid"), "RouteInvalid"),
    (reply(400, text="<html>Bad Request</html>"), "RequestInvalid"),
    (json_error(401, "Unauthorized", "Incorrect public/private key"), "CredentialsRefused"),
    (reply(401, text="<html>"), "CredentialsRefused"),
    (json_error(403, "Security", "You do not have security permission to perform this action."), "PermissionDenied"),
    (json_error(403, "Security", "SSL is required."), "RouteInvalid"),
    (reply(403, text="<html>Access denied | Cloudflare</html>"), "ServerFault"),
    (json_error(404, "NotFound", "Agreement 4711 not found"), "RecordNotFound"),
    (json_error(404, "ConnectWiseApi", "The endpoint does not exist."), "RequestInvalid"),
    (reply(405, text=""), "RequestInvalid"),
    (reply(408, text=""), "ServerFault"),
    (json_error(409, "Conflict", "in use"), "Conflict"),
    (reply(414, text=""), "RequestInvalid"),
    (reply(415, text=""), "RequestInvalid"),
    (reply(429, {"error": "ConnectWiseAPI", "message": "Too many requests."}, Retry_After="7"), "RateLimited"),
    (reply(429, text="error code: 1015", content_type="text/plain"), "RateLimited"),
    (json_error(500, "ConnectWiseApi", "A timeout has occured. Please try again."), "ServerFault"),
    (json_error(500, "ConnectWiseApi", "Error converting value \"abc\" to type 'System.Int32'."), "RequestInvalid"),
    (reply(500, text="<html>"), "ServerFault"),
    (reply(501, text=""), "ServerFault"),
    (reply(502, text="<html>Bad gateway"), "ServerFault"),
    (reply(503, text=""), "ServerFault"),
    (reply(504, text=""), "ServerFault"),
    (reply(302, text="", Location="http://na.myconnectwise.net/x?secret"), "RouteInvalid"),
    (reply(304, text=""), "RouteInvalid"),
    (reply(199, text=""), "ServerFault"),
    (reply(400, ["not", "an", "object"]), "RequestInvalid"),
    (reply(400, {"errors": "none", "message": 5, "code": 7}), "RequestInvalid"),
    (reply(400, text="{broken", content_type="application/json"), "RequestInvalid"),
]


@pytest.mark.parametrize(("answer", "error"), ANSWERS, ids=lambda value: getattr(value, "status", value))
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_each_answer_becomes_the_error_that_its_status_and_body_mean(answer, error, method):
    client = client_of(ScriptedTransport(answer))
    calls = {
        "GET": lambda: client.record("/finance/agreements/4711"),
        "POST": lambda: client.create("/finance/agreements/4711", {}),
        "PATCH": lambda: client.patch("/finance/agreements/4711", [replaced("name", "x")]),
    }
    with pytest.raises(ConnectWiseError) as caught:
        calls[method]()
    assert type(caught.value) is getattr(errors, error)
    assert caught.value.delivery == "answered"
    assert (caught.value.method, caught.value.path) == (method, "/finance/agreements/4711")
    assert caught.value.status == answer.status
    assert caught.value.is_write is (method != "GET")


def error_for(answer):
    with pytest.raises(ConnectWiseError) as caught:
        client_of(ScriptedTransport(answer)).record("/x")
    return caught.value


def test_an_error_carries_the_facts_of_the_answer():
    answer = json_error(
        400, "InvalidObject", "addition object is invalid", field_error("MaxLengthField", "serialNumber")
    )
    error = error_for(answer)
    assert (error.code, error.vendor_message) == ("InvalidObject", "addition object is invalid")
    assert error.request_id == "req-1"
    assert error.field_errors == (FieldError("MaxLengthField", "about serialNumber", "addition", "serialNumber"),)


def test_field_errors_may_be_incomplete():
    body = {"code": "InvalidObject", "errors": [{"message": "only this", "field": None}, "rubbish"]}
    error = error_for(reply(400, body))
    assert error.field_errors == (FieldError("", "only this", None, None),)
    assert "only this" in error.vendor_message


def test_the_code_of_a_429_is_called_error():
    error = error_for(reply(429, {"error": "ConnectWiseAPI", "message": "Too many requests."}, Retry_After="7"))
    assert (error.code, error.retry_after) == ("ConnectWiseAPI", 7.0)


def test_a_429_without_retry_after_asks_for_half_a_minute():
    assert error_for(reply(429, text="error code: 1015")).retry_after == 30.0


def test_a_fault_without_retry_after_asks_for_nothing():
    assert error_for(reply(503, text="")).retry_after is None


def test_a_page_is_kept_in_500_characters_on_one_line():
    error = error_for(reply(502, text="<html>\n\n" + "x" * 1000))
    assert len(error.vendor_message) == 500
    assert "\n" not in error.vendor_message


def test_a_redirect_shows_where_to_but_not_its_query():
    assert error_for(ANSWERS[-6][0]).vendor_message == "redirect to http://na.myconnectwise.net/x"
    assert error_for(reply(302, text="")).vendor_message == "redirect to (no address)"
    assert error_for(reply(302, text="", Location="http://[x")).vendor_message == "redirect to (unreadable address)"


@pytest.mark.parametrize("probe", [reply(200, {"version": "v2025.1"}), json_error(403, "Security", "no permission")])
def test_a_page_instead_of_a_record_means_no_record_when_the_keys_work(probe):
    transport = ScriptedTransport(PAGE, probe)
    with pytest.raises(RecordNotFound) as caught:
        client_of(transport).create("/finance/agreements/4711/additions", {})
    assert caught.value.method == "POST"
    assert [asked.method for asked in transport.asked] == ["POST", "GET"]


def test_a_page_instead_of_a_record_stays_open_when_the_keys_cannot_be_tried():
    with pytest.raises(ServerFault) as caught:
        client_of(ScriptedTransport(PAGE, reply(503, text=""))).create("/x", {})
    assert (caught.value.method, caught.value.path) == ("GET", "/system/info")


@pytest.mark.parametrize(
    ("failure", "error", "delivery"),
    [
        (DeliveryFailed("not_sent", "refused"), NoAnswer, "not_sent"),
        (DeliveryFailed("maybe_sent", "reset"), NoAnswer, "maybe_sent"),
        (SendWindowClosed(), NoAnswer, "not_sent"),
        (LimiterPaused(12.0), RateLimited, "not_sent"),
        (AnswerCutOff("cut", status=201, headers={}), AnswerNotUnderstood, "answered"),
        (AnswerCutOff("cut", status=400, headers={}), RequestInvalid, "answered"),
        (AnswerCutOff("cut", status=503, headers={}), ServerFault, "answered"),
    ],
)
def test_a_missing_answer_says_whether_the_request_can_have_arrived(failure, error, delivery):
    with pytest.raises(ConnectWiseError) as caught:
        client_of(ScriptedTransport(failure)).create("/x", {})
    assert type(caught.value) is error
    assert caught.value.delivery == delivery


def test_a_pause_tells_how_long_it_lasts():
    with pytest.raises(RateLimited) as caught:
        client_of(ScriptedTransport(LimiterPaused(12.0))).record("/x")
    assert (caught.value.retry_after, caught.value.status) == (12.0, 429)


@pytest.mark.parametrize(
    "answer",
    [
        reply(201, text='{"id": 7', content_type="application/json"),
        reply(201, text="<html>created</html>"),
        reply(204, text=""),
        reply(201, [{"id": 7}]),
        reply(201, {"name": "no id"}),
        reply(201, {"id": "7"}),
        reply(201, {"id": True}),
        reply(200, None),
    ],
)
def test_a_success_that_is_not_the_record_is_answered_but_not_understood(answer):
    for call in (lambda c: c.create("/x", {}), lambda c: c.record("/x"), lambda c: c.patch("/x", [])):
        with pytest.raises(AnswerNotUnderstood) as caught:
            call(client_of(ScriptedTransport(answer)))
        assert caught.value.delivery == "answered"
        assert caught.value.status == answer.status


@pytest.mark.parametrize(
    "answer", [reply(200, {"code": "x"}), reply(200, None), reply(200, [{"name": 1}]), reply(200, [1])]
)
def test_a_list_that_is_none_is_never_taken_for_an_empty_one(answer):
    with pytest.raises(AnswerNotUnderstood):
        list(client_of(ScriptedTransport(answer)).rows("/x"))


def test_every_request_carries_version_and_credentials_and_a_body_its_type():
    transport = ScriptedTransport(reply(200, {"id": 1}), reply(201, {"id": 1}))
    client = client_of(transport)
    client.record("/x", fields=["id", "company/id"])
    client.create("/x", {"price": Decimal("1.10")}, fields=["id"])
    get, post = transport.asked
    for asked in (get, post):
        assert asked.headers["Accept"] == "application/vnd.connectwise.com+json; version=2025.1"
        assert asked.headers["clientId"] == CLIENT_ID
        assert asked.headers["Authorization"].startswith("Basic ")
        assert asked.options["passing"](json_error(500, "ConnectWiseApi", "A timeout has occured. Please try again."))
        assert not asked.options["passing"](json_error(500, "ConnectWiseApi", "something else"))
        assert not asked.options["passing"](json_error(400, "x", "a timeout has occured"))
    assert (get.query, post.query) == ({"fields": "id,company/id"}, {"fields": "id"})
    assert "Content-Type" not in get.headers
    assert get.content is None
    assert post.headers["Content-Type"] == "application/json"
    assert post.content == b'{"price":1.10}'


def test_only_reads_are_repeatable():
    transport = ScriptedTransport(reply(200, []), reply(200, {"id": 1}), reply(201, {"id": 1}), reply(200, {"id": 1}))
    client = client_of(transport)
    list(client.rows("/x"))
    client.record("/x")
    client.create("/x", {})
    client.patch("/x", [])
    assert [asked.repeatable for asked in transport.asked] == [True, True, False, False]
    assert transport.info_asked[0].repeatable


def test_a_write_carries_its_send_window():
    transport = ScriptedTransport(reply(201, {"id": 1}))
    client_of(transport).create("/x", {}, send_before=123.0)
    assert transport.asked[0].options["send_before"] == 123.0


def test_lists_are_read_forward_only_with_the_last_id_and_a_longer_time_out():
    first = [{"id": 412}, {"id": 415}]
    transport = ScriptedTransport(
        reply(200, first, Link='<https://na/x?pageId=415>; rel="next"'), reply(200, [{"id": 418}], Link="")
    )
    client = client_of(transport, list_read_timeout=77.0)
    query = Query(conditions=compare("type/id", "=", 12), fields=["id"])
    assert [row["id"] for row in client.rows("/finance/agreements", query, page_size=2)] == [412, 415, 418]
    assert [asked.query for asked in transport.asked] == [
        {"conditions": "type/id = 12", "fields": "id", "pageSize": "2"},
        {"conditions": "type/id = 12", "fields": "id", "pageSize": "2", "pageId": "415"},
    ]
    assert {asked.headers["pagination-type"] for asked in transport.asked} == {"forward-only"}
    assert transport.asked[0].options["read_timeout"] == 77.0


@pytest.mark.parametrize("query", [Query(order_by="name asc"), Query(fields=["name"])])
def test_forward_only_reading_refuses_what_it_cannot_do(query):
    with pytest.raises(ValueError, match="by id"):
        list(client_of(ScriptedTransport()).rows("/x", query))


def test_pages_that_do_not_go_forward_are_not_understood():
    same = reply(200, [{"id": 1}, {"id": 2}])
    with pytest.raises(AnswerNotUnderstood, match="id 1 after id 2"):
        list(client_of(ScriptedTransport(same, same)).rows("/x", page_size=2))


def test_numbered_pages_are_for_searching():
    transport = ScriptedTransport(reply(200, [{"id": 5}], Link='<https://na/x?page=3>; rel="next"'), reply(200, []))
    client = client_of(transport)
    query = Query(conditions=contains("name", "cloud"), order_by="name asc")
    page = client.page("/procurement/catalog", query, number=2, page_size=25)
    assert page.rows == ({"id": 5},)
    assert page.has_next
    assert transport.asked[0].query == {
        "conditions": 'name contains "cloud"',
        "orderBy": "name asc",
        "page": "2",
        "pageSize": "25",
    }
    assert "pagination-type" not in transport.asked[0].headers
    assert not client.page("/x").has_next


def test_many_ids_are_asked_for_in_urls_that_are_short_enough():
    ids = list(range(100_000, 101_000))

    class Echo(ScriptedTransport):
        def exchange(self, method, url, **options):
            if "conditions" in url:
                assert len(url) <= LONGEST_URL
                asked = url.split("conditions=id%20in%20%28")[1].split("%29")[0].split("%2C")
                self.script.append(reply(200, [{"id": int(one)} for one in asked]))
            return super().exchange(method, url, **options)

    transport = Echo()
    rows = client_of(transport).rows_where_in("/finance/agreements", "id", ids, fields=["id", "name"])
    assert [row["id"] for row in rows] == ids
    assert len(transport.asked) == 6


def test_the_second_page_of_a_long_list_of_ids_fits_into_a_url_too():
    companies = list(range(1000, 9999))

    class TwoPages(ScriptedTransport):
        def exchange(self, method, url, **options):
            if "pageId" in url:
                self.script.append(reply(200, []))
            elif "conditions" in url:
                self.script.append(reply(200, [{"id": 2_000_000_000}], Link='<https://na/x?pageId=1>; rel="next"'))
            return super().exchange(method, url, **options)

    transport = TwoPages()
    list(client_of(transport).rows_where_in("/finance/agreements", "company/id", companies, fields=["id"]))
    second_pages = [asked.url for asked in transport.asked if "pageId" in asked.url]
    assert max(map(len, second_pages)) > LONGEST_URL - 10


def test_a_filter_that_is_too_long_is_refused_before_it_is_sent():
    transport = ScriptedTransport()
    query = Query(conditions=any_of(contains("name", "é" * 200), contains("name", "é" * 200)))
    with pytest.raises(RequestInvalid, match="too long for a URL") as caught:
        client_of(transport).page("/x", query)
    assert caught.value.delivery == "not_sent"
    assert transport.asked == []


def test_a_patch_sends_operations_and_returns_the_record():
    transport = ScriptedTransport(reply(200, {"id": 250, "defaultContact": {"id": 3105, "name": "Ada"}}))
    record = client_of(transport).patch("/company/companies/250", [replaced("defaultContact", {"id": 3105})])
    assert record["defaultContact"]["name"] == "Ada"
    assert transport.asked[0].method == "PATCH"
    assert transport.asked[0].json == [{"op": "replace", "path": "defaultContact", "value": {"id": 3105}}]


def test_a_200_without_effect_is_unmasked():
    transport = ScriptedTransport(reply(200, {"id": 250, "name": "as before", "website": "w"}, x_cw_request_id="r9"))
    with pytest.raises(PatchIgnored, match="did not change name") as caught:
        client_of(transport).patch("/company/companies/250", [replaced("name", "new"), replaced("website", "w")])
    assert isinstance(caught.value, RequestInvalid)
    assert (caught.value.status, caught.value.request_id) == (200, "r9")


@pytest.mark.parametrize("version", ["", "latest", "2025", "2025.1; x", "v2025.1"])
def test_a_version_that_cannot_be_pinned_is_refused(version):
    with pytest.raises(ValueError, match="not a version"):
        client_of(ScriptedTransport(), api_version=version)


def test_a_server_that_repeats_the_keys_does_not_get_them_into_an_error():
    transport = ScriptedTransport()
    token = client_of(transport)._credentials.headers("nwsample")["Authorization"]
    leaks = f"{token} {PUBLIC} {PRIVATE} {CLIENT_ID}"
    bodies = [
        reply(502, text=f"<html>{leaks}</html>"),
        json_error(400, "InvalidObject", leaks, {"code": "x", "message": leaks, "field": leaks}),
        reply(200, text=leaks),
    ]
    for body in bodies:
        with pytest.raises(ConnectWiseError) as caught:
            client_of(ScriptedTransport(body)).record("/x")
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert not any(secret in shown for secret in (token.removeprefix("Basic "), PUBLIC, PRIVATE, CLIENT_ID))


def test_a_failure_shows_neither_keys_nor_query_in_its_traceback():
    with pytest.raises(ConnectWiseError) as caught:
        client_of(ScriptedTransport(DeliveryFailed("maybe_sent", "reset"))).create("/x", {}, fields=["secretField"])
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(secret in shown for secret in (PUBLIC, PRIVATE, CLIENT_ID, "secretField="))


def test_the_client_does_not_show_its_keys():
    client = client_of(ScriptedTransport())
    assert not any(
        secret in repr(client) + repr(vars(client)["_credentials"]) for secret in (PUBLIC, PRIVATE, CLIENT_ID)
    )
