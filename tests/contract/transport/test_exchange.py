"""Repeats, limits, redirects, cookies and logs of the exchange, on real sockets."""

import contextlib
import gzip
import http.client
import logging
import threading
import time

import pytest

from tests.contract.transport import scripted_server as does
from tests.contract.transport.scripted_server import closed_port, pooled_connections, scripted
from transport import DeliveryFailed, LimiterPaused, RateLimiter, Repeats, Reply, Timeouts

HEADERS = {"Authorization": "Basic c3dvcmRmaXNo", "clientId": "0f0f0f0f-client"}


def get(transport, url, **options):
    return transport.exchange("GET", url, **({"headers": HEADERS, "repeatable": True} | options))


def post(transport, url, **options):
    return transport.exchange("POST", url, **({"headers": HEADERS, "content": b"{}", "repeatable": False} | options))


def test_an_answer_comes_back_as_it_is(make_transport):
    with scripted(does.answer(418, b"teapot", x_cw_request_id="r1", Content_Type="text/plain")) as server:
        reply = get(make_transport(), server.url + "/a?b=c%2Cd/e")
        assert server.seen[0].target == "/a?b=c%2Cd/e"
    assert (reply.status, reply.content, reply.headers["X-CW-Request-Id"]) == (418, b"teapot", "r1")
    assert not reply.says_json
    assert "teapot" not in repr(reply)


def test_a_large_answer_in_compressed_chunks_comes_back_whole(make_transport):
    body = b"".join(b"%d," % number for number in range(100_000))
    packed = gzip.compress(body)
    chunks = [packed[start : start + 5000] for start in range(0, len(packed), 5000)] + [b""]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    transport = make_transport()
    with scripted(does.raw(head + framed)) as server:
        assert get(transport, server.url).content == body


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_is_empty_and_leaves_its_connection_open(make_transport, status):
    transport = make_transport()
    with scripted(does.answer(status, b"")) as server:
        assert get(transport, server.url).content == b""
        get(transport, server.url)
        assert server.connections == 1


@pytest.mark.parametrize(
    ("content_type", "says_json"),
    [
        ("application/json; charset=utf-8", True),
        ("application/problem+json", True),
        ("APPLICATION/JSON", True),
        ("text/html", False),
        ("application/jsonp", False),
    ],
)
def test_an_answer_says_whether_it_is_json(content_type, says_json):
    assert Reply(200, {"Content-Type": content_type}, b"").says_json is says_json


@pytest.mark.parametrize(
    "fault",
    [
        does.reset_before_reading(),
        does.reset_after_reading(),
        does.half_an_answer(),
        does.silence(),
        does.answer(502, b"<html>", Content_Type="text/html"),
        does.answer(503),
        does.answer(504),
    ],
    ids=["reset unread", "reset", "half", "time-out", "502", "503", "504"],
)
def test_a_read_is_repeated_after_a_passing_fault(make_transport, naps, fault):
    with scripted(fault, does.answer(200, b'{"id":1}')) as server:
        reply = get(make_transport(repeats=Repeats()), server.url)
        assert reply.content == b'{"id":1}'
        assert len(naps) == 1


@pytest.mark.parametrize("fault", [does.answer(502), does.answer(503, Retry_After="1"), does.answer(500)])
def test_a_write_is_not_repeated_after_a_fault_that_may_follow_the_commit(make_transport, naps, fault):
    with scripted(fault) as server:
        assert post(make_transport(repeats=Repeats()), server.url).status >= 500
        assert len(server.seen) == 1
    assert naps == []


@pytest.mark.parametrize("send", [get, post])
def test_everything_is_repeated_after_429(make_transport, naps, send):
    with scripted(does.answer(429, b"", Retry_After="0.01"), does.answer(201)) as server:
        assert send(make_transport(repeats=Repeats()), server.url).status == 201
    assert naps == [pytest.approx(0.26)]


@pytest.mark.parametrize("send", [get, post])
def test_everything_is_repeated_while_the_connection_cannot_be_opened(make_transport, send):
    with closed_port() as url, scripted() as server:
        transport = make_transport(repeats=Repeats(attempts=4))
        naps = []

        def nap(seconds):
            naps.append(seconds)

        transport._sleep = nap
        with pytest.raises(DeliveryFailed) as caught:
            send(transport, url)
        assert server.seen == []
    assert caught.value.delivery == "not_sent"
    assert naps == [0.25, 0.5, 1.0]


def test_a_status_that_the_caller_calls_passing_is_repeated_for_reads_only(make_transport):
    def passing(reply):
        return reply.status == 500

    with scripted(does.answer(500), does.answer(200), does.answer(500)) as server:
        transport = make_transport(repeats=Repeats())
        assert get(transport, server.url, passing=passing).status == 200
        assert post(transport, server.url, passing=passing).status == 500


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 409, 500, 501])
def test_a_final_answer_is_not_repeated(make_transport, status):
    with scripted(does.answer(status)) as server:
        assert get(make_transport(repeats=Repeats()), server.url).status == status
        assert len(server.seen) == 1


def test_the_last_answer_is_returned_when_the_repeats_are_used_up(make_transport, naps):
    with scripted(otherwise=does.answer(503)) as server:
        assert get(make_transport(repeats=Repeats(attempts=3)), server.url).status == 503
        assert len(server.seen) == 3
    assert sum(naps) < 5


