"""The wire tap sees each request and changes none."""

import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from actors.runtime.clock import SystemClock
from scripts.bench.relay import Relay, Tap


class Echo(BaseHTTPRequestHandler):
    """Answers with the body it got."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def relay():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    relay = Relay(server.server_address)
    yield relay
    relay.close()
    server.shutdown()
    thread.join()
    server.server_close()


def post(line, body, *, headers=b""):
    return line + b"\r\nContent-Length: %d\r\n" % len(body) + headers + b"\r\n" + body


def test_each_request_of_a_kept_connection_is_seen_whole_and_answered(relay):
    client = HTTPConnection("127.0.0.1", relay.port, timeout=5)
    before = SystemClock().mono_ns()

    answers = []
    for body in (b"one", b"two" * 50_000):
        client.request("POST", "/api/v1/order", body=body)
        answers.append(client.getresponse().read())
    client.close()

    assert answers == [b"one", b"two" * 50_000]
    assert [one.body for one in relay.seen] == answers
    assert {one.line for one in relay.seen} == {"POST /api/v1/order HTTP/1.1"}
    assert before < relay.seen[0].at_ns < relay.seen[1].at_ns < SystemClock().mono_ns()


def test_closed_relay_takes_no_more_connections(relay):
    relay.close()

    with pytest.raises(OSError):
        HTTPConnection("127.0.0.1", relay.port, timeout=5).connect()


def test_request_in_pieces_bears_the_time_of_its_first_byte():
    tap = Tap()
    raw = post(b"POST / HTTP/1.1", b"abc")

    assert tap.take(raw[:3], 10) == []
    [one] = tap.take(raw[3:], 20)

    assert (one.at_ns, one.body) == (10, b"abc")


def test_two_requests_in_one_piece_are_two():
    raw = post(b"POST /a HTTP/1.1", b"abc") + post(b"GET /b HTTP/1.1", b"")

    assert [one.line for one in Tap().take(raw, 10)] == ["POST /a HTTP/1.1", "GET /b HTTP/1.1"]


def test_upgraded_connection_is_let_pass_unread():
    tap = Tap()
    tap.take(post(b"GET /ws HTTP/1.1", b"", headers=b"Upgrade: websocket\r\n"), 10)

    assert tap.take(post(b"POST / HTTP/1.1", b"abc"), 20) == []
