"""The way to a tenant's API: checked, discovered once, and found again when it moved."""

import threading
import time

import pytest

from connectwise.errors import AnswerNotUnderstood, CredentialsRefused, NoAnswer, RouteInvalid, ServerFault
from connectwise.refusals import Refusals
from connectwise.routes import Routes, Site, site_of
from tests.unit.connectwise.scripted_transport import INFO, ScriptedTransport, client_of, reply
from transport import DeliveryFailed

CLOUD = Site("https://na.myconnectwise.net", "https://api-na.myconnectwise.net")
CANNOT_ROUTE = reply(400, text="Cannot route. Codebase/company is invalid", content_type="text/plain")
PAGE = reply(404, text="<html>404 - File or directory not found.</html>")
RECORD = reply(200, {"id": 412})


@pytest.mark.parametrize(
    ("entered", "allowed", "site"),
    [
        ("https://na.myconnectwise.net", "na.myconnectwise.net", CLOUD),
        ("https://API-NA.myconnectwise.net/", "na.myconnectwise.net", CLOUD),
        (" na.myconnectwise.net ", "api-na.MYconnectwise.net ", CLOUD),
        ("https://psa.example:8443", "psa.example", Site("https://psa.example:8443", "https://psa.example:8443")),
        ("http://127.0.0.1:9", "127.0.0.1", Site("http://127.0.0.1:9", "http://127.0.0.1:9")),
        ("http://localhost", "localhost", Site("http://localhost", "http://localhost")),
        ("http://[::1]:9", "::1", Site("http://[::1]:9", "http://[::1]:9")),
        (
            "https://sandbox-na.myconnectwise.net",
            "sandbox-na.myconnectwise.net",
            Site("https://sandbox-na.myconnectwise.net", "https://sandbox-na.myconnectwise.net"),
        ),
    ],
)
def test_an_address_leads_to_the_screens_and_to_the_api(entered, allowed, site):
    assert site_of(entered, [allowed]) == site


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ("http://na.myconnectwise.net", "https"),
        ("ftp://na.myconnectwise.net", "https"),
        ("http://127.0.0.1.evil.example", "https"),
        ("https://evil.example", "not among"),
        ("https://na.myconnectwise.net.evil.example", "not among"),
        ("https://evil.example#na.myconnectwise.net", "host name only"),
        ("https://me:secret@na.myconnectwise.net", "host name only"),
        ("https://na.myconnectwise.net/v4_6_release", "host name only"),
        ("https://na.myconnectwise.net?x", "host name only"),
        ("", "host name only"),
        ("https://", "host name only"),
        ("https://host:port", "not a web address"),
        ("https://[broken", "not a web address"),
    ],
)
def test_any_other_address_is_refused_before_anything_is_sent(entered, message):
    with pytest.raises(RouteInvalid, match=message) as refusal:
        site_of(entered, ["na.myconnectwise.net"])
    assert refusal.value.delivery == "not_sent"
    assert "secret" not in str(refusal.value)


def test_an_address_that_is_not_allowed_fails_at_the_first_request_not_before():
    transport = ScriptedTransport()
    client = client_of(transport, site_url="https://evil.example")
    with pytest.raises(RouteInvalid):
        client.record("/system/info")
    assert transport.info_asked == transport.asked == []


def test_companyinfo_is_asked_once_without_credentials():
    transport = ScriptedTransport(RECORD, RECORD)
    client = client_of(transport, company="north wind/x")
    client.record("/finance/agreements/412")
    client.record("/finance/agreements/412")
    (info,) = transport.info_asked
    assert info.url == "https://na.myconnectwise.net/login/companyinfo/north%20wind%2Fx"
    assert set(info.headers) == {"Accept"}
    assert {asked.url for asked in transport.asked} == {
        "https://api-na.myconnectwise.net/v2025_1/apis/3.0/finance/agreements/412"
    }


