"""Not sent or maybe sent, proven on real sockets for a write that must not be repeated."""

import socket
import ssl
import traceback

import pytest

from emulators.control_plane.tls import tls_files
from tests.contract.transport import scripted_server as does
from tests.contract.transport.scripted_server import closed_port, pooled_connections, scripted, unanswering_port
from transport import AnswerCutOff, DeliveryFailed, RateLimiter, Repeats, SendWindowClosed, Timeouts
from transport.connections import HTTPConnection

KEY = "Basic c3dvcmRmaXNo"


def post(transport, url, **options):
    return transport.exchange(
        "POST",
        url + "/additions?fields=id%2Cname",
        headers={"Authorization": KEY},
        content=b'{"quantity":1}',
        **({"repeatable": False} | options),
    )


def failure_of(transport, url, **options) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        post(transport, url, **options)
    return caught.value


def test_a_refused_connection_means_not_sent(make_transport):
    with closed_port() as url:
        failure = failure_of(make_transport(), url)
    assert failure.delivery == "not_sent"
    assert failure.reason == "no connection: ConnectionRefusedError, Connection refused"


def test_a_connection_that_is_not_answered_means_not_sent(make_transport):
    with unanswering_port() as url:
        failure = failure_of(make_transport(), url)
    assert failure.delivery == "not_sent"
    assert "no connection" in failure.reason


def test_an_unknown_host_means_not_sent(make_transport, monkeypatch):
    def unknown(*_args, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = failure_of(make_transport(), "http://nowhere.invalid")
    assert (failure.delivery, failure.reason) == ("not_sent", "no connection: gaierror")


def test_a_failed_tls_handshake_means_not_sent(make_transport):
    with scripted(does.raw(b"HTTP/1.1 400 plain\r\n\r\n")) as server:
        failure = failure_of(make_transport(), server.url.replace("http:", "https:"))
    assert failure.delivery == "not_sent"


def test_a_tls_handshake_without_answer_means_not_sent(make_transport):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        failure = failure_of(make_transport(), f"https://127.0.0.1:{mute.getsockname()[1]}")
    assert failure.delivery == "not_sent"


@pytest.mark.parametrize(
    "action",
    [
        does.reset_before_reading(),
        does.reset_after_reading(),
        does.close_after_reading(),
        does.silence(),
        does.raw(b"this is not HTTP\r\n\r\n"),
        does.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + b"A" * 70_000),
    ],
    ids=["reset unread", "reset read", "closed", "read time-out", "not HTTP", "endless header"],
)
def test_whatever_happens_after_the_first_byte_means_maybe_sent_and_no_repeat(make_transport, action):
    with scripted(action) as server:
        failure = failure_of(make_transport(repeats=Repeats()), server.url)
        assert server.connections == 1
    assert failure.delivery == "maybe_sent"
    assert not isinstance(failure, AnswerCutOff)