def test_a_long_retry_after_goes_back_to_the_caller_and_pauses_everybody(make_transport, naps):
    transport = make_transport(repeats=Repeats())
    with scripted(does.answer(429, b"", Retry_After="30")) as server:
        reply = post(transport, server.url)
        assert (reply.status, reply.retry_after) == (429, 30.0)
        for send in (get, post):
            with pytest.raises(LimiterPaused) as paused:
                send(transport, server.url, send_before=time.monotonic() + 3)
            assert paused.value.retry_after == pytest.approx(30, abs=1)
        assert len(server.seen) == 1
    assert naps == []


@pytest.mark.parametrize(("status", "retry_after"), [(429, None), (503, "30")])
def test_a_pause_is_told_to_the_limiter(make_transport, status, retry_after):
    pauses = []
    limiter = RateLimiter(requests_per_minute=60_000, in_flight=8)
    limiter.pause = pauses.append
    headers = {} if retry_after is None else {"Retry_After": retry_after}
    with scripted(does.answer(status, b"", **headers)) as server:
        get(make_transport(limiter=limiter), server.url)
    assert pauses == [30.0]


def test_no_repeat_begins_after_the_send_window(make_transport, naps):
    transport = make_transport(repeats=Repeats())
    with scripted(otherwise=does.answer(429, b"", Retry_After="2")) as server:
        assert post(transport, server.url, send_before=time.monotonic() + 1).status == 429
        assert len(server.seen) == 1
    assert naps == []


def test_a_hanging_server_costs_two_read_time_outs_not_six(make_transport):
    transport = make_transport(repeats=Repeats(wait_in_all=0.05, first_wait=0.001), timeouts=Timeouts(1, 0.2))
    with scripted(otherwise=does.silence()) as server:
        with pytest.raises(DeliveryFailed):
            get(transport, server.url)
        assert len(server.seen) == 2


def test_a_read_time_out_of_its_own_applies_to_one_request(make_transport):
    with scripted(does.silence()) as server:
        started = time.monotonic()
        with pytest.raises(DeliveryFailed):
            get(make_transport(timeouts=Timeouts(1, 30)), server.url, read_timeout=0.1)
        assert time.monotonic() - started < 5


def test_redirects_are_returned_and_not_followed(make_transport):
    with scripted() as other:
        for place in (other.url, "http://[broken", "//"):
            with scripted(does.answer(302, b"", Location=place)) as server:
                assert get(make_transport(), server.url).status == 302
        assert other.seen == []


def test_cookies_are_not_kept(make_transport):
    transport = make_transport()
    with scripted(does.answer(200, b"", Set_Cookie="ARRAffinity=x; Path=/")) as server:
        get(transport, server.url)
        get(transport, server.url)
        assert "cookie" not in server.seen[1].headers


def test_a_netrc_file_does_not_replace_the_authorization(make_transport, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted() as server:
        get(make_transport(), server.url)
        assert server.seen[0].headers["authorization"] == HEADERS["Authorization"]


def test_a_header_with_a_line_break_is_refused_without_its_value(make_transport):
    with scripted() as server:
        with pytest.raises(ValueError, match="Authorization") as refusal:
            get(make_transport(), server.url, headers={"Authorization": "Basic geheim\nX: y"})
        assert "geheim" not in str(refusal.value)
        assert server.seen == []


def test_requests_in_flight_are_limited_for_all_threads(make_transport):
    together, most, lock = [0], [0], threading.Lock()

    def count(wire):
        wire.read_request()
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        time.sleep(0.01)
        with lock:
            together[0] -= 1
        wire.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        return True

    transport = make_transport(limiter=RateLimiter(requests_per_minute=60_000, in_flight=2))
    with scripted(otherwise=count) as server:
        threads = [threading.Thread(target=get, args=(transport, server.url)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(server.seen) == 8
    assert most == [2]


def test_a_slot_is_not_held_during_the_wait_for_a_repeat(make_transport):
    limiter = RateLimiter(requests_per_minute=60_000, in_flight=1)
    transport = make_transport(limiter=limiter, repeats=Repeats())
    with scripted(does.answer(503), does.answer(200)) as server:
        taken = []

        def nap(_seconds):
            with limiter.slot(latest=time.monotonic() + 1):
                taken.append(True)

        transport._sleep = nap
        get(transport, server.url)
    assert taken == [True]


def test_nothing_secret_is_logged_at_any_level(make_transport, caplog, capsys, monkeypatch):
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    caplog.set_level(logging.DEBUG)
    transport = make_transport(repeats=Repeats())
    with scripted(does.answer(503), does.reset_after_reading(), does.answer(200)) as server:
        get(transport, server.url + "/list?conditions=name%3D%22Fabrikam%22")
        server.will(does.reset_after_reading())
        with contextlib.suppress(DeliveryFailed):
            post(transport, server.url + "/list?fields=Fabrikam", content=b'{"note":"Fabrikam"}')
    shown = (
        caplog.text + "".join(map(str, [record.__dict__ for record in caplog.records])) + "".join(capsys.readouterr())
    )
    for secret in (*HEADERS.values(), "c3dvcmRmaXNo", "Fabrikam"):
        assert secret not in shown
    assert "GET http://127.0.0.1" in caplog.text
    assert "/list: 200" in caplog.text
    assert "is repeated in" in caplog.text


def test_a_closed_transport_leaves_no_connection_open(make_transport):
    transport = make_transport()
    with scripted() as server:
        get(transport, server.url)
        (connection,) = pooled_connections(transport, server.url)
        assert connection.sock is not None
        transport.close()
        assert connection.sock is None