def test_many_threads_cause_one_discovery():
    class Slow(ScriptedTransport):
        def exchange(self, method, url, **options):
            time.sleep(0.02)  # so that all threads come before the first answer
            return super().exchange(method, url, **options)

    transport = Slow(*[RECORD] * 8)
    client = client_of(transport)
    threads = [threading.Thread(target=client.record, args=("/x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(transport.info_asked) == 1
    assert len(transport.asked) == 8


@pytest.mark.parametrize(
    ("info", "error", "text"),
    [
        (reply(200, None), RouteInvalid, "does not know this login company"),
        (PAGE, RouteInvalid, "no ConnectWise site"),
        (
            reply(302, text="", Location="https://other.example/?a=b"),
            RouteInvalid,
            "redirect to https://other.example/$",
        ),
        (reply(503, text="<html>"), ServerFault, "503"),
        (reply(200, text="<html>"), AnswerNotUnderstood, "html"),
        (reply(200, {"Codebase": "../evil/"}), AnswerNotUnderstood, "usable Codebase"),
        (reply(200, {"Codebase": 5}), AnswerNotUnderstood, "usable Codebase"),
        (reply(200, ["Codebase"]), AnswerNotUnderstood, "usable Codebase"),
        (DeliveryFailed("maybe_sent", "reset"), NoAnswer, "reset"),
    ],
)
def test_a_failed_discovery_says_why(info, error, text):
    transport = ScriptedTransport()
    transport.info = info
    with pytest.raises(error, match=text) as caught:
        client_of(transport).record("/x")
    assert caught.value.path.startswith("/login/companyinfo")
    assert transport.asked == []


class Moving:
    """A client whose tenant moves to another codebase while it runs; time is ours."""

    def __init__(self, *script, age=3600.0):
        self.now = 0.0
        self.transport = ScriptedTransport(RECORD, *script)
        self.client = client_of(self.transport, clock=lambda: self.now)
        self.client.record("/warm")
        self.now = age
        self.transport.info = reply(200, INFO | {"Codebase": "v2025_2/"})


@pytest.mark.parametrize("sign", [CANNOT_ROUTE, PAGE])
def test_a_moved_codebase_is_read_again_and_the_call_repeated_once(sign):
    moving = Moving(sign, reply(201, {"id": 7}), RECORD)
    assert moving.client.create("/finance/agreements/412/additions", {"a": 1}, send_before=5.0) == {"id": 7}
    _, first, second = moving.transport.asked
    assert (first.path, second.path) == (
        "/v2025_1/apis/3.0/finance/agreements/412/additions",
        "/v2025_2/apis/3.0/finance/agreements/412/additions",
    )
    assert second.content == first.content
    assert second.options["send_before"] == 5.0
    moving.client.record("/x")
    assert len(moving.transport.info_asked) == 2


def test_a_call_is_not_repeated_a_second_time():
    moving = Moving(CANNOT_ROUTE, CANNOT_ROUTE)
    with pytest.raises(RouteInvalid, match="Cannot route"):
        moving.client.record("/x")
    assert len(moving.transport.info_asked) == 2


def test_an_unmoved_codebase_means_that_the_route_is_wrong():
    moving = Moving(CANNOT_ROUTE)
    moving.transport.info = reply(200, INFO)
    with pytest.raises(RouteInvalid):
        moving.client.record("/x")


def test_a_codebase_that_was_just_read_is_not_read_again():
    moving = Moving(CANNOT_ROUTE, CANNOT_ROUTE, age=59.0)
    for _ in range(2):
        with pytest.raises(RouteInvalid):
            moving.client.record("/x")
    assert len(moving.transport.info_asked) == 1


def test_a_thread_that_comes_late_takes_the_route_that_another_has_read():
    now = [0.0]
    transport = ScriptedTransport()
    routes = Routes(site=lambda: CLOUD, company="c", transport=transport, refusals=Refusals(()), clock=lambda: now[0])
    old = routes.current()
    now[0] = 100.0
    transport.info = reply(200, INFO | {"Codebase": "v2025_2/"})
    fresh = routes.reread(old)
    now[0] = 200.0
    assert routes.reread(old) == fresh != old
    assert len(transport.info_asked) == 2


@pytest.mark.parametrize("probe", [reply(401, {"code": "Unauthorized"}), PAGE, reply(404, {"code": "NotFound"})])
def test_a_page_instead_of_a_record_means_wrong_keys_when_they_open_nothing_else(probe):
    transport = ScriptedTransport(PAGE, probe)
    with pytest.raises(CredentialsRefused) as caught:
        client_of(transport).record("/finance/agreements/412")
    assert transport.asked[1].path.endswith("/system/info")
    assert caught.value.status == probe.status
    assert "4" in str(caught.value)