@pytest.mark.parametrize(
    "action",
    [
        does.half_an_answer(201),
        does.raw(b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
        does.raw(b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"'),
    ],
)
def test_half_an_answer_is_maybe_sent_and_keeps_its_status(make_transport, action):
    with scripted(action) as server:
        failure = failure_of(make_transport(repeats=Repeats()), server.url)
        assert len(server.seen) == 1
    assert isinstance(failure, AnswerCutOff)
    assert failure.delivery == "maybe_sent"
    assert failure.status == 201


def test_an_answer_that_stops_in_the_middle_is_given_up_after_the_read_time_out(make_transport):
    with scripted(does.silence_within_the_answer()) as server:
        failure = failure_of(make_transport(), server.url)
    assert isinstance(failure, AnswerCutOff)
    assert failure.status == 200


def test_a_body_that_drips_for_ever_is_given_up(make_transport):
    with scripted(does.drips()) as server:
        failure = failure_of(make_transport(timeouts=Timeouts(connect=1, read=1, body=0.1)), server.url)
    assert isinstance(failure, AnswerCutOff)
    assert failure.reason == "the request was on its way: TimeoutError"


def test_a_connection_that_the_server_closed_while_idle_is_replaced_before_sending(make_transport):
    transport = make_transport()
    with scripted(does.answer_then_close_quietly(), does.answer(201)) as server:
        post(transport, server.url)
        server.seen.clear()
        wait_until_closed_by_server(transport, server.url)
        assert post(transport, server.url).status == 201
        assert [seen.connection for seen in server.seen] == [2]


def wait_until_closed_by_server(transport, url):
    (connection,) = pooled_connections(transport, url)
    connection.sock.settimeout(5)
    assert connection.sock.recv(1, socket.MSG_PEEK) == b""


def test_a_reset_on_a_reused_connection_is_maybe_sent_because_nobody_can_know(make_transport):
    transport = make_transport(repeats=Repeats())
    with scripted(does.answer(), does.reset_before_reading()) as server:
        post(transport, server.url)
        failure = failure_of(transport, server.url)
        assert server.connections == 1
    assert failure.delivery == "maybe_sent"


def test_connections_are_reused(make_transport):
    transport = make_transport()
    with scripted() as server:
        for _ in range(3):
            post(transport, server.url)
        assert [seen.connection for seen in server.seen] == [1, 1, 1]


def test_a_connection_that_was_idle_for_too_long_is_not_reused(make_transport):
    now = [100.0]
    limiter = RateLimiter(requests_per_minute=60_000, in_flight=8, clock=lambda: now[0])
    transport = make_transport(clock=lambda: now[0], limiter=limiter, idle_limit=10.0)
    with scripted() as server:
        post(transport, server.url)
        now[0] += 10.0
        post(transport, server.url)
        now[0] += 10.1
        post(transport, server.url)
        assert [seen.connection for seen in server.seen] == [1, 1, 2]


def test_the_send_window_is_checked_when_the_connection_is_open(make_transport, monkeypatch):
    now = [100.0]
    limiter = RateLimiter(requests_per_minute=60_000, in_flight=8, clock=lambda: now[0])
    transport = make_transport(clock=lambda: now[0], limiter=limiter)
    connect = HTTPConnection.connect

    def slowly(connection):
        connect(connection)
        now[0] += 9.0

    monkeypatch.setattr(HTTPConnection, "connect", slowly)
    with scripted() as server:
        with pytest.raises(SendWindowClosed) as caught:
            post(transport, server.url, send_before=109.0)
        assert caught.value.delivery == "not_sent"
        assert post(transport, server.url, send_before=118.1).status == 200
        assert len(server.seen) == 1


def test_a_certificate_is_trusted_only_through_the_bundle_of_the_environment(make_transport, monkeypatch, tmp_path):
    files = tls_files(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with scripted(does.answer(), does.reset_after_reading(), tls=context) as server:
        failure = failure_of(make_transport(), server.url)
        assert failure.delivery == "not_sent"
        assert "certificate not accepted" in failure.reason
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files.authority))
        transport = make_transport(timeouts=Timeouts(connect=2, read=2))
        assert post(transport, server.url).status == 200
        assert failure_of(transport, server.url).delivery == "maybe_sent"


def test_a_proxy_that_refuses_the_tunnel_means_not_sent(make_transport, monkeypatch):
    with scripted(does.answer(502, b"no")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        failure = failure_of(make_transport(), "https://api-na.example.invalid")
        assert [seen.method for seen in proxy.seen] == ["CONNECT"]
        assert "authorization" not in proxy.seen[0].headers
    assert failure.delivery == "not_sent"


def test_a_proxy_for_plain_http_is_used(make_transport, monkeypatch):
    with scripted() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert post(make_transport(), "http://intranet.invalid").status == 200
        proxy.will(does.reset_after_reading())
        assert failure_of(make_transport(), "http://intranet.invalid").delivery == "maybe_sent"


@pytest.mark.parametrize("action", [does.reset_after_reading(), does.half_an_answer(), does.silence()])
def test_a_failure_carries_no_key_no_query_and_no_library_exception(make_transport, action):
    with scripted(action) as server:
        failure = failure_of(make_transport(), server.url)
    told = "".join(traceback.format_exception(failure)) + repr(failure)
    with_variables = "".join(traceback.TracebackException.from_exception(failure, capture_locals=True).format())
    assert "fields=id" not in told
    for hidden in (KEY, KEY.removeprefix("Basic "), "requests.exceptions"):
        assert hidden not in told + with_variables
    assert failure.__context__ is None
    assert failure.__cause__ is None
